/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pages changed, came and went while the passes went on. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_CHANGES_H
#define KSM_ESTIMATE_CHANGES_H

#include "estimate/estimate.h"
#include "ksmd/twin.h"

/* Pages by kind of area; the last is for addresses outside all areas. */
struct ksm_kind_counts {
	int64_t pages[KSM_AREA_KINDS + 1];
};

/* What there is after the pass before the last. */
void ksm_changes_count(const struct ksm_page_source *source, const struct ksm_twin *twin,
		       struct ksm_kind_counts *ret_counts);

/*
 * Fills in the estimate's changes, from a twin that saw its passes. @before is what there was at the pass before
 * the last; NULL where there was none, or the source is still.
 */
void ksm_changes_take(struct ksm_estimate *estimate, const struct ksm_page_source *source,
		      const struct ksm_twin *twin, const struct ksm_kind_counts *before);

#endif
