/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Charts as SVG that stretches with the page while its letters keep their size. Each has a title and, for who does not
 * see it, a description. Not for use outside core/report.
 */
#ifndef KSM_REPORT_HTML_CHART_H
#define KSM_REPORT_HTML_CHART_H

#include <stddef.h>
#include <stdint.h>

#include "report/html.h"

#define KSM_CHART_LABEL_MAX 96

/* Its colour and, of lines, its pattern. The numbers are those of the style sheet. */
enum ksm_chart_colour {
	KSM_COLOUR_PLAIN = 0,
	KSM_COLOUR_GOOD = 1,
	KSM_COLOUR_COST = 2,
	KSM_COLOUR_THIRD = 3,
	KSM_COLOUR_FOURTH = 4,
};

/* A row: a label, a value, and beneath them a bar from one share of the width to another. */
struct ksm_chart_bar {
	char label[KSM_CHART_LABEL_MAX]; /* unescaped; cut where a narrow screen ends */
	char value[KSM_CHART_LABEL_MAX];
	double from, to; /* 0 to 1 */
	enum ksm_chart_colour colour;
};
void ksm_chart_bars(struct ksm_html *html, const char *title, const struct ksm_chart_bar *bar,
		    size_t n);

struct ksm_chart_line {
	const char *name;
	const double *value; /* at least 0 */
	enum ksm_chart_colour colour;
};
/* Over @n_points from 1 to @last; @top is what @max is called. */
void ksm_chart_lines(struct ksm_html *html, const char *title, const struct ksm_chart_line *line,
		     size_t n_lines, size_t n_points, size_t last, double max, const char *top);

/* A matrix of @n times @n shades from 0 to 1, row by row, NAN for nothing. */
void ksm_chart_matrix(struct ksm_html *html, const char *title, const char *description,
		      const double *shade, uint32_t n);

/*
 * A strip of @n cells, each divided from the bottom up into shares of @n_shares kinds, which add up to 1 at most;
 * @border has the cells before which a line is drawn.
 */
void ksm_chart_strip(struct ksm_html *html, const char *title, const char *description,
		     const double *share, size_t n, size_t n_shares, const size_t *border,
		     size_t n_borders);

#endif
