/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/pace.h"

#include <math.h>

void ksm_pace_init(struct ksm_pace *pace, const struct ksm_model *model,
		   const struct ksm_cost *cost)
{
	*pace = (struct ksm_pace){
		.model = model,
		.cost = cost,
		.pages_to_scan = (uint64_t)ksm_model_get(model, KSM_SYSFS_pages_to_scan),
	};
}

/* ksmd sleeps after every batch, and the end of a pass ends its batch. */
double ksm_pace_pass_seconds(const struct ksm_pace *pace, uint64_t pages)
{
	double sleep = (double)ksm_model_get(pace->model, KSM_SYSFS_sleep_millisecs) / 1000;

	if (!pace->pages_to_scan)
		return INFINITY;
	return ceil((double)pages / (double)pace->pages_to_scan) * sleep +
	       (double)pages * pace->cost->seconds_per_page;
}

void ksm_pace_take_pass(struct ksm_pace *pace, uint64_t pages)
{
	double seconds = ksm_pace_pass_seconds(pace, pages);
	double cpu_seconds = (double)pages * pace->cost->seconds_per_page;

	pace->seconds += seconds;
	pace->cpu_seconds += cpu_seconds;
	if (ksm_model_get(pace->model, KSM_SYSFS_advisor_mode) == KSM_ADVISOR_SCAN_TIME &&
	    isfinite(seconds))
		pace->pages_to_scan = ksm_advisor_next(&pace->advisor, pace->model,
						       pace->pages_to_scan, seconds, cpu_seconds);
}
