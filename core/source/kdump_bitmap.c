/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pages there are, in ascending order, and what became of them. */
#include "source/kdump_internal.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

int ksm_kdump_bits(const struct ksm_kdump *dump, uint64_t bitmap_at, uint64_t chunk,
		   uint64_t bits[KDUMP_CHUNK_WORDS], struct ksm_error *err)
{
	uint64_t skip = chunk * KDUMP_CHUNK, first = chunk * KDUMP_CHUNK_PAGES;
	uint64_t max_pfn = dump->layout.max_pfn;
	uint64_t left = dump->layout.bitmap_len - skip;
	size_t len = left < KDUMP_CHUNK ? (size_t)left : KDUMP_CHUNK;
	int ret = 0;

	memset(bits, 0, KDUMP_CHUNK);
	if (dump->stream)
		ksm_kdump_stream_bits(dump->stream, bitmap_at + skip, bits, len);
	else
		ret = ksm_kdump_image_read(&dump->image, bitmap_at + skip, bits, len, err);
	if (ret)
		return ret;
	/* Page frame 0 is the lowest bit of the first byte. */
	for (size_t i = 0; i < KDUMP_CHUNK_WORDS; i++)
		bits[i] = le64toh(bits[i]);
	if (max_pfn - first < KDUMP_CHUNK_PAGES && max_pfn % 64)
		bits[(max_pfn - first) / 64] &= (UINT64_C(1) << (max_pfn % 64)) - 1;
	return 0;
}

/* The first piece from @chunk on in which a bitmap may have a bit set: holes of the file have none. */
static int skip_holes(const struct ksm_kdump *dump, uint64_t bitmap_at, uint64_t chunk,
		      uint64_t *ret_chunk, struct ksm_error *err)
{
	uint64_t start, end, chunks = dump->layout.bitmap_len / KDUMP_CHUNK + 1;
	int ret;

	if (dump->stream) {
		*ret_chunk = chunk;
		return 0;
	}
	ret = ksm_kdump_image_stored(&dump->image, bitmap_at + chunk * KDUMP_CHUNK, &start, &end,
				     err);
	if (ret)
		return ret;
	*ret_chunk = start == UINT64_MAX ? chunks : (start - bitmap_at) / KDUMP_CHUNK;
	return 0;
}

static uint64_t count_bits(const uint64_t bits[KDUMP_CHUNK_WORDS])
{
	uint64_t n = 0;

	for (size_t i = 0; i < KDUMP_CHUNK_WORDS; i++)
		n += (uint64_t)__builtin_popcountll(bits[i]);
	return n;
}

/* Where in the second bitmap there are bits, and how many before. */
int ksm_kdump_rank(struct ksm_kdump *dump, struct ksm_error *err)
{
	const struct kdump_layout *layout = &dump->layout;
	uint64_t bits[KDUMP_CHUNK_WORDS], chunk = 0, n;
	int ret;

	for (;; chunk++) {
		ret = skip_holes(dump, layout->dumped_at, chunk, &chunk, err);
		if (ret)
			return ret;
		if (chunk * KDUMP_CHUNK >= layout->bitmap_len)
			return 0;
		ret = ksm_kdump_bits(dump, layout->dumped_at, chunk, bits, err);
		if (ret)
			return ret;
		n = count_bits(bits);
		if (!n)
			continue;
		if (ksm_array_reserve(&dump->rank, &dump->rank_capacity, dump->n_ranks + 1,
				      sizeof(*dump->rank)))
			return ksm_error_no_memory(err);
		dump->rank[dump->n_ranks++] = (struct kdump_rank){chunk, dump->facts.pages_dumped};
		dump->facts.pages_dumped += n;
	}
}

/* ---------------------------------------------------------------- walking */

int ksm_kdump_rewind(struct ksm_kdump *dump, struct ksm_error *err)
{
	if (dump->stream)
		return ksm_error_set(err, KSM_ERR_SYSTEM, ESPIPE,
				     "cannot be read twice: decompress it to a file first");
	dump->cursor = (struct kdump_cursor){0};
	return 0;
}

/* What became of the next page that was dumped, by its descriptor. */
static int classify(struct ksm_kdump *dump, enum ksm_kdump_class *ret_class, struct ksm_error *err)
{
	struct ksm_kdump_facts *facts = &dump->facts;
	struct kdump_descriptor descriptor;
	int ret =
		ksm_kdump_reader_descriptor(&dump->planner, dump->cursor.number, &descriptor, err);

	if (ret < 0)
		return ret;
	*ret_class = KSM_KDUMP_DATA;
	if (ret && !ksm_kdump_descriptor_is_sound(&descriptor, facts->block_size)) {
		*ret_class = KSM_KDUMP_DAMAGED;
		if (facts->damage.code == KSM_ERR_NONE)
			ksm_kdump_descriptor_error(&descriptor, dump->cursor.number,
						   &facts->damage);
	} else if (!ret || ksm_kdump_image_run(&dump->image, descriptor.offset) < descriptor.size) {
		*ret_class = KSM_KDUMP_MISSING;
		ksm_kdump_note_cut(dump);
	}
	return 0;
}

static bool test_bit(const uint64_t bits[KDUMP_CHUNK_WORDS], uint32_t bit)
{
	return bits[bit / 64] >> (bit % 64) & 1;
}

/* The class of the page at the cursor, which exists. @out is for a stream's bytes. */
static int page_class(struct ksm_kdump *dump, unsigned char *out, enum ksm_kdump_class *ret_class,
		      struct ksm_error *err)
{
	if (!test_bit(dump->cursor.dumped, dump->cursor.bit)) {
		*ret_class = KSM_KDUMP_FILTERED;
		return 0;
	}
	if (dump->stream)
		return ksm_kdump_stream_page(dump, out, ret_class, err);
	return classify(dump, ret_class, err);
}

