/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/estimate_tables.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/units.h"

enum {
	OUTCOME_SETTINGS,
	OUTCOME_FREED,
	OUTCOME_NET,
	OUTCOME_SHARED,
	OUTCOME_SHARING,
	OUTCOME_ZERO,
	OUTCOME_PASSES,
	OUTCOME_SECONDS,
	OUTCOME_CPU
};

static const struct ksm_column outcome_columns[] = {
	[OUTCOME_SETTINGS] = {"WHAT-IF", "settings", true, KSM_COL_TEXT},
	[OUTCOME_FREED] = {"FREED", "physical memory given back", true, KSM_COL_BYTES},
	[OUTCOME_NET] = {"NET", "the same less rmap items", true, KSM_COL_BYTES},
	[OUTCOME_SHARED] = {"SHARED", "pages_shared after the last pass", true, KSM_COL_NUMBER},
	[OUTCOME_SHARING] = {"SHARING", "pages_sharing after the last pass", true, KSM_COL_NUMBER},
	[OUTCOME_ZERO] = {"ZERO", "ksm_zero_pages after the last pass", true, KSM_COL_NUMBER},
	[OUTCOME_PASSES] = {"PASSES", "until nothing more merges", true, KSM_COL_NUMBER},
	[OUTCOME_SECONDS] = {"TIME", "until then", true, KSM_COL_TEXT},
	[OUTCOME_CPU] = {"CPU", "of ksmd, until then", true, KSM_COL_TEXT},
	{NULL, NULL, false, KSM_COL_TEXT},
};

static int put_seconds(struct ksm_table *table, size_t column, double seconds)
{
	char text[KSM_UNITS_MAX];

	if (!isfinite(seconds))
		return 0;
	ksm_format_seconds(seconds, text);
	return ksm_table_text(table, column, text);
}

static int put_outcome(struct ksm_table *table, const struct ksm_estimate *estimate,
		       const struct ksm_outcome *outcome)
{
	const struct ksm_counters *c = &outcome->pass[outcome->n_passes - 1];
	int64_t freed = ksm_estimate_bytes(estimate, outcome->freed_pages);
	int ret = ksm_table_row(table)
			  ?: ksm_table_text(table, OUTCOME_SETTINGS,
					    *outcome->settings ? outcome->settings : "(as it is)")
			  ?: ksm_table_number(table, OUTCOME_FREED, freed)
			  ?: ksm_table_number(table, OUTCOME_NET, freed - outcome->metadata_bytes)
			  ?: ksm_table_number(table, OUTCOME_SHARED, c->pages_shared)
			  ?: ksm_table_number(table, OUTCOME_SHARING, c->pages_sharing)
			  ?: ksm_table_number(table, OUTCOME_ZERO, c->ksm_zero_pages)
			  ?: put_seconds(table, OUTCOME_SECONDS, outcome->forecast.seconds_to_settle)
			  ?: put_seconds(table, OUTCOME_CPU, outcome->forecast.ksmd_cpu_seconds);

	if (!ret && outcome->forecast.passes_to_settle != KSM_UNKNOWN)
		ret = ksm_table_number(table, OUTCOME_PASSES, outcome->forecast.passes_to_settle);
	return ret;
}

int ksm_estimate_print_outcomes(const struct ksm_estimate *estimate,
				const struct ksm_table_options *options)
{
	struct ksm_table_options plain = {.bytes = options->bytes};
	struct ksm_table *table;
	int ret = ksm_table_new(outcome_columns, &plain, &table, NULL);

	if (ret)
		return ret;
	for (size_t i = 0; i < estimate->n_outcomes && !ret; i++)
		ret = put_outcome(table, estimate, &estimate->outcome[i]);
	ret = ret ?: ksm_table_print(table);
	ksm_table_free(&table);
	return ret;
}

enum { GROUP_NAME, GROUP_PRESENT, GROUP_DISTINCT, GROUP_DUPLICATES, GROUP_ZERO, GROUP_FREED };

static const struct ksm_column group_columns[] = {
	[GROUP_NAME] = {"GROUP", "name", true, KSM_COL_TEXT},
	[GROUP_PRESENT] = {"PRESENT", "pages looked at, in bytes", true, KSM_COL_BYTES},
	[GROUP_DISTINCT] = {"DISTINCT", "different contents, in bytes", true, KSM_COL_BYTES},
	[GROUP_DUPLICATES] = {"DUPLICATES", "beyond the first of each content, in bytes", true,
			      KSM_COL_BYTES},
	[GROUP_ZERO] = {"ZERO", "pages of zero bytes only, in bytes", true, KSM_COL_BYTES},
	[GROUP_FREED] = {"FREED", "physical memory given back", true, KSM_COL_BYTES},
	{NULL, NULL, false, KSM_COL_TEXT},
};

