/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has changed, as part of an estimate's page. */
#include <math.h>

#include "base/cleanup.h"
#include "report/html_chart.h"
#include "report/html_estimate.h"

#define TOTALS 6 /* that come first: memory, not ksmd's counters */

static void put_sentences(struct ksm_html *html, const struct ksm_diff *diff)
{
	for (size_t i = 0; i < ksm_diff_sentences(diff); i++) {
		struct ksm_str text ksm_auto_str = {0};

		if (ksm_diff_sentence(diff, i, &text))
			html->is_short_of_memory = true;
		else
			ksm_html_put(html, "<p class=\"more\">%s</p>\n", text.data);
	}
}

static double known(int64_t bytes)
{
	return bytes == KSM_UNKNOWN ? 0 : (double)bytes;
}

static void fill_bar(struct ksm_chart_bar *bar, const struct ksm_diff_value *value,
		     const char *when, int64_t bytes, double most, enum ksm_chart_colour colour)
{
	snprintf(bar->label, sizeof(bar->label), "%s, %s", value->name, when);
	ksm_diff_format(bytes, bar->value);
	bar->to = known(bytes) / most;
	bar->colour = colour;
}

static void put_bars(struct ksm_html *html, const struct ksm_diff *diff)
{
	struct ksm_chart_bar bar[2 * TOTALS] = {0};
	double most = 1;
	size_t n = 0;

	for (size_t i = 0; i < TOTALS; i++)
		most = fmax(most, fmax(known(diff->total[i].before), known(diff->total[i].now)));
	for (size_t i = 0; i < TOTALS; i++) {
		const struct ksm_diff_value *value = &diff->total[i];

		if (known(value->before) <= 0 && known(value->now) <= 0)
			continue;
		fill_bar(&bar[n++], value, "before", value->before, most, KSM_COLOUR_PLAIN);
		fill_bar(&bar[n++], value, "now", value->now, most, KSM_COLOUR_GOOD);
	}
	ksm_chart_bars(html, "Memory before and now", bar, n);
}

static const struct ksm_html_column total_columns[] = {
	{"Total", false}, {"Before", true}, {"Now", true}, {"Change", true}, {NULL, false},
};

static void put_value(struct ksm_html *html, const struct ksm_diff_value *value)
{
	ksm_html_bytes_cell(html, value->before);
	ksm_html_bytes_cell(html, value->now);
	ksm_html_bytes_cell(html, ksm_diff_change(value));
}

static void put_totals(struct ksm_html *html, const struct ksm_diff *diff)
{
	ksm_html_begin_table(html, "All totals", total_columns);
	for (size_t i = 0; i < diff->n_totals; i++) {
		ksm_html_put(html, "<tr><td>%s</td>", diff->total[i].name);
		put_value(html, &diff->total[i]);
		ksm_html_put(html, "</tr>\n");
	}
	ksm_html_end_table(html);
}

static const struct ksm_html_column part_columns[] = {
	{"Name", false}, {"Is", false},	   {"Present before", true},
	{"Now", true},	 {"Change", true}, {"Freed before", true},
	{"Now", true},	 {"Change", true}, {NULL, false},
};

static void put_parts(struct ksm_html *html, const char *caption, const struct ksm_diff_part *part,
		      size_t n)
{
	if (!n)
		return;
	ksm_html_begin_table(html, caption, part_columns);
	for (size_t i = 0; i < n; i++) {
		ksm_html_put(html, "<tr>");
		ksm_html_text_cell(html, part[i].name);
		ksm_html_put(html, "<td>%s</td>", ksm_diff_state(&part[i]));
		put_value(html, &part[i].present);
		put_value(html, &part[i].freed);
		ksm_html_put(html, "</tr>\n");
	}
	ksm_html_end_table(html);
}

void ksm_html_diff(struct ksm_html *html, const struct ksm_diff *diff)
{
	ksm_html_begin_section(html, "What has changed", true);
	put_sentences(html, diff);
	put_bars(html, diff);
	put_totals(html, diff);
	put_parts(html, "Targets, before and now", diff->target, diff->n_targets);
	put_parts(html, "Groups, before and now", diff->group, diff->n_groups);
	ksm_html_end_section(html);
}
