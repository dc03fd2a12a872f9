/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/estimate_diff.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cli/cli.h"

static int print_sentences(const struct ksm_diff *diff)
{
	int ret = 0;

	for (size_t i = 0; i < ksm_diff_sentences(diff) && !ret; i++) {
		struct ksm_str text ksm_auto_str = {0};

		ret = ksm_diff_sentence(diff, i, &text) ?: ksm_cli_print_safe("", text.data, "\n");
	}
	return ret;
}

enum { TOTAL_NAME, TOTAL_BEFORE, TOTAL_NOW, TOTAL_CHANGE };

static const struct ksm_column total_columns[] = {
	[TOTAL_NAME] = {"TOTAL", "as in the document", true, KSM_COL_TEXT},
	[TOTAL_BEFORE] = {"BEFORE", "in bytes", true, KSM_COL_BYTES},
	[TOTAL_NOW] = {"NOW", "in bytes", true, KSM_COL_BYTES},
	[TOTAL_CHANGE] = {"CHANGE", "in bytes", true, KSM_COL_BYTES},
	{NULL, NULL, false, KSM_COL_TEXT},
};

static int print_totals(const struct ksm_diff *diff, const struct ksm_table_options *options)
{
	struct ksm_table_options plain = {.bytes = options->bytes};
	struct ksm_table *table;
	int ret = ksm_table_new(total_columns, &plain, &table, NULL);

	if (ret)
		return ret;
	for (size_t i = 0; i < diff->n_totals && !ret; i++) {
		const struct ksm_diff_value *value = &diff->total[i];

		ret = ksm_table_row(table) ?: ksm_table_text(table, TOTAL_NAME, value->name)
			?: ksm_table_number(table, TOTAL_BEFORE, value->before)
			?: ksm_table_number(table, TOTAL_NOW, value->now)
			?: ksm_table_number(table, TOTAL_CHANGE, ksm_diff_change(value));
	}
	ret = ret ?: ksm_table_print(table);
	ksm_table_free(&table);
	return ret;
}

enum { PART_NAME, PART_IS, PART_PRESENT, PART_PRESENT_CHANGE, PART_FREED, PART_FREED_CHANGE };

#define PART_COLUMNS(WHAT)                                                                      \
	{                                                                                       \
		[PART_NAME] = {WHAT, "name", true, KSM_COL_TEXT},                               \
		[PART_IS] = {"IS", "there before and now, new, or gone", true, KSM_COL_TEXT},   \
		[PART_PRESENT] = {"PRESENT", "pages looked at, in bytes", true, KSM_COL_BYTES}, \
		[PART_PRESENT_CHANGE] = {"CHANGE", "of that", true, KSM_COL_BYTES},             \
		[PART_FREED] = {"FREED", "physical memory given back", true, KSM_COL_BYTES},    \
		[PART_FREED_CHANGE] = {"CHANGE", "of that", true, KSM_COL_BYTES},               \
		{NULL, NULL, false, KSM_COL_TEXT},                                              \
	}

static const struct ksm_column target_columns[] = PART_COLUMNS("TARGET");
static const struct ksm_column group_columns[] = PART_COLUMNS("GROUP");

static int put_part(struct ksm_table *table, const struct ksm_diff_part *part)
{
	return ksm_table_row(table) ?: ksm_table_text(table, PART_NAME, part->name)
		?: ksm_table_text(table, PART_IS, ksm_diff_state(part))
		?: ksm_table_number(table, PART_PRESENT, part->present.now)
		?: ksm_table_number(table, PART_PRESENT_CHANGE, ksm_diff_change(&part->present))
		?: ksm_table_number(table, PART_FREED, part->freed.now)
		?: ksm_table_number(table, PART_FREED_CHANGE, ksm_diff_change(&part->freed));
}

static int print_parts(const struct ksm_column *columns, const struct ksm_diff_part *part, size_t n,
		       const struct ksm_table_options *options)
{
	struct ksm_table_options plain = {.bytes = options->bytes};
	struct ksm_table *table;
	int ret = n ? ksm_table_new(columns, &plain, &table, NULL) : 0;

	if (ret || !n)
		return ret;
	putchar('\n');
	for (size_t i = 0; i < n && !ret; i++)
		ret = put_part(table, &part[i]);
	ret = ret ?: ksm_table_print(table);
	ksm_table_free(&table);
	return ret;
}

int ksm_estimate_print_diff(const struct ksm_diff *diff, const struct ksm_table_options *options)
{
	int ret = print_sentences(diff);

	putchar('\n');
	ret = ret ?: print_totals(diff, options)
		?: print_parts(target_columns, diff->target, diff->n_targets, options)
		?: print_parts(group_columns, diff->group, diff->n_groups, options);
	putchar('\n');
	return ret;
}
