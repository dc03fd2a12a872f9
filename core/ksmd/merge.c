/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ksmd does with one page: cmp_and_merge_page() and its helpers, for all profiles. */
#include <errno.h>

#include "ksmd/internal.h"

void remove_rmap_item_from_tree(struct ksm_twin *twin, uint32_t number)
{
	struct rmap_item *item = item_at(twin, number);

	if (item->is_stable)
		stable_tree_remove(twin, number);
	else if (item->is_unstable)
		unstable_tree_remove(twin, number);
}

/* The kernel counts to 255, but from 9 on all ages are alike. */
#define AGE_MAX 15

/* 6.7: how many visits to leave out, by the age at the one that was not. */
static uint8_t skip_age(uint8_t age)
{
	if (age <= 3)
		return 1;
	if (age <= 5)
		return 2;
	if (age <= 8)
		return 4;
	return 8;
}

static bool is_ksm_page(const struct ksm_twin *twin, const struct rmap_item *item)
{
	return (page_flags_of(twin, item) & KSM_PAGE_KSM) ||
	       (!item->is_alone && stable_node_of_page(twin, item));
}

bool should_skip_rmap_item(struct ksm_twin *twin, uint32_t number)
{
	struct rmap_item *item = item_at(twin, number);
	uint8_t age = item->age;

	if (twin->looks_at_all || !ksm_model_get(&twin->model, KSM_SYSFS_smart_scan) ||
	    is_ksm_page(twin, item))
		return false;
	if (twin->model.profile->stable_items_forget && item->is_stable)
		return false;
	if (age < AGE_MAX)
		item->age++;
	if (age < 3)
		return false;
	if (!item->remaining_skips) {
		item->remaining_skips = skip_age(age);
		return false;
	}
	item->remaining_skips--;
	twin->counters.pages_skipped++;
	remove_rmap_item_from_tree(twin, number);
	return true;
}

/*
 * Joins a KSM page of equal content that has room: 1 if it did, 0, or -ENOMEM. Up to 6.10 a page mapped anew in
 * place of a KSM page counts on its old node still while it looks for one.
 */
static int join_stable_node(struct ksm_twin *twin, uint32_t number)
{
	uint32_t node;

	/* 2.6.32 frees a node with its last item, so that none can be found which goes then. */
	if (twin->model.profile->merges_into_copy)
		remove_rmap_item_from_tree(twin, number);
	node = stable_tree_search(twin, item_at(twin, number));
	remove_rmap_item_from_tree(twin, number);
	if (!node)
		return 0;
	if (split_huge_page(twin, item_at(twin, number)))
		return -ENOMEM;
	if (!is_freed_by_split(twin, item_at(twin, number)) &&
	    stable_tree_append(twin, number, node))
		return -ENOMEM;
	return 1;
}

/* Two ordinary pages of equal content become one KSM page. */
static int merge_two_pages(struct ksm_twin *twin, uint32_t number, uint32_t other)
{
	const struct ksm_profile *profile = twin->model.profile;
	const struct rmap_item *item = item_at(twin, number), *tree_item = item_at(twin, other);
	int64_t limit = ksm_model_get(&twin->model, KSM_SYSFS_max_kernel_pages);
	uint64_t huge = whole_huge_page(twin, item);
	bool same_huge = huge && huge == whole_huge_page(twin, tree_item);
	uint32_t node;

	if (ksm_model_has(&twin->model, KSM_SYSFS_max_kernel_pages) && limit &&
	    limit <= twin->counters.pages_shared)
		return 0;
	if (split_huge_page(twin, item))
		return -ENOMEM;
	/* Holding the one for the other, ksmd only gets as far as splitting what both are in. */
	if (same_huge || is_freed_by_split(twin, item))
		return 0;
	if (split_huge_page(twin, tree_item))
		return -ENOMEM;
	if (is_freed_by_split(twin, tree_item))
		return 0;
	node = stable_tree_insert(twin, item, profile->merges_into_copy ? 0 : pfn_of(twin, item));
	if (!node)
		return -ENOMEM;
	remove_rmap_item_from_tree(twin, other);
	return stable_tree_append(twin, other, node) ?: stable_tree_append(twin, number, node);
}

/* 1 if it did, 0 if it is the zero page already by being split off, or -ENOMEM. */
static int merge_with_zero_page(struct ksm_twin *twin, uint32_t number)
{
	struct rmap_item *item = item_at(twin, number);

	if (split_huge_page(twin, item))
		return -ENOMEM;
	if (is_freed_by_split(twin, item))
		return 0;
	item->in_zero_page = true;
	twin->counters.ksm_zero_pages++;
	mm_of(twin, item)->counters.ksm_zero_pages++;
	return 1;
}

/* A page that is a KSM page, by the twin's own doing, by a fork of it, or since before the scan began. */
static int keep_ksm_page(struct ksm_twin *twin, uint32_t number)
{
	struct rmap_item *item = item_at(twin, number);
	uint32_t node = stable_node_of_page(twin, item);

	if (node && item->is_stable) {
		if (twin->model.profile->breaks_lone_pages && node_at(twin, node)->mapcount == 1 &&
		    !stable_node_is_held(twin, node_at(twin, node))) {
			remove_rmap_item_from_tree(twin, number);
			set_old_checksum(twin, item, OLD_IS_CURRENT);
		}
		return 0;
	}
	remove_rmap_item_from_tree(twin, number);
	/* It may have left its node for another KSM page. */
	if (!node)
		node = stable_node_of_page(twin, item);
	if (!node)
		node = stable_tree_insert(twin, item, pfn_of(twin, item));
	if (!node)
		return -ENOMEM;
	/* Forked KSM pages join their node even when it is full. */
	return stable_tree_append(twin, number, node);
}

int cmp_and_merge_page(struct ksm_twin *twin, uint32_t number)
{
	bool checksum_first = twin->model.profile->checksum_first;
	struct rmap_item *item = item_at(twin, number);
	uint32_t other;
	bool changed = item->changed;
	int joined;

	item->changed = false;
	if (is_ksm_page(twin, item))
		return keep_ksm_page(twin, number);
	if (checksum_first)
		remove_rmap_item_from_tree(twin, number);

	if (!checksum_first && (joined = join_stable_node(twin, number)) != 0)
		return joined < 0 ? joined : 0;
	if (old_checksum(twin, item) != ksm_page_key_checksum(item->key)) {
		set_old_checksum(twin, item, OLD_IS_CURRENT);
		item->changed = changed;
		return 0;
	}
	if (item->is_zero && ksm_model_get(&twin->model, KSM_SYSFS_use_zero_pages) &&
	    (joined = merge_with_zero_page(twin, number)) != 0)
		return joined < 0 ? joined : 0;
	if (checksum_first && (joined = join_stable_node(twin, number)) != 0)
		return joined < 0 ? joined : 0;
	if (unstable_tree_search_insert(twin, number, &other))
		return -ENOMEM;
	return other ? merge_two_pages(twin, number, other) : 0;
}
