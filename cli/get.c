/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl get [NAME...] */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/table.h"
#include "cli/tunable_name.h"
#include "cli/verbs.h"
#include "report/report.h"

struct get_state {
	struct ksm_table_options table;
	bool help_tunables;
};

enum { COL_NAME, COL_VALUE, COL_DEFAULT, COL_MIN, COL_MAX, COL_SINCE, COL_WRITABLE, COL_MEANING };

static const struct ksm_column get_columns[] = {
	[COL_NAME] = {"NAME", "file in /sys/kernel/mm/ksm", true, KSM_COL_TEXT},
	[COL_VALUE] = {"VALUE", "what it is now", true, KSM_COL_NUMBER},
	[COL_DEFAULT] = {"DEFAULT", "of the kernel", true, KSM_COL_NUMBER},
	[COL_MIN] = {"MIN", "least that the kernel takes", false, KSM_COL_NUMBER},
	[COL_MAX] = {"MAX", "most that the kernel takes", false, KSM_COL_NUMBER},
	[COL_SINCE] = {"SINCE", "kernel that brought it", false, KSM_COL_TEXT},
	[COL_WRITABLE] = {"WRITABLE", "when it can be changed", false, KSM_COL_TEXT},
	[COL_MEANING] = {"MEANING", "what it is, in short", true, KSM_COL_TEXT},
	{NULL, NULL, false, KSM_COL_TEXT},
};

static const struct ksm_option get_options[] = {
	{"help-tunables", 0, NULL, "all tunables of any kernel: range, version, meaning", NULL},
	KSM_TABLE_OPTIONS,
	{NULL, 0, NULL, NULL, NULL},
};

static int get_option(struct ksm_cli *cli, void *state, const struct ksm_option *option,
		      const char *value)
{
	struct get_state *get = state;

	if (strcmp(option->name, "help-tunables") == 0)
		get->help_tunables = true;
	else
		ksm_table_option(&get->table, option->name, value);
	return KSM_EXIT_OK;
}

static const char *const writable_texts[] = {
	[KSM_WRITABLE] = "always",
	[KSM_WRITABLE_UNMERGED] = "while nothing is merged",
	[KSM_WRITABLE_UNADVISED] = "with advisor_mode=none",
};

static int put_value(struct ksm_table *table, size_t column, const struct ksm_tunable *tunable,
		     int64_t value)
{
	if (tunable->field == KSM_SYSFS_advisor_mode)
		return ksm_table_text(table, column,
				      ksm_advisor_mode_name((enum ksm_advisor_mode)value));
	return ksm_table_number(table, column, value);
}

static int put_row(const struct ksm_cli *cli, struct ksm_table *table,
		   const struct ksm_tunable *tunable, const struct ksm_sysfs *sysfs)
{
	int64_t fallback;
	bool has_default = ksm_tunable_default(tunable, &cli->root, &fallback);

	return ksm_table_row(table)
		       ?: ksm_table_text(table, COL_NAME, ksm_sysfs_name(tunable->field))
		       ?: (sysfs->valid[tunable->field]
				   ? put_value(table, COL_VALUE, tunable,
					       sysfs->value[tunable->field])
				   : 0)
		       ?: (has_default ? put_value(table, COL_DEFAULT, tunable, fallback) : 0)
		       ?: put_value(table, COL_MIN, tunable, tunable->min)
		       ?: put_value(table, COL_MAX, tunable, tunable->max)
		       ?: ksm_table_text(table, COL_SINCE, ksm_sysfs_since(tunable->field))
		       ?: ksm_table_text(table, COL_WRITABLE, writable_texts[tunable->writable])
		       ?: ksm_table_text(table, COL_MEANING, tunable->meaning);
}

static int find(const struct ksm_cli *cli, const char *name, const struct ksm_sysfs *sysfs,
		const struct ksm_tunable **ret_tunable)
{
	if (strchr(name, '=')) {
		ksm_cli_usage(cli, "no tunable \"%.80s\": to set one, ksmctl set %.80s", name,
			      name);
		return KSM_EXIT_USAGE;
	}
	return ksm_cli_find_tunable(cli, name, sysfs, ret_tunable);
}

