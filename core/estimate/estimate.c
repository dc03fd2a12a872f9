/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/estimate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "estimate/changes.h"
#include "estimate/collect.h"
#include "estimate/contents.h"
#include "estimate/groups.h"
#include "estimate/map_take.h"
#include "estimate/pace.h"
#include "estimate/reader.h"
#include "estimate/sums.h"
#include "estimate/top.h"
#include "estimate/trials.h"
#include "estimate/verify.h"
#include "estimate/warnings.h"
#include "ksmd/twin.h"

struct run {
	struct ksm_summer summer; /* wants to be aligned: first */
	struct ksm_page_source *source;
	const struct ksm_estimate_options *options;
	struct ksm_estimate *estimate;
	struct ksm_trials trials;
	struct ksm_reader *reader;
	struct ksm_collection collection; /* of the space at hand, where it is_unordered */
	struct ksm_pace pace;
	double pass_began;
	bool has_before; /* the last pass but one */
	struct ksm_kind_counts before;
	unsigned int pass;
	bool in_space;		      /* ... of which not all has been seen in this pass */
	uint64_t pages;		      /* read in this pass */
	int64_t *lost;		      /* by target, in this pass */
	struct ksm_error *lost_error; /* why the first of them is */
};

static int out_of_memory(struct ksm_error *err)
{
	return ksm_error_set(err, KSM_ERR_SYSTEM, ENOMEM, "out of memory");
}

static int report_progress(const struct run *run, unsigned int pass, struct ksm_error *err)
{
	const struct ksm_estimate_options *options = run->options;
	int ret = options->progress ? options->progress(options->progress_data, pass, run->pages)
				    : 0;

	return ret ? ksm_error_set(err, KSM_ERR_SYSTEM, -ret, "interrupted") : 0;
}

/* When @pass is to begin: at ksmd's pace, that long after the one before began. */
static double next_pass_begins(struct run *run, unsigned int pass)
{
	const struct ksm_counters *done = &run->estimate->outcome->pass[pass - 2];
	int64_t scanned = done->pages_scanned - (pass > 2 ? done[-1].pages_scanned : 0);
	double before = run->pace.seconds;

	if (!run->options->at_ksmd_pace)
		return ksm_now_seconds() + run->options->interval_seconds;
	ksm_pace_take_pass(&run->pace, (uint64_t)scanned);
	return run->pass_began + run->pace.seconds - before;
}

/* Sleeps in short steps, so that progress goes on and can end the run. */
static int pause_between_passes(struct run *run, unsigned int pass, struct ksm_error *err)
{
	double end = next_pass_begins(run, pass), left;

	while ((left = end - ksm_now_seconds()) > 0) {
		struct timespec step;
		int ret = report_progress(run, pass, err);

		if (ret)
			return ret;
		if (left > 0.1)
			left = 0.1;
		step.tv_sec = 0;
		step.tv_nsec = (long)(left * 1e9);
		nanosleep(&step, NULL);
	}
	return 0;
}

static int see_batch(struct run *run, const struct ksm_read_batch *read)
{
	const struct ksm_batch *batch = &read->batch;
	bool collects = run->source->space[batch->space].is_unordered;
	int ret;

	for (uint32_t i = 0; i < batch->n; i++) {
		if (batch->page[i].flags & KSM_PAGE_LOST) {
			if (!run->lost[batch->space]++)
				run->lost_error[batch->space] = batch->error;
			continue;
		}
		if (collects)
			ret = ksm_collect(&run->collection, &batch->page[i], &read->sum[i]);
		else
			ret = ksm_trials_see(&run->trials, &batch->page[i], &read->sum[i]);
		if (ret)
			return ret;
	}
	run->pages += batch->n;
	if (collects && batch->ends_space)
		return ksm_collection_see(&run->collection, run->source, batch->space,
					  &run->trials);
	return 0;
}

static void take_target_pass(struct run *run, unsigned int pass)
{
	size_t n = run->estimate->n_targets;

	for (uint32_t i = 0; i < n; i++)
		ksm_twin_mm_counters(run->trials.twin[0], i,
				     &run->estimate->target_pass[(pass - 1) * n + i]);
}

/* As ksm_reader_see. */
static int see_read(void *data, const struct ksm_read_batch *read, struct ksm_error *err)
{
	struct run *run = data;

	if (!run->in_space)
		ksm_trials_mm_begin(&run->trials, read->batch.space);
	run->in_space = !read->batch.ends_space;
	if (see_batch(run, read))
		return out_of_memory(err);
	if (!run->in_space)
		ksm_trials_mm_end(&run->trials);
	return report_progress(run, run->pass, err);
}

