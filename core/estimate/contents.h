/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The twins' pages ordered by content. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_CONTENTS_H
#define KSM_ESTIMATE_CONTENTS_H

#include <stddef.h>
#include <stdint.h>

#include "estimate/strata.h"

/*
 * Page numbers of the twin: equal contents together, within a content ascending by mm and address. Most contents of
 * one page come first, by mm and address as well, so that going through them is going through memory in order.
 */
struct ksm_contents {
	const struct ksm_twin *twin;
	int64_t weight; /* contents that each of these stands for */
	uint32_t *page;
	size_t n;
};

/* Of each stratum; one that there is not has no pages. */
struct ksm_all_contents {
	struct ksm_contents of[KSM_STRATA];
};

/* -ENOMEM only. The caller frees with ksm_contents_free(). */
int ksm_contents_order(const struct ksm_strata *strata, uint32_t n_mms,
		       struct ksm_all_contents *ret_contents);
void ksm_contents_free(struct ksm_all_contents *contents);

/*
 * The same order with the pages of @other, whose twins have seen the same pages at the same times and so gave them
 * the same numbers. Shares memory with @contents: not to be freed.
 */
struct ksm_all_contents ksm_contents_of(const struct ksm_all_contents *contents,
					const struct ksm_strata *other);

/* Where the content that begins at @first ends, exclusive. */
size_t ksm_contents_end(const struct ksm_contents *contents, size_t first);

#endif
