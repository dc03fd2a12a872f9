/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/collect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

int ksm_collect(struct ksm_collection *collection, const struct ksm_page *page,
		const struct ksm_page_sum *sum)
{
	if (ksm_array_reserve(&collection->page, &collection->capacity, collection->n + 1,
			      sizeof(*collection->page)))
		return -ENOMEM;
	collection->page[collection->n++] = (struct ksm_collected_page){*sum, page->address};
	return 0;
}

static int compare_addresses(const void *a, const void *b)
{
	uint64_t pa = ((const struct ksm_collected_page *)a)->address;
	uint64_t pb = ((const struct ksm_collected_page *)b)->address;

	return pa < pb ? -1 : pa > pb;
}

/* Drops what does not count; false if the rest is out of order. */
static bool keep_what_counts(struct ksm_collection *collection, struct ksm_page_source *source,
			     uint32_t space)
{
	bool ordered = true;
	size_t kept = 0;

	for (size_t i = 0; i < collection->n; i++) {
		const struct ksm_collected_page *page = &collection->page[i];

		if (!source->ops->counts(source, space, page->address))
			continue;
		ordered &= !kept || collection->page[kept - 1].address < page->address;
		collection->page[kept++] = *page;
	}
	collection->n = kept;
	return ordered;
}

int ksm_collection_see(struct ksm_collection *collection, struct ksm_page_source *source,
		       uint32_t space, const struct ksm_sample *sample, struct ksm_trials *trials)
{
	int err = 0;

	if (!keep_what_counts(collection, source, space))
		qsort(collection->page, collection->n, sizeof(*collection->page),
		      compare_addresses);
	for (size_t i = 0; i < collection->n && !err; i++) {
		const struct ksm_page page = {.address = collection->page[i].address};
		const struct ksm_page_sum *sum = &collection->page[i].sum;

		err = ksm_trials_see(trials, ksm_sample_stratum(sample, sum), &page, sum);
	}
	ksm_collection_free(collection);
	return err;
}

void ksm_collection_free(struct ksm_collection *collection)
{
	free(collection->page);
	*collection = (struct ksm_collection){0};
}
