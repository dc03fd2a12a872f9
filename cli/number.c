/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/number.h"

#include <ctype.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/units.h"

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

int ksm_cli_take_count(const struct ksm_cli *cli, const struct ksm_option *option,
		       const char *value, uint64_t min, uint64_t max, unsigned int *ret_count)
{
	uint64_t count;

	if (ksm_parse_u64(value, max, &count) || count < min)
		return ksm_cli_usage(
			cli, "--%s takes a number from %" PRIu64 " to %" PRIu64 ", not \"%s\"",
			option->name, min, max, value);
	*ret_count = (unsigned int)count;
	return KSM_EXIT_OK;
}

int ksm_cli_take_bytes(const struct ksm_cli *cli, const char *option, const char *value,
		       uint64_t max, uint64_t *ret_bytes)
{
	if (ksm_parse_bytes(value, max, ret_bytes))
		return ksm_cli_usage(cli,
				     "--%s takes a number of bytes from 1 to %" PRIu64
				     ", as 16K or 64G, not \"%s\"",
				     option, max, value);
	return KSM_EXIT_OK;
}

unsigned int ksm_cli_available_cpus(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);

	return n < 1 ? 1 : n > KSM_THREADS_MAX ? KSM_THREADS_MAX : (unsigned int)n;
}

bool ksm_cli_is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

int ksm_cli_parse_pid(const struct ksm_cli *cli, const char *text, pid_t *ret_pid)
{
	uint64_t pid;
	bool is_pid = !ksm_parse_u64(text, INT32_MAX, &pid) && pid;

	if (!is_pid && !access(text, F_OK))
		return ksm_cli_usage(cli,
				     "\"%s\" is a file and no process number: ksmctl analyze "
				     "reads dumps",
				     text);
	if (!is_pid)
		return ksm_cli_usage(cli,
				     "\"%s\" is no process number: give one from 1 to %d; pgrep "
				     "finds them by name",
				     text, INT32_MAX);
	*ret_pid = (pid_t)pid;
	return KSM_EXIT_OK;
}
