/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Draws the maps of an estimate. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_MAP_TAKE_H
#define KSM_ESTIMATE_MAP_TAKE_H

#include "estimate/contents.h"
#include "estimate/estimate.h"

/* Into estimate->map, one per target. -ENOMEM only; what there is is freed with ksm_maps_free() in any case. */
int ksm_maps_take(struct ksm_estimate *estimate, const struct ksm_contents *contents);
void ksm_maps_free(struct ksm_estimate *estimate);

#endif
