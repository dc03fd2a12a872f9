/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl wait [PID...]: until what ksmd does has come to rest. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cli/number.h"
#include "cli/settle_text.h"
#include "cli/stop.h"
#include "cli/verbs.h"
#include "report/json.h"
#include "report/report.h"

#define SECONDS_MAX 1e9

struct wait_state {
	uint64_t full_scans; /* 0: until settled */
	double timeout;	     /* seconds; 0: none */
};

static const struct ksm_option wait_options[] = {
	{"settled", 0, NULL, "until two full scans in a row change nothing (the default)", NULL},
	{"full-scans", 0, "N", "until N full scans are over", NULL},
	{"timeout", 0, "SECONDS", "give up after so long", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static int wait_option(struct ksm_cli *cli, void *state, const struct ksm_option *option,
		       const char *value)
{
	struct wait_state *wait = state;

	if (strcmp(option->name, "settled") == 0) {
		wait->full_scans = 0;
	} else if (strcmp(option->name, "full-scans") == 0) {
		if (ksm_parse_u64(value, INT64_MAX, &wait->full_scans) || !wait->full_scans)
			return ksm_cli_usage(
				cli, "\"%s\" is no number of scans: give one from 1 on", value);
	} else if (!ksm_cli_parse_number(value, 0.001, SECONDS_MAX, &wait->timeout)) {
		return ksm_cli_usage(cli, "\"%s\" is no time: give seconds, more than 0", value);
	}
	return KSM_EXIT_OK;
}

static int show(void *data, const struct ksm_settle *settle)
{
	ksm_settle_show(data, settle);
	return 0;
}

/* Processes that are not there to begin with. */
struct missing {
	struct ksm_error *error; /* room for each that was named */
	size_t n;
};

static int print(const struct ksm_cli *cli, const struct wait_state *wait,
		 const struct ksm_settle *settle, const struct missing *missing)
{
	json_object *document;

	if (!cli->json) {
		if (cli->verbose)
			ksm_settle_print(settle, !wait->full_scans);
		return KSM_EXIT_OK;
	}
	document = ksm_report_new("ksmctl.wait/1");
	ksm_settle_json(settle, !wait->full_scans, document);
	ksm_json_put(document, "errors", ksm_report_errors(missing->error, missing->n));
	return ksm_cli_print_json(cli, document);
}

static bool is_missing(const struct ksm_cli *cli, pid_t pid, struct ksm_error *err)
{
	ksm_auto_close int dir_fd = -1;
	int ret = ksm_root_open_pid(&cli->root, pid, &dir_fd, err);

	if (!ret && ksm_pid_is_without_memory(dir_fd))
		ret = ksm_pid_no_memory_error(dir_fd, err);
	return ret == -ESRCH;
}

/* Of several they are told of, and left out. One alone is a failure. */
static int tell_of_missing(const struct ksm_cli *cli, const pid_t *pids, size_t n,
			   struct missing *missing)
{
	for (size_t i = 0; i < n; i++) {
		struct ksm_error *err = &missing->error[missing->n];

		if (!is_missing(cli, pids[i], err))
			continue;
		if (n == 1)
			return ksm_cli_fail(cli, err);
		ksm_cli_warn(cli, "%s", err->text);
		missing->n++;
	}
	return KSM_EXIT_OK;
}

static int wait_run(struct ksm_cli *cli, void *state, int argc, char **argv)
{
	const struct wait_state *wait = state;
	ksm_auto_free pid_t *pids = calloc((size_t)argc + 1, sizeof(*pids));
	struct ksm_error *errors ksm_auto_free = calloc((size_t)argc + 1, sizeof(*errors));
	struct missing missing = {.error = errors};
	struct ksm_settle_line line = {.cli = cli};
	struct ksm_settle_options options = {
		.pid = pids,
		.n_pids = (size_t)argc,
		.full_scans = wait->full_scans,
		.timeout_seconds = wait->timeout,
		.stop_fd = ksm_cli_stop_fd(),
		.progress = show,
		.progress_data = &line,
	};
	struct ksm_settle settle;
	struct ksm_error err;
	int status = KSM_EXIT_OK, ret;

	if (!pids || !errors)
		return ksm_cli_no_memory(cli);
	for (int i = 0; i < argc && !status; i++)
		status = ksm_cli_parse_pid(cli, argv[i], &pids[i]);
	if (!status)
		status = tell_of_missing(cli, pids, options.n_pids, &missing);
	if (status)
		return status;
	ret = ksm_settle_wait(&cli->root, &options, &settle, &err);
	ksm_settle_end_line(&line);
	status = ret ? ksm_cli_fail(cli, &err) : print(cli, wait, &settle, &missing);
	return status || !missing.n ? status : KSM_EXIT_PARTIAL;
}

const struct ksm_verb ksm_verb_wait = {
	.name = "wait",
	.arguments = "[PID...]",
	.summary = "until ksmd has settled, or made N full scans",
	.options = wait_options,
	.state_size = sizeof(struct wait_state),
	.option = wait_option,
	.run = wait_run,
};
