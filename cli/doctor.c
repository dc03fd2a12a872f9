/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl doctor [PID...]: why nothing merges, what would help, what is risky. Reads only. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/units.h"
#include "cli/estimate_options.h"
#include "cli/number.h"
#include "cli/verbs.h"
#include "diagnosis/diagnosis.h"
#include "report/report.h"
#include "source/process.h"

struct doctor_state {
	bool scan;
	bool check;
	struct ksm_estimate_request request;
	pid_t *pid; /* those named */
	size_t n_pids;
	struct ksm_error *error; /* of those among them that cannot be looked at */
	size_t n_errors;
};

static const struct ksm_option doctor_options[] = {
	{"scan", 0, NULL, "read the memory too: how much of the saving crosses users or guests",
	 NULL},
	{"check", 0, NULL, "status 1 if there is a problem", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static int doctor_option(struct ksm_cli *cli, void *state, const struct ksm_option *option,
			 const char *value)
{
	struct doctor_state *doctor = state;

	if (strcmp(option->name, "scan") == 0)
		doctor->scan = true;
	else
		doctor->check = true;
	return KSM_EXIT_OK;
}

/* ---------------------------------------------------------------- the estimate */

static int run_estimate(const struct ksm_cli *cli, struct ksm_estimate_request *request,
			const pid_t *pids, size_t n, struct ksm_facts *facts)
{
	const struct ksm_process_source_options options = {KSM_PAGES_MERGEABLE,
							   .skip_vanished = true};
	struct ksm_page_source *source ksm_auto_source = NULL;
	struct ksm_estimate *estimate = NULL;
	struct ksm_error err;
	int64_t crossing;
	int status = ksm_estimate_prepare(cli, request);

	if (status)
		return status;
	if (ksm_process_source_open(&cli->root, pids, n, &options, &source, &err) ||
	    ksm_estimate_run_request(request, source, &estimate, &err))
		return ksm_cli_fail(cli, &err);
	crossing = estimate->crossing_pages[KSM_OWNER_DOMAIN];
	if (crossing != KSM_UNKNOWN) {
		facts->freed_together = ksm_estimate_bytes(estimate, estimate->totals.freed_pages);
		facts->freed_within =
			ksm_estimate_bytes(estimate, estimate->totals.freed_pages - crossing);
	}
	ksm_estimate_free(estimate);
	return KSM_EXIT_OK;
}

static int scan(const struct ksm_cli *cli, struct doctor_state *doctor, struct ksm_facts *facts)
{
	ksm_auto_free pid_t *pids = calloc(facts->n_processes + 1, sizeof(*pids));
	size_t n = 0;

	if (!pids)
		return ksm_cli_no_memory(cli);
	for (size_t i = 0; i < facts->n_processes; i++)
		if (facts->process[i].is_opted_in)
			pids[n++] = facts->process[i].process->pid;
	return n ? run_estimate(cli, &doctor->request, pids, n, facts) : KSM_EXIT_OK;
}

/* ---------------------------------------------------------------- text */

static const struct ksm_finding *first_problem(const struct ksm_diagnosis *diagnosis)
{
	if (diagnosis->n && diagnosis->finding[0].severity == KSM_PROBLEM)
		return &diagnosis->finding[0];
	return NULL;
}

/* The one line that answers the question, unescaped. */
static void make_verdict(const struct ksm_facts *facts, const struct ksm_diagnosis *diagnosis,
			 char ret_text[static 512])
{
	const struct ksm_finding *problem = first_problem(diagnosis);
	int64_t saved = (facts->sysfs.value[KSM_SYSFS_pages_sharing] +
			 facts->sysfs.value[KSM_SYSFS_ksm_zero_pages]) *
			facts->page_size;
	char bytes[KSM_UNITS_MAX];

	ksm_format_bytes(saved, bytes);
	if (problem && !saved && facts->is_whole)
		snprintf(ret_text, 512, "nothing merges: %s; %zu of %zu processes%s have opted in",
			 problem->text, facts->n_opted_in,
			 facts->n_with_memory - facts->n_unreadable,
			 facts->n_unreadable ? " that could be looked at" : "");
	else if (problem && !saved)
		snprintf(ret_text, 512, "nothing merges: %s", problem->text);
	else if (problem)
		snprintf(ret_text, 512, "KSM saves %s, but %s", bytes, problem->text);
	else if (diagnosis->n)
		snprintf(ret_text, 512, "KSM saves %s; see what follows", bytes);
	else
		snprintf(ret_text, 512, "KSM saves %s; there is nothing to complain about", bytes);
}

static void print_safe(const char *before, const char *text)
{
	ksm_auto_str struct ksm_str safe = {0};

	if (!ksm_str_escape(&safe, text, strlen(text)) && safe.data)
		printf("%s%s\n", before, safe.data);
}

static int print_text(const struct ksm_cli *cli, const struct ksm_facts *facts,
		      const struct ksm_diagnosis *diagnosis, const char *verdict)
{
	print_safe("", verdict);
	for (size_t i = 0; i < diagnosis->n; i++) {
		const struct ksm_finding *finding = &diagnosis->finding[i];
		char head[64];

		snprintf(head, sizeof(head), "\n%s: ", ksm_severity_name(finding->severity));
		if (finding->pid)
			snprintf(head, sizeof(head),
				 "\n%s, process %d: ", ksm_severity_name(finding->severity),
				 finding->pid);
		print_safe(head, finding->text);
		print_safe("  do: ", finding->advice);
		if (cli->verbose)
			for (size_t j = 0; j < finding->n_evidence; j++)
				printf("  %s = %" PRId64 "\n", finding->evidence[j].name,
				       finding->evidence[j].value);
	}
	if (facts->n_unreadable && facts->is_whole)
		ksm_cli_warn(cli, "%zu processes of others are not seen: that takes being root",
			     facts->n_unreadable);
	return KSM_EXIT_OK;
}

/* ---------------------------------------------------------------- JSON */

static json_object *finding_json(const struct ksm_finding *finding)
{
	json_object *object = ksm_json_object(), *evidence = ksm_json_object();

	ksm_json_put(object, "code", ksm_json_string(finding->code));
	ksm_json_put(object, "severity", ksm_json_string(ksm_severity_name(finding->severity)));
	ksm_json_put(object, "pid", finding->pid ? ksm_json_int(finding->pid) : NULL);
	ksm_json_put(object, "text", ksm_json_string(finding->text));
	for (size_t i = 0; i < finding->n_evidence; i++)
		ksm_json_put(evidence, finding->evidence[i].name,
			     ksm_json_int(finding->evidence[i].value));
	ksm_json_put(object, "evidence", evidence);
	ksm_json_put(object, "do", ksm_json_string(finding->advice));
	return object;
}

static int print_json(const struct ksm_cli *cli, const struct doctor_state *doctor,
		      const struct ksm_facts *facts, const struct ksm_diagnosis *diagnosis,
		      const char *verdict)
{
	json_object *document = ksm_report_new("ksmctl.doctor/1"), *findings = ksm_json_array();

	for (size_t i = 0; i < diagnosis->n; i++)
		ksm_json_append(findings, finding_json(&diagnosis->finding[i]));
	ksm_json_put(document, "verdict", ksm_json_string(verdict));
	ksm_json_put(document, "opted_in", ksm_json_int((int64_t)facts->n_opted_in));
	ksm_json_put(document, "unreadable", ksm_json_int((int64_t)facts->n_unreadable));
	ksm_json_put(document, "errors", ksm_report_errors(doctor->error, doctor->n_errors));
	ksm_json_put(document, "findings", findings);
	return ksm_cli_print_json(cli, document);
}

/* ---------------------------------------------------------------- the verb */

static int diagnose(const struct ksm_cli *cli, struct doctor_state *doctor)
{
	ksm_cleanup(ksm_diagnosis_free) struct ksm_diagnosis diagnosis = {0};
	ksm_cleanup(ksm_facts_free) struct ksm_facts facts = {0};
	struct ksm_error err;
	char verdict[512];
	int status = KSM_EXIT_OK;

	if (ksm_facts_read(&cli->root, doctor->pid, doctor->n_pids, &facts, &err))
		return ksm_cli_fail(cli, &err);
	if (doctor->scan)
		status = scan(cli, doctor, &facts);
	if (status)
		return status;
	if (ksm_diagnose(&facts, &diagnosis))
		return ksm_cli_no_memory(cli);
	make_verdict(&facts, &diagnosis, verdict);
	status = cli->json ? print_json(cli, doctor, &facts, &diagnosis, verdict)
			   : print_text(cli, &facts, &diagnosis, verdict);
	if (!status && doctor->check && first_problem(&diagnosis))
		return KSM_EXIT_FAILED;
	return status ? status : doctor->n_errors ? KSM_EXIT_PARTIAL : KSM_EXIT_OK;
}

/* The number of a thread becomes that of its process. */
static int look(const struct ksm_cli *cli, pid_t *pid, struct ksm_error *err)
{
	ksm_auto_close int dir_fd = -1;
	struct ksm_process process;
	struct ksm_stat stat;
	bool has_memory;
	int ret = ksm_process_get(&cli->root, *pid, &process, err);

	if (ret)
		return ret;
	*pid = process.pid;
	has_memory = process.has_memory;
	ksm_process_free(&process);
	ret = ksm_root_open_pid(&cli->root, *pid, &dir_fd, err);
	if (ret)
		return ret;
	return has_memory ? ksm_stat_read(dir_fd, &stat, err)
			  : ksm_pid_no_memory_error(dir_fd, err);
}

/* Not one can be looked at: status 4 if permission is missing for each. */
static int fail_for_all(const struct ksm_cli *cli, const struct doctor_state *doctor)
{
	struct ksm_error err = doctor->error[0];

	for (size_t i = 0; i < doctor->n_errors; i++) {
		if (doctor->error[i].code != err.code)
			err.code = KSM_ERR_SYSTEM;
		if (doctor->n_errors > 1)
			ksm_cli_warn(cli, "%s", doctor->error[i].text);
	}
	if (doctor->n_errors > 1)
		ksm_error_set(&err, err.code, err.errnum, "none of %zu could be looked at",
			      doctor->n_errors);
	return ksm_cli_fail(cli, &err);
}

static int look_at_named(const struct ksm_cli *cli, struct doctor_state *doctor)
{
	for (size_t i = 0; i < doctor->n_pids; i++)
		if (look(cli, &doctor->pid[i], &doctor->error[doctor->n_errors]))
			doctor->n_errors++;
	if (doctor->n_errors && doctor->n_errors == doctor->n_pids)
		return fail_for_all(cli, doctor);
	for (size_t i = 0; i < doctor->n_errors; i++)
		ksm_cli_warn(cli, "%s", doctor->error[i].text);
	return KSM_EXIT_OK;
}

static int doctor_run(struct ksm_cli *cli, void *state, int argc, char **argv)
{
	struct doctor_state *doctor = state;
	int status = KSM_EXIT_OK;

	doctor->pid = calloc((size_t)argc + 1, sizeof(*doctor->pid));
	doctor->error = calloc((size_t)argc + 1, sizeof(*doctor->error));
	if (!doctor->pid || !doctor->error)
		return ksm_cli_no_memory(cli);
	for (; doctor->n_pids < (size_t)argc && !status; doctor->n_pids++)
		status = ksm_cli_parse_pid(cli, argv[doctor->n_pids], &doctor->pid[doctor->n_pids]);
	if (!status)
		status = look_at_named(cli, doctor);
	return status ? status : diagnose(cli, doctor);
}

static void doctor_release(void *state)
{
	struct doctor_state *doctor = state;

	free(doctor->pid);
	free(doctor->error);
	ksm_estimate_request_release(&doctor->request);
}

const struct ksm_verb ksm_verb_doctor = {
	.name = "doctor",
	.arguments = "[PID...]",
	.summary = "why nothing merges, what would help, what is risky",
	.options = doctor_options,
	.state_size = sizeof(struct doctor_state),
	.option = doctor_option,
	.run = doctor_run,
	.release = doctor_release,
};
