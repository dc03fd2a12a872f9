/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/passes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "ksmd/twin.h"

static int report_progress(const struct ksm_run *run, unsigned int pass, struct ksm_error *err)
{
	const struct ksm_estimate_options *options = run->options;
	int ret = options->progress ? options->progress(options->progress_data, pass, run->pages)
				    : 0;

	return ret ? ksm_error_set(err, KSM_ERR_SYSTEM, -ret, "interrupted") : 0;
}

/* When @pass is to begin: at ksmd's pace, that long after the one before began. */
static double next_pass_begins(struct ksm_run *run, unsigned int pass)
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
static int pause_between_passes(struct ksm_run *run, unsigned int pass, struct ksm_error *err)
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

/* ---------------------------------------------------------------- a sample, where memory is short */

/*
 * What a page takes that is looked at, by one model, at the most: an item and its link, half a stable node, a run, since
 * it may have no neighbours, and its part of roots and filter.
 */
#define PAGE_BYTES 136
/* For buffers and the program itself. */
#define BASE_BYTES (16u << 20)

static bool is_any_unordered(const struct ksm_page_source *source)
{
	for (uint32_t i = 0; i < source->n_spaces; i++)
		if (source->space[i].is_unordered)
			return true;
	return false;
}

static uint64_t max_pages(const struct ksm_run *run)
{
	uint64_t memory = run->options->memory_bytes;
	uint64_t page = PAGE_BYTES * run->estimate->n_outcomes + sizeof(uint32_t);

	if (!memory)
		return UINT64_MAX;
	return memory > 2 * BASE_BYTES ? (memory - BASE_BYTES) / page : memory / 2 / page;
}

const int64_t *ksm_run_known_present(const struct ksm_run *run)
{
	return run->sample.every > 1 && !is_any_unordered(run->source) ? run->present : NULL;
}

static int no_room(struct ksm_run *run, struct ksm_error *err)
{
	run->is_full = true;
	return ksm_error_set(err, KSM_ERR_SYSTEM, EOVERFLOW,
			     "there are more pages than %" PRIu64 " bytes hold: allow more memory "
			     "(--max-memory)",
			     run->options->memory_bytes);
}

/* As ksm_reader_see. */
static int count_read(void *data, const struct ksm_read_batch *read, struct ksm_error *err)
{
	struct ksm_run *run = data;

	for (uint32_t i = 0; i < read->batch.n; i++)
		if (!(read->batch.page[i].flags & KSM_PAGE_LOST))
			ksm_sample_count(&run->sample, &read->sum[i]);
	run->pages += read->batch.n;
	return report_progress(run, 1, err);
}

/* -ENOMEM, or -EOVERFLOW where there is no room for the page. */
static int see_page(struct ksm_run *run, uint32_t space, const struct ksm_page *page,
		    const struct ksm_page_sum *sum)
{
	bool leaves_out = run->sample.every > 1, is_known = false;
	struct ksm_page known = *page;
	enum ksm_stratum stratum = ksm_sample_stratum(&run->sample, sum);

	run->present[space]++;
	if (leaves_out && !run->source->is_still &&
	    ksm_presence_see(&run->presence, space, page->address, run->source->page_size,
			     &is_known))
		return -ENOMEM;
	if (!ksm_sample_takes(&run->sample, sum, stratum))
		return 0;
	if (run->held++ >= run->max_pages)
		return -EOVERFLOW;
	if (run->source->space[space].is_unordered)
		return ksm_collect(&run->collection, page, sum);
	known.flags |= is_known ? KSM_PAGE_KNOWN : 0;
	return ksm_trials_see(&run->trials, stratum, &known, sum);
}

static int see_batch(struct ksm_run *run, const struct ksm_read_batch *read)
{
	const struct ksm_batch *batch = &read->batch;
	int ret;

	for (uint32_t i = 0; i < batch->n; i++) {
		if (batch->page[i].flags & KSM_PAGE_LOST) {
			if (!run->lost[batch->space]++)
				run->lost_error[batch->space] = batch->error;
			continue;
		}
		ret = see_page(run, batch->space, &batch->page[i], &read->sum[i]);
		if (ret)
			return ret;
	}
	run->pages += batch->n;
	if (run->source->space[batch->space].is_unordered && batch->ends_space)
		return ksm_collection_see(&run->collection, run->source, batch->space, &run->sample,
					  &run->trials);
	return 0;
}

