/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of an estimate's text that memory fills by changing: bands of counters, and which pages change. */
#include <inttypes.h>
#include <stdio.h>

#include "base/units.h"
#include "cli/estimate_tables.h"
#include "ksmd/twin.h"

static void print_band(const char *name, const struct ksm_band *band, const char *meaning)
{
	printf("  %-16s %12" PRId64 " %12" PRId64 " %12" PRId64 " %12" PRId64 "  %s\n", name,
	       band->last, band->lowest, band->median, band->highest, meaning);
}

static void print_profit(const struct ksm_band *band)
{
	char last[KSM_UNITS_MAX], lowest[KSM_UNITS_MAX], median[KSM_UNITS_MAX],
		highest[KSM_UNITS_MAX];

	ksm_format_bytes(band->last, last);
	ksm_format_bytes(band->lowest, lowest);
	ksm_format_bytes(band->median, median);
	ksm_format_bytes(band->highest, highest);
	printf("  %-16s %12s %12s %12s %12s  %s\n", "general_profit", last, lowest, median, highest,
	       "saved less rmap items");
}

int ksm_estimate_print_bands(const struct ksm_estimate *estimate)
{
	const struct ksm_outcome *outcome = estimate->outcome;
	const struct ksm_bands *bands = &outcome->bands;
	int ret;

	printf("\nksmd would show, after passes %d to %u", KSM_BANDS_FIRST_PASS, outcome->n_passes);
	ret = ksm_cli_print_safe(" (kernel ", outcome->model.kernel, ", ");
	printf("%s), in pages%s:\n", ksm_checksum_name(outcome->model.profile->checksum),
	       estimate->sample.every > 1 ? ", told from a sample" : "");
	printf("  %-16s %12s %12s %12s %12s\n", "", "last", "lowest", "median", "highest");
	print_band("pages_shared", &bands->pages_shared, "KSM pages in use");
	print_band("pages_sharing", &bands->pages_sharing, "further mappings: what is saved");
	print_band("pages_unshared", &bands->pages_unshared, "without a twin");
	print_band("pages_volatile", &bands->pages_volatile, "changing, or left out");
	if (bands->ksm_zero_pages.highest)
		print_band("ksm_zero_pages", &bands->ksm_zero_pages, "replaced by the zero page");
	print_profit(&bands->general_profit);
	return ret;
}

enum {
	CHANGE_AREA,
	CHANGE_PRESENT,
	CHANGE_CHANGED,
	CHANGE_SHARE,
	CHANGE_TIMES,
	CHANGE_NEW,
	CHANGE_GONE
};

static const struct ksm_column change_columns[] = {
	[CHANGE_AREA] = {"AREA", "kind", true, KSM_COL_TEXT},
	[CHANGE_PRESENT] = {"PRESENT", "pages looked at, in bytes", true, KSM_COL_BYTES},
	[CHANGE_CHANGED] = {"CHANGED", "those that changed between passes", true, KSM_COL_BYTES},
	[CHANGE_SHARE] = {"SHARE", "of those present", true, KSM_COL_PERCENT},
	[CHANGE_TIMES] = {"HOW-OFTEN", "they did", true, KSM_COL_TEXT},
	[CHANGE_NEW] = {"NEW", "not there one pass before", true, KSM_COL_BYTES},
	[CHANGE_GONE] = {"GONE", "there one pass before, and not now", true, KSM_COL_BYTES},
	{NULL, NULL, false, KSM_COL_TEXT},
};

/* "3.2 of 5 times" */
static int put_times(struct ksm_table *table, const struct ksm_estimate *estimate,
		     const struct ksm_estimate_change *change)
{
	const char *at_least = estimate->outcome->n_passes > KSM_TWIN_CHANGES_MAX ? ">= " : "";
	char times[64];

	if (!change->changed_pages)
		return 0;
	snprintf(times, sizeof(times), "%s%.1f of %u times", at_least,
		 (double)change->changes / (double)change->changed_pages,
		 estimate->outcome->n_passes - 1);
	return ksm_table_text(table, CHANGE_TIMES, times);
}

static int put_change(struct ksm_table *table, const struct ksm_estimate *estimate,
		      const struct ksm_estimate_change *change)
{
	const struct {
		size_t column;
		int64_t pages;
	} cells[] = {
		{CHANGE_PRESENT, change->pages_present},
		{CHANGE_CHANGED, change->changed_pages},
		{CHANGE_NEW, change->new_pages},
		{CHANGE_GONE, change->gone_pages},
	};
	int ret = ksm_table_row(table) ?: ksm_table_text(table, CHANGE_AREA, change->area);

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]) && !ret; i++)
		ret = ksm_table_number(table, cells[i].column,
				       ksm_estimate_bytes(estimate, cells[i].pages));
	return ret ?: ksm_table_percent(table, CHANGE_SHARE, (uint64_t)change->changed_pages, (uint64_t)change->pages_present)
		?: put_times(table, estimate, change);
}

int ksm_estimate_print_changes(const struct ksm_estimate *estimate,
			       const struct ksm_table_options *options)
{
	struct ksm_table_options plain = {.bytes = options->bytes};
	struct ksm_table *table;
	int ret = ksm_table_new(change_columns, &plain, &table, NULL);

	if (ret)
		return ret;
	for (size_t i = 0; i < estimate->n_changes && !ret; i++)
		ret = put_change(table, estimate, &estimate->change[i]);
	ret = ret ?: ksm_table_print(table);
	ksm_table_free(&table);
	return ret;
}
