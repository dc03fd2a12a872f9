/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which targets, or which groups, have contents in common. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_PAIRS_H
#define KSM_ESTIMATE_PAIRS_H

#include "estimate/estimate.h"

/* More make a table that nobody reads, and quadratic work. */
#define KSM_PAIRS_PARTS_MAX 64

/* A part that has the content at hand, and in how many mappings. */
struct ksm_holder {
	uint32_t part;
	int64_t pages;
};

struct ksm_pairs {
	uint32_t n;	       /* parts; 0: pairs are not counted */
	struct ksm_pair *pair; /* of a < b: [a * n + b] */
	uint64_t *common;      /* likewise: the last content of which both map one physical page */
};

/* For two parts up to the maximum. -ENOMEM only; released in any case. */
int ksm_pairs_init(struct ksm_pairs *pairs, size_t n_parts);
void ksm_pairs_release(struct ksm_pairs *pairs);

/*
 * Two parts map the same physical page of a content; said of all such before the content is counted. Contents are
 * told apart by numbers from 1 on.
 */
void ksm_pairs_have_common(struct ksm_pairs *pairs, uint64_t content, uint32_t a, uint32_t b);
/* A content, how many it stands for, and who has it. */
void ksm_pairs_count(struct ksm_pairs *pairs, uint64_t content, int64_t weight,
		     const struct ksm_holder *holder, size_t n);

/*
 * Those with something in common, most freeable pages first. @number has what each part is called in them; NULL: its
 * own number. -ENOMEM only.
 */
int ksm_pairs_take(const struct ksm_pairs *pairs, const uint32_t *number,
		   struct ksm_pair **ret_pair, size_t *ret_n);

#endif
