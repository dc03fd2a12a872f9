/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/estimate_text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/units.h"
#include "cli/dump_text.h"
#include "cli/estimate_diff.h"
#include "cli/estimate_tables.h"
#include "report/headline.h"

static int print_headline(const struct ksm_estimate *estimate)
{
	struct ksm_str lines ksm_auto_str = {0};
	int ret = ksm_report_headline(estimate, &lines);

	if (!ret)
		fputs(lines.data, stdout);
	return ret;
}

/* ---------------------------------------------------------------- what was looked at */

static void print_line(const struct ksm_estimate *estimate, const char *mark, const char *what,
		       int64_t pages, const char *meaning)
{
	char number[KSM_UNITS_MAX], bytes[KSM_UNITS_MAX];

	snprintf(number, sizeof(number), "%s%" PRId64, mark, pages);
	ksm_format_bytes(ksm_estimate_bytes(estimate, pages), bytes);
	printf("  %-16s %12s  %10s  %s\n", what, number, bytes, meaning);
}

static void print_exact(const struct ksm_estimate *estimate, const char *what, int64_t pages,
			const char *meaning)
{
	if (pages)
		print_line(estimate, "", what, pages, meaning);
}

/* What is told from a sample is marked. */
static const char *mark_of(const struct ksm_estimate *estimate)
{
	return estimate->sample.every > 1 ? "~" : "";
}

static void print_pages(const struct ksm_estimate *estimate, const char *what, int64_t pages,
			const char *meaning)
{
	print_line(estimate, mark_of(estimate), what, pages, meaning);
}

static void print_pages_if_any(const struct ksm_estimate *estimate, const char *what, int64_t pages,
			       const char *meaning)
{
	if (pages)
		print_pages(estimate, what, pages, meaning);
}

static bool has_dump(const struct ksm_estimate *estimate)
{
	for (uint32_t i = 0; i < estimate->n_targets; i++)
		if (estimate->target[i].space->dump)
			return true;
	return false;
}

static const char *what_is_present(const struct ksm_estimate *estimate)
{
	if (estimate->pages == KSM_PAGES_ALL)
		return "held by the files, whatever the area: a count, and no forecast";
	if (estimate->pages == KSM_PAGES_MERGEABLE)
		return "in areas that are marked mergeable";
	return has_dump(estimate) ? "held by the files, in areas that KSM would accept"
				  : "anonymous, in areas that KSM accepts";
}

/* Even beside a sample all pages are counted, unless which of them count is told only behind them. */
static bool is_present_known(const struct ksm_estimate *estimate)
{
	return estimate->sample.pages_present.low == estimate->sample.pages_present.high;
}

static void print_looked_at(const struct ksm_estimate *estimate)
{
	const struct ksm_estimate_sums *totals = &estimate->totals;
	int64_t lost = 0;

	for (uint32_t i = 0; i < estimate->n_targets; i++)
		lost += estimate->target[i].lost_pages;
	printf("\nLooked at, in pages of %u bytes:\n", estimate->page_size);
	print_line(estimate, is_present_known(estimate) ? "" : mark_of(estimate), "present",
		   totals->pages_present, what_is_present(estimate));
	if (totals->same_pfn_pages)
		print_pages(estimate, "  by fork", totals->same_pfn_pages,
			    "of these, mappings of a page that is mapped more than once here");
	print_pages(estimate, "distinct", totals->distinct_pages, "different contents");
	print_pages(estimate, "duplicates", totals->duplicate_pages,
		    "physical pages beyond the first of each content");
	print_exact(estimate, "  of zeros", totals->zero_duplicate_pages,
		    "of these, pages whose bytes are all zero");
	print_line(estimate, "", "zero", totals->zero_pages,
		   "all bytes zero, whether or not counted above as duplicates");
	print_pages_if_any(estimate, "merged already", totals->already_merged_pages,
			   "KSM pages now");
	print_pages_if_any(estimate, "changing", totals->changed_pages,
			   "other content than one pass before: these do not merge");
	print_exact(estimate, "lost", lost, "gone between looking and reading");
	ksm_estimate_print_concentration(estimate);
}

/* ---------------------------------------------------------------- what ksmd would show */

static int print_last_pass(const struct ksm_estimate *estimate, const struct ksm_outcome *outcome)
{
	const struct ksm_counters *c = &outcome->pass[outcome->n_passes - 1];
	char number[KSM_UNITS_MAX], bytes[KSM_UNITS_MAX];
	int ret;

	printf("\nksmd would show after pass %u", outcome->n_passes);
	ret = ksm_cli_print_safe(" (kernel ", outcome->model.kernel, ", ");
	printf("%s):\n", ksm_checksum_name(outcome->model.profile->checksum));
	print_pages(estimate, "pages_shared", c->pages_shared, "KSM pages in use");
	print_pages(estimate, "pages_sharing", c->pages_sharing,
		    "further mappings of these: what is saved");
	print_pages(estimate, "pages_unshared", c->pages_unshared,
		    "without a twin, but checked again in every pass");
	print_pages(estimate, "pages_volatile", c->pages_volatile,
		    "changing, or not looked at long enough");
	print_exact(estimate, "ksm_zero_pages", c->ksm_zero_pages,
		    "replaced by the kernel's zero page");
	ksm_format_bytes(outcome->general_profit, bytes);
	snprintf(number, sizeof(number), "%s%" PRId64, mark_of(estimate), outcome->general_profit);
	printf("  %-16s %12s  %10s  %s\n", "general_profit", number, bytes,
	       "bytes saved less rmap items");
	return ret;
}

