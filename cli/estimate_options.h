/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of every verb that estimates: what is modelled, and how it is shown. */
#ifndef KSM_CLI_ESTIMATE_OPTIONS_H
#define KSM_CLI_ESTIMATE_OPTIONS_H

#include "cli/cli.h"
#include "cli/load.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "estimate/estimate.h"
#include "report/report.h"

#define KSM_ESTIMATE_OPTIONS                                                                       \
	{"passes", 0, "N", "passes of ksmd to run (2)", NULL},                                     \
		{"interval", 0, "SECONDS", "between passes (1); ksmd: as long as a pass takes it", \
		 "ksmd"},                                                                          \
		{"kernel", 0, "VERSION", "model this kernel: running, next, a version, or list",   \
		 "running next list"},                                                             \
		{"set", 0, "NAME=VALUE", "a tunable of the model, named as in sysfs", NULL},       \
		{"what-if", 0, "NAME=VALUE,...",                                                   \
		 "beside it, the same with other tunables; may be repeated", NULL},                \
		{"by", 0, "WHAT", "sums by process, area, mapping, cgroup or user",                \
		 "process area mapping cgroup user"},                                              \
		{"top", 0, "N", "list the N most repeated contents", NULL},                        \
		{"preview", 0, NULL, "with --top, the first bytes of these: memory holds secrets", \
		 NULL},                                                                            \
		{"verify", 0, NULL, "read equal pages again and compare their bytes", NULL},       \
		{"diff", 0, "OLD", "what has changed since this document of --json", NULL},        \
		{"html", 0, "FILE", "write the report as a page to look at as well", NULL},        \
		{"max-memory", 0, "SIZE",                                                          \
		 "take a sample where pages need more (a quarter of what is available)", NULL},    \
		KSM_LOAD_OPTIONS

/* To be zeroed; ksm_estimate_prepare() fills in what was not given. */
struct ksm_estimate_request {
	const char *kernel;
	bool list_kernels;
	const char **setting;
	size_t n_settings;
	size_t setting_capacity;
	struct ksm_trial *trial; /* first the model itself, then one per --what-if */
	size_t n_trials;
	size_t trial_capacity;
	bool has_interval;
	bool advise;
	bool trust;	     /* advice across users, containers and guests */
	const char *html;    /* the file to write, or NULL */
	const char *diff;    /* the file of --diff, or NULL */
	json_object *before; /* the document in it */
	struct ksm_estimate_options options;
	struct ksm_load load;
	struct ksm_table_options table;
	struct ksm_progress progress;
};

/* One of KSM_ESTIMATE_OPTIONS or KSM_TABLE_OPTIONS. Returns an exit status, as all below. */
int ksm_estimate_option(const struct ksm_cli *cli, struct ksm_estimate_request *request,
			const struct ksm_option *option, const char *value);
/*
 * ksm_estimate_run() of the request, which has been prepared. The line of progress is gone afterwards, whatever came of
 * it.
 */
int ksm_estimate_run_request(struct ksm_estimate_request *request, struct ksm_page_source *source,
			     struct ksm_estimate **ret_estimate, struct ksm_error *err);

/* Once all options are there: the models, defaults, and a line of progress where it is wanted. */
int ksm_estimate_prepare(const struct ksm_cli *cli, struct ksm_estimate_request *request);
/* --kernel=list */
int ksm_estimate_list_kernels(const struct ksm_cli *cli, const struct ksm_table_options *options);

void ksm_estimate_request_release(struct ksm_estimate_request *request);

#endif
