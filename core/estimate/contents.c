/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/contents.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

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

/* Takes the pages that are alone to @contents and returns how many others there are, which go to @rest. */
static size_t part_alone(struct ksm_contents *contents, uint32_t n_mms, uint32_t *rest)
{
	const struct ksm_twin *twin = contents->twin;
	size_t n_rest = 0;

	for (uint32_t mm = 0; mm < n_mms; mm++)
		for (uint32_t page = ksm_twin_first(twin, mm); page;
		     page = ksm_twin_next(twin, page))
			if (ksm_twin_is_alone(twin, page))
				contents->page[contents->n++] = page;
			else
				rest[n_rest++] = page;
	return n_rest;
}

struct buckets {
	uint64_t mask;
	size_t *end; /* of bucket b in contents->page; until that is full, where its next page goes */
};

static size_t *bucket_of(const struct buckets *buckets, const struct ksm_twin *twin, uint32_t page)
{
	return &buckets->end[ksm_twin_key(twin, page).lo & buckets->mask];
}

/* Distributes @rest over buckets by key, behind what @contents has. */
static void distribute(struct ksm_contents *contents, const uint32_t *rest, size_t n_rest,
		       const struct buckets *buckets)
{
	size_t sum = contents->n;

	for (size_t i = 0; i < n_rest; i++)
		++*bucket_of(buckets, contents->twin, rest[i]);
	for (uint64_t b = 0; b <= buckets->mask; b++) {
		size_t count = buckets->end[b];

		buckets->end[b] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n_rest; i++)
		contents->page[(*bucket_of(buckets, contents->twin, rest[i]))++] = rest[i];
	contents->n = sum;
}

static int order_rest(struct ksm_contents *contents, const uint32_t *rest, size_t n_rest)
{
	struct buckets buckets = {0};
	size_t *ends ksm_auto_free = NULL, first = contents->n;

	while (buckets.mask < n_rest / 4)
		buckets.mask = buckets.mask * 2 + 1;
	buckets.end = ends = calloc(buckets.mask + 1, sizeof(*ends));
	if (!ends)
		return -ENOMEM;
	distribute(contents, rest, n_rest, &buckets);
	for (uint64_t b = 0; b <= buckets.mask; first = ends[b++])
		if (!is_one_content(contents, first, ends[b]))
			qsort_r(contents->page + first, ends[b] - first, sizeof(*contents->page),
				compare_pages, (void *)contents->twin);
	return 0;
}

static int order(const struct ksm_twin *twin, int64_t weight, uint32_t n_mms,
		 struct ksm_contents *ret_contents)
{
	struct ksm_contents contents = {.twin = twin, .weight = weight};
	size_t bytes = ksm_twin_page_end(twin) * sizeof(uint32_t);
	uint32_t *page ksm_auto_free = malloc(bytes), *rest ksm_auto_free = malloc(bytes);

	if (!page || !rest)
		return -ENOMEM;
	contents.page = page;
	if (order_rest(&contents, rest, part_alone(&contents, n_mms, rest)))
		return -ENOMEM;
	*ret_contents = contents;
	ksm_no_free(page);
	return 0;
}

int ksm_contents_order(const struct ksm_strata *strata, uint32_t n_mms,
		       struct ksm_all_contents *ret_contents)
{
	struct ksm_all_contents contents = {0};

	for (int s = 0; s < KSM_STRATA && strata->twin[s]; s++) {
		if (order(strata->twin[s], strata->weight[s], n_mms, &contents.of[s])) {
			ksm_contents_free(&contents);
			return -ENOMEM;
		}
	}
	*ret_contents = contents;
	return 0;
}

void ksm_contents_free(struct ksm_all_contents *contents)
{
	for (int s = 0; s < KSM_STRATA; s++)
		free(contents->of[s].page);
	memset(contents, 0, sizeof(*contents));
}

struct ksm_all_contents ksm_contents_of(const struct ksm_all_contents *contents,
					const struct ksm_strata *other)
{
	struct ksm_all_contents same = *contents;

	for (int s = 0; s < KSM_STRATA; s++)
		same.of[s].twin = other->twin[s];
	return same;
}
