/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/merge_wait.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cli/estimate_options.h"
#include "cli/settle_text.h"
#include "cli/stop.h"
#include "control/boost.h"
#include "kernel/process.h"
#include "source/process.h"

/* A huge page takes a pass to be split before its pages can merge. */
#define FORECAST_PASSES	  3
#define FORECAST_INTERVAL 0.5

/* ---------------------------------------------------------------- forecast */

struct pids {
	pid_t *pid;
	size_t n, capacity;
	size_t n_others; /* the last so many, which opted in before, perhaps with some areas alone */
};

static int add_pid(struct pids *pids, pid_t pid)
{
	if (ksm_array_reserve(&pids->pid, &pids->capacity, pids->n + 1, sizeof(*pids->pid)))
		return -ENOMEM;
	pids->pid[pids->n++] = pid;
	return 0;
}

/* The targets come first, in their order: a source takes each process once. */
static int collect(const struct ksm_cli *cli, const struct ksm_merge_targets *targets,
		   struct pids *pids)
{
	ksm_cleanup(ksm_processes_free) struct ksm_processes list = {0};
	int ret = 0;

	for (size_t i = 0; i < targets->n && !ret; i++)
		if (!targets->target[i].error.code)
			ret = add_pid(pids, targets->target[i].pid);
	if (ret || ksm_processes_list(&cli->root, &list, NULL))
		return ret;
	for (size_t i = 0; i < list.n && !ret; i++)
		if (ksm_is_opted_in(&cli->root, list.process[i].pid)) {
			ret = add_pid(pids, list.process[i].pid);
			pids->n_others++;
		}
	return ret;
}

/* Before this kernel counted them there were none to tell of. */
static int64_t zero_pages_now(const struct ksm_cli *cli)
{
	struct ksm_sysfs sysfs;

	if (ksm_sysfs_read(&cli->root, &sysfs, NULL) || !sysfs.valid[KSM_SYSFS_ksm_zero_pages])
		return 0;
	return sysfs.value[KSM_SYSFS_ksm_zero_pages];
}

/* Of the process that is meant, and not of one that has got its number since; without values where it cannot be told. */
static struct ksm_stat stat_of(const struct ksm_cli *cli, const struct ksm_merge_target *target)
{
	ksm_auto_close int dir_fd = -1;
	struct ksm_stat stat = {0};

	if (!ksm_root_open_pid(&cli->root, target->pid, &dir_fd, NULL) &&
	    (!target->start_time ||
	     ksm_process_start_time(&cli->root, target->pid) == target->start_time))
		ksm_stat_read(dir_fd, &stat, NULL);
	return stat;
}

static void take_forecast(const struct ksm_cli *cli, const struct ksm_estimate *estimate,
			  const struct ksm_merge_targets *targets, struct ksm_merge_wait *wait)
{
	const struct ksm_outcome *outcome = &estimate->outcome[0];
	const struct ksm_counters *last = &outcome->pass[outcome->n_passes - 1];

	wait->shared = last->pages_shared;
	wait->sharing = last->pages_sharing;
	/* Who has merged pages of zeros by now has the kernel's zero page for them, which is not looked at. */
	wait->zero = last->ksm_zero_pages + zero_pages_now(cli);
	for (uint32_t t = 0; t < estimate->n_targets; t++)
		for (size_t i = 0; i < targets->n; i++)
			if (targets->target[i].pid == estimate->target[t].space->pid)
				wait->merged[i] = estimate->target[t].sums.merged_pages +
						  stat_of(cli, &targets->target[i])
							  .value[KSM_STAT_ksm_zero_pages];
}

static int run_forecast(const struct ksm_cli *cli, const struct ksm_merge_targets *targets,
			const struct pids *pids, struct ksm_estimate_request *request,
			struct ksm_merge_wait *wait)
{
	const struct ksm_process_source_options options = {
		KSM_PAGES_ELIGIBLE, .skip_vanished = true, .n_marked = pids->n_others};
	struct ksm_page_source *source ksm_auto_source = NULL;
	struct ksm_estimate *estimate = NULL;
	struct ksm_error err;
	int status = ksm_estimate_prepare(cli, request);

	if (status)
		return status;
	if (ksm_process_source_open(&cli->root, pids->pid, pids->n, &options, &source, &err) ||
	    ksm_estimate_run_request(request, source, &estimate, &err)) {
		ksm_cli_warn(cli, "no forecast: %s", err.text);
		return KSM_EXIT_OK;
	}
	take_forecast(cli, estimate, targets, wait);
	ksm_estimate_free(estimate);
	return KSM_EXIT_OK;
}

