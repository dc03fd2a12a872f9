/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a dump of any format has to keep to, whatever its bytes: read as a file and as a stream. */
#ifndef KSM_TESTS_FUZZ_DUMP_TARGET_H
#define KSM_TESTS_FUZZ_DUMP_TARGET_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "source/dump.h"

#define CHECK(what)              \
	do {                     \
		if (!(what))     \
			abort(); \
	} while (0)

#define FUZZ_MAX_SIZE (32u << 20)

/* A descriptor that gives @size bytes, one that can be read anywhere or one that cannot. */
static int fuzz_open(const uint8_t *data, size_t size, bool is_stream)
{
	int fd[2];

	if (!is_stream) {
		fd[0] = memfd_create("dump", MFD_CLOEXEC);
		CHECK(fd[0] >= 0 && write(fd[0], data, size) == (ssize_t)size);
		return fd[0];
	}
	CHECK(pipe(fd) == 0);
	/* No more than a pipe holds: nobody reads yet. */
	CHECK(size <= 65536 && write(fd[1], data, size) == (ssize_t)size);
	close(fd[1]);
	return fd[0];
}

static void fuzz_check_areas(const struct ksm_areas *areas)
{
	for (size_t i = 0; i < areas->n; i++) {
		CHECK(areas->area[i].start < areas->area[i].end);
		CHECK(!i || areas->area[i - 1].end <= areas->area[i].start);
		CHECK(areas->area[i].name < areas->names_len);
		CHECK(ksm_area_kind(areas, &areas->area[i]) < KSM_AREA_KINDS);
	}
}

/* Reads all pages; returns how many count. */
static uint64_t fuzz_pass(struct ksm_page_source *source, struct ksm_batch *batch)
{
	uint64_t *address = NULL, n = 0, counted = 0, last = 0;
	struct ksm_error err = {0};
	int ret;

	CHECK(source->ops->rewind(source, &err) == 0);
	while ((ret = source->ops->next(source, batch, &err)) == 1) {
		source->ops->fill(source, batch);
		address = realloc(address, (n + batch->n + 1) * sizeof(*address));
		CHECK(address && batch->n <= KSM_BATCH_BYTES / source->page_size);
		for (uint32_t i = 0; i < batch->n; i++) {
			CHECK(batch->page[i].address % source->page_size == 0);
			CHECK(!(batch->page[i].flags & KSM_PAGE_LOST));
			CHECK(source->space[0].is_unordered || !n || batch->page[i].address > last);
			address[n++] = last = batch->page[i].address;
		}
	}
	CHECK(ret == 0);
	for (uint64_t i = 0; i < n; i++)
		counted += !source->space[0].is_unordered ||
			   source->ops->counts(source, 0, address[i]);
	free(address);
	return counted;
}

/* Returns how many pages count; UINT64_MAX where not everything could be read. */
static uint64_t fuzz_dump(const char *format, const uint8_t *data, size_t size, bool is_stream)
{
	static struct ksm_batch batch;
	static unsigned char bytes[KSM_BATCH_BYTES];
	struct ksm_dump_options options = {.format = format, .max_size = FUZZ_MAX_SIZE};
	ksm_auto_close int fd = fuzz_open(data, size, is_stream);
	struct ksm_page_source *source = NULL;
	struct ksm_error err = {0};
	const struct ksm_dump_facts *facts;
	uint64_t counted, passed = 0;
	const char *paths[1];
	char path[32];

	batch.data = bytes;
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	paths[0] = path;
	/* Half of the time all pages. */
	options.pages = size % 2 ? KSM_PAGES_ALL : KSM_PAGES_ELIGIBLE;
	CHECK(ksm_dump_source_open(paths, 1, &options, &source, &err) == 0);
	counted = fuzz_pass(source, &batch);
	facts = source->space[0].dump;
	for (size_t i = 0; i < KSM_PASSED_KINDS; i++)
		passed += facts->passed_over[i];
	CHECK(passed == facts->pages_data);
	CHECK(counted == facts->passed_over[KSM_PASSED_NOT]);
	CHECK(!facts->pages_missing || source->space[0].error.code);
	fuzz_check_areas(&source->space[0].areas);
	if (!is_stream)
		CHECK(fuzz_pass(source, &batch) == counted);
	if (source->space[0].error.code)
		counted = UINT64_MAX;
	ksm_page_source_close(&source);
	return counted;
}

/* What is whole is the same both ways. */
static void fuzz_dump_both(const char *format, const uint8_t *data, size_t size)
{
	uint64_t file = fuzz_dump(format, data, size, false);
	uint64_t stream = fuzz_dump(format, data, size, true);

	CHECK(file == stream || file == UINT64_MAX || stream == UINT64_MAX);
}

#endif
