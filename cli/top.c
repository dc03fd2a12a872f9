/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl top: the dashboard, or what it would show as text or documents. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/number.h"
#include "cli/status_processes.h"
#include "cli/status_text.h"
#include "cli/verbs.h"
#include "report/recording.h"
#include "report/top.h"
#include "tui/tui.h"

#define DELAY_MIN 0.1
#define DELAY_MAX 3600

struct top_state {
	struct ksm_tui_options tui;
	bool batch;
};

static const struct ksm_option top_options[] = {
	{"batch", 'b', NULL, "print text, for a file or a pipe", NULL},
	{"delay", 'd', "SECONDS", "between samples (1)", NULL},
	{"count", 'n', "N", "end after N samples", NULL},
	{"rw", 0, NULL, "let keys opt processes in and out and set tunables; each is confirmed",
	 NULL},
	{"record", 0, "FILE", "write each sample there, too", NULL},
	{"replay", 0, "FILE", "show such a recording", NULL},
	{"graph", 0, "KIND", "draw graphs with braille, block or ascii characters",
	 "braille block ascii"},
	{"ascii", 0, NULL, "draw with ASCII alone", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static int take_graph(const struct ksm_cli *cli, struct top_state *top, const char *value)
{
	static const char *const kinds[] = {"braille", "block", "ascii"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i], value) == 0)
			top->tui.graph = value;
	if (!top->tui.graph)
		return ksm_cli_usage(
			cli, "\"%s\" is no kind of graph: give braille, block or ascii", value);
	return KSM_EXIT_OK;
}

static int top_option(struct ksm_cli *cli, void *state, const struct ksm_option *option,
		      const char *value)
{
	struct top_state *top = state;

	if (strcmp(option->name, "graph") == 0)
		return take_graph(cli, top, value);
	if (strcmp(option->name, "delay") == 0) {
		if (!ksm_cli_parse_number(value, DELAY_MIN, DELAY_MAX, &top->tui.delay))
			return ksm_cli_usage(
				cli, "\"%s\" is no delay: give seconds, from 0.1 to 3600", value);
	} else if (strcmp(option->name, "count") == 0) {
		if (ksm_parse_u64(value, UINT64_MAX, &top->tui.count) || !top->tui.count)
			return ksm_cli_usage(cli, "\"%s\" is no count: give a number from 1 on",
					     value);
	} else if (strcmp(option->name, "batch") == 0) {
		top->batch = true;
	} else if (strcmp(option->name, "rw") == 0) {
		top->tui.may_write = true;
	} else if (strcmp(option->name, "record") == 0) {
		top->tui.record = value;
	} else if (strcmp(option->name, "replay") == 0) {
		top->tui.replay = value;
	} else {
		top->tui.ascii = true;
	}
	return KSM_EXIT_OK;
}

/* ---------------------------------------------------------------- batch */

static int print_text(const struct ksm_cli *cli, const struct ksm_sample *sample,
		      struct ksm_scan_pace *pace, bool is_first)
{
	struct ksm_table_options options = {0};
	time_t seconds = (time_t)sample->time;
	char clock[32] = "";
	struct ksm_error err;
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%F %T", &tm);
	printf("%s%s\n", is_first ? "" : "\n", clock);
	ksm_scan_pace_add(pace, sample);
	ksm_status_print_headline(cli, sample, pace, false);
	if (ksm_status_print_processes(&sample->processes, &options, &err))
		return ksm_cli_fail(cli, &err);
	return KSM_EXIT_OK;
}

static int print(const struct ksm_cli *cli, const struct ksm_sample *sample,
		 struct ksm_scan_pace *pace, bool is_first)
{
	return cli->json ? ksm_cli_print_json(cli, ksm_report_top(sample))
			 : print_text(cli, sample, pace, is_first);
}

static int print_live(const struct ksm_cli *cli, const struct top_state *top,
		      struct ksm_recorder *recorder)
{
	ksm_cleanup(ksm_sampler_release) struct ksm_sampler sampler = {.ksmd_fd = -1};
	double delay = top->tui.delay > 0 ? top->tui.delay : 1;
	int64_t when = ksm_now();
	struct ksm_scan_pace pace = {0};
	int status = KSM_EXIT_OK;

