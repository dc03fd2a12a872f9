/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/collect.h"

#include <errno.h>
#include <stdlib.h>

/* As many as are shown before their memory is given back, which the trials need for their own. */
#define SHOWN_AT_ONCE 65536

/* The lowest bit of an address. */
#define ZERO_FLAG UINT64_C(1)

struct collected_page {
	struct ksm_page_key key;
	uint64_t address; /* with the flag */
};

static struct collected_page *page_at(const struct ksm_collection *collection, uint32_t number)
{
	return ksm_arena_at(&collection->pages, number);
}

static uint64_t address_of(const struct collected_page *page)
{
	return page->address & ~ZERO_FLAG;
}

void ksm_collection_init(struct ksm_collection *collection)
{
	ksm_arena_init(&collection->pages, sizeof(struct collected_page));
}

int ksm_collect(struct ksm_collection *collection, const struct ksm_page *page,
		const struct ksm_page_sum *sum)
{
	uint32_t number = ksm_arena_alloc(&collection->pages);

	if (!number)
		return -ENOMEM;
	*page_at(collection, number) = (struct collected_page){
		.key = sum->key,
		.address = page->address | (sum->is_zero ? ZERO_FLAG : 0),
	};
	return 0;
}

static int compare_addresses(const void *a, const void *b)
{
	uint64_t pa = address_of(a), pb = address_of(b);

	return pa < pb ? -1 : pa > pb;
}

/* Drops what does not count; false if the rest is out of order. */
static bool keep_what_counts(struct ksm_collection *collection, struct ksm_page_source *source,
			     uint32_t space)
{
	uint64_t last = 0;
	bool ordered = true;
	uint32_t kept = 1;

	for (uint32_t i = 1; i < collection->pages.end; i++) {
		const struct collected_page *page = page_at(collection, i);
		uint64_t address = address_of(page);

		if (!source->ops->counts(source, space, address))
			continue;
		ordered &= last <= address;
		last = address;
		*page_at(collection, kept++) = *page;
	}
	collection->pages.end = kept;
	return ordered;
}

int ksm_collection_see(struct ksm_collection *collection, struct ksm_page_source *source,
		       uint32_t space, const struct ksm_sample *sample, struct ksm_trials *trials)
{
	uint32_t shown = 1;
	int err = 0;

	if (!keep_what_counts(collection, source, space))
		qsort(page_at(collection, 1), collection->pages.end - 1,
		      sizeof(struct collected_page), compare_addresses);
	for (uint32_t i = 1; i < collection->pages.end && !err; i++) {
		const struct collected_page *collected = page_at(collection, i);
		const struct ksm_page page = {.address = address_of(collected)};
		const struct ksm_page_sum sum = {.key = collected->key,
						 .is_zero = collected->address & ZERO_FLAG};

		err = ksm_trials_see(trials, ksm_sample_stratum(sample, &sum), &page, &sum);
		if (i - shown == SHOWN_AT_ONCE) {
			ksm_arena_forget(&collection->pages, shown, i);
			shown = i;
		}
	}
	ksm_collection_release(collection);
	return err;
}

void ksm_collection_release(struct ksm_collection *collection)
{
	ksm_arena_release(&collection->pages);
}
