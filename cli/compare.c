/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl compare: what fingerprints, dumps and processes have in common. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "cli/compare_place.h"
#include "cli/confine.h"
#include "cli/estimate_verb.h"
#include "cli/fingerprint_take.h"
#include "cli/number.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "fleet/fingerprint_file.h"
#include "report/fleet.h"
#include "source/dump.h"
#include "source/input.h"
#include "source/process.h"

#define FILE_MAX (UINT64_C(4) << 30)

struct compare_state {
	struct ksm_fingerprint_request request;
	struct ksm_table_options table;
	struct ksm_place_request place;
	struct ksm_fingerprint *fingerprint;
	struct ksm_compare_input *input;
	struct ksm_input **pipe; /* dumps that could not be opened again, else NULL */
	uint32_t n;
};

static const struct ksm_option compare_options[] = {
	KSM_FINGERPRINT_OPTIONS,
	{"place", 0, "HOSTS:SIZE", "which input belongs on which of so many hosts of a size", NULL},
	KSM_TABLE_OPTIONS,
	{NULL, 0, NULL, NULL, NULL},
};

enum { COL_A, COL_B, COL_SHARED, COL_LOW, COL_HIGH, COL_PAGES, COL_SIZE };

static const struct ksm_column compare_columns[] = {
	[COL_A] = {"INPUT", "one", true, KSM_COL_TEXT},
	[COL_B] = {"AND", "the other", true, KSM_COL_TEXT},
	[COL_SHARED] = {"SHARED", "contents that both have", true, KSM_COL_NUMBER},
	[COL_LOW] = {"LOW", "at least so many, 95 times in 100", true, KSM_COL_NUMBER},
	[COL_HIGH] = {"HIGH", "at most so many", true, KSM_COL_NUMBER},
	[COL_PAGES] = {"PAGES", "copies of these in both", true, KSM_COL_NUMBER},
	[COL_SIZE] = {"SIZE", "of these copies", true, KSM_COL_BYTES},
	{NULL, NULL, false, KSM_COL_TEXT},
};

static int compare_option(struct ksm_cli *cli, void *state, const struct ksm_option *option,
			  const char *value)
{
	struct compare_state *compare = state;

	if (ksm_table_option(&compare->table, option->name, value))
		return KSM_EXIT_OK;
	if (strcmp(option->name, "place") == 0)
		return ksm_place_option(cli, value, &compare->place);
	return ksm_fingerprint_option(cli, &compare->request, option, value);
}

/* ---------------------------------------------------------------- inputs */

static int read_all(struct ksm_input *input, struct ksm_str *ret_text, struct ksm_error *err)
{
	char part[16384];
	size_t got;

	for (;;) {
		int ret = ksm_input_read(input, part, sizeof(part), &got, err);

		if (ret || !got)
			return ret;
		if (got > FILE_MAX - ret_text->len)
			return ksm_error_set(err, KSM_ERR_SYSTEM, EFBIG,
					     "is too long for a fingerprint");
		if (ksm_str_append(ret_text, part, got))
			return ksm_error_no_memory(err);
	}
}

static int name_file(const char *path, int ret, struct ksm_error *err)
{
	ksm_error_prefix(err, "\"%.80s\": ", path);
	ksm_error_name_path(err, path);
	return ret;
}

/* A fingerprint; what is none is left for later, a pipe as it has been opened. */
static int read_fingerprint(const struct ksm_cli *cli, struct compare_state *compare, uint32_t i,
			    struct ksm_error *err)
{
	ksm_auto_str struct ksm_str text = {0};
	struct ksm_input *input ksm_auto_input = NULL;
	const struct ksm_fingerprint_format *format = NULL;
	struct ksm_fingerprint *fingerprint = &compare->fingerprint[i];
	const char *path = compare->input[i].file;
	const unsigned char *front;
	size_t len;
	int ret = ksm_input_open(path, 0, &input, err);

	if (ret)
		return name_file(path, ret, err);
	if (!ksm_input_peek(input, &front, &len, err))
		format = ksm_fingerprint_format_of_front(front, len);
	if (!format) {
		if (ksm_input_is_pipe(input))
			compare->pipe[i] = ksm_no_free(input);
		return 0;
	}
	ret = read_all(input, &text, err);
	if (ret)
		return name_file(path, ret, err);
	ret = format->parse(text.data, text.len, fingerprint, err);
	if (ret) {
		ksm_error_prefix(err, "\"%.80s\" ", path);
		ksm_error_name_path(err, path);
		return ret;
	}
	if (fingerprint->is_incomplete)
		ksm_cli_warn(cli, "\"%.80s\" is of memory that could not all be read", path);
	/* Dumps and processes beside it are sampled alike. */
	if (!compare->request.sample)
		compare->request.sample = fingerprint->sample;
	return 0;
}

