/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --diff finds, for people. */
#ifndef KSM_CLI_ESTIMATE_DIFF_H
#define KSM_CLI_ESTIMATE_DIFF_H

#include "cli/table.h"
#include "report/diff.h"

/* 0 or a negative errno. */
int ksm_estimate_print_diff(const struct ksm_diff *diff, const struct ksm_table_options *options);

#endif
