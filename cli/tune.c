/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl tune: settings from what is wanted, once or again and again. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "cli/changes.h"
#include "cli/number.h"
#include "cli/stop.h"
#include "cli/tune_text.h"
#include "cli/verbs.h"
#include "control/journal.h"
#include "control/tune.h"
#include "kernel/process.h"
#include "report/report.h"

#define CONFIG_MAX (1u << 16)

struct tune_state {
	const char *config;
	struct ksm_tune_goals given; /* in the command line, which goes before the file */
	bool explain;
	bool keep;
};

static const struct ksm_option tune_options[] = {
	{"scan-time", 0, "SECONDS", "a full scan in so long", NULL},
	{"max-cpu", 0, "PERCENT", "no more than so much of a CPU for ksmd", NULL},
	{"free-target", 0, "PERCENT", "run only while less memory than that is available", NULL},
	{"advisor", 0, NULL, "let the kernel's advisor keep the scan time (6.8)", NULL},
	{"watch", 0, "SECONDS", "look again so often, and put settings back at the end", NULL},
	{"keep", 0, NULL, "with --watch, keep the last settings at the end", NULL},
	{"config", 0, "FILE", "goals from a file, also one of ksmtuned", NULL},
	{"explain", 0, NULL, "print each decision with its figures", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static int tune_option(struct ksm_cli *cli, void *state, const struct ksm_option *option,
		       const char *value)
{
	struct tune_state *tune = state;
	const struct {
		const char *name;
		double *value;
		double max;
	} numbers[] = {{"scan-time", &tune->given.scan_seconds, 1e9},
		       {"max-cpu", &tune->given.max_cpu, 100},
		       {"free-target", &tune->given.free_target, 100},
		       {"watch", &tune->given.watch_seconds, 1e9}};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(option->name, numbers[i].name) == 0)
			return ksm_cli_parse_number(value, 0.01, numbers[i].max, numbers[i].value)
				       ? KSM_EXIT_OK
				       : ksm_cli_usage(cli,
						       "\"%s\" is no value for --%s: give a number "
						       "above 0, "
						       "up to %.0f",
						       value, option->name, numbers[i].max);
	if (strcmp(option->name, "advisor") == 0)
		tune->given.advisor = true;
	else if (strcmp(option->name, "keep") == 0)
		tune->keep = true;
	else if (strcmp(option->name, "explain") == 0)
		tune->explain = true;
	else
		tune->config = value;
	return KSM_EXIT_OK;
}

/* ---------------------------------------------------------------- goals and facts */

static int read_goals(const struct ksm_cli *cli, const struct tune_state *tune,
		      struct ksm_tune_goals *ret_goals)
{
	const struct ksm_tune_goals *given = &tune->given;
	ksm_auto_str struct ksm_str text = {0};
	struct ksm_tune_goals goals = {0};
	struct ksm_error err, why;

	if (tune->config) {
		if (ksm_read_at(AT_FDCWD, tune->config, CONFIG_MAX, &text, &err))
			return ksm_cli_fail(cli, &err);
		if (ksm_tune_parse(text.data ? text.data : "", text.len, &goals, &why)) {
			ksm_error_set(&err, KSM_ERR_FORMAT, EBADMSG, "\"%.60s\": %.180s",
				      tune->config, why.text);
			ksm_error_name_path(&err, tune->config);
			return ksm_cli_fail(cli, &err);
		}
	}
	/* The steps of ksmtuned are a pace, its thresholds a target. */
	if (given->scan_seconds > 0 || given->max_cpu > 0)
		goals.steps.given = false;
	if (given->free_target > 0)
		goals.free_bytes = 0;
	goals.scan_seconds = given->scan_seconds > 0 ? given->scan_seconds : goals.scan_seconds;
	goals.max_cpu = given->max_cpu > 0 ? given->max_cpu : goals.max_cpu;
	goals.free_target = given->free_target > 0 ? given->free_target : goals.free_target;
	goals.watch_seconds = given->watch_seconds > 0 ? given->watch_seconds : goals.watch_seconds;
	goals.advisor |= given->advisor;
	*ret_goals = goals;
	return KSM_EXIT_OK;
}

/* Two who set the same things undo each other's work. */
static int look_for_ksmtuned(const struct ksm_cli *cli)
{
	ksm_cleanup(ksm_processes_free) struct ksm_processes list = {0};
	struct ksm_error err;

	if (ksm_processes_list(&cli->root, &list, &err))
		return ksm_cli_fail(cli, &err);
	for (size_t i = 0; i < list.n; i++) {
		if (strcmp(list.process[i].name, "ksmtuned") != 0)
			continue;
		ksm_error_set(&err, KSM_ERR_SYSTEM, EBUSY,
			      "ksmtuned (process %d) sets the same things: systemctl disable --now "
			      "ksmtuned; its configuration can be taken over with --config",
			      list.process[i].pid);
		if (!cli->dry_run)
			return ksm_cli_fail(cli, &err);
		ksm_cli_warn(cli, "%s", err.text);
	}
	return KSM_EXIT_OK;
}

static int read_facts(const struct ksm_cli *cli, const struct ksm_tune_goals *goals,
		      struct ksm_tune_facts *ret_facts, struct ksm_error *err)
{
	bool needs_memory = goals->free_target > 0 || goals->free_bytes > 0 || goals->steps.given;
	int ret = ksm_sysfs_read(&cli->root, &ret_facts->sysfs, err);

	if (!ret && needs_memory)
		ret = ksm_meminfo_read(&cli->root, &ret_facts->meminfo, err);
	ksm_cost_measure(&cli->root, KSM_CHECKSUM_XXHASH, cli->root.page_size, &ret_facts->cost);
	return ret;
}

/* ---------------------------------------------------------------- doing */

static int tune_once(struct ksm_cli *cli, const struct tune_state *tune,
		     const struct ksm_tune_goals *goals, bool is_first)
{
	struct ksm_tune_facts facts = {0};
	struct ksm_tuning tuning;
	struct ksm_error err;
	int status;

	if (read_facts(cli, goals, &facts, &err) || ksm_tune(goals, &facts, &tuning, &err))
		return ksm_cli_fail(cli, &err);
	if (!is_first && !ksm_tune_is_worth(&tuning, &facts.sysfs))
		return KSM_EXIT_OK;
	if (!cli->json)
		ksm_tune_print(&tuning, &facts, cli->root.page_size, tune->explain);
	status = ksm_cli_apply(cli, &tuning.settings, 0);
	if (status)
		return status;
	if (!cli->json)
		return KSM_EXIT_OK;
	return ksm_cli_print_json(cli, ksm_tune_json(cli, goals, &tuning, &facts));
}

/* True when it is to end. */
static bool sleep_for(double seconds)
{
	struct pollfd fd = {.fd = ksm_cli_stop_fd(), .events = POLLIN};
	double left = seconds * 1000;

	while (left > 0) {
		int slice = left > 1e9 ? 1000000000 : (int)left + 1;

		if (poll(&fd, 1, slice) > 0)
			return true;
		left -= slice;
	}
	return false;
}

static int watch(struct ksm_cli *cli, const struct tune_state *tune,
		 const struct ksm_tune_goals *goals)
{
	struct ksm_settings before;
	struct ksm_sysfs sysfs;
	struct ksm_error err;
	int status;

	ksm_cli_stop_fd();
	if (ksm_sysfs_read(&cli->root, &sysfs, &err))
		return ksm_cli_fail(cli, &err);
	ksm_tune_before(goals, &sysfs, &before);
	if (!tune->keep && ksm_journal_begin(&cli->root, "tune", &before, &err))
		return ksm_cli_fail(cli, &err);
	status = tune_once(cli, tune, goals, true);
	while (!status && ksm_cli_flush() && !sleep_for(goals->watch_seconds))
		status = tune_once(cli, tune, goals, false);
	if (tune->keep)
		return status;
	if (ksm_settings_put_back(&cli->root, &before, &err)) {
		ksm_cli_fail(cli, &err);
		return KSM_EXIT_FAILED;
	}
	ksm_journal_end(&cli->root);
	return status;
}

static int tune_run(struct ksm_cli *cli, void *state, int argc, char **argv)
{
	struct tune_state *tune = state;
	struct ksm_tune_goals goals = {0};
	int status;

	if (argc)
		return ksm_cli_usage(cli, "\"%s\" is one argument too many", argv[0]);
	status = read_goals(cli, tune, &goals);
	if (!status && tune->keep && goals.watch_seconds <= 0)
		status = ksm_cli_usage(cli, "--keep is for --watch");
	if (!status)
		status = look_for_ksmtuned(cli);
	if (status)
		return status;
	/* What would be written is said once. */
	if (goals.watch_seconds > 0 && !cli->dry_run)
		return watch(cli, tune, &goals);
	return tune_once(cli, tune, &goals, true);
}

const struct ksm_verb ksm_verb_tune = {
	.name = "tune",
	.arguments = "",
	.summary = "set the pace from a scan time, a CPU budget or free memory",
	.options = tune_options,
	.flags = KSM_VERB_WRITES | KSM_VERB_SETTINGS,
	.state_size = sizeof(struct tune_state),
	.option = tune_option,
	.run = tune_run,
};