static int take_fingerprint(const struct ksm_cli *cli, struct compare_state *compare, uint32_t i,
			    struct ksm_error *err)
{
	struct ksm_compare_input *input = &compare->input[i];
	const struct ksm_process_source_options live = {KSM_PAGES_ELIGIBLE, .skip_vanished = false};
	struct ksm_page_source *source ksm_auto_source = NULL;
	int ret;

	compare->request.dump.opened = &compare->pipe[i];
	ret = input->file
		      ? ksm_dump_source_open(&input->file, 1, &compare->request.dump, &source, err)
		      : ksm_process_source_open(&cli->root, &input->pid, 1, &live, &source, err);
	return ret
		       ?: ksm_fingerprint_take_source(cli, &compare->request, source,
						      &compare->fingerprint[i], err);
}

/*
 * The others are compared without it, unless it is no fault of its own, or all are needed: where an unknown guest
 * belongs nobody can tell.
 */
static int leave_out(const struct ksm_cli *cli, const struct compare_state *compare,
		     struct ksm_compare_input *input, const struct ksm_error *err)
{
	if (compare->place.n_hosts || err->code == KSM_ERR_INVALID || err->errnum == ENOMEM)
		return ksm_cli_fail_of(cli, input->file, err);
	input->error = *err;
	return KSM_EXIT_OK;
}

/* Says which were left out; a failure if that is all. What is to be alike of those read is so of those left out. */
static int tell_of_inputs(const struct ksm_cli *cli, struct compare_state *compare)
{
	const struct ksm_fingerprint *terms = NULL;
	struct ksm_error none = compare->input[0].error;

	for (uint32_t i = 0; i < compare->n; i++) {
		const struct ksm_error *error = &compare->input[i].error;

		if (error->code)
			ksm_cli_warn(cli, "%s", error->text);
		else if (!terms)
			terms = &compare->fingerprint[i];
		if (error->code != none.code)
			none.code = KSM_ERR_SYSTEM;
	}
	if (!terms) {
		ksm_error_set(&none, none.code, none.errnum, "none of %" PRIu32 " could be read",
			      compare->n);
		return ksm_cli_fail_of(cli, compare->input[0].file, &none);
	}
	for (uint32_t i = 0; i < compare->n; i++) {
		if (!compare->input[i].error.code)
			continue;
		compare->fingerprint[i] = (struct ksm_fingerprint){.page_size = terms->page_size,
								   .sample = terms->sample,
								   .key_id = terms->key_id,
								   .is_incomplete = true};
	}
	return KSM_EXIT_OK;
}

static int take_inputs(const struct ksm_cli *cli, struct compare_state *compare, char **argv)
{
	struct ksm_error err;
	int status = KSM_EXIT_OK;

	for (uint32_t i = 0; i < compare->n && !status; i++) {
		struct ksm_compare_input *input = &compare->input[i];

		if (ksm_cli_is_number(argv[i])) {
			status = ksm_cli_parse_pid(cli, argv[i], &input->pid);
			continue;
		}
		input->file = argv[i];
		if (read_fingerprint(cli, compare, i, &err))
			status = leave_out(cli, compare, input, &err);
	}
	for (uint32_t i = 0; i < compare->n && !status; i++)
		if (!compare->fingerprint[i].name && !compare->input[i].error.code &&
		    take_fingerprint(cli, compare, i, &err))
			status = leave_out(cli, compare, &compare->input[i], &err);
	return status ? status : tell_of_inputs(cli, compare);
}

/* ---------------------------------------------------------------- printing */

static int put_label(struct ksm_table *table, size_t column, const struct compare_state *compare,
		     uint32_t input)
{
	char label[KSM_INPUT_LABEL_MAX];

	ksm_compare_input_label(&compare->input[input], input, label);
	return ksm_table_text(table, column, label);
}

static int put_pair(struct ksm_table *table, const struct compare_state *compare,
		    const struct ksm_compare_pair *pair, uint32_t page_size)
{
	return ksm_table_row(table) ?: put_label(table, COL_A, compare, pair->a)
		?: put_label(table, COL_B, compare, pair->b)
		?: ksm_table_number(table, COL_SHARED, llround(pair->shared_contents.value))
		?: ksm_table_number(table, COL_LOW, llround(pair->shared_contents.low))
		?: ksm_table_number(table, COL_HIGH, llround(pair->shared_contents.high))
		?: ksm_table_number(table, COL_PAGES, llround(pair->shared_pages))
		?: ksm_table_number(table, COL_SIZE, llround(pair->shared_pages * page_size));
}

