/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/PID/ksm_stat (6.1) and ksm_merging_pages (5.19). ksm_stat mixes two forms of line: "name value", and
 * since 6.14 "name: yes|no".
 */
#ifndef KSM_KERNEL_KSM_STAT_H
#define KSM_KERNEL_KSM_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Name, since. Counts are pages, ksm_process_profit is bytes and signed, the last two are 0 or 1.
 * ksm_zero_pages is signed too: 6.6 to 6.9 count it without a lock and may say -1.
 */
#define KSM_STAT_FIELDS(X)           \
	X(ksm_rmap_items, "6.1")     \
	X(ksm_zero_pages, "6.6")     \
	X(ksm_merging_pages, "5.19") \
	X(ksm_process_profit, "6.4") \
	X(ksm_merge_any, "6.14")     \
	X(ksm_mergeable, "6.14")

enum ksm_stat_field {
#define X(name, since) KSM_STAT_##name,
	KSM_STAT_FIELDS(X)
#undef X
		KSM_STAT_N
};

struct ksm_stat {
	int64_t value[KSM_STAT_N];
	bool valid[KSM_STAT_N];
};

const char *ksm_stat_name(enum ksm_stat_field field);

/* Unknown lines are passed over; a known name with a value that is not its own is -EBADMSG. */
int ksm_stat_parse(const char *text, size_t len, struct ksm_stat *ret_stat, struct ksm_error *err);

/*
 * Reads ksm_stat, and ksm_merging_pages where ksm_stat does not have it. A kernel with neither gives a
 * result in which nothing is valid, which is no error; so does a kernel thread. -ESRCH (KSM_ERR_GONE) when
 * the process has exited.
 */
int ksm_stat_read(int pid_dir_fd, struct ksm_stat *ret_stat, struct ksm_error *err);

/*
 * Whether ksmd looks at the process, or keeps pages of it. False where that is not told: before 6.14, as long as ksmd
 * has not been there.
 */
bool ksm_stat_tells_opt_in(const struct ksm_stat *stat, bool *ret_is_opted_in);

#endif
