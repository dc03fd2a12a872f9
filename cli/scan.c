/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl scan: what KSM would save for running processes. Reads only. */
#include <string.h>

#include "base/cleanup.h"
#include "cli/estimate_text.h"
#include "cli/estimate_verb.h"
#include "cli/file.h"
#include "cli/selection.h"
#include "cli/verbs.h"
#include "source/process.h"

struct scan_state {
	struct ksm_selection selection;
	enum ksm_page_choice pages;
	struct ksm_estimate_request request;
};

static const struct ksm_option scan_options[] = {
	KSM_SELECTION_OPTIONS,
	{"pages", 0, "WHICH",
	 "eligible: areas that KSM would accept; mergeable: only those marked so now",
	 "eligible mergeable"},
	{"advise", 0, NULL, "which of them to opt in, so that it pays, and the commands for it",
	 NULL},
	{"trust", 0, NULL, "with --advise, also across users, containers and guests", NULL},
	KSM_ESTIMATE_OPTIONS,
	KSM_TABLE_OPTIONS,
	{NULL, 0, NULL, NULL, NULL},
};

static int scan_option(struct ksm_cli *cli, void *state, const struct ksm_option *option,
		       const char *value)
{
	struct scan_state *scan = state;

	if (ksm_selection_option(&scan->selection, option, value))
		return KSM_EXIT_OK;
	if (strcmp(option->name, "advise") == 0)
		scan->request.advise = scan->request.options.holdings = true;
	else if (strcmp(option->name, "trust") == 0)
		scan->request.trust = true;
	else if (strcmp(option->name, "pages") != 0)
		return ksm_estimate_option(cli, &scan->request, option, value);
	else if (strcmp(value, "eligible") == 0)
		scan->pages = KSM_PAGES_ELIGIBLE;
	else if (strcmp(value, "mergeable") == 0)
		scan->pages = KSM_PAGES_MERGEABLE;
	else
		return ksm_cli_usage(
			cli, "\"%s\" is no choice of pages: give eligible or mergeable", value);
	return KSM_EXIT_OK;
}

static int scan_run(struct ksm_cli *cli, void *state, int argc, char **argv)
{
	struct scan_state *scan = state;
	struct ksm_process_source_options source_options;
	struct ksm_page_source *source ksm_auto_source = NULL;
	struct ksm_error err;
	int status;

	if (scan->request.list_kernels)
		return ksm_estimate_list_kernels(cli, &scan->request.table);
	if (ksm_table_check(ksm_estimate_columns, &scan->request.table, &err))
		return ksm_cli_fail(cli, &err);
	if (scan->request.trust && !scan->request.advise)
		return ksm_cli_usage(cli, "--trust is for --advise");
	if (scan->request.advise && scan->request.diff)
		return ksm_cli_usage(cli, "--advise gives no report for --diff to compare");
	status = ksm_cli_check_output(cli, "--html", scan->request.html, "--diff",
				      scan->request.diff)
			 ?: ksm_cli_check_folder(cli, scan->request.html)
		?: ksm_estimate_prepare(cli, &scan->request);
	if (!status)
		status = ksm_selection_take(cli, &scan->selection, argc, argv);
	if (status)
		return status;

	source_options = (struct ksm_process_source_options){scan->pages, .skip_vanished = !argc};
	if (ksm_process_source_open(&cli->root, scan->selection.pid, scan->selection.n_pids,
				    &source_options, &source, &err))
		return ksm_cli_fail(cli, &err);
	return ksm_estimate_run_and_print(cli, &scan->request, source);
}

static void scan_release(void *state)
{
	struct scan_state *scan = state;

	ksm_selection_release(&scan->selection);
	ksm_estimate_request_release(&scan->request);
}

const struct ksm_verb ksm_verb_scan = {
	.name = "scan",
	.arguments = "PID... | --all | --name RE | --user USER | --cgroup PATH",
	.summary = "what KSM would save for running processes",
	.options = scan_options,
	.columns = ksm_estimate_columns,
	.state_size = sizeof(struct scan_state),
	.option = scan_option,
	.run = scan_run,
	.release = scan_release,
};
