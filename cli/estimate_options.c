/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/estimate_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "cli/number.h"
#include "cli/tunable_name.h"

#define PASSES_MAX   100000
#define INTERVAL_MAX 1000000.0
#define TOP_MAX	     1000000

/* Decimal seconds: strtod alone would take "inf", "0x1" and " 1" as well. */
static int take_interval(const struct ksm_cli *cli, struct ksm_estimate_request *request,
			 const char *value)
{
	char *end = NULL;
	double seconds = -1;

	request->options.at_ksmd_pace = strcmp(value, "ksmd") == 0;
	request->has_interval = true;
	if (request->options.at_ksmd_pace)
		return KSM_EXIT_OK;
	if (strspn(value, "0123456789.") == strlen(value))
		seconds = strtod(value, &end);
	if (!end || end == value || *end || seconds < 0 || seconds > INTERVAL_MAX)
		return ksm_cli_usage(cli,
				     "--interval takes seconds from 0 to %.0f or ksmd, not \"%s\"",
				     INTERVAL_MAX, value);
	request->options.interval_seconds = seconds;
	return KSM_EXIT_OK;
}

static int take_setting(const struct ksm_cli *cli, struct ksm_estimate_request *request,
			const char *value)
{
	if (ksm_array_reserve(&request->setting, &request->setting_capacity,
			      request->n_settings + 1, sizeof(*request->setting)))
		return ksm_cli_no_memory(cli);
	request->setting[request->n_settings++] = value;
	return KSM_EXIT_OK;
}

/* The model comes later, once --kernel and every --set are known. */
static int add_trial(const struct ksm_cli *cli, struct ksm_estimate_request *request,
		     const char *settings)
{
	if (!*settings)
		return ksm_cli_usage(cli, "--what-if is empty: give NAME=VALUE");
	/* The first place is the model's own. */
	if (!request->n_trials)
		request->n_trials = 1;
	if (ksm_array_reserve(&request->trial, &request->trial_capacity, request->n_trials + 1,
			      sizeof(*request->trial)))
		return ksm_cli_no_memory(cli);
	request->trial[request->n_trials++].settings = settings;
	return KSM_EXIT_OK;
}

static int take_by(const struct ksm_cli *cli, struct ksm_estimate_request *request,
		   const char *value)
{
	request->options.by = ksm_group_by_find(value);
	if (request->options.by == KSM_BY_NONE)
		return ksm_cli_usage(
			cli, "\"%s\" is no grouping: give process, area, mapping, cgroup or user",
			value);
	return KSM_EXIT_OK;
}

int ksm_estimate_option(const struct ksm_cli *cli, struct ksm_estimate_request *request,
			const struct ksm_option *option, const char *value)
{
	const char *name = option->name;
	bool is_load;
	int status = ksm_load_option(cli, &request->load, option, value, &is_load);

	if (is_load)
		return status;
	if (ksm_table_option(&request->table, name, value))
		return KSM_EXIT_OK;
	if (strcmp(name, "passes") == 0)
		return ksm_cli_take_count(cli, option, value, 1, PASSES_MAX,
					  &request->options.passes);
	if (strcmp(name, "top") == 0)
		return ksm_cli_take_count(cli, option, value, 1, TOP_MAX, &request->options.top);
	if (strcmp(name, "interval") == 0)
		return take_interval(cli, request, value);
	if (strcmp(name, "set") == 0)
		return take_setting(cli, request, value);
	if (strcmp(name, "what-if") == 0)
		return add_trial(cli, request, value);
	if (strcmp(name, "by") == 0)
		return take_by(cli, request, value);
	if (strcmp(name, "preview") == 0) {
		request->options.preview = true;
		return KSM_EXIT_OK;
	}
	if (strcmp(name, "diff") == 0) {
		request->diff = value;
		return KSM_EXIT_OK;
	}
	if (strcmp(name, "html") == 0) {
		request->html = value;
		request->options.map = true;
		return KSM_EXIT_OK;
	}
	if (strcmp(name, "max-memory") == 0)
		return ksm_cli_take_bytes(cli, name, value, INT64_MAX,
					  &request->options.memory_bytes);
	if (strcmp(name, "verify") == 0) {
		request->options.verify = true;
		return KSM_EXIT_OK;
	}
	request->kernel = value;
	request->list_kernels = strcmp(value, "list") == 0;
	return KSM_EXIT_OK;
}

/* "NAME=VALUE,NAME=VALUE", or "" */
static int set_all(const struct ksm_cli *cli, struct ksm_model *model, const char *settings)
{
	char *copy ksm_auto_free = strdup(settings), *rest = copy;
	int status = KSM_EXIT_OK;

	if (!copy)
		return ksm_cli_no_memory(cli);
	while (*settings && rest && !status)
		status = ksm_cli_set_model(cli, model, strsep(&rest, ","));
	return status;
}

/* A pages_to_scan of --set goes where --what-if then switches the advisor, as in the kernel. */
static int prepare_trial(const struct ksm_cli *cli, struct ksm_trial *trial,
			 const struct ksm_model *kernel, const struct ksm_model *set)
{
	int status;

	trial->model = *set;
	trial->model.is_paced = false;
	status = set_all(cli, &trial->model, trial->settings);
	if (ksm_model_get(&trial->model, KSM_SYSFS_advisor_mode) ==
	    ksm_model_get(set, KSM_SYSFS_advisor_mode))
		trial->model.is_paced |= set->is_paced;
	ksm_model_switch_advisor(&trial->model, kernel);
	return status;
}

