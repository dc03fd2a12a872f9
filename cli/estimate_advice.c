/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/estimate_advice.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/units.h"
#include "control/opt_in.h"
#include "estimate/advice.h"
#include "report/report.h"

enum { COL_PID, COL_USER, COL_NAME, COL_ADDS, COL_ALONE, COL_COST };

static const struct ksm_column columns[] = {
	[COL_PID] = {"PID", "process", true, KSM_COL_NUMBER},
	[COL_USER] = {"USER", "whose it is", true, KSM_COL_TEXT},
	[COL_NAME] = {"NAME", "of the process", true, KSM_COL_TEXT},
	[COL_ADDS] = {"ADDS", "what would be lost without it, net", true, KSM_COL_BYTES},
	[COL_ALONE] = {"ALONE", "what it would free by itself, net", true, KSM_COL_BYTES},
	[COL_COST] = {"COST", "rmap items", true, KSM_COL_BYTES},
	{NULL, NULL, false, KSM_COL_TEXT},
};

/* ---------------------------------------------------------------- commands */

/*
 * The system service that a process belongs to: "NAME" of "/system.slice/NAME.service". Only names that a shell takes
 * as they are: the command is there to be pasted.
 */
static bool service_of(const struct ksm_space *space, char ret_name[static 128])
{
	static const char slice[] = "/system.slice/", suffix[] = ".service";
	const char *name = space->cgroup;
	size_t len;

	if (strncmp(name, slice, strlen(slice)) != 0)
		return false;
	name += strlen(slice);
	len = strlen(name);
	if (len <= strlen(suffix) || len - strlen(suffix) >= 128 ||
	    strcmp(name + len - strlen(suffix), suffix) != 0)
		return false;
	len -= strlen(suffix);
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("_.@:-", name[i]))
			return false;
	snprintf(ret_name, 128, "%.*s", (int)len, name);
	return name[0] != '-';
}

/* One line; false where nobody is to be opted in. */
static bool merge_command(const struct ksm_estimate *estimate, const struct ksm_advice_group *group,
			  struct ksm_str *text)
{
	bool any = false;

	ksm_str_printf(text, "ksmctl merge%s", group->is_all ? " --trust" : "");
	for (size_t i = 0; i < group->n; i++) {
		if (group->advised[i].is_in)
			continue;
		ksm_str_printf(text, " %d", estimate->target[group->advised[i].target].space->pid);
		any = true;
	}
	return any;
}

static void service_command(const char *name, struct ksm_str *text)
{
	ksm_str_printf(text,
		       "mkdir -p /etc/systemd/system/%s.service.d && printf "
		       "'[Service]\\nMemoryKSM=yes\\n' "
		       ">/etc/systemd/system/%s.service.d/ksm.conf",
		       name, name);
}

typedef void (*command_fn)(void *data, const char *command);

/* Those of a group: for now, and for what systemd starts again; each service once. */
static void for_each_command(const struct ksm_estimate *estimate,
			     const struct ksm_advice_group *group, command_fn each, void *data)
{
	ksm_auto_str struct ksm_str merge = {0};
	char name[128], other[128];

	if (merge_command(estimate, group, &merge) && merge.data)
		each(data, merge.data);
	for (size_t i = 0; i < group->n; i++) {
		ksm_auto_str struct ksm_str service = {0};
		bool is_new = service_of(estimate->target[group->advised[i].target].space, name);

		for (size_t j = 0; j < i && is_new; j++)
			is_new = !service_of(estimate->target[group->advised[j].target].space,
					     other) ||
				 strcmp(name, other) != 0;
		if (!is_new)
			continue;
		service_command(name, &service);
		if (service.data)
			each(data, service.data);
	}
}

/* ---------------------------------------------------------------- text */

static size_t to_opt_in(const struct ksm_advice_group *group)
{
	size_t n = 0;

	for (size_t i = 0; i < group->n; i++)
		n += !group->advised[i].is_in;
	return n;
}

static void print_headline(const struct ksm_estimate *estimate, const struct ksm_advice *advice)
{
	char net_text[KSM_UNITS_MAX], cost_text[KSM_UNITS_MAX];
	int64_t net = 0, cost = 0;
	size_t n = 0;

	for (size_t i = 0; i < advice->n; i++) {
		n += to_opt_in(&advice->group[i]);
		cost += advice->group[i].cost_bytes;
		net += ksm_advice_net(&advice->group[i]);
	}
	if (!n) {
		printf("Opting in none of the %u processes would pay\n", estimate->n_targets);
		return;
	}
	ksm_format_bytes(net, net_text);
	ksm_format_bytes(cost, cost_text);
	printf("Opting in %zu of %u processes would free %s net of %s of rmap items; with any of "
	       "the "
	       "others it would be less\n",
	       n, estimate->n_targets, net_text, cost_text);
}

static int put_row(struct ksm_table *table, const struct ksm_estimate *estimate,
		   const struct ksm_advised *advised)
{
	const struct ksm_space *space = estimate->target[advised->target].space;
	ksm_auto_free char *user = space->has_uid ? ksm_user_name(space->uid) : NULL;

	return ksm_table_row(table) ?: ksm_table_number(table, COL_PID, space->pid)
		?: (user ? ksm_table_text(table, COL_USER, user) : 0)
		?: ksm_table_text(table, COL_NAME, space->name)
		?: ksm_table_number(table, COL_ADDS, advised->adds_bytes)
		?: ksm_table_number(table, COL_ALONE, advised->alone_bytes)
		?: ksm_table_number(table, COL_COST, advised->cost_bytes);
}

