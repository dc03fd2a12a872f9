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

/* What is there at the pass before the last. This and the next once the twin has seen a pass, and before its end or after. */
void ksm_changes_count(const struct ksm_page_source *source, const struct ksm_twin *twin,
		       struct ksm_kind_counts *ret_counts);

/* Fills in the estimate's changes, at the last pass of a source that is not still; @before is what was there before. */
void ksm_changes_take(struct ksm_estimate *estimate, const struct ksm_page_source *source,
		      const struct ksm_twin *twin, const struct ksm_kind_counts *before);

#endif
