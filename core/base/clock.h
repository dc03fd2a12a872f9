/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monotonic clock. */
#ifndef KSM_BASE_CLOCK_H
#define KSM_BASE_CLOCK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#define KSM_SECOND INT64_C(1000000000) /* in nanoseconds */

int64_t ksm_now(void); /* nanoseconds */
/*
 * Sleeps until @step after *@when, and sets that to it; to now if half of a step or more has passed since, as when the
 * process was stopped: steps that were missed are not made up for.
 */
void ksm_sleep_step(int64_t *when, int64_t step);

/* Whose timed waits are until a time of this clock. */
void ksm_cond_init(pthread_cond_t *cond);

static inline struct timespec ksm_timespec(int64_t nanoseconds)
{
	return (struct timespec){nanoseconds / KSM_SECOND, nanoseconds % KSM_SECOND};
}

static inline double ksm_now_seconds(void)
{
	return (double)ksm_now() / 1e9;
}

#endif
