/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl fingerprint: what memory holds, small enough to be sent and compared elsewhere. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "cli/confine.h"
#include "cli/estimate_verb.h"
#include "cli/file.h"
#include "cli/fingerprint_take.h"
#include "cli/number.h"
#include "cli/selection.h"
#include "cli/verbs.h"
#include "fleet/fingerprint_file.h"
#include "report/fleet.h"
#include "source/dump.h"
#include "source/join.h"
#include "source/process.h"

struct fingerprint_state {
	struct ksm_selection selection;
	struct ksm_fingerprint_request request;
	const char *output;
	unsigned int host;
};

static const struct ksm_option fingerprint_options[] = {
	{"output", 'o', "FILE", "where to: .tsv or .parquet; - for standard output", NULL},
	KSM_FINGERPRINT_OPTIONS,
	{"host", 0, "N", "the number of this host in its rows (0)", NULL},
	KSM_SELECTION_OPTIONS,
	{NULL, 0, NULL, NULL, NULL},
};

static int fingerprint_option(struct ksm_cli *cli, void *state, const struct ksm_option *option,
			      const char *value)
{
	struct fingerprint_state *fingerprint = state;

	if (ksm_selection_option(&fingerprint->selection, option, value))
		return KSM_EXIT_OK;
	if (strcmp(option->name, "host") == 0)
		return ksm_cli_take_count(cli, option, value, 0, INT32_MAX, &fingerprint->host);
	if (strcmp(option->name, "output") != 0)
		return ksm_fingerprint_option(cli, &fingerprint->request, option, value);
	fingerprint->output = value;
	return KSM_EXIT_OK;
}

static int check(const struct ksm_cli *cli, const struct fingerprint_state *fingerprint, int argc,
		 char **argv)
{
	const char *output = fingerprint->output;
	int status;

	if (!output)
		return ksm_cli_usage(cli,
				     "no file to write to: give -o FILE.tsv or -o FILE.parquet");
	if (cli->json && strcmp(output, "-") == 0)
		return ksm_cli_usage(cli, "-o - and --json would both be on standard output");
	if (strcmp(output, "-") == 0)
		return KSM_EXIT_OK;
	status = ksm_cli_check_output(cli, "--output", output, "--key-file",
				      fingerprint->request.key_file);
	for (int i = 0; i < argc && !status; i++)
		if (!ksm_cli_is_number(argv[i]))
			status = ksm_cli_check_output(cli, "--output", output, "FILE", argv[i]);
	return status ? status : ksm_cli_check_folder(cli, output);
}

static int open_processes(const struct ksm_cli *cli, const struct ksm_selection *selection,
			  struct ksm_page_source **ret_source)
{
	const struct ksm_process_source_options options = {
		KSM_PAGES_ELIGIBLE, .skip_vanished = ksm_selection_is_filter(selection)};
	struct ksm_error err;

	if (ksm_process_source_open(&cli->root, selection->pid, selection->n_pids, &options,
				    ret_source, &err))
		return ksm_cli_fail(cli, &err);
	return KSM_EXIT_OK;
}

/* Dumps first, as join wants it. */
static int open_targets(const struct ksm_cli *cli, struct fingerprint_state *state, int argc,
			char **argv, struct ksm_page_source **ret_source)
{
	struct ksm_selection *selection = &state->selection;
	const char **file ksm_auto_free = calloc((size_t)argc + 1, sizeof(*file));
	struct ksm_page_source *dumps ksm_auto_source = NULL, *processes = NULL;
	struct ksm_error err;
	size_t n_files = 0;
	int status = KSM_EXIT_OK;
	pid_t pid;

	if (!file)
		return ksm_cli_no_memory(cli);
	for (int i = 0; i < argc && !status; i++) {
		if (!ksm_cli_is_number(argv[i])) {
			file[n_files++] = argv[i];
			continue;
		}
		status = ksm_cli_parse_pid(cli, argv[i], &pid);
		if (!status)
			status = ksm_selection_add(cli, selection, pid);
	}
	if (!status && n_files &&
	    ksm_dump_source_open(file, n_files, &state->request.dump, &dumps, &err))
		status = ksm_cli_fail(cli, &err);
	if (!status && selection->n_pids)
		status = open_processes(cli, selection, &processes);
	if (status)
		return status;
	if (dumps && processes) {
		if (ksm_source_join(ksm_no_free(dumps), processes, ret_source, &err))
			return ksm_cli_fail(cli, &err);
		return KSM_EXIT_OK;
	}
	*ret_source = dumps ? ksm_no_free(dumps) : processes;
	return KSM_EXIT_OK;
}

