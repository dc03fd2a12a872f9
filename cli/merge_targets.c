/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/merge.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/units.h"
#include "cli/number.h"
#include "kernel/domain.h"
#include "kernel/process.h"
#include "report/processes.h"
#include "report/report.h"

/* ---------------------------------------------------------------- who */

static bool is_known(const struct ksm_merge_targets *targets, pid_t pid)
{
	for (size_t i = 0; i < targets->n; i++)
		if (targets->target[i].pid == pid)
			return true;
	return false;
}

/* Once, also where both a process and one of its threads are named. */
static int take_target(const struct ksm_cli *cli, struct ksm_merge_targets *targets, pid_t pid)
{
	struct ksm_merge_target *target = &targets->target[targets->n];
	ksm_cleanup(ksm_process_free) struct ksm_process process = {.pid = pid};
	struct ksm_error error = {0};

	ksm_process_get(&cli->root, pid, &process, &error);
	if (is_known(targets, process.pid))
		return KSM_EXIT_OK;
	target->error = error;
	target->pid = process.pid;
	target->uid = process.uid;
	target->start_time = process.start_time;
	target->name = strdup(process.name ? process.name : "");
	target->cgroup = strdup(process.cgroup ? process.cgroup : "");
	targets->n++;
	return target->name && target->cgroup ? KSM_EXIT_OK : ksm_cli_no_memory(cli);
}

int ksm_merge_take_targets(const struct ksm_cli *cli, int argc, char **argv,
			   struct ksm_merge_targets *ret_targets)
{
	if (!argc)
		return ksm_cli_usage(cli, "no process given: name some by PID");
	ret_targets->target = calloc((size_t)argc, sizeof(*ret_targets->target));
	if (!ret_targets->target)
		return ksm_cli_no_memory(cli);
	for (int i = 0; i < argc; i++) {
		pid_t pid;
		int status = ksm_cli_parse_pid(cli, argv[i], &pid);

		if (!status)
			status = take_target(cli, ret_targets, pid);
		if (status)
			return status;
	}
	return KSM_EXIT_OK;
}

void ksm_merge_targets_free(struct ksm_merge_targets *targets)
{
	for (size_t i = 0; i < targets->n; i++) {
		free(targets->target[i].name);
		free(targets->target[i].cgroup);
	}
	free(targets->target);
	*targets = (struct ksm_merge_targets){0};
}

/* ---------------------------------------------------------------- trust */

static int refuse(const struct ksm_cli *cli, const struct ksm_domain *a, const struct ksm_domain *b,
		  const struct ksm_process *other)
{
	char a_name[KSM_DOMAIN_NAME_MAX], b_name[KSM_DOMAIN_NAME_MAX];
	struct ksm_error err;

	ksm_domain_name(a, a_name);
	ksm_domain_name(b, b_name);
	if (other)
		ksm_error_set(
			&err, KSM_ERR_SYSTEM, 0,
			"%s would merge with %s (process %d \"%.32s\" has opted in): each could "
			"find out what is in the other's memory; if they trust each other, --trust",
			a_name, b_name, other->pid, other->name);
	else
		ksm_error_set(&err, KSM_ERR_SYSTEM, 0,
			      "%s would merge with %s: each could find out what is in the other's "
			      "memory; if they trust each other, --trust",
			      a_name, b_name);
	return ksm_cli_fail(cli, &err);
}

static void domain_of_target(const struct ksm_merge_target *target, struct ksm_domain *ret_domain)
{
	const struct ksm_process process = {.pid = target->pid,
					    .uid = target->uid,
					    .name = target->name,
					    .cgroup = target->cgroup};

	ksm_domain_of(&process, ret_domain);
}

