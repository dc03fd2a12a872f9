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

/* What the kernel calls general_profit (6.4): bytes saved less those of the rmap items; signed. */
static inline int64_t ksm_general_profit(const struct ksm_counters *counters,
					 unsigned int page_size, unsigned int rmap_item_size)
{
	return (counters->pages_sharing + counters->ksm_zero_pages) * (int64_t)page_size -
	       counters->rmap_items * (int64_t)rmap_item_size;
}

/* The same for one process, as in /proc/PID/ksm_stat; pages. */
struct ksm_mm_counters {
	int64_t ksm_rmap_items;
	int64_t ksm_merging_pages;
	int64_t ksm_zero_pages;
};

/*
 * ksm_process_profit (6.4). It counts every merged page as saved, the first of each content too, so that the
 * sum over all processes is above general_profit.
 */
static inline int64_t ksm_process_profit(const struct ksm_mm_counters *counters,
					 unsigned int page_size, unsigned int rmap_item_size)
{
	return (counters->ksm_merging_pages + counters->ksm_zero_pages) * (int64_t)page_size -
	       counters->ksm_rmap_items * (int64_t)rmap_item_size;
}

#endif
