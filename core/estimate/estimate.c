/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/estimate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "estimate/contents.h"
#include "estimate/groups.h"
#include "estimate/reader.h"
#include "estimate/sums.h"
#include "estimate/verify.h"
#include "estimate/warnings.h"
#include "ksmd/twin.h"

/* How many passes more the twin may take to settle: each resolves what the one before left. */
#define SETTLE_PASSES_MAX 16

struct run {
	struct ksm_page_source *source;
	const struct ksm_estimate_options *options;
	struct ksm_estimate *estimate;
	struct ksm_twin *twin;
	struct ksm_reader *reader;
	struct ksm_summer summer;
	uint64_t pages;		      /* read in this pass */
	int64_t *lost;		      /* by target, in this pass */
	struct ksm_error *lost_error; /* why the first of them is */
};

static int out_of_memory(struct ksm_error *err)
{
	return ksm_error_set(err, KSM_ERR_SYSTEM, ENOMEM, "out of memory");
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int report_progress(const struct run *run, unsigned int pass, struct ksm_error *err)
{
	const struct ksm_estimate_options *options = run->options;
	int ret = options->progress ? options->progress(options->progress_data, pass, run->pages)
				    : 0;

	return ret ? ksm_error_set(err, KSM_ERR_SYSTEM, -ret, "interrupted") : 0;
}

/* Sleeps in short steps, so that progress goes on and can end the run. */
static int pause_between_passes(const struct run *run, unsigned int pass, struct ksm_error *err)
{
	double end = now() + run->options->interval_seconds, left;

	while ((left = end - now()) > 0) {
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

	for (uint32_t i = 0; i < batch->n; i++) {
		if (batch->page[i].flags & KSM_PAGE_LOST) {
			if (!run->lost[batch->space]++)
				run->lost_error[batch->space] = batch->error;
			continue;
		}
		if (ksm_twin_see(run->twin, &batch->page[i], &read->sum[i]))
			return -ENOMEM;
	}
	run->pages += batch->n;
	return 0;
}

static int run_pass(struct run *run, unsigned int pass, struct ksm_error *err)
{
	struct ksm_read_batch *read;
	bool in_space = false;
	int ret;

	run->pages = 0;
	memset(run->lost, 0, (run->source->n_spaces + 1) * sizeof(*run->lost));
	if (ksm_twin_pass_begin(run->twin))
		return out_of_memory(err);
	ret = ksm_reader_begin_pass(run->reader, err);
	if (ret)
		return ret;
	while ((ret = ksm_reader_next(run->reader, &read, err)) == 1) {
		if (!in_space)
			ksm_twin_mm_begin(run->twin, read->batch.space);
		in_space = !read->batch.ends_space;
		if (see_batch(run, read))
			return out_of_memory(err);
		if (!in_space)
			ksm_twin_mm_end(run->twin);
		ret = report_progress(run, pass, err);
		if (ret)
			return ret;
	}
	if (ret)
		return ret;
	if (ksm_twin_pass_end(run->twin))
		return out_of_memory(err);
	ksm_twin_counters(run->twin, &run->estimate->pass[pass - 1]);
	return 0;
}

static int64_t profit(const struct ksm_estimate *estimate, int64_t pages, int64_t rmap_items)
{
	return pages * (int64_t)estimate->page_size -
	       rmap_items * (int64_t)estimate->model.rmap_item_size;
}

/* What stands after the last pass, as the kernel would say it. */
static void take_counters(struct run *run)
{
	struct ksm_estimate *estimate = run->estimate;
	const struct ksm_counters *last = &estimate->pass[estimate->n_passes - 1];

	estimate->general_profit =
		profit(estimate, last->pages_sharing + last->ksm_zero_pages, last->rmap_items);
	estimate->metadata_bytes = last->rmap_items * (int64_t)estimate->model.rmap_item_size;
	for (uint32_t i = 0; i < estimate->n_targets; i++) {
		struct ksm_estimate_target *target = &estimate->target[i];
		const struct ksm_mm_counters *c = &target->counters;

		ksm_twin_mm_counters(run->twin, i, &target->counters);
		target->ksm_process_profit = profit(
			estimate, c->ksm_merging_pages + c->ksm_zero_pages, c->ksm_rmap_items);
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

static int settle(struct run *run)
{
	bool changed = true;
	int err = 0;

	for (int i = 0; i < SETTLE_PASSES_MAX && changed && !err; i++)
		err = ksm_twin_repeat(run->twin, &changed);
	return err;
}

static int take_sums(struct run *run)
{
	const struct ksm_estimate_options *options = run->options;
	struct ksm_grouping grouping = {0};
	struct ksm_contents contents;
	int err = ksm_contents_order(run->twin, run->estimate->n_targets, &contents);

	if (err)
		return err;
	if (options->by)
		err = ksm_grouping_init(&grouping, options->by, run->source);
	if (!err)
		err = ksm_sum_contents(run->estimate, run->source, &contents,
				       options->by ? &grouping : NULL, options->top);
	if (options->by)
		ksm_grouping_release(&grouping);
	if (!err && options->verify)
		err = ksm_verify_contents(run->estimate, run->source, &run->summer, &contents);
	ksm_contents_free(&contents);
	return err;
}

static int prepare(struct run *run)
{
	struct ksm_estimate *estimate = run->estimate;
	uint32_t mm;

	estimate->page_size = run->source->page_size;
	estimate->complete = true;
	estimate->by = run->options->by;
	estimate->verified_pages = estimate->mismatched_pages = KSM_UNKNOWN;
	estimate->n_passes = run->options->passes;
	estimate->n_targets = run->source->n_spaces;
	estimate->pass = calloc(estimate->n_passes, sizeof(*estimate->pass));
	estimate->target = calloc(estimate->n_targets + 1, sizeof(*estimate->target));
	run->lost = calloc(estimate->n_targets + 1, sizeof(*run->lost));
	run->lost_error = calloc(estimate->n_targets + 1, sizeof(*run->lost_error));
	if (!estimate->pass || !estimate->target || !run->lost || !run->lost_error ||
	    ksm_twin_new(&estimate->model, &run->twin) ||
	    ksm_summer_init(&run->summer, estimate->model.profile->checksum, estimate->page_size))
		return -ENOMEM;
	for (uint32_t i = 0; i < estimate->n_targets; i++) {
		estimate->target[i].space = &run->source->space[i];
		if (ksm_twin_add_mm(run->twin, &mm))
			return -ENOMEM;
	}
	return 0;
}

static int run_all(struct run *run, struct ksm_error *err)
{
	double begin = now();
	int ret;

	if (prepare(run))
		return out_of_memory(err);
	ret = ksm_reader_new(run->source, &run->summer, run->options->threads, &run->reader, err);
	for (unsigned int pass = 1; pass <= run->options->passes && !ret; pass++) {
		if (pass > 1)
			ret = pause_between_passes(run, pass, err);
		if (!ret)
			ret = run_pass(run, pass, err);
	}
	if (ret)
		return ret;
	take_counters(run);
	run->estimate->unknown = run->source->unknown;
	if (settle(run) || take_sums(run) || ksm_estimate_warn_all(run->estimate, run->source))
		return out_of_memory(err);
	run->estimate->elapsed_seconds = now() - begin;
	return 0;
}

int ksm_estimate_run(struct ksm_page_source *source, const struct ksm_model *model,
		     const struct ksm_estimate_options *options, struct ksm_estimate **ret_estimate,
		     struct ksm_error *err)
{
	struct run run = {.source = source, .options = options};
	int ret;

	run.estimate = calloc(1, sizeof(*run.estimate));
	if (!run.estimate)
		return out_of_memory(err);
	run.estimate->model = *model;
	ret = run_all(&run, err);
	ksm_reader_free(&run.reader);
	ksm_twin_free(&run.twin);
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
	free(estimate->target);
	free(estimate->pass);
	free(estimate->warning);
	free(estimate);
}
