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
	KSM_N_FACTS,
};

const char *ksm_fact_name(enum ksm_fingerprint_fact fact);
/* -ENOMEM only. */
int ksm_fact_print(const struct ksm_fingerprint *fingerprint, enum ksm_fingerprint_fact fact,
		   struct ksm_str *ret_text);
/* All of @text, and nothing but what ksm_fact_print() may have made. */
bool ksm_fact_parse(struct ksm_fingerprint *fingerprint, enum ksm_fingerprint_fact fact,
		    const char *text, size_t len);

/* Digits of @base up to @max, at least one, from *@at on; goes behind them. */
bool ksm_fact_digits(const char **at, const char *end, unsigned int base, uint64_t max,
		     uint64_t *ret_value);

/* May @row come behind those that are there? */
bool ksm_fingerprint_may_add(const struct ksm_fingerprint *fingerprint,
			     const struct ksm_fingerprint_row *row);

#endif
