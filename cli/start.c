/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl start, ksmctl stop [--unmerge]: two words, as Debian's ksmtuned has them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/changes.h"
#include "cli/verbs.h"
#include "control/settings.h"

struct stop_state {
	bool unmerge;
	bool force;
};

static const struct ksm_option start_options[] = {
	{NULL, 0, NULL, NULL, NULL},
};

static const struct ksm_option stop_options[] = {
	{"unmerge", 0, NULL, "and take apart what is merged", NULL},
	{"force", 'f', NULL, "even where memory may not suffice for that", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static int stop_option(struct ksm_cli *cli, void *state, const struct ksm_option *option,
		       const char *value)
{
	struct stop_state *stop = state;

	if (strcmp(option->name, "unmerge") == 0)
		stop->unmerge = true;
	else
		stop->force = true;
	return KSM_EXIT_OK;
}

static int set_run_to(struct ksm_cli *cli, int64_t value, unsigned int flags, int argc, char **argv)
{
	struct ksm_settings settings = {0};
	int status;

	if (argc)
		return ksm_cli_usage(cli, "\"%s\" is one argument too many", argv[0]);
	settings.given[KSM_SYSFS_run] = true;
	settings.value[KSM_SYSFS_run] = value;
	status = ksm_cli_apply(cli, &settings, flags);
	return status ? status : ksm_cli_print_changes(cli, "ksmctl.set/1");
}

static int start_run(struct ksm_cli *cli, void *state, int argc, char **argv)
{
	return set_run_to(cli, 1, 0, argc, argv);
}

static int stop_run(struct ksm_cli *cli, void *state, int argc, char **argv)
{
	const struct stop_state *stop = state;

	return set_run_to(cli, stop->unmerge ? 2 : 0, stop->force ? KSM_SETTINGS_FORCE : 0, argc,
			  argv);
}

const struct ksm_verb ksm_verb_start = {
	.name = "start",
	.arguments = "",
	.summary = "let ksmd run (run=1)",
	.options = start_options,
	.flags = KSM_VERB_WRITES | KSM_VERB_SETTINGS,
	.state_size = sizeof(struct stop_state),
	.option = stop_option,
	.run = start_run,
};

const struct ksm_verb ksm_verb_stop = {
	.name = "stop",
	.arguments = "",
	.summary = "stop ksmd (run=0); what is merged stays so without --unmerge",
	.options = stop_options,
	.flags = KSM_VERB_WRITES | KSM_VERB_SETTINGS,
	.state_size = sizeof(struct stop_state),
	.option = stop_option,
	.run = stop_run,
};
