/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monotonic clock. */
#ifndef KSM_BASE_CLOCK_H
#define KSM_BASE_CLOCK_H

#include <stdint.h>

#define KSM_SECOND INT64_C(1000000000) /* in nanoseconds */

int64_t ksm_now(void); /* nanoseconds */
/*
 * Sleeps until @step after *@when, and sets that to it; to now if half of a step or more has passed since, as when the
 * process was stopped: steps that were missed are not made up for.
 */
void ksm_sleep_step(int64_t *when, int64_t step);

static inline double ksm_now_seconds(void)
{
	return (double)ksm_now() / 1e9;
}

#endif
