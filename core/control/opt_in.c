/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/opt_in.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "control/advised.h"
#include "control/opt_in_inside.h"
#include "kernel/process.h"

#define BIT(method) (1u << (method))
#define WHOLE	    (BIT(KSM_OPT_IN_PROCESS_KSM) | BIT(KSM_OPT_IN_PRCTL))
#define RANGES \
	(BIT(KSM_OPT_IN_PROCESS_MADVISE) | BIT(KSM_OPT_IN_SELF_MADVISE) | BIT(KSM_OPT_IN_MADVISE))
#define INSIDE (BIT(KSM_OPT_IN_PRCTL) | BIT(KSM_OPT_IN_SELF_MADVISE) | BIT(KSM_OPT_IN_MADVISE))

static const char *const names[KSM_OPT_IN_METHODS] = {
	[KSM_OPT_IN_PROCESS_MADVISE] = "process_madvise",
	[KSM_OPT_IN_PROCESS_KSM] = "process_ksm",
	[KSM_OPT_IN_PRCTL] = "prctl",
	[KSM_OPT_IN_SELF_MADVISE] = "self_process_madvise",
	[KSM_OPT_IN_MADVISE] = "madvise",
};

const char *ksm_opt_in_method_name(enum ksm_opt_in_method method)
{
	return names[method];
}