static void take_target_pass(struct ksm_run *run, unsigned int pass)
{
	size_t n = run->estimate->n_targets;

	for (uint32_t i = 0; i < n; i++)
		ksm_strata_mm_counters(&run->trials.strata[0], i,
				       &run->estimate->target_pass[(pass - 1) * n + i]);
}

/* As ksm_reader_recall. What comes in no order, or was left out, is not looked for. */
static bool recall_batch(void *data, struct ksm_read_batch *read)
{
	struct ksm_run *run = data;

	if (run->sample.every > 1 || run->source->space[read->batch.space].is_unordered)
		return false;
	ksm_recall_batch(&run->recall, read);
	return true;
}

/* Has the trials see what was read. -ENOMEM or -EOVERFLOW. */
static int see_space(struct ksm_run *run, const struct ksm_read_batch *read)
{
	int ret;

	if (!run->in_space)
		ksm_trials_mm_begin(&run->trials, read->batch.space);
	run->in_space = !read->batch.ends_space;
	ret = see_batch(run, read);
	if (!ret && !run->in_space)
		ksm_trials_mm_end(&run->trials);
	return ret;
}

/* As ksm_reader_see. */
static int see_read(void *data, const struct ksm_read_batch *read, struct ksm_error *err)
{
	struct ksm_run *run = data;
	int ret;

	pthread_mutex_lock(&run->recall.lock);
	ret = see_space(run, read);
	pthread_mutex_unlock(&run->recall.lock);
	if (ret)
		return ret == -EOVERFLOW ? no_room(run, err) : ksm_error_no_memory(err);
	return report_progress(run, run->pass, err);
}

/* What changed between the last two passes. Where pages come and go by their content, those that did are not told from others. */
static void take_changes(struct ksm_run *run)
{
	const struct ksm_page_source *source = run->source;

	if (source->is_still || run->sample.every > 1)
		return;
	if (run->pass + 1 == run->options->passes) {
		ksm_changes_count(source, ksm_run_twin(run), &run->before);
		run->has_before = true;
	} else if (run->pass == run->options->passes && run->has_before) {
		ksm_changes_take(run->estimate, source, ksm_run_twin(run), &run->before);
	}
}

/* Is no page seen any more after this pass, and does nobody ask for single ones? */
static bool lets_go(const struct ksm_run *run)
{
	const struct ksm_estimate_options *options = run->options;

	return (run->source->is_still || run->pass == options->passes) && run->sample.every == 1 &&
	       run->trials.n == 1 && !options->by && !options->map;
}

static int run_pass(struct ksm_run *run, unsigned int pass, struct ksm_error *err)
{
	int ret;

	run->pass = pass;
	run->pages = 0;
	run->in_space = false;
	run->pass_began = ksm_now_seconds();
	run->held = 0;
	memset(run->lost, 0, (run->source->n_spaces + 1) * sizeof(*run->lost));
	memset(run->present, 0, (run->source->n_spaces + 1) * sizeof(*run->present));
	ksm_presence_pass_begin(&run->presence);
	if (ksm_trials_pass_begin(&run->trials))
		return ksm_error_no_memory(err);
	if (pass > 1)
		ksm_recall_pass_begin(&run->recall, ksm_run_twin(run));
	ret = ksm_reader_pass(run->reader, see_read, pass > 1 ? recall_batch : NULL, run, err);
	if (ret)
		return ret;
	if (run->source->ops->end)
		run->source->ops->end(run->source);
	take_changes(run);
	if (lets_go(run))
		ksm_strata_let_go(&run->trials.strata[0]);
	if (ksm_trials_pass_end(&run->trials, pass))
		return ksm_error_no_memory(err);
	take_target_pass(run, pass);
	return 0;
}

static int repeat_pass(struct ksm_run *run, unsigned int pass, struct ksm_error *err)
{
	int ret = report_progress(run, pass, err);

	if (!ret && ksm_trials_repeat(&run->trials, pass))
		return ksm_error_no_memory(err);
	if (!ret)
		take_target_pass(run, pass);
	return ret;
}

