/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * At which addresses there was a page in the pass before. A twin knows of the pages that it was shown; where pages are left
 * out for their content, one that is new to it may only have another content. Not for use outside core/estimate.
 */
#ifndef KSM_ESTIMATE_PRESENCE_H
#define KSM_ESTIMATE_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pages one after the other. */
struct ksm_presence_run {
	uint64_t start; /* address */
	uint64_t end;	/* exclusive */
	uint32_t space;
};

struct ksm_presence_pass {
	struct ksm_presence_run *run;
	size_t n, capacity;
};

/* Zero-initialise. */
struct ksm_presence {
	struct ksm_presence_pass before, now;
	size_t cursor; /* of the runs before, the first that does not end before the page at hand */
};

void ksm_presence_pass_begin(struct ksm_presence *presence);
/* The pages of a pass, ascending by space and address. -ENOMEM only. */
int ksm_presence_see(struct ksm_presence *presence, uint32_t space, uint64_t address,
		     unsigned int page_size, bool *ret_was_there);
void ksm_presence_release(struct ksm_presence *presence);

#endif
