/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/trials.h"

#include <errno.h>
#include <stdlib.h>

#include "estimate/bands.h"
#include "estimate/forecast.h"

/* How many passes more a twin may take to settle: each resolves what the one before left. */
#define SETTLE_PASSES_MAX 16

int ksm_trials_init(struct ksm_trials *trials, struct ksm_outcome *outcomes, size_t n,
		    uint32_t n_mms, uint32_t every)
{
	int err = 0;

	*trials = (struct ksm_trials){.outcome = outcomes};
	trials->strata = calloc(n, sizeof(*trials->strata));
	if (!trials->strata)
		return -ENOMEM;
	while (trials->n < n && !err) {
		err = ksm_strata_init(&trials->strata[trials->n], &outcomes[trials->n].model, n_mms,
				      every);
		trials->n++;
	}
	return err;
}

void ksm_trials_release(struct ksm_trials *trials)
{
	for (size_t i = 0; i < trials->n; i++)
		ksm_strata_release(&trials->strata[i]);
	free(trials->strata);
	*trials = (struct ksm_trials){0};
}

int ksm_trials_pass_begin(struct ksm_trials *trials)
{
	int err = 0;

	for (size_t i = 0; i < trials->n && !err; i++)
		err = ksm_strata_pass_begin(&trials->strata[i]);
	return err;
}

void ksm_trials_mm_begin(struct ksm_trials *trials, uint32_t mm)
{
	for (size_t i = 0; i < trials->n; i++)
		ksm_strata_mm_begin(&trials->strata[i], mm);
}

int ksm_trials_see(struct ksm_trials *trials, enum ksm_stratum stratum, const struct ksm_page *page,
		   const struct ksm_page_sum *sum)
{
	int err = 0;

	for (size_t i = 0; i < trials->n && !err; i++)
		err = ksm_twin_see(trials->strata[i].twin[stratum], page, sum);
	return err;
}

void ksm_trials_mm_end(struct ksm_trials *trials)
{
	for (size_t i = 0; i < trials->n; i++)
		ksm_strata_mm_end(&trials->strata[i]);
}

int ksm_trials_pass_end(struct ksm_trials *trials, unsigned int pass)
{
	int err = 0;

	for (size_t i = 0; i < trials->n && !err; i++) {
		err = ksm_strata_pass_end(&trials->strata[i]);
		ksm_strata_counters(&trials->strata[i], &trials->outcome[i].pass[pass - 1]);
	}
	return err;
}

int ksm_trials_repeat(struct ksm_trials *trials, unsigned int pass)
{
	int err = 0;

	for (size_t i = 0; i < trials->n && !err; i++) {
		err = ksm_strata_repeat(&trials->strata[i], true);
		ksm_strata_counters(&trials->strata[i], &trials->outcome[i].pass[pass - 1]);
	}
	return err;
}

static int settle(struct ksm_strata *strata)
{
	struct ksm_counters before, now;
	int err = 0;

	ksm_strata_counters(strata, &now);
	for (int i = 0; i < SETTLE_PASSES_MAX && !err; i++) {
		before = now;
		err = ksm_strata_repeat(strata, false);
		ksm_strata_counters(strata, &now);
		if (ksm_is_same_merging(&now, &before))
			break;
	}
	return err;
}

static void take_profit(struct ksm_outcome *outcome, unsigned int page_size)
{
	const struct ksm_counters *last = &outcome->pass[outcome->n_passes - 1];

	outcome->metadata_bytes = last->rmap_items * (int64_t)outcome->model.rmap_item_size;
	outcome->general_profit =
		ksm_general_profit(last, page_size, outcome->model.rmap_item_size);
}

/*
 * ksmd frees the item of a page of zeros a pass after it gave it the zero page: that pass is taken even where
 * merging has settled.
 */
static int take_settled(struct ksm_strata *strata, struct ksm_outcome *outcome, bool has_settled)
{
	struct ksm_counters end;
	int err = 0;

	ksm_strata_counters(strata, &end);
	if (!has_settled || end.ksm_zero_pages)
		err = settle(strata);
	ksm_strata_counters(strata, &end);
	outcome->settled_metadata_bytes = end.rmap_items * (int64_t)outcome->model.rmap_item_size;
	return err;
}

int ksm_trials_settle(struct ksm_trials *trials, const struct ksm_cost *cost,
		      unsigned int page_size)
{
	int err = 0;

	for (size_t i = 0; i < trials->n && !err; i++) {
		struct ksm_strata *strata = &trials->strata[i];
		bool has_settled = false;

		take_profit(&trials->outcome[i], page_size);
		err = ksm_bands_take(&trials->outcome[i], page_size);
		if (!err)
			err = ksm_forecast_run(strata, cost, &trials->outcome[i], &has_settled);
		if (!err)
			err = take_settled(strata, &trials->outcome[i], has_settled);
		/* Not in proportion to contents: a huge page is split once, whatever of it merges. */
		trials->outcome[i].huge_pages_split =
			strata->twin[KSM_STRATUM_SAMPLE]
				? KSM_UNKNOWN
				: ksm_twin_huge_pages_split(strata->twin[KSM_STRATUM_WHOLE]);
	}
	return err;
}
