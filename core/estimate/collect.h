/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages of a space whose source hands them out as they lie in a file (is_unordered in page_source.h): kept until
 * the space has ended, when it is known which of them count. Not for use outside core/estimate.
 */
#ifndef KSM_ESTIMATE_COLLECT_H
#define KSM_ESTIMATE_COLLECT_H

#include "base/arena.h"
#include "estimate/reader.h"
#include "estimate/sample.h"
#include "estimate/trials.h"

struct ksm_collection {
	struct ksm_arena pages;
};

void ksm_collection_init(struct ksm_collection *collection);

/* -ENOMEM only, here and below. */
int ksm_collect(struct ksm_collection *collection, const struct ksm_page *page,
		const struct ksm_page_sum *sum);

/* Shows the trials what counts, by address, in the strata of @sample, and empties the collection. */
int ksm_collection_see(struct ksm_collection *collection, struct ksm_page_source *source,
		       uint32_t space, const struct ksm_sample *sample, struct ksm_trials *trials);

/* Empties it. */
void ksm_collection_release(struct ksm_collection *collection);

#endif
