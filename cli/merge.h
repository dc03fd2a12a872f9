/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `merge` and `unmerge` share. */
#ifndef KSM_CLI_MERGE_H
#define KSM_CLI_MERGE_H

#include "cli/cli.h"
#include "control/opt_in.h"

struct ksm_merge_target {
	pid_t pid;
	char *name; /* unescaped; "" if unknown */
	uid_t uid;
	uint64_t start_time; /* 0: unknown */
	char *cgroup;
	struct ksm_opt_in_result result;
	struct ksm_error error; /* code KSM_ERR_NONE: it was done */
};

struct ksm_merge_targets {
	struct ksm_merge_target *target;
	size_t n;
};

/* Who the arguments name; one that is not there keeps its error. Returns an exit status, as all below. */
int ksm_merge_take_targets(const struct ksm_cli *cli, int argc, char **argv,
			   struct ksm_merge_targets *ret_targets);
void ksm_merge_targets_free(struct ksm_merge_targets *targets);

/* Refuses targets that would merge with processes of another user, container or guest. */
int ksm_merge_check_trust(const struct ksm_cli *cli, const struct ksm_merge_targets *targets);

/* 0, KSM_EXIT_PARTIAL, or what all have in common. */
int ksm_merge_status(const struct ksm_merge_targets *targets);

/* A line for each target on stdout, failures on stderr. */
void ksm_merge_print(const struct ksm_cli *cli, const struct ksm_merge_targets *targets,
		     bool merge);
/* "targets" of a document; NULL when memory is short. */
struct json_object *ksm_merge_json(const struct ksm_merge_targets *targets);

#endif
