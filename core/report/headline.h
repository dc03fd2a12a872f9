/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an estimate comes to, in sentences. */
#ifndef KSM_REPORT_HEADLINE_H
#define KSM_REPORT_HEADLINE_H

#include "base/str.h"
#include "estimate/estimate.h"

/*
 * Appends the headline, and each sentence that has to stand next to it, a line each. The first has what is freed, of
 * what, at what cost, and whether that is worth it. -ENOMEM only.
 */
int ksm_report_headline(const struct ksm_estimate *estimate, struct ksm_str *lines);

#endif
