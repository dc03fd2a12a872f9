/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compressed bytes: what comes out is bounded, and ends with the content or a reason. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "source/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_SIZE (1u << 20)

#define CHECK(what)              \
	do {                     \
		if (!(what))     \
			abort(); \
	} while (0)

static void read_all(struct ksm_input *input)
{
	static unsigned char buf[50000];
	struct ksm_error err = {0};
	uint64_t total = 0;
	size_t got;
	int ret;

	while ((ret = ksm_input_read(input, buf, sizeof(buf), &got, &err)) == 0 && got) {
		total += got;
		CHECK(ksm_input_offset(input) == total && total <= MAX_SIZE);
	}
	CHECK(!ret || (err.code != KSM_ERR_NONE && err.text[0]));
	/* It stays that way. */
	CHECK(ksm_input_read(input, buf, sizeof(buf), &got, &err) == ret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ksm_auto_close int fd = memfd_create("input", MFD_CLOEXEC);
	struct ksm_input *input ksm_auto_input = NULL;
	const unsigned char *front;
	struct ksm_error err = {0};
	char path[32];
	size_t len;
	int ret;

	CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	ret = ksm_input_open(path, MAX_SIZE, &input, &err);
	CHECK(ret == 0 || err.text[0]);
	if (ret)
		return 0;
	CHECK(ksm_input_peek(input, &front, &len, NULL) != 0 || len <= KSM_INPUT_PEEK);
	read_all(input);
	return 0;
}
