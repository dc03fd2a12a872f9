/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /sys/kernel/mm/ksm as values with a bit each that says whether the kernel has the file.
 * Source: Documentation/admin-guide/mm/ksm.rst; versions from the history of mm/ksm.c.
 */
#ifndef KSM_KERNEL_KSM_SYSFS_H
#define KSM_KERNEL_KSM_SYSFS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "kernel/root.h"

/*
 * Name, and the kernel that brought it. All are numbers but advisor_mode; general_profit is signed, and so is
 * ksm_zero_pages: 6.6 to 6.9 count it without a lock and may say -1.
 */
#define KSM_SYSFS_FIELDS(X)                           \
	X(run, "2.6.32")                              \
	X(pages_to_scan, "2.6.32")                    \
	X(sleep_millisecs, "2.6.32")                  \
	X(max_kernel_pages, "2.6.32")                 \
	X(merge_across_nodes, "3.9")                  \
	X(use_zero_pages, "4.11")                     \
	X(max_page_sharing, "4.13")                   \
	X(stable_node_chains_prune_millisecs, "4.13") \
	X(smart_scan, "6.7")                          \
	X(advisor_mode, "6.8")                        \
	X(advisor_max_cpu, "6.8")                     \
	X(advisor_min_pages_to_scan, "6.8")           \
	X(advisor_max_pages_to_scan, "6.8")           \
	X(advisor_target_scan_time, "6.8")            \
	X(full_scans, "2.6.32")                       \
	X(pages_shared, "2.6.32")                     \
	X(pages_sharing, "2.6.32")                    \
	X(pages_unshared, "2.6.32")                   \
	X(pages_volatile, "2.6.32")                   \
	X(stable_node_chains, "4.13")                 \
	X(stable_node_dups, "4.13")                   \
	X(general_profit, "6.4")                      \
	X(pages_scanned, "6.6")                       \
	X(ksm_zero_pages, "6.6")                      \
	X(pages_skipped, "6.7")

enum ksm_sysfs_field {
#define X(name, since) KSM_SYSFS_##name,
	KSM_SYSFS_FIELDS(X)
#undef X
		KSM_SYSFS_N
};

enum ksm_advisor_mode { KSM_ADVISOR_NONE, KSM_ADVISOR_SCAN_TIME };

struct ksm_sysfs {
	int64_t value[KSM_SYSFS_N]; /* advisor_mode as enum ksm_advisor_mode; 0 where not valid */
	bool valid[KSM_SYSFS_N];
};

const char *ksm_sysfs_name(enum ksm_sysfs_field field);
const char *ksm_sysfs_since(enum ksm_sysfs_field field);
const char *ksm_advisor_mode_name(enum ksm_advisor_mode mode);
/* The field of that name, or -1. */
int ksm_sysfs_find(const char *name);

/*
 * Pages that ksmd keeps track of: pages_volatile is defined in the kernel as what the other three leave of all rmap
 * items. A file that is not there counts as 0; INT64_MAX where they are too many.
 */
int64_t ksm_sysfs_rmap_items(const struct ksm_sysfs *sysfs);

/*
 * Reads every file that is there. -EOPNOTSUPP where the directory is missing (CONFIG_KSM). A file that is
 * there but cannot be read or does not hold a number is an error.
 */
int ksm_sysfs_read(const struct ksm_root *root, struct ksm_sysfs *ret_sysfs, struct ksm_error *err);

#endif
