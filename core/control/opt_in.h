/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opts a running process in or out of KSM, by whatever its kernel takes.
 *
 * Sources: process_madvise(2), prctl(2), mm/madvise.c and mm/ksm.c of 6.12; the system calls of patched kernels as
 * CachyOS carried them (process_ksm 6.4 to 6.13, pmadv_ksm 5.15 to 6.3).
 */
#ifndef KSM_CONTROL_OPT_IN_H
#define KSM_CONTROL_OPT_IN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "control/ranges.h"
#include "kernel/ksm_stat.h"
#include "kernel/root.h"

/* In the order in which they are tried. */
enum ksm_opt_in_method {
	/* From here, on the other process. EINVAL on every mainline kernel so far. */
	KSM_OPT_IN_PROCESS_MADVISE,
	/* Likewise, all of it: process_ksm_enable or pmadv_ksm, where sysfs has their numbers. */
	KSM_OPT_IN_PROCESS_KSM,
	/* Inside it, all of it and all that it maps later: PR_SET_MEMORY_MERGE (6.4). */
	KSM_OPT_IN_PRCTL,
	/* Inside it, range by range: process_madvise on itself (6.13), many in one call. */
	KSM_OPT_IN_SELF_MADVISE,
	/* Inside it, range by range: madvise. */
	KSM_OPT_IN_MADVISE,
	KSM_OPT_IN_METHODS
};

/* "process_madvise", "process_ksm", "prctl", "self_process_madvise", "madvise" */
const char *ksm_opt_in_method_name(enum ksm_opt_in_method method);
/* -1 for a word that is none. */
int ksm_opt_in_method_find(const char *name);

struct ksm_opt_in {
	bool merge;			/* else opt out, which unmerges */
	int method;			/* enum ksm_opt_in_method, or -1: any */
	struct ksm_range_choice choice; /* nothing chosen: the whole process */
	/* Of the process that is meant; 0: of whichever has the number. */
	uint64_t start_time;
};

struct ksm_attempt {
	enum ksm_opt_in_method method;
	int errnum; /* 0: this one did it */
};

struct ksm_opt_in_result {
	struct ksm_attempt attempt[2 * KSM_OPT_IN_METHODS]; /* opting out may take two rounds */
	size_t n_attempts;
	bool was_already; /* there was nothing to do */
	/* Then: areas that KSM would accept, but ksmd does not look at. */
	size_t left_out;
	uint64_t left_out_bytes;
	size_t ranges; /* advised; 0 where the whole process was */
	struct ksm_stat before;
	struct ksm_stat after; /* nothing valid: it could not be read any more */
};

/*
 * -ESRCH, -EPERM and so on as for ksm_inject_run(), -ESRCH (KSM_ERR_GONE) also where another process has got the
 * number since; -ENOTSUP (KSM_ERR_UNSUPPORTED) where the kernel refuses every
 * method, and what a method failed with that it does not refuse; -EINVAL for a choice of nothing. @ret_result is filled
 * in any case, as far as it came. With the root's dry_run nothing is called: the first method that may do it is told.
 */
int ksm_opt_in(const struct ksm_root *root, pid_t pid, const struct ksm_opt_in *opt_in,
	       struct ksm_opt_in_result *ret_result, struct ksm_error *err);

/* Has the process any memory that ksmd looks at? -ESRCH where it is gone, and what its files cannot be read for. */
int ksm_find_opted_in(const struct ksm_root *root, pid_t pid, bool *ret_is_in,
		      struct ksm_error *err);
/* The same; false also where it cannot be told. */
bool ksm_is_opted_in(const struct ksm_root *root, pid_t pid);

/* Pages that opting out would have to be given anew: merging pages and zero pages. 0 where unknown. */
int64_t ksm_opt_out_pages(const struct ksm_stat *stat);

#endif
