/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/html_chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Pixels: of a row of bars, its text's base line, where its bar begins, and how high that is. */
#define ROW	   44
#define BASE_LINE  15
#define BAR_TOP	   22
#define BAR_HEIGHT 14

/* Letters of a label that fit beside a value on a screen of 360 pixels. */
#define LABEL_LETTERS 26

#define PLOT_HEIGHT  160
#define STRIP_HEIGHT 48

/* Rows of a matrix up to which their numbers can be told apart on a narrow screen. */
#define NUMBERED_MAX 16

static void put_title(struct ksm_html *html, const char *title)
{
	ksm_html_put(html, "<title>%s</title>\n", title);
}

/* Whole characters of UTF-8. */
static void shorten(const char *text, char ret_text[KSM_CHART_LABEL_MAX])
{
	size_t at = 0, letters = 0, len = strlen(text);

	while (at < len && letters < LABEL_LETTERS) {
		uint32_t codepoint;
		size_t n = ksm_utf8_length(text + at, len - at, &codepoint);

		if (at + (n ? n : 1) + 4 > KSM_CHART_LABEL_MAX)
			break;
		at += n ? n : 1;
		letters++;
	}
	snprintf(ret_text, KSM_CHART_LABEL_MAX, "%.*s%s", (int)at, text,
		 at < len ? "\xe2\x80\xa6" : "");
}

static double percent(double share)
{
	return fmin(fmax(share, 0), 1) * 100;
}

void ksm_chart_bars(struct ksm_html *html, const char *title, const struct ksm_chart_bar *bar,
		    size_t n)
{
	ksm_html_put(html, "<svg class=\"bars\" role=\"img\" width=\"100%%\" height=\"%zu\">\n",
		     n * ROW);
	put_title(html, title);
	ksm_html_put(html, "<desc>");
	for (size_t i = 0; i < n; i++)
		ksm_html_put(html, "%s: %s. ", bar[i].label, bar[i].value);
	ksm_html_put(html, "</desc>\n");
	for (size_t i = 0; i < n; i++) {
		char label[KSM_CHART_LABEL_MAX];
		size_t top = i * ROW;

		shorten(bar[i].label, label);
		ksm_html_put(html, "<text x=\"0\" y=\"%zu\">%s</text>", top + BASE_LINE, label);
		ksm_html_put(html, "<text class=\"end\" x=\"100%%\" y=\"%zu\">%s</text>\n",
			     top + BASE_LINE, bar[i].value);
		ksm_html_put(html,
			     "<rect class=\"track\" width=\"100%%\" y=\"%zu\" height=\"%d\"/>",
			     top + BAR_TOP, BAR_HEIGHT);
		ksm_html_put(html,
			     "<rect class=\"c%d\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"%zu\" "
			     "height=\"%d\"/>\n",
			     bar[i].colour, percent(bar[i].from),
			     percent(bar[i].to) - percent(bar[i].from), top + BAR_TOP, BAR_HEIGHT);
	}
	ksm_html_put(html, "</svg>\n");
}

static void put_line(struct ksm_html *html, const struct ksm_chart_line *line, size_t n, double max)
{
	ksm_html_put(html, "<polyline class=\"l%d\" points=\"", line->colour);
	for (size_t i = 0; i < n; i++)
		ksm_html_put(html, "%.2f,%.2f ", n > 1 ? (double)i * 100 / (double)(n - 1) : 0,
			     100 - (max > 0 ? line->value[i] / max * 100 : 0));
	ksm_html_put(html, "\"/>\n");
}

static void put_legend(struct ksm_html *html, const struct ksm_chart_line *line, size_t n)
{
	ksm_html_put(html, "<ul class=\"legend\">");
	for (size_t i = 0; i < n; i++)
		ksm_html_put(
			html,
			"<li><svg width=\"28\" height=\"10\" aria-hidden=\"true\">"
			"<line class=\"l%d\" x1=\"0\" x2=\"28\" y1=\"5\" y2=\"5\"/></svg> %s</li>",
			line[i].colour, line[i].name);
	ksm_html_put(html, "</ul>\n");
}

