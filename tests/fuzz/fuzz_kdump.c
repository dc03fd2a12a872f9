/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kdumps, plain and flattened, as a file and as a stream: whatever is accepted keeps the promises of
 * source/kdump.h, and what a stream gives, the file has too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "source/kdump.h"
#include "source/page_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(what)              \
	do {                     \
		if (!(what))     \
			abort(); \
	} while (0)

#define PIPE_BYTES (1 << 20)

/* More runs than an input of the driver's size can honestly have; what claims more is given up. */
#define RUNS_MAX 4096

static struct ksm_input *open_fd(int fd)
{
	struct ksm_input *input = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK(ksm_input_open(path, 0, &input, NULL) == 0);
	close(fd);
	return input;
}

static struct ksm_input *open_file(const uint8_t *data, size_t size)
{
	int fd = memfd_create("kdump", MFD_CLOEXEC);

	CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	return open_fd(fd);
}

static struct ksm_input *open_stream(const uint8_t *data, size_t size)
{
	int fd[2];

	CHECK(pipe2(fd, O_CLOEXEC) == 0);
	if (size > 4096)
		fcntl(fd[1], F_SETPIPE_SZ, PIPE_BYTES);
	CHECK(write(fd[1], data, size) == (ssize_t)size);
	close(fd[1]);
	return open_fd(fd[0]);
}

static struct ksm_kdump *open_dump(struct ksm_input *input)
{
	struct ksm_kdump *dump = NULL;
	struct ksm_error err = {0};
	int ret = ksm_kdump_open(input, &dump, &err);

	CHECK(ret == 0 || (!dump && err.text[0]));
	CHECK(ret == 0 || ret == -EBADMSG || ret == -EOPNOTSUPP || ret == -ENOMEM);
	return dump;
}

static void check_fill(const struct ksm_kdump *dump, const struct ksm_kdump_run *run,
		       unsigned char *data)
{
	unsigned int page_size = ksm_kdump_get_facts(dump)->page_size;
	struct ksm_batch *batch = calloc(1, sizeof(*batch));
	bool has_lost = false;

	CHECK(batch);
	batch->data = data;
	for (batch->n = 0; batch->n < run->n; batch->n++)
		batch->page[batch->n].address = (run->pfn + batch->n) * page_size;
	ksm_kdump_fill(dump, batch);
	for (uint32_t i = 0; i < batch->n; i++)
		has_lost |= batch->page[i].flags & KSM_PAGE_LOST;
	CHECK(has_lost == (batch->error.code != KSM_ERR_NONE));
	CHECK(!has_lost || batch->error.text[0]);
	free(batch);
}

/* A plain file's stream and the file itself are the same bytes. */
static void check_same(const struct ksm_kdump *file, const struct ksm_kdump_run *run,
		       const unsigned char *data)
{
	unsigned int page_size = ksm_kdump_get_facts(file)->page_size;
	struct ksm_batch batch = {.data = malloc(page_size)};

	CHECK(batch.data);
	for (uint64_t i = 0; i < run->n; i++) {
		batch.page[0] = (struct ksm_page){.address = (run->pfn + i) * page_size};
		batch.n = 1;
		ksm_kdump_fill(file, &batch);
		CHECK(!(batch.page[0].flags & KSM_PAGE_LOST));
		CHECK(memcmp(batch.data, data + i * page_size, page_size) == 0);
	}
	free(batch.data);
}

/* @file: what @dump is a stream of, if that can be told. */
static void walk(struct ksm_kdump *dump, const struct ksm_kdump *file, bool is_stream,
		 unsigned char *data)
{
	const struct ksm_kdump_facts *facts = ksm_kdump_get_facts(dump);
	uint64_t max = KSM_BATCH_BYTES / facts->page_size, last = 0;
	struct ksm_error err = {0};
	struct ksm_kdump_run run;
	int ret = 1;

	CHECK(strlen(facts->machine) < 66 && strlen(facts->release) < 66);
	for (int i = 0; i < RUNS_MAX; i++) {
		ret = ksm_kdump_next(dump, max, data, &run, &err);
		if (ret != 1)
			break;
		CHECK(run.n >= 1 && run.n <= max && run.pfn >= last);
		last = run.pfn + run.n;
		CHECK(last <= facts->max_pfn);
		CHECK(run.kind != KSM_KDUMP_MISSING || facts->is_cut);
		CHECK(run.kind != KSM_KDUMP_DAMAGED || facts->damage.text[0]);
		if (run.kind == KSM_KDUMP_DATA && file && !facts->is_flattened)
			check_same(file, &run, data);
		else if (run.kind == KSM_KDUMP_DATA && !is_stream)
			check_fill(dump, &run, data);
	}
	CHECK(ret >= 0 || err.text[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ksm_input *file_input ksm_auto_input = NULL;
	struct ksm_input *stream_input ksm_auto_input = NULL;
	struct ksm_kdump *file, *stream;
	unsigned char *pages;

	/* What is compressed is another target's. */
	if (!ksm_kdump_recognise(data, size))
		return 0;
	pages = malloc(KSM_BATCH_BYTES);
	CHECK(pages);
	file_input = open_file(data, size);
	stream_input = open_stream(data, size);
	file = open_dump(file_input);
	if (file) {
		walk(file, NULL, false, pages);
		CHECK(ksm_kdump_rewind(file, NULL) == 0);
	}
	stream = open_dump(stream_input);
	/* Of a flattened one, what comes last may write over what a stream has seen by then. */
	CHECK(!stream || file || ksm_kdump_get_facts(stream)->is_flattened);
	if (stream)
		walk(stream, file, true, pages);
	ksm_kdump_close(&stream);
	ksm_kdump_close(&file);
	free(pages);
	return 0;
}