int ksm_merge_forecast(const struct ksm_cli *cli, const struct ksm_merge_targets *targets,
		       bool whole, struct ksm_merge_wait *wait)
{
	struct ksm_estimate_request request = {
		.has_interval = true,
		.options = {.passes = FORECAST_PASSES, .interval_seconds = FORECAST_INTERVAL},
	};
	struct pids pids = {0};
	int status = KSM_EXIT_OK;

	wait->shared = wait->sharing = wait->zero = KSM_UNKNOWN;
	wait->shared_then = wait->sharing_then = wait->zero_then = KSM_UNKNOWN;
	wait->merged = calloc(targets->n + 1, sizeof(*wait->merged));
	if (!wait->merged)
		return ksm_cli_no_memory(cli);
	for (size_t i = 0; i < targets->n; i++)
		wait->merged[i] = KSM_UNKNOWN;
	if (whole) {
		status = collect(cli, targets, &pids)
				 ? ksm_cli_no_memory(cli)
				 : run_forecast(cli, targets, &pids, &request, wait);
		ksm_estimate_request_release(&request);
	}
	free(pids.pid);
	return status;
}

/* ---------------------------------------------------------------- waiting */

struct progress {
	struct ksm_settle_line line;
	struct ksm_boost *boost;
	struct ksm_error err; /* of the boost */
};

static int on_sample(void *data, const struct ksm_settle *settle)
{
	struct progress *progress = data;

	ksm_settle_show(&progress->line, settle);
	return progress->boost ? ksm_boost_adjust(progress->boost, &progress->err) : 0;
}

/* For those of the targets that have been opted in. */
static int settle(const struct ksm_cli *cli, const struct ksm_merge_targets *targets,
		  struct ksm_merge_wait *wait, struct progress *progress, struct ksm_error *err)
{
	ksm_auto_free pid_t *pid = calloc(targets->n + 1, sizeof(*pid));
	ksm_auto_free uint64_t *start_time = calloc(targets->n + 1, sizeof(*start_time));
	struct ksm_settle_options options = {
		.pid = pid,
		.start_time = start_time,
		.timeout_seconds = wait->timeout,
		.stop_fd = ksm_cli_stop_fd(),
		.progress = on_sample,
		.progress_data = progress,
	};
	int ret;

	if (!pid || !start_time)
		return ksm_error_no_memory(err);
	for (size_t i = 0; i < targets->n; i++) {
		if (targets->target[i].error.code)
			continue;
		pid[options.n_pids] = targets->target[i].pid;
		start_time[options.n_pids++] = targets->target[i].start_time;
	}
	ret = ksm_settle_wait(&cli->root, &options, &wait->settle, err);
	ksm_settle_end_line(&progress->line);
	if (ret && progress->err.code)
		*err = progress->err;
	return ret;
}

static void take_fact(const struct ksm_cli *cli, struct ksm_merge_targets *targets,
		      struct ksm_merge_wait *wait)
{
	struct ksm_sysfs sysfs;

	if (!ksm_sysfs_read(&cli->root, &sysfs, NULL)) {
		wait->shared_then = sysfs.value[KSM_SYSFS_pages_shared];
		wait->sharing_then = sysfs.value[KSM_SYSFS_pages_sharing];
		if (sysfs.valid[KSM_SYSFS_ksm_zero_pages])
			wait->zero_then = sysfs.value[KSM_SYSFS_ksm_zero_pages];
	}
	for (size_t i = 0; i < targets->n; i++) {
		struct ksm_merge_target *target = &targets->target[i];

		if (target->error.code)
			target->result.after = (struct ksm_stat){0};
		else
			target->result.after = stat_of(cli, target);
	}
}

int ksm_merge_wait(const struct ksm_cli *cli, struct ksm_merge_targets *targets,
		   struct ksm_merge_wait *wait)
{
	struct progress progress = {.line = {.cli = cli}};
	struct ksm_error err, end_err;
	bool any = false;
	int ret = 0, end;

	for (size_t i = 0; i < targets->n; i++)
		any |= !targets->target[i].error.code;
	if (!any)
		return KSM_EXIT_OK;
	ksm_cli_stop_fd();
	if (wait->boost > 0)
		ret = ksm_boost_begin(&cli->root, wait->boost, &progress.boost, &err);
	if (!ret)
		ret = settle(cli, targets, wait, &progress, &err);
	end = ksm_boost_end(&progress.boost, &end_err);
	take_fact(cli, targets, wait);
	wait->settled = !ret;
	if (end)
		ksm_cli_warn(cli, "settings could not be put back: %s", end_err.text);
	if (ret)
		return ksm_cli_fail(cli, &err);
	if (!end)
		return KSM_EXIT_OK;
	wait->boost_error = end_err;
	return KSM_EXIT_FAILED;
}

void ksm_merge_wait_release(struct ksm_merge_wait *wait)
{
	free(wait->merged);
}
