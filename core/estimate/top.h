/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The most repeated contents. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_TOP_H
#define KSM_ESTIMATE_TOP_H

#include "checksum/checksum.h"
#include "estimate/contents.h"
#include "estimate/estimate.h"

struct ksm_top_entry {
	struct ksm_estimate_content content;
	size_t first; /* where it begins among the contents in order */
};

/* Zero-initialise but for max. */
struct ksm_top {
	size_t max;
	struct ksm_top_entry *entry; /* a heap, the least repeated one first */
	size_t n;
	size_t capacity;
};

void ksm_top_release(struct ksm_top *top);

/* A content, and where it begins. -ENOMEM only. */
int ksm_top_offer(struct ksm_top *top, const struct ksm_estimate_content *content, size_t first);

/*
 * The contents, most copies first, into the estimate, with what they look like and, where that is wanted, what
 * they begin with: of a content of which no copy can be read as it was, neither is known. -ENOMEM only.
 */
int ksm_top_take(struct ksm_top *top, struct ksm_estimate *estimate, struct ksm_page_source *source,
		 const struct ksm_summer *summer, const struct ksm_contents *contents,
		 bool preview);

#endif