static int print_pairs(const struct ksm_cli *cli, const struct compare_state *state,
		       const struct ksm_compare *compare)
{
	struct ksm_table *table;
	struct ksm_error err;
	int ret = 0;

	if (ksm_table_new(compare_columns, &state->table, &table, &err))
		return ksm_cli_fail(cli, &err);
	for (size_t i = 0; i < compare->n_pairs && !ret; i++)
		ret = put_pair(table, state, &compare->pair[i], compare->page_size);
	if (!ret && compare->n_pairs)
		ret = ksm_table_print(table);
	ksm_table_free(&table);
	return ret ? ksm_cli_no_memory(cli) : KSM_EXIT_OK;
}

static bool is_one_left_out(const struct compare_state *state)
{
	for (uint32_t i = 0; i < state->n; i++)
		if (state->input[i].error.code)
			return true;
	return false;
}

static void print_union(const struct compare_state *state, const struct ksm_compare *compare)
{
	char size[KSM_UNITS_MAX], free[KSM_UNITS_MAX];

	ksm_format_bytes((int64_t)(compare->pages * compare->page_size), size);
	ksm_format_bytes(llround(compare->redundant_pages * compare->page_size), free);
	printf("together %" PRIu64 " pages (%s) of %.0f contents", compare->pages, size,
	       compare->distinct.value);
	if (compare->sample > 1)
		printf(" (%.0f to %.0f, 95 times in 100)", compare->distinct.low,
		       compare->distinct.high);
	printf("\non one host, %s of it would be further copies, which is what merging can free at "
	       "most\n",
	       free);
	if (compare->n_pairs || state->place.n_hosts)
		putchar('\n');
	else
		printf("%sno two%s have a content in common\n",
		       compare->sample > 1 ? "of what is sampled " : "",
		       is_one_left_out(state) ? " of those that could be read" : "");
}

static int print_text(const struct ksm_cli *cli, const struct compare_state *state,
		      const struct ksm_compare *compare)
{
	if (!state->table.columns && !state->table.no_headings)
		print_union(state, compare);
	if (state->place.n_hosts)
		return ksm_place_print(cli, &state->place, state->input, state->fingerprint,
				       state->n, &state->table);
	return print_pairs(cli, state, compare);
}

static int print(const struct ksm_cli *cli, const struct compare_state *state,
		 const struct ksm_compare *compare)
{
	if (cli->json)
		return ksm_cli_print_json(cli, ksm_report_compare(compare, state->input,
								  state->fingerprint, state->n,
								  &state->place));
	return print_text(cli, state, compare);
}

static int compare_run(struct ksm_cli *cli, void *data, int argc, char **argv)
{
	struct compare_state *state = data;
	struct ksm_compare compare = {0};
	struct ksm_error err;
	int status;

	if (state->place.n_hosts && (state->table.columns || state->table.all_columns))
		return ksm_cli_usage(cli, "-o chooses columns of pairs: --place has its own");
	if (argc < 2)
		return ksm_cli_usage(cli, "give two or more fingerprints, dumps or processes");
	if (ksm_table_check(compare_columns, &state->table, &err))
		return ksm_cli_fail(cli, &err);
	state->fingerprint = calloc((size_t)argc, sizeof(*state->fingerprint));
	state->input = calloc((size_t)argc, sizeof(*state->input));
	state->pipe = calloc((size_t)argc, sizeof(*state->pipe));
	if (!state->fingerprint || !state->input || !state->pipe)
		return ksm_cli_no_memory(cli);
	state->n = (uint32_t)argc;
	status = ksm_fingerprint_prepare(cli, &state->request);
	if (!status)
		status = ksm_cli_confine_for(cli, argc, argv, NULL);
	if (!status)
		status = take_inputs(cli, state, argv);
	if (status)
		return status;
	if (ksm_compare_run(state->fingerprint, state->n, &compare, &err))
		return ksm_cli_fail(cli, &err);
	if (state->place.n_hosts)
		status = ksm_place_run(cli, state->fingerprint, state->n, &state->place);
	if (!status)
		status = print(cli, state, &compare);
	ksm_compare_release(&compare);
	for (uint32_t i = 0; i < state->n && !status; i++)
		if (state->fingerprint[i].is_incomplete)
			status = KSM_EXIT_PARTIAL;
	return status;
}

static void compare_release(void *data)
{
	struct compare_state *state = data;

	for (uint32_t i = 0; i < state->n; i++) {
		ksm_fingerprint_release(&state->fingerprint[i]);
		ksm_input_close(&state->pipe[i]);
	}
	ksm_place_release(&state->place);
	free(state->fingerprint);
	free(state->input);
	free(state->pipe);
}

const struct ksm_verb ksm_verb_compare = {
	.name = "compare",
	.arguments = "PID|FILE...",
	.summary = "what fingerprints, dumps and processes have in common",
	.options = compare_options,
	.columns = compare_columns,
	.flags = KSM_VERB_FILES,
	.state_size = sizeof(struct compare_state),
	.option = compare_option,
	.run = compare_run,
	.release = compare_release,
};
