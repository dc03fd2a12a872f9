/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of an estimate's report beside that of the targets. Each returns 0 or a negative errno. */
#ifndef KSM_CLI_ESTIMATE_TABLES_H
#define KSM_CLI_ESTIMATE_TABLES_H

#include "cli/table.h"
#include "estimate/estimate.h"

/* A row per model, the first and every --what-if. */
int ksm_estimate_print_outcomes(const struct ksm_estimate *estimate,
				const struct ksm_table_options *options);
/* A row per group, for --by. */
int ksm_estimate_print_groups(const struct ksm_estimate *estimate,
			      const struct ksm_table_options *options);
/* A row per content, for --top. */
int ksm_estimate_print_contents(const struct ksm_estimate *estimate);

#endif
