/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which targets have contents in common. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_PAIRS_H
#define KSM_ESTIMATE_PAIRS_H

#include "estimate/estimate.h"

/* More make a table that nobody reads, and quadratic work. */
#define KSM_PAIRS_TARGETS_MAX 64

/* A target that has the content at hand, and in how many mappings. */
struct ksm_holder {
	uint32_t target;
	int64_t pages;
};

struct ksm_pairs {
	uint32_t n;	       /* targets; 0: pairs are not counted */
	struct ksm_pair *pair; /* of a < b: [a * n + b] */
	uint64_t *common;      /* likewise: the last content of which both map one physical page */
};

/* For two targets up to the maximum. -ENOMEM only; released in any case. */
int ksm_pairs_init(struct ksm_pairs *pairs, uint32_t n_targets);
void ksm_pairs_release(struct ksm_pairs *pairs);

/*
 * Two targets, a < b, map the same physical page of a content; said of all such before the content is counted.
 * Contents are told apart by numbers from 1 on.
 */
void ksm_pairs_have_common(struct ksm_pairs *pairs, uint64_t content, uint32_t a, uint32_t b);
/* A content and who has it, by ascending target. */
void ksm_pairs_count(struct ksm_pairs *pairs, uint64_t content, const struct ksm_holder *holder,
		     size_t n);

/* Those with something in common, into the estimate. -ENOMEM only. */
int ksm_pairs_take(const struct ksm_pairs *pairs, struct ksm_estimate *estimate);

#endif
