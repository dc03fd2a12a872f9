/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several twins that see the same pages, a model each. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_TRIALS_H
#define KSM_ESTIMATE_TRIALS_H

#include "estimate/contents.h"
#include "estimate/estimate.h"

struct ksm_trials {
	struct ksm_twin **twin;
	struct ksm_outcome *outcome; /* the estimate's */
	size_t n;
};

/* -ENOMEM only, here and below; to be released in any case. @outcomes have their models and passes. */
int ksm_trials_init(struct ksm_trials *trials, struct ksm_outcome *outcomes, size_t n,
		    uint32_t n_mms);
void ksm_trials_release(struct ksm_trials *trials);

/* As in ksmd/twin.h, for all. */
int ksm_trials_pass_begin(struct ksm_trials *trials);
void ksm_trials_mm_begin(struct ksm_trials *trials, uint32_t mm);
int ksm_trials_see(struct ksm_trials *trials, const struct ksm_page *page,
		   const struct ksm_page_sum *sum);
void ksm_trials_mm_end(struct ksm_trials *trials);
/* Also takes down the counters of pass 1, 2, ... */
int ksm_trials_pass_end(struct ksm_trials *trials, unsigned int pass);

/* The same as a pass over the pages as they were in the one before, for a source that is still. */
int ksm_trials_repeat(struct ksm_trials *trials, unsigned int pass);

/* After the last pass: profit and forecast, and every twin left where merging ends. */
int ksm_trials_settle(struct ksm_trials *trials, const struct ksm_cost *cost,
		      unsigned int page_size);

#endif
