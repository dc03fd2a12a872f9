/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl analyze: what KSM would save for the memory in dumps. Reads only. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "cli/estimate_text.h"
#include "cli/estimate_verb.h"
#include "cli/verbs.h"
#include "source/dump.h"
#include "source/join.h"
#include "source/process.h"

struct analyze_state {
	struct ksm_dump_options dump;
	struct ksm_estimate_request request;
	pid_t *pid; /* of --with-pid */
	size_t n_pids;
	size_t pid_capacity;
};

static const struct ksm_option analyze_options[] = {
	{"pages", 0, "WHICH",
	 "eligible: areas that KSM would accept; mergeable: only those marked so (--maps); all: "
	 "whatever the file holds",
	 "eligible mergeable all"},
	{"format", 0, "FORMAT", "take the file for elf, raw, lime or kdump (auto)",
	 "auto elf raw lime kdump"},
	{"page-size", 0, "N", "bytes of a page, where the file does not say", NULL},
	{"max-size", 0, "BYTES", "read no more of each file's content", NULL},
	{"base", 0, "FILE", "the full image that a raw diff snapshot was made on", NULL},
	{"maps", 0, "FILE", "a saved /proc/PID/smaps of the process dumped", NULL},
	{"with-pid", 0, "PID", "beside the dumps, this running process; may be repeated", NULL},
	KSM_ESTIMATE_OPTIONS,
	KSM_TABLE_OPTIONS,
	{NULL, 0, NULL, NULL, NULL},
};

static int take_pages(const struct ksm_cli *cli, struct ksm_dump_options *dump, const char *value)
{
	if (strcmp(value, "eligible") == 0)
		dump->pages = KSM_PAGES_ELIGIBLE;
	else if (strcmp(value, "mergeable") == 0)
		dump->pages = KSM_PAGES_MERGEABLE;
	else if (strcmp(value, "all") == 0)
		dump->pages = KSM_PAGES_ALL;
	else
		return ksm_cli_usage(
			cli, "\"%s\" is no choice of pages: give eligible, mergeable or all",
			value);
	return KSM_EXIT_OK;
}

static int take_bytes(const struct ksm_cli *cli, const char *name, const char *value, uint64_t max,
		      uint64_t *ret_bytes)
{
	if (ksm_parse_u64(value, max, ret_bytes) || !*ret_bytes)
		return ksm_cli_usage(
			cli, "--%s takes a number of bytes from 1 to %" PRIu64 ", not \"%s\"", name,
			max, value);
	return KSM_EXIT_OK;
}

static int take_pid(const struct ksm_cli *cli, struct analyze_state *analyze, const char *value)
{
	uint64_t pid;

	if (ksm_parse_u64(value, INT32_MAX, &pid) || !pid)
		return ksm_cli_usage(cli, "\"%s\" is no process number: give one from 1 to %d",
				     value, INT32_MAX);
	if (ksm_array_reserve(&analyze->pid, &analyze->pid_capacity, analyze->n_pids + 1,
			      sizeof(*analyze->pid)))
		return ksm_cli_no_memory(cli);
	analyze->pid[analyze->n_pids++] = (pid_t)pid;
	return KSM_EXIT_OK;
}

static int analyze_option(struct ksm_cli *cli, void *state, const struct ksm_option *option,
			  const char *value)
{
	struct analyze_state *analyze = state;
	const char *name = option->name;
	uint64_t bytes = 0;
	int status;

	if (strcmp(name, "pages") == 0)
		return take_pages(cli, &analyze->dump, value);
	if (strcmp(name, "with-pid") == 0)
		return take_pid(cli, analyze, value);
	if (strcmp(name, "max-size") == 0)
		return take_bytes(cli, name, value, UINT64_MAX, &analyze->dump.max_size);
	if (strcmp(name, "page-size") == 0) {
		status = take_bytes(cli, name, value, UINT32_MAX, &bytes);
		analyze->dump.page_size = (unsigned int)bytes;
		return status;
	}
	if (strcmp(name, "format") == 0)
		analyze->dump.format = value;
	else if (strcmp(name, "base") == 0)
		analyze->dump.base = value;
	else if (strcmp(name, "maps") == 0)
		analyze->dump.maps = value;
	else
		return ksm_estimate_option(cli, &analyze->request, option, value);
	return KSM_EXIT_OK;
}

/* The dumps, and the processes beside them. */
static int open_sources(const struct ksm_cli *cli, const struct analyze_state *analyze, int argc,
			char **argv, struct ksm_page_source **ret_source, struct ksm_error *err)
{
	const struct ksm_process_source_options live = {
		.pages = analyze->dump.pages == KSM_PAGES_MERGEABLE ? KSM_PAGES_MERGEABLE
								    : KSM_PAGES_ELIGIBLE};
	struct ksm_page_source *dumps ksm_auto_source = NULL, *processes = NULL;
	int ret = ksm_dump_source_open((const char *const *)argv, (size_t)argc, &analyze->dump,
				       &dumps, err);

	if (!ret && analyze->n_pids)
		ret = ksm_process_source_open(&cli->root, analyze->pid, analyze->n_pids, &live,
					      &processes, err);
	if (ret)
		return ret;
	if (processes)
		return ksm_source_join(ksm_no_free(dumps), processes, ret_source, err);
	*ret_source = ksm_no_free(dumps);
	return 0;
}

static int analyze_run(struct ksm_cli *cli, void *state, int argc, char **argv)
{
	struct analyze_state *analyze = state;
	struct ksm_page_source *source ksm_auto_source = NULL;
	struct ksm_error err;
	int status;

	if (analyze->request.list_kernels)
		return ksm_estimate_list_kernels(cli, &analyze->request.table);
	if (!argc)
		return ksm_cli_usage(cli, "no file given: name some core files or memory images");
	status = ksm_estimate_prepare(cli, &analyze->request);
	if (status)
		return status;
	if (open_sources(cli, analyze, argc, argv, &source, &err))
		return ksm_cli_fail(cli, &err);
	return ksm_estimate_run_and_print(cli, &analyze->request, source);
}

static void analyze_release(void *state)
{
	struct analyze_state *analyze = state;

	free(analyze->pid);
	ksm_estimate_request_release(&analyze->request);
}

const struct ksm_verb ksm_verb_analyze = {
	.name = "analyze",
	.arguments = "FILE...",
	.summary = "what KSM would save for the memory in core files and dumps",
	.options = analyze_options,
	.columns = ksm_analyze_columns,
	.state_size = sizeof(struct analyze_state),
	.option = analyze_option,
	.run = analyze_run,
	.release = analyze_release,
};
