/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/compare_place.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/units.h"

enum { COL_HOST, COL_GUEST, COL_GIVEN, COL_PAGES, COL_SIZE };

static const struct ksm_column columns[] = {
	[COL_HOST] = {"HOST", "where it belongs, from 1", true, KSM_COL_NUMBER},
	[COL_GUEST] = {"INPUT", "which", true, KSM_COL_TEXT},
	[COL_GIVEN] = {"GIVEN", "the number of the host in its fingerprint", true, KSM_COL_NUMBER},
	[COL_PAGES] = {"CONTENTS", "different pages that it has", true, KSM_COL_NUMBER},
	[COL_SIZE] = {"SIZE", "of these", true, KSM_COL_BYTES},
	{NULL, NULL, false, KSM_COL_TEXT},
};

void ksm_compare_input_label(const struct ksm_compare_input *input, uint32_t i,
			     char label[KSM_INPUT_LABEL_MAX])
{
	if (input->file)
		snprintf(label, KSM_INPUT_LABEL_MAX, "%u %.*s", i + 1,
			 (int)ksm_utf8_cut(input->file, 60), input->file);
	else
		snprintf(label, KSM_INPUT_LABEL_MAX, "%u %d", i + 1, input->pid);
}

int ksm_place_option(const struct ksm_cli *cli, const char *value,
		     struct ksm_place_request *ret_request)
{
	const char *colon = strchr(value, ':');
	char hosts[16] = "";
	uint64_t n, bytes;

	if (colon && (size_t)(colon - value) < sizeof(hosts))
		memcpy(hosts, value, (size_t)(colon - value));
	if (!colon || ksm_parse_u64(hosts, KSM_PLACE_HOSTS_MAX, &n) || !n ||
	    ksm_parse_bytes(colon + 1, INT64_MAX, &bytes))
		return ksm_cli_usage(cli,
				     "--place takes a number of hosts from 1 to %d and the memory "
				     "of each, as 4:64G, not \"%s\"",
				     KSM_PLACE_HOSTS_MAX, value);
	*ret_request = (struct ksm_place_request){.n_hosts = (uint32_t)n, .host_bytes = bytes};
	return KSM_EXIT_OK;
}

int ksm_place_run(const struct ksm_cli *cli, const struct ksm_fingerprint *fingerprint, uint32_t n,
		  struct ksm_place_request *request)
{
	struct ksm_placer *placer ksm_auto_placer = NULL;
	struct ksm_error err;

	if (ksm_placer_new(fingerprint, n, &placer, &err) ||
	    ksm_place_greedily(placer, request->n_hosts,
			       request->host_bytes / fingerprint->page_size, &request->placed,
			       &err) ||
	    ksm_place_as_given(placer, &request->given, &err))
		return ksm_cli_fail(cli, &err);
	return KSM_EXIT_OK;
}

void ksm_place_release(struct ksm_place_request *request)
{
	ksm_placement_release(&request->placed);
	ksm_placement_release(&request->given);
}

/* ---------------------------------------------------------------- printing */

static void format_pages(double pages, uint32_t page_size, char buf[KSM_UNITS_MAX])
{
	ksm_format_bytes(llround(pages * page_size), buf);
}

/* What these placed as given need, beside what they need now. */
static void print_saving(const struct ksm_place_request *request, double apart, uint32_t page_size)
{
	double now = request->placed.pages;
	bool has_given = ksm_place_has_given(request);
	double before = has_given ? request->given.pages : apart;
	char saved[KSM_UNITS_MAX], text[KSM_UNITS_MAX];

	format_pages(before, page_size, text);
	format_pages(fabs(before - now), page_size, saved);
	printf("%s they take %s: this %s %s\n",
	       has_given ? "as the fingerprints name their hosts," : "each merged by itself alone,",
	       text, before < now ? "takes more by" : "saves", saved);
}

static void print_sums(const struct ksm_place_request *request,
		       const struct ksm_fingerprint *fingerprint, uint32_t n)
{
	const struct ksm_placement *placed = &request->placed;
	uint32_t page_size = fingerprint->page_size, used = 0;
	char pages[KSM_UNITS_MAX], size[KSM_UNITS_MAX];
	double apart = 0;

	for (uint32_t i = 0; i < n; i++)
		apart += (double)fingerprint[i].distinct;
	for (uint32_t host = 0; host < placed->n_hosts; host++)
		used += placed->host_pages[host] > 0;
	format_pages(placed->pages, page_size, pages);
	ksm_format_bytes((int64_t)request->host_bytes, size);
	if (placed->n_nowhere)
		printf("%u of %u fit on no host\n", placed->n_nowhere, n);
	printf("%u on %u of %u hosts of %s take %s, merged\n", n - placed->n_nowhere, used,
	       placed->n_hosts, size, pages);
	if (!placed->n_nowhere)
		print_saving(request, apart, page_size);
	for (uint32_t host = 0; host < placed->n_hosts && used > 1; host++) {
		if (!(placed->host_pages[host] > 0))
			continue;
		format_pages(placed->host_pages[host], page_size, pages);
		printf("host %u: %s\n", host + 1, pages);
	}
	putchar('\n');
}

static int put_guest(struct ksm_table *table, const struct ksm_place_request *request,
		     const struct ksm_compare_input *input,
		     const struct ksm_fingerprint *fingerprint, uint32_t i)
{
	uint32_t host = request->placed.host[i];
	char label[KSM_INPUT_LABEL_MAX];

	ksm_compare_input_label(&input[i], i, label);
	return ksm_table_row(table)
		?: (host == KSM_PLACE_NOWHERE ? 0 : ksm_table_number(table, COL_HOST, host + 1))
		?: ksm_table_text(table, COL_GUEST, label)
		?: ksm_table_number(table, COL_GIVEN, fingerprint[i].host)
		?: ksm_table_number(table, COL_PAGES, (int64_t)fingerprint[i].distinct)
		?: ksm_table_number(table, COL_SIZE,
				    (int64_t)(fingerprint[i].distinct * fingerprint[i].page_size));
}

/* Host by host; what fits on none comes last. */
static int put_guests(struct ksm_table *table, const struct ksm_place_request *request,
		      const struct ksm_compare_input *input,
		      const struct ksm_fingerprint *fingerprint, uint32_t n)
{
	uint32_t n_hosts = request->placed.n_hosts;
	int ret = 0;

	for (uint32_t host = 0; host <= n_hosts; host++)
		for (uint32_t i = 0; i < n && !ret; i++)
			if (request->placed.host[i] == (host < n_hosts ? host : KSM_PLACE_NOWHERE))
				ret = put_guest(table, request, input, fingerprint, i);
	return ret;
}

int ksm_place_print(const struct ksm_cli *cli, const struct ksm_place_request *request,
		    const struct ksm_compare_input *input,
		    const struct ksm_fingerprint *fingerprint, uint32_t n,
		    const struct ksm_table_options *options)
{
	struct ksm_table *table;
	struct ksm_error err;
	int ret;

	if (ksm_table_new(columns, options, &table, &err))
		return ksm_cli_fail(cli, &err);
	if (!options->no_headings)
		print_sums(request, fingerprint, n);
	ret = put_guests(table, request, input, fingerprint, n) ?: ksm_table_print(table);
	ksm_table_free(&table);
	return ret ? ksm_cli_no_memory(cli) : KSM_EXIT_OK;
}
