/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "ksmd/internal.h"

static struct ksm_rb_space unstable_space(const struct ksm_twin *twin)
{
	return (struct ksm_rb_space){&twin->items, offsetof(struct rmap_item, rb)};
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

uint32_t unstable_tree_find_or_link(struct ksm_twin *twin, uint32_t number)
{
	struct rmap_item *item = item_at(twin, number);
	uint32_t *root = forest_root(&twin->unstable, item->key);
	uint32_t parent = 0;
	unsigned int side = 0;

	for (uint32_t walk = *root; walk;) {
		const struct rmap_item *tree_item = item_at(twin, walk);
		int order = tree_compare(item->key, item->nid, tree_item->key, tree_item->nid);

		if (order == 0)
			return walk;
		parent = walk;
		side = order > 0;
		walk = tree_item->rb.child[side];
	}
	ksm_rb_insert(unstable_space(twin), root, number, parent, side);
	return 0;
}

uint32_t unstable_tree_search_insert(struct ksm_twin *twin, uint32_t number)
{
	struct rmap_item *item = item_at(twin, number);
	uint32_t found = item->address & ALONE_FLAG ? 0 : unstable_tree_find_or_link(twin, number);

	/* A page that fork left in both places is no twin of itself. */
	if (found)
		return item->pfn && item->pfn == item_at(twin, found)->pfn ? 0 : found;
	item->address |= UNSTABLE_FLAG | (twin->seqnr & SEQNR_MASK);
	twin->counters.pages_unshared++;
	return 0;
}

void unstable_tree_remove(struct ksm_twin *twin, uint32_t number)
{
	struct rmap_item *item = item_at(twin, number);

	/*
	 * The tree is dropped as a whole when a pass begins: only what entered it in this pass is in it. Of that,
	 * nothing is removed that was alone: it takes an equal page to do so.
	 */
	if (((twin->seqnr - item->address) & SEQNR_MASK) == 0)
		ksm_rb_erase(unstable_space(twin), forest_root(&twin->unstable, item->key), number);
	twin->counters.pages_unshared--;
	item->address &= ~(uint64_t)(UNSTABLE_FLAG | SEQNR_MASK);
}
