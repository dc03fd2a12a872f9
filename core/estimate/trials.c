/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/trials.h"

#include <errno.h>
#include <stdlib.h>

#include "estimate/bands.h"
#include "estimate/forecast.h"
#include "ksmd/twin.h"

/* How many passes more a twin may take to settle: each resolves what the one before left. */
#define SETTLE_PASSES_MAX 16

int ksm_trials_init(struct ksm_trials *trials, struct ksm_outcome *outcomes, size_t n,
		    uint32_t n_mms)
{
	*trials = (struct ksm_trials){.outcome = outcomes};
	trials->twin = calloc(n, sizeof(struct ksm_twin *));
	if (!trials->twin)
		return -ENOMEM;
	for (; trials->n < n; trials->n++) {
		struct ksm_twin **twin = &trials->twin[trials->n];
		uint32_t mm;

		if (ksm_twin_new(&outcomes[trials->n].model, twin))
			return -ENOMEM;
		for (uint32_t i = 0; i < n_mms; i++) {
			if (ksm_twin_add_mm(*twin, &mm)) {
				ksm_twin_free(twin);
				return -ENOMEM;
			}
		}
	}
	return 0;
}

void ksm_trials_release(struct ksm_trials *trials)
{
	for (size_t i = 0; i < trials->n; i++)
		ksm_twin_free(&trials->twin[i]);
	free(trials->twin);
	*trials = (struct ksm_trials){0};
}

int ksm_trials_pass_begin(struct ksm_trials *trials)
{
	int err = 0;

	for (size_t i = 0; i < trials->n && !err; i++)
		err = ksm_twin_pass_begin(trials->twin[i]);
	return err;
}

void ksm_trials_mm_begin(struct ksm_trials *trials, uint32_t mm)
{
	for (size_t i = 0; i < trials->n; i++)
		ksm_twin_mm_begin(trials->twin[i], mm);
}

int ksm_trials_see(struct ksm_trials *trials, const struct ksm_page *page,
		   const struct ksm_page_sum *sum)
{
	int err = 0;

	for (size_t i = 0; i < trials->n && !err; i++)
		err = ksm_twin_see(trials->twin[i], page, sum);
	return err;
}

void ksm_trials_mm_end(struct ksm_trials *trials)
{
	for (size_t i = 0; i < trials->n; i++)
		ksm_twin_mm_end(trials->twin[i]);
}

int ksm_trials_pass_end(struct ksm_trials *trials, unsigned int pass)
{
	int err = 0;

	for (size_t i = 0; i < trials->n && !err; i++) {
		err = ksm_twin_pass_end(trials->twin[i]);
		ksm_twin_counters(trials->twin[i], &trials->outcome[i].pass[pass - 1]);
	}
	return err;
}

int ksm_trials_repeat(struct ksm_trials *trials, unsigned int pass)
{
	int err = 0;

	for (size_t i = 0; i < trials->n && !err; i++) {
		err = ksm_twin_repeat(trials->twin[i], true);
		ksm_twin_counters(trials->twin[i], &trials->outcome[i].pass[pass - 1]);
	}
	return err;
}

static int settle(struct ksm_twin *twin)
{
	struct ksm_counters before, now;
	int err = 0;

	ksm_twin_counters(twin, &now);
	for (int i = 0; i < SETTLE_PASSES_MAX && !err; i++) {
		before = now;
		err = ksm_twin_repeat(twin, false);
		ksm_twin_counters(twin, &now);
		if (now.pages_shared == before.pages_shared &&
		    now.pages_sharing == before.pages_sharing &&
		    now.ksm_zero_pages == before.ksm_zero_pages)
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

int ksm_trials_settle(struct ksm_trials *trials, const struct ksm_cost *cost,
		      unsigned int page_size)
{
	int err = 0;

	for (size_t i = 0; i < trials->n && !err; i++) {
		bool has_settled = false;

		take_profit(&trials->outcome[i], page_size);
		err = ksm_bands_take(&trials->outcome[i], page_size);
		if (!err)
			err = ksm_forecast_run(trials->twin[i], cost, &trials->outcome[i],
					       &has_settled);
		if (!err && !has_settled)
			err = settle(trials->twin[i]);
		trials->outcome[i].huge_pages_split = ksm_twin_huge_pages_split(trials->twin[i]);
	}
	return err;
}
