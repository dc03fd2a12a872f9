/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/html.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static void append(struct ksm_html *html, const char *text, size_t len)
{
	if (!html->is_short_of_memory)
		html->is_short_of_memory = ksm_str_append(&html->text, text, len) != 0;
}

static const char *entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void ksm_html_bytes(struct ksm_html *html, const void *bytes, size_t len)
{
	struct ksm_str safe ksm_auto_str = {0};

	if (ksm_str_escape(&safe, bytes, len)) {
		html->is_short_of_memory = true;
		return;
	}
	for (size_t i = 0; i < safe.len; i++) {
		const char *entity = entity_of(safe.data[i]);

		if (entity)
			append(html, entity, strlen(entity));
		else
			append(html, &safe.data[i], 1);
	}
}

static void put_text(struct ksm_html *html, const char *text)
{
	ksm_html_bytes(html, text, strlen(text));
}

/* The conversion @spec, "%.2f" or "%ld", of the next argument. */
static void put_number(struct ksm_html *html, const char *spec, va_list *args)
{
	size_t len = strlen(spec);
	bool is_long_long = len > 2 && spec[len - 2] == 'l' && spec[len - 3] == 'l';
	char number[64];
	int n;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (spec[len - 1] == 'f')
		n = snprintf(number, sizeof(number), spec, va_arg(*args, double));
	else if (is_long_long)
		n = snprintf(number, sizeof(number), spec, va_arg(*args, long long));
	else if (spec[len - 2] == 'l' || spec[len - 2] == 'z')
		n = snprintf(number, sizeof(number), spec, va_arg(*args, long));
	else
		n = snprintf(number, sizeof(number), spec, va_arg(*args, int));
#pragma GCC diagnostic pop
	append(html, number, (size_t)n < sizeof(number) ? (size_t)n : sizeof(number) - 1);
}

void ksm_html_put(struct ksm_html *html, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	while (*fmt) {
		size_t len = strcspn(fmt, "%");
		char spec[16];

		append(html, fmt, len);
		fmt += len;
		if (!*fmt)
			break;
		len = strcspn(fmt + 1, "sduxf%") + 2;
		snprintf(spec, sizeof(spec), "%.*s", (int)len, fmt);
		fmt += len;
		if (strcmp(spec, "%%") == 0)
			append(html, "%", 1);
		else if (strcmp(spec, "%s") == 0)
			put_text(html, va_arg(args, const char *));
		else
			put_number(html, spec, &args);
	}
	va_end(args);
}
