/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl save [FILE], ksmctl restore [FILE] */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/changes.h"
#include "cli/file.h"
#include "cli/interrupted.h"
#include "cli/verbs.h"
#include "control/settings.h"
#include "kernel/tunables.h"
#include "report/report.h"

#define FILE_MAX (1u << 20)

struct restore_state {
	bool interrupted;
	unsigned int flags; /* enum ksm_settings_flag */
};

static const struct ksm_option save_options[] = {
	{NULL, 0, NULL, NULL, NULL},
};

static const struct ksm_option restore_options[] = {
	{"interrupted", 0, NULL, "only what an interrupted ksmctl left, if anything", NULL},
	{"unmerge-first", 0, NULL, "take apart what is merged where a value asks for it", NULL},
	{"force", 'f', NULL, "even where memory may not suffice for that", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static int restore_option(struct ksm_cli *cli, void *state, const struct ksm_option *option,
			  const char *value)
{
	struct restore_state *restore = state;

	if (strcmp(option->name, "interrupted") == 0)
		restore->interrupted = true;
	else if (strcmp(option->name, "force") == 0)
		restore->flags |= KSM_SETTINGS_FORCE;
	else
		restore->flags |= KSM_SETTINGS_UNMERGE_FIRST;
	return KSM_EXIT_OK;
}

/* ---------------------------------------------------------------- save */

static int print_saved(const struct ksm_cli *cli, const struct ksm_settings *settings,
		       const char *path)
{
	size_t n;
	const struct ksm_tunable *tunables = ksm_tunables(&n);
	json_object *document = ksm_report_new("ksmctl.save/1"), *values = ksm_json_object();

	for (size_t i = 0; i < n; i++)
		if (settings->given[tunables[i].field])
			ksm_json_put(values, ksm_sysfs_name(tunables[i].field),
				     ksm_report_tunable(tunables[i].field,
							settings->value[tunables[i].field]));
	ksm_json_put(document, "file", path ? ksm_json_string(path) : NULL);
	ksm_json_put(document, "tunables", values);
	return ksm_cli_print_json(cli, document);
}

static int save_run(struct ksm_cli *cli, void *state, int argc, char **argv)
{
	const char *path = argc && strcmp(argv[0], "-") != 0 ? argv[0] : NULL;
	ksm_auto_str struct ksm_str text = {0}, release = {0};
	struct ksm_settings settings;
	struct ksm_sysfs sysfs;
	struct ksm_error err;
	int status;

	if (argc > 1)
		return ksm_cli_usage(cli, "\"%s\" is one argument too many", argv[1]);
	if (ksm_sysfs_read(&cli->root, &sysfs, &err) ||
	    ksm_root_release(&cli->root, &release, &err))
		return ksm_cli_fail(cli, &err);
	ksm_settings_take(&sysfs, &settings);
	if (ksm_str_printf(&text, "# settings of KSM, Linux %s\n", release.data) ||
	    ksm_settings_print(&settings, &text))
		return ksm_cli_no_memory(cli);
	status = path ? ksm_cli_write_file(cli, path, &text) : KSM_EXIT_OK;
	if (status)
		return status;
	if (cli->json)
		return print_saved(cli, &settings, path);
	if (!path)
		fputs(text.data, stdout);
	return KSM_EXIT_OK;
}

/* ---------------------------------------------------------------- restore */

/* Where it was closed, main() has put something there that is for writing alone. */
static bool is_closed(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || (flags & O_ACCMODE) == O_WRONLY;
}

static int read_settings(const struct ksm_cli *cli, int argc, char **argv,
			 struct ksm_settings *ret_settings)
{
	const char *path = argc && strcmp(argv[0], "-") != 0 ? argv[0] : NULL;
	ksm_auto_str struct ksm_str text = {0};
	ksm_auto_close int file = -1;
	struct ksm_error err;

	if (!argc && isatty(STDIN_FILENO))
		return ksm_cli_usage(cli, "no file given: name one, or - for standard input");
	if (!path && is_closed(STDIN_FILENO)) {
		ksm_error_set(&err, KSM_ERR_SYSTEM, EBADF,
			      "standard input is closed: name a file, or redirect it");
		return ksm_cli_fail(cli, &err);
	}
	if (path && ksm_open_at(AT_FDCWD, path, O_RDONLY, &file, &err))
		return ksm_cli_fail(cli, &err);
	if (ksm_read_fd(path ? file : STDIN_FILENO, FILE_MAX, &text, &err))
		return ksm_cli_fail(cli, &err);
	if (ksm_settings_parse(text.data ? text.data : "", text.len, ret_settings, &err)) {
		err.code = KSM_ERR_FORMAT;
		err.errnum = EBADMSG;
		ksm_error_prefix(&err, "\"%.60s\": ", path ? path : "standard input");
		if (path)
			ksm_error_name_path(&err, path);
		return ksm_cli_fail(cli, &err);
	}
	return KSM_EXIT_OK;
}

/* What was saved on another kernel: the rest is restored. True if anything is left out. */
static bool leave_out_unknown(const struct ksm_cli *cli, struct ksm_settings *settings,
			      const struct ksm_sysfs *sysfs)
{
	size_t n;
	const struct ksm_tunable *tunables = ksm_tunables(&n);
	struct ksm_error err;
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (!settings->given[tunables[i].field] || sysfs->valid[tunables[i].field])
			continue;
		ksm_tunable_missing(&tunables[i], &err);
		ksm_cli_warn(cli, "left out: %s", err.text);
		settings->given[tunables[i].field] = false;
		any = true;
	}
	return any;
}

static int restore_run(struct ksm_cli *cli, void *state, int argc, char **argv)
{
	const struct restore_state *restore = state;
	struct ksm_settings settings;
	struct ksm_sysfs sysfs;
	struct ksm_error err;
	bool partial = false;
	int status;

	if (argc > !restore->interrupted)
		return ksm_cli_usage(cli, "\"%s\" is one argument too many",
				     argv[!restore->interrupted]);
	if (restore->interrupted) {
		status = ksm_cli_restore_interrupted(cli);
	} else {
		ksm_cli_look_for_interrupted(cli);
		status = read_settings(cli, argc, argv, &settings);
		if (status)
			return status;
		if (ksm_sysfs_read(&cli->root, &sysfs, &err))
			return ksm_cli_fail(cli, &err);
		partial = leave_out_unknown(cli, &settings, &sysfs);
		status = ksm_cli_apply(cli, &settings, restore->flags);
	}
	if (!status)
		status = ksm_cli_print_changes(cli, "ksmctl.set/1");
	return status ? status : partial ? KSM_EXIT_PARTIAL : KSM_EXIT_OK;
}

const struct ksm_verb ksm_verb_save = {
	.name = "save",
	.arguments = "[FILE]",
	.summary = "all settings, as lines that restore takes",
	.options = save_options,
	.flags = KSM_VERB_FILES | KSM_VERB_SETTINGS,
	.state_size = sizeof(struct restore_state),
	.option = restore_option,
	.run = save_run,
};

const struct ksm_verb ksm_verb_restore = {
	.name = "restore",
	.arguments = "[FILE]",
	.summary = "set what was saved",
	.options = restore_options,
	.flags = KSM_VERB_WRITES | KSM_VERB_FILES | KSM_VERB_SETTINGS,
	.state_size = sizeof(struct restore_state),
	.option = restore_option,
	.run = restore_run,
};
