/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "estimate/estimate.h"

static int compare_targets(const void *a, const void *b, void *data)
{
	const struct ksm_estimate *estimate = data;
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
	const struct ksm_estimate_sums *x = &estimate->target[one].sums,
				       *y = &estimate->target[other].sums;

	if (x->freed_pages != y->freed_pages)
		return x->freed_pages > y->freed_pages ? -1 : 1;
	if (x->pages_present != y->pages_present)
		return x->pages_present > y->pages_present ? -1 : 1;
	return one < other ? -1 : one > other;
}

uint32_t *ksm_estimate_order_targets(const struct ksm_estimate *estimate)
{
	uint32_t *order = calloc((size_t)estimate->n_targets + 1, sizeof(*order));

	for (uint32_t i = 0; order && i < estimate->n_targets; i++)
		order[i] = i;
	if (order)
		qsort_r(order, estimate->n_targets, sizeof(*order), compare_targets,
			(void *)(uintptr_t)estimate);
	return order;
}
