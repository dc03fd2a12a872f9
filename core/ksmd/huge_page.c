/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transparent huge pages. ksmd looks at their pages one by one, and the first that is to merge splits the
 * whole (mm/ksm.c, try_to_merge_one_page). Which page belongs to which is told by its place: huge pages that
 * are mapped as one lie aligned, in memory and in the address space.
 */
#include <errno.h>

#include "ksmd/internal.h"

/* 2 MiB on x86-64, and elsewhere with pages of 4 KiB. */
#define HUGE_SHIFT 21
#define PAGE_SHIFT 12

/* Never 0. Physical where that is known, since fork lets two address spaces map one huge page. */
static uint64_t huge_page_number(const struct ksm_twin *twin, const struct rmap_item *item)
{
	uint64_t pfn = pfn_of(twin, item);

	if (pfn)
		return pfn >> (HUGE_SHIFT - PAGE_SHIFT) << 1 | 1;
	return ((uint64_t)(run_of(twin, item)->mm + 1) << 40 | address_of(twin, item) >> HUGE_SHIFT)
	       << 1;
}

/* How the huge page of @item was split, NULL if it is whole, or was none. */
static const struct split *find_split(const struct ksm_twin *twin, const struct rmap_item *item)
{
	uint64_t huge = huge_page_number(twin, item);
	const struct split *split;

	if (!(page_flags_of(twin, item) & KSM_PAGE_HUGE))
		return NULL;
	for (uint32_t walk = *forest_list(&twin->by_huge, huge); walk; walk = split->next) {
		split = ksm_arena_at(&twin->splits, walk);
		if (split->huge == huge)
			return split;
	}
	return NULL;
}

uint64_t whole_huge_page(const struct ksm_twin *twin, const struct rmap_item *item)
{
	if (!(page_flags_of(twin, item) & KSM_PAGE_HUGE) || find_split(twin, item))
		return 0;
	return huge_page_number(twin, item);
}

int split_huge_page(struct ksm_twin *twin, const struct rmap_item *item)
{
	uint64_t huge = whole_huge_page(twin, item);
	uint32_t *list = forest_list(&twin->by_huge, huge), number;
	struct split *split;

	if (!huge)
		return 0;
	number = ksm_arena_alloc(&twin->splits);
	if (!number)
		return -ENOMEM;
	split = ksm_arena_at(&twin->splits, number);
	split->huge = huge;
	split->next = *list;
	split->seqnr = (uint32_t)twin->seqnr;
	*list = number;
	twin->huge_pages_split++;
	return 0;
}

/*
 * try_to_map_unused_to_zeropage() in mm/migrate.c of 6.12. What became zeros after the split is a page as any other: one
 * that was zeros then is known to be so in the pass after that.
 */
bool is_freed_by_split(const struct ksm_twin *twin, const struct rmap_item *item)
{
	const struct split *split;
	uint32_t passes;

	if (!item->is_zero ||
	    (page_flags_of(twin, item) & (KSM_PAGE_HUGE | KSM_PAGE_LOCKED)) != KSM_PAGE_HUGE ||
	    !twin->model.profile->split_frees_zeros || item->is_stable || item->in_zero_page)
		return false;
	split = find_split(twin, item);
	if (!split)
		return false;
	passes = (uint32_t)twin->seqnr - split->seqnr;
	return passes == 0 || (passes == 1 && !item->changed);
}