	ksm_sampler_init(&sampler, &cli->root, KSM_SAMPLE_ALL);
	for (uint64_t i = 0; !top->tui.count || i < top->tui.count; i++) {
		ksm_cleanup(ksm_sample_free) struct ksm_sample sample = {0};
		struct ksm_error err;

		if (i > 0)
			ksm_sleep_step(&when, (int64_t)(delay * KSM_SECOND));
		if (ksm_sampler_take(&sampler, &sample, &err) ||
		    (recorder && ksm_recorder_add(recorder, &sample, &err)))
			return ksm_cli_fail(cli, &err);
		status = print(cli, &sample, &pace, i == 0);
		if (status || !ksm_cli_flush())
			break;
	}
	return status;
}

static void warn_of_rest(const struct ksm_cli *cli, const struct ksm_recording *recording)
{
	size_t damaged_at = ksm_recording_damaged_at(recording), n = ksm_recording_size(recording);

	if (damaged_at)
		ksm_cli_warn(cli,
			     "the recording is damaged at byte %zu: what follows sample %zu cannot "
			     "be shown",
			     damaged_at, n);
	else
		ksm_cli_warn(cli, "the recording is cut off within sample %zu", n + 1);
}

static int print_recording(const struct ksm_cli *cli, const struct top_state *top)
{
	struct ksm_recording *recording;
	struct ksm_scan_pace pace = {0};
	struct ksm_error err;
	int status = KSM_EXIT_OK;
	size_t n;

	if (ksm_recording_open(top->tui.replay, &recording, &err))
		return ksm_cli_fail(cli, &err);
	n = ksm_recording_size(recording);
	if (top->tui.count && top->tui.count < n)
		n = top->tui.count;
	for (size_t i = 0; i < n && !status; i++) {
		ksm_cleanup(ksm_sample_free) struct ksm_sample sample = {0};

		if (ksm_recording_read(recording, i, &sample, &err)) {
			ksm_error_name_path(&err, top->tui.replay);
			status = ksm_cli_fail(cli, &err);
		} else {
			status = print(cli, &sample, &pace, i == 0);
		}
		if (!ksm_cli_flush())
			break;
	}
	if (!status && ksm_recording_cut(recording)) {
		warn_of_rest(cli, recording);
		status = KSM_EXIT_PARTIAL;
	}
	ksm_recording_close(recording);
	return status;
}

static int run_batch(const struct ksm_cli *cli, const struct top_state *top)
{
	struct ksm_recorder *recorder = NULL;
	struct ksm_error err;
	int status;

	if (top->tui.replay)
		return print_recording(cli, top);
	if (top->tui.record && ksm_recorder_open(top->tui.record, &recorder, &err))
		return ksm_cli_fail(cli, &err);
	status = print_live(cli, top, recorder);
	ksm_recorder_close(recorder);
	return status;
}

/* ---------------------------------------------------------------- */

static int top_run(struct ksm_cli *cli, void *state, int argc, char **argv)
{
	struct top_state *top = state;
	struct ksm_error err;
	int number = 0;

	if (argc)
		return ksm_cli_usage(cli, "\"%s\" is one argument too many", argv[0]);
	if (top->tui.record && top->tui.replay)
		return ksm_cli_usage(cli, "--record and --replay: give one of them");
	if (cli->json || top->batch)
		return run_batch(cli, top);
	top->tui.color = ksm_cli_color(cli);
	if (ksm_tui_run(&cli->root, &top->tui, &number, &err))
		return ksm_cli_fail(cli, &err);
	if (number) {
		signal(number, SIG_DFL);
		raise(number);
	}
	return KSM_EXIT_OK;
}

const struct ksm_verb ksm_verb_top = {
	.name = "top",
	.summary = "the dashboard: KSM and processes as they go",
	.options = top_options,
	.state_size = sizeof(struct top_state),
	.option = top_option,
	.run = top_run,
};
