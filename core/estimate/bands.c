/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/bands.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

static int compare_values(const void *a, const void *b)
{
	int64_t va = *(const int64_t *)a, vb = *(const int64_t *)b;

	return va < vb ? -1 : va > vb;
}

/* Of @n values in any order; sorts them. */
static struct ksm_band band_of(int64_t *value, size_t n)
{
	struct ksm_band band = {.last = value[n - 1]};

	qsort(value, n, sizeof(*value), compare_values);
	band.lowest = value[0];
	band.highest = value[n - 1];
	band.median = value[(n - 1) / 2] + (value[n / 2] - value[(n - 1) / 2]) / 2;
	return band;
}

int ksm_bands_take(struct ksm_outcome *outcome, unsigned int page_size)
{
	const struct ksm_counters *pass = outcome->pass + KSM_BANDS_FIRST_PASS - 1;
	size_t n;
	int64_t *value ksm_auto_free = NULL;

	if (outcome->n_passes <= KSM_BANDS_FIRST_PASS)
		return 0;
	n = outcome->n_passes - (KSM_BANDS_FIRST_PASS - 1);
	value = calloc(n, sizeof(*value));
	if (!value)
		return -ENOMEM;
#define X(name)                          \
	for (size_t i = 0; i < n; i++)   \
		value[i] = pass[i].name; \
	outcome->bands.name = band_of(value, n);
	KSM_COUNTERS(X)
#undef X
	for (size_t i = 0; i < n; i++)
		value[i] = ksm_general_profit(&pass[i], page_size, outcome->model.rmap_item_size);
	outcome->bands.general_profit = band_of(value, n);
	outcome->has_bands = true;
	return 0;
}
