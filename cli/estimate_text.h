/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An estimate for people. */
#ifndef KSM_CLI_ESTIMATE_TEXT_H
#define KSM_CLI_ESTIMATE_TEXT_H

#include "cli/cli.h"
#include "cli/table.h"
#include "estimate/estimate.h"
#include "report/diff.h"

/* Of the table of targets, for verbs over processes and over dumps. */
extern const struct ksm_column ksm_estimate_columns[];
extern const struct ksm_column ksm_analyze_columns[];

/*
 * The whole report, behind @diff unless that is NULL, or the table of targets alone for who asks for columns, raw output or no headings.
 * Returns 0 or a negative errno.
 */
int ksm_estimate_print(const struct ksm_cli *cli, const struct ksm_estimate *estimate,
		       const struct ksm_diff *diff, const struct ksm_table_options *options,
		       struct ksm_error *err);

#endif
