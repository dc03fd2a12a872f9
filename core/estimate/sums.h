/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sums over contents, at once for the whole, by target and by group. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_SUMS_H
#define KSM_ESTIMATE_SUMS_H

#include "estimate/contents.h"
#include "estimate/estimate.h"
#include "estimate/groups.h"
#include "estimate/top.h"

/*
 * Fills in totals, the intervals of those from a sample, the targets' sums, pairs, what is known of contents but for the
 * list of them, and groups (where @grouping is not NULL); offers to @top every content that is looked at whole.
 * @present: pages of each target as they were counted beside a sample; NULL without one, or if they were not. -ENOMEM
 * only.
 */
int ksm_sum_contents(struct ksm_estimate *estimate, struct ksm_page_source *source,
		     const struct ksm_all_contents *contents, const struct ksm_grouping *grouping,
		     const int64_t *present, struct ksm_top *top);

/* The totals alone. -ENOMEM only. */
int ksm_sum_totals(struct ksm_page_source *source, const struct ksm_all_contents *contents,
		   struct ksm_estimate_sums *ret_totals);

#endif
