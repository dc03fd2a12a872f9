/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long ksmd would take. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_FORECAST_H
#define KSM_ESTIMATE_FORECAST_H

#include "estimate/estimate.h"
#include "estimate/strata.h"

/*
 * Lets the twins go on from the passes of @outcome, over the memory as last seen, until they merge nothing
 * more, and adds up what the passes take. *@ret_has_settled is as of ksm_twin_has_settled(). -ENOMEM only.
 */
int ksm_forecast_run(struct ksm_strata *strata, const struct ksm_cost *cost,
		     struct ksm_outcome *outcome, bool *ret_has_settled);

#endif
