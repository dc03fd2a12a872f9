/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The twins' pages ordered by content. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_CONTENTS_H
#define KSM_ESTIMATE_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "estimate/strata.h"

/*
 * Page numbers of the twin: equal contents together, within a content ascending by mm and address. Most contents of
 * one page are not among them.
 */
struct ksm_contents {
	const struct ksm_twin *twin;	/* whose pages they are */
	const struct ksm_twin *ordered; /* by which they were ordered */
	int64_t weight;			/* contents that each of these stands for */
	uint32_t n_mms;
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

/* All of them, one after the other. Zero-initialise, but for the contents and what is counted. */
struct ksm_contents_walk {
	const struct ksm_contents *contents;
	/* By mm: contents of a plain page, which are only counted (ksm_twin_walk_alone()). NULL: they are shown. */
	int64_t *plain;
	const uint32_t *page; /* of the content at hand */
	size_t n;
	/* where it stands */
	uint32_t mm;
	struct ksm_twin_walk pages;
	uint32_t alone;
	size_t end;
};

/*
 * False at the end. First come those of one page that are not in the order, by mm and address: going through them is
 * going through memory as it lies.
 */
bool ksm_contents_next(struct ksm_contents_walk *walk);

#endif
