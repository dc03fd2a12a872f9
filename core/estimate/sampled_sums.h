/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a sample of contents tells of sums over all. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_SAMPLED_SUMS_H
#define KSM_ESTIMATE_SAMPLED_SUMS_H

#include "estimate/estimate.h"

/* Zero-initialise. */
struct ksm_sampled_sums {
	bool knows_present; /* how many pages there are is known beside the sample */
#define X(name) struct ksm_sampled_sum name;
	KSM_SAMPLED_SUMS(X)
#undef X
};

/* A content of the sample, which stands for @weight, has brought the sums from @before to @now. */
void ksm_sampled_count(struct ksm_sampled_sums *sampled, const struct ksm_estimate_sums *before,
		       const struct ksm_estimate_sums *now, int64_t weight);

/* Within what @totals lie, of @present pages if these are known. */
void ksm_sampled_take(const struct ksm_sampled_sums *sampled,
		      const struct ksm_estimate_sums *totals, int64_t present,
		      struct ksm_estimate_sample *sample);

/* Makes @sums those of so many pages: what differs from the estimate is in contents like those of the sample. */
void ksm_sampled_fit(struct ksm_estimate_sums *sums, int64_t present);

#endif
