/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/forecast.h"

#include <errno.h>
#include <math.h>

#include "ksmd/advisor.h"

#define PASSES_MAX 200

/*
 * So many passes without a merge mean that none will come. Smart scan leaves a page out up to 8 times in a
 * row; without it, a fork's leftovers take one pass more.
 */
#define QUIET_PASSES_SMART 10
#define QUIET_PASSES	   2

/* Time as ksmd's settings make it pass. */
struct pace {
	const struct ksm_model *model;
	const struct ksm_cost *cost;
	struct ksm_advisor advisor;
	uint64_t pages_to_scan;
	double seconds;	    /* so far */
	double cpu_seconds; /* so far */
};

/* ksmd sleeps after every batch, and the end of a pass ends its batch. */
static double pass_seconds(const struct pace *pace, uint64_t pages)
{
	double sleep = (double)ksm_model_get(pace->model, KSM_SYSFS_sleep_millisecs) / 1000;

	if (!pace->pages_to_scan)
		return INFINITY;
	return ceil((double)pages / (double)pace->pages_to_scan) * sleep +
	       (double)pages * pace->cost->seconds_per_page;
}

static void take_pass(struct pace *pace, uint64_t pages)
{
	double seconds = pass_seconds(pace, pages);
	double cpu_seconds = (double)pages * pace->cost->seconds_per_page;

	pace->seconds += seconds;
	pace->cpu_seconds += cpu_seconds;
	if (ksm_model_get(pace->model, KSM_SYSFS_advisor_mode) == KSM_ADVISOR_SCAN_TIME &&
	    isfinite(seconds))
		pace->pages_to_scan = ksm_advisor_next(&pace->advisor, pace->model,
						       pace->pages_to_scan, seconds, cpu_seconds);
}

static bool is_same_merging(const struct ksm_counters *a, const struct ksm_counters *b)
{
	return a->pages_shared == b->pages_shared && a->pages_sharing == b->pages_sharing &&
	       a->ksm_zero_pages == b->ksm_zero_pages;
}

int ksm_forecast_run(struct ksm_twin *twin, const struct ksm_cost *cost,
		     struct ksm_outcome *outcome)
{
	const struct ksm_model *model = &outcome->model;
	struct pace pace = {
		.model = model,
		.cost = cost,
		.pages_to_scan = (uint64_t)ksm_model_get(model, KSM_SYSFS_pages_to_scan),
	};
	unsigned int quiet_passes = ksm_model_get(model, KSM_SYSFS_smart_scan) ? QUIET_PASSES_SMART
									       : QUIET_PASSES;
	struct ksm_counters last = {0}, next;
	unsigned int pass = 0, quiet = 0;
	struct ksm_forecast *forecast = &outcome->forecast;

	*forecast = (struct ksm_forecast){
		.passes_to_settle = KSM_UNKNOWN,
		.seconds_per_pass = pass_seconds(&pace, (uint64_t)outcome->pass[0].pages_scanned),
		.seconds_to_settle = INFINITY,
		.ksmd_cpu_seconds = INFINITY,
	};
	/* The first pass merges nothing: quiet counts from the second. */
	for (; pass < PASSES_MAX && quiet < quiet_passes; pass++) {
		if (pass < outcome->n_passes)
			next = outcome->pass[pass];
		else if (ksm_twin_repeat(twin, true))
			return -ENOMEM;
		else
			ksm_twin_counters(twin, &next);
		take_pass(&pace, (uint64_t)(next.pages_scanned - last.pages_scanned));
		quiet = pass > 0 && is_same_merging(&last, &next) ? quiet + 1 : 0;
		if (!quiet) {
			forecast->passes_to_settle = pass + 1;
			forecast->seconds_to_settle = pace.seconds;
			forecast->ksmd_cpu_seconds = pace.cpu_seconds;
		}
		last = next;
	}
	if (quiet < quiet_passes) {
		forecast->passes_to_settle = KSM_UNKNOWN;
		forecast->seconds_to_settle = forecast->ksmd_cpu_seconds = INFINITY;
	}
	return 0;
}
