/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl status [INTERVAL [COUNT]] */
#include <errno.h>
#include <math.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cli/number.h"
#include "cli/status_text.h"
#include "cli/verbs.h"
#include "kernel/ksmd_cpu.h"
#include "report/status.h"

#define NANOSECONDS  INT64_C(1000000000)
#define INTERVAL_MAX 1000000.0 /* seconds */

struct status_state {
	struct ksm_table_options table;
	double interval; /* seconds; 0: once */
	uint64_t count;
};

static const struct ksm_option status_options[] = {
	KSM_TABLE_OPTIONS,
	{NULL, 0, NULL, NULL, NULL},
};

static int status_option(struct ksm_cli *cli, void *state, const struct ksm_option *option,
			 const char *value)
{
	struct status_state *status = state;

	ksm_table_option(&status->table, option->name, value);
	return KSM_EXIT_OK;
}

static int parse_arguments(const struct ksm_cli *cli, struct status_state *state, int argc,
			   char **argv)
{
	state->count = argc ? UINT64_MAX : 1;
	if (argc > 2)
		return ksm_cli_usage(cli, "\"%s\" is one argument too many", argv[2]);
	if (argc > 0 && !ksm_cli_parse_number(argv[0], 0.001, INTERVAL_MAX, &state->interval))
		return ksm_cli_usage(
			cli, "\"%s\" is no interval: give seconds, from 0.001 to 1000000", argv[0]);
	if (argc > 1 && (ksm_parse_u64(argv[1], UINT64_MAX, &state->count) || !state->count))
		return ksm_cli_usage(cli, "\"%s\" is no count: give a number from 1 on", argv[1]);
	return KSM_EXIT_OK;
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * NANOSECONDS + time.tv_nsec;
}

static void sleep_until(int64_t when)
{
	struct timespec time = {.tv_sec = when / NANOSECONDS, .tv_nsec = when % NANOSECONDS};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
		;
}

/* Of one CPU, since the call before; NAN where that cannot be told. */
static double measure_cpu(int ksmd_fd, struct ksm_ksmd_load *load)
{
	uint64_t ticks;

	if (ksmd_fd < 0 || ksm_ksmd_ticks(ksmd_fd, &ticks, NULL)) {
		*load = (struct ksm_ksmd_load){0};
		return NAN;
	}
	return ksm_ksmd_load_percent(load, ticks, now(), sysconf(_SC_CLK_TCK));
}

static int print_text(const struct ksm_cli *cli, const struct ksm_status *status,
		      const struct ksm_table_options *options)
{
	struct ksm_error err;

	/* Who picks columns or drops the headings wants the table alone. */
	if (!options->columns && !options->all_columns && !options->no_headings && !options->raw)
		ksm_status_print_headline(cli, status, options->bytes);
	if (ksm_status_print_table(status, options, &err))
		return ksm_cli_fail(cli, &err);
	return KSM_EXIT_OK;
}

static int sample(const struct ksm_cli *cli, const struct status_state *state, int ksmd_fd,
		  struct ksm_ksmd_load *load)
{
	struct ksm_status status;
	struct ksm_sysfs sysfs;
	struct ksm_error err;

	if (ksm_sysfs_read(&cli->root, &sysfs, &err))
		return ksm_cli_fail(cli, &err);
	ksm_status_init(&status, &sysfs, (unsigned int)sysconf(_SC_PAGESIZE));
	status.ksmd_cpu_percent = measure_cpu(ksmd_fd, load);
	if (cli->json)
		return ksm_cli_print_json(cli, ksm_report_status(&status));
	return print_text(cli, &status, &state->table);
}

static int status_run(struct ksm_cli *cli, void *private, int argc, char **argv)
{
	struct status_state *state = private;
	ksm_auto_close int ksmd_fd = -1;
	struct ksm_ksmd_load load = {0};
	int64_t when = now();
	int status = parse_arguments(cli, state, argc, argv);

	if (status)
		return status;
	if (state->interval > 0)
		ksm_ksmd_open(&cli->root, &ksmd_fd, NULL);
	for (uint64_t i = 0; i < state->count; i++) {
		if (i > 0) {
			when += (int64_t)(state->interval * (double)NANOSECONDS);
			sleep_until(when);
			if (!cli->json)
				putchar('\n');
		}
		status = sample(cli, state, ksmd_fd, &load);
		if (status || !ksm_cli_flush())
			break;
	}
	return status;
}

const struct ksm_verb ksm_verb_status = {
	.name = "status",
	.arguments = "[INTERVAL [COUNT]]",
	.summary = "what KSM saves and costs now; again every INTERVAL seconds",
	.options = status_options,
	.columns = ksm_status_columns,
	.state_size = sizeof(struct status_state),
	.option = status_option,
	.run = status_run,
};
