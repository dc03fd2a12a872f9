/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which group of a report a page belongs to. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_GROUPS_H
#define KSM_ESTIMATE_GROUPS_H

#include "estimate/estimate.h"

struct ksm_grouping {
	const struct ksm_page_source *source;
	uint32_t **of_area; /* by space and area: the group's number */
	char **name;	    /* by number */
	size_t n;
	size_t capacity;
	void *numbers; /* search tree from names to numbers */
};

/* -ENOMEM only; released with ksm_grouping_release() in any case. */
int ksm_grouping_init(struct ksm_grouping *grouping, enum ksm_group_by by,
		      const struct ksm_page_source *source);
void ksm_grouping_release(struct ksm_grouping *grouping);

/* The number of the group; 0, a group named "(gone)", for an address outside all areas. */
uint32_t ksm_grouping_find(const struct ksm_grouping *grouping, uint32_t space, uint64_t address);

#endif
