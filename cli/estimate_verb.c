/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/estimate_verb.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cli/estimate_advice.h"
#include "cli/estimate_text.h"
#include "cli/file.h"
#include "report/diff.h"
#include "report/estimate_html.h"
#include "report/report.h"

static bool is_any_read(const struct ksm_estimate *estimate)
{
	for (uint32_t i = 0; i < estimate->n_targets; i++)
		if (ksm_estimate_is_read(&estimate->target[i]))
			return true;
	return estimate->n_targets == 0;
}

void ksm_estimate_name_error(const struct ksm_space *space, const struct ksm_error *error,
			     struct ksm_error *ret_err)
{
	*ret_err = *error;
	if (space->file)
		ksm_error_prefix(ret_err, "\"%.80s\": ", space->file);
	else if (*space->name)
		ksm_error_prefix(ret_err, "process %d \"%.32s\": ", space->pid, space->name);
}

/* So many are named. */
static uint32_t most_named(const struct ksm_cli *cli)
{
	return cli->verbose ? UINT32_MAX : 5;
}

void ksm_cli_warn_of_space(const struct ksm_cli *cli, const struct ksm_space *space,
			   const struct ksm_error *error, uint32_t n)
{
	struct ksm_error err;

	if (n >= most_named(cli))
		return;
	ksm_estimate_name_error(space, error, &err);
	ksm_cli_warn(cli, "%s", err.text);
}

void ksm_cli_warn_of_more(const struct ksm_cli *cli, uint32_t n)
{
	if (n > most_named(cli))
		ksm_cli_warn(cli, "%u more could not be read whole: -v names them",
			     n - most_named(cli));
}

static void warn_of_targets(const struct ksm_cli *cli, const struct ksm_estimate *estimate)
{
	uint32_t bad = 0;

	for (uint32_t i = 0; i < estimate->n_targets; i++) {
		const struct ksm_estimate_target *target = &estimate->target[i];

		if (!target->complete)
			ksm_cli_warn_of_space(cli, target->space, &target->error, bad++);
	}
	ksm_cli_warn_of_more(cli, bad);
}

/* Where neither a headline nor a document tells. */
static void warn_of_sample(const struct ksm_cli *cli, const struct ksm_estimate_request *request,
			   const struct ksm_estimate *estimate)
{
	if (estimate->sample.every > 1 && !cli->json &&
	    (request->advise || ksm_table_is_alone(&request->table)))
		ksm_cli_warn(
			cli,
			"for want of memory, all but PRESENT and ZERO is estimated from one in "
			"%u contents: --max-memory",
			estimate->sample.every);
}

int ksm_cli_fail_of(const struct ksm_cli *cli, bool is_file, const struct ksm_error *err)
{
	int status = ksm_cli_fail(cli, err);

	return is_file && status == KSM_EXIT_UNSUPPORTED ? KSM_EXIT_FAILED : status;
}

/* Not one target could be read: with permission missing for each that is status 4, else 1. */
static int fail_for_all(const struct ksm_cli *cli, const struct ksm_estimate *estimate)
{
	struct ksm_error err;

	ksm_estimate_name_error(estimate->target[0].space, &estimate->target[0].error, &err);
	if (estimate->n_targets > 1) {
		warn_of_targets(cli, estimate);
		ksm_error_set(&err, err.code, err.errnum, "none of %u could be read",
			      estimate->n_targets);
	}
	for (uint32_t i = 0; i < estimate->n_targets; i++)
		if (estimate->target[i].error.code != err.code)
			err.code = KSM_ERR_SYSTEM;
	return ksm_cli_fail_of(cli, estimate->target[0].space->file, &err);
}

static int print(const struct ksm_cli *cli, const struct ksm_estimate_request *request,
		 const struct ksm_estimate *estimate, const struct ksm_diff *diff,
		 json_object *document)
{
	struct ksm_error err;

	if (request->advise)
		return ksm_estimate_print_advice(cli, request, estimate);
	if (cli->json)
		return ksm_cli_print_json(cli, json_object_get(document));
	if (ksm_estimate_print(cli, estimate, diff, &request->table, &err))
		return ksm_cli_fail(cli, &err);
	return KSM_EXIT_OK;
}

static int write_html(const struct ksm_cli *cli, const struct ksm_estimate_request *request,
		      const struct ksm_estimate *estimate, const struct ksm_diff *diff)
{
	struct ksm_str text ksm_auto_str = {0};

	if (!request->html)
		return KSM_EXIT_OK;
	if (ksm_report_estimate_html(estimate, diff, &text))
		return ksm_cli_no_memory(cli);
	return ksm_cli_write_file(cli, request->html, &text);
}

/* The page, and what is printed. */
static int report(const struct ksm_cli *cli, const struct ksm_estimate_request *request,
		  const struct ksm_estimate *estimate)
{
	const struct ksm_diff *changes = NULL;
	struct ksm_diff diff = {0};
	json_object *document = NULL;
	int status, html_status;

	if (request->before || (cli->json && !request->advise))
		document = ksm_report_estimate(estimate);
	if (request->before) {
		if (!document || ksm_json_was_short() ||
		    ksm_diff_make(request->before, document, &diff)) {
			json_object_put(document);
			return ksm_cli_no_memory(cli);
		}
		changes = &diff;
		ksm_json_put(document, "diff", ksm_report_diff(&diff));
	}
	html_status = write_html(cli, request, estimate, changes);
	/* The failure's document is the only one. */
	status = html_status && cli->json ? html_status
					  : print(cli, request, estimate, changes, document);
	json_object_put(document);
	ksm_diff_free(&diff);
	return status ? status : html_status;
}

int ksm_estimate_run_and_print(const struct ksm_cli *cli, struct ksm_estimate_request *request,
			       struct ksm_page_source *source)
{
	struct ksm_estimate *estimate = NULL;
	struct ksm_error err;
	int status;

	/* Documents may be strangers', too: not before rights are given up. */
	if ((request->diff && ksm_diff_read(request->diff, &request->before, &err)) ||
	    ksm_estimate_run_request(request, source, &estimate, &err))
		return ksm_cli_fail(cli, &err);
	if (is_any_read(estimate)) {
		warn_of_targets(cli, estimate);
		warn_of_sample(cli, request, estimate);
		status = report(cli, request, estimate);
		if (!status && !estimate->complete)
			status = KSM_EXIT_PARTIAL;
	} else {
		status = fail_for_all(cli, estimate);
	}
	ksm_estimate_free(estimate);
	return status;
}
