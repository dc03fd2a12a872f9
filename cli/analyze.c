/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl analyze: what KSM would save for the memory in dumps. Reads only. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "cli/confine.h"
#include "cli/estimate_text.h"
#include "cli/estimate_verb.h"
#include "cli/file.h"
#include "cli/fingerprint_take.h"
#include "cli/number.h"
#include "cli/verbs.h"
#include "source/dump.h"
#include "source/join.h"
#include "source/process.h"
#include "source/sequence.h"

#define MAPS_MAX (UINT64_C(1) << 30) /* bytes */

struct analyze_state {
	struct ksm_dump_options dump;
	struct ksm_str maps;
	struct ksm_estimate_request request;
	bool stability;
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
	{"stability", 0, NULL, "the files are dumps of one process, oldest first: what changed?",
	 NULL},
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

static int take_pid(const struct ksm_cli *cli, struct analyze_state *analyze, const char *value)
{
	pid_t pid;
	int status = ksm_cli_parse_pid(cli, value, &pid);

	if (status)
		return status;
	if (ksm_array_reserve(&analyze->pid, &analyze->pid_capacity, analyze->n_pids + 1,
			      sizeof(*analyze->pid)))
		return ksm_cli_no_memory(cli);
	analyze->pid[analyze->n_pids++] = pid;
	return KSM_EXIT_OK;
}

static int analyze_option(struct ksm_cli *cli, void *state, const struct ksm_option *option,
			  const char *value)
{
	struct analyze_state *analyze = state;
	const char *name = option->name;

	if (strcmp(name, "pages") == 0)
		return take_pages(cli, &analyze->dump, value);
	if (strcmp(name, "with-pid") == 0)
		return take_pid(cli, analyze, value);
	if (strcmp(name, "max-size") == 0)
		return ksm_cli_take_bytes(cli, name, value, UINT64_MAX, &analyze->dump.max_size);
	if (strcmp(name, "page-size") == 0)
		return ksm_cli_take_page_size(cli, value, &analyze->dump);
	if (strcmp(name, "format") == 0)
		return ksm_cli_take_format(cli, option, value, &analyze->dump);
	if (strcmp(name, "stability") == 0)
		analyze->stability = true;
	else if (strcmp(name, "base") == 0)
		analyze->dump.base = value;
	else if (strcmp(name, "maps") == 0)
		analyze->dump.maps = value;
	else
		return ksm_estimate_option(cli, &analyze->request, option, value);
	return KSM_EXIT_OK;
}

static void close_sources(struct ksm_page_source **sources)
{
	for (size_t i = 0; sources[i]; i++)
		ksm_page_source_close(&sources[i]);
	free(sources);
}

/* A dump of which nothing can be read leaves nothing to compare. */
static int open_one(const struct analyze_state *analyze, const char *path,
		    struct ksm_page_source **ret_source, struct ksm_error *err)
{
	int ret = ksm_dump_source_open(&path, 1, &analyze->dump, ret_source, err);

	if (ret || (*ret_source)->space->dump->format)
		return ret;
	ksm_estimate_name_error((*ret_source)->space, &(*ret_source)->space->error, err);
	ksm_page_source_close(ret_source);
	return -EIO;
}

/* The dumps as looks at one address space. */
static int open_sequence(const struct analyze_state *analyze, int argc, char **argv,
			 struct ksm_page_source **ret_source, struct ksm_error *err)
{
	struct ksm_page_source **part = calloc((size_t)argc + 1, sizeof(struct ksm_page_source *));
	int ret = 0;

