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

/*
 * A batch and the sleep behind it. A sleep ends with a tick: with the one after it is over or, if it is long,
 * with the next of every 8, 64, ... ticks (the timer wheel of 4.8, kernel/time/timer.c). So a batch begins
 * with a tick too, and its work takes time only as far as it goes beyond that tick.
 */
double ksm_pace_batch_seconds(double sleep, double tick, double work)
{
	double ticks, granule = 1;

	if (sleep == 0 || tick == 0)
		return sleep + work;
	/* A hair less, so that 0.02 / 0.004 is 5. */
	ticks = ceil(sleep / tick - 1e-6);
	while (ticks >= 63 * granule)
		granule *= 8;
	return (floor((ticks + floor(work / tick)) / granule) + 1) * granule * tick;
}

static double batch_seconds(const struct ksm_pace *pace, double work)
{
	return ksm_pace_batch_seconds(
		(double)ksm_model_get(pace->model, KSM_SYSFS_sleep_millisecs) / 1000,
		pace->cost->tick_seconds, work);
}

/* The end of a pass ends its batch, also one that finds no page any more. */
double ksm_pace_pass_seconds(const struct ksm_pace *pace, uint64_t pages)
{
	double cost = pace->cost->seconds_per_page;
	uint64_t batch = pace->pages_to_scan, full;

	if (!batch)
		return INFINITY;
	full = pages / batch;
	return (double)full * batch_seconds(pace, (double)batch * cost) +
	       batch_seconds(pace, (double)(pages % batch) * cost);
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