static void print_command(void *data, const char *command)
{
	printf("  %s\n", command);
}

static int print_group(const struct ksm_estimate *estimate, const struct ksm_advice_group *group,
		       const struct ksm_table_options *options)
{
	const struct ksm_table_options plain = {.bytes = options->bytes};
	ksm_cleanup(ksm_table_free) struct ksm_table *table = NULL;
	ksm_auto_str struct ksm_str safe = {0};
	char name[KSM_DOMAIN_NAME_MAX], net[KSM_UNITS_MAX];

	ksm_domain_name(&group->domain, name);
	ksm_format_bytes(ksm_advice_net(group), net);
	if (ksm_str_escape(&safe, name, strlen(name)) ||
	    ksm_table_new(columns, &plain, &table, NULL))
		return -ENOMEM;
	printf("\n%s, %zu of %u processes: %s net\n", group->is_all ? "All together" : safe.data,
	       group->n, group->n_members, net);
	for (size_t i = 0; i < group->n; i++)
		if (put_row(table, estimate, &group->advised[i]))
			return -ENOMEM;
	if (ksm_table_print(table))
		return -ENOMEM;
	for_each_command(estimate, group, print_command, NULL);
	return 0;
}

static int print_text(const struct ksm_cli *cli, const struct ksm_estimate_request *request,
		      const struct ksm_estimate *estimate, const struct ksm_advice *advice)
{
	print_headline(estimate, advice);
	for (size_t i = 0; i < advice->n; i++)
		if (print_group(estimate, &advice->group[i], &request->table))
			return ksm_cli_no_memory(cli);
	if (advice->n)
		puts("\nmerge lasts as long as the process; MemoryKSM= is for systemd 254 and "
		     "later.");
	return KSM_EXIT_OK;
}

/* ---------------------------------------------------------------- JSON */

static void add_command(void *data, const char *command)
{
	ksm_json_append(data, ksm_json_string(command));
}

static json_object *group_json(const struct ksm_estimate *estimate,
			       const struct ksm_advice_group *group)
{
	json_object *object = ksm_json_object(), *targets = ksm_json_array(),
		    *commands = ksm_json_array();
	char name[KSM_DOMAIN_NAME_MAX];

	ksm_domain_name(&group->domain, name);
	ksm_json_put(object, "domain", group->is_all ? NULL : ksm_json_string(name));
	ksm_json_put(object, "freed_bytes", ksm_json_int(group->freed_bytes));
	ksm_json_put(object, "already_freed_bytes", ksm_json_int(group->already_bytes));
	ksm_json_put(object, "metadata_bytes", ksm_json_int(group->cost_bytes));
	ksm_json_put(object, "net_bytes", ksm_json_int(ksm_advice_net(group)));
	for (size_t i = 0; i < group->n; i++) {
		const struct ksm_advised *advised = &group->advised[i];
		json_object *target = ksm_json_object();

		ksm_json_put(target, "pid",
			     ksm_json_int(estimate->target[advised->target].space->pid));
		ksm_json_put(target, "already", ksm_json_bool(advised->is_in));
		ksm_json_put(target, "adds_bytes", ksm_json_int(advised->adds_bytes));
		ksm_json_put(target, "alone_bytes", ksm_json_int(advised->alone_bytes));
		ksm_json_put(target, "metadata_bytes", ksm_json_int(advised->cost_bytes));
		ksm_json_append(targets, target);
	}
	ksm_json_put(object, "targets", targets);
	for_each_command(estimate, group, add_command, commands);
	ksm_json_put(object, "commands", commands);
	return object;
}

static int print_json(const struct ksm_cli *cli, const struct ksm_estimate *estimate,
		      const struct ksm_advice *advice)
{
	json_object *document = ksm_report_estimate(estimate), *groups = ksm_json_array();

	for (size_t i = 0; i < advice->n; i++)
		ksm_json_append(groups, group_json(estimate, &advice->group[i]));
	if (document)
		ksm_json_put(document, "advice", groups);
	return ksm_cli_print_json(cli, document);
}

int ksm_estimate_print_advice(const struct ksm_cli *cli, const struct ksm_estimate_request *request,
			      const struct ksm_estimate *estimate)
{
	ksm_auto_free bool *is_in = calloc((size_t)estimate->n_targets + 1, sizeof(*is_in));
	ksm_cleanup(ksm_advice_free) struct ksm_advice advice = {0};

	if (!is_in)
		return ksm_cli_no_memory(cli);
	for (uint32_t t = 0; t < estimate->n_targets; t++)
		is_in[t] = ksm_is_opted_in(&cli->root, estimate->target[t].space->pid);
	if (ksm_advise(estimate, is_in, request->trust, &advice))
		return ksm_cli_no_memory(cli);
	return cli->json ? print_json(cli, estimate, &advice)
			 : print_text(cli, request, estimate, &advice);
}
