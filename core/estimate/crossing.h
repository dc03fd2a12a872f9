/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much of what merging frees is freed only because pages of different owners become one. Not for use outside
 * core/estimate, but for the kinds of owner.
 */
#ifndef KSM_ESTIMATE_CROSSING_H
#define KSM_ESTIMATE_CROSSING_H

#include <stdint.h>

#include "estimate/holdings.h"
#include "kernel/domain.h"
#include "source/page_source.h"

enum ksm_owner {
	KSM_OWNER_TARGET,
	KSM_OWNER_USER,
	KSM_OWNER_DOMAIN, /* users, containers, guests: kernel/domain.h */
	KSM_OWNERS
};

struct ksm_crossing {
	int64_t sharing_max;	    /* mappings of a KSM page */
	uint32_t *part[KSM_OWNERS]; /* by target: its owner's number */
	int64_t *count;		    /* by owner: pages of the content at hand */
	int64_t pages[KSM_OWNERS];  /* the result: physical pages */
};

/* Of so many pages with one content, those that stay once they have merged. */
static inline int64_t ksm_kept_pages(int64_t pages, int64_t sharing_max)
{
	return (pages + sharing_max - 1) / sharing_max;
}

/* -ENOMEM only; released in any case. */
int ksm_crossing_init(struct ksm_crossing *crossing, const struct ksm_page_source *source,
		      int64_t sharing_max);
void ksm_crossing_release(struct ksm_crossing *crossing);

/* The content at hand of @holdings, of which merging frees so many physical pages; how many such it stands for. */
void ksm_crossing_count(struct ksm_crossing *crossing, const struct ksm_holdings *holdings,
			int64_t freed, int64_t weight);

/* The domain of a process; of a dump it says nothing. */
void ksm_space_domain(const struct ksm_space *space, struct ksm_domain *ret_domain);

#endif
