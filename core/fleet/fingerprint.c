/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/fingerprint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "estimate/reader.h"

/* Nothing says which physical page it is: it counts as one of its own. */
#define PLACE_UNKNOWN UINT64_MAX

struct entry {
	uint64_t digest;
	uint64_t
		place; /* the page frame; in a space that is_unordered the address, until it has ended */
};

struct taking {
	struct ksm_page_source *source;
	const struct ksm_fingerprint_options *options;
	struct entry *entry;
	size_t n;
	size_t capacity;
	size_t space_first; /* entry of the space at hand */
	bool in_space;
	uint64_t pages;
	uint64_t lost;
};

/* ---------------------------------------------------------------- reading */

static void keep_what_counts(struct taking *taking, uint32_t space)
{
	size_t kept = taking->space_first;

	for (size_t i = taking->space_first; i < taking->n; i++)
		if (taking->source->ops->counts(taking->source, space, taking->entry[i].place))
			taking->entry[kept++] =
				(struct entry){taking->entry[i].digest, PLACE_UNKNOWN};
	taking->n = kept;
}

static int add_pages(struct taking *taking, const struct ksm_read_batch *read)
{
	const struct ksm_batch *batch = &read->batch;
	bool is_unordered = taking->source->space[batch->space].is_unordered;

	if (ksm_array_reserve(&taking->entry, &taking->capacity, taking->n + batch->n,
			      sizeof(*taking->entry)))
		return -ENOMEM;
	for (uint32_t i = 0; i < batch->n; i++) {
		const struct ksm_page *page = &batch->page[i];

		if (page->flags & KSM_PAGE_LOST) {
			taking->lost++;
			continue;
		}
		taking->entry[taking->n++] = (struct entry){
			read->sum[i].key.hi, is_unordered		  ? page->address
					     : page->flags & KSM_PAGE_PFN ? page->pfn
									  : PLACE_UNKNOWN};
	}
	taking->pages += batch->n;
	return 0;
}

/* As ksm_reader_see. */
static int see(void *data, const struct ksm_read_batch *read, struct ksm_error *err)
{
	struct taking *taking = data;
	const struct ksm_fingerprint_options *options = taking->options;
	int ret;

	if (!taking->in_space)
		taking->space_first = taking->n;
	taking->in_space = !read->batch.ends_space;
	if (add_pages(taking, read))
		return ksm_error_no_memory(err);
	if (read->batch.ends_space && taking->source->space[read->batch.space].is_unordered)
		keep_what_counts(taking, read->batch.space);
	ret = options->progress ? options->progress(options->progress_data, 1, taking->pages) : 0;
	return ret ? ksm_error_set(err, KSM_ERR_SYSTEM, -ret, "interrupted") : 0;
}

static int read_all(struct taking *taking, struct ksm_error *err)
{
	struct ksm_reader *reader ksm_auto_reader = NULL;
	struct ksm_summer summer;
	int ret;

	ksm_summer_init_digests(&summer, taking->options->key, taking->source->page_size);
	ret = ksm_reader_new(taking->source, &summer, taking->options->threads,
			     taking->options->bytes_per_second, &reader, err)
		      ?: ksm_reader_pass(reader, see, NULL, taking, err);
	if (!ret && taking->source->ops->end)
		taking->source->ops->end(taking->source);
	return ret;
}

/* ---------------------------------------------------------------- counting */

static int by_digest_and_place(const void *a, const void *b)
{
	const struct entry *ea = a, *eb = b;

	if (ea->digest != eb->digest)
		return ea->digest < eb->digest ? -1 : 1;
	return ea->place < eb->place ? -1 : ea->place > eb->place;
}

/* Physical pages of the content at *@at; goes on to the next. */
static uint64_t count_copies(const struct taking *taking, size_t *at)
{
	const struct entry *first = &taking->entry[*at], *entry = first;
	const struct entry *end = taking->entry + taking->n;
	uint64_t copies = 0;

	for (; entry < end && entry->digest == first->digest; entry++)
		copies += entry == first || entry->place == PLACE_UNKNOWN ||
			  entry->place != entry[-1].place;
	*at = (size_t)(entry - taking->entry);
	return copies;
}

static int count(struct taking *taking, struct ksm_fingerprint *fingerprint)
{
	size_t page_size = taking->source->page_size, capacity = 0;
	void *zeros = calloc(1, page_size);
	uint64_t zero_digest;

	if (!zeros)
		return -ENOMEM;
	zero_digest = ksm_digest(taking->options->key, zeros, page_size);
	free(zeros);
	if (taking->n)
		qsort(taking->entry, taking->n, sizeof(*taking->entry), by_digest_and_place);
	for (size_t at = 0; at < taking->n;) {
		uint64_t digest = taking->entry[at].digest, copies = count_copies(taking, &at);
		bool is_zero = digest == zero_digest;
		bool is_exact = is_zero || copies >= KSM_FINGERPRINT_MANY;

		fingerprint->pages += copies;
		fingerprint->distinct++;
		if (!is_exact && !ksm_fingerprint_keeps(fingerprint->sample, digest))
			continue;
		if (ksm_array_reserve(&fingerprint->row, &capacity, fingerprint->n + 1,
				      sizeof(*fingerprint->row)))
			return -ENOMEM;
		fingerprint->row[fingerprint->n++] = (struct ksm_fingerprint_row){
			digest,
			copies < KSM_FINGERPRINT_COPIES_MAX ? (uint32_t)copies
							    : KSM_FINGERPRINT_COPIES_MAX,
			(is_zero ? KSM_FINGERPRINT_ZERO : 0u) |
				(is_exact ? KSM_FINGERPRINT_EXACT : 0u)};
	}
	return 0;
}

int ksm_fingerprint_take(struct ksm_page_source *source,
			 const struct ksm_fingerprint_options *options,
			 struct ksm_fingerprint *ret_fingerprint, uint64_t *ret_lost,
			 struct ksm_error *err)
{
	struct taking taking = {.source = source, .options = options};
	struct ksm_fingerprint fingerprint = {.page_size = source->page_size,
					      .sample = options->sample,
					      .key_id = options->key->id};
	int ret = read_all(&taking, err);

	if (!ret && count(&taking, &fingerprint))
		ret = ksm_error_no_memory(err);
	free(taking.entry);
	if (ret) {
		ksm_fingerprint_release(&fingerprint);
		return ret;
	}
	fingerprint.is_incomplete = taking.lost > 0;
	*ret_lost = taking.lost;
	*ret_fingerprint = fingerprint;
	return 0;
}

void ksm_fingerprint_release(struct ksm_fingerprint *fingerprint)
{
	free(fingerprint->name);
	free(fingerprint->row);
	memset(fingerprint, 0, sizeof(*fingerprint));
}
