/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/status_text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "kernel/tunables.h"

#define SCANS_ENOUGH 5

enum { COL_NAME, COL_VALUE, COL_SIZE, COL_UNIT, COL_KIND, COL_SINCE, COL_MEANING };

const struct ksm_column ksm_status_columns[] = {
	[COL_NAME] = {"NAME", "file in /sys/kernel/mm/ksm", true, KSM_COL_TEXT},
	[COL_VALUE] = {"VALUE", "what it holds", true, KSM_COL_NUMBER},
	[COL_SIZE] = {"SIZE", "pages as an amount of memory", true, KSM_COL_BYTES},
	[COL_UNIT] = {"UNIT", "unit of VALUE", false, KSM_COL_TEXT},
	[COL_KIND] = {"KIND", "tunable or counter", false, KSM_COL_TEXT},
	[COL_SINCE] = {"SINCE", "kernel that brought the file", false, KSM_COL_TEXT},
	[COL_MEANING] = {"MEANING", "what it is, in short", true, KSM_COL_TEXT},
	{NULL, NULL, false, KSM_COL_TEXT},
};

static const char *const unit_names[] = {
	[KSM_UNIT_NONE] = "-",		[KSM_UNIT_PAGES] = "pages", [KSM_UNIT_BYTES] = "bytes",
	[KSM_UNIT_MILLISECONDS] = "ms", [KSM_UNIT_SECONDS] = "s",   [KSM_UNIT_PERCENT] = "%",
};

/* Of the counters; what the tunables are is in kernel/tunables.h. */
static const struct counter_text {
	enum ksm_unit unit;
	const char *meaning;
} counters[KSM_SYSFS_N] = {
	[KSM_SYSFS_full_scans] = {KSM_UNIT_NONE, "passes over all memory that opted in"},
	[KSM_SYSFS_pages_shared] = {KSM_UNIT_PAGES, "KSM pages in use"},
	[KSM_SYSFS_pages_sharing] = {KSM_UNIT_PAGES, "further mappings of them: what is saved"},
	[KSM_SYSFS_pages_unshared] = {KSM_UNIT_PAGES, "looked at, no twin found"},
	[KSM_SYSFS_pages_volatile] = {KSM_UNIT_PAGES, "changing too fast, or skipped"},
	[KSM_SYSFS_stable_node_chains] = {KSM_UNIT_NONE, "contents that need several KSM pages"},
	[KSM_SYSFS_stable_node_dups] = {KSM_UNIT_PAGES, "KSM pages of such contents"},
	[KSM_SYSFS_general_profit] = {KSM_UNIT_BYTES, "saved, less what the rmap items take"},
	[KSM_SYSFS_pages_scanned] = {KSM_UNIT_PAGES, "looked at since boot"},
	[KSM_SYSFS_ksm_zero_pages] = {KSM_UNIT_PAGES, "merged with the zero page, saved as well"},
	[KSM_SYSFS_pages_skipped] = {KSM_UNIT_PAGES, "not looked at thanks to smart_scan"},
};

/* Each in a buffer of its own, so that one printf can take several. */
struct amount {
	char text[KSM_UNITS_MAX];
};

static struct amount amount(int64_t value, bool bytes)
{
	struct amount amount = {0};

	if (bytes)
		snprintf(amount.text, sizeof(amount.text), "%" PRId64 " bytes", value);
	else
		ksm_format_bytes(value, amount.text);
	return amount;
}

static void print_savings(const struct ksm_status *status, const char *still, bool bytes)
{
	printf("%s %ssaved", amount(status->saved_bytes, bytes).text, still);
	if (status->general_profit == KSM_UNKNOWN || status->metadata_bytes == KSM_UNKNOWN)
		return;
	if (status->general_profit >= 0)
		printf(", %s net of %s of rmap items", amount(status->general_profit, bytes).text,
		       amount(status->metadata_bytes, bytes).text);
	else
		printf(", but %s of rmap items make that a loss of %s",
		       amount(status->metadata_bytes, bytes).text,
		       amount(-status->general_profit, bytes).text);
}

static void print_running(const struct ksm_status *status, bool bytes)
{
	printf("KSM is on: ");
	if (status->saved_bytes == KSM_UNKNOWN)
		printf("what it saves cannot be told");
	else if (status->saved_bytes)
		print_savings(status, "", bytes);
	else if (ksm_status_tracked_pages(status) == 0)
		printf("nothing is merged, no process has opted in");
	else
		printf("nothing is merged yet");
}

