/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several models that see the same pages. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_TRIALS_H
#define KSM_ESTIMATE_TRIALS_H

#include "estimate/estimate.h"
#include "estimate/strata.h"

struct ksm_trials {
	struct ksm_strata *strata;   /* of each model */
	struct ksm_outcome *outcome; /* the estimate's */
	size_t n;
};

/*
 * -ENOMEM only, here and below; to be released in any case. @outcomes have their models and passes; the sample looks at
 * one in @every contents.
 */
int ksm_trials_init(struct ksm_trials *trials, struct ksm_outcome *outcomes, size_t n,
		    uint32_t n_mms, uint32_t every);
void ksm_trials_release(struct ksm_trials *trials);

/* As in ksmd/twin.h, for all. */
int ksm_trials_pass_begin(struct ksm_trials *trials);
void ksm_trials_mm_begin(struct ksm_trials *trials, uint32_t mm);
int ksm_trials_see(struct ksm_trials *trials, enum ksm_stratum stratum, const struct ksm_page *page,
		   const struct ksm_page_sum *sum);
void ksm_trials_mm_end(struct ksm_trials *trials);
/* Also takes down the counters of pass 1, 2, ... */
int ksm_trials_pass_end(struct ksm_trials *trials, unsigned int pass);

/* The same as a pass over the pages as they were in the one before, for a source that is still. */
int ksm_trials_repeat(struct ksm_trials *trials, unsigned int pass);

/* After the last pass: profit and forecast, and every model left where merging ends. */
int ksm_trials_settle(struct ksm_trials *trials, const struct ksm_cost *cost,
		      unsigned int page_size);

#endif
