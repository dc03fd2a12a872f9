/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Would another pass merge or unmerge anything, if nothing changed any more? Smart scan may take many passes until
 * two equal pages meet; that no two are left tells sooner that there is nothing to wait for.
 */
#include <errno.h>

#include "ksmd/internal.h"

static bool stays_merged(const struct ksm_twin *twin, const struct rmap_item *item)
{
	if (item->is_unmapped)
		return false;
	if (item->address & ZERO_FLAG)
		return item->is_zero;
	return !twin->model.profile->breaks_lone_pages ||
	       node_at(twin, item->stable.node)->mapcount > 1;
}

/* Puts @item into the unstable tree, which has those before it that stay unmerged, if it stays unmerged, too. */
static bool stays_unmerged(struct ksm_twin *twin, uint32_t number)
{
	const struct rmap_item *item = item_at(twin, number);
	uint32_t other;

	/* Passes over pages as they were last seen leave it out. */
	if (item->changed)
		return true;
	if (item->is_fresh || item->oldchecksum != ksm_page_key_checksum(item->key) ||
	    (item->page_flags & KSM_PAGE_KSM) ||
	    (item->is_zero && ksm_model_get(&twin->model, KSM_SYSFS_use_zero_pages)))
		return false;
	if (item->address & ALONE_FLAG)
		return true;
	if (stable_node_of_page(twin, item) || stable_tree_has(twin, item))
		return false;
	other = unstable_tree_find_or_link(twin, number);
	return !other || (item->pfn && item->pfn == item_at(twin, other)->pfn);
}

int ksm_twin_has_settled(struct ksm_twin *twin, bool *ret_has_settled)
{
	bool stays = true;

	if (unstable_tree_reset(twin))
		return -ENOMEM;
	for (uint32_t mm = 0; mm < twin->n_mms && stays; mm++) {
		for (uint32_t number = twin->mm[mm].rmap_list; number && stays;) {
			const struct rmap_item *item = item_at(twin, number);

			stays = item->address & (STABLE_FLAG | ZERO_FLAG)
					? stays_merged(twin, item)
					: stays_unmerged(twin, number);
			number = item->rmap_list;
		}
	}
	*ret_has_settled = stays;
	return 0;
}
