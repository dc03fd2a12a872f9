/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/amount.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "estimate/estimate.h"

/* Three significant digits; @value is below 1024. */
static void format_digits(double value, const char *sign, const char *unit,
			  char ret_text[TUI_AMOUNT_MAX])
{
	int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

	snprintf(ret_text, TUI_AMOUNT_MAX, "%s%.*f%s", sign, decimals, value, unit);
}

static void format_scaled(double value, double base, const char *const units[],
			  char ret_text[TUI_AMOUNT_MAX])
{
	const char *sign = value < 0 ? "-" : "";
	unsigned int unit = 0;

	value = fabs(value);
	while (value >= base - 0.5) {
		value /= base;
		unit++;
	}
	format_digits(value, sign, units[unit], ret_text);
}

void tui_format_bytes(int64_t bytes, char ret_text[TUI_AMOUNT_MAX])
{
	static const char *const units[] = {"B", "K", "M", "G", "T", "P", "E"};

	if (bytes == KSM_UNKNOWN)
		strcpy(ret_text, "-");
	else if (bytes > -1024 && bytes < 1024)
		snprintf(ret_text, TUI_AMOUNT_MAX, bytes ? "%" PRId64 "B" : "%" PRId64, bytes);
	else
		format_scaled((double)bytes, 1024, units, ret_text);
}

void tui_format_count(int64_t count, char ret_text[TUI_AMOUNT_MAX])
{
	static const char *const units[] = {"", "k", "M", "G", "T", "P", "E"};

	if (count == KSM_UNKNOWN)
		strcpy(ret_text, "-");
	else if (count > -10000 && count < 100000)
		snprintf(ret_text, TUI_AMOUNT_MAX, "%" PRId64, count);
	else
		format_scaled((double)count, 1000, units, ret_text);
}

void tui_format_real(double value, char ret_text[TUI_AMOUNT_MAX])
{
	if (isnan(value))
		strcpy(ret_text, "-");
	else if (fabs(value) < 9.95)
		snprintf(ret_text, TUI_AMOUNT_MAX, "%.1f", value);
	else
		tui_format_count(fabs(value) < 9e18 ? llrint(value) : INT64_MAX, ret_text);
}
