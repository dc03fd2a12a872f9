/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many contents have how many copies. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_TALLY_H
#define KSM_ESTIMATE_TALLY_H

#include "estimate/estimate.h"

/* From so many copies on, contents are few: each stands alone. */
#define KSM_TALLY_MANY 1024

/* Zero-initialise. */
struct ksm_tally {
	int64_t few[KSM_TALLY_MANY]; /* by copies: contents */
	int64_t *many;		     /* copies of each of the others */
	size_t n_many;
	size_t many_capacity;
	int64_t zero_copies;
	int64_t duplicate_pages;
};

void ksm_tally_release(struct ksm_tally *tally);

/* So many contents with so many copies each, at least one; one of all can be that of zeros. -ENOMEM only. */
int ksm_tally_count(struct ksm_tally *tally, int64_t copies, int64_t contents, bool is_zero);

/* Of all contents, and of those but the zeros. Sorts what was counted. */
void ksm_tally_take(struct ksm_tally *tally, struct ksm_concentration *ret_all,
		    struct ksm_concentration *ret_nonzero);

#endif
