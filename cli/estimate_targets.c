/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of an estimate's targets. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/estimate_tables.h"
#include "cli/estimate_text.h"
#include "kernel/process.h"

enum {
	COL_FILE,
	COL_PID,
	COL_USER,
	COL_NAME,
	COL_PRESENT,
	COL_DISTINCT,
	COL_ZERO,
	COL_SELF,
	COL_CROSS,
	COL_MERGED,
	COL_MERGING,
	COL_RMAP_ITEMS,
	COL_FREED,
	COL_PROFIT,
	COL_SWAPPED,
	COL_LOST,
	COL_CGROUP,
	COL_ERROR,
	N_COLUMNS,
};

/* What names a target differs: LIVE and DUMP say which is shown without -o. */
#define TARGET_COLUMNS(LIVE, DUMP)                                                                \
	{                                                                                         \
		[COL_FILE] = {"FILE", "the dump it was read from", DUMP, KSM_COL_TEXT},           \
		[COL_PID] = {"PID", "process", LIVE, KSM_COL_NUMBER},                             \
		[COL_USER] = {"USER", "its effective user", LIVE, KSM_COL_TEXT},                  \
		[COL_NAME] = {"NAME", "its name", true, KSM_COL_TEXT},                            \
		[COL_PRESENT] = {"PRESENT", "pages looked at, in bytes", true, KSM_COL_BYTES},    \
		[COL_DISTINCT] = {"DISTINCT", "different contents, in pages", false,              \
				  KSM_COL_NUMBER},                                                \
		[COL_ZERO] = {"ZERO", "pages of zero bytes only, in bytes", true, KSM_COL_BYTES}, \
		[COL_SELF] = {"SELF", "duplicates within the target, in bytes", true,             \
			      KSM_COL_BYTES},                                                     \
		[COL_CROSS] = {"CROSS", "contents that another target has too, in bytes", true,   \
			       KSM_COL_BYTES},                                                    \
		[COL_MERGED] = {"MERGED", "pages merged now, in bytes", false, KSM_COL_BYTES},    \
		[COL_MERGING] = {"MERGING", "ksm_merging_pages after the last pass, in pages",    \
				 false, KSM_COL_NUMBER},                                          \
		[COL_RMAP_ITEMS] = {"RMAP-ITEMS", "ksm_rmap_items after the last pass", false,    \
				    KSM_COL_NUMBER},                                              \
		[COL_FREED] = {"FREED",                                                           \
			       "physical memory given back, by the first mapping of each page",   \
			       true, KSM_COL_BYTES},                                              \
		[COL_PROFIT] = {"PROFIT", "ksm_process_profit after the last pass, in bytes",     \
				false, KSM_COL_BYTES},                                            \
		[COL_SWAPPED] = {"SWAPPED", "swapped out and so not seen, in bytes", false,       \
				 KSM_COL_BYTES},                                                  \
		[COL_LOST] = {"LOST", "pages gone between looking and reading", false,            \
			      KSM_COL_NUMBER},                                                    \
		[COL_CGROUP] = {"CGROUP", "its control group", false, KSM_COL_TEXT},              \
		[COL_ERROR] = {"ERROR", "why it could not be read whole", false, KSM_COL_TEXT},   \
		{NULL, NULL, false, KSM_COL_TEXT},                                                \
	}

const struct ksm_column ksm_estimate_columns[] = TARGET_COLUMNS(true, false);
const struct ksm_column ksm_analyze_columns[] = TARGET_COLUMNS(false, true);

static int put_identity(struct ksm_table *table, const struct ksm_estimate_target *target)
{
	const struct ksm_space *space = target->space;
	char *user ksm_auto_free = space->has_uid ? ksm_user_name(space->uid) : NULL;
	int err = space->pid ? ksm_table_number(table, COL_PID, space->pid) : 0;

	if (!err && space->file)
		err = ksm_table_text(table, COL_FILE, space->file);
	if (!err && user)
		err = ksm_table_text(table, COL_USER, user);
	if (!err && *space->name)
		err = ksm_table_text(table, COL_NAME, space->name);
	if (!err && *space->cgroup)
		err = ksm_table_text(table, COL_CGROUP, space->cgroup);
	if (!err && !target->complete)
		err = ksm_table_text(table, COL_ERROR, target->error.text);
	return err;
}

static int put_target(struct ksm_table *table, const struct ksm_estimate *estimate,
		      const struct ksm_estimate_target *target)
{
	const struct ksm_estimate_sums *sums = &target->sums;
	bool merged_known = !(estimate->unknown & KSM_UNKNOWN_KSM_PAGES);
	const struct {
		size_t column;
		int64_t value;
		bool known;
	} cells[] = {
		{COL_PRESENT, ksm_estimate_bytes(estimate, sums->pages_present), true},
		{COL_DISTINCT, sums->distinct_pages, true},
		{COL_ZERO, ksm_estimate_bytes(estimate, sums->zero_pages), true},
		{COL_SELF, ksm_estimate_bytes(estimate, sums->duplicate_pages), true},
		{COL_CROSS, ksm_estimate_bytes(estimate, target->cross_duplicate_pages), true},
		{COL_MERGED, ksm_estimate_bytes(estimate, sums->already_merged_pages),
		 merged_known},
		{COL_MERGING, target->counters.ksm_merging_pages, true},
		{COL_RMAP_ITEMS, target->counters.ksm_rmap_items, true},
		{COL_FREED, ksm_estimate_bytes(estimate, sums->freed_pages), true},
		{COL_PROFIT, target->ksm_process_profit, true},
		{COL_SWAPPED, ksm_estimate_bytes(estimate, (int64_t)target->space->swapped_pages),
		 !target->space->dump},
		{COL_LOST, target->lost_pages, true},
	};
	bool read = ksm_estimate_is_read(target);
	int err = ksm_table_row(table);

	if (!err)
		err = put_identity(table, target);
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]) && !err; i++)
		if (read && cells[i].known)
			err = ksm_table_number(table, cells[i].column, cells[i].value);
	return err;
}

static bool is_any_process(const struct ksm_estimate *estimate)
{
	for (uint32_t i = 0; i < estimate->n_targets; i++)
		if (estimate->target[i].space->pid)
			return true;
	return false;
}

int ksm_estimate_print_targets(const struct ksm_cli *cli, const struct ksm_estimate *estimate,
			       const struct ksm_table_options *options, struct ksm_error *err)
{
	uint32_t *order ksm_auto_free = ksm_estimate_order_targets(estimate);
	struct ksm_column columns[N_COLUMNS + 1];
	struct ksm_table *table;
	int ret;

	if (!order)
		return ksm_error_no_memory(err);
	memcpy(columns, cli->verb->columns, sizeof(columns));
	columns[COL_PID].is_default |= is_any_process(estimate);
	ret = ksm_table_new(columns, options, &table, err);
	if (ret)
		return ret;
	for (uint32_t i = 0; i < estimate->n_targets && !ret; i++)
		ret = put_target(table, estimate, &estimate->target[order[i]]);
	if (!ret)
		ret = ksm_table_print(table);
	ksm_table_free(&table);
	return ret ? ksm_error_set(err, KSM_ERR_SYSTEM, -ret, "cannot print the table: %s",
				   strerror(-ret))
		   : 0;
}