static int print_table(const struct ksm_cli *cli, struct get_state *get,
		       const struct ksm_sysfs *sysfs, int argc, char **argv)
{
	size_t n;
	const struct ksm_tunable *tunables = ksm_tunables(&n), *tunable;
	ksm_cleanup(ksm_table_free) struct ksm_table *table = NULL;
	struct ksm_error err;
	int status;

	if (get->help_tunables && !get->table.columns)
		get->table.all_columns = true;
	if (ksm_table_new(get_columns, &get->table, &table, &err))
		return ksm_cli_fail(cli, &err);
	for (int i = 0; i < argc; i++) {
		status = find(cli, argv[i], sysfs, &tunable);
		if (status)
			return status;
		if (put_row(cli, table, tunable, sysfs))
			return ksm_cli_no_memory(cli);
	}
	for (size_t i = 0; i < n && !argc; i++)
		if ((get->help_tunables || sysfs->valid[tunables[i].field]) &&
		    put_row(cli, table, &tunables[i], sysfs))
			return ksm_cli_no_memory(cli);
	return ksm_table_print(table) ? ksm_cli_no_memory(cli) : KSM_EXIT_OK;
}

/* NAME=VALUE as restore takes it; with -n the value alone. */
static int print_names(const struct ksm_cli *cli, const struct get_state *get,
		       const struct ksm_sysfs *sysfs, int argc, char **argv)
{
	char text[KSM_TUNABLE_TEXT_MAX];

	for (int i = 0; i < argc; i++) {
		const struct ksm_tunable *tunable;
		int status = find(cli, argv[i], sysfs, &tunable);

		if (status)
			return status;
		ksm_tunable_format(tunable, sysfs->value[tunable->field], text);
		if (get->table.no_headings)
			printf("%s\n", text);
		else
			printf("%s=%s\n", argv[i], text);
	}
	return KSM_EXIT_OK;
}

static int print_json(const struct ksm_cli *cli, const struct ksm_sysfs *sysfs, int argc,
		      char **argv)
{
	size_t n;
	const struct ksm_tunable *tunables = ksm_tunables(&n);
	json_object *document, *values = ksm_json_object();

	for (int i = 0; i < argc; i++) {
		const struct ksm_tunable *tunable;
		int status = find(cli, argv[i], sysfs, &tunable);

		if (status) {
			json_object_put(values);
			return status;
		}
		ksm_json_put(values, argv[i],
			     ksm_report_tunable(tunable->field, sysfs->value[tunable->field]));
	}
	for (size_t i = 0; i < n && !argc; i++)
		if (sysfs->valid[tunables[i].field])
			ksm_json_put(values, ksm_sysfs_name(tunables[i].field),
				     ksm_report_tunable(tunables[i].field,
							sysfs->value[tunables[i].field]));
	document = ksm_report_new("ksmctl.get/1");
	ksm_json_put(document, "tunables", values);
	return ksm_cli_print_json(cli, document);
}

static int get_run(struct ksm_cli *cli, void *state, int argc, char **argv)
{
	struct get_state *get = state;
	struct ksm_sysfs sysfs = {0};
	struct ksm_error err;

	if ((ksm_sysfs_read(&cli->root, &sysfs, &err) && !get->help_tunables) ||
	    ksm_table_check(get_columns, &get->table, &err))
		return ksm_cli_fail(cli, &err);
	if (cli->json)
		return print_json(cli, &sysfs, argc, argv);
	/* Who asks for columns wants the table, of these. */
	if (argc && !get->table.columns && !get->table.all_columns && !get->help_tunables)
		return print_names(cli, get, &sysfs, argc, argv);
	return print_table(cli, get, &sysfs, argc, argv);
}

const struct ksm_verb ksm_verb_get = {
	.name = "get",
	.arguments = "[NAME...]",
	.summary = "the tunables, or some of them",
	.options = get_options,
	.columns = get_columns,
	.state_size = sizeof(struct get_state),
	.option = get_option,
	.run = get_run,
};
