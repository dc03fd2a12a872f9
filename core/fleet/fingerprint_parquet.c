/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/fingerprint_parquet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "fleet/fingerprint_facts.h"
#include "fleet/parquet.h"

#define PREFIX	"ksmctl."
#define VERSION "1"

/* Facts that are texts, behind those that are numbers. */
enum { FACT_VERSION = KSM_N_FACTS, FACT_DIGEST, FACT_NAME, N_FACTS };
#define ALL_FACTS ((1u << N_FACTS) - 1)

enum { HOST, DIGEST, COPIES, FLAGS, N_COLUMNS };

static const struct ksm_parquet_column columns[N_COLUMNS] = {[HOST] = {"host", 4},
							     [DIGEST] = {"digest", 8},
							     [COPIES] = {"copies", 4},
							     [FLAGS] = {"flags", 4}};

static const char *const fact_names[N_FACTS] = {
	[KSM_FACT_KEY] = PREFIX "key",	     [KSM_FACT_PAGE_SIZE] = PREFIX "page_size",
	[KSM_FACT_SAMPLE] = PREFIX "sample", [KSM_FACT_HOST] = PREFIX "host",
	[KSM_FACT_PAGES] = PREFIX "pages",   [KSM_FACT_DISTINCT] = PREFIX "distinct",
	[FACT_VERSION] = PREFIX "version",   [FACT_DIGEST] = PREFIX "digest",
	[FACT_NAME] = PREFIX "name",
};

/* ---------------------------------------------------------------- printing */

static void give(void *data, uint32_t column, uint64_t first, uint32_t n, void *ret_values)
{
	const struct ksm_fingerprint *fingerprint = data;
	const struct ksm_fingerprint_row *row = fingerprint->row + first;
	uint32_t *narrow = ret_values;
	uint64_t *wide = ret_values;

	for (uint32_t i = 0; i < n; i++)
		if (column == DIGEST)
			wide[i] = row[i].digest;
		else
			narrow[i] = column == HOST     ? fingerprint->host
				    : column == COPIES ? row[i].copies
						       : row[i].flags;
}

static int print_facts(const struct ksm_fingerprint *fingerprint, struct ksm_str text[N_FACTS],
		       struct ksm_parquet_fact fact[N_FACTS])
{
	int err = ksm_str_printf(&text[FACT_VERSION], VERSION)
			  ?: ksm_str_printf(&text[FACT_DIGEST], KSM_DIGEST_NAME)
			  ?: ksm_str_escape(&text[FACT_NAME], fingerprint->name,
					    strlen(fingerprint->name));

	for (int i = 0; i < KSM_N_FACTS && !err; i++)
		err = ksm_fact_print(fingerprint, i, &text[i]);
	for (int i = 0; i < N_FACTS; i++)
		fact[i] = (struct ksm_parquet_fact){fact_names[i], text[i].data ? text[i].data : "",
						    text[i].len};
	return err;
}

int ksm_fingerprint_print_parquet(const struct ksm_fingerprint *fingerprint,
				  struct ksm_str *ret_file)
{
	struct ksm_str text[N_FACTS] = {0};
	struct ksm_parquet_fact fact[N_FACTS];
	const struct ksm_parquet_table table = {
		.column = columns,
		.n_columns = N_COLUMNS,
		.fact = fact,
		.n_facts = N_FACTS,
		.n_rows = fingerprint->n,
		.give = give,
		.data = (void *)(uintptr_t)fingerprint,
	};
	int err = print_facts(fingerprint, text, fact) ?: ksm_parquet_print(&table, ret_file);

	for (int i = 0; i < N_FACTS; i++)
		ksm_str_free(&text[i]);
	return err;
}

/* ---------------------------------------------------------------- parsing */

struct parsing {
	struct ksm_fingerprint fingerprint;
	size_t capacity;
	unsigned int facts; /* a bit for each that was seen */
};

static bool is(const struct ksm_parquet_fact *fact, const char *text)
{
	return fact->len == strlen(text) && memcmp(fact->text, text, fact->len) == 0;
}

/* As in struct ksm_parquet_see. Facts that others added are no matter. */
static int see_fact(void *data, const struct ksm_parquet_fact *fact)
{
	struct parsing *p = data;
	int i = 0;

	while (i < N_FACTS && strcmp(fact->name, fact_names[i]) != 0)
		i++;
	if (i == N_FACTS)
		return 0;
	if (p->facts & 1u << i)
		return -EBADMSG;
	p->facts |= 1u << i;
	if (i == FACT_VERSION)
		return is(fact, VERSION) ? 0 : -EBADMSG;
	if (i == FACT_DIGEST)
		return is(fact, KSM_DIGEST_NAME) ? 0 : -EBADMSG;
	if (i != FACT_NAME)
		return ksm_fact_parse(&p->fingerprint, i, fact->text, fact->len) ? 0 : -EBADMSG;
	if (memchr(fact->text, '\0', fact->len))
		return -EBADMSG;
	p->fingerprint.name = strndup(fact->text, fact->len);
	return p->fingerprint.name ? 0 : -ENOMEM;
}

static int see_rows(void *data, uint32_t n, const void *const values[])
{
	struct parsing *p = data;
	struct ksm_fingerprint *fingerprint = &p->fingerprint;
	const uint64_t *digest = values[DIGEST];
	const uint32_t *copies = values[COPIES], *flags = values[FLAGS];

	if (p->facts != ALL_FACTS)
		return -EBADMSG;
	for (uint32_t i = 0; i < n; i++) {
		const struct ksm_fingerprint_row row = {digest[i], copies[i], flags[i]};

		if (!ksm_fingerprint_may_add(fingerprint, &row))
			return -EBADMSG;
		if (ksm_array_reserve(&fingerprint->row, &p->capacity, fingerprint->n + 1,
				      sizeof(row)))
			return -ENOMEM;
		fingerprint->row[fingerprint->n++] = row;
	}
	return 0;
}

int ksm_fingerprint_parse_parquet(const char *file, size_t len,
				  struct ksm_fingerprint *ret_fingerprint, struct ksm_error *err)
{
	struct parsing p = {0};
	const struct ksm_parquet_see see = {see_fact, see_rows, &p};
	int ret = ksm_parquet_parse(file, len, columns, N_COLUMNS, &see, err);

	if (!ret && p.facts != ALL_FACTS)
		ret = ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				    "is Parquet, but no fingerprint of this version");
	if (ret)
		ksm_fingerprint_release(&p.fingerprint);
	else
		*ret_fingerprint = p.fingerprint;
	return ret;
}
