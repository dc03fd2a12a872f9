/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of an estimate's page that are about the whole. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/html_chart.h"
#include "report/html_estimate.h"

/* ---------------------------------------------------------------- from what was looked at to what is saved */

#define STEPS_MAX 8

struct steps {
	struct ksm_chart_bar bar[STEPS_MAX];
	size_t n;
	double whole; /* bytes */
};

static void add_step(struct steps *steps, const char *label, int64_t from, int64_t to,
		     enum ksm_chart_colour colour)
{
	struct ksm_chart_bar *bar = &steps->bar[steps->n++];
	char bytes[KSM_UNITS_MAX], share[KSM_UNITS_MAX];
	int64_t height = to - from;

	ksm_format_bytes(height, bytes);
	ksm_format_percent((uint64_t)llabs(height), (uint64_t)steps->whole, share);
	snprintf(bar->label, sizeof(bar->label), "%s", label);
	snprintf(bar->value, sizeof(bar->value), "%s (%s)", bytes, share);
	bar->from = fmin((double)from, (double)to) / steps->whole;
	bar->to = fmax((double)from, (double)to) / steps->whole;
	bar->colour = colour;
}

void ksm_html_waterfall(struct ksm_html *html, const struct ksm_estimate *estimate)
{
	const struct ksm_estimate_sums *totals = &estimate->totals;
	int64_t all = ksm_estimate_bytes(estimate, totals->physical_pages);
	int64_t freed = ksm_estimate_bytes(estimate, totals->freed_pages);
	int64_t found = ksm_estimate_bytes(estimate, totals->duplicate_pages);
	/* Where the kernel's zero page takes the place of zeros, no first one stays. */
	int64_t duplicates = found > freed ? found : freed;
	int64_t repeated =
		found + ksm_estimate_bytes(estimate, estimate->concentration.repeated_contents);
	int64_t net = freed - estimate->outcome->settled_metadata_bytes;
	struct steps steps = {.whole = (double)all};

	if (!all)
		return;
	add_step(&steps, "Looked at", 0, all, KSM_COLOUR_PLAIN);
	if (repeated < duplicates)
		repeated = duplicates;
	add_step(&steps, "Occurs once: stays", all, repeated, KSM_COLOUR_PLAIN);
	add_step(&steps, "First of its kind: stays", repeated, duplicates, KSM_COLOUR_PLAIN);
	add_step(&steps, "Does not merge", duplicates, freed, KSM_COLOUR_PLAIN);
	add_step(&steps, "Freed", 0, freed, KSM_COLOUR_GOOD);
	add_step(&steps, "Costs of rmap items", freed, net, KSM_COLOUR_COST);
	add_step(&steps, "Net", 0, net, net > 0 ? KSM_COLOUR_GOOD : KSM_COLOUR_COST);
	ksm_html_begin_section(html, "From what was looked at to what is saved", false);
	ksm_chart_bars(html, "Memory looked at, and what becomes of it", steps.bar, steps.n);
	ksm_html_put(
		html,
		"<p class=\"soft\">Physical memory. What does not merge changes between "
		"passes, is merged already, is mapped by others too, or is one page more for every "
		"max_page_sharing copies.</p>\n");
	ksm_html_end_section(html);
}

/* ---------------------------------------------------------------- how often contents occur */

