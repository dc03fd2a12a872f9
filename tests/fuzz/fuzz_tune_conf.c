/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration of tune: what parses can be tuned by. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "control/tune.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ksm_tune_facts facts = {.cost = {.seconds_per_page = 1e-6, .tick_seconds = 0.004},
				       .meminfo = {.total = 1 << 30, .available = 1 << 29}};
	struct ksm_tune_goals goals = {0};
	struct ksm_tuning tuning;

	for (int i = 0; i < KSM_SYSFS_N; i++)
		facts.sysfs.valid[i] = true;
	facts.sysfs.value[KSM_SYSFS_pages_sharing] = 100000;
	facts.sysfs.value[KSM_SYSFS_advisor_target_scan_time] = 200;
	if (ksm_tune_parse((const char *)data, size, &goals, NULL) ||
	    ksm_tune(&goals, &facts, &tuning, NULL))
		return 0;
	if (tuning.n_decisions > KSM_DECISIONS_MAX ||
	    (tuning.settings.given[KSM_SYSFS_pages_to_scan] &&
	     tuning.settings.value[KSM_SYSFS_pages_to_scan] < 1))
		abort();
	return 0;
}
