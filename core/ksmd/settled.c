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
	if (item->in_zero_page)
		return item->is_zero;
	return !twin->model.profile->breaks_lone_pages ||
	       node_at(twin, link_of(twin, item)->stable.node)->mapcount > 1;
}

/*
 * Puts the item into the unstable tree, which has those before it that stay unmerged, if it stays unmerged, too.
 * -ENOMEM only.
 */
static int stays_unmerged(struct ksm_twin *twin, uint32_t number, bool *ret_stays)
{
	const struct rmap_item *item = item_at(twin, number);
	uint32_t other = 0;

	*ret_stays = item->is_ghost;
	if (item->is_ghost || is_freed_by_split(twin, item))
		return 0;
	/* Passes over pages as they were last seen leave it out. */
	if (!item->changed) {
		if (item->is_fresh ||
		    old_checksum(twin, item) != ksm_page_key_checksum(item->key) ||
		    (page_flags_of(twin, item) & KSM_PAGE_KSM) ||
		    (item->is_zero && ksm_model_get(&twin->model, KSM_SYSFS_use_zero_pages)))
			return 0;
		if (!item->is_alone) {
			if (stable_node_of_page(twin, item) || stable_tree_has(twin, item))
				return 0;
			if (unstable_tree_find_or_insert(twin, number, &other))
				return -ENOMEM;
		}
	}
	*ret_stays = !other || is_same_frame(twin, item, item_at(twin, other));
	return 0;
}

int ksm_twin_has_settled(struct ksm_twin *twin, bool *ret_has_settled)
{
	bool stays = true;

	if (unstable_tree_reset(twin))
		return -ENOMEM;
	for (uint32_t mm = 0; mm < twin->n_mms && stays; mm++) {
		struct ksm_twin_walk walk = ksm_twin_walk_begin(twin, mm);
		uint32_t number;

		while (stays && (number = ksm_twin_walk_next(&walk)) != 0) {
			const struct rmap_item *item = item_at(twin, number);

			if (item->is_stable || item->in_zero_page)
				stays = stays_merged(twin, item);
			else if (stays_unmerged(twin, number, &stays))
				return -ENOMEM;
		}
	}
	*ret_has_settled = stays;
	return 0;
}
