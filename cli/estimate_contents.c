/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of an estimate's text that is about contents: how often they occur, and which do so most. */
#include <inttypes.h>
#include <stdio.h>

#include "base/units.h"
#include "cli/estimate_tables.h"

void ksm_estimate_print_concentration(const struct ksm_estimate *estimate)
{
	const struct ksm_concentration *all = &estimate->concentration;
	const struct ksm_concentration *nonzero = &estimate->nonzero_concentration;

	if (all->repeated_contents == 1)
		puts("The duplicates are all of one content.");
	if (all->repeated_contents < 2)
		return;
	printf("Half of the duplicates come from %" PRId64 " of %" PRId64 " repeated contents",
	       all->contents_for_half, all->repeated_contents);
	if (nonzero->repeated_contents == all->repeated_contents)
		puts(".");
	else
		printf("; without zeros, from %" PRId64 " of %" PRId64 ".\n",
		       nonzero->contents_for_half, nonzero->repeated_contents);
}

static void print_shares(const char *of, const struct ksm_concentration *c)
{
	const int64_t pages[] = {c->top_1_pages, c->top_10_pages, c->top_100_pages};
	char share[3][KSM_UNITS_MAX];

	for (int i = 0; i < 3; i++)
		ksm_format_percent((uint64_t)pages[i], (uint64_t)c->duplicate_pages, share[i]);
	printf("The most repeated content makes %s of the duplicates%s, the first 10 %s, the first "
	       "100 %s.\n",
	       share[0], of, share[1], share[2]);
}

void ksm_estimate_print_shares(const struct ksm_estimate *estimate)
{
	const struct ksm_concentration *nonzero = &estimate->nonzero_concentration;

	print_shares("", &estimate->concentration);
	if (nonzero->duplicate_pages != estimate->concentration.duplicate_pages &&
	    nonzero->duplicate_pages)
		print_shares(" other than zeros", nonzero);
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

enum {
	CONTENT_COPIES,
	CONTENT_TARGETS,
	CONTENT_IN,
	CONTENT_ADDRESS,
	CONTENT_AREA,
	CONTENT_LOOKS,
	CONTENT_PREVIEW
};

static const struct ksm_column content_columns[] = {
	[CONTENT_COPIES] = {"COPIES", "physical pages", true, KSM_COL_NUMBER},
	[CONTENT_TARGETS] = {"TARGETS", "that have it", true, KSM_COL_NUMBER},
	[CONTENT_IN] = {"FIRST-IN", "process or file", true, KSM_COL_TEXT},
	[CONTENT_ADDRESS] = {"ADDRESS", "where the first lies", true, KSM_COL_TEXT},
	[CONTENT_AREA] = {"AREA", "what it lies in", true, KSM_COL_TEXT},
	[CONTENT_LOOKS] = {"LOOKS", "like this", true, KSM_COL_TEXT},
	[CONTENT_PREVIEW] = {"PREVIEW", "first bytes", false, KSM_COL_TEXT},
	{NULL, NULL, false, KSM_COL_TEXT},
};

static int put_content(struct ksm_table *table, const struct ksm_estimate *estimate,
		       const struct ksm_estimate_content *content)
{
	const struct ksm_space *space = estimate->target[content->space].space;
	const struct ksm_area *area = ksm_areas_find(&space->areas, content->address);
	char address[32], pid[16];
	int ret;

	snprintf(pid, sizeof(pid), "%d", space->pid);
	snprintf(address, sizeof(address), "0x%" PRIx64, content->address);
	ret = ksm_table_row(table) ?: ksm_table_number(table, CONTENT_COPIES, content->copies)
		?: ksm_table_number(table, CONTENT_TARGETS, content->targets)
		?: ksm_table_text(table, CONTENT_IN, space->file ? space->file : pid)
		?: ksm_table_text(table, CONTENT_ADDRESS, address)
		?: ksm_table_text(table, CONTENT_AREA, area ? ksm_area_label(&space->areas, area) : "");
	if (!ret && content->looks)
		ret = ksm_table_text(table, CONTENT_LOOKS, ksm_looks_name(content->looks));
	if (!ret && content->has_preview)
		ret = ksm_table_bytes(table, CONTENT_PREVIEW, content->preview,
				      sizeof(content->preview));
	return ret;
}

int ksm_estimate_print_contents(const struct ksm_estimate *estimate)
{
	struct ksm_table_options plain = {0};
	struct ksm_table *table;
	int ret;

	for (size_t i = 0; i < estimate->n_contents; i++)
		if (estimate->content[i].has_preview)
			plain.columns = "+PREVIEW";
	ret = ksm_table_new(content_columns, &plain, &table, NULL);
	if (ret)
		return ret;
	for (size_t i = 0; i < estimate->n_contents && !ret; i++)
		ret = put_content(table, estimate, &estimate->content[i]);
	ret = ret ?: ksm_table_print(table);
	ksm_table_free(&table);
	return ret;
}
