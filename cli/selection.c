/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/selection.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cli/number.h"
#include "kernel/process.h"

bool ksm_selection_option(struct ksm_selection *selection, const struct ksm_option *option,
			  const char *value)
{
	if (strcmp(option->name, "all") == 0)
		selection->all = true;
	else if (strcmp(option->name, "name") == 0)
		selection->name = value;
	else if (strcmp(option->name, "user") == 0)
		selection->user = value;
	else if (strcmp(option->name, "cgroup") == 0)
		selection->cgroup = value;
	else
		return false;
	return true;
}

bool ksm_selection_is_filter(const struct ksm_selection *selection)
{
	return selection->all || selection->name || selection->user || selection->cgroup;
}

int ksm_selection_add(const struct ksm_cli *cli, struct ksm_selection *selection, pid_t pid)
{
	if (ksm_array_reserve(&selection->pid, &selection->pid_capacity, selection->n_pids + 1,
			      sizeof(*selection->pid)))
		return ksm_cli_no_memory(cli);
	selection->pid[selection->n_pids++] = pid;
	return KSM_EXIT_OK;
}

static int take_arguments(const struct ksm_cli *cli, struct ksm_selection *selection, int argc,
			  char **argv)
{
	for (int i = 0; i < argc; i++) {
		pid_t pid;
		int status = ksm_cli_parse_pid(cli, argv[i], &pid);

		if (!status)
			status = ksm_selection_add(cli, selection, pid);
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

static int prepare_filter(const struct ksm_cli *cli, const struct ksm_selection *selection,
			  struct filter *filter)
{
	struct ksm_error err;
	char text[128];
	int ret;

	filter->cgroup = selection->cgroup;
	if (selection->user) {
		if (ksm_user_id(selection->user, &filter->uid, &err))
			return ksm_cli_fail(cli, &err);
		filter->has_uid = true;
	}
	if (selection->name) {
		ret = regcomp(&filter->regex, selection->name, REG_EXTENDED | REG_NOSUB);
		if (ret) {
			regerror(ret, &filter->regex, text, sizeof(text));
			return ksm_cli_usage(cli, "\"%s\" is no regular expression: %s",
					     selection->name, text);
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

static int take_matching(const struct ksm_cli *cli, struct ksm_selection *selection)
{
	ksm_cleanup(release_filter) struct filter filter = {0};
	ksm_cleanup(ksm_processes_free) struct ksm_processes list = {0};
	struct ksm_error err;
	int status = prepare_filter(cli, selection, &filter);

	if (status)
		return status;
	if (ksm_processes_list(&cli->root, &list, &err))
		return ksm_cli_fail(cli, &err);
	for (size_t i = 0; i < list.n && !status; i++)
		if (passes_filter(&filter, &list.process[i]))
			status = ksm_selection_add(cli, selection, list.process[i].pid);
	if (!status && !selection->n_pids) {
		ksm_error_set(&err, KSM_ERR_GONE, ESRCH, "no process matches");
		return ksm_cli_fail(cli, &err);
	}
	return status;
}

/* An unset variable of a script would choose every process. */
static int refuse_empty(const struct ksm_cli *cli, const struct ksm_selection *selection)
{
	const struct {
		const char *name, *value;
	} filters[] = {{"name", selection->name},
		       {"user", selection->user},
		       {"cgroup", selection->cgroup}};

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (filters[i].value && !*filters[i].value)
			return ksm_cli_usage(cli, "--%s is empty: --all is every process",
					     filters[i].name);
	return KSM_EXIT_OK;
}

int ksm_selection_take(const struct ksm_cli *cli, struct ksm_selection *selection, int argc,
		       char **argv)
{
	bool by_filter = ksm_selection_is_filter(selection);

	if (!by_filter && !argc)
		return ksm_cli_usage(cli, "no process given: name some by PID, or use --all, "
					  "--name, --user or --cgroup");
	if (by_filter && argc)
		return ksm_cli_usage(cli,
				     "\"%s\": give either process numbers, or --all, --name, "
				     "--user and --cgroup",
				     argv[0]);
	if (!by_filter)
		return take_arguments(cli, selection, argc, argv);
	return refuse_empty(cli, selection) ?: take_matching(cli, selection);
}

void ksm_selection_release(struct ksm_selection *selection)
{
	free(selection->pid);
}
