/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of an estimate's page; each is nothing where there is nothing to show. For core/report alone. */
#ifndef KSM_REPORT_HTML_ESTIMATE_H
#define KSM_REPORT_HTML_ESTIMATE_H

#include "base/units.h"
#include "estimate/estimate.h"
#include "report/diff.h"
#include "report/html_page.h"

void ksm_html_diff(struct ksm_html *html, const struct ksm_diff *diff);
/* From what was looked at to what is saved. */
void ksm_html_waterfall(struct ksm_html *html, const struct ksm_estimate *estimate);
void ksm_html_histogram(struct ksm_html *html, const struct ksm_estimate *estimate);
void ksm_html_passes(struct ksm_html *html, const struct ksm_estimate *estimate);
void ksm_html_outcomes(struct ksm_html *html, const struct ksm_estimate *estimate);
/* Address spaces; @order as ksm_estimate_order_targets(). */
void ksm_html_maps(struct ksm_html *html, const struct ksm_estimate *estimate,
		   const uint32_t *order);
/* Who shares with whom: targets, and groups. */
void ksm_html_pairs(struct ksm_html *html, const struct ksm_estimate *estimate);
void ksm_html_targets(struct ksm_html *html, const struct ksm_estimate *estimate,
		      const uint32_t *order);
void ksm_html_groups(struct ksm_html *html, const struct ksm_estimate *estimate);
void ksm_html_contents(struct ksm_html *html, const struct ksm_estimate *estimate);

#endif
