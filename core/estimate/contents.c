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

struct buckets {
	uint64_t mask;
	size_t *end; /* of bucket b in contents->page; until that is full, where its next page goes */
};

static size_t *bucket_of(const struct buckets *buckets, const struct ksm_twin *twin, uint32_t page)
{
	return &buckets->end[ksm_twin_key(twin, page).lo & buckets->mask];
}

/* Puts the pages that are alone to the front, and distributes the rest over buckets by key. */
static void distribute(struct ksm_contents *contents, uint32_t n_mms, size_t n_alone,
		       const struct buckets *buckets)
{
	const struct ksm_twin *twin = contents->twin;
	size_t alone = 0, sum = n_alone;

	for (uint32_t mm = 0; mm < n_mms; mm++)
		for (uint32_t page = ksm_twin_first(twin, mm); page;
		     page = ksm_twin_next(twin, page))
			if (ksm_twin_is_alone(twin, page))
				contents->page[alone++] = page;
			else
				++*bucket_of(buckets, twin, page);
	for (uint64_t b = 0; b <= buckets->mask; b++) {
		size_t count = buckets->end[b];

		buckets->end[b] = sum;
		sum += count;
	}
	for (uint32_t mm = 0; mm < n_mms && sum > n_alone; mm++)
		for (uint32_t page = ksm_twin_first(twin, mm); page;
		     page = ksm_twin_next(twin, page))
			if (!ksm_twin_is_alone(twin, page))
				contents->page[(*bucket_of(buckets, twin, page))++] = page;
}

static size_t count_pages(struct ksm_contents *contents, uint32_t n_mms)
{
	size_t n_alone = 0;

	for (uint32_t mm = 0; mm < n_mms; mm++) {
		for (uint32_t page = ksm_twin_first(contents->twin, mm); page;
		     page = ksm_twin_next(contents->twin, page)) {
			contents->n++;
			n_alone += ksm_twin_is_alone(contents->twin, page);
		}
	}
	return n_alone;
}

static int order(const struct ksm_twin *twin, int64_t weight, uint32_t n_mms,
		 struct ksm_contents *ret_contents)
{
	struct ksm_contents contents = {.twin = twin, .weight = weight};
	size_t n_alone = count_pages(&contents, n_mms);
	struct buckets buckets = {0};

	while (buckets.mask < (contents.n - n_alone) / 4)
		buckets.mask = buckets.mask * 2 + 1;
	buckets.end = calloc(buckets.mask + 1, sizeof(*buckets.end));
	contents.page = malloc((contents.n ? contents.n : 1) * sizeof(*contents.page));
	if (!buckets.end || !contents.page) {
		free(buckets.end);
		free(contents.page);
		return -ENOMEM;
	}
	distribute(&contents, n_mms, n_alone, &buckets);
	for (uint64_t b = 0; b <= buckets.mask; b++) {
		size_t first = b ? buckets.end[b - 1] : n_alone, end = buckets.end[b];

		if (!is_one_content(&contents, first, end))
			qsort_r(contents.page + first, end - first, sizeof(*contents.page),
				compare_pages, (void *)twin);
	}
	free(buckets.end);
	*ret_contents = contents;
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
