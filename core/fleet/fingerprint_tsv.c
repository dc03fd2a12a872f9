/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/fingerprint_tsv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fleet/fingerprint_facts.h"

#define MAGIC	"# ksmctl fingerprint 1\n"
#define DIGEST	"# digest " KSM_DIGEST_NAME "\n"
#define NAME	"# name "
#define COLUMNS "host\tdigest\tcopies\tflags\n"

bool ksm_fingerprint_is_tsv(const void *front, size_t len)
{
	return len >= strlen(MAGIC) && memcmp(front, MAGIC, strlen(MAGIC)) == 0;
}

/* ---------------------------------------------------------------- printing */

static int print_head(const struct ksm_fingerprint *fingerprint, struct ksm_str *text)
{
	ksm_auto_str struct ksm_str name = {0};
	int err = ksm_str_escape(&name, fingerprint->name, strlen(fingerprint->name))
			  ?: ksm_str_printf(text, MAGIC DIGEST);

	for (int fact = 0; fact < KSM_N_FACTS && !err; fact++)
		err = ksm_str_printf(text, "# %s ", ksm_fact_name(fact))
			?: ksm_fact_print(fingerprint, fact, text) ?: ksm_str_append(text, "\n", 1);
	return err ?: ksm_str_printf(text, NAME "%s\n" COLUMNS, name.data ? name.data : "");
}

int ksm_fingerprint_print_tsv(const struct ksm_fingerprint *fingerprint, struct ksm_str *ret_text)
{
	int err = print_head(fingerprint, ret_text);

	for (size_t i = 0; i < fingerprint->n && !err; i++)
		err = ksm_str_printf(ret_text,
				     "%" PRIu32 "\t%" PRId64 "\t%" PRIu32 "\t%" PRIu32 "\n",
				     fingerprint->host, (int64_t)fingerprint->row[i].digest,
				     fingerprint->row[i].copies, fingerprint->row[i].flags);
	return err;
}

/* ---------------------------------------------------------------- parsing */

struct parser {
	const char *at;
	const char *end;
	uint64_t line;
};

static bool take(struct parser *parser, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(parser->end - parser->at) < len || memcmp(parser->at, word, len) != 0)
		return false;
	parser->at += len;
	return true;
}

/* To the end of the line, without that. */
static bool take_line(struct parser *parser, const char **ret_text, size_t *ret_len)
{
	const char *end = memchr(parser->at, '\n', (size_t)(parser->end - parser->at));

	if (!end || memchr(parser->at, '\0', (size_t)(end - parser->at)))
		return false;
	*ret_text = parser->at;
	*ret_len = (size_t)(end - parser->at);
	parser->at = end + 1;
	return true;
}

static bool take_fact(struct parser *parser, enum ksm_fingerprint_fact fact,
		      struct ksm_fingerprint *fingerprint)
{
	const struct parser before = *parser;
	const char *text;
	size_t len;

	parser->line++;
	if (!take(parser, "# ") || !take(parser, ksm_fact_name(fact)) || !take(parser, " ")) {
		*parser = ksm_fact_may_lack(fact) ? before : *parser;
		return ksm_fact_may_lack(fact);
	}
	return take_line(parser, &text, &len) && ksm_fact_parse(fingerprint, fact, text, len);
}

static bool take_head(struct parser *parser, struct ksm_fingerprint *fingerprint)
{
	const char *name;
	size_t len;

	parser->line = 2;
	if (!take(parser, MAGIC) || !take(parser, DIGEST))
		return false;
	for (int fact = 0; fact < KSM_N_FACTS; fact++)
		if (!take_fact(parser, fact, fingerprint))
			return false;
	parser->line++;
	if (!take(parser, NAME) || !take_line(parser, &name, &len))
		return false;
	if (ksm_fact_parse_name(fingerprint, name, len))
		return true;
	parser->line++;
	return take(parser, COLUMNS);
}

static bool take_number(struct parser *parser, uint64_t max, uint64_t *ret_value)
{
	return ksm_take_u64(&parser->at, parser->end, 10, max, ret_value) == 0;
}

static bool take_row(struct parser *parser, uint32_t host, struct ksm_fingerprint_row *row)
{
	uint64_t row_host, digest, copies, flags;
	bool is_negative;

	if (!take_number(parser, INT32_MAX, &row_host) || row_host != host || !take(parser, "\t"))
		return false;
	is_negative = take(parser, "-");
	if (!take_number(parser, (uint64_t)INT64_MAX + is_negative, &digest) ||
	    !take(parser, "\t") || !take_number(parser, KSM_FINGERPRINT_COPIES_MAX, &copies) ||
	    !take(parser, "\t") || !take_number(parser, INT32_MAX, &flags) || !take(parser, "\n"))
		return false;
	*row = (struct ksm_fingerprint_row){is_negative ? -digest : digest, (uint32_t)copies,
					    (uint32_t)flags};
	return true;
}

static int take_rows(struct parser *parser, struct ksm_fingerprint *fingerprint)
{
	size_t capacity = 0;
	int ret = 0;

	while (parser->at < parser->end && !ret) {
		struct ksm_fingerprint_row row;

		parser->line++;
		ret = take_row(parser, fingerprint->host, &row)
			      ? ksm_fingerprint_add(fingerprint, &capacity, &row)
			      : -EBADMSG;
	}
	return ret;
}

int ksm_fingerprint_parse_tsv(const char *text, size_t len, struct ksm_fingerprint *ret_fingerprint,
			      struct ksm_error *err)
{
	struct ksm_fingerprint fingerprint = {0};
	struct parser parser = {text, text + len, 0};
	int ret = take_head(&parser, &fingerprint) ? 0 : -EBADMSG;

	if (!ret)
		ret = fingerprint.name ? take_rows(&parser, &fingerprint) : -ENOMEM;
	if (ret == -ENOMEM)
		ksm_error_no_memory(err);
	else if (ret)
		ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
			      "is no fingerprint of this version, or damaged, in line %" PRIu64,
			      parser.line);
	else
		ret = ksm_fingerprint_check(&fingerprint, err);
	if (ret)
		ksm_fingerprint_release(&fingerprint);
	else
		*ret_fingerprint = fingerprint;
	return ret;
}
