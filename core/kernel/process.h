/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who runs: the list of processes (libproc2 on the machine itself, a walk over the tree on a --sysroot copy)
 * and the identity of one.
 */
#ifndef KSM_KERNEL_PROCESS_H
#define KSM_KERNEL_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "kernel/root.h"

struct ksm_process {
	pid_t pid;
	pid_t ppid;	 /* the parent's, 0 if there is none or it is not to be seen */
	uid_t uid;	 /* effective */
	char state;	 /* R, S, D, T, Z ... as in /proc/PID/stat */
	bool has_memory; /* false for kernel threads and zombies */
	uint64_t rss_bytes;
	/*
	 * When it began, in ticks after boot: with the pid, no other process has had it or will. 0 if unknown. The
	 * first processes of all may have 0 as well, but nobody gets their pids anew.
	 */
	uint64_t start_time;
	char *name; /* comm; unescaped, may hold anything but NUL */
	char *cgroup; /* "/system.slice/x.service": of its v1 and v2 paths, one that names a container, else the
		       * longest; "" if unknown */
};

struct ksm_processes {
	struct ksm_process *process; /* by pid, ascending */
	size_t n;
	size_t capacity;
};

/*
 * Every process, one entry each (not per thread). Those that vanish meanwhile are left out. Not from a thread that
 * ends: libproc2 (4.0.2, library/readproc.c) keeps 256 KiB of buffers for each that asks, for good.
 */
int ksm_processes_list(const struct ksm_root *root, struct ksm_processes *ret_list,
		       struct ksm_error *err);
void ksm_processes_free(struct ksm_processes *list);
/* Calls @visit for each, in the order of the directory, which is the kernel's by pid, until it returns other than 0. */
typedef int (*ksm_process_visit)(const struct ksm_root *root, pid_t pid, void *data,
				 struct ksm_error *err);
int ksm_processes_walk(const struct ksm_root *root, ksm_process_visit visit, void *data,
		       struct ksm_error *err);
/* Into that order, for a list that comes from elsewhere. */
void ksm_processes_sort(struct ksm_processes *list);
/* NULL if it is not in the list. */
const struct ksm_process *ksm_processes_find(const struct ksm_processes *list, pid_t pid);

/*
 * The process that @pid belongs to: a thread's number gives its process. -ESRCH if there is none. Where its first thread
 * has ended and others live, state and memory are those of another. The caller frees with ksm_process_free().
 */
int ksm_process_get(const struct ksm_root *root, pid_t pid, struct ksm_process *ret_process,
		    struct ksm_error *err);
void ksm_process_free(struct ksm_process *process);

/* Its name, unescaped, to be freed; NULL if that cannot be told. */
char *ksm_process_comm(const struct ksm_root *root, pid_t pid);
/* In ticks since boot, as its /proc/PID/stat has it, or the text of one. 0 if that cannot be told. */
uint64_t ksm_process_start_time(const struct ksm_root *root, pid_t pid);
uint64_t ksm_start_time_parse(const char *stat);
/* What begins with field @field of a /proc/PID/stat (proc(5)), from 3 on, behind the name; NULL if it has not so many. */
const char *ksm_stat_field(const char *stat, int field);

/* Is the control group @cgroup the one at @path, given with or without its mount point, or below it? */
bool ksm_cgroup_is_below(const char *cgroup, const char *path);

/* The user's name, or the number as text; to be freed. NULL only when memory is short. */
char *ksm_user_name(uid_t uid);
/* A user name or number. -ENOENT (KSM_ERR_INVALID) if there is no such user. */
int ksm_user_id(const char *user, uid_t *ret_uid, struct ksm_error *err);

#endif