static int open_source(const struct ksm_cli *cli, struct fingerprint_state *state, int argc,
		       char **argv, struct ksm_page_source **ret_source)
{
	struct ksm_selection *selection = &state->selection;
	int status;

	if (!argc && !ksm_selection_is_filter(selection))
		return ksm_cli_usage(cli, "nothing given: name processes by PID, dumps by file, or "
					  "use --all, --name, --user or --cgroup");
	if (!ksm_selection_is_filter(selection))
		return open_targets(cli, state, argc, argv, ret_source);
	status = ksm_selection_take(cli, selection, argc, argv);
	return status ? status : open_processes(cli, selection, ret_source);
}

static int print(const struct ksm_cli *cli, const struct fingerprint_state *state,
		 const struct ksm_page_source *source, const struct ksm_fingerprint *fingerprint)
{
	ksm_auto_str struct ksm_str name = {0};
	char size[KSM_UNITS_MAX];

	if (cli->json)
		return ksm_cli_print_json(
			cli, ksm_report_fingerprint(fingerprint, source, state->output));
	if (ksm_str_escape(&name, state->output, strlen(state->output)))
		return ksm_cli_no_memory(cli);
	ksm_format_bytes((int64_t)(fingerprint->pages * fingerprint->page_size), size);
	printf("%s: %" PRIu64 " contents in %" PRIu64 " pages (%s), %zu rows\n", name.data,
	       fingerprint->distinct, fingerprint->pages, size, fingerprint->n);
	return KSM_EXIT_OK;
}

static int write_and_print(const struct ksm_cli *cli, const struct fingerprint_state *state,
			   const struct ksm_page_source *source,
			   const struct ksm_fingerprint *fingerprint)
{
	const struct ksm_fingerprint_format *format = ksm_fingerprint_format_of_name(state->output);
	ksm_auto_str struct ksm_str text = {0};
	struct ksm_error err;
	int ret = format->print(fingerprint, &text), status;

	if (ret == -ENOMEM)
		return ksm_cli_no_memory(cli);
	if (ret) {
		ksm_error_set(&err, KSM_ERR_SYSTEM, -ret, "libzstd cannot be used");
		return ksm_cli_fail(cli, &err);
	}
	if (strcmp(state->output, "-") == 0) {
		fwrite(text.data, 1, text.len, stdout);
		return KSM_EXIT_OK;
	}
	status = ksm_cli_write_file(cli, state->output, &text);
	return status ? status : print(cli, state, source, fingerprint);
}

static int fingerprint_run(struct ksm_cli *cli, void *data, int argc, char **argv)
{
	struct fingerprint_state *state = data;
	struct ksm_page_source *source ksm_auto_source = NULL;
	struct ksm_fingerprint fingerprint = {0};
	struct ksm_error err;
	int status = check(cli, state, argc, argv);

	if (!status)
		status = ksm_fingerprint_prepare(cli, &state->request);
	if (!status)
		status = ksm_cli_confine_for(cli, argc, argv,
					     strcmp(state->output, "-") ? state->output : NULL);
	if (!status)
		status = open_source(cli, state, argc, argv, &source);
	if (status)
		return status;
	if (ksm_fingerprint_take_source(cli, &state->request, source, &fingerprint, &err))
		return ksm_cli_fail_of(cli, argc && !ksm_cli_is_number(argv[0]), &err);
	fingerprint.host = state->host;
	if (!state->request.key.len)
		ksm_cli_warn(cli,
			     "without --key-file, whoever has the file can test whether a page "
			     "that he knows was there");
	status = write_and_print(cli, state, source, &fingerprint);
	if (!status && fingerprint.is_incomplete)
		status = KSM_EXIT_PARTIAL;
	ksm_fingerprint_release(&fingerprint);
	return status;
}

static void fingerprint_release(void *state)
{
	struct fingerprint_state *fingerprint = state;

	ksm_selection_release(&fingerprint->selection);
}

const struct ksm_verb ksm_verb_fingerprint = {
	.name = "fingerprint",
	.arguments = "PID|FILE... | --all | --name RE | --user USER | --cgroup PATH",
	.summary = "what memory holds, as digests to be compared elsewhere",
	.options = fingerprint_options,
	.flags = KSM_VERB_FILES,
	.state_size = sizeof(struct fingerprint_state),
	.option = fingerprint_option,
	.run = fingerprint_run,
	.release = fingerprint_release,
};
