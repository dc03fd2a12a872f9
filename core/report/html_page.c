/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/html_page.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "base/units.h"
#include "estimate/estimate.h"

/* The files as they are, as of the build. */
#define EMBED(name, file)                                                           \
	__asm__(".pushsection .rodata\n" #name ":\n"                                \
		".incbin \"core/report/" file "\"\n" #name "_end:\n.popsection\n"); \
	extern const char name[] __attribute__((visibility("hidden"))),             \
		name##_end[] __attribute__((visibility("hidden")))

EMBED(ksm_report_css, "report.css");
EMBED(ksm_report_js, "report.js");

/* Markup of our own, as it is. */
static void put_asset(struct ksm_html *html, const char *begin, const char *end)
{
	if (!html->is_short_of_memory)
		html->is_short_of_memory =
			ksm_str_append(&html->text, begin, (size_t)(end - begin)) != 0;
}

/* What a browser compares with before it runs or applies something (Content Security Policy, level 3). */
static void put_hash(struct ksm_html *html, const char *begin, const char *end)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	char text[sodium_base64_ENCODED_LEN(sizeof(hash), sodium_base64_VARIANT_ORIGINAL)];

	crypto_hash_sha256(hash, (const unsigned char *)begin, (unsigned long long)(end - begin));
	sodium_bin2base64(text, sizeof(text), hash, sizeof(hash), sodium_base64_VARIANT_ORIGINAL);
	ksm_html_put(html, "'sha256-%s'", text);
}

void ksm_html_begin(struct ksm_html *html, const char *title)
{
	ksm_html_put(html,
		     "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		     "style-src ");
	put_hash(html, ksm_report_css, ksm_report_css_end);
	ksm_html_put(html, "; script-src ");
	put_hash(html, ksm_report_js, ksm_report_js_end);
	ksm_html_put(html,
		     "\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
		     "<title>%s</title>\n<style>",
		     title);
	put_asset(html, ksm_report_css, ksm_report_css_end);
	ksm_html_put(html, "</style>\n</head>\n<body>\n");
}

void ksm_html_end(struct ksm_html *html)
{
	ksm_html_put(html, "<script>");
	put_asset(html, ksm_report_js, ksm_report_js_end);
	ksm_html_put(html, "</script>\n</body>\n</html>\n");
}

void ksm_html_paragraphs(struct ksm_html *html, char *lines, const char *first_class)
{
	const char *class = first_class;
	char *save = NULL;

	for (char *line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		ksm_html_put(html, "<p class=\"%s\">%s</p>\n", class, line);
		class = "more";
	}
}

void ksm_html_begin_section(struct ksm_html *html, const char *heading, bool wide)
{
	ksm_html_put(html, "<section class=\"%s\">\n<h2>%s</h2>\n", wide ? "wide" : "half",
		     heading);
}

void ksm_html_end_section(struct ksm_html *html)
{
	ksm_html_put(html, "</section>\n");
}

void ksm_html_begin_table(struct ksm_html *html, const char *caption,
			  const struct ksm_html_column *column)
{
	ksm_html_put(html,
		     "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">"
		     "<table>\n<caption>%s</caption>\n<thead><tr>",
		     caption, caption);
	for (; column->name; column++)
		ksm_html_put(html, "<th scope=\"col\" class=\"%s\">%s</th>",
			     column->is_number ? "n" : "", column->name);
	ksm_html_put(html, "</tr></thead>\n<tbody>\n");
}

void ksm_html_end_table(struct ksm_html *html)
{
	ksm_html_put(html, "</tbody></table></div>\n");
}

void ksm_html_text_cell(struct ksm_html *html, const char *text)
{
	ksm_html_put(html, "<td class=\"long\">%s</td>", text);
}

void ksm_html_unknown_cell(struct ksm_html *html)
{
	ksm_html_put(html, "<td class=\"n\" data-v=\"\">-</td>");
}

static void put_number_cell(struct ksm_html *html, int64_t number, const char *text)
{
	if (number == KSM_UNKNOWN)
		ksm_html_unknown_cell(html);
	else
		ksm_html_put(html, "<td class=\"n\" data-v=\"%" PRId64 "\">%s</td>", number, text);
}

void ksm_html_number_cell(struct ksm_html *html, int64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, number);
	put_number_cell(html, number, text);
}

void ksm_html_bytes_cell(struct ksm_html *html, int64_t bytes)
{
	char text[KSM_UNITS_MAX];

	ksm_format_bytes(bytes, text);
	put_number_cell(html, bytes, text);
}
