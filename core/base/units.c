/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/units.h"

#include <math.h>
#include <stdio.h>

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