	if (!part)
		return ksm_error_no_memory(err);
	for (int i = 0; i < argc && !ret; i++)
		ret = open_one(analyze, argv[i], &part[i], err);
	if (ret) {
		close_sources(part);
		return ret;
	}
	ret = ksm_source_sequence(part, (size_t)argc, ret_source, err);
	free(part);
	return ret;
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

static int check_arguments(const struct ksm_cli *cli, struct analyze_state *analyze, int argc)
{
	struct ksm_estimate_options *options = &analyze->request.options;

	if (!argc)
		return ksm_cli_usage(cli, "no file given: name some core files or memory images");
	if (!analyze->stability)
		return KSM_EXIT_OK;
	if (argc < 2)
		return ksm_cli_usage(cli, "--stability compares dumps of one process: give two "
					  "or more, oldest first");
	if (analyze->n_pids || options->passes || analyze->request.has_interval)
		return ksm_cli_usage(cli,
				     "--stability takes each file for one pass: it does not go "
				     "with --with-pid, --passes and --interval");
	options->passes = (unsigned int)argc;
	analyze->request.has_interval = true;
	return KSM_EXIT_OK;
}

/* Before rights are given up: those of a process that still runs may take some. Several files are refused later. */
static int read_maps(const struct ksm_cli *cli, struct analyze_state *analyze, int argc)
{
	ksm_auto_close int fd = -1;
	struct ksm_error err;

	if (!analyze->dump.maps || argc != 1)
		return KSM_EXIT_OK;
	if (ksm_open_at(AT_FDCWD, analyze->dump.maps, O_RDONLY, &fd, &err) ||
	    ksm_read_fd(fd, MAPS_MAX, &analyze->maps, &err)) {
		ksm_error_name_path(&err, analyze->dump.maps);
		return ksm_cli_fail(cli, &err);
	}
	analyze->dump.maps_text = &analyze->maps;
	return KSM_EXIT_OK;
}

static int check_output(const struct ksm_cli *cli, const struct analyze_state *analyze, int argc,
			char **argv)
{
	const char *html = analyze->request.html;
	int status =
		ksm_cli_check_output(cli, "--html", html, "--base", analyze->dump.base)
			?: ksm_cli_check_output(cli, "--html", html, "--maps", analyze->dump.maps)
		?: ksm_cli_check_output(cli, "--html", html, "--diff", analyze->request.diff);

	for (int i = 0; i < argc && !status; i++)
		status = ksm_cli_check_output(cli, "--html", html, "FILE", argv[i]);
	return status ? status : ksm_cli_check_folder(cli, html);
}

static int analyze_run(struct ksm_cli *cli, void *state, int argc, char **argv)
{
	struct analyze_state *analyze = state;
	struct ksm_page_source *source ksm_auto_source = NULL;
	struct ksm_error err;
	int status;

	if (analyze->request.list_kernels)
		return ksm_estimate_list_kernels(cli, &analyze->request.table);
	if (ksm_table_check(ksm_analyze_columns, &analyze->request.table, &err))
		return ksm_cli_fail(cli, &err);
	status = check_arguments(cli, analyze, argc);
	if (!status)
		status = check_output(cli, analyze, argc, argv);
	if (!status)
		status = ksm_estimate_prepare(cli, &analyze->request);
	if (!status)
		status = read_maps(cli, analyze, argc);
	if (!status)
		status = ksm_cli_confine(cli, &(struct ksm_sandbox){
						      .reads_processes = analyze->n_pids > 0,
						      .writes = analyze->request.html,
					      });
	if (status)
		return status;
	if (analyze->stability ? open_sequence(analyze, argc, argv, &source, &err)
			       : open_sources(cli, analyze, argc, argv, &source, &err))
		return ksm_cli_fail(cli, &err);
	return ksm_estimate_run_and_print(cli, &analyze->request, source);
}

static void analyze_release(void *state)
{
	struct analyze_state *analyze = state;

	ksm_str_free(&analyze->maps);
	free(analyze->pid);
	ksm_estimate_request_release(&analyze->request);
}

const struct ksm_verb ksm_verb_analyze = {
	.name = "analyze",
	.arguments = "FILE...",
	.summary = "what KSM would save for the memory in core files and dumps",
	.options = analyze_options,
	.columns = ksm_analyze_columns,
	.flags = KSM_VERB_FILES,
	.state_size = sizeof(struct analyze_state),
	.option = analyze_option,
	.run = analyze_run,
	.release = analyze_release,
};
