/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/clock.h"

#include <errno.h>
#include <time.h>

#define NANOSECONDS INT64_C(1000000000)

int64_t ksm_cli_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * NANOSECONDS + time.tv_nsec;
}

void ksm_cli_sleep_until(int64_t when)
{
	struct timespec time = {.tv_sec = when / NANOSECONDS, .tv_nsec = when % NANOSECONDS};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
		;
}