static int print_counters(const struct ksm_estimate *estimate)
{
	const struct ksm_outcome *outcome = estimate->outcome;
	int ret = outcome->has_bands ? ksm_estimate_print_bands(estimate)
				     : print_last_pass(estimate, outcome);

	if (outcome->huge_pages_split > 0)
		printf("Merging takes %" PRId64 " transparent huge pages apart.\n",
		       outcome->huge_pages_split);
	if (estimate->verified_pages != KSM_UNKNOWN)
		printf("Verified: %" PRId64 " pages read again, %" PRId64
		       " differ from their twins.\n",
		       estimate->verified_pages, estimate->mismatched_pages);
	return ret;
}

/* ---------------------------------------------------------------- how long it takes */

static void print_forecast(const struct ksm_estimate *estimate)
{
	const struct ksm_outcome *outcome = estimate->outcome;
	const struct ksm_forecast *forecast = &outcome->forecast;
	char pass[KSM_UNITS_MAX], settle[KSM_UNITS_MAX], cpu[KSM_UNITS_MAX];

	printf("\nAt %" PRId64 " pages and then %" PRId64 " ms of sleep",
	       ksm_model_get(&outcome->model, KSM_SYSFS_pages_to_scan),
	       ksm_model_get(&outcome->model, KSM_SYSFS_sleep_millisecs));
	if (!isfinite(forecast->seconds_per_pass)) {
		puts(", ksmd gets nowhere.");
		return;
	}
	ksm_format_seconds(forecast->seconds_per_pass, pass);
	if (forecast->passes_to_settle == KSM_UNKNOWN) {
		printf(", a pass over this memory takes %s; no end of merging is in sight.\n",
		       pass);
		return;
	}
	if (forecast->passes_to_settle < 2) {
		printf(", a pass over this memory takes %s; nothing merges.\n", pass);
		return;
	}
	ksm_format_seconds(forecast->seconds_to_settle, settle);
	ksm_format_seconds(forecast->ksmd_cpu_seconds, cpu);
	printf(", a pass over this memory takes %s and %" PRId64
	       " passes %s,\nwith %s of CPU (%.1f us a page: %s).\n",
	       pass, forecast->passes_to_settle, settle, cpu, estimate->cost.seconds_per_page * 1e6,
	       estimate->cost.basis);
}

/* ---------------------------------------------------------------- the whole */

int ksm_estimate_print(const struct ksm_cli *cli, const struct ksm_estimate *estimate,
		       const struct ksm_diff *diff, const struct ksm_table_options *options,
		       struct ksm_error *err)
{
	int ret;

	if (ksm_table_is_alone(options))
		return ksm_estimate_print_targets(cli, estimate, options, err);

	ret = diff ? ksm_estimate_print_diff(diff, options) : 0;
	ret = ret ?: print_headline(estimate) ?: ksm_estimate_print_dumps(estimate);
	print_looked_at(estimate);
	ret = ret ?: print_counters(estimate);
	print_forecast(estimate);
	putchar('\n');
	if (!ret && estimate->n_outcomes > 1) {
		ret = ksm_estimate_print_outcomes(estimate, options);
		putchar('\n');
	}
	if (!ret && estimate->n_changes) {
		ret = ksm_estimate_print_changes(estimate, options);
		putchar('\n');
	}
	/* Of two, the column CROSS tells. */
	if (!ret && estimate->n_pairs && estimate->n_targets > 2) {
		ret = ksm_estimate_print_pairs(estimate, options);
		putchar('\n');
	}
	if (!ret && estimate->n_contents) {
		ret = ksm_estimate_print_histogram(estimate);
		ksm_estimate_print_shares(estimate);
		putchar('\n');
	}
	if (!ret && estimate->n_contents) {
		ret = ksm_estimate_print_contents(estimate);
		putchar('\n');
	}
	if (!ret && estimate->n_groups) {
		ret = ksm_estimate_print_groups(estimate, options);
		putchar('\n');
	}
	if (!ret && estimate->n_group_pairs) {
		ret = ksm_estimate_print_group_pairs(estimate, options);
		putchar('\n');
	}
	if (ret)
		return ksm_error_set(err, KSM_ERR_SYSTEM, -ret, "cannot print a table: %s",
				     strerror(-ret));
	ret = ksm_estimate_print_targets(cli, estimate, options, err);
	for (size_t i = 0; i < estimate->n_warnings && !ret && !cli->quiet; i++)
		printf("%sNote: %s\n", i ? "" : "\n", estimate->warning[i].text);
	return ret;
}
