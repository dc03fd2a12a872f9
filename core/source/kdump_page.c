/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages of a seekable dump, by their page frame: bit, descriptor, bytes. */
#include "source/kdump_internal.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "source/page_source.h"

void ksm_kdump_reader_init(struct kdump_reader *reader, const struct ksm_kdump *dump)
{
	memset(reader, 0, sizeof(*reader));
	reader->dump = dump;
	reader->chunk = UINT64_MAX;
}

void ksm_kdump_reader_release(struct kdump_reader *reader)
{
	ksm_kdump_codec_free(&reader->codec);
	free(reader->window);
	free(reader->aside);
	free(reader->block);
}

/* ---------------------------------------------------------------- which descriptor */

/* The piece of the bitmap that has @pfn. 1, 0 if no page of it was dumped, or a negative errno. */
static int load_chunk(struct kdump_reader *reader, uint64_t chunk, struct ksm_error *err)
{
	const struct ksm_kdump *dump = reader->dump;
	size_t low = 0, high = dump->n_ranks;
	int ret;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (dump->rank[middle].chunk < chunk)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == dump->n_ranks || dump->rank[low].chunk != chunk)
		return 0;
	reader->chunk = UINT64_MAX;
	ret = ksm_kdump_bits(dump, dump->layout.dumped_at, chunk, reader->bits, err);
	if (ret)
		return ret;
	reader->chunk = chunk;
	reader->word = 0;
	reader->before = dump->rank[low].before;
	return 1;
}

/* The number of @pfn's descriptor. 1, 0 if the page was not dumped, or a negative errno. */
static int find_number(struct kdump_reader *reader, uint64_t pfn, uint64_t *ret_number,
		       struct ksm_error *err)
{
	uint64_t chunk = pfn / KDUMP_CHUNK_PAGES, bit = UINT64_C(1) << (pfn % 64);
	uint32_t word = (uint32_t)(pfn % KDUMP_CHUNK_PAGES / 64);

	if (pfn >= reader->dump->layout.max_pfn)
		return 0;
	if (chunk != reader->chunk || word < reader->word) {
		int ret = load_chunk(reader, chunk, err);

		if (ret != 1)
			return ret;
	}
	for (; reader->word < word; reader->word++)
		reader->before += (uint64_t)__builtin_popcountll(reader->bits[reader->word]);
	if (!(reader->bits[word] & bit))
		return 0;
	*ret_number =
		reader->before + (uint64_t)__builtin_popcountll(reader->bits[word] & (bit - 1));
	return 1;
}

int ksm_kdump_reader_descriptor(struct kdump_reader *reader, uint64_t number,
				struct kdump_descriptor *ret_descriptor, struct ksm_error *err)
{
	const struct kdump_layout *layout = &reader->dump->layout;
	const struct kdump_image *image = &reader->dump->image;

	if (number < reader->first_descriptor ||
	    number - reader->first_descriptor >= reader->n_descriptors) {
		uint64_t n = reader->dump->facts.pages_dumped - number;
		uint64_t at = layout->descriptors_at + number * KDUMP_DESCRIPTOR;
		uint64_t there = ksm_kdump_image_run(image, at) / KDUMP_DESCRIPTOR;
		int ret;

		if (n > there)
			n = there;
		if (n > KDUMP_WINDOW_DESCRIPTORS)
			n = KDUMP_WINDOW_DESCRIPTORS;
		reader->n_descriptors = 0;
		if (!n)
			return 0;
		ret = ksm_kdump_image_read(image, at, reader->descriptor, n * KDUMP_DESCRIPTOR,
					   err);
		if (ret)
			return ret;
		reader->first_descriptor = number;
		reader->n_descriptors = (uint32_t)n;
	}
	ksm_kdump_descriptor_parse(
		layout, reader->descriptor + (number - reader->first_descriptor) * KDUMP_DESCRIPTOR,
		ret_descriptor);
	return 1;
}

/* ---------------------------------------------------------------- its bytes */

/* @len bytes into a buffer of KDUMP_WINDOW bytes that is made when first needed. */
static int read_into(const struct kdump_image *image, uint64_t offset, size_t len,
		     unsigned char **buf, struct ksm_error *err)
{
	if (!*buf)
		*buf = malloc(KDUMP_WINDOW);
	if (!*buf)
		return ksm_error_no_memory(err);
	return ksm_kdump_image_read(image, offset, *buf, len, err);
}

/*
 * A page's stored bytes, read with what follows them: the next page's, mostly. Shared ones, which lie before
 * all others, are read alone, so that the window stays.
 */
