/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/settle.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "control/opt_in.h"
#include "estimate/estimate.h"
#include "kernel/ksm_stat.h"
#include "kernel/ksm_sysfs.h"
#include "kernel/process.h"

#define INTERVAL_MIN 0.05 /* seconds between two looks */
#define INTERVAL_MAX 1.0

/* ---------------------------------------------------------------- deciding */

static bool is_same(const struct ksm_settle_sample *a, const struct ksm_settle_sample *b)
{
	return a->pages_shared == b->pages_shared && a->pages_sharing == b->pages_sharing &&
	       a->zero_pages == b->zero_pages && a->rmap_items == b->rmap_items &&
	       a->merging_pages == b->merging_pages && a->n_alive == b->n_alive;
}

enum ksm_settle_verdict ksm_settle_take(struct ksm_settle *settle,
					const struct ksm_settle_sample *sample, uint64_t wanted,
					size_t n_pids)
{
	bool same = settle->has_first && is_same(&settle->last, sample);
	bool back = settle->has_first && sample->full_scans < settle->last.full_scans;

	if (!settle->has_first)
		settle->first = *sample;
	settle->has_first = true;
	settle->last = *sample;
	if (!same)
		settle->changed_at = sample->full_scans;
	if (n_pids && !sample->n_alive)
		return KSM_SETTLE_ALL_GONE;
	if (sample->run != 1 || back)
		return KSM_SETTLE_STOPPED;
	if (wanted)
		return sample->full_scans - settle->first.full_scans >= (int64_t)wanted
			       ? KSM_SETTLE_DONE
			       : KSM_SETTLE_GOES_ON;
	/* The scan in which the change was seen went on after it. */
	return sample->full_scans - settle->changed_at > KSM_SETTLE_SCANS ? KSM_SETTLE_DONE
									  : KSM_SETTLE_GOES_ON;
}

/* ---------------------------------------------------------------- looking */

/* A sum without one of its parts is unknown. */
static void add_stat(const struct ksm_stat *stat, enum ksm_stat_field field, int64_t *sum)
{
	if (!stat->valid[field])
		*sum = KSM_UNKNOWN;
	else if (*sum != KSM_UNKNOWN)
		*sum += stat->value[field];
}

/* One that has gone is left out; one that may not be looked at could be waited for for ever. */
static int add_process(const struct ksm_root *root, pid_t pid, uint64_t start_time,
		       struct ksm_settle_sample *sample, struct ksm_error *err)
{
	ksm_auto_close int dir_fd = -1;
	struct ksm_error why = {0};
	struct ksm_stat stat;
	int ret = ksm_root_open_pid(root, pid, &dir_fd, &why) ?: ksm_stat_read(dir_fd, &stat, &why);

	if (ret && why.code == KSM_ERR_PERMISSION) {
		if (err)
			*err = why;
		return ret;
	}
	if (!ret && start_time && ksm_process_start_time(root, pid) != start_time)
		return 0;
	/* A zombie has the file still, and nothing in it. */
	if (ret || ksm_pid_is_gone(dir_fd) || ksm_pid_is_without_memory(dir_fd))
		return 0;
	sample->n_alive++;
	add_stat(&stat, KSM_STAT_ksm_merging_pages, &sample->merging_pages);
	add_stat(&stat, KSM_STAT_ksm_zero_pages, &sample->zero_pages);
	add_stat(&stat, KSM_STAT_ksm_rmap_items, &sample->rmap_items);
	return 0;
}

/* Other processes of the machine may never come to rest: only those asked for are watched. */
static int look(const struct ksm_root *root, const struct ksm_settle_options *options, double begin,
		struct ksm_settle_sample *ret_sample, struct ksm_error *err)
{
	struct ksm_settle_sample sample = {.seconds = ksm_now_seconds() - begin};
	struct ksm_sysfs sysfs;
	int ret = ksm_sysfs_read(root, &sysfs, err);

	if (ret)
		return ret;
	sample.full_scans = sysfs.value[KSM_SYSFS_full_scans];
	sample.run = sysfs.value[KSM_SYSFS_run];
	for (size_t i = 0; i < options->n_pids && !ret; i++)
		ret = add_process(root, options->pid[i], options->start_time[i], &sample, err);
	if (ret)
		return ret;
	if (options->n_pids) {
		sample.pages_shared = sample.pages_sharing = KSM_UNKNOWN;
	} else {
		sample.pages_shared = sysfs.value[KSM_SYSFS_pages_shared];
		sample.pages_sharing = sysfs.value[KSM_SYSFS_pages_sharing];
		sample.zero_pages = sysfs.valid[KSM_SYSFS_ksm_zero_pages]
					    ? sysfs.value[KSM_SYSFS_ksm_zero_pages]
					    : KSM_UNKNOWN;
		sample.rmap_items = ksm_sysfs_rmap_items(&sysfs);
		sample.merging_pages = KSM_UNKNOWN;
	}
	*ret_sample = sample;
	return 0;
}

static bool anybody_opted_in(const struct ksm_root *root)
{
	ksm_cleanup(ksm_processes_free) struct ksm_processes list = {0};

	if (ksm_processes_list(root, &list, NULL))
		return true;
	for (size_t i = 0; i < list.n; i++)
		if (ksm_is_opted_in(root, list.process[i].pid))
			return true;
	return false;
}

