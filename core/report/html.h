/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes HTML, in which nothing from outside becomes markup. Not for use outside core/report. */
#ifndef KSM_REPORT_HTML_H
#define KSM_REPORT_HTML_H

#include <stdbool.h>

#include "base/str.h"

/* Zero-initialise; text is the caller's to free. */
struct ksm_html {
	struct ksm_str text;
	bool is_short_of_memory; /* what follows is not written */
};

/*
 * Markup with values in it, as printf: each %s is escaped, first as for a terminal and then as text or the value of
 * an attribute in quotes. Of other conversions d, u, x and f, with their lengths and precision.
 */
void ksm_html_put(struct ksm_html *html, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Bytes, which may hold a NUL, escaped likewise. */
void ksm_html_bytes(struct ksm_html *html, const void *bytes, size_t len);

#endif