static int stored_bytes(struct kdump_reader *reader, const struct kdump_descriptor *descriptor,
			const unsigned char **ret_bytes, struct ksm_error *err)
{
	const struct kdump_image *image = &reader->dump->image;
	uint64_t offset = descriptor->offset, there;
	int ret;

	if (offset >= reader->window_at && offset - reader->window_at <= reader->window_len &&
	    descriptor->size <= reader->window_len - (offset - reader->window_at)) {
		*ret_bytes = reader->window + (offset - reader->window_at);
		return 0;
	}
	there = ksm_kdump_image_run(image, offset);
	if (there < descriptor->size)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "the page at byte %" PRIu64
				     " of the dump is missing: the file ends before it",
				     offset);
	if (reader->window_len && offset < reader->window_at) {
		ret = read_into(image, offset, descriptor->size, &reader->aside, err);
		if (!ret)
			*ret_bytes = reader->aside;
		return ret;
	}
	reader->window_len = 0;
	if (there > KDUMP_WINDOW)
		there = KDUMP_WINDOW;
	ret = read_into(image, offset, there, &reader->window, err);
	/* Of a file that shrinks, the page may be there and what follows not. */
	if (ret == -EBADMSG && there > descriptor->size) {
		there = descriptor->size;
		ret = read_into(image, offset, there, &reader->window, err);
	}
	if (ret)
		return ret;
	reader->window_at = offset;
	reader->window_len = there;
	*ret_bytes = reader->window;
	return 0;
}

static int find_page(struct kdump_reader *reader, uint64_t pfn,
		     struct kdump_descriptor *ret_descriptor, struct ksm_error *err)
{
	unsigned int page_size = reader->dump->layout.block_size;
	uint64_t number = 0;
	int ret = find_number(reader, pfn, &number, err);

	if (ret == 0)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "page frame %" PRIu64 " is not in the dump",
				     pfn * reader->dump->pages_per_block);
	if (ret == 1)
		ret = ksm_kdump_reader_descriptor(reader, number, ret_descriptor, err);
	if (ret == 0)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "the descriptor of page frame %" PRIu64
				     " is missing: the file ends before it",
				     pfn * reader->dump->pages_per_block);
	if (ret < 0)
		return ret;
	if (!ksm_kdump_descriptor_is_sound(ret_descriptor, page_size))
		return ksm_kdump_descriptor_error(ret_descriptor, number, err);
	return 0;
}

static int read_page(struct kdump_reader *reader, const struct kdump_descriptor *descriptor,
		     unsigned char *out, struct ksm_error *err)
{
	const unsigned char *bytes = NULL;
	int ret = stored_bytes(reader, descriptor, &bytes, err);

	if (ret)
		return ret;
	return ksm_kdump_unpack(&reader->codec, descriptor, bytes, reader->dump->layout.block_size,
				out, err);
}

/* Where the block of the page at @out is unpacked to: there, unless it is one of several pages. */
static unsigned char *place(struct kdump_reader *reader, unsigned char *out)
{
	if (reader->dump->pages_per_block == 1)
		return out;
	if (!reader->block)
		reader->block = malloc(KDUMP_BLOCK_MAX);
	return reader->block;
}

static void fill(struct kdump_reader *reader, struct ksm_batch *batch)
{
	const unsigned int page_size = reader->dump->facts.page_size;
	const unsigned int block_size = reader->dump->layout.block_size;
	struct kdump_descriptor last = {0}, descriptor = {0};
	unsigned char *block = NULL;

	for (uint32_t i = 0; i < batch->n; i++) {
		unsigned char *out = batch->data + (size_t)i * page_size;
		uint64_t address = batch->page[i].address;
		struct ksm_error error = {0};
		int ret = find_page(reader, address / block_size, &descriptor, &error);

		/* Pages that share their bytes, zero pages most of all, are unpacked once. */
		if (!ret && (!block || memcmp(&descriptor, &last, sizeof(last)) != 0)) {
			block = place(reader, out);
			ret = block ? read_page(reader, &descriptor, block, &error)
				    : ksm_error_no_memory(&error);
		}
		if (ret)
			block = NULL;
		else if (block != out)
			memcpy(out, block + address % block_size, page_size);
		last = descriptor;
		if (!ret)
			continue;
		batch->page[i].flags |= KSM_PAGE_LOST;
		if (batch->error.code == KSM_ERR_NONE) {
			batch->error = error;
			batch->error.address = batch->page[i].address;
		}
	}
}

void ksm_kdump_fill(const struct ksm_kdump *dump, struct ksm_batch *batch)
{
	struct kdump_reader *reader ksm_auto_free = malloc(sizeof(*reader));

	batch->error.code = KSM_ERR_NONE;
	if (!reader) {
		ksm_error_no_memory(&batch->error);
		for (uint32_t i = 0; i < batch->n; i++)
			batch->page[i].flags |= KSM_PAGE_LOST;
		return;
	}
	ksm_kdump_reader_init(reader, dump);
	fill(reader, batch);
	ksm_kdump_reader_release(reader);
}
