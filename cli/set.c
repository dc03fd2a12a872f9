/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl set NAME=VALUE... */
#include <string.h>

#include "cli/changes.h"
#include "cli/tunable_name.h"
#include "cli/verbs.h"
#include "control/settings.h"

struct set_state {
	unsigned int flags; /* enum ksm_settings_flag */
};

static const struct ksm_option set_options[] = {
	{"unmerge-first", 0, NULL, "take apart what is merged where a value asks for it", NULL},
	{"force", 'f', NULL, "even where memory may not suffice for unmerging", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static int set_option(struct ksm_cli *cli, void *state, const struct ksm_option *option,
		      const char *value)
{
	struct set_state *set = state;

	set->flags |= strcmp(option->name, "force") == 0 ? KSM_SETTINGS_FORCE
							 : KSM_SETTINGS_UNMERGE_FIRST;
	return KSM_EXIT_OK;
}

static int take(const struct ksm_cli *cli, const struct ksm_sysfs *sysfs, int argc, char **argv,
		struct ksm_settings *settings)
{
	struct ksm_error err;

	if (!argc)
		return ksm_cli_usage(cli, "nothing to set: give NAME=VALUE");
	for (int i = 0; i < argc; i++) {
		const struct ksm_tunable *tunable;
		int status;

		if (!strchr(argv[i], '='))
			return ksm_cli_usage(cli, "\"%s\" is not NAME=VALUE", argv[i]);
		status = ksm_cli_find_tunable(cli, argv[i], sysfs, &tunable);
		if (status)
			return status;
		if (ksm_settings_add(settings, argv[i], &err))
			return ksm_cli_usage(cli, "%s", err.text);
	}
	return KSM_EXIT_OK;
}

static int set_run(struct ksm_cli *cli, void *state, int argc, char **argv)
{
	const struct set_state *set = state;
	struct ksm_settings settings = {0};
	struct ksm_sysfs sysfs;
	struct ksm_error err;
	int status;

	if (ksm_sysfs_read(&cli->root, &sysfs, &err))
		return ksm_cli_fail(cli, &err);
	status = take(cli, &sysfs, argc, argv, &settings);
	if (!status)
		status = ksm_cli_apply(cli, &settings, set->flags);
	return status ? status : ksm_cli_print_changes(cli, "ksmctl.set/1");
}

const struct ksm_verb ksm_verb_set = {
	.name = "set",
	.arguments = "NAME=VALUE...",
	.summary = "set tunables, all of them or none",
	.options = set_options,
	.flags = KSM_VERB_WRITES | KSM_VERB_SETTINGS,
	.state_size = sizeof(struct set_state),
	.option = set_option,
	.run = set_run,
};