void ksm_html_histogram(struct ksm_html *html, const struct ksm_estimate *estimate)
{
	struct ksm_chart_bar bar[KSM_HISTOGRAM_ROWS] = {0};
	int64_t most = 0;
	size_t n = 0;

	for (unsigned int row = 0; row < KSM_HISTOGRAM_ROWS; row++)
		if (estimate->histogram[row].copies > most)
			most = estimate->histogram[row].copies;
	for (unsigned int row = 0; row < KSM_HISTOGRAM_ROWS; row++) {
		const struct ksm_histogram_row *histogram = &estimate->histogram[row];
		char bytes[KSM_UNITS_MAX];

		if (!histogram->contents)
			continue;
		if (row == 0)
			snprintf(bar[n].label, sizeof(bar[n].label), "Once");
		else if (row == 1)
			snprintf(bar[n].label, sizeof(bar[n].label), "Twice");
		else
			snprintf(bar[n].label, sizeof(bar[n].label),
				 "%" PRId64 " to %" PRId64 " times", ksm_histogram_from(row),
				 ksm_histogram_to(row));
		ksm_format_bytes(ksm_estimate_bytes(estimate, histogram->copies), bytes);
		snprintf(bar[n].value, sizeof(bar[n].value), "%" PRId64 " contents, %s",
			 histogram->contents, bytes);
		bar[n].to = (double)histogram->copies / (double)most;
		bar[n++].colour = row ? KSM_COLOUR_GOOD : KSM_COLOUR_PLAIN;
	}
	if (!n)
		return;
	ksm_html_begin_section(html, "How often contents occur", false);
	ksm_chart_bars(html, "Memory by how often its contents occur", bar, n);
	ksm_html_end_section(html);
}

/* ---------------------------------------------------------------- pass by pass */

/* More points than a screen has columns tell nothing more. */
#define POINTS_MAX 400
#define ROWS_MAX   20

static const struct ksm_html_column pass_columns[] = {
	{"Pass", true},		  {"pages_shared", true},
	{"pages_sharing", true},  {"pages_unshared", true},
	{"pages_volatile", true}, {"ksm_zero_pages", true},
	{"general_profit", true}, {NULL, false},
};

/* The @i-th of @n passes that stand for all. */
static unsigned int chosen_pass(const struct ksm_outcome *outcome, size_t i, size_t n)
{
	return n < 2 ? 0 : (unsigned int)(i * (outcome->n_passes - 1) / (n - 1));
}

static size_t at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

static void put_pass_table(struct ksm_html *html, const struct ksm_estimate *estimate)
{
	const struct ksm_outcome *outcome = estimate->outcome;
	size_t n = at_most(outcome->n_passes, ROWS_MAX);

	ksm_html_begin_table(html, "ksmd's counters after a pass", pass_columns);
	for (size_t i = 0; i < n; i++) {
		unsigned int pass = chosen_pass(outcome, i, n);
		const struct ksm_counters *c = &outcome->pass[pass];

		ksm_html_put(html, "<tr>");
		ksm_html_number_cell(html, pass + 1);
		ksm_html_number_cell(html, c->pages_shared);
		ksm_html_number_cell(html, c->pages_sharing);
		ksm_html_number_cell(html, c->pages_unshared);
		ksm_html_number_cell(html, c->pages_volatile);
		ksm_html_number_cell(html, c->ksm_zero_pages);
		ksm_html_bytes_cell(html, ksm_general_profit(c, estimate->page_size,
							     outcome->model.rmap_item_size));
		ksm_html_put(html, "</tr>\n");
	}
	ksm_html_end_table(html);
}

enum { SHARED, SHARING, UNSHARED, VOLATILE, ZERO, LINES };

void ksm_html_passes(struct ksm_html *html, const struct ksm_estimate *estimate)
{
	const struct ksm_outcome *outcome = estimate->outcome;
	size_t n = at_most(outcome->n_passes, POINTS_MAX);
	double value[LINES][POINTS_MAX];
	const struct ksm_chart_line line[LINES] = {
		[SHARED] = {"pages_shared", value[SHARED], KSM_COLOUR_GOOD},
		[SHARING] = {"pages_sharing", value[SHARING], KSM_COLOUR_THIRD},
		[UNSHARED] = {"pages_unshared", value[UNSHARED], KSM_COLOUR_COST},
		[VOLATILE] = {"pages_volatile", value[VOLATILE], KSM_COLOUR_FOURTH},
		[ZERO] = {"ksm_zero_pages", value[ZERO], KSM_COLOUR_PLAIN},
	};
	char top[64];
	double max = 0;

	if (n < 2)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct ksm_counters *c = &outcome->pass[chosen_pass(outcome, i, n)];

		value[SHARED][i] = (double)c->pages_shared;
		value[SHARING][i] = (double)c->pages_sharing;
		value[UNSHARED][i] = (double)c->pages_unshared;
		value[VOLATILE][i] = (double)c->pages_volatile;
		value[ZERO][i] = (double)c->ksm_zero_pages;
		for (size_t l = 0; l < LINES; l++)
			max = fmax(max, value[l][i]);
	}
	snprintf(top, sizeof(top), "%.0f pages", max);
	ksm_html_begin_section(html, "Pass by pass", false);
	ksm_chart_lines(html, "ksmd's counters over its passes", line, LINES, n, outcome->n_passes,
			max, top);
	put_pass_table(html, estimate);
	ksm_html_end_section(html);
}

