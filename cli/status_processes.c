/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/status_processes.h"

#include <errno.h>

#include "base/cleanup.h"

enum {
	COL_PID,
	COL_USER,
	COL_NAME,
	COL_RSS,
	COL_MERGED,
	COL_ZERO,
	COL_COST,
	COL_PROFIT,
	COL_OPT_IN,
	COL_ITEMS,
	COL_CGROUP
};

const struct ksm_column ksm_status_process_columns[] = {
	[COL_PID] = {"PID", "process", true, KSM_COL_NUMBER},
	[COL_USER] = {"USER", "whose it is", true, KSM_COL_TEXT},
	[COL_NAME] = {"NAME", "of the process", true, KSM_COL_TEXT},
	[COL_RSS] = {"RSS", "memory that it has now", true, KSM_COL_BYTES},
	[COL_MERGED] = {"MERGED", "mappings merged, zero pages included", true, KSM_COL_BYTES},
	[COL_ZERO] = {"ZERO", "of these, merged with the zero page", true, KSM_COL_BYTES},
	[COL_COST] = {"COST", "rmap items", true, KSM_COL_BYTES},
	[COL_PROFIT] = {"PROFIT", "merged less cost, as the kernel counts", true, KSM_COL_BYTES},
	[COL_OPT_IN] = {"OPT-IN", "whole, part or none", true, KSM_COL_TEXT},
	[COL_ITEMS] = {"RMAP-ITEMS", "pages that ksmd tracks", false, KSM_COL_NUMBER},
	[COL_CGROUP] = {"CGROUP", "control group", false, KSM_COL_TEXT},
	{NULL, NULL, false, KSM_COL_TEXT},
};

static int put_row(struct ksm_table *table, const struct ksm_process_status *status)
{
	const struct ksm_stat *stat = &status->stat;
	int64_t items = KSM_UNKNOWN;

	if (stat->valid[KSM_STAT_ksm_rmap_items])
		items = stat->value[KSM_STAT_ksm_rmap_items];
	return ksm_table_row(table) ?: ksm_table_number(table, COL_PID, status->process.pid)
		?: ksm_table_text(table, COL_USER, status->user)
		?: ksm_table_text(table, COL_NAME, status->process.name)
		?: ksm_table_number(table, COL_RSS, (int64_t)status->process.rss_bytes)
		?: ksm_table_number(table, COL_MERGED, status->merged_bytes)
		?: ksm_table_number(table, COL_ZERO, status->zero_bytes)
		?: ksm_table_number(table, COL_COST, status->cost_bytes)
		?: ksm_table_number(table, COL_PROFIT, status->profit_bytes)
		?: (status->opt_in ? ksm_table_text(table, COL_OPT_IN, status->opt_in) : 0)
		?: ksm_table_number(table, COL_ITEMS, items)
		?: ksm_table_text(table, COL_CGROUP, status->process.cgroup);
}

int ksm_status_print_processes(const struct ksm_process_statuses *statuses,
			       const struct ksm_table_options *options, struct ksm_error *err)
{
	ksm_cleanup(ksm_table_free) struct ksm_table *table = NULL;
	int ret = ksm_table_new(ksm_status_process_columns, options, &table, err);

	if (ret)
		return ret;
	for (size_t i = 0; i < statuses->n; i++)
		if (put_row(table, &statuses->item[i]))
			return ksm_error_no_memory(err);
	if (ksm_table_print(table))
		return ksm_error_no_memory(err);
	return 0;
}
