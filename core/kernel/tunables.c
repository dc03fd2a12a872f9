/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/tunables.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "kernel/meminfo.h"

#define ROW(name, min, max, fallback, unit, writable, meaning)                                 \
	{                                                                                      \
		KSM_SYSFS_##name, min, max, fallback, KSM_UNIT_##unit, KSM_WRITABLE##writable, \
			meaning                                                                \
	}

static const struct ksm_tunable tunables[] = {
	ROW(run, 0, 2, 0, NONE, , "0 stopped, 1 running, 2 stopped and unmerged"),
	ROW(pages_to_scan, 0, UINT_MAX, 100, PAGES, _UNADVISED,
	    "how many ksmd looks at before it sleeps"),
	ROW(sleep_millisecs, 0, UINT_MAX, 20, MILLISECONDS, , "how long it then sleeps"),
	ROW(max_kernel_pages, 0, INT64_MAX, 0, PAGES, ,
	    "most KSM pages, which could not be swapped"),
	ROW(merge_across_nodes, 0, 1, 1, NONE, _UNMERGED, "1: also merge across NUMA nodes"),
	ROW(use_zero_pages, 0, 1, 0, NONE, , "1: all-zero pages become the zero page"),
	ROW(max_page_sharing, 2, INT_MAX, 256, NONE, _UNMERGED, "most mappings of one KSM page"),
	ROW(stable_node_chains_prune_millisecs, 0, UINT_MAX, 2000, MILLISECONDS, ,
	    "how often stale KSM pages are sought"),
	ROW(smart_scan, 0, 1, 1, NONE, , "1: skip pages that found no twin before"),
	ROW(advisor_mode, KSM_ADVISOR_NONE, KSM_ADVISOR_SCAN_TIME, KSM_ADVISOR_NONE, NONE, ,
	    "what sets pages_to_scan: none or scan-time"),
	ROW(advisor_max_cpu, 0, UINT_MAX, 70, PERCENT, , "advisor: most CPU for ksmd"),
	ROW(advisor_min_pages_to_scan, 0, UINT_MAX, 500, PAGES, , "advisor: where it starts"),
	ROW(advisor_max_pages_to_scan, 0, UINT_MAX, 30000, PAGES, , "advisor: where it ends"),
	ROW(advisor_target_scan_time, 1, UINT_MAX, 200, SECONDS, ,
	    "advisor: wanted time of a full scan"),
};
#define N_TUNABLES (sizeof(tunables) / sizeof(tunables[0]))

const struct ksm_tunable *ksm_tunables(size_t *ret_n)
{
	*ret_n = N_TUNABLES;
	return tunables;
}

const struct ksm_tunable *ksm_tunable_of(enum ksm_sysfs_field field)
{
	for (size_t i = 0; i < N_TUNABLES; i++)
		if (tunables[i].field == field)
			return &tunables[i];
	return NULL;
}

const struct ksm_tunable *ksm_tunable_find(const char *name, size_t len)
{
	for (size_t i = 0; i < N_TUNABLES; i++) {
		const char *own = ksm_sysfs_name(tunables[i].field);

		if (strlen(own) == len && strncmp(own, name, len) == 0)
			return &tunables[i];
	}
	return NULL;
}

bool ksm_tunable_default(const struct ksm_tunable *tunable, const struct ksm_root *root,
			 int64_t *ret_value)
{
	uint64_t memory;

	*ret_value = tunable->fallback;
	if (tunable->field != KSM_SYSFS_max_kernel_pages)
		return true;
	memory = root ? ksm_meminfo_total(root) : 0;
	if (memory)
		*ret_value = (int64_t)(memory / root->page_size / 4);
	return memory != 0;
}

int ksm_tunable_parse(const struct ksm_tunable *tunable, const char *text, int64_t *ret_value)
{
	uint64_t number;

	if (tunable->field == KSM_SYSFS_advisor_mode) {
		for (enum ksm_advisor_mode mode = KSM_ADVISOR_NONE; mode <= KSM_ADVISOR_SCAN_TIME;
		     mode++) {
			if (strcmp(text, ksm_advisor_mode_name(mode)) == 0) {
				*ret_value = mode;
				return 0;
			}
		}
		return -EINVAL;
	}
	if (ksm_parse_u64(text, (uint64_t)tunable->max, &number) || (int64_t)number < tunable->min)
		return -EINVAL;
	*ret_value = (int64_t)number;
	return 0;
}

void ksm_tunable_format(const struct ksm_tunable *tunable, int64_t value,
			char ret_text[KSM_TUNABLE_TEXT_MAX])
{
	if (tunable->field == KSM_SYSFS_advisor_mode)
		snprintf(ret_text, KSM_TUNABLE_TEXT_MAX, "%s",
			 ksm_advisor_mode_name((enum ksm_advisor_mode)value));
	else
		snprintf(ret_text, KSM_TUNABLE_TEXT_MAX, "%" PRId64, value);
}

void ksm_tunable_range(const struct ksm_tunable *tunable, char ret_text[KSM_TUNABLE_RANGE_MAX])
{
	if (tunable->field == KSM_SYSFS_advisor_mode)
		snprintf(ret_text, KSM_TUNABLE_RANGE_MAX, "the mode is none or scan-time");
	else
		snprintf(ret_text, KSM_TUNABLE_RANGE_MAX,
			 "the value goes from %" PRId64 " to %" PRId64, tunable->min, tunable->max);
}

void ksm_tunable_history(const struct ksm_tunable *tunable, char ret_text[KSM_TUNABLE_HISTORY_MAX])
{
	bool is_gone = tunable->field == KSM_SYSFS_max_kernel_pages;

	snprintf(ret_text, KSM_TUNABLE_HISTORY_MAX, is_gone ? "only %s had it" : "it came with %s",
		 ksm_sysfs_since(tunable->field));
}

int ksm_tunable_missing(const struct ksm_tunable *tunable, struct ksm_error *err)
{
	char history[KSM_TUNABLE_HISTORY_MAX];

	ksm_tunable_history(tunable, history);
	return ksm_error_set(err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP, "this kernel has no %s: %s",
			     ksm_sysfs_name(tunable->field), history);
}
