/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between which values the counters lay, pass by pass. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_BANDS_H
#define KSM_ESTIMATE_BANDS_H

#include "estimate/estimate.h"

/* Sets has_bands and bands of an outcome whose passes are done. -ENOMEM only. */
int ksm_bands_take(struct ksm_outcome *outcome, unsigned int page_size);

#endif
