/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of an estimate's report beside that of the targets. Where not void they return 0 or a negative
 * errno.
 */
#ifndef KSM_CLI_ESTIMATE_TABLES_H
#define KSM_CLI_ESTIMATE_TABLES_H

#include "cli/cli.h"
#include "cli/table.h"
#include "estimate/estimate.h"

/* A row per target; with @err for a column that there is not. */
int ksm_estimate_print_targets(const struct ksm_cli *cli, const struct ksm_estimate *estimate,
			       const struct ksm_table_options *options, struct ksm_error *err);
/* The counters of a model that has bands: last, lowest, median and highest. */
int ksm_estimate_print_bands(const struct ksm_estimate *estimate);
/* A row per kind of area in which pages changed. */
int ksm_estimate_print_changes(const struct ksm_estimate *estimate,
			       const struct ksm_table_options *options);
/* A row per model, the first and every --what-if. */
int ksm_estimate_print_outcomes(const struct ksm_estimate *estimate,
				const struct ksm_table_options *options);
/* A row per group, for --by. */
int ksm_estimate_print_groups(const struct ksm_estimate *estimate,
			      const struct ksm_table_options *options);
/* Who shares with whom, of three targets or more, and of groups. */
int ksm_estimate_print_pairs(const struct ksm_estimate *estimate,
			     const struct ksm_table_options *options);
int ksm_estimate_print_group_pairs(const struct ksm_estimate *estimate,
				   const struct ksm_table_options *options);
/* A line: by how few contents half of the duplicates are made. Nothing where there are none. */
void ksm_estimate_print_concentration(const struct ksm_estimate *estimate);
/* What share of the duplicates the most repeated contents have, for --top. */
void ksm_estimate_print_shares(const struct ksm_estimate *estimate);
/* How often contents occur, for --top. */
int ksm_estimate_print_histogram(const struct ksm_estimate *estimate);
/* A row per content, for --top. */
int ksm_estimate_print_contents(const struct ksm_estimate *estimate);

#endif