int ksm_estimate_print_groups(const struct ksm_estimate *estimate,
			      const struct ksm_table_options *options)
{
	struct ksm_table_options plain = {.bytes = options->bytes};
	struct ksm_table *table;
	int ret = ksm_table_new(group_columns, &plain, &table, NULL);

	if (ret)
		return ret;
	for (size_t i = 0; i < estimate->n_groups && !ret; i++) {
		const struct ksm_estimate_sums *sums = &estimate->group[i].sums;

		ret = ksm_table_row(table) ?: ksm_table_text(table, GROUP_NAME, estimate->group[i].name)
			?: ksm_table_number(table, GROUP_PRESENT, ksm_estimate_bytes(estimate, sums->pages_present))
			?: ksm_table_number(table, GROUP_DISTINCT, ksm_estimate_bytes(estimate, sums->distinct_pages))
			?: ksm_table_number(table, GROUP_DUPLICATES, ksm_estimate_bytes(estimate, sums->duplicate_pages))
			?: ksm_table_number(table, GROUP_ZERO, ksm_estimate_bytes(estimate, sums->zero_pages))
			?: ksm_table_number(table, GROUP_FREED, ksm_estimate_bytes(estimate, sums->freed_pages));
	}
	ret = ret ?: ksm_table_print(table);
	ksm_table_free(&table);
	return ret;
}

enum { HISTOGRAM_COPIES, HISTOGRAM_CONTENTS, HISTOGRAM_PAGES, HISTOGRAM_BYTES };

static const struct ksm_column histogram_columns[] = {
	[HISTOGRAM_COPIES] = {"COPIES", "of a content", true, KSM_COL_TEXT},
	[HISTOGRAM_CONTENTS] = {"CONTENTS", "with so many", true, KSM_COL_NUMBER},
	[HISTOGRAM_PAGES] = {"PAGES", "of these", true, KSM_COL_NUMBER},
	[HISTOGRAM_BYTES] = {"SIZE", "of these", true, KSM_COL_BYTES},
	{NULL, NULL, false, KSM_COL_TEXT},
};

int ksm_estimate_print_histogram(const struct ksm_estimate *estimate)
{
	struct ksm_table_options plain = {0};
	struct ksm_table *table;
	int ret = ksm_table_new(histogram_columns, &plain, &table, NULL);

	if (ret)
		return ret;
	for (unsigned int row = 0; row < KSM_HISTOGRAM_ROWS && !ret; row++) {
		const struct ksm_histogram_row *histogram = &estimate->histogram[row];
		char copies[64];

		if (!histogram->contents)
			continue;
		if (row > 1)
			snprintf(copies, sizeof(copies), "%" PRId64 "-%" PRId64,
				 ksm_histogram_from(row), ksm_histogram_to(row));
		else
			snprintf(copies, sizeof(copies), "%" PRId64, ksm_histogram_to(row));
		ret = ksm_table_row(table) ?: ksm_table_text(table, HISTOGRAM_COPIES, copies)
			?: ksm_table_number(table, HISTOGRAM_CONTENTS, histogram->contents)
			?: ksm_table_number(table, HISTOGRAM_PAGES, histogram->copies)
			?: ksm_table_number(table, HISTOGRAM_BYTES, ksm_estimate_bytes(estimate, histogram->copies));
	}
	ret = ret ?: ksm_table_print(table);
	ksm_table_free(&table);
	return ret;
}

enum { CONTENT_COPIES, CONTENT_TARGETS, CONTENT_IN, CONTENT_ADDRESS, CONTENT_AREA, CONTENT_WHAT };

static const struct ksm_column content_columns[] = {
	[CONTENT_COPIES] = {"COPIES", "physical pages", true, KSM_COL_NUMBER},
	[CONTENT_TARGETS] = {"TARGETS", "that have it", true, KSM_COL_NUMBER},
	[CONTENT_IN] = {"FIRST-IN", "process or file", true, KSM_COL_TEXT},
	[CONTENT_ADDRESS] = {"ADDRESS", "where the first lies", true, KSM_COL_TEXT},
	[CONTENT_AREA] = {"AREA", "what it lies in", true, KSM_COL_TEXT},
	[CONTENT_WHAT] = {"CONTENT", "zero, or empty", true, KSM_COL_TEXT},
	{NULL, NULL, false, KSM_COL_TEXT},
};

static const char *area_name(const struct ksm_space *space, uint64_t address)
{
	const struct ksm_area *area = ksm_areas_find(&space->areas, address);
	const char *name = area ? ksm_area_name(&space->areas, area) : "";

	return *name || !area ? name : ksm_area_kind_name(ksm_area_kind(&space->areas, area));
}

int ksm_estimate_print_contents(const struct ksm_estimate *estimate)
{
	struct ksm_table_options plain = {0};
	struct ksm_table *table;
	int ret = ksm_table_new(content_columns, &plain, &table, NULL);

	if (ret)
		return ret;
	for (size_t i = 0; i < estimate->n_contents && !ret; i++) {
		const struct ksm_estimate_content *content = &estimate->content[i];
		const struct ksm_space *space = estimate->target[content->space].space;
		char address[32], pid[16];

		snprintf(pid, sizeof(pid), "%d", space->pid);
		snprintf(address, sizeof(address), "0x%" PRIx64, content->address);
		ret = ksm_table_row(table) ?: ksm_table_number(table, CONTENT_COPIES, content->copies)
			?: ksm_table_number(table, CONTENT_TARGETS, content->targets)
			?: ksm_table_text(table, CONTENT_IN, space->file ? space->file : pid)
			?: ksm_table_text(table, CONTENT_ADDRESS, address)
			?: ksm_table_text(table, CONTENT_AREA, area_name(space, content->address))
			?: ksm_table_text(table, CONTENT_WHAT, content->is_zero ? "zero" : "");
	}
	ret = ret ?: ksm_table_print(table);
	ksm_table_free(&table);
	return ret;
}
