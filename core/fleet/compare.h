/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fingerprints have in common. */
#ifndef KSM_FLEET_COMPARE_H
#define KSM_FLEET_COMPARE_H

#include "base/error.h"
#include "base/interval.h"
#include "fleet/fingerprint.h"

#define KSM_COMPARE_MAX 4096 /* inputs: pairs are in a table of all */

struct ksm_compare_pair {
	uint32_t a, b;			     /* a < b, of the inputs */
	struct ksm_interval shared_contents; /* that both have */
	double shared_pages;		     /* copies of these in both together */
};

struct ksm_compare {
	uint32_t page_size;
	uint32_t sample;
	uint64_t pages;		      /* of all inputs, exactly */
	struct ksm_interval distinct; /* contents of all together */
	double redundant_pages;	      /* copies beyond the first of each content, in all together */
	struct ksm_compare_pair *pair; /* those that share something, most contents first */
	size_t n_pairs;
};

/*
 * KSM_ERR_INVALID if two inputs differ in page size, sampling or key: their digests say nothing of each other. The
 * caller releases.
 */
int ksm_compare_run(const struct ksm_fingerprint *input, uint32_t n,
		    struct ksm_compare *ret_compare, struct ksm_error *err);
void ksm_compare_release(struct ksm_compare *compare);

#endif