/* Refuses if any of these has opted in that is not of the domain, and tells of how many that is not known. */
static int check_others(const struct ksm_cli *cli, const struct ksm_domain *own,
			const struct ksm_processes *list)
{
	struct ksm_domain domain;
	size_t unknown = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct ksm_process *process = &list->process[i];
		bool is_in = false;
		int ret;

		ksm_domain_of(process, &domain);
		if (!process->has_memory || ksm_domain_equal(own, &domain))
			continue;
		ret = ksm_find_opted_in(&cli->root, process->pid, &is_in, NULL);
		if (is_in)
			return refuse(cli, own, &domain, process);
		unknown += ret && ret != -ESRCH;
	}
	if (unknown)
		ksm_cli_warn(cli,
			     "%zu of the processes of other users, containers or guests do not "
			     "show whether they have opted in (to root they do): those that have "
			     "could find out what is in memory that merges with theirs",
			     unknown);
	return KSM_EXIT_OK;
}

int ksm_merge_check_trust(const struct ksm_cli *cli, const struct ksm_merge_targets *targets)
{
	ksm_cleanup(ksm_processes_free) struct ksm_processes list = {0};
	struct ksm_domain first = {0}, domain;
	struct ksm_error err;
	bool has_first = false;

	for (size_t i = 0; i < targets->n; i++) {
		if (targets->target[i].error.code)
			continue;
		domain_of_target(&targets->target[i], &domain);
		if (has_first && !ksm_domain_equal(&first, &domain))
			return refuse(cli, &first, &domain, NULL);
		first = domain;
		has_first = true;
	}
	if (!has_first)
		return KSM_EXIT_OK;
	if (ksm_processes_list(&cli->root, &list, &err))
		return ksm_cli_fail(cli, &err);
	return check_others(cli, &first, &list);
}

/* ---------------------------------------------------------------- what came of it */

int ksm_merge_status(const struct ksm_merge_targets *targets)
{
	size_t failed = 0;
	int status = KSM_EXIT_OK;

	for (size_t i = 0; i < targets->n; i++) {
		int own = ksm_cli_status(&targets->target[i].error);

		if (!own)
			continue;
		status = failed && own != status ? KSM_EXIT_FAILED : own;
		failed++;
	}
	return failed && failed < targets->n ? KSM_EXIT_PARTIAL : status;
}

static const char *errno_name(int errnum)
{
	const char *name = strerrorname_np(errnum);

	return name ? name : "unknown";
}

/* " (process_madvise: EINVAL)": what was tried before, or in vain. */
static void print_refused(const struct ksm_opt_in_result *result, FILE *out)
{
	const char *before = " (";

	for (size_t i = 0; i < result->n_attempts; i++) {
		if (!result->attempt[i].errnum)
			continue;
		fprintf(out, "%s%s: %s", before, ksm_opt_in_method_name(result->attempt[i].method),
			errno_name(result->attempt[i].errnum));
		before = ", ";
	}
	if (before[0] == ',')
		fputc(')', out);
}

static const char *method_of(const struct ksm_opt_in_result *result)
{
	for (size_t i = result->n_attempts; i > 0; i--)
		if (!result->attempt[i - 1].errnum)
			return ksm_opt_in_method_name(result->attempt[i - 1].method);
	return NULL;
}

static void print_already(const struct ksm_opt_in_result *result)
{
	char bytes[KSM_UNITS_MAX];

	printf("was opted in already");
	if (!result->left_out)
		return;
	ksm_format_bytes((int64_t)result->left_out_bytes, bytes);
	printf(", but for %zu area%s of %s (--area or --range takes %s in)", result->left_out,
	       result->left_out == 1 ? "" : "s", bytes, result->left_out == 1 ? "it" : "them");
}

static void print_target(const struct ksm_merge_target *target, bool merge)
{
	const char *method = method_of(&target->result), *done = merge ? "opted in" : "opted out";
	ksm_auto_str struct ksm_str name = {0};

	if (ksm_str_escape(&name, target->name, strlen(target->name)))
		return;
	printf("%s (%d): ", name.data ? name.data : "", target->pid);
	if (merge && target->result.was_already)
		print_already(&target->result);
	else if (!method)
		printf("was not opted in");
	else if (target->result.ranges)
		printf("%s in %zu range%s by %s", done, target->result.ranges,
		       target->result.ranges == 1 ? "" : "s", method);
	else
		printf("%s by %s", done, method);
	print_refused(&target->result, stdout);
	putchar('\n');
}

