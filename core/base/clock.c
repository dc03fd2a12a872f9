/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/clock.h"

#include <errno.h>
#include <time.h>

int64_t ksm_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * KSM_SECOND + time.tv_nsec;
}

static void sleep_until(int64_t when)
{
	const struct timespec time = ksm_timespec(when);

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
		;
}

void ksm_sleep_step(int64_t *when, int64_t step)
{
	int64_t now;

	*when += step;
	sleep_until(*when);
	now = ksm_now();
	if (now - *when >= step / 2)
		*when = now;
}

void ksm_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &monotonic);
	pthread_condattr_destroy(&monotonic);
}