static void print_stopped(const struct ksm_status *status, int64_t run, bool bytes)
{
	printf("KSM is off (run=%" PRId64 "): ", run);
	if (status->saved_bytes == KSM_UNKNOWN)
		printf("what it still saves cannot be told");
	else if (status->saved_bytes)
		print_savings(status, "still ", bytes);
	else
		printf("nothing is merged");
}

/* The counter moves by one at the end of a scan: few of them tell the length of the interval, not of a scan. */
void ksm_scan_pace_add(struct ksm_scan_pace *pace, const struct ksm_sample *sample)
{
	const struct ksm_sysfs *sysfs = &sample->status.sysfs;
	int64_t full_scans = sysfs->value[KSM_SYSFS_full_scans], n;
	double seconds = sample->time - pace->time;
	bool goes_on = !__builtin_sub_overflow(full_scans, pace->full_scans, &n) && n >= 0 &&
		       seconds > 0 && pace->has_begun;

	if (goes_on && n < SCANS_ENOUGH) {
		if (seconds > 2 * SCANS_ENOUGH * pace->seconds) /* it has become slower */
			pace->seconds = 0;
		return;
	}
	*pace = (struct ksm_scan_pace){
		.has_begun = sysfs->valid[KSM_SYSFS_full_scans],
		.full_scans = full_scans,
		.time = sample->time,
		.seconds = goes_on ? seconds / (double)n : 0,
	};
}

void ksm_status_print_headline(const struct ksm_cli *cli, const struct ksm_sample *sample,
			       const struct ksm_scan_pace *pace, bool bytes)
{
	const struct ksm_status *status = &sample->status;
	bool color = ksm_cli_color(cli);
	int64_t run = status->sysfs.value[KSM_SYSFS_run];

	fputs(color ? "\033[1m" : "", stdout);
	/* Bit 0 says run, bit 1 unmerge; bit 2 is set while memory goes offline. */
	if (!status->sysfs.valid[KSM_SYSFS_run])
		printf("KSM: there is no file \"run\" that tells whether it is on");
	else if (run & 1)
		print_running(status, bytes);
	else
		print_stopped(status, run, bytes);
	if (!isnan(status->ksmd_cpu_percent))
		printf("; ksmd takes %.1f%% of a CPU", status->ksmd_cpu_percent);
	if (sample->rates.pages_scanned > 0)
		printf(" for %.0f pages/s", sample->rates.pages_scanned);
	if (pace->seconds > 0) {
		char seconds[KSM_UNITS_MAX];

		ksm_format_seconds(pace->seconds, seconds);
		printf(", a full scan in %s", seconds);
	}
	puts(color ? "\033[0m\n" : "\n");
}

static int print_row(struct ksm_table *table, const struct ksm_status *status,
		     enum ksm_sysfs_field field)
{
	const struct ksm_tunable *tunable = ksm_tunable_of(field);
	enum ksm_unit unit = tunable ? tunable->unit : counters[field].unit;
	int64_t value = status->sysfs.value[field], size = value;
	bool has_size = unit == KSM_UNIT_BYTES;

	if (unit == KSM_UNIT_PAGES)
		has_size = !__builtin_mul_overflow(value, (int64_t)status->page_size, &size);
	if (ksm_table_row(table) || ksm_table_text(table, COL_NAME, ksm_sysfs_name(field)) ||
	    ksm_table_text(table, COL_UNIT, unit_names[unit]) ||
	    (has_size && ksm_table_number(table, COL_SIZE, size)) ||
	    ksm_table_text(table, COL_KIND, tunable ? "tunable" : "counter") ||
	    ksm_table_text(table, COL_SINCE, ksm_sysfs_since(field)) ||
	    ksm_table_text(table, COL_MEANING,
			   tunable ? tunable->meaning : counters[field].meaning))
		return -1;
	if (field == KSM_SYSFS_advisor_mode)
		return ksm_table_text(table, COL_VALUE,
				      ksm_advisor_mode_name((enum ksm_advisor_mode)value));
	return ksm_table_number(table, COL_VALUE, value);
}

int ksm_status_print_table(const struct ksm_status *status, const struct ksm_table_options *options,
			   struct ksm_error *err)
{
	ksm_cleanup(ksm_table_free) struct ksm_table *table = NULL;
	int rc = ksm_table_new(ksm_status_columns, options, &table, err);

	if (rc)
		return rc;
	for (int i = 0; i < KSM_SYSFS_N; i++) {
		if (status->sysfs.valid[i] && print_row(table, status, (enum ksm_sysfs_field)i))
			return ksm_error_no_memory(err);
	}
	if (ksm_table_print(table))
		return ksm_error_no_memory(err);
	return 0;
}