static int prepare_models(const struct ksm_cli *cli, struct ksm_estimate_request *request)
{
	const char *kernel = request->kernel ? request->kernel : "running";
	struct ksm_model before, model;
	struct ksm_error err;
	int status = KSM_EXIT_OK;

	if (ksm_model_init(&before, kernel, &cli->root, &err))
		return ksm_cli_fail(cli, &err);
	model = before;
	for (size_t i = 0; i < request->n_settings && !status; i++)
		status = ksm_cli_set_model(cli, &model, request->setting[i]);
	if (status)
		return status;
	if (ksm_array_reserve(&request->trial, &request->trial_capacity, 1,
			      sizeof(*request->trial)))
		return ksm_cli_no_memory(cli);
	if (!request->n_trials)
		request->n_trials = 1;
	request->trial[0].settings = "";
	for (size_t i = 0; i < request->n_trials && !status; i++)
		status = prepare_trial(cli, &request->trial[i], &before, &model);
	return status;
}

int ksm_estimate_prepare(const struct ksm_cli *cli, struct ksm_estimate_request *request)
{
	struct ksm_estimate_options *options = &request->options;
	unsigned int page_size = cli->root.page_size;
	int status = prepare_models(cli, request) ?: ksm_load_prepare(cli, &request->load);

	if (status)
		return status;
	if (options->preview && !options->top)
		return ksm_cli_usage(cli, "--preview shows what the contents of --top begin with: "
					  "give --top=N as well");
	if (!options->passes)
		options->passes = 2;
	options->threads = request->load.threads;
	options->bytes_per_second = request->load.rate;
	if (!options->memory_bytes)
		options->memory_bytes = ksm_estimate_memory(&cli->root);
	if (!request->has_interval)
		options->interval_seconds = 1;
	if (options->at_ksmd_pace &&
	    !ksm_model_get(&request->trial->model, KSM_SYSFS_pages_to_scan))
		return ksm_cli_usage(cli,
				     "--interval=ksmd: with pages_to_scan=0 ksmd makes no pass: "
				     "give seconds, or --set pages_to_scan=N");
	ksm_cost_measure(&cli->root, request->trial->model.profile->checksum, page_size,
			 &options->cost);
	options->progress = ksm_progress_begin(cli, options->passes, page_size, &request->progress);
	options->progress_data = &request->progress;
	return KSM_EXIT_OK;
}

int ksm_estimate_run_request(struct ksm_estimate_request *request, struct ksm_page_source *source,
			     struct ksm_estimate **ret_estimate, struct ksm_error *err)
{
	int ret = ksm_estimate_run(source, request->trial, request->n_trials, &request->options,
				   ret_estimate, err);

	ksm_progress_end(&request->progress);
	return ret;
}

void ksm_estimate_request_release(struct ksm_estimate_request *request)
{
	json_object_put(request->before);
	free(request->setting);
	free(request->trial);
}

/* ---------------------------------------------------------------- --kernel=list */

enum { COL_KERNEL, COL_CHECKSUM, COL_CHANGES };

static const struct ksm_column kernel_columns[] = {
	[COL_KERNEL] = {"KERNEL", "first release of the row", true, KSM_COL_TEXT},
	[COL_CHECKSUM] = {"CHECKSUM", "how ksmd tells whether a page changed", true, KSM_COL_TEXT},
	[COL_CHANGES] = {"CHANGES", "against the row before", true, KSM_COL_TEXT},
	{NULL, NULL, false, KSM_COL_TEXT},
};

static json_object *kernels_document(const struct ksm_profile *profiles, size_t n)
{
	json_object *document = ksm_report_new("ksmctl.kernels/1"), *array = ksm_json_array();

	for (size_t i = 0; i < n; i++) {
		json_object *row = ksm_json_object();

		ksm_json_put(row, "kernel", ksm_json_string(profiles[i].kernel));
		ksm_json_put(row, "checksum",
			     ksm_json_string(ksm_checksum_name(profiles[i].checksum)));
		ksm_json_put(row, "changes", ksm_json_string(profiles[i].changes));
		ksm_json_append(array, row);
	}
	ksm_json_put(document, "kernels", array);
	return document;
}

int ksm_estimate_list_kernels(const struct ksm_cli *cli, const struct ksm_table_options *options)
{
	struct ksm_table_options plain = {.no_headings = options->no_headings, .raw = options->raw};
	const struct ksm_profile *profiles;
	struct ksm_table *table;
	struct ksm_error err;
	int ret = 0;
	size_t n;

	profiles = ksm_profiles(&n);
	if (cli->json)
		return ksm_cli_print_json(cli, kernels_document(profiles, n));
	if (ksm_table_new(kernel_columns, &plain, &table, &err))
		return ksm_cli_fail(cli, &err);
	for (size_t i = 0; i < n && !ret; i++) {
		ret = ksm_table_row(table) ?: ksm_table_text(table, COL_KERNEL, profiles[i].kernel)
			?: ksm_table_text(table, COL_CHECKSUM, ksm_checksum_name(profiles[i].checksum))
			?: ksm_table_text(table, COL_CHANGES, profiles[i].changes);
	}
	ret = ret ?: ksm_table_print(table);
	ksm_table_free(&table);
	return ret ? ksm_cli_no_memory(cli) : KSM_EXIT_OK;
}
