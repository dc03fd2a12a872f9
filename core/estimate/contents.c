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

/* The pages that are not alone, by mm and address. */
static size_t find_rest(const struct ksm_twin *twin, uint32_t n_mms, uint32_t *rest)
{
	size_t n = 0;

	for (uint32_t mm = 0; mm < n_mms; mm++) {
		struct ksm_twin_walk walk = ksm_twin_walk_begin(twin, mm);

		while ((rest[n] = ksm_twin_walk_rest(&walk)) != 0)
			n++;
	}
	return n;
}

/* Pages of one content, in the order they were found in. */
struct group {
	uint32_t first; /* page */
	uint32_t next;	/* group of the bucket, one more than its number; 0: none */
	uint32_t end;	/* of it in the order; until that is full, where its next page goes */
};

struct grouping {
	const struct ksm_twin *twin;
	uint32_t *bucket; /* the first group of each, as next */
	uint64_t mask;
	struct group *group;
	uint32_t n;
};

/* The group of a page, new where there is none of its content. */
static uint32_t find_group(struct grouping *grouping, uint32_t page)
{
	struct ksm_page_key key = ksm_twin_key(grouping->twin, page);
	uint32_t *bucket = &grouping->bucket[key.hi & grouping->mask];

	for (uint32_t next = *bucket; next; next = grouping->group[next - 1].next)
		if (ksm_page_key_equal(
			    key, ksm_twin_key(grouping->twin, grouping->group[next - 1].first)))
			return next - 1;
	grouping->group[grouping->n] = (struct group){.first = page, .next = *bucket};
	*bucket = ++grouping->n;
	return grouping->n - 1;
}

/* Puts pages, which come by mm and address, into an order by groups. */
static void distribute(struct grouping *grouping, const uint32_t *pages, uint32_t *group_of,
		       size_t n, uint32_t *order)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		group_of[i] = find_group(grouping, pages[i]);
		grouping->group[group_of[i]].end++;
	}
	for (uint32_t g = 0; g < grouping->n; g++) {
		uint32_t count = grouping->group[g].end;

		grouping->group[g].end = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		order[grouping->group[group_of[i]].end++] = pages[i];
}

static int order_rest(struct ksm_contents *contents, const uint32_t *rest)
{
	size_t n = contents->n;
	struct group *group ksm_auto_free = calloc(n + 1, sizeof(*group)); /* not all is used */
	uint32_t *group_of ksm_auto_free = malloc((n + 1) * sizeof(*group_of));
	uint32_t *bucket ksm_auto_free = NULL;
	struct grouping grouping = {.twin = contents->twin, .group = group};

	while (grouping.mask < n / 2)
		grouping.mask = grouping.mask * 2 + 1;
	grouping.bucket = bucket = ksm_array_zeroed(grouping.mask + 1, sizeof(*bucket));
	if (!group || !group_of || !bucket)
		return -ENOMEM;
	distribute(&grouping, rest, group_of, n, contents->page);
	return 0;
}

static int order(const struct ksm_twin *twin, int64_t weight, uint32_t n_mms,
		 struct ksm_contents *ret_contents)
{
	struct ksm_contents contents = {
		.twin = twin, .ordered = twin, .weight = weight, .n_mms = n_mms};
	uint32_t *rest ksm_auto_free = malloc(ksm_twin_page_end(twin) * sizeof(*rest));
	uint32_t *page ksm_auto_free = NULL;

	if (!rest)
		return -ENOMEM;
	contents.n = find_rest(twin, n_mms, rest);
	contents.page = page = malloc((contents.n + 1) * sizeof(*page));
	if (!page || order_rest(&contents, rest))
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

/* ---------------------------------------------------------------- going through them */

/* Pages of contents to come lie anywhere in memory: so many are fetched ahead. */
#define PAGES_AHEAD 16

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
