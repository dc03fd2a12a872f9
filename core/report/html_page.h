/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame of a page: one file, which loads nothing and may run nothing but its own script. For core/report alone. */
#ifndef KSM_REPORT_HTML_PAGE_H
#define KSM_REPORT_HTML_PAGE_H

#include "report/html.h"

void ksm_html_begin(struct ksm_html *html, const char *title);
void ksm_html_end(struct ksm_html *html);

/* A paragraph for each of @lines, which it cuts; the first has a class of its own. */
void ksm_html_paragraphs(struct ksm_html *html, char *lines, const char *first_class);

/* A part of the page with a heading; a wide one takes all of its width. */
void ksm_html_begin_section(struct ksm_html *html, const char *heading, bool wide);
void ksm_html_end_section(struct ksm_html *html);

struct ksm_html_column {
	const char *name; /* NULL ends a list */
	bool is_number;
};
/* Rows are "<tr>", cells, "</tr>". */
void ksm_html_begin_table(struct ksm_html *html, const char *caption,
			  const struct ksm_html_column *column);
void ksm_html_end_table(struct ksm_html *html);

void ksm_html_text_cell(struct ksm_html *html, const char *text);
/* KSM_UNKNOWN is a dash. */
void ksm_html_number_cell(struct ksm_html *html, int64_t number);
void ksm_html_bytes_cell(struct ksm_html *html, int64_t bytes);
void ksm_html_unknown_cell(struct ksm_html *html);

#endif
