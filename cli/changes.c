/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/changes.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cli/stop.h"
#include "report/report.h"

static void collect(struct ksm_cli *cli, const char *what, const char *text)
{
	json_object *change = ksm_json_object();

	if (!cli->changes)
		cli->changes = ksm_json_array();
	ksm_json_put(change, "what", ksm_json_string(what));
	ksm_json_put(change, "text", ksm_json_string(text));
	ksm_json_append(cli->changes, change);
}

/* A path is written to; anything else is made to call something. */
static void tell(const struct ksm_cli *cli, const char *what, const char *text)
{
	ksm_auto_str struct ksm_str safe_what = {0}, safe_text = {0};
	FILE *out = cli->dry_run ? stdout : stderr;
	bool is_file = what[0] == '/';

	if (ksm_str_escape(&safe_what, what, strlen(what)) ||
	    ksm_str_escape(&safe_text, text, strlen(text)))
		return;
	if (is_file)
		fprintf(out, "%s %s to %s\n", cli->dry_run ? "would write" : "wrote",
			safe_text.data, safe_what.data);
	else
		fprintf(out, "%s %s in %s\n", cli->dry_run ? "would call" : "called",
			safe_text.data, safe_what.data);
}

static void change(void *arg, const char *what, const char *text)
{
	struct ksm_cli *cli = arg;

	if (cli->json)
		collect(cli, what, text);
	else if (cli->dry_run || cli->verbose)
		tell(cli, what, text);
}

void ksm_cli_watch_changes(struct ksm_cli *cli)
{
	cli->root.dry_run = cli->dry_run;
	cli->root.changed = change;
	cli->root.changed_arg = cli;
}

void ksm_cli_forget_changes(struct ksm_cli *cli)
{
	json_object_put(cli->changes);
	cli->changes = NULL;
}

void ksm_cli_add_changes(struct ksm_cli *cli, json_object *document)
{
	ksm_json_put(document, "changes", cli->changes ? cli->changes : ksm_json_array());
	ksm_json_put(document, "dry_run", ksm_json_bool(cli->dry_run));
	cli->changes = NULL;
}

int ksm_cli_print_changes(struct ksm_cli *cli, const char *schema)
{
	json_object *document;

	if (!cli->json)
		return KSM_EXIT_OK;
	document = ksm_report_new(schema);
	ksm_cli_add_changes(cli, document);
	return ksm_cli_print_json(cli, document);
}

int ksm_cli_apply(const struct ksm_cli *cli, const struct ksm_settings *settings,
		  unsigned int flags)
{
	struct ksm_error err;

	ksm_cli_stop_fd();
	return ksm_settings_apply(&cli->root, settings, flags, &err) ? ksm_cli_fail(cli, &err)
								     : KSM_EXIT_OK;
}
