/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/number.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/str.h"

bool ksm_cli_parse_number(const char *text, double min, double max, double *ret_value)
{
	double value;
	char *end;

	for (const char *c = text; *c; c++) {
		if (!isdigit((unsigned char)*c) && *c != '.')
			return false;
	}
	value = strtod(text, &end);
	if (end == text || *end || !(value >= min && value <= max))
		return false;
	*ret_value = value;
	return true;
}

int ksm_cli_parse_pid(const struct ksm_cli *cli, const char *text, pid_t *ret_pid)
{
	uint64_t pid;

	if (ksm_parse_u64(text, INT32_MAX, &pid) || !pid)
		return ksm_cli_usage(cli, "\"%s\" is no process number: give one from 1 to %d",
				     text, INT32_MAX);
	*ret_pid = (pid_t)pid;
	return KSM_EXIT_OK;
}
