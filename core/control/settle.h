/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for ksmd: until what it does has come to rest, or for a number of full scans. */
#ifndef KSM_CONTROL_SETTLE_H
#define KSM_CONTROL_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "kernel/root.h"

/* What is watched, at one time: of the processes asked for, or of all where none is. Else KSM_UNKNOWN, but for run. */
struct ksm_settle_sample {
	double seconds; /* since the wait began */
	int64_t full_scans;
	int64_t run;
	int64_t pages_shared;  /* of all */
	int64_t pages_sharing; /* of all */
	int64_t zero_pages;
	int64_t rmap_items;
	int64_t merging_pages; /* of the processes: their sum */
	size_t n_alive;
};

/* Decides from one sample after the other. Zero-initialise. */
struct ksm_settle {
	bool has_first;
	struct ksm_settle_sample first, last;
	int64_t changed_at; /* full_scans when something had changed last */
};

enum ksm_settle_verdict {
	KSM_SETTLE_GOES_ON,
	KSM_SETTLE_DONE,
	KSM_SETTLE_STOPPED,  /* ksmd does not run any more, or began anew (run=2) */
	KSM_SETTLE_ALL_GONE, /* every process asked for has exited */
};

/* Full scans in a row without a change, after the one in which the last change was seen. */
#define KSM_SETTLE_SCANS 2

/*
 * @wanted full scans, or, with 0, so many without a change. A page is merged in the second scan that finds it as it
 * was, so nothing counts as settled sooner. Smart scan (6.7) leaves out, for up to eight scans, pages that were long
 * without a twin: what it does then comes after the rest has settled.
 */
enum ksm_settle_verdict ksm_settle_take(struct ksm_settle *settle,
					const struct ksm_settle_sample *sample, uint64_t wanted,
					size_t n_pids);

struct ksm_settle_options {
	const pid_t *pid; /* whose pages; none: all that have opted in */
	size_t n_pids;
	/*
	 * When these started (struct ksm_process), 0 where it is not known: one that has got a number since is another. May
	 * be NULL: then those are meant that have the numbers when the wait begins.
	 */
	const uint64_t *start_time;
	uint64_t full_scans;	/* 0: until settled */
	double timeout_seconds; /* 0: for ever */
	int stop_fd;		/* ends the wait when readable; -1: none */
	/* Called with every sample, some times a second at most; other than 0 (a negative errno) ends the wait. */
	int (*progress)(void *data, const struct ksm_settle *settle);
	void *progress_data;
};

/*
 * 0 when done. -ETIMEDOUT, -EINTR for stop_fd, -ECANCELED for KSM_SETTLE_STOPPED and where ksmd does not run or has
 * nothing to scan, from the beginning or any more, -ESRCH for KSM_SETTLE_ALL_GONE,
 * KSM_ERR_PERMISSION for a process that is not ours to look at. @ret_settle is filled in any case.
 */
int ksm_settle_wait(const struct ksm_root *root, const struct ksm_settle_options *options,
		    struct ksm_settle *ret_settle, struct ksm_error *err);

#endif
