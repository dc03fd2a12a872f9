/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/strata.h"

#include <errno.h>

static int add_mms(struct ksm_twin *twin, uint32_t n_mms)
{
	int err = 0;
	uint32_t mm;

	for (uint32_t i = 0; i < n_mms && !err; i++)
		err = ksm_twin_add_mm(twin, &mm);
	return err;
}

int ksm_strata_init(struct ksm_strata *strata, const struct ksm_model *model, uint32_t n_mms,
		    uint32_t every)
{
	int n = every > 1 ? KSM_STRATA : KSM_STRATUM_SAMPLE, err = 0;

	*strata = (struct ksm_strata){.weight = {1, every}};
	for (int s = 0; s < n && !err; s++)
		err = ksm_twin_new(model, &strata->twin[s]) ?: add_mms(strata->twin[s], n_mms);
	return err;
}

void ksm_strata_release(struct ksm_strata *strata)
{
	for (int s = 0; s < KSM_STRATA; s++)
		ksm_twin_free(&strata->twin[s]);
}

int ksm_strata_pass_begin(struct ksm_strata *strata)
{
	int err = 0;

	for (int s = 0; s < KSM_STRATA && strata->twin[s] && !err; s++)
		err = ksm_twin_pass_begin(strata->twin[s]);
	return err;
}

void ksm_strata_mm_begin(struct ksm_strata *strata, uint32_t mm)
{
	for (int s = 0; s < KSM_STRATA && strata->twin[s]; s++)
		ksm_twin_mm_begin(strata->twin[s], mm);
}

void ksm_strata_mm_end(struct ksm_strata *strata)
{
	for (int s = 0; s < KSM_STRATA && strata->twin[s]; s++)
		ksm_twin_mm_end(strata->twin[s]);
}

void ksm_strata_let_go(struct ksm_strata *strata)
{
	for (int s = 0; s < KSM_STRATA && strata->twin[s]; s++)
		ksm_twin_let_go(strata->twin[s]);
}

int ksm_strata_pass_end(struct ksm_strata *strata)
{
	int err = 0;

	for (int s = 0; s < KSM_STRATA && strata->twin[s] && !err; s++)
		err = ksm_twin_pass_end(strata->twin[s]);
	return err;
}

int ksm_strata_repeat(struct ksm_strata *strata, bool smart_scan)
{
	int err = 0;

	for (int s = 0; s < KSM_STRATA && strata->twin[s] && !err; s++)
		err = ksm_twin_repeat(strata->twin[s], smart_scan);
	return err;
}

int ksm_strata_has_settled(struct ksm_strata *strata, bool *ret_has_settled)
{
	bool all = true, one;

	for (int s = 0; s < KSM_STRATA && strata->twin[s]; s++) {
		if (ksm_twin_has_settled(strata->twin[s], &one))
			return -ENOMEM;
		all &= one;
	}
	*ret_has_settled = all;
	return 0;
}

void ksm_strata_counters(const struct ksm_strata *strata, struct ksm_counters *ret_counters)
{
	struct ksm_counters sum = {0}, one;

	for (int s = 0; s < KSM_STRATA && strata->twin[s]; s++) {
		ksm_twin_counters(strata->twin[s], &one);
#define X(name) sum.name += one.name * strata->weight[s];
		KSM_COUNTERS(X)
#undef X
	}
	/* Passes are not of contents. */
	ksm_twin_counters(strata->twin[KSM_STRATUM_WHOLE], &one);
	sum.full_scans = one.full_scans;
	*ret_counters = sum;
}

void ksm_strata_mm_counters(const struct ksm_strata *strata, uint32_t mm,
			    struct ksm_mm_counters *ret_counters)
{
	struct ksm_mm_counters sum = {0}, one;

	for (int s = 0; s < KSM_STRATA && strata->twin[s]; s++) {
		ksm_twin_mm_counters(strata->twin[s], mm, &one);
		sum.ksm_rmap_items += one.ksm_rmap_items * strata->weight[s];
		sum.ksm_merging_pages += one.ksm_merging_pages * strata->weight[s];
		sum.ksm_zero_pages += one.ksm_zero_pages * strata->weight[s];
	}
	*ret_counters = sum;
}
