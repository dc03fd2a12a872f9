/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which processes are meant: by number, or those that options describe. */
#ifndef KSM_CLI_SELECTION_H
#define KSM_CLI_SELECTION_H

#include <sys/types.h>

#include "cli/cli.h"

#define KSM_SELECTION_OPTIONS                                                                      \
	{"all", 'a', NULL, "every process", NULL},                                                 \
		{"name", 0, "RE", "processes whose name matches this extended regular expression", \
		 NULL},                                                                            \
		{"user", 0, "USER", "processes of this user, by name or number", NULL},            \
	{                                                                                          \
		"cgroup", 0, "PATH", "processes in this control group or below it", NULL           \
	}

/* Zero-initialise. */
struct ksm_selection {
	bool all;
	const char *name;
	const char *user;
	const char *cgroup;
	pid_t *pid; /* what was chosen */
	size_t n_pids;
	size_t pid_capacity;
};

/* True if @option is one of KSM_SELECTION_OPTIONS. */
bool ksm_selection_option(struct ksm_selection *selection, const struct ksm_option *option,
			  const char *value);
/* Was any of them given? */
bool ksm_selection_is_filter(const struct ksm_selection *selection);

/* One more process; an exit status, as below. */
int ksm_selection_add(const struct ksm_cli *cli, struct ksm_selection *selection, pid_t pid);
/* The processes that the arguments name, or those that match the options: either, and at least one. */
int ksm_selection_take(const struct ksm_cli *cli, struct ksm_selection *selection, int argc,
		       char **argv);
void ksm_selection_release(struct ksm_selection *selection);

#endif
