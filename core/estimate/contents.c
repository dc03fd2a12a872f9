/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/contents.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

size_t ksm_contents_end(const struct ksm_contents *contents, size_t first)
{
	struct ksm_page_key key = ksm_twin_key(contents->twin, contents->page[first]);
	size_t end = first + 1;

	while (end < contents->n &&
	       ksm_page_key_equal(key, ksm_twin_key(contents->twin, contents->page[end])))
		end++;
	return end;
}

/* Buckets of pages whose keys are alike in some bits, few enough to be told apart one by one. */
struct buckets {
	uint32_t *end; /* of each in the order; until that is full, where its next page goes */
	uint64_t mask; /* of buckets: a power of two less one */
	uint32_t largest;
};

static uint32_t *bucket_of(const struct buckets *buckets, struct ksm_page_key key)
{
	return &buckets->end[key.hi & buckets->mask];
}

/* Has @see_page see all pages that are not alone, by mm and address. */
static void each_of_rest(const struct ksm_contents *contents, struct buckets *buckets,
			 void (*see_page)(const struct ksm_contents *contents,
					  struct buckets *buckets, uint32_t page))
{
	for (uint32_t mm = 0; mm < contents->n_mms; mm++) {
		struct ksm_twin_walk walk = ksm_twin_walk_begin(contents->twin, mm);
		uint32_t page;

		while ((page = ksm_twin_walk_rest(&walk)) != 0)
			see_page(contents, buckets, page);
	}
}

static void count_page(const struct ksm_contents *contents, struct buckets *buckets, uint32_t page)
{
	++*bucket_of(buckets, ksm_twin_key(contents->twin, page));
}

static void place_page(const struct ksm_contents *contents, struct buckets *buckets, uint32_t page)
{
	uint32_t *end = bucket_of(buckets, ksm_twin_key(contents->twin, page));

	contents->page[(*end)++] = page;
}

/* Where each begins, from how many pages it has. Returns how many all have. */
static uint32_t add_up(struct buckets *buckets)
{
	uint32_t sum = 0;

	for (uint64_t b = 0; b <= buckets->mask; b++) {
		uint32_t n = buckets->end[b];

		buckets->end[b] = sum;
		sum += n;
		if (n > buckets->largest)
			buckets->largest = n;
	}
	return sum;
}

/* Puts equal pages together, which stay in the order they have. */
static void part(const struct ksm_contents *contents, uint32_t first, uint32_t end,
		 uint32_t *others)
{
	uint32_t *page = contents->page;

	while (first < end) {
		struct ksm_page_key key = ksm_twin_key(contents->twin, page[first++]);
		uint32_t n = 0;

		for (uint32_t i = first; i < end; i++) {
			if (ksm_page_key_equal(key, ksm_twin_key(contents->twin, page[i])))
				page[first++] = page[i];
			else
				others[n++] = page[i];
		}
		memcpy(page + first, others, n * sizeof(*page));
	}
}

/* Pages whose keys are asked for soon lie anywhere in memory: so many are fetched ahead. */
#define PAGES_AHEAD 16

static int order_rest(struct ksm_contents *contents)
{
	uint32_t *end ksm_auto_free = NULL, *page ksm_auto_free = NULL,
		      *others ksm_auto_free = NULL;
	struct buckets buckets = {0};
	uint32_t first = 0;

	while (buckets.mask < ksm_twin_page_end(contents->twin) / 4)
		buckets.mask = buckets.mask * 2 + 1;
	buckets.end = end = ksm_array_zeroed(buckets.mask + 1, sizeof(*end));
	if (!end)
		return -ENOMEM;
	each_of_rest(contents, &buckets, count_page);
	contents->n = add_up(&buckets);
	page = malloc((contents->n + 1) * sizeof(*page));
	others = malloc((buckets.largest + 1) * sizeof(*others));
	if (!page || !others)
		return -ENOMEM;
	contents->page = page;
	each_of_rest(contents, &buckets, place_page);
	for (uint64_t b = 0; b <= buckets.mask; b++) {
		for (uint32_t i = first + PAGES_AHEAD; i < end[b] + PAGES_AHEAD && i < contents->n;
		     i++)
			ksm_twin_prefetch(contents->twin, page[i]);
		part(contents, first, end[b], others);
		first = end[b];
	}
	ksm_no_free(page);
	return 0;
}

int ksm_contents_order(const struct ksm_strata *strata, uint32_t n_mms,
		       struct ksm_all_contents *ret_contents)
{
	struct ksm_all_contents contents = {0};

	for (int s = 0; s < KSM_STRATA && strata->twin[s]; s++) {
		contents.of[s] = (struct ksm_contents){.twin = strata->twin[s],
						       .ordered = strata->twin[s],
						       .weight = strata->weight[s],
						       .n_mms = n_mms};
		if (order_rest(&contents.of[s])) {
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

/* ---------------------------------------------------------------- going through them */

static void look_ahead(const struct ksm_contents *contents, size_t first, size_t end)
{
	for (size_t i = first + PAGES_AHEAD; i < end + PAGES_AHEAD && i < contents->n; i++) {
		ksm_twin_prefetch(contents->twin, contents->page[i]);
		ksm_twin_prefetch_more(contents->twin, contents->page[i - PAGES_AHEAD / 2]);
	}
}

/* 0 once there is none any more. Which are in the order is up to the twin that it was made by. */
static uint32_t next_alone(struct ksm_contents_walk *walk)
{
	for (; walk->mm < walk->contents->n_mms; walk->mm++) {
		uint32_t page;

		if (!walk->pages.twin)
			walk->pages = ksm_twin_walk_begin(walk->contents->ordered, walk->mm);
		page = ksm_twin_walk_alone(&walk->pages,
					   walk->plain ? &walk->plain[walk->mm] : NULL);
		if (page)
			return page;
		walk->pages.twin = NULL;
	}
	return 0;
}

bool ksm_contents_next(struct ksm_contents_walk *walk)
{
	const struct ksm_contents *contents = walk->contents;
	size_t first = walk->end;

	walk->alone = contents->ordered ? next_alone(walk) : 0;
	if (walk->alone) {
		walk->page = &walk->alone;
		walk->n = 1;
		return true;
	}
	if (first == contents->n)
		return false;
	walk->end = ksm_contents_end(contents, first);
	walk->page = contents->page + first;
	walk->n = walk->end - first;
	look_ahead(contents, first, walk->end);
	return true;
}
