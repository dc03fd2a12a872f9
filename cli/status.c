/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl status [INTERVAL [COUNT]] */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/str.h"
#include "cli/number.h"
#include "cli/status_processes.h"
#include "cli/status_text.h"
#include "cli/verbs.h"
#include "report/json.h"
#include "report/metrics.h"
#include "report/sample.h"

#define INTERVAL_MAX 1000000.0 /* seconds */

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_PROMETHEUS, FORMAT_OPENMETRICS };

struct status_state {
	struct ksm_table_options table;
	enum format format;
	bool processes;
	bool all;
	double interval; /* seconds; 0: once */
	uint64_t count;
	struct ksm_scan_pace pace;
};

static const struct ksm_option status_options[] = {
	{"processes", 'p', NULL, "by process: what is merged, what it costs, the profit", NULL},
	{"all", 'a', NULL, "with -p, also processes that KSM has nothing to do with", NULL},
	{"format", 0, "FORMAT", "text, json, prometheus or openmetrics",
	 "text json prometheus openmetrics"},
	KSM_TABLE_OPTIONS,
	{NULL, 0, NULL, NULL, NULL},
};

static int take_format(const struct ksm_cli *cli, struct status_state *status, const char *value)
{
	static const char *const names[] = {"text", "json", "prometheus", "openmetrics"};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) == 0) {
			status->format = (enum format)i;
			return KSM_EXIT_OK;
		}
	}
	return ksm_cli_usage(cli, "\"%s\" is no format: give text, json, prometheus or openmetrics",
			     value);
}

static int status_option(struct ksm_cli *cli, void *state, const struct ksm_option *option,
			 const char *value)
{
	struct status_state *status = state;

	if (strcmp(option->name, "format") == 0)
		return take_format(cli, status, value);
	if (strcmp(option->name, "processes") == 0)
		status->processes = true;
	else if (strcmp(option->name, "all") == 0)
		status->all = true;
	else
		ksm_table_option(&status->table, option->name, value);
	return KSM_EXIT_OK;
}

static bool is_metrics(const struct status_state *state)
{
	return state->format == FORMAT_PROMETHEUS || state->format == FORMAT_OPENMETRICS;
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
	if (argc > 0 && is_metrics(state))
		return ksm_cli_usage(cli, "metrics are one text: leave out the interval \"%s\"",
				     argv[0]);
	return KSM_EXIT_OK;
}

static int print_text(const struct ksm_cli *cli, struct status_state *state,
		      const struct ksm_sample *sample, const struct ksm_process_statuses *processes)
{
	struct ksm_error err;
	int ret;

	ksm_scan_pace_add(&state->pace, sample);
	/* Who picks columns or drops the headings wants the table alone. */
	if (!ksm_table_is_alone(&state->table))
		ksm_status_print_headline(cli, sample, &state->pace, state->table.bytes);
	if (processes)
		ret = ksm_status_print_processes(processes, &state->table, &err);
	else
		ret = ksm_status_print_table(&sample->status, &state->table, &err);
	if (ret)
		return ksm_cli_fail(cli, &err);
	if (processes && processes->n_unreadable)
		ksm_cli_warn(cli, "%zu processes of others are not seen: that takes being root",
			     processes->n_unreadable);
	return KSM_EXIT_OK;
}

static int print_json(const struct ksm_cli *cli, const struct ksm_status *status,
		      const struct ksm_rates *rates, const struct ksm_process_statuses *processes)
{
	json_object *document = ksm_report_status("ksmctl.status/1", status, rates);

	if (processes)
		ksm_json_put(document, "processes", ksm_report_processes(processes));
	return ksm_cli_print_json(cli, document);
}

static int print_metrics(const struct ksm_cli *cli, const struct status_state *state,
			 const struct ksm_status *status, double ksmd_seconds,
			 const struct ksm_process_statuses *processes)
{
	ksm_auto_str struct ksm_str text = {0};

	if (ksm_report_metrics(status, ksmd_seconds, processes, state->format == FORMAT_OPENMETRICS,
			       &text))
		return ksm_cli_no_memory(cli);
	fputs(text.data, stdout);
	return KSM_EXIT_OK;
}

static int print_sample(const struct ksm_cli *cli, struct status_state *state,
			struct ksm_sampler *sampler)
{
	ksm_cleanup(ksm_sample_free) struct ksm_sample sample = {0};
	const struct ksm_process_statuses *shown = state->processes ? &sample.processes : NULL;
	struct ksm_error err;

	if (ksm_sampler_take(sampler, &sample, &err))
		return ksm_cli_fail(cli, &err);
	if (cli->json || state->format == FORMAT_JSON)
		return print_json(cli, &sample.status, &sample.rates, shown);
	if (is_metrics(state))
		return print_metrics(cli, state, &sample.status, sample.ksmd_seconds, shown);
	return print_text(cli, state, &sample, shown);
}

static int status_run(struct ksm_cli *cli, void *private, int argc, char **argv)
{
	struct status_state *state = private;
	ksm_cleanup(ksm_sampler_release) struct ksm_sampler sampler = {.ksmd_fd = -1};
	int64_t when = ksm_now();
	struct ksm_error err;
	int status = parse_arguments(cli, state, argc, argv);

	if (!status && state->all && !state->processes)
		status = ksm_cli_usage(cli, "--all is for --processes");
	if (!status &&
	    ksm_table_check(state->processes ? ksm_status_process_columns : ksm_status_columns,
			    &state->table, &err))
		status = ksm_cli_fail(cli, &err);
	if (status)
		return status;
	ksm_sampler_init(&sampler, &cli->root,
			 !state->processes ? KSM_SAMPLE_NO_PROCESSES
			 : state->all	   ? KSM_SAMPLE_ALL
					   : KSM_SAMPLE_CONCERNED);
	for (uint64_t i = 0; i < state->count; i++) {
		if (i > 0) {
			ksm_sleep_step(&when, (int64_t)(state->interval * KSM_SECOND));
			if (!cli->json && state->format == FORMAT_TEXT)
				putchar('\n');
		}
		status = print_sample(cli, state, &sampler);
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
	.other_columns = ksm_status_process_columns,
	.other_table_option = "--processes",
	.state_size = sizeof(struct status_state),
	.option = status_option,
	.run = status_run,
};