/* The next piece of both bitmaps that may have a bit set, from cursor->chunk on. */
static int load(const struct ksm_kdump *dump, struct kdump_cursor *cursor, struct ksm_error *err)
{
	const struct kdump_layout *layout = &dump->layout;
	uint64_t chunk, other;
	int ret = skip_holes(dump, layout->dumped_at, cursor->chunk, &chunk, err);

	if (!ret && layout->exists_at) {
		ret = skip_holes(dump, layout->exists_at, cursor->chunk, &other, err);
		if (!ret && other < chunk)
			chunk = other;
	}
	if (ret)
		return ret;
	cursor->chunk = chunk;
	cursor->bit = 0;
	if (chunk * KDUMP_CHUNK >= layout->bitmap_len)
		return 0;
	memset(cursor->exists, 0, sizeof(cursor->exists));
	ret = ksm_kdump_bits(dump, layout->dumped_at, chunk, cursor->dumped, err);
	if (!ret && layout->exists_at)
		ret = ksm_kdump_bits(dump, layout->exists_at, chunk, cursor->exists, err);
	cursor->is_loaded = !ret;
	return ret;
}

/* Onwards to the next page that exists. 1, 0 at the end, or a negative errno. */
static int find_next(const struct ksm_kdump *dump, struct kdump_cursor *cursor,
		     struct ksm_error *err)
{
	const struct kdump_layout *layout = &dump->layout;

	for (;; cursor->chunk++, cursor->is_loaded = false) {
		int ret = 0;

		if (!cursor->is_loaded)
			ret = load(dump, cursor, err);
		if (ret)
			return ret;
		if (cursor->chunk * KDUMP_CHUNK >= layout->bitmap_len)
			return 0;
		while (cursor->bit < KDUMP_CHUNK_PAGES) {
			uint64_t word = (cursor->exists[cursor->bit / 64] |
					 cursor->dumped[cursor->bit / 64]) >>
					(cursor->bit % 64);

			if (word) {
				cursor->bit += (uint32_t)__builtin_ctzll(word);
				return 1;
			}
			cursor->bit = (cursor->bit / 64 + 1) * 64;
		}
	}
}

static void step(struct kdump_cursor *cursor)
{
	cursor->number += test_bit(cursor->dumped, cursor->bit);
	cursor->bit++;
	cursor->has_class = false;
}

/* The page frames up to the next one that does not exist, within a piece of the bitmaps. */
static uint64_t count_existing(const struct kdump_cursor *cursor)
{
	uint32_t bit = cursor->bit;

	while (bit < KDUMP_CHUNK_PAGES) {
		uint64_t gaps = ~(cursor->exists[bit / 64] | cursor->dumped[bit / 64]) >>
				(bit % 64);

		if (gaps) {
			bit += (uint32_t)__builtin_ctzll(gaps);
			break;
		}
		bit = (bit / 64 + 1) * 64;
	}
	return bit - cursor->bit;
}

int ksm_kdump_existing(const struct ksm_kdump *dump, ksm_kdump_found *found, void *data,
		       struct ksm_error *err)
{
	struct kdump_cursor *cursor ksm_auto_free = calloc(1, sizeof(*cursor));
	uint64_t scale = dump->pages_per_block;
	int ret;

	if (!cursor)
		return ksm_error_no_memory(err);
	while ((ret = find_next(dump, cursor, err)) == 1) {
		uint64_t n = count_existing(cursor);

		ret = found(data, (cursor->chunk * KDUMP_CHUNK_PAGES + cursor->bit) * scale,
			    n * scale, err);
		if (ret)
			return ret;
		cursor->bit += (uint32_t)n;
	}
	return ret;
}

/* May the page at the cursor be looked at, in a run of @class? */
static bool may_join(const struct ksm_kdump *dump, enum ksm_kdump_class class)
{
	const struct kdump_cursor *cursor = &dump->cursor;

	if (cursor->bit == KDUMP_CHUNK_PAGES)
		return false;
	/* A stream's page has to be taken with its bytes, for which only a run of data has a place. */
	if (test_bit(cursor->dumped, cursor->bit))
		return !dump->stream || class == KSM_KDUMP_DATA;
	return test_bit(cursor->exists, cursor->bit);
}

int ksm_kdump_next(struct ksm_kdump *dump, uint64_t max, unsigned char *data,
		   struct ksm_kdump_run *ret_run, struct ksm_error *err)
{
	struct kdump_cursor *cursor = &dump->cursor;
	uint64_t scale = dump->pages_per_block, max_blocks = max / scale;
	struct ksm_kdump_run run = {.n = 0};
	int ret = find_next(dump, cursor, err);

	if (!ret && dump->stream)
		return ksm_kdump_stream_finish(dump, err);
	if (ret != 1)
		return ret;
	run.pfn = cursor->chunk * KDUMP_CHUNK_PAGES + cursor->bit;
	do {
		unsigned char *out = data ? data + run.n * dump->layout.block_size : NULL;

		if (!cursor->has_class)
			ret = page_class(dump, out, &cursor->class, err);
		if (ret < 0)
			return ret;
		cursor->has_class = true;
		if (run.n && cursor->class != run.kind)
			break;
		run.kind = cursor->class;
		run.n++;
		step(cursor);
	} while (run.n < max_blocks && may_join(dump, run.kind));
	run.pfn *= scale;
	run.n *= scale;
	*ret_run = run;
	return 1;
}
