/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sums over contents, at once for the whole, by target and by group. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_SUMS_H
#define KSM_ESTIMATE_SUMS_H

#include "estimate/contents.h"
#include "estimate/estimate.h"
#include "estimate/groups.h"
#include "estimate/top.h"

/*
 * Fills in totals, the targets' sums, pairs, what is known of contents but for the list of them, and groups (where
 * @grouping is not NULL); offers every content to @top. -ENOMEM only.
 */
int ksm_sum_contents(struct ksm_estimate *estimate, struct ksm_page_source *source,
		     const struct ksm_contents *contents, const struct ksm_grouping *grouping,
		     struct ksm_top *top);

/* The totals alone. -ENOMEM only. */
int ksm_sum_totals(struct ksm_page_source *source, const struct ksm_contents *contents,
		   struct ksm_estimate_sums *ret_totals);

#endif