/* Is it told which process that is, and not only that of another, such as one that traces it? */
static bool names_process(const char *text, pid_t pid)
{
	char of_process[32], of_pid[32];
	const char *const forms[] = {of_process, of_pid};

	snprintf(of_process, sizeof(of_process), "process %d", pid);
	snprintf(of_pid, sizeof(of_pid), "pid %d", pid);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		for (const char *at = strstr(text, forms[i]); at; at = strstr(at + 1, forms[i]))
			if (!isdigit((unsigned char)at[strlen(forms[i])]))
				return true;
	return false;
}

static void warn_of(const struct ksm_cli *cli, const struct ksm_merge_target *target)
{
	const char *text = target->error.text;

	if (names_process(text, target->pid))
		ksm_cli_warn(cli, "%s", text);
	else if (target->name[0])
		ksm_cli_warn(cli, "process %d \"%.32s\": %s", target->pid, target->name, text);
	else
		ksm_cli_warn(cli, "process %d: %s", target->pid, text);
}

void ksm_merge_print(const struct ksm_cli *cli, const struct ksm_merge_targets *targets, bool merge)
{
	for (size_t i = 0; i < targets->n; i++) {
		const struct ksm_merge_target *target = &targets->target[i];

		if (target->error.code)
			warn_of(cli, target);
		/* A dry run has told of calls; of none there is something to say, too. */
		else if (!cli->json && (!cli->dry_run || target->result.was_already))
			print_target(target, merge);
	}
}

/* ---------------------------------------------------------------- JSON */

static json_object *attempts_json(const struct ksm_opt_in_result *result)
{
	json_object *array = ksm_json_array();

	for (size_t i = 0; i < result->n_attempts; i++) {
		const struct ksm_attempt *attempt = &result->attempt[i];
		json_object *object = ksm_json_object();

		ksm_json_put(object, "method",
			     ksm_json_string(ksm_opt_in_method_name(attempt->method)));
		ksm_json_put(object, "errno", ksm_json_int(attempt->errnum));
		ksm_json_put(object, "error",
			     attempt->errnum ? ksm_json_string(errno_name(attempt->errnum)) : NULL);
		ksm_json_append(array, object);
	}
	return array;
}

static json_object *stat_json(const struct ksm_stat *stat)
{
	json_object *object = ksm_json_object();

	ksm_report_put_stat(object, stat);
	return object;
}

static json_object *target_json(const struct ksm_merge_target *target)
{
	const char *method = method_of(&target->result);
	json_object *object = ksm_json_object();

	ksm_json_put(object, "pid", ksm_json_int(target->pid));
	ksm_json_put(object, "name", *target->name ? ksm_json_string(target->name) : NULL);
	ksm_json_put(object, "method", method ? ksm_json_string(method) : NULL);
	ksm_json_put(object, "tried", attempts_json(&target->result));
	ksm_json_put(object, "already", ksm_json_bool(target->result.was_already));
	ksm_json_put(object, "left_out_bytes",
		     target->result.left_out ? ksm_json_int((int64_t)target->result.left_out_bytes)
					     : NULL);
	ksm_json_put(object, "ranges",
		     target->result.ranges ? ksm_json_int((int64_t)target->result.ranges) : NULL);
	ksm_json_put(object, "forecast", NULL);
	ksm_json_put(object, "result",
		     target->error.code ? NULL : stat_json(&target->result.after));
	ksm_json_put(object, "error", target->error.code ? ksm_report_error(&target->error) : NULL);
	return object;
}

json_object *ksm_merge_json(const struct ksm_merge_targets *targets)
{
	json_object *array = ksm_json_array();

	for (size_t i = 0; i < targets->n; i++)
		ksm_json_append(array, target_json(&targets->target[i]));
	return array;
}
