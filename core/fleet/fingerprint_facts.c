/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/fingerprint_facts.h"

#include <errno.h>
#include <inttypes.h>

#include "base/array.h"
#include "fleet/compare.h"

#define BASE_10 10
#define BASE_16 16

static const struct {
	const char *name;
	unsigned int base;
	bool may_lack;
	uint64_t min;
	uint64_t max;
} facts[KSM_N_FACTS] = {
	[KSM_FACT_KEY] = {"key", BASE_16, false, 0, UINT64_MAX},
	[KSM_FACT_PAGE_SIZE] = {"page_size", BASE_10, false, 1, KSM_BATCH_BYTES},
	[KSM_FACT_SAMPLE] = {"sample", BASE_10, false, 1, UINT32_MAX},
	[KSM_FACT_HOST] = {"host", BASE_10, false, 0, INT32_MAX},
	[KSM_FACT_PAGES] = {"pages", BASE_10, false, 0, INT64_MAX},
	[KSM_FACT_DISTINCT] = {"distinct", BASE_10, false, 0, INT64_MAX},
	[KSM_FACT_INCOMPLETE] = {"incomplete", BASE_10, true, 0, 1},
};

const char *ksm_fact_name(enum ksm_fingerprint_fact fact)
{
	return facts[fact].name;
}

bool ksm_fact_may_lack(enum ksm_fingerprint_fact fact)
{
	return facts[fact].may_lack;
}

static uint64_t value_of(const struct ksm_fingerprint *fingerprint, enum ksm_fingerprint_fact fact)
{
	switch (fact) {
	case KSM_FACT_KEY:
		return fingerprint->key_id;
	case KSM_FACT_PAGE_SIZE:
		return fingerprint->page_size;
	case KSM_FACT_SAMPLE:
		return fingerprint->sample;
	case KSM_FACT_HOST:
		return fingerprint->host;
	case KSM_FACT_PAGES:
		return fingerprint->pages;
	case KSM_FACT_DISTINCT:
		return fingerprint->distinct;
	default:
		return fingerprint->is_incomplete;
	}
}

static void set(struct ksm_fingerprint *fingerprint, enum ksm_fingerprint_fact fact, uint64_t value)
{
	switch (fact) {
	case KSM_FACT_KEY:
		fingerprint->key_id = value;
		break;
	case KSM_FACT_PAGE_SIZE:
		fingerprint->page_size = (uint32_t)value;
		break;
	case KSM_FACT_SAMPLE:
		fingerprint->sample = (uint32_t)value;
		break;
	case KSM_FACT_HOST:
		fingerprint->host = (uint32_t)value;
		break;
	case KSM_FACT_PAGES:
		fingerprint->pages = value;
		break;
	case KSM_FACT_DISTINCT:
		fingerprint->distinct = value;
		break;
	default:
		fingerprint->is_incomplete = value;
	}
}

int ksm_fact_print(const struct ksm_fingerprint *fingerprint, enum ksm_fingerprint_fact fact,
		   struct ksm_str *ret_text)
{
	uint64_t value = value_of(fingerprint, fact);

	return facts[fact].base == BASE_16 ? ksm_str_printf(ret_text, "%016" PRIx64, value)
					   : ksm_str_printf(ret_text, "%" PRIu64, value);
}

bool ksm_fact_parse(struct ksm_fingerprint *fingerprint, enum ksm_fingerprint_fact fact,
		    const char *text, size_t len)
{
	const char *at = text;
	uint64_t value;

	if (ksm_take_u64(&at, text + len, facts[fact].base, facts[fact].max, &value) ||
	    at != text + len || value < facts[fact].min)
		return false;
	set(fingerprint, fact, value);
	return true;
}

int ksm_fact_parse_name(struct ksm_fingerprint *fingerprint, const char *text, size_t len)
{
	struct ksm_str name = {0};

	if (ksm_str_unescape(&name, text, len)) {
		ksm_str_free(&name);
		return -ENOMEM;
	}
	fingerprint->name = name.data;
	return 0;
}

static bool may_add(const struct ksm_fingerprint *fingerprint,
		    const struct ksm_fingerprint_row *row)
{
	return row->copies && row->copies <= KSM_FINGERPRINT_COPIES_MAX &&
	       (!fingerprint->n || row->digest > fingerprint->row[fingerprint->n - 1].digest) &&
	       (row->flags & KSM_FINGERPRINT_EXACT ||
		ksm_fingerprint_keeps(fingerprint->sample, row->digest));
}

int ksm_fingerprint_add(struct ksm_fingerprint *fingerprint, size_t *capacity,
			const struct ksm_fingerprint_row *row)
{
	if (!may_add(fingerprint, row))
		return -EBADMSG;
	if (ksm_array_reserve(&fingerprint->row, capacity, fingerprint->n + 1, sizeof(*row)))
		return -ENOMEM;
	fingerprint->row[fingerprint->n++] = *row;
	return 0;
}

/* Contents that are not kept have a page each, and bytes of as many inputs as there may be are counted with a sign. */
static bool may_be(const struct ksm_fingerprint *fingerprint)
{
	uint64_t most = (uint64_t)INT64_MAX / fingerprint->page_size / KSM_COMPARE_MAX;
	uint64_t pages = 0;

	for (size_t i = 0; i < fingerprint->n; i++)
		pages += fingerprint->row[i].copies;
	return fingerprint->pages <= most && fingerprint->distinct >= fingerprint->n &&
	       (fingerprint->sample > 1 || fingerprint->distinct == fingerprint->n) &&
	       fingerprint->pages >= pages &&
	       fingerprint->pages - pages >= fingerprint->distinct - fingerprint->n;
}

int ksm_fingerprint_check(const struct ksm_fingerprint *fingerprint, struct ksm_error *err)
{
	if (may_be(fingerprint))
		return 0;
	return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
			     "is damaged: %" PRIu64 " pages of %" PRIu64
			     " contents cannot be what its %zu rows are of",
			     fingerprint->pages, fingerprint->distinct, fingerprint->n);
}
