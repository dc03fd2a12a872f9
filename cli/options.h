/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the words of a command line to what it asks for. */
#ifndef KSM_CLI_OPTIONS_H
#define KSM_CLI_OPTIONS_H

#include "cli/cli.h"

enum ksm_task {
	KSM_TASK_RUN, /* cli->verb with state and arguments */
	KSM_TASK_HELP,
	KSM_TASK_VERSION,
	KSM_TASK_LIST_VERBS, /* these four are for completion and tests, and hidden */
	KSM_TASK_LIST_OPTIONS,
	KSM_TASK_LIST_COLUMNS,
	KSM_TASK_LIST_VALUES,
};

struct ksm_request {
	enum ksm_task task;
	void *state; /* the verb's */
	bool json;
	int argc;
	char **argv; /* positional arguments; the strings are main's */
};

/*
 * Fills @cli and @ret_request; mistakes are reported here. Returns an exit status. To be released in
 * either case.
 */
int ksm_options_parse(struct ksm_cli *cli, int argc, char **argv, struct ksm_request *ret_request);
void ksm_request_release(const struct ksm_cli *cli, struct ksm_request *request);

/* Sets cli->verb; a name that is none is reported. Returns an exit status. */
int ksm_find_verb(struct ksm_cli *cli, const char *name);

const struct ksm_option *ksm_global_options(void);
/* Is a global option one to show, for @verb (or in general for NULL)? */
bool ksm_option_applies(const struct ksm_option *option, const struct ksm_verb *verb);

/* Is @value one of those that a table lists for the option? */
bool ksm_option_has_value(const struct ksm_option *option, const char *value);

/* --help, and the lists. */
int ksm_help(const struct ksm_cli *cli);
int ksm_list(struct ksm_cli *cli, const struct ksm_request *request);

#endif
