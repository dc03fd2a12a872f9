/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long ksmd would take. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_FORECAST_H
#define KSM_ESTIMATE_FORECAST_H

#include "estimate/estimate.h"
#include "estimate/strata.h"

/* Nothing merged or came apart between the two. */
static inline bool ksm_is_same_merging(const struct ksm_counters *a, const struct ksm_counters *b)
{
	return a->pages_shared == b->pages_shared && a->pages_sharing == b->pages_sharing &&
	       a->ksm_zero_pages == b->ksm_zero_pages;
}

/*
 * Lets the twins go on from the passes of @outcome, over the memory as last seen, until they merge nothing
 * more, and adds up what the passes take. *@ret_has_settled is as of ksm_twin_has_settled(). -ENOMEM only.
 */
int ksm_forecast_run(struct ksm_strata *strata, const struct ksm_cost *cost,
		     struct ksm_outcome *outcome, bool *ret_has_settled);

#endif
