/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/pairs.h"

#include <errno.h>
#include <stdlib.h>

int ksm_pairs_init(struct ksm_pairs *pairs, size_t n_parts)
{
	*pairs = (struct ksm_pairs){0};
	if (n_parts < 2 || n_parts > KSM_PAIRS_PARTS_MAX)
		return 0;
	pairs->pair = calloc(n_parts * n_parts, sizeof(*pairs->pair));
	pairs->common = calloc(n_parts * n_parts, sizeof(*pairs->common));
	if (!pairs->pair || !pairs->common)
		return -ENOMEM;
	pairs->n = (uint32_t)n_parts;
	return 0;
}

void ksm_pairs_release(struct ksm_pairs *pairs)
{
	free(pairs->pair);
	free(pairs->common);
	*pairs = (struct ksm_pairs){0};
}

static size_t place_of(const struct ksm_pairs *pairs, uint32_t one, uint32_t other)
{
	return one < other ? (size_t)one * pairs->n + other : (size_t)other * pairs->n + one;
}

void ksm_pairs_have_common(struct ksm_pairs *pairs, uint64_t content, uint32_t a, uint32_t b)
{
	if (pairs->n)
		pairs->common[place_of(pairs, a, b)] = content;
}

void ksm_pairs_count(struct ksm_pairs *pairs, uint64_t content, int64_t weight,
		     const struct ksm_holder *holder, size_t n)
{
	if (!pairs->n)
		return;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = i + 1; j < n; j++) {
			size_t at = place_of(pairs, holder[i].part, holder[j].part);
			struct ksm_pair *pair = &pairs->pair[at];

			if (pairs->common[at] != content)
				pair->freeable_pages += weight;
			pair->shared_contents += weight;
			pair->shared_pages += (holder[i].pages + holder[j].pages) * weight;
		}
	}
}

static int compare_pairs(const void *a, const void *b)
{
	const struct ksm_pair *pa = a, *pb = b;

	if (pa->freeable_pages != pb->freeable_pages)
		return pa->freeable_pages > pb->freeable_pages ? -1 : 1;
	if (pa->shared_contents != pb->shared_contents)
		return pa->shared_contents > pb->shared_contents ? -1 : 1;
	if (pa->a != pb->a)
		return pa->a < pb->a ? -1 : 1;
	return pa->b < pb->b ? -1 : pa->b > pb->b;
}

int ksm_pairs_take(const struct ksm_pairs *pairs, const uint32_t *number,
		   struct ksm_pair **ret_pair, size_t *ret_n)
{
	size_t most = (size_t)pairs->n * pairs->n, n = 0;
	struct ksm_pair *list = calloc(most + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < most; i++) {
		uint32_t a = (uint32_t)(i / pairs->n), b = (uint32_t)(i % pairs->n);

		if (!pairs->pair[i].shared_contents)
			continue;
		if (number) {
			a = number[a];
			b = number[b];
		}
		list[n] = pairs->pair[i];
		list[n].a = a < b ? a : b;
		list[n++].b = a < b ? b : a;
	}
	qsort(list, n, sizeof(*list), compare_pairs);
	*ret_pair = list;
	*ret_n = n;
	return 0;
}