/* That ends the wait for processes: one alone can be named. */
static int of_processes(const struct ksm_settle_options *options, int ret, struct ksm_error *err)
{
	if (err && options->n_pids == 1)
		err->pid = options->pid[0];
	return ret;
}

/* ksmd makes no pass at all while nobody has opted in. */
static int check_begin(const struct ksm_root *root, const struct ksm_settle_options *options,
		       const struct ksm_settle_sample *sample, struct ksm_error *err)
{
	bool any = sample->rmap_items > 0;

	if (sample->run != 1)
		return ksm_error_set(err, KSM_ERR_SYSTEM, ECANCELED,
				     "ksmd does not run (run=%d): ksmctl start", (int)sample->run);
	for (size_t i = 0; i < options->n_pids && !any; i++)
		any = ksm_is_opted_in(root, options->pid[i]);
	if (any || (!options->n_pids && anybody_opted_in(root)))
		return 0;
	if (options->n_pids)
		return of_processes(
			options,
			ksm_error_set(err, KSM_ERR_SYSTEM, ECANCELED,
				      "none of these processes has opted in: ksmctl merge"),
			err);
	return ksm_error_set(err, KSM_ERR_SYSTEM, ECANCELED,
			     "no process has opted in, so ksmd scans nothing: ksmctl merge");
}

static int verdict_error(const struct ksm_settle_options *options, enum ksm_settle_verdict verdict,
			 struct ksm_error *err)
{
	switch (verdict) {
	case KSM_SETTLE_STOPPED:
		return ksm_error_set(err, KSM_ERR_SYSTEM, ECANCELED,
				     "ksmd was stopped, or made to begin anew, by somebody else");
	case KSM_SETTLE_ALL_GONE:
		return of_processes(options,
				    ksm_error_set(err, KSM_ERR_GONE, ESRCH,
						  options->n_pids == 1
							  ? "the process has exited"
							  : "all of the processes have exited"),
				    err);
	default:
		return 0;
	}
}

/* Some times in a scan, as far as its length is known, and never busily. */
static double interval(const struct ksm_settle *settle)
{
	int64_t scans = settle->last.full_scans - settle->first.full_scans;
	double seconds = scans ? settle->last.seconds / (double)scans / 8 : INTERVAL_MIN * 2;

	if (seconds < INTERVAL_MIN)
		return INTERVAL_MIN;
	return seconds < INTERVAL_MAX ? seconds : INTERVAL_MAX;
}

static int sleep_for(double seconds, int stop_fd, struct ksm_error *err)
{
	struct pollfd fd = {.fd = stop_fd, .events = POLLIN};

	if (poll(&fd, stop_fd >= 0, (int)(seconds * 1000) + 1) <= 0)
		return 0;
	return ksm_error_set(err, KSM_ERR_SYSTEM, EINTR, "interrupted");
}

static int wait_for(const struct ksm_root *root, const struct ksm_settle_options *options,
		    struct ksm_settle *ret_settle, struct ksm_error *err)
{
	double begin = ksm_now_seconds();

	for (;;) {
		bool is_first = !ret_settle->has_first;
		struct ksm_settle_sample sample;
		enum ksm_settle_verdict verdict;
		int ret = look(root, options, begin, &sample, err);

		if (ret)
			return ret;
		verdict =
			ksm_settle_take(ret_settle, &sample, options->full_scans, options->n_pids);
		/* Nor does it end once the last has opted out. */
		if (is_first ? verdict != KSM_SETTLE_ALL_GONE
			     : verdict == KSM_SETTLE_GOES_ON && sample.rmap_items == 0)
			ret = check_begin(root, options, &sample, err);
		ret = ret ? ret : verdict_error(options, verdict, err);
		if (!ret && options->progress)
			ret = options->progress(options->progress_data, ret_settle);
		if (ret || verdict == KSM_SETTLE_DONE)
			return ret;
		if (options->timeout_seconds > 0 && sample.seconds >= options->timeout_seconds)
			return ksm_error_set(
				err, KSM_ERR_SYSTEM, ETIMEDOUT,
				"not %s after %.0f s and %lld full scans",
				options->full_scans ? "done" : "settled", sample.seconds,
				(long long)(sample.full_scans - ret_settle->first.full_scans));
		ret = sleep_for(interval(ret_settle), options->stop_fd, err);
		if (ret)
			return ret;
	}
}

int ksm_settle_wait(const struct ksm_root *root, const struct ksm_settle_options *options,
		    struct ksm_settle *ret_settle, struct ksm_error *err)
{
	ksm_auto_free uint64_t *start_time = calloc(options->n_pids + 1, sizeof(*start_time));
	struct ksm_settle_options known = *options;

	*ret_settle = (struct ksm_settle){0};
	if (!start_time)
		return ksm_error_no_memory(err);
	for (size_t i = 0; i < options->n_pids; i++)
		start_time[i] = options->start_time ? options->start_time[i]
						    : ksm_process_start_time(root, options->pid[i]);
	known.start_time = start_time;
	return wait_for(root, &known, ret_settle, err);
}
