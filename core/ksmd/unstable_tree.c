/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "ksmd/internal.h"

static struct ksm_rb_space unstable_space(const struct ksm_twin *twin)
{
	return (struct ksm_rb_space){&twin->links, offsetof(struct rmap_link, rb)};
}

int unstable_tree_reset(struct ksm_twin *twin)
{
	struct forest fresh;

	if (forest_init(twin, &fresh, twin->repeated * 2))
		return -ENOMEM;
	free(twin->unstable.root);
	twin->unstable = fresh;
	return 0;
}

int unstable_tree_find_or_insert(struct ksm_twin *twin, uint32_t number, uint32_t *ret_found)
{
	struct rmap_item *item = item_at(twin, number);
	uint32_t *root = forest_root(&twin->unstable, item->key);
	uint32_t parent = 0;
	unsigned int side = 0;

	for (uint32_t walk = *root; walk;) {
		const struct rmap_link *link = link_at(twin, walk);
		const struct rmap_item *tree_item = item_at(twin, link->item);
		int order = tree_compare(item->key, nid_of(twin, item), tree_item->key,
					 nid_of(twin, tree_item));

		if (order == 0) {
			*ret_found = link->item;
			return 0;
		}
		parent = walk;
		side = order > 0;
		walk = link->rb.child[side];
	}
	if (link_rmap_item(twin, number))
		return -ENOMEM;
	ksm_rb_insert(unstable_space(twin), root, item->home, parent, side);
	*ret_found = 0;
	return 0;
}

int unstable_tree_search_insert(struct ksm_twin *twin, uint32_t number, uint32_t *ret_found)
{
	struct rmap_item *item = item_at(twin, number);
	uint32_t found = 0;

	if (!item->is_alone && unstable_tree_find_or_insert(twin, number, &found))
		return -ENOMEM;
	if (!found) {
		item->is_unstable = true;
		item->seqnr = twin->seqnr;
		twin->counters.pages_unshared++;
	} else if (is_same_frame(twin, item, item_at(twin, found)) ||
		   is_freed_by_split(twin, item_at(twin, found))) {
		/* A page that fork left in both places is no twin of itself; and one that is gone ends the search. */
		found = 0;
	}
	*ret_found = found;
	return 0;
}

void unstable_tree_remove(struct ksm_twin *twin, uint32_t number)
{
	struct rmap_item *item = item_at(twin, number);

	/* The tree is dropped as a whole when a pass begins: only what entered it in this pass is in it. */
	if (!item->is_alone && item->seqnr == (twin->seqnr & SEQNR_MASK))
		ksm_rb_erase(unstable_space(twin), forest_root(&twin->unstable, item->key),
			     item->home);
	twin->counters.pages_unshared--;
	item->is_unstable = false;
	unlink_rmap_item(twin, item);
}
