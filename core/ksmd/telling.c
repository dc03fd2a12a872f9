/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the twin tells of its counters and pages. */
#include "ksmd/internal.h"

void ksm_twin_counters(const struct ksm_twin *twin, struct ksm_counters *ret_counters)
{
	struct ksm_counters c = twin->counters;

	c.pages_volatile = c.rmap_items - c.pages_shared - c.pages_sharing - c.pages_unshared;
	if (c.pages_volatile < 0)
		c.pages_volatile = 0;
	*ret_counters = c;
}

void ksm_twin_mm_counters(const struct ksm_twin *twin, uint32_t mm,
			  struct ksm_mm_counters *ret_counters)
{
	*ret_counters = twin->mm[mm].counters;
}

int64_t ksm_twin_huge_pages_split(const struct ksm_twin *twin)
{
	return twin->huge_pages_split;
}

uint32_t ksm_twin_page_end(const struct ksm_twin *twin)
{
	return twin->items.end;
}

uint32_t ksm_twin_node_end(const struct ksm_twin *twin)
{
	return twin->nodes.end;
}

struct ksm_page_key ksm_twin_key(const struct ksm_twin *twin, uint32_t number)
{
	return item_at(twin, number)->key;
}

uint64_t ksm_twin_pfn(const struct ksm_twin *twin, uint32_t number)
{
	return pfn_of(twin, item_at(twin, number));
}

void ksm_twin_prefetch(const struct ksm_twin *twin, uint32_t number)
{
	__builtin_prefetch(item_at(twin, number));
}

void ksm_twin_prefetch_more(const struct ksm_twin *twin, uint32_t number)
{
	const struct rmap_item *item = item_at(twin, number);

	if (item->is_linked)
		__builtin_prefetch(link_of(twin, item));
}

void ksm_twin_get_page(const struct ksm_twin *twin, uint32_t number, struct ksm_twin_page *ret_page)
{
	const struct rmap_item *item = item_at(twin, number);
	const struct frame frame = frame_of(twin, item);

	*ret_page = (struct ksm_twin_page){
		.mm = run_of(twin, item)->mm,
		.flags = frame.page_flags,
		.address = address_of(twin, item),
		.pfn = frame.pfn,
		.key = item->key,
		.is_zero = item->is_zero,
		.changed = item->changed,
		.in_zero_page = item->in_zero_page,
		.freed_by_split = (item->is_ghost && !item->in_zero_page) ||
				  is_freed_by_split(twin, item),
		.is_plain = is_plain(twin, item),
	};
	if (item->is_stable) {
		ret_page->node = link_of(twin, item)->stable.node;
		/* Far off in memory, and of use only beside the page's own. */
		if (frame.pfn)
			ret_page->node_pfn = node_at(twin, ret_page->node)->kpfn;
	}
}

void ksm_twin_get_change(const struct ksm_twin *twin, uint32_t number,
			 struct ksm_twin_change *ret_change)
{
	const struct rmap_item *item = item_at(twin, number);

	*ret_change = (struct ksm_twin_change){
		.address = address_of(twin, item),
		.changes = frame_of(twin, item).changes,
		.is_new = item->is_new,
		.is_gone = !item->is_present,
	};
}
