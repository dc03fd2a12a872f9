/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Are pages of equal keys equal byte by byte? Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_VERIFY_H
#define KSM_ESTIMATE_VERIFY_H

#include "estimate/contents.h"
#include "estimate/estimate.h"

/*
 * Reads every page whose content occurs more than once again and compares it with the first of its content:
 * sets verified_pages and mismatched_pages. Pages that are gone or have changed meanwhile count as neither.
 */
int ksm_verify_contents(struct ksm_estimate *estimate, struct ksm_page_source *source,
			const struct ksm_summer *summer, const struct ksm_contents *contents);

#endif
