/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/forecast.h"

#include <errno.h>
#include <math.h>

#include "estimate/pace.h"

#define PASSES_MAX 200

/*
 * So many passes without a merge mean that none will come. Smart scan leaves a page out up to 8 times in a
 * row; without it, a fork's leftovers take one pass more.
 */
#define QUIET_PASSES_SMART 10
#define QUIET_PASSES	   2

int ksm_forecast_run(struct ksm_strata *strata, const struct ksm_cost *cost,
		     struct ksm_outcome *outcome, bool *ret_has_settled)
{
	const struct ksm_model *model = &outcome->model;
	struct ksm_pace pace;
	unsigned int quiet_passes = ksm_model_get(model, KSM_SYSFS_smart_scan) ? QUIET_PASSES_SMART
									       : QUIET_PASSES;
	struct ksm_counters last = {0}, next;
	unsigned int pass = 0, quiet = 0;
	bool has_settled = false;
	struct ksm_forecast *forecast = &outcome->forecast;

	ksm_pace_init(&pace, model, cost);
	*forecast = (struct ksm_forecast){
		.passes_to_settle = KSM_UNKNOWN,
		.seconds_per_pass =
			ksm_pace_pass_seconds(&pace, (uint64_t)outcome->pass[0].pages_scanned),
		.seconds_to_settle = INFINITY,
		.ksmd_cpu_seconds = INFINITY,
	};
	/* The first pass merges nothing: quiet counts from the second. */
	for (; pass < PASSES_MAX && quiet < quiet_passes && !has_settled; pass++) {
		if (pass < outcome->n_passes)
			next = outcome->pass[pass];
		else if (ksm_strata_repeat(strata, true))
			return -ENOMEM;
		else
			ksm_strata_counters(strata, &next);
		ksm_pace_take_pass(&pace, (uint64_t)(next.pages_scanned - last.pages_scanned));
		quiet = pass > 0 && ksm_is_same_merging(&last, &next) ? quiet + 1 : 0;
		if (!quiet) {
			forecast->passes_to_settle = pass + 1;
			forecast->seconds_to_settle = pace.seconds;
			forecast->ksmd_cpu_seconds = pace.cpu_seconds;
		}
		last = next;
		if (pass + 1 >= outcome->n_passes && ksm_strata_has_settled(strata, &has_settled))
			return -ENOMEM;
	}
	if (quiet < quiet_passes && !has_settled) {
		forecast->passes_to_settle = KSM_UNKNOWN;
		forecast->seconds_to_settle = forecast->ksmd_cpu_seconds = INFINITY;
	}
	*ret_has_settled = has_settled;
	return 0;
}
