/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/contents.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int compare_pages(const void *a, const void *b, void *data)
{
	struct ksm_twin_page pa, pb;

	ksm_twin_get_page(data, *(const uint32_t *)a, &pa);
	ksm_twin_get_page(data, *(const uint32_t *)b, &pb);
	if (pa.key.hi != pb.key.hi)
		return pa.key.hi < pb.key.hi ? -1 : 1;
	if (pa.key.lo != pb.key.lo)
		return pa.key.lo < pb.key.lo ? -1 : 1;
	if (pa.mm != pb.mm)
		return pa.mm < pb.mm ? -1 : 1;
	return pa.address < pb.address ? -1 : pa.address > pb.address;
}

/* A bucket of one content, as those of the heavy ones are, is in order already. */
static bool is_one_content(const struct ksm_contents *contents, size_t first, size_t end)
{
	return end - first < 2 || ksm_contents_end(contents, first) >= end;
}

size_t ksm_contents_end(const struct ksm_contents *contents, size_t first)
{
	struct ksm_page_key key = ksm_twin_key(contents->twin, contents->page[first]);
	size_t end = first + 1;

	while (end < contents->n &&
	       ksm_page_key_equal(key, ksm_twin_key(contents->twin, contents->page[end])))
		end++;
	return end;
}

/* Distributes the pages over buckets by key, keeping their order; bucket b then ends at end[b]. */
static void distribute(struct ksm_contents *contents, uint32_t n_mms, uint64_t mask, size_t *end)
{
	const struct ksm_twin *twin = contents->twin;
	size_t sum = 0;

	for (uint32_t mm = 0; mm < n_mms; mm++)
		for (uint32_t page = ksm_twin_first(twin, mm); page;
		     page = ksm_twin_next(twin, page))
			end[ksm_twin_key(twin, page).lo & mask]++;
	for (uint64_t b = 0; b <= mask; b++) {
		size_t count = end[b];

		end[b] = sum;
		sum += count;
	}
	for (uint32_t mm = 0; mm < n_mms; mm++)
		for (uint32_t page = ksm_twin_first(twin, mm); page;
		     page = ksm_twin_next(twin, page))
			contents->page[end[ksm_twin_key(twin, page).lo & mask]++] = page;
}

int ksm_contents_order(const struct ksm_twin *twin, uint32_t n_mms,
		       struct ksm_contents *ret_contents)
{
	struct ksm_contents contents = {.twin = twin};
	uint64_t buckets = 1;
	size_t *end;

	for (uint32_t mm = 0; mm < n_mms; mm++)
		for (uint32_t page = ksm_twin_first(twin, mm); page;
		     page = ksm_twin_next(twin, page))
			contents.n++;
	while (buckets < contents.n / 4)
		buckets *= 2;
	end = calloc(buckets, sizeof(*end));
	contents.page = malloc((contents.n ? contents.n : 1) * sizeof(*contents.page));
	if (!end || !contents.page) {
		free(end);
		free(contents.page);
		return -ENOMEM;
	}
	distribute(&contents, n_mms, buckets - 1, end);
	for (uint64_t b = 0; b < buckets; b++) {
		size_t first = b ? end[b - 1] : 0;

		if (!is_one_content(&contents, first, end[b]))
			qsort_r(contents.page + first, end[b] - first, sizeof(*contents.page),
				compare_pages, (void *)twin);
	}
	free(end);
	*ret_contents = contents;
	return 0;
}

void ksm_contents_free(struct ksm_contents *contents)
{
	free(contents->page);
	memset(contents, 0, sizeof(*contents));
}

struct ksm_contents ksm_contents_of(const struct ksm_contents *contents,
				    const struct ksm_twin *other)
{
	struct ksm_contents same = *contents;

	same.twin = other;
	return same;
}
