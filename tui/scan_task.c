/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/scan_task.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "estimate/cost.h"
#include "estimate/estimate.h"
#include "source/process.h"

#define PASSES 2

struct tui_scan_task {
	const struct ksm_root *root;
	pthread_t thread;
	uint64_t pages; /* that a pass may have, about */
	atomic_uint permille;
	atomic_bool stop;
	atomic_bool ended;
	struct tui_scan scan; /* the thread's until it has ended */
};

static int show_progress(void *data, unsigned int pass, uint64_t pages)
{
	struct tui_scan_task *task = data;
	uint64_t permille = task->pages ? pages * 1000 / task->pages : 0;

	if (permille > 1000)
		permille = 1000;
	task->permille = (unsigned int)((1000 * (pass - 1) + permille) / PASSES);
	return task->stop ? -EINTR : 0;
}

static int by_freed(const void *a, const void *b)
{
	const struct tui_area *x = a, *y = b;

	if (x->freed_bytes != y->freed_bytes)
		return x->freed_bytes > y->freed_bytes ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void take_areas(struct tui_scan *scan, const struct ksm_estimate *estimate)
{
	scan->area = calloc(estimate->n_groups + 1, sizeof(*scan->area));
	for (size_t i = 0; scan->area && i < estimate->n_groups; i++) {
		const struct ksm_estimate_sums *sums = &estimate->group[i].sums;
		struct tui_area *area = &scan->area[scan->n_areas++];

		snprintf(area->name, sizeof(area->name), "%s", estimate->group[i].name);
		area->present_bytes = ksm_estimate_bytes(estimate, sums->pages_present);
		area->duplicate_bytes = ksm_estimate_bytes(estimate, sums->duplicate_pages);
		area->zero_bytes = ksm_estimate_bytes(estimate, sums->zero_pages);
		area->freed_bytes = ksm_estimate_bytes(estimate, sums->freed_pages);
	}
	if (scan->area)
		qsort(scan->area, scan->n_areas, sizeof(*scan->area), by_freed);
}

static void take_estimate(struct tui_scan *scan, const struct ksm_estimate *estimate)
{
	const struct ksm_outcome *outcome = &estimate->outcome[0];

	if (!ksm_estimate_is_read(&estimate->target[0])) {
		scan->state = TUI_SCAN_FAILED;
		snprintf(scan->error, sizeof(scan->error), "%s", estimate->target[0].error.text);
		return;
	}
	scan->state = TUI_SCAN_DONE;
	scan->is_sample = estimate->sample.every > 1;
	scan->present_bytes = ksm_estimate_bytes(estimate, estimate->totals.pages_present);
	scan->freed_bytes = ksm_estimate_bytes(estimate, estimate->totals.freed_pages);
	scan->cost_bytes = outcome->settled_metadata_bytes;
	scan->passes_to_settle = outcome->forecast.passes_to_settle;
	scan->seconds_to_settle = outcome->forecast.seconds_to_settle;
	take_areas(scan, estimate);
}

/* Once the source is open, which stays with the process that it was opened on. */
static int check_meant(const struct tui_scan_task *task, struct ksm_error *err)
{
	uint64_t start_time = task->scan.start_time;

	if (!start_time || ksm_process_start_time(task->root, task->scan.pid) == start_time)
		return 0;
	return ksm_error_set(err, KSM_ERR_GONE, ESRCH, "process %d has exited", task->scan.pid);
}

static int run(struct tui_scan_task *task, struct ksm_error *err)
{
	struct ksm_process_source_options choice = {.pages = KSM_PAGES_ELIGIBLE};
	struct ksm_estimate_options options = {
		.passes = PASSES,
		.interval_seconds = 1,
		.threads = 1,
		.memory_bytes = ksm_estimate_memory(task->root),
		.by = KSM_BY_MAPPING,
		.progress = show_progress,
		.progress_data = task,
	};
	struct ksm_page_source *source ksm_auto_source = NULL;
	struct ksm_trial trial = {.settings = ""};
	struct ksm_estimate *estimate;
	int ret = ksm_model_init(&trial.model, "running", task->root, err)
			  ?: ksm_process_source_open(task->root, &task->scan.pid, 1, &choice,
						     &source, err)
			  ?: check_meant(task, err);

	if (ret)
		return ret;
	ksm_cost_measure(task->root, trial.model.profile->checksum, task->root->page_size,
			 &options.cost);
	ret = ksm_estimate_run(source, &trial, 1, &options, &estimate, err);
	if (ret)
		return ret;
	take_estimate(&task->scan, estimate);
	ksm_estimate_free(estimate);
	return 0;
}

static void *work(void *data)
{
	struct tui_scan_task *task = data;
	struct ksm_error err = {0};

	if (run(task, &err)) {
		task->scan.state = task->stop ? TUI_SCAN_NONE : TUI_SCAN_FAILED;
		snprintf(task->scan.error, sizeof(task->scan.error), "%s", err.text);
	}
	task->ended = true;
	return NULL;
}

struct tui_scan_task *tui_scan_task_start(const struct ksm_root *root,
					  const struct ksm_process *process)
{
	struct tui_scan_task *task = calloc(1, sizeof(*task));

	if (!task)
		return NULL;
	task->root = root;
	task->pages = process->rss_bytes / root->page_size;
	task->scan = (struct tui_scan){
		.state = TUI_SCAN_RUNS, .pid = process->pid, .start_time = process->start_time};
	snprintf(task->scan.name, sizeof(task->scan.name), "%s", process->name);
	if (pthread_create(&task->thread, NULL, work, task)) {
		free(task);
		return NULL;
	}
	return task;
}

static void replace(struct tui_scan *scan, const struct tui_scan *with)
{
	free(scan->area);
	*scan = *with;
}

bool tui_scan_task_look(struct tui_scan_task **task_p, struct tui_scan *scan)
{
	struct tui_scan_task *task = *task_p;

	if (!task->ended) {
		scan->progress = task->permille / 1000.0;
		return false;
	}
	pthread_join(task->thread, NULL);
	replace(scan, &task->scan);
	free(task);
	*task_p = NULL;
	return true;
}

void tui_scan_task_stop(struct tui_scan_task **task_p)
{
	struct tui_scan_task *task = *task_p;

	if (!task)
		return;
	task->stop = true;
	pthread_join(task->thread, NULL);
	free(task->scan.area);
	free(task);
	*task_p = NULL;
}
