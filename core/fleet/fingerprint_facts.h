/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every file of a fingerprint says about its rows, whatever its format, and which rows it may have. */
#ifndef KSM_FLEET_FINGERPRINT_FACTS_H
#define KSM_FLEET_FINGERPRINT_FACTS_H

#include "base/str.h"
#include "fleet/fingerprint.h"

/* The facts that are numbers, in the order in which files have them. */
enum ksm_fingerprint_fact {
	KSM_FACT_KEY,
	KSM_FACT_PAGE_SIZE,
	KSM_FACT_SAMPLE,
	KSM_FACT_HOST,
	KSM_FACT_PAGES,
	KSM_FACT_DISTINCT,
	KSM_FACT_INCOMPLETE,
	KSM_N_FACTS,
};

const char *ksm_fact_name(enum ksm_fingerprint_fact fact);
/* Files written before there was such a fact lack it: it is 0 then. */
bool ksm_fact_may_lack(enum ksm_fingerprint_fact fact);
/* -ENOMEM only. */
int ksm_fact_print(const struct ksm_fingerprint *fingerprint, enum ksm_fingerprint_fact fact,
		   struct ksm_str *ret_text);
/* All of @text, and nothing but what ksm_fact_print() may have made. */
bool ksm_fact_parse(struct ksm_fingerprint *fingerprint, enum ksm_fingerprint_fact fact,
		    const char *text, size_t len);

/* The name as files have it, escaped. -ENOMEM only. */
int ksm_fact_parse_name(struct ksm_fingerprint *fingerprint, const char *text, size_t len);

/* A row as a file has it. -EBADMSG if it may not come behind those that are there, or -ENOMEM. */
int ksm_fingerprint_add(struct ksm_fingerprint *fingerprint, size_t *capacity,
			const struct ksm_fingerprint_row *row);

/* All rows are there: KSM_ERR_FORMAT if the facts cannot be true of them. The text goes behind a name. */
int ksm_fingerprint_check(const struct ksm_fingerprint *fingerprint, struct ksm_error *err);

#endif
