/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/estimate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "estimate/groups.h"
#include "estimate/map_take.h"
#include "estimate/passes.h"
#include "estimate/sums.h"
#include "estimate/top.h"
#include "estimate/verify.h"
#include "estimate/warnings.h"
#include "kernel/meminfo.h"

/* What stands after the last pass, as the kernel would say it. */
static void take_targets(struct ksm_run *run)
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
static int sum_trials(struct ksm_run *run, const struct ksm_all_contents *contents)
{
	struct ksm_estimate *estimate = run->estimate;

	for (size_t i = 0; i < estimate->n_outcomes; i++) {
		struct ksm_all_contents same = ksm_contents_of(contents, &run->trials.strata[i]);
		struct ksm_estimate_sums sums = estimate->totals;

		if (i > 0 && ksm_sum_totals(run->source, &same, &sums))
			return -ENOMEM;
		estimate->outcome[i].merged_pages = sums.merged_pages;
		estimate->outcome[i].freed_pages = sums.freed_pages;
	}
	return 0;
}

static int take_sums(struct ksm_run *run)
{
	const struct ksm_estimate_options *options = run->options;
	struct ksm_grouping grouping = {0};
	struct ksm_top top = {.max = options->top};
	struct ksm_all_contents contents;
	int err = ksm_contents_order(&run->trials.strata[0], run->estimate->n_targets, &contents);

	if (err)
		return err;
	run->estimate->sample.every = run->sample.every;
	run->estimate->sample.heavy_copies = run->sample.heavy;
	err = ksm_holdings_init(&run->estimate->holdings, run->estimate->n_targets,
				options->holdings);
	if (!err && options->by)
		err = ksm_grouping_init(&grouping, options->by, run->source);
	if (!err)
		err = ksm_sum_contents(run->estimate, run->source, &contents,
				       options->by ? &grouping : NULL, ksm_run_known_present(run),
				       &top);
	if (options->by)
		ksm_grouping_release(&grouping);
	if (!err)
		err = sum_trials(run, &contents);
	if (!err)
		err = ksm_top_take(&top, run->estimate, run->source, &run->summer,
				   &contents.of[KSM_STRATUM_WHOLE], options->preview);
	ksm_top_release(&top);
	for (int s = 0; s < KSM_STRATA && !err && options->verify; s++)
		err = ksm_verify_contents(run->estimate, run->source, &run->summer,
					  &contents.of[s]);
	/* A map shows single pages: there is none where most were left out. */
	if (!err && options->map && run->sample.every == 1)
		err = ksm_maps_take(run->estimate, &contents.of[KSM_STRATUM_WHOLE]);
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

static int prepare(struct ksm_run *run, const struct ksm_trial *trials, size_t n_trials)
{
	struct ksm_estimate *estimate = run->estimate;

	estimate->page_size = run->source->page_size;
	estimate->complete = true;
	estimate->pages = run->source->pages;
	estimate->by = run->options->by;
	estimate->cost = run->options->cost;
	estimate->verified_pages = estimate->mismatched_pages = run->options->verify ? 0
										     : KSM_UNKNOWN;
	estimate->n_targets = run->source->n_spaces;
	estimate->target = calloc(estimate->n_targets + 1, sizeof(*estimate->target));
	estimate->target_pass = calloc((size_t)run->options->passes * estimate->n_targets + 1,
				       sizeof(*estimate->target_pass));
	if (!estimate->target || !estimate->target_pass)
		return -ENOMEM;
	for (uint32_t i = 0; i < estimate->n_targets; i++)
		estimate->target[i].space = &run->source->space[i];
	return prepare_outcomes(estimate, trials, n_trials, run->options->passes)
		       ?: ksm_run_init(run);
}

static int run_all(struct ksm_run *run, struct ksm_error *err)
{
	struct ksm_estimate *estimate = run->estimate;
	double begin = ksm_now_seconds();
	int ret = ksm_run_passes(run, err);

	if (ret)
		return ret;
	take_targets(run);
	estimate->unknown = run->source->unknown;
	if (ksm_trials_settle(&run->trials, &estimate->cost, estimate->page_size) ||
	    take_sums(run) || ksm_estimate_warn_all(estimate, run->source))
		return ksm_error_no_memory(err);
	estimate->elapsed_seconds = ksm_now_seconds() - begin;
	return 0;
}

uint64_t ksm_estimate_memory(const struct ksm_root *root)
{
	struct ksm_meminfo meminfo;

	return ksm_meminfo_read(root, &meminfo, NULL) ? 0 : meminfo.available / 4;
}

int ksm_estimate_run(struct ksm_page_source *source, const struct ksm_trial *trials,
		     size_t n_trials, const struct ksm_estimate_options *options,
		     struct ksm_estimate **ret_estimate, struct ksm_error *err)
{
	struct ksm_run run = {.source = source, .options = options};
	int ret;

	run.estimate = calloc(1, sizeof(*run.estimate));
	if (!run.estimate)
		return ksm_error_no_memory(err);
	ret = prepare(&run, trials, n_trials) ? ksm_error_no_memory(err) : run_all(&run, err);
	ksm_run_release(&run);
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
