/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/fingerprint_tsv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

#define MAGIC "# ksmctl fingerprint 1\n"
#define NAMES "host\tdigest\tcopies\tflags\n"

bool ksm_fingerprint_is_tsv(const void *front, size_t len)
{
	return len >= strlen(MAGIC) && memcmp(front, MAGIC, strlen(MAGIC)) == 0;
}

/* ---------------------------------------------------------------- printing */

static int print_head(const struct ksm_fingerprint *fingerprint, struct ksm_str *text)
{
	ksm_auto_str struct ksm_str name = {0};

	if (ksm_str_escape(&name, fingerprint->name, strlen(fingerprint->name)))
		return -ENOMEM;
	return ksm_str_printf(
		text,
		MAGIC "# digest " KSM_DIGEST_NAME "\n# key %016" PRIx64 "\n# page_size %" PRIu32
		      "\n# sample %" PRIu32 "\n# host %" PRIu32 "\n# pages %" PRIu64
		      "\n# distinct %" PRIu64 "\n# name %s\n" NAMES,
		fingerprint->key_id, fingerprint->page_size, fingerprint->sample, fingerprint->host,
		fingerprint->pages, fingerprint->distinct, name.data ? name.data : "");
}

int ksm_fingerprint_print(const struct ksm_fingerprint *fingerprint, struct ksm_str *ret_text)
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

/* Digits of @base up to @max, at least one. */
static bool take_number(struct parser *parser, unsigned int base, uint64_t max, uint64_t *ret_value)
{
	static const char digits[] = "0123456789abcdef";
	const char *begin = parser->at, *digit;
	uint64_t value = 0;

	for (; parser->at < parser->end && *parser->at; parser->at++) {
		digit = memchr(digits, *parser->at, base);
		if (!digit)
			break;
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(digit - digits), &value))
			return false;
	}
	*ret_value = value;
	return parser->at > begin && value <= max;
}

static bool take_fact(struct parser *parser, const char *name, unsigned int base, uint64_t max,
		      uint64_t *ret_value)
{
	parser->line++;
	return take(parser, name) && take_number(parser, base, max, ret_value) &&
	       take(parser, "\n");
}

static bool take_name(struct parser *parser, char **ret_name)
{
	const char *end;

	parser->line++;
	if (!take(parser, "# name "))
		return false;
	end = memchr(parser->at, '\n', (size_t)(parser->end - parser->at));
	if (!end || memchr(parser->at, '\0', (size_t)(end - parser->at)))
		return false;
	*ret_name = strndup(parser->at, (size_t)(end - parser->at));
	parser->at = end + 1;
	return true;
}

static bool take_head(struct parser *parser, struct ksm_fingerprint *fingerprint)
{
	uint64_t page_size, sample, host;

	parser->line = 2;
	if (!take(parser, MAGIC) || !take(parser, "# digest " KSM_DIGEST_NAME "\n") ||
	    !take_fact(parser, "# key ", 16, UINT64_MAX, &fingerprint->key_id) ||
	    !take_fact(parser, "# page_size ", 10, KSM_BATCH_BYTES, &page_size) || !page_size ||
	    !take_fact(parser, "# sample ", 10, UINT32_MAX, &sample) || !sample ||
	    !take_fact(parser, "# host ", 10, INT32_MAX, &host) ||
	    !take_fact(parser, "# pages ", 10, INT64_MAX, &fingerprint->pages) ||
	    !take_fact(parser, "# distinct ", 10, INT64_MAX, &fingerprint->distinct) ||
	    !take_name(parser, &fingerprint->name))
		return false;
	fingerprint->page_size = (uint32_t)page_size;
	fingerprint->sample = (uint32_t)sample;
	fingerprint->host = (uint32_t)host;
	parser->line++;
	return take(parser, NAMES);
}

static bool take_row(struct parser *parser, struct ksm_fingerprint_row *row)
{
	uint64_t host, digest, copies, flags;
	bool is_negative;

	if (!take_number(parser, 10, INT32_MAX, &host) || !take(parser, "\t"))
		return false;
	is_negative = take(parser, "-");
	if (!take_number(parser, 10, (uint64_t)INT64_MAX + is_negative, &digest) ||
	    !take(parser, "\t") || !take_number(parser, 10, UINT32_MAX, &copies) || !copies ||
	    !take(parser, "\t") || !take_number(parser, 10, UINT32_MAX, &flags) ||
	    !take(parser, "\n"))
		return false;
	*row = (struct ksm_fingerprint_row){is_negative ? -digest : digest, (uint32_t)copies,
					    (uint32_t)flags};
	return true;
}

static int take_rows(struct parser *parser, struct ksm_fingerprint *fingerprint)
{
	size_t capacity = 0;

	while (parser->at < parser->end) {
		struct ksm_fingerprint_row row, *last;

		parser->line++;
		if (!take_row(parser, &row))
			return -EBADMSG;
		last = fingerprint->n ? &fingerprint->row[fingerprint->n - 1] : NULL;
		if ((last && row.digest <= last->digest) ||
		    (!(row.flags & KSM_FINGERPRINT_EXACT) &&
		     !ksm_fingerprint_keeps(fingerprint->sample, row.digest)))
			return -EBADMSG;
		if (ksm_array_reserve(&fingerprint->row, &capacity, fingerprint->n + 1,
				      sizeof(row)))
			return -ENOMEM;
		fingerprint->row[fingerprint->n++] = row;
	}
	return 0;
}

int ksm_fingerprint_parse(const char *text, size_t len, struct ksm_fingerprint *ret_fingerprint,
			  struct ksm_error *err)
{
	struct ksm_fingerprint fingerprint = {0};
	struct parser parser = {text, text + len, 0};
	int ret = take_head(&parser, &fingerprint) ? 0 : -EBADMSG;

	if (!ret)
		ret = fingerprint.name ? take_rows(&parser, &fingerprint) : -ENOMEM;
	if (!ret) {
		*ret_fingerprint = fingerprint;
		return 0;
	}
	ksm_fingerprint_release(&fingerprint);
	if (ret == -ENOMEM)
		return ksm_error_set(err, KSM_ERR_SYSTEM, ENOMEM, "out of memory");
	return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
			     "is no fingerprint of this version, or damaged, in line %" PRIu64,
			     parser.line);
}
