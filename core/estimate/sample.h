/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which pages are looked at where memory does not suffice for all of them. A count of all pages comes first. Then zeros, and
 * contents of which there are many, are looked at whole, and of the others those are whose key, which is a hash with a secret,
 * lies in the first part of all keys: of a content all pages or none, whatever they do between the passes. Not for use
 * outside core/estimate.
 */
#ifndef KSM_ESTIMATE_SAMPLE_H
#define KSM_ESTIMATE_SAMPLE_H

#include "checksum/checksum.h"
#include "estimate/strata.h"

/*
 * Contents share cells, a few at most each, by a part of the key that does not decide about the sample. What is heavy is the
 * cell: whether a content is looked at whole says nothing about whether it would be in the sample.
 */
struct ksm_sample {
	uint32_t every; /* one in so many contents; 1: all are looked at whole */
	uint32_t heavy; /* pages in a cell whose contents are looked at whole */
	uint16_t *cell; /* pages; no more than UINT16_MAX are counted */
	uint64_t mask;	/* cells, less one */
	uint64_t pages; /* counted */
};

/* All are looked at whole. */
void ksm_sample_init(struct ksm_sample *sample);
void ksm_sample_release(struct ksm_sample *sample);

/* Begins to count, for no more than @max_pages to be looked at later. -ENOMEM only. */
int ksm_sample_begin(struct ksm_sample *sample, uint64_t max_pages);
void ksm_sample_count(struct ksm_sample *sample, const struct ksm_page_sum *sum);
/*
 * All are counted: decides how many contents are looked at. *@ret_pages are zeros or of heavy contents; -E2BIG if that is
 * more than may be looked at.
 */
int ksm_sample_decide(struct ksm_sample *sample, uint64_t max_pages, uint64_t *ret_pages);

/* Where a page belongs, and whether it is looked at there: of the sample, not all are. */
enum ksm_stratum ksm_sample_stratum(const struct ksm_sample *sample,
				    const struct ksm_page_sum *sum);
bool ksm_sample_takes(const struct ksm_sample *sample, const struct ksm_page_sum *sum,
		      enum ksm_stratum stratum);

#endif
