/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ksmd/advisor.h"

#define MIN_CPU	    10 /* percent */
#define EWMA_WEIGHT 30 /* percent */

static uint64_t at_least_1(uint64_t value)
{
	return value ? value : 1;
}

uint64_t ksm_advisor_next(struct ksm_advisor *advisor, const struct ksm_model *model,
			  uint64_t pages_to_scan, double scan_seconds, double cpu_seconds)
{
	uint64_t target = (uint64_t)ksm_model_get(model, KSM_SYSFS_advisor_target_scan_time);
	uint64_t max_cpu = (uint64_t)ksm_model_get(model, KSM_SYSFS_advisor_max_cpu);
	uint64_t max_pages = (uint64_t)ksm_model_get(model, KSM_SYSFS_advisor_max_pages_to_scan);
	uint64_t scan_time = at_least_1((uint64_t)scan_seconds);
	uint64_t cpu_percent =
		at_least_1((uint64_t)(cpu_seconds * 1000) * 100 / (scan_time * 1000));
	uint64_t last = advisor->last_scan_time ? advisor->last_scan_time : scan_time;
	uint64_t factor = at_least_1(target * 100 / scan_time);
	uint64_t change = at_least_1(scan_time * 100 / last);
	uint64_t per_percent = at_least_1(pages_to_scan / cpu_percent);
	uint64_t pages;

	advisor->change = ((100 - EWMA_WEIGHT) * advisor->change + EWMA_WEIGHT * change) / 100;
	advisor->last_scan_time = scan_time;

	pages = pages_to_scan * 100 / factor * advisor->change / 100;
	if (pages > per_percent * max_cpu)
		pages = per_percent * max_cpu;
	if (pages < per_percent * MIN_CPU)
		pages = per_percent * MIN_CPU;
	return pages > max_pages ? max_pages : pages;
}