void ksm_chart_lines(struct ksm_html *html, const char *title, const struct ksm_chart_line *line,
		     size_t n_lines, size_t n_points, size_t last, double max, const char *top)
{
	ksm_html_put(html, "<svg class=\"lines\" role=\"img\" width=\"100%%\" height=\"%d\">\n",
		     PLOT_HEIGHT + 40);
	put_title(html, title);
	ksm_html_put(html, "<desc>At the end: ");
	for (size_t i = 0; i < n_lines; i++)
		ksm_html_put(html, "%s %.0f. ", line[i].name, line[i].value[n_points - 1]);
	ksm_html_put(html, "</desc>\n<text x=\"0\" y=\"%d\">%s</text>\n", BASE_LINE, top);
	ksm_html_put(html,
		     "<svg y=\"20\" width=\"100%%\" height=\"%d\" viewBox=\"0 0 100 100\" "
		     "preserveAspectRatio=\"none\"><rect class=\"track\" width=\"100\" "
		     "height=\"100\"/>\n",
		     PLOT_HEIGHT);
	for (size_t i = 0; i < n_lines; i++)
		put_line(html, &line[i], n_points, max);
	ksm_html_put(html, "</svg>\n<text x=\"0\" y=\"%d\">1</text>", PLOT_HEIGHT + 36);
	ksm_html_put(html, "<text class=\"end\" x=\"100%%\" y=\"%d\">%zu</text>\n</svg>\n",
		     PLOT_HEIGHT + 36, last);
	put_legend(html, line, n_lines);
}

/* A number in the middle of a cell of a grid of @n times @n. */
static void put_cell_number(struct ksm_html *html, uint32_t column, uint32_t row, uint32_t n,
			    uint32_t number)
{
	ksm_html_put(html, "<text class=\"middle\" x=\"%.3f%%\" y=\"%.3f%%\">%u</text>\n",
		     (column + 0.5) * 100 / n, (row + 0.5) * 100 / n, number);
}

void ksm_chart_matrix(struct ksm_html *html, const char *title, const char *description,
		      const double *shade, uint32_t n)
{
	uint32_t margin = n <= NUMBERED_MAX, cells = n + margin;

	ksm_html_put(html, "<svg class=\"matrix\" role=\"img\">\n");
	put_title(html, title);
	ksm_html_put(html, "<desc>%s</desc>\n", description);
	for (uint32_t i = 0; i < n && margin; i++) {
		put_cell_number(html, i + 1, 0, cells, i + 1);
		put_cell_number(html, 0, i + 1, cells, i + 1);
	}
	for (uint32_t i = 0; i < n * n; i++) {
		uint32_t row = i / n + margin, column = i % n + margin;

		ksm_html_put(html, "<rect class=\"%s\" x=\"%.3f%%\" y=\"%.3f%%\"",
			     isnan(shade[i]) ? "track" : "c1", column * 100.0 / cells,
			     row * 100.0 / cells);
		ksm_html_put(html, " width=\"%.3f%%\" height=\"%.3f%%\"", 96.0 / cells,
			     96.0 / cells);
		if (!isnan(shade[i]))
			ksm_html_put(html, " fill-opacity=\"%.3f\"", 0.08 + 0.92 * shade[i]);
		ksm_html_put(html, "/>\n");
	}
	ksm_html_put(html, "</svg>\n");
}

/* All of one kind as one path. */
static void put_shares(struct ksm_html *html, const double *share, size_t n, size_t n_shares,
		       size_t kind)
{
	ksm_html_put(html, "<path class=\"s%zu\" d=\"", kind);
	for (size_t i = 0; i < n; i++) {
		double below = 0, height = share[i * n_shares + kind] * 100;

		for (size_t k = 0; k < kind; k++)
			below += share[i * n_shares + k] * 100;
		if (height > 0)
			ksm_html_put(html, "M%zu %.1fh1v%.1fh-1z", i, 100 - below - height, height);
	}
	ksm_html_put(html, "\"/>\n");
}

void ksm_chart_strip(struct ksm_html *html, const char *title, const char *description,
		     const double *share, size_t n, size_t n_shares, const size_t *border,
		     size_t n_borders)
{
	ksm_html_put(html,
		     "<svg class=\"strip\" role=\"img\" width=\"100%%\" height=\"%d\" viewBox=\"0 "
		     "0 %zu 100\" "
		     "preserveAspectRatio=\"none\">\n",
		     STRIP_HEIGHT, n);
	put_title(html, title);
	ksm_html_put(html, "<desc>%s</desc>\n", description);
	for (size_t kind = 0; kind < n_shares; kind++)
		put_shares(html, share, n, n_shares, kind);
	ksm_html_put(html, "<path class=\"border\" d=\"");
	for (size_t i = 0; i < n_borders; i++)
		ksm_html_put(html, "M%zu 0v100", border[i]);
	ksm_html_put(html, "\"/>\n</svg>\n");
}