/* A target may grow between the count and the passes, but hardly so often. */
#define SAMPLES_MAX 4

static int decide(struct ksm_run *run, struct ksm_error *err)
{
	/* The rest is for what comes between the count and the passes. */
	uint64_t room = run->max_pages / 4 * 3 + 1, pages;

	if (!ksm_sample_decide(&run->sample, room, &pages))
		return 0;
	return ksm_error_set(
		err, KSM_ERR_SYSTEM, E2BIG,
		"%" PRIu64 " pages are zeros or of contents with %" PRIu32
		" copies or more, which are looked at whole: give --max-memory=%" PRIu64
		"M or more",
		pages, run->sample.heavy,
		(uint64_t)((double)run->options->memory_bytes * (double)pages / (double)room /
			   (1 << 20)) +
			1);
}

/* Counts all pages, and begins anew with as many as there is room for. */
static int take_sample(struct ksm_run *run, struct ksm_error *err)
{
	struct ksm_page_source *source = run->source;
	int ret;

	run->is_full = run->has_before = false;
	if (run->samples++ == SAMPLES_MAX)
		return -EOVERFLOW;
	if (source->ops->may_restart && !source->ops->may_restart(source))
		return ksm_error_set(err, KSM_ERR_SYSTEM, EOVERFLOW,
				     "there are more pages than %" PRIu64
				     " bytes hold, and what is "
				     "read only once cannot be sampled: allow more (--max-memory)",
				     run->options->memory_bytes);
	ksm_trials_release(&run->trials);
	ksm_collection_release(&run->collection);
	ksm_presence_release(&run->presence);
	run->pages = 0;
	if (ksm_sample_begin(&run->sample, run->max_pages))
		return ksm_error_no_memory(err);
	ret = ksm_reader_pass(run->reader, count_read, NULL, run, err) ?: decide(run, err);
	if (ret)
		return ret;
	if (source->ops->end)
		source->ops->end(source);
	if (ksm_trials_init(&run->trials, run->estimate->outcome, run->estimate->n_outcomes,
			    run->estimate->n_targets, run->sample.every))
		return ksm_error_no_memory(err);
	return 0;
}

/* ---------------------------------------------------------------- all of them */

static int run_passes(struct ksm_run *run, struct ksm_error *err)
{
	int ret = 0;

	ksm_pace_init(&run->pace, &run->estimate->outcome->model, &run->estimate->cost);
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
	return ret;
}

int ksm_run_init(struct ksm_run *run)
{
	const struct ksm_estimate *estimate = run->estimate;

	ksm_sample_init(&run->sample);
	ksm_collection_init(&run->collection);
	ksm_recall_init(&run->recall);
	run->max_pages = max_pages(run);
	run->lost = calloc(estimate->n_targets + 1, sizeof(*run->lost));
	run->lost_error = calloc(estimate->n_targets + 1, sizeof(*run->lost_error));
	run->present = calloc(estimate->n_targets + 1, sizeof(*run->present));
	if (!run->lost || !run->lost_error || !run->present)
		return -ENOMEM;
	return ksm_trials_init(&run->trials, estimate->outcome, estimate->n_outcomes,
			       estimate->n_targets, run->sample.every)
		       ?: ksm_summer_init(&run->summer, estimate->outcome->model.profile->checksum,
					  estimate->page_size);
}

void ksm_run_release(struct ksm_run *run)
{
	ksm_reader_free(&run->reader);
	ksm_trials_release(&run->trials);
	ksm_collection_release(&run->collection);
	ksm_sample_release(&run->sample);
	ksm_presence_release(&run->presence);
	ksm_recall_release(&run->recall);
	free(run->present);
	free(run->lost);
	free(run->lost_error);
}

int ksm_run_passes(struct ksm_run *run, struct ksm_error *err)
{
	int ret = ksm_reader_new(run->source, &run->summer, run->options->threads,
				 run->options->bytes_per_second, &run->reader, err);

	if (!ret)
		ret = run_passes(run, err);
	while (ret == -EOVERFLOW && run->is_full)
		ret = take_sample(run, err) ?: run_passes(run, err);
	return ret;
}
