/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/units.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

void ksm_format_bytes(int64_t bytes, char buf[KSM_UNITS_MAX])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = fabs((double)bytes);
	const char *sign = bytes < 0 ? "-" : "";
	unsigned int unit = 0;

	/* 1023.96 would print as 1024.0: such a value belongs to the next unit. */
	while (value >= 1023.95 && unit < 6) {
		value /= 1024;
		unit++;
	}
	snprintf(buf, KSM_UNITS_MAX, unit ? "%s%.1f %s" : "%s%.0f %s", sign, value, units[unit]);
}

void ksm_format_percent(uint64_t part, uint64_t whole, char buf[KSM_UNITS_MAX])
{
	if (whole)
		snprintf(buf, KSM_UNITS_MAX, "%.1f%%", 100.0 * (double)part / (double)whole);
	else
		snprintf(buf, KSM_UNITS_MAX, "-");
}

void ksm_format_seconds(double seconds, char buf[KSM_UNITS_MAX])
{
	static const struct {
		double seconds;
		const char *large, *small;
		unsigned int small_seconds;
	} units[] = {{86400, "d", "h", 3600}, {3600, "h", "min", 60}, {60, "min", "s", 1}};

	if (seconds < 9.95) {
		snprintf(buf, KSM_UNITS_MAX, seconds < 0.0995 ? "%.2f s" : "%.1f s", seconds);
		return;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint64_t rounded = (uint64_t)(seconds / units[i].small_seconds + 0.5);
		uint64_t per_large = (uint64_t)units[i].seconds / units[i].small_seconds;

		if (rounded >= per_large) {
			snprintf(buf, KSM_UNITS_MAX, "%" PRIu64 " %s %" PRIu64 " %s",
				 rounded / per_large, units[i].large, rounded % per_large,
				 units[i].small);
			return;
		}
	}
	snprintf(buf, KSM_UNITS_MAX, "%.0f s", seconds);
}

int ksm_parse_bytes(const char *text, uint64_t max, uint64_t *ret_bytes)
{
	static const char units[] = "KMGT";
	size_t digits = strspn(text, "0123456789");
	const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;
	unsigned int shift = unit ? 10 * (unsigned int)(unit - units + 1) : 0;
	uint64_t value;
	int err;

	if (text[digits] && (!unit || (text[digits + 1] && strcmp(&text[digits + 1], "iB") != 0)))
		return -EINVAL;
	err = ksm_parse_u64_of(text, digits, max >> shift, &value);
	if (err)
		return err;
	if (!value)
		return -ERANGE;
	*ret_bytes = value << shift;
	return 0;
}
