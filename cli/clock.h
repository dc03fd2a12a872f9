/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monotonic clock, for what is done again and again at a pace. */
#ifndef KSM_CLI_CLOCK_H
#define KSM_CLI_CLOCK_H

#include <stdint.h>

#define KSM_CLI_SECOND 1e9 /* in the clock's unit, ns */

int64_t ksm_cli_now(void);
void ksm_cli_sleep_until(int64_t when);

#endif
