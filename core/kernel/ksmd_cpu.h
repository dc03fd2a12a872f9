/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel thread ksmd as a process: how much CPU it has used. */
#ifndef KSM_KERNEL_KSMD_CPU_H
#define KSM_KERNEL_KSMD_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "kernel/root.h"

/*
 * A handle on ksmd's /proc/PID, to be closed by the caller. -ESRCH where there is none to be seen: KSM is
 * not built in, or we are in a PID namespace of our own.
 */
int ksm_ksmd_open(const struct ksm_root *root, int *ret_dir_fd, struct ksm_error *err);

/* CPU time so far, user and system, in clock ticks (sysconf(_SC_CLK_TCK) a second). */
int ksm_ksmd_ticks(int dir_fd, uint64_t *ret_ticks, struct ksm_error *err);

/* The same from the text of a /proc/PID/stat (proc(5)); -EBADMSG if it is none. */
int ksm_ksmd_ticks_parse(const char *text, uint64_t *ret_ticks, struct ksm_error *err);

/* CPU time at the sample before. Zero-initialise, also after a sample that failed. */
struct ksm_ksmd_load {
	bool has_last;
	uint64_t last_ticks;
	int64_t last_time;
};

/*
 * What ksmd used of one CPU between the call before and @time (ns), in percent, with @hz ticks a second; NAN
 * at the first call, and where a count or the clock went back.
 */
double ksm_ksmd_load_percent(struct ksm_ksmd_load *load, uint64_t ticks, int64_t time, long hz);

#endif