/* ---------------------------------------------------------------- what if */

static const struct ksm_html_column outcome_columns[] = {
	{"Settings", false}, {"Freed", true}, {"Net", true}, {"Passes", true},
	{"Time", true},	     {"CPU", true},   {NULL, false},
};

static const char *settings_of(const struct ksm_outcome *outcome)
{
	return *outcome->settings ? outcome->settings : "As it is";
}

static void seconds_cell(struct ksm_html *html, double seconds)
{
	char text[KSM_UNITS_MAX];

	if (!isfinite(seconds)) {
		ksm_html_unknown_cell(html);
		return;
	}
	ksm_format_seconds(seconds, text);
	ksm_html_put(html, "<td class=\"n\" data-v=\"%f\">%s</td>", seconds, text);
}

static void put_outcome_table(struct ksm_html *html, const struct ksm_estimate *estimate)
{
	ksm_html_begin_table(html, "Models", outcome_columns);
	for (size_t i = 0; i < estimate->n_outcomes; i++) {
		const struct ksm_outcome *outcome = &estimate->outcome[i];
		int64_t freed = ksm_estimate_bytes(estimate, outcome->freed_pages);

		ksm_html_put(html, "<tr>");
		ksm_html_text_cell(html, settings_of(outcome));
		ksm_html_bytes_cell(html, freed);
		ksm_html_bytes_cell(html, freed - outcome->settled_metadata_bytes);
		ksm_html_number_cell(html, outcome->forecast.passes_to_settle);
		seconds_cell(html, outcome->forecast.seconds_to_settle);
		seconds_cell(html, outcome->forecast.ksmd_cpu_seconds);
		ksm_html_put(html, "</tr>\n");
	}
	ksm_html_end_table(html);
}

void ksm_html_outcomes(struct ksm_html *html, const struct ksm_estimate *estimate)
{
	struct ksm_chart_bar *bar ksm_auto_free = calloc(estimate->n_outcomes, sizeof(*bar));
	int64_t most = 1;

	if (!bar)
		html->is_short_of_memory = true;
	if (!bar || estimate->n_outcomes < 2)
		return;
	for (size_t i = 0; i < estimate->n_outcomes; i++)
		if (estimate->outcome[i].freed_pages > most)
			most = estimate->outcome[i].freed_pages;
	for (size_t i = 0; i < estimate->n_outcomes; i++) {
		const struct ksm_outcome *outcome = &estimate->outcome[i];

		snprintf(bar[i].label, sizeof(bar[i].label), "%s", settings_of(outcome));
		ksm_format_bytes(ksm_estimate_bytes(estimate, outcome->freed_pages), bar[i].value);
		bar[i].to = (double)outcome->freed_pages / (double)most;
		bar[i].colour = i ? KSM_COLOUR_THIRD : KSM_COLOUR_GOOD;
	}
	ksm_html_begin_section(html, "With other settings", false);
	ksm_chart_bars(html, "What is freed with other settings", bar, estimate->n_outcomes);
	put_outcome_table(html, estimate);
	ksm_html_end_section(html);
}
