/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An estimate as a page to look at, to print and to pass on: one file of HTML with charts as SVG. */
#ifndef KSM_REPORT_ESTIMATE_HTML_H
#define KSM_REPORT_ESTIMATE_HTML_H

#include "base/str.h"
#include "estimate/estimate.h"
#include "report/diff.h"

/*
 * Appends it. The map of address spaces is in it if the estimate has one, what has changed unless @diff is NULL.
 * -ENOMEM only.
 */
int ksm_report_estimate_html(const struct ksm_estimate *estimate, const struct ksm_diff *diff,
			     struct ksm_str *text);

#endif