static int run_pass(struct run *run, unsigned int pass, struct ksm_error *err)
{
	int ret;

	run->pass = pass;
	run->pages = 0;
	run->in_space = false;
	run->pass_began = ksm_now_seconds();
	memset(run->lost, 0, (run->source->n_spaces + 1) * sizeof(*run->lost));
	if (ksm_trials_pass_begin(&run->trials))
		return out_of_memory(err);
	ret = ksm_reader_pass(run->reader, see_read, run, err);
	if (ret)
		return ret;
	if (run->source->ops->end)
		run->source->ops->end(run->source);
	if (ksm_trials_pass_end(&run->trials, pass))
		return out_of_memory(err);
	take_target_pass(run, pass);
	if (pass + 1 == run->options->passes && !run->source->is_still) {
		ksm_changes_count(run->source, run->trials.twin[0], &run->before);
		run->has_before = true;
	}
	return 0;
}

static int repeat_pass(struct run *run, unsigned int pass, struct ksm_error *err)
{
	int ret = report_progress(run, pass, err);

	if (!ret && ksm_trials_repeat(&run->trials, pass))
		return out_of_memory(err);
	if (!ret)
		take_target_pass(run, pass);
	return ret;
}

/* What stands after the last pass, as the kernel would say it. */
static void take_targets(struct run *run)
{
	struct ksm_estimate *estimate = run->estimate;
	const struct ksm_mm_counters *last =
		estimate->target_pass + (estimate->outcome->n_passes - 1) * estimate->n_targets;

	for (uint32_t i = 0; i < estimate->n_targets; i++) {
		struct ksm_estimate_target *target = &estimate->target[i];

		target->counters = last[i];
		target->ksm_process_profit = ksm_process_profit(
			&last[i], estimate->page_size, estimate->outcome->model.rmap_item_size);
		target->lost_pages = run->lost[i];
		target->error = run->source->space[i].error;
		if (!target->error.code && target->lost_pages) {
			target->error = run->lost_error[i];
			target->error.pid = target->space->pid;
		}
		target->complete = !target->error.code;
		estimate->complete &= target->complete;
	}
}

/* The sums of the trials, which differ in what is merged. */
static int sum_trials(struct run *run, const struct ksm_contents *contents)
{
	struct ksm_estimate *estimate = run->estimate;

	for (size_t i = 0; i < estimate->n_outcomes; i++) {
		struct ksm_contents same = ksm_contents_of(contents, run->trials.twin[i]);
		struct ksm_estimate_sums sums = estimate->totals;

		if (i > 0 && ksm_sum_totals(run->source, &same, &sums))
			return -ENOMEM;
		estimate->outcome[i].merged_pages = sums.merged_pages;
		estimate->outcome[i].freed_pages = sums.freed_pages;
	}
	return 0;
}

static int take_sums(struct run *run)
{
	const struct ksm_estimate_options *options = run->options;
	struct ksm_grouping grouping = {0};
	struct ksm_top top = {.max = options->top};
	struct ksm_contents contents;
	int err = ksm_contents_order(run->trials.twin[0], run->estimate->n_targets, &contents);

	if (err)
		return err;
	err = ksm_holdings_init(&run->estimate->holdings, run->estimate->n_targets,
				options->holdings);
	if (!err && options->by)
		err = ksm_grouping_init(&grouping, options->by, run->source);
	if (!err)
		err = ksm_sum_contents(run->estimate, run->source, &contents,
				       options->by ? &grouping : NULL, &top);
	if (options->by)
		ksm_grouping_release(&grouping);
	if (!err)
		err = sum_trials(run, &contents);
	if (!err)
		err = ksm_top_take(&top, run->estimate, run->source, &run->summer, &contents,
				   options->preview);
	ksm_top_release(&top);
	if (!err && options->verify)
		err = ksm_verify_contents(run->estimate, run->source, &run->summer, &contents);
	if (!err && options->map)
		err = ksm_maps_take(run->estimate, &contents);
	ksm_contents_free(&contents);
	return err;
}

static int prepare_outcomes(struct ksm_estimate *estimate, const struct ksm_trial *trials, size_t n,
			    unsigned int passes)
{
	estimate->outcome = calloc(n, sizeof(*estimate->outcome));
	if (!estimate->outcome)
		return -ENOMEM;
	for (; estimate->n_outcomes < n; estimate->n_outcomes++) {
		struct ksm_outcome *outcome = &estimate->outcome[estimate->n_outcomes];

		outcome->model = trials[estimate->n_outcomes].model;
		outcome->settings = trials[estimate->n_outcomes].settings;
		outcome->n_passes = passes;
		outcome->pass = calloc(passes, sizeof(*outcome->pass));
		if (!outcome->pass)
			return -ENOMEM;
	}
	return 0;
}

