/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/fingerprint_parquet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/fingerprint_facts.h"
#include "fleet/parquet.h"

#define PREFIX	"ksmctl."
#define VERSION "1"

/* Facts that are texts, behind those that are numbers. */
enum { FACT_VERSION = KSM_N_FACTS, FACT_DIGEST, FACT_NAME, N_FACTS };

enum { HOST, DIGEST, COPIES, FLAGS, N_COLUMNS };

static const struct ksm_parquet_column columns[N_COLUMNS] = {[HOST] = {"host", 4},
							     [DIGEST] = {"digest", 8},
							     [COPIES] = {"copies", 4},
							     [FLAGS] = {"flags", 4}};

/* Behind PREFIX. */
static const char *fact_name(int fact)
{
	switch (fact) {
	case FACT_VERSION:
		return "version";
	case FACT_DIGEST:
		return "digest";
	case FACT_NAME:
		return "name";
	default:
		return ksm_fact_name((enum ksm_fingerprint_fact)fact);
	}
}

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

struct printed {
	char name[32];
	struct ksm_str text;
};

static int print_facts(const struct ksm_fingerprint *fingerprint, struct printed printed[N_FACTS],
		       struct ksm_parquet_fact fact[N_FACTS])
{
	int err = ksm_str_printf(&printed[FACT_VERSION].text, VERSION)
			  ?: ksm_str_printf(&printed[FACT_DIGEST].text, KSM_DIGEST_NAME)
			  ?: ksm_str_escape(&printed[FACT_NAME].text, fingerprint->name,
					    strlen(fingerprint->name));

	for (int i = 0; i < KSM_N_FACTS && !err; i++)
		err = ksm_fact_print(fingerprint, i, &printed[i].text);
	for (int i = 0; i < N_FACTS; i++) {
		const struct ksm_str *text = &printed[i].text;

		snprintf(printed[i].name, sizeof(printed[i].name), PREFIX "%s", fact_name(i));
		fact[i] = (struct ksm_parquet_fact){printed[i].name, text->data ? text->data : "",
						    text->len};
	}
	return err;
}

int ksm_fingerprint_print_parquet(const struct ksm_fingerprint *fingerprint,
				  struct ksm_str *ret_file)
{
	struct printed printed[N_FACTS] = {0};
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
	int err = print_facts(fingerprint, printed, fact) ?: ksm_parquet_print(&table, ret_file);

	for (int i = 0; i < N_FACTS; i++)
		ksm_str_free(&printed[i].text);
	return err;
}

/* ---------------------------------------------------------------- parsing */

struct parsing {
	struct ksm_fingerprint fingerprint;
	size_t capacity;
	unsigned int facts; /* a bit for each that was seen */
};

static bool has_facts(const struct parsing *p)
{
	for (int i = 0; i < N_FACTS; i++)
		if (!(p->facts & 1u << i) && !(i < KSM_N_FACTS && ksm_fact_may_lack(i)))
			return false;
	return true;
}

static bool is(const struct ksm_parquet_fact *fact, const char *text)
{
	return fact->len == strlen(text) && memcmp(fact->text, text, fact->len) == 0;
}

/* As in struct ksm_parquet_see. Facts that others added are no matter. */
static int see_fact(void *data, const struct ksm_parquet_fact *fact)
{
	struct parsing *p = data;
	int i = 0;

	if (strncmp(fact->name, PREFIX, strlen(PREFIX)) != 0)
		return 0;
	while (i < N_FACTS && strcmp(fact->name + strlen(PREFIX), fact_name(i)) != 0)
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
	return ksm_fact_parse_name(&p->fingerprint, fact->text, fact->len);
}

static int see_rows(void *data, uint32_t n, const void *const values[])
{
	struct parsing *p = data;
	const uint64_t *digest = values[DIGEST];
	const uint32_t *host = values[HOST], *copies = values[COPIES], *flags = values[FLAGS];
	int ret = has_facts(p) ? 0 : -EBADMSG;

	for (uint32_t i = 0; i < n && !ret; i++) {
		const struct ksm_fingerprint_row row = {digest[i], copies[i], flags[i]};

		ret = host[i] == p->fingerprint.host
			      ? ksm_fingerprint_add(&p->fingerprint, &p->capacity, &row)
			      : -EBADMSG;
	}
	return ret;
}

int ksm_fingerprint_parse_parquet(const char *file, size_t len,
				  struct ksm_fingerprint *ret_fingerprint, struct ksm_error *err)
{
	struct parsing p = {0};
	const struct ksm_parquet_see see = {see_fact, see_rows, &p};
	int ret = ksm_parquet_parse(file, len, columns, N_COLUMNS, &see, err);

	if (!ret && !has_facts(&p))
		ret = ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				    "is Parquet, but no fingerprint of this version");
	if (!ret)
		ret = ksm_fingerprint_check(&p.fingerprint, err);
	if (ret)
		ksm_fingerprint_release(&p.fingerprint);
	else
		*ret_fingerprint = p.fingerprint;
	return ret;
}
