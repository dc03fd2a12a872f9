/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KSM's counters, by the kernel's names and in its units, as they stand at the end of a pass. */
#ifndef KSM_KSMD_COUNTERS_H
#define KSM_KSMD_COUNTERS_H

#include <stdint.h>

#define KSM_COUNTERS(X)       \
	X(full_scans)         \
	X(pages_scanned)      \
	X(pages_skipped)      \
	X(pages_shared)       \
	X(pages_sharing)      \
	X(pages_unshared)     \
	X(pages_volatile)     \
	X(ksm_zero_pages)     \
	X(stable_node_chains) \
	X(stable_node_dups)   \
	X(rmap_items)

struct ksm_counters {
#define X(name) int64_t name;
	KSM_COUNTERS(X)
#undef X
};

/* The same for one process, as in /proc/PID/ksm_stat; pages. */
struct ksm_mm_counters {
	int64_t ksm_rmap_items;
	int64_t ksm_merging_pages;
	int64_t ksm_zero_pages;
};

#endif