static int prepare(struct run *run, const struct ksm_trial *trials, size_t n_trials)
{
	struct ksm_estimate *estimate = run->estimate;

	estimate->page_size = run->source->page_size;
	estimate->complete = true;
	estimate->by = run->options->by;
	estimate->cost = run->options->cost;
	estimate->verified_pages = estimate->mismatched_pages = KSM_UNKNOWN;
	estimate->n_targets = run->source->n_spaces;
	estimate->target = calloc(estimate->n_targets + 1, sizeof(*estimate->target));
	estimate->target_pass = calloc((size_t)run->options->passes * estimate->n_targets + 1,
				       sizeof(*estimate->target_pass));
	run->lost = calloc(estimate->n_targets + 1, sizeof(*run->lost));
	run->lost_error = calloc(estimate->n_targets + 1, sizeof(*run->lost_error));
	if (!estimate->target || !estimate->target_pass || !run->lost || !run->lost_error)
		return -ENOMEM;
	for (uint32_t i = 0; i < estimate->n_targets; i++)
		estimate->target[i].space = &run->source->space[i];
	return prepare_outcomes(estimate, trials, n_trials, run->options->passes)
		       ?: ksm_trials_init(&run->trials, estimate->outcome, n_trials,
					  estimate->n_targets)
		       ?: ksm_summer_init(&run->summer, trials->model.profile->checksum,
					  estimate->page_size);
}

static int run_all(struct run *run, struct ksm_error *err)
{
	struct ksm_estimate *estimate = run->estimate;
	double begin = ksm_now_seconds();
	int ret;

	ksm_pace_init(&run->pace, &estimate->outcome->model, &estimate->cost);
	ret = ksm_reader_new(run->source, &run->summer, run->options->threads,
			     run->options->bytes_per_second, &run->reader, err);
	for (unsigned int pass = 1; pass <= run->options->passes && !ret; pass++) {
		if (pass > 1 && run->source->is_still) {
			ret = repeat_pass(run, pass, err);
			continue;
		}
		if (pass > 1)
			ret = pause_between_passes(run, pass, err);
		if (!ret)
			ret = run_pass(run, pass, err);
	}
	if (ret)
		return ret;
	take_targets(run);
	estimate->unknown = run->source->unknown;
	ksm_changes_take(estimate, run->source, run->trials.twin[0],
			 run->has_before ? &run->before : NULL);
	if (ksm_trials_settle(&run->trials, &estimate->cost, estimate->page_size) ||
	    take_sums(run) || ksm_estimate_warn_all(estimate, run->source))
		return out_of_memory(err);
	estimate->elapsed_seconds = ksm_now_seconds() - begin;
	return 0;
}

int ksm_estimate_run(struct ksm_page_source *source, const struct ksm_trial *trials,
		     size_t n_trials, const struct ksm_estimate_options *options,
		     struct ksm_estimate **ret_estimate, struct ksm_error *err)
{
	struct run run = {.source = source, .options = options};
	int ret;

	run.estimate = calloc(1, sizeof(*run.estimate));
	if (!run.estimate)
		return out_of_memory(err);
	ret = prepare(&run, trials, n_trials) ? out_of_memory(err) : run_all(&run, err);
	ksm_reader_free(&run.reader);
	ksm_trials_release(&run.trials);
	ksm_collection_free(&run.collection);
	free(run.lost);
	free(run.lost_error);
	if (ret)
		ksm_estimate_free(run.estimate);
	else
		*ret_estimate = run.estimate;
	return ret;
}

void ksm_estimate_free(struct ksm_estimate *estimate)
{
	if (!estimate)
		return;
	for (size_t i = 0; i < estimate->n_groups; i++)
		free(estimate->group[i].name);
	free(estimate->group);
	free(estimate->content);
	free(estimate->target_pass);
	free(estimate->pair);
	free(estimate->group_pair);
	ksm_holdings_release(&estimate->holdings);
	ksm_maps_free(estimate);
	free(estimate->target);
	for (size_t i = 0; i < estimate->n_outcomes; i++)
		free(estimate->outcome[i].pass);
	free(estimate->outcome);
	free(estimate->warning);
	free(estimate);
}