int ksm_opt_in_method_find(const char *name)
{
	for (int i = 0; i < KSM_OPT_IN_METHODS; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

int64_t ksm_opt_out_pages(const struct ksm_stat *stat)
{
	int64_t merging = stat->valid[KSM_STAT_ksm_merging_pages]
				  ? stat->value[KSM_STAT_ksm_merging_pages]
				  : 0;
	int64_t zero = stat->valid[KSM_STAT_ksm_zero_pages] ? stat->value[KSM_STAT_ksm_zero_pages]
							    : 0;

	return merging + zero > 0 ? merging + zero : 0;
}

int ksm_find_opted_in(const struct ksm_root *root, pid_t pid, bool *ret_is_in,
		      struct ksm_error *err)
{
	struct ksm_areas areas ksm_cleanup(ksm_areas_free) = {0};
	ksm_auto_close int dir_fd = -1;
	struct ksm_stat stat;
	int ret = ksm_root_open_pid(root, pid, &dir_fd, err);

	if (!ret)
		ret = ksm_stat_read(dir_fd, &stat, err);
	if (ret || ksm_stat_tells_opt_in(&stat, ret_is_in))
		return ret;
	ret = ksm_areas_read(dir_fd, &areas, err);
	if (!ret)
		*ret_is_in = ksm_areas_are_mergeable(&areas);
	return ret;
}

bool ksm_is_opted_in(const struct ksm_root *root, pid_t pid)
{
	bool is_in;

	return !ksm_find_opted_in(root, pid, &is_in, NULL) && is_in;
}

/* ---------------------------------------------------------------- state */

struct job {
	const struct ksm_root *root;
	pid_t pid;
	int dir_fd;
	const struct ksm_opt_in *opt_in;
	unsigned int methods; /* bits of those that may be tried still */
	/* Numbers of system calls that patched kernels tell; -1 where this one does not. */
	long process_ksm;
	long pmadv_ksm;
	struct ksm_opt_in_result *result;
};

static bool is_whole(const struct ksm_opt_in *opt_in)
{
	return !opt_in->choice.n_areas && !opt_in->choice.n_ranges;
}

static bool is_merge_any(const struct ksm_stat *stat)
{
	return stat->valid[KSM_STAT_ksm_merge_any] && stat->value[KSM_STAT_ksm_merge_any];
}

static void note(struct job *job, enum ksm_opt_in_method method, int errnum)
{
	job->result->attempt[job->result->n_attempts++] = (struct ksm_attempt){method, errnum};
}

static long read_number(const struct ksm_root *root, const char *path)
{
	struct ksm_str text ksm_auto_str = {0};
	uint64_t number;

	if (root->sys_fd < 0 || ksm_read_at(root->sys_fd, path, 32, &text, NULL) || !text.len)
		return -1;
	text.data[strcspn(text.data, "\n")] = '\0';
	return ksm_parse_u64(text.data, 100000, &number) ? -1 : (long)number;
}

static int advice(const struct job *job)
{
	return job->opt_in->merge ? MADV_MERGEABLE : MADV_UNMERGEABLE;
}

/* Tells the call that is, or would be, made, and by whom. */
static void tell(const struct job *job, enum ksm_opt_in_method method, size_t n)
{
	const char *advised = job->opt_in->merge ? "MADV_MERGEABLE" : "MADV_UNMERGEABLE";
	char process[32], ranges[32], text[128];

	snprintf(process, sizeof(process), "process %d", job->pid);
	snprintf(ranges, sizeof(ranges), "for %zu range%s", n, n == 1 ? "" : "s");
	if (method == KSM_OPT_IN_PROCESS_MADVISE)
		snprintf(text, sizeof(text), "process_madvise(%s, %s) %s", process, advised,
			 ranges);
	else if (method == KSM_OPT_IN_PROCESS_KSM && job->process_ksm >= 0)
		snprintf(text, sizeof(text), "process_ksm_%s(%s)",
			 job->opt_in->merge ? "enable" : "disable", process);
	else if (method == KSM_OPT_IN_PROCESS_KSM)
		snprintf(text, sizeof(text), "pmadv_ksm(%s, %s)", process, advised);
	else if (method == KSM_OPT_IN_PRCTL)
		snprintf(text, sizeof(text), "prctl(PR_SET_MEMORY_MERGE, %d)", job->opt_in->merge);
	else
		snprintf(text, sizeof(text), "%s(%s) %s",
			 method == KSM_OPT_IN_MADVISE ? "madvise" : "process_madvise", advised,
			 ranges);
	ksm_root_change(job->root, INSIDE & BIT(method) ? process : "this process", text);
}

/* ---------------------------------------------------------------- from here */

/* 0, or a positive errno. */
static int advise_remotely(int pidfd, const struct ksm_ranges *ranges, int advice,
			   size_t *ret_advised)
{
	struct ksm_advised advised = {.range = ranges->range, .n = ranges->n};
	struct iovec batch[KSM_ADVISE_MAX];
	bool any = false;
	size_t n;

	while ((n = ksm_advised_next(&advised, batch)) != 0) {
		long result = syscall(SYS_process_madvise, pidfd, batch, n, advice, 0);

		if (!ksm_advised_take(&advised, result < 0 ? -errno : result))
			return errno;
		any |= result > 0;
	}
	*ret_advised = advised.n_whole;
	/* Its memory changed meanwhile, and none of it is mapped any more. */
	return any || !ranges->n ? 0 : ENOMEM;
}

/* Of this process, not of one that has got its number since; -1 with errno. */
static int open_pidfd(const struct job *job)
{
	ksm_auto_close int pidfd = (int)syscall(SYS_pidfd_open, job->pid, 0);

	if (pidfd >= 0 && ksm_pid_is_gone(job->dir_fd)) {
		errno = ESRCH;
		return -1;
	}
	return ksm_no_close(pidfd);
}

/* Returns true if that did it. */
static bool try_process_madvise(struct job *job, const struct ksm_ranges *ranges)
{
	ksm_auto_close int pidfd = open_pidfd(job);
	int errnum = errno;

	if (pidfd >= 0)
		errnum = advise_remotely(pidfd, ranges, advice(job), &job->result->ranges);
	note(job, KSM_OPT_IN_PROCESS_MADVISE, errnum);
	return !errnum;
}

static bool try_process_ksm(struct job *job)
{
	ksm_auto_close int pidfd = open_pidfd(job);
	long ret;

	if (pidfd < 0)
		ret = -1;
	else if (job->process_ksm >= 0)
		ret = syscall(job->process_ksm, pidfd, 0);
	else
		ret = syscall(job->pmadv_ksm, pidfd, advice(job), 0);
	note(job, KSM_OPT_IN_PROCESS_KSM, ret ? errno : 0);
	return !ret;
}

/* ---------------------------------------------------------------- in order */

static enum ksm_opt_in_method last_method(const struct ksm_opt_in_result *result)
{
	return result->attempt[result->n_attempts - 1].method;
}

/* Bits of those that may be tried and are for a whole process, or for ranges where there are any. */
static unsigned int suitable(const struct job *job, bool whole, const struct ksm_ranges *ranges)
{
	unsigned int methods = 0;

	if (whole)
		methods |= WHOLE;
	if (ranges->n)
		methods |= RANGES;
	if (job->process_ksm < 0 && job->pmadv_ksm < 0)
		methods &= ~BIT(KSM_OPT_IN_PROCESS_KSM);
	return methods & job->methods;
}

/* The likeliest: what the kernel refuses is not known before. */
static void plan(const struct job *job, unsigned int methods, size_t n)
{
	static const enum ksm_opt_in_method likeliest[] = {
		KSM_OPT_IN_PROCESS_KSM, KSM_OPT_IN_PRCTL, KSM_OPT_IN_MADVISE,
		KSM_OPT_IN_SELF_MADVISE, KSM_OPT_IN_PROCESS_MADVISE};
	size_t i = 0;

	while (!(methods & BIT(likeliest[i])))
		i++;
	tell(job, likeliest[i], n);
}

/* Those of @methods, of which there are some. */
static int try_in_turn(struct job *job, unsigned int methods, const struct ksm_ranges *ranges,
		       struct ksm_error *err)
{
	if (methods & BIT(KSM_OPT_IN_PROCESS_MADVISE) && try_process_madvise(job, ranges))
		return 0;
	if (methods & BIT(KSM_OPT_IN_PROCESS_KSM) && try_process_ksm(job))
		return 0;
	if (methods & INSIDE)
		return ksm_opt_in_inside(job->root, job->pid, job->dir_fd, job->opt_in->merge,
					 methods & INSIDE, ranges, job->result, err);
	return ksm_error_set(err, KSM_ERR_UNSUPPORTED, ENOTSUP,
			     "the kernel refuses the method asked for");
}

static int try_methods(struct job *job, bool whole, const struct ksm_ranges *ranges,
		       struct ksm_error *err)
{
	unsigned int methods = suitable(job, whole, ranges);
	int ret = job->root->dry_run ? 0 : ksm_root_check_machine(job->root, err);

	if (ret)
		return ret;
	if (!methods)
		return ksm_error_set(err, KSM_ERR_UNSUPPORTED, ENOTSUP,
				     "the kernel refuses the method asked for, or it is not for %s",
				     whole ? "a whole process" : "ranges");
	if (job->root->dry_run) {
		plan(job, methods, ranges->n);
		return 0;
	}
	ret = try_in_turn(job, methods, ranges, err);
	if (!ret)
		tell(job, last_method(job->result), job->result->ranges);
	return ret;
}

static int find_ranges(const struct job *job, struct ksm_ranges *ret_ranges, struct ksm_error *err)
{
	struct ksm_areas areas ksm_cleanup(ksm_areas_free) = {0};
	int ret = ksm_areas_read(job->dir_fd, &areas, err);

	return ret
		       ?: ksm_ranges_choose(&areas, &job->opt_in->choice, job->opt_in->merge,
					    ret_ranges, err);
}

/* Areas that were advised one by one stay so when the whole process is opted out: they are taken in turn. */
static int opt_out_wholly(struct job *job, struct ksm_error *err)
{
	const unsigned int methods = job->methods;
	struct ksm_ranges ranges ksm_cleanup(ksm_ranges_free) = {0}, none = {0};
	bool unknown = !job->result->before.valid[KSM_STAT_ksm_merge_any];
	bool is_in = is_merge_any(&job->result->before);
	int ret = 0;

	if ((unknown || is_in) && methods & WHOLE) {
		ret = try_methods(job, true, &none, err);
		/* A kernel that does not know the call has nothing to take back. */
		if (ret == -ENOTSUP && unknown)
			ret = 0;
	}
	if (!ret)
		ret = find_ranges(job, &ranges, err);
	job->result->was_already = !ret && !unknown && !is_in && !ranges.n;
	job->methods = methods & RANGES;
	/* Once it is opted out, areas that were marked with the whole of it are so no longer. */
	if (ret || !ranges.n || (job->root->dry_run && is_in && methods & WHOLE))
		return ret;
	return try_methods(job, false, &ranges, err);
}

/* Areas that were opted out since, and the stack of a program that exec began: the kernel does not mark that. */
static void count_left_out(struct job *job)
{
	struct ksm_areas areas ksm_cleanup(ksm_areas_free) = {0};

	if (ksm_areas_read(job->dir_fd, &areas, NULL))
		return;
	for (size_t i = 0; i < areas.n; i++) {
		const struct ksm_area *area = &areas.area[i];

		if (!ksm_area_is_eligible(area) || area->vm_flags & KSM_VM_MERGEABLE)
			continue;
		job->result->left_out++;
		job->result->left_out_bytes += area->end - area->start;
	}
}

static int run(struct job *job, struct ksm_error *err)
{
	struct ksm_ranges ranges ksm_cleanup(ksm_ranges_free) = {0};
	bool whole = is_whole(job->opt_in);
	int ret;

	if (whole && !job->opt_in->merge)
		return opt_out_wholly(job, err);
	if (whole && is_merge_any(&job->result->before)) {
		job->result->was_already = true;
		count_left_out(job);
		return 0;
	}
	ret = find_ranges(job, &ranges, err);
	return ret ?: try_methods(job, whole, &ranges, err);
}

/* A handle, then who has the number: it is of that one, or of one that has gone. */
static int open_meant(const struct ksm_root *root, pid_t pid, uint64_t start_time, int *ret_dir_fd,
		      struct ksm_error *err)
{
	ksm_auto_close int dir_fd = -1;
	int ret = ksm_root_open_pid(root, pid, &dir_fd, err);

	if (!ret && start_time && ksm_process_start_time(root, pid) != start_time)
		ret = ksm_pid_is_gone(dir_fd)
			      ? ksm_error_set(err, KSM_ERR_GONE, ESRCH, "process %d has exited",
					      pid)
			      : ksm_error_set(err, KSM_ERR_GONE, ESRCH,
					      "process %d has exited, and another one has its "
					      "number",
					      pid);
	if (!ret)
		*ret_dir_fd = ksm_no_close(dir_fd);
	return ret;
}

int ksm_opt_in(const struct ksm_root *root, pid_t pid, const struct ksm_opt_in *opt_in,
	       struct ksm_opt_in_result *ret_result, struct ksm_error *err)
{
	ksm_auto_close int dir_fd = -1;
	struct job job = {.root = root, .pid = pid, .opt_in = opt_in, .result = ret_result};
	struct ksm_error why_unknown = {0};
	int ret;

	*ret_result = (struct ksm_opt_in_result){0};
	job.process_ksm = read_number(root, opt_in->merge
						    ? "kernel/process_ksm/process_ksm_enable"
						    : "kernel/process_ksm/process_ksm_disable");
	job.pmadv_ksm = read_number(root, "kernel/pmadv/ksm");
	job.methods = opt_in->method >= 0 ? BIT(opt_in->method) : BIT(KSM_OPT_IN_METHODS) - 1;
	ret = open_meant(root, pid, opt_in->start_time, &dir_fd, err);
	job.dir_fd = dir_fd;
	if (!ret)
		ret = ksm_stat_read(dir_fd, &ret_result->before, err);
	/* Whoever may not read this may not do the rest. */
	if (ret == -EACCES || ret == -EPERM)
		ret = ksm_error_set(err, KSM_ERR_PERMISSION, EPERM,
				    "is another user's: that takes being root, or CAP_SYS_PTRACE");
	if (!ret && ksm_pid_is_without_memory(dir_fd))
		ret = ksm_pid_no_memory_error(dir_fd, err);
	if (!ret)
		ret = run(&job, err);
	/* It is done, even if nobody can tell its counters now; but who is gone has nothing of it. */
	if (!ret && ksm_stat_read(dir_fd, &ret_result->after, &why_unknown) == -ESRCH) {
		ret = -ESRCH;
		if (err)
			*err = why_unknown;
	}
	if (ret && err && !err->pid)
		err->pid = pid;
	return ret;
}
