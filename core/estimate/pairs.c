/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/pairs.h"

#include <errno.h>
#include <stdlib.h>

int ksm_pairs_init(struct ksm_pairs *pairs, uint32_t n_targets)
{
	*pairs = (struct ksm_pairs){0};
	if (n_targets < 2 || n_targets > KSM_PAIRS_TARGETS_MAX)
		return 0;
	pairs->pair = calloc((size_t)n_targets * n_targets, sizeof(*pairs->pair));
	pairs->common = calloc((size_t)n_targets * n_targets, sizeof(*pairs->common));
	if (!pairs->pair || !pairs->common)
		return -ENOMEM;
	pairs->n = n_targets;
	return 0;
}

void ksm_pairs_release(struct ksm_pairs *pairs)
{
	free(pairs->pair);
	free(pairs->common);
	*pairs = (struct ksm_pairs){0};
}

void ksm_pairs_have_common(struct ksm_pairs *pairs, uint64_t content, uint32_t a, uint32_t b)
{
	if (pairs->n)
		pairs->common[a * pairs->n + b] = content;
}

void ksm_pairs_count(struct ksm_pairs *pairs, uint64_t content, const struct ksm_holder *holder,
		     size_t n)
{
	if (!pairs->n)
		return;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = i + 1; j < n; j++) {
			size_t at = holder[i].target * pairs->n + holder[j].target;
			struct ksm_pair *pair = &pairs->pair[at];

			pair->freeable_pages += pairs->common[at] != content;
			pair->shared_contents++;
			pair->shared_pages += holder[i].pages + holder[j].pages;
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

int ksm_pairs_take(const struct ksm_pairs *pairs, struct ksm_estimate *estimate)
{
	size_t most = (size_t)pairs->n * pairs->n;

	estimate->pair = calloc(most + 1, sizeof(*estimate->pair));
	if (!estimate->pair)
		return -ENOMEM;
	for (size_t i = 0; i < most; i++) {
		if (!pairs->pair[i].shared_contents)
			continue;
		estimate->pair[estimate->n_pairs] = pairs->pair[i];
		estimate->pair[estimate->n_pairs].a = (uint32_t)(i / pairs->n);
		estimate->pair[estimate->n_pairs].b = (uint32_t)(i % pairs->n);
		estimate->n_pairs++;
	}
	qsort(estimate->pair, estimate->n_pairs, sizeof(*estimate->pair), compare_pairs);
	return 0;
}
