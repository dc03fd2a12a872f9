/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pages changed while the passes went on. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_CHANGES_H
#define KSM_ESTIMATE_CHANGES_H

#include "estimate/estimate.h"
#include "ksmd/twin.h"

/* Fills in the estimate's changes, from a twin that saw its passes. -ENOMEM only. */
int ksm_changes_take(struct ksm_estimate *estimate, const struct ksm_page_source *source,
		     const struct ksm_twin *twin);

#endif
