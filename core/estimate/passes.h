/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The passes of an estimate, over all pages or over a sample of them. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_PASSES_H
#define KSM_ESTIMATE_PASSES_H

#include <errno.h>

#include "estimate/changes.h"
#include "estimate/collect.h"
#include "estimate/estimate.h"
#include "estimate/pace.h"
#include "estimate/presence.h"
#include "estimate/reader.h"
#include "estimate/recall.h"
#include "estimate/sample.h"
#include "estimate/trials.h"

struct ksm_run {
	struct ksm_summer summer; /* wants to be aligned: first */
	struct ksm_page_source *source;
	const struct ksm_estimate_options *options;
	struct ksm_estimate *estimate;
	struct ksm_trials trials;
	struct ksm_reader *reader;
	struct ksm_recall recall; /* in passes that have another before them */
	struct ksm_pace pace;
	/* a sample, where memory is short */
	struct ksm_sample sample;
	struct ksm_presence presence; /* kept where pages are left out */
	uint64_t max_pages;	      /* that memory has room for */
	unsigned int samples;	      /* taken so far */
	bool is_full;		      /* in this pass, a page more than that was to be looked at */
	/* the last pass but one */
	bool has_before;
	struct ksm_kind_counts before;
	/* this pass */
	unsigned int pass;
	double pass_began;
	uint64_t pages;			  /* read */
	uint64_t held;			  /* looked at */
	bool in_space;			  /* not all of a space has been seen */
	struct ksm_collection collection; /* of that space, where it is_unordered */
	int64_t *present;		  /* by target: pages, looked at or not */
	int64_t *lost;			  /* by target */
	struct ksm_error *lost_error;	  /* why the first of them is */
};

/* Where source, options, and the estimate with its targets and outcomes are there. -ENOMEM only; released in any case. */
int ksm_run_init(struct ksm_run *run);
void ksm_run_release(struct ksm_run *run);

/* All passes. The trials have seen them then, and the estimate has what stood after each. */
int ksm_run_passes(struct ksm_run *run, struct ksm_error *err);

/* The pages of each target, or NULL where all were looked at or not all are known to count. */
const int64_t *ksm_run_known_present(const struct ksm_run *run);

/* Of the first model. */
static inline const struct ksm_twin *ksm_run_twin(const struct ksm_run *run)
{
	return run->trials.strata[0].twin[KSM_STRATUM_WHOLE];
}

#endif
