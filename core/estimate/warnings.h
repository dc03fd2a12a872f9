/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a reader of an estimate must know beside the numbers. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_WARNINGS_H
#define KSM_ESTIMATE_WARNINGS_H

#include "estimate/estimate.h"

/* -ENOMEM only. */
int ksm_estimate_warn_all(struct ksm_estimate *estimate, const struct ksm_page_source *source);

#endif
