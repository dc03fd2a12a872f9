/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The twin's pages ordered by content. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_CONTENTS_H
#define KSM_ESTIMATE_CONTENTS_H

#include <stddef.h>
#include <stdint.h>

#include "ksmd/twin.h"

/*
 * Page numbers of the twin: equal contents together, within a content ascending by mm and address. Most contents of
 * one page come first, by mm and address as well, so that going through them is going through memory in order.
 */
struct ksm_contents {
	const struct ksm_twin *twin;
	uint32_t *page;
	size_t n;
};

/* -ENOMEM only. The caller frees with ksm_contents_free(). */
int ksm_contents_order(const struct ksm_twin *twin, uint32_t n_mms,
		       struct ksm_contents *ret_contents);
void ksm_contents_free(struct ksm_contents *contents);

/*
 * The same order with the pages of @other, which has seen the same pages at the same times and so gave them
 * the same numbers. Shares memory with @contents: not to be freed.
 */
struct ksm_contents ksm_contents_of(const struct ksm_contents *contents,
				    const struct ksm_twin *other);

/* Where the content that begins at @first ends, exclusive. */
size_t ksm_contents_end(const struct ksm_contents *contents, size_t first);

#endif
