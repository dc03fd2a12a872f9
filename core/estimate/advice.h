/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which processes to opt in, so that what merging frees is worth what it costs: 64 bytes for each of their pages, also
 * of those that find no twin.
 *
 * Sharing is mutual, so a process is worth the more the more others are in. What all together free, less what each
 * costs, is greatest for a set that is found from above: of any set that holds the best one, a process that costs more
 * than it adds is not part of the best one, since to fewer others it would add less still. So such processes are left
 * out, again and again. What remains, and adds up to a loss all the same, is left out as a whole.
 */
#ifndef KSM_ESTIMATE_ADVICE_H
#define KSM_ESTIMATE_ADVICE_H

#include <stdbool.h>

#include "estimate/estimate.h"
#include "kernel/domain.h"

struct ksm_advised {
	uint32_t target;     /* of the estimate */
	bool is_in;	     /* has opted in already: it costs nothing more */
	int64_t adds_bytes;  /* what the others would lose without it, less its cost */
	int64_t alone_bytes; /* what it would free by itself, less its cost */
	int64_t cost_bytes;
};

/* Those to opt in of one domain, or of all together. */
struct ksm_advice_group {
	bool is_all; /* the domain says nothing: everybody trusts everybody */
	struct ksm_domain domain;
	struct ksm_advised *advised; /* those that add most first */
	size_t n;
	uint32_t n_members;    /* of the domain, opted in or not */
	int64_t freed_bytes;   /* by all of them, before cost */
	int64_t already_bytes; /* of these, by those who have opted in, without the others */
	int64_t cost_bytes;
};

struct ksm_advice {
	struct ksm_advice_group
		*group; /* most net bytes first; without those where nobody is worth it */
	size_t n;
};

/*
 * From the estimate's holdings (ksm_estimate_options.holdings). @is_in has an entry for each target. With @trust pages
 * of all domains may merge with each other. -ENOMEM only; the caller frees with ksm_advice_free().
 */
int ksm_advise(const struct ksm_estimate *estimate, const bool *is_in, bool trust,
	       struct ksm_advice *ret_advice);
/* What opting in the others of a group is worth: bytes. */
int64_t ksm_advice_net(const struct ksm_advice_group *group);
void ksm_advice_free(struct ksm_advice *advice);

#endif
