/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl scan: what KSM would save for running processes. Reads only. */
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cli/estimate_text.h"
#include "cli/estimate_verb.h"
#include "cli/number.h"
#include "cli/verbs.h"
#include "kernel/process.h"
#include "source/process.h"

struct scan_state {
	bool all;
	const char *name;
	const char *user;
	const char *cgroup;
	enum ksm_page_choice pages;
	struct ksm_estimate_request request;
	pid_t *pid;
	size_t n_pids;
	size_t pid_capacity;
};

static const struct ksm_option scan_options[] = {
	{"all", 'a', NULL, "every process", NULL},
	{"name", 0, "RE", "processes whose name matches this extended regular expression", NULL},
	{"user", 0, "USER", "processes of this user, by name or number", NULL},
	{"cgroup", 0, "PATH", "processes in this control group or below it", NULL},
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

	if (strcmp(option->name, "all") == 0)
		scan->all = true;
	else if (strcmp(option->name, "name") == 0)
		scan->name = value;
	else if (strcmp(option->name, "user") == 0)
		scan->user = value;
	else if (strcmp(option->name, "cgroup") == 0)
		scan->cgroup = value;
	else if (strcmp(option->name, "advise") == 0)
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

/* ---------------------------------------------------------------- whom to scan */

static int add_pid(const struct ksm_cli *cli, struct scan_state *scan, pid_t pid)
{
	if (ksm_array_reserve(&scan->pid, &scan->pid_capacity, scan->n_pids + 1,
			      sizeof(*scan->pid)))
		return ksm_cli_no_memory(cli);
	scan->pid[scan->n_pids++] = pid;
	return KSM_EXIT_OK;
}

static int take_arguments(const struct ksm_cli *cli, struct scan_state *scan, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		pid_t pid;
		int status = ksm_cli_parse_pid(cli, argv[i], &pid);

		if (!status)
			status = add_pid(cli, scan, pid);
		if (status)
			return status;
	}
	return KSM_EXIT_OK;
}

struct filter {
	regex_t regex;
	bool has_regex;
	bool has_uid;
	uid_t uid;
	const char *cgroup;
};

static void release_filter(struct filter *filter)
{
	if (filter->has_regex)
		regfree(&filter->regex);
}

static int prepare_filter(const struct ksm_cli *cli, const struct scan_state *scan,
			  struct filter *filter)
{
	struct ksm_error err;
	char text[128];
	int ret;

	filter->cgroup = scan->cgroup;
	if (scan->user) {
		if (ksm_user_id(scan->user, &filter->uid, &err))
			return ksm_cli_fail(cli, &err);
		filter->has_uid = true;
	}
	if (scan->name) {
		ret = regcomp(&filter->regex, scan->name, REG_EXTENDED | REG_NOSUB);
		if (ret) {
			regerror(ret, &filter->regex, text, sizeof(text));
			return ksm_cli_usage(cli, "\"%s\" is no regular expression: %s", scan->name,
					     text);
		}
		filter->has_regex = true;
	}
	return KSM_EXIT_OK;
}

static bool passes_filter(const struct filter *filter, const struct ksm_process *process)
{
	if (!process->has_memory || process->pid == getpid())
		return false;
	if (filter->has_uid && process->uid != filter->uid)
		return false;
	if (filter->has_regex && regexec(&filter->regex, process->name, 0, NULL, 0))
		return false;
	return !filter->cgroup || ksm_cgroup_is_below(process->cgroup, filter->cgroup);
}

static int take_matching(const struct ksm_cli *cli, struct scan_state *scan)
{
	ksm_cleanup(release_filter) struct filter filter = {0};
	ksm_cleanup(ksm_processes_free) struct ksm_processes list = {0};
	struct ksm_error err;
	int status = prepare_filter(cli, scan, &filter);

	if (status)
		return status;
	if (ksm_processes_list(&cli->root, &list, &err))
		return ksm_cli_fail(cli, &err);
	for (size_t i = 0; i < list.n && !status; i++)
		if (passes_filter(&filter, &list.process[i]))
			status = add_pid(cli, scan, list.process[i].pid);
	if (!status && !scan->n_pids) {
		ksm_error_set(&err, KSM_ERR_GONE, ESRCH, "no process matches");
		return ksm_cli_fail(cli, &err);
	}
	return status;
}

static int select_processes(const struct ksm_cli *cli, struct scan_state *scan, int argc,
			    char **argv)
{
	bool by_filter = scan->all || scan->name || scan->user || scan->cgroup;

	if (!by_filter && !argc)
		return ksm_cli_usage(cli, "no process given: name some by PID, or use --all, "
					  "--name, --user or --cgroup");
	if (by_filter && argc)
		return ksm_cli_usage(cli,
				     "\"%s\": give either process numbers, or --all, --name, "
				     "--user and --cgroup",
				     argv[0]);
	return by_filter ? take_matching(cli, scan) : take_arguments(cli, scan, argc, argv);
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
	if (scan->request.trust && !scan->request.advise)
		return ksm_cli_usage(cli, "--trust is for --advise");
	status = ksm_estimate_prepare(cli, &scan->request);
	if (!status)
		status = select_processes(cli, scan, argc, argv);
	if (status)
		return status;

	source_options = (struct ksm_process_source_options){scan->pages, .skip_vanished = !argc};
	if (ksm_process_source_open(&cli->root, scan->pid, scan->n_pids, &source_options, &source,
				    &err))
		return ksm_cli_fail(cli, &err);
	return ksm_estimate_run_and_print(cli, &scan->request, source);
}

static void scan_release(void *state)
{
	struct scan_state *scan = state;

	free(scan->pid);
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
