/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes every page of a kdump to stdout: its physical address (8 bytes, little endian), then its bytes.
 * kdump_pages FILE
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "source/kdump.h"
#include "source/page_source.h"

static void write_page(uint64_t address, const unsigned char *page, size_t size)
{
	uint64_t le = htole64(address);

	if (fwrite(&le, sizeof(le), 1, stdout) != 1 || fwrite(page, size, 1, stdout) != 1)
		exit(1);
}

static int write_run(const struct ksm_kdump *dump, const struct ksm_kdump_run *run, bool is_stream,
		     struct ksm_batch *batch, struct ksm_error *err)
{
	unsigned int page_size = ksm_kdump_get_facts(dump)->page_size;

	if (run->kind != KSM_KDUMP_DATA)
		return ksm_error_set(err, KSM_ERR_FORMAT, 0, "page frame %llu is of kind %d",
				     (unsigned long long)run->pfn, run->kind);
	for (batch->n = 0; batch->n < run->n; batch->n++)
		batch->page[batch->n].address = (run->pfn + batch->n) * page_size;
	if (!is_stream)
		ksm_kdump_fill(dump, batch);
	if (batch->error.code) {
		*err = batch->error;
		return -1;
	}
	for (uint32_t i = 0; i < batch->n; i++)
		write_page(batch->page[i].address, batch->data + (size_t)i * page_size, page_size);
	return 0;
}

int main(int argc, char **argv)
{
	struct ksm_batch *batch ksm_auto_free = calloc(1, sizeof(*batch));
	struct ksm_input *input ksm_auto_input = NULL;
	struct ksm_kdump *dump ksm_auto_kdump = NULL;
	struct ksm_kdump_run run;
	struct ksm_error err = {0};
	int ret;

	if (argc != 2 || !batch)
		return 2;
	batch->data = malloc(KSM_BATCH_BYTES);
	ret = ksm_input_open(argv[1], 0, &input, &err) ?: ksm_kdump_open(input, &dump, &err);
	while (!ret) {
		uint64_t max = KSM_BATCH_BYTES / ksm_kdump_get_facts(dump)->page_size;

		ret = ksm_kdump_next(dump, max, batch->data, &run, &err);
		if (ret != 1)
			break;
		ret = write_run(dump, &run, !ksm_input_is_seekable(input), batch, &err);
	}
	free(batch->data);
	if (ret || fflush(stdout)) {
		fprintf(stderr, "%s: %s\n", argv[1], err.text);
		return 1;
	}
	return 0;
}
