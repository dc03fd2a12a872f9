/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scan-time advisor (6.8): after each full scan it sets pages_to_scan so that a scan takes about
 * advisor_target_scan_time. In the kernel's integer arithmetic. Source: mm/ksm.c of 6.8, scan_time_advisor().
 */
#ifndef KSM_KSMD_ADVISOR_H
#define KSM_KSMD_ADVISOR_H

#include <stdint.h>

#include "ksmd/model.h"

struct ksm_advisor {
	uint64_t change;	 /* smoothed, percent */
	uint64_t last_scan_time; /* seconds; 0 before the first */
};

/* pages_to_scan for the next scan after one with @pages_to_scan that took this long and this much CPU. */
uint64_t ksm_advisor_next(struct ksm_advisor *advisor, const struct ksm_model *model,
			  uint64_t pages_to_scan, double scan_seconds, double cpu_seconds);

#endif
