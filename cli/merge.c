/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl merge, ksmctl unmerge: running processes opted in or out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cli/changes.h"
#include "cli/merge.h"
#include "cli/merge_wait.h"
#include "cli/number.h"
#include "cli/verbs.h"
#include "control/journal.h"
#include "control/settings.h"
#include "kernel/ksm_sysfs.h"
#include "report/report.h"

struct merge_state {
	bool trust;
	bool force;
	bool wants_wait;
	struct ksm_merge_wait wait;
	int method; /* one more than enum ksm_opt_in_method; 0: any */
	const char **area;
	size_t n_areas, area_capacity;
	struct ksm_area_range *range;
	size_t n_ranges, range_capacity;
	struct ksm_merge_targets targets;
};

#define WHICH_OPTIONS                                                                            \
	{"area", 0, "NAME",                                                                      \
	 "only areas of this kind or name: heap, stack, anon, file, or as in smaps; repeatable", \
	 "heap stack anon file"},                                                                \
		{"range", 0, "START-END",                                                        \
		 "only these addresses, hexadecimal as in maps; repeatable", NULL},              \
	{                                                                                        \
		"method", 0, "NAME", "by this and no other",                                     \
			"process_madvise process_ksm prctl self_process_madvise madvise"         \
	}

static const struct ksm_option merge_options[] = {
	WHICH_OPTIONS,
	{"wait", 'w', NULL, "until it has settled: forecast and fact", NULL},
	{"timeout", 0, "SECONDS", "with --wait, give up after so long", NULL},
	{"boost", 0, "[=CPU%]", "with --wait, let ksmd take so much of a CPU meanwhile (50)", NULL},
	{"trust", 0, NULL, "also across users, containers or guests: they trust each other", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct ksm_option unmerge_options[] = {
	WHICH_OPTIONS,
	{"force", 'f', NULL, "even where memory may not suffice", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static int add_area(struct ksm_cli *cli, struct merge_state *merge, const char *name)
{
	if (!*name)
		return ksm_cli_usage(cli, "--area names no area: give heap, stack, anon, file, or "
					  "a name as in smaps");
	if (ksm_array_reserve(&merge->area, &merge->area_capacity, merge->n_areas + 1,
			      sizeof(*merge->area)))
		return ksm_cli_no_memory(cli);
	merge->area[merge->n_areas++] = name;
	return KSM_EXIT_OK;
}

static int add_range(struct ksm_cli *cli, struct merge_state *merge, const char *text)
{
	struct ksm_area_range range;
	struct ksm_error err;

	if (ksm_range_parse(text, (uint64_t)sysconf(_SC_PAGESIZE), &range, &err))
		return ksm_cli_usage(cli, "%s", err.text);
	if (ksm_array_reserve(&merge->range, &merge->range_capacity, merge->n_ranges + 1,
			      sizeof(*merge->range)))
		return ksm_cli_no_memory(cli);
	merge->range[merge->n_ranges++] = range;
	return KSM_EXIT_OK;
}

/* "30" or "30%" */
static bool parse_percent(const char *text, double *ret_percent)
{
	char number[16];
	size_t len = strcspn(text, "%");

	if (len >= sizeof(number) || (text[len] && text[len + 1]))
		return false;
	memcpy(number, text, len);
	number[len] = '\0';
	return ksm_cli_parse_number(number, 1, 100, ret_percent);
}

static int take_boost(const struct ksm_cli *cli, struct merge_state *merge, const char *value)
{
	merge->wait.boost = KSM_BOOST_DEFAULT;
	if (value && !parse_percent(value, &merge->wait.boost))
		return ksm_cli_usage(cli, "\"%s\" is no share of a CPU: give percent, 1 to 100",
				     value);
	return KSM_EXIT_OK;
}

static int merge_option(struct ksm_cli *cli, void *state, const struct ksm_option *option,
			const char *value)
{
	struct merge_state *merge = state;

	if (strcmp(option->name, "area") == 0)
		return add_area(cli, merge, value);
	if (strcmp(option->name, "range") == 0)
		return add_range(cli, merge, value);
	if (strcmp(option->name, "boost") == 0)
		return take_boost(cli, merge, value);
	if (strcmp(option->name, "trust") == 0)
		merge->trust = true;
	else if (strcmp(option->name, "force") == 0)
		merge->force = true;
	else if (strcmp(option->name, "wait") == 0)
		merge->wants_wait = true;
	else if (strcmp(option->name, "method") == 0)
		merge->method = ksm_opt_in_method_find(value) + 1;
	else if (!ksm_cli_parse_number(value, 0.001, 1e9, &merge->wait.timeout))
		return ksm_cli_usage(cli, "\"%s\" is no time: give seconds, more than 0", value);
	if (strcmp(option->name, "method") == 0 && !merge->method)
		return ksm_cli_usage(cli, "\"%s\" is no method: give one of %s", value,
				     option->values);
	return KSM_EXIT_OK;
}

/* ---------------------------------------------------------------- beforehand */

/* What is merged gets pages of its own when it is taken apart. */
static int check_memory(const struct ksm_cli *cli, const struct ksm_merge_targets *targets)
{
	struct ksm_error err;
	int64_t pages = 0;

	for (size_t i = 0; i < targets->n; i++) {
		ksm_auto_close int dir_fd = -1;
		struct ksm_stat stat;

		if (!ksm_root_open_pid(&cli->root, targets->target[i].pid, &dir_fd, NULL) &&
		    !ksm_stat_read(dir_fd, &stat, NULL))
			pages += ksm_opt_out_pages(&stat);
	}
	return ksm_unmerge_check(&cli->root, pages, &err) ? ksm_cli_fail(cli, &err) : KSM_EXIT_OK;
}

/* What waits for something that cannot come is refused before anything is done. */
static int check_wait(const struct ksm_cli *cli, const struct merge_state *state,
		      const struct ksm_sysfs *sysfs)
{
	struct ksm_error err;

	if (!state->wants_wait && (state->wait.boost > 0 || state->wait.timeout > 0))
		return ksm_cli_usage(cli, "--boost and --timeout are for --wait");
	if (state->wait.boost > 0 && !cli->dry_run && ksm_journal_check(&cli->root, &err))
		return ksm_cli_fail(cli, &err);
	if (!state->wants_wait || sysfs->value[KSM_SYSFS_run] == 1)
		return KSM_EXIT_OK;
	ksm_error_set(&err, KSM_ERR_SYSTEM, ECANCELED,
		      "ksmd does not run (run=%d), so there is nothing to wait for: ksmctl start",
		      (int)sysfs->value[KSM_SYSFS_run]);
	return ksm_cli_fail(cli, &err);
}

static int check(const struct ksm_cli *cli, const struct merge_state *state, bool merge,
		 struct ksm_sysfs *ret_sysfs)
{
	struct ksm_error err;
	int status;

	if (ksm_sysfs_read(&cli->root, ret_sysfs, &err))
		return ksm_cli_fail(cli, &err);
	status = check_wait(cli, state, ret_sysfs);
	if (!status && merge && !state->trust)
		status = ksm_merge_check_trust(cli, &state->targets);
	if (!status && !merge && !state->force)
		status = check_memory(cli, &state->targets);
	return status;
}

/* ---------------------------------------------------------------- doing */

static void opt_in_all(const struct ksm_cli *cli, struct merge_state *state, bool merge)
{
	struct ksm_opt_in opt_in = {
		.merge = merge,
		.method = state->method - 1,
		.choice = {state->area, state->n_areas, state->range, state->n_ranges},
	};

	for (size_t i = 0; i < state->targets.n; i++) {
		struct ksm_merge_target *target = &state->targets.target[i];

		/* Whether it is to be trusted was asked about that process, not about its number. */
		opt_in.start_time = target->start_time;
		if (!target->error.code)
			ksm_opt_in(&cli->root, target->pid, &opt_in, &target->result,
				   &target->error);
	}
}

static void print_text(const struct ksm_cli *cli, const struct merge_state *state, bool merge,
		       const struct ksm_sysfs *sysfs)
{
	if (state->wants_wait)
		ksm_merge_wait_print(&state->targets, &state->wait);
	else if (merge && !cli->dry_run &&
		 ksm_merge_status(&state->targets) % KSM_EXIT_PARTIAL == KSM_EXIT_OK &&
		 sysfs->valid[KSM_SYSFS_run] && sysfs->value[KSM_SYSFS_run] != 1)
		ksm_cli_warn(cli, "ksmd does not run (run=%d), so nothing merges yet: ksmctl start",
			     (int)sysfs->value[KSM_SYSFS_run]);
}

static int print_json(struct ksm_cli *cli, const struct merge_state *state, bool merge)
{
	json_object *document = ksm_report_new(merge ? "ksmctl.merge/1" : "ksmctl.unmerge/1");

	ksm_json_put(document, "targets", ksm_merge_json(&state->targets));
	if (state->wants_wait)
		ksm_merge_wait_json(&state->targets, &state->wait, document);
	ksm_cli_add_changes(cli, document);
	return ksm_cli_print_json(cli, document);
}

static int run(struct ksm_cli *cli, struct merge_state *state, bool merge, int argc, char **argv)
{
	bool whole = !state->n_areas && !state->n_ranges;
	struct ksm_sysfs sysfs;
	int status = ksm_merge_take_targets(cli, argc, argv, &state->targets), waited = 0;

	if (!status)
		status = check(cli, state, merge, &sysfs);
	state->wants_wait &= !cli->dry_run;
	if (!status && state->wants_wait)
		status = ksm_merge_forecast(cli, &state->targets, whole, &state->wait);
	if (status)
		return status;
	opt_in_all(cli, state, merge);
	ksm_merge_print(cli, &state->targets, merge);
	if (state->wants_wait && ksm_cli_flush())
		waited = ksm_merge_wait(cli, &state->targets, &state->wait);
	if (!cli->json)
		print_text(cli, state, merge, &sysfs);
	/* An error is a document of its own, but for that of a boost that has done its work. */
	else if (!waited || state->wait.boost_error.code)
		status = print_json(cli, state, merge);
	return status ? status : waited ? waited : ksm_merge_status(&state->targets);
}

static int merge_run(struct ksm_cli *cli, void *state, int argc, char **argv)
{
	return run(cli, state, true, argc, argv);
}

static int unmerge_run(struct ksm_cli *cli, void *state, int argc, char **argv)
{
	return run(cli, state, false, argc, argv);
}

static void merge_release(void *state)
{
	struct merge_state *merge = state;

	free(merge->area);
	free(merge->range);
	ksm_merge_targets_free(&merge->targets);
	ksm_merge_wait_release(&merge->wait);
}

const struct ksm_verb ksm_verb_merge = {
	.name = "merge",
	.arguments = "PID...",
	.summary = "opt running processes in",
	.options = merge_options,
	.flags = KSM_VERB_WRITES,
	.state_size = sizeof(struct merge_state),
	.option = merge_option,
	.run = merge_run,
	.release = merge_release,
};

const struct ksm_verb ksm_verb_unmerge = {
	.name = "unmerge",
	.arguments = "PID...",
	.summary = "opt running processes out, and take apart what is merged",
	.options = unmerge_options,
	.flags = KSM_VERB_WRITES,
	.state_size = sizeof(struct merge_state),
	.option = merge_option,
	.run = unmerge_run,
	.release = merge_release,
};
