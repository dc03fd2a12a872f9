/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ksmd/internal.h"

#include <errno.h>
#include <stdlib.h>

static struct ksm_rb_space stable_space(const struct ksm_twin *twin)
{
	return (struct ksm_rb_space){&twin->nodes, offsetof(struct stable_node, rb)};
}

/* The plain node or chain of a content and nid; 0 if there is none, and then where it would go. */
static uint32_t find(const struct ksm_twin *twin, struct ksm_page_key key, uint32_t nid,
		     uint32_t *ret_parent, unsigned int *ret_side)
{
	uint32_t parent = 0, walk = *forest_root(&twin->stable, key);
	unsigned int side = 0;

	while (walk) {
		const struct stable_node *node = node_at(twin, walk);
		int order = tree_compare(key, nid, node->key, node->nid);

		if (order == 0)
			return walk;
		parent = walk;
		side = order > 0;
		walk = node->rb.child[side];
	}
	*ret_parent = parent;
	*ret_side = side;
	return 0;
}

/* ---------------------------------------------------------------- KSM pages by PFN */

static void kpfn_remember(struct ksm_twin *twin, uint32_t number)
{
	struct stable_node *node = node_at(twin, number);
	uint32_t *list = forest_list(&twin->by_kpfn, node->kpfn);

	node->next_by_kpfn = *list;
	*list = number;
}

static void kpfn_forget(struct ksm_twin *twin, uint32_t number)
{
	struct stable_node *node = node_at(twin, number);
	uint32_t *link = node->kpfn ? forest_list(&twin->by_kpfn, node->kpfn) : NULL;

	if (!link)
		return;
	while (*link != number)
		link = &node_at(twin, *link)->next_by_kpfn;
	*link = node->next_by_kpfn;
	node->kpfn = 0;
}

void stable_tree_see_change(struct ksm_twin *twin, uint32_t number)
{
	const struct rmap_item *item = item_at(twin, number);
	uint64_t pfn = pfn_of(twin, item);
	uint32_t next = pfn ? *forest_list(&twin->by_kpfn, pfn) : 0;

	for (uint32_t walk = next; walk; walk = next) {
		const struct stable_node *node = node_at(twin, walk);

		next = node->next_by_kpfn;
		if (node->kpfn == pfn && !ksm_page_key_equal(node->key, item->key))
			kpfn_forget(twin, walk);
	}
}

int stable_tree_note_fork(struct ksm_twin *twin, uint32_t number)
{
	const struct rmap_item *item = item_at(twin, number);
	uint64_t pfn = pfn_of(twin, item);
	uint32_t *list = forest_list(&twin->by_fork, pfn);
	uint32_t note = ksm_arena_alloc(&twin->forks);
	struct fork *fork;

	if (!note)
		return -ENOMEM;
	fork = ksm_arena_at(&twin->forks, note);
	fork->pfn = pfn;
	fork->node = item->is_stable ? link_of(twin, item)->stable.node : 0;
	fork->next = *list;
	*list = note;
	return 0;
}

/* A page that was merged before the fork that brought it here. */
static uint32_t node_before_fork(const struct ksm_twin *twin, const struct rmap_item *item)
{
	uint64_t pfn = pfn_of(twin, item);
	const struct fork *fork;

	for (uint32_t walk = *forest_list(&twin->by_fork, pfn); walk; walk = fork->next) {
		fork = ksm_arena_at(&twin->forks, walk);
		if (fork->pfn == pfn && fork->node &&
		    ksm_page_key_equal(node_at(twin, fork->node)->key, item->key))
			return fork->node;
	}
	return 0;
}

bool zero_page_before_fork(const struct ksm_twin *twin, const struct rmap_item *item)
{
	uint64_t pfn = pfn_of(twin, item);
	const struct fork *fork;

	if (!pfn)
		return false;
	for (uint32_t walk = *forest_list(&twin->by_fork, pfn); walk; walk = fork->next) {
		fork = ksm_arena_at(&twin->forks, walk);
		if (fork->pfn == pfn && !fork->node)
			return true;
	}
	return false;
}

uint32_t stable_node_of_page(const struct ksm_twin *twin, const struct rmap_item *item)
{
	uint64_t pfn;

	if (item->is_stable)
		return item->is_unmapped ? 0 : link_of(twin, item)->stable.node;
	pfn = pfn_of(twin, item);
	if (!pfn)
		return 0;
	if (item->is_fresh) {
		uint32_t node = node_before_fork(twin, item);

		if (node)
			return node;
	}
	for (uint32_t walk = *forest_list(&twin->by_kpfn, pfn); walk;
	     walk = node_at(twin, walk)->next_by_kpfn) {
		const struct stable_node *node = node_at(twin, walk);

		if (node->kpfn == pfn && ksm_page_key_equal(node->key, item->key))
			return walk;
	}
	return 0;
}

void stable_tree_see_other(struct ksm_twin *twin, uint32_t number)
{
	uint32_t node = stable_node_of_page(twin, item_at(twin, number));

	if (node)
		node_at(twin, node)->held = (uint32_t)twin->seqnr + 1;
}

bool stable_node_is_held(const struct ksm_twin *twin, const struct stable_node *node)
{
	return node->held == (uint32_t)twin->seqnr + 1;
}

/* Has it a page still? */
static bool is_alive(const struct ksm_twin *twin, uint32_t number)
{
	const struct stable_node *node = node_at(twin, number);

	return node->mapcount || stable_node_is_held(twin, node);
}

/* ---------------------------------------------------------------- chains and dups */

/* @more mappings beyond those there are. A node whose mappings all went is none, until it is freed. */
static bool is_page_sharing_candidate(const struct ksm_twin *twin, const struct stable_node *node,
				      uint32_t more)
{
	if (!ksm_model_has(&twin->model, KSM_SYSFS_max_page_sharing))
		return true;
	return node->rmap_hlist_len &&
	       node->rmap_hlist_len + more <
		       ksm_model_get(&twin->model, KSM_SYSFS_max_page_sharing);
}

/*
 * A chain keeps, in place of what nodes have there, how many of its dups nobody maps (mapcount) and how many have
 * room (rmap_hlist_len): most searches need not walk them then. @by is 1 or -1.
 */
static void chain_count(struct ksm_twin *twin, const struct stable_node *dup, int by)
{
	struct stable_node *chain = node_at(twin, dup->dup.chain);

	if (!dup->mapcount)
		chain->mapcount += (uint32_t)by;
	if (is_page_sharing_candidate(twin, dup, 0))
		chain->rmap_hlist_len += (uint32_t)by;
}

/* Before and after a change of a node's mapcount or rmap_hlist_len. */
static void begin_change(struct ksm_twin *twin, const struct stable_node *node)
{
	if (node->kind == NODE_DUP)
		chain_count(twin, node, -1);
}

static void end_change(struct ksm_twin *twin, const struct stable_node *node)
{
	if (node->kind == NODE_DUP)
		chain_count(twin, node, 1);
}

static void chain_add_dup(struct ksm_twin *twin, uint32_t chain, uint32_t dup)
{
	struct stable_node *chain_node = node_at(twin, chain), *dup_node = node_at(twin, dup);

	dup_node->kind = NODE_DUP;
	dup_node->dup.chain = chain;
	dup_node->dup.prev = 0;
	dup_node->dup.next = chain_node->first;
	if (chain_node->first)
		node_at(twin, chain_node->first)->dup.prev = dup;
	chain_node->first = dup;
	chain_count(twin, dup_node, 1);
	twin->counters.stable_node_dups++;
}

static void chain_remove_dup(struct ksm_twin *twin, uint32_t dup)
{
	const struct stable_node *node = node_at(twin, dup);

	chain_count(twin, node, -1);
	if (node->dup.prev)
		node_at(twin, node->dup.prev)->dup.next = node->dup.next;
	else
		node_at(twin, node->dup.chain)->first = node->dup.next;
	if (node->dup.next)
		node_at(twin, node->dup.next)->dup.prev = node->dup.prev;
	twin->counters.stable_node_dups--;
}

/* Puts a chain in a plain node's place, with that node as its first dup. 0 when memory is short. */
static uint32_t make_chain(struct ksm_twin *twin, uint32_t number)
{
	uint32_t chain = ksm_arena_alloc(&twin->nodes);
	struct stable_node *node;

	if (!chain)
		return 0;
	node = node_at(twin, chain);
	node->key = node_at(twin, number)->key;
	node->nid = node_at(twin, number)->nid;
	node->kind = NODE_CHAIN;
	ksm_rb_replace(stable_space(twin), forest_root(&twin->stable, node->key), number, chain);
	twin->counters.stable_node_chains++;
	chain_add_dup(twin, chain, number);
	return chain;
}

/* A chain with one dup left gives its place to that dup. */
static void collapse_chain(struct ksm_twin *twin, uint32_t chain)
{
	uint32_t dup = node_at(twin, chain)->first;
	struct stable_node *node = node_at(twin, dup);

	chain_remove_dup(twin, dup);
	node->kind = NODE_PLAIN;
	ksm_rb_replace(stable_space(twin), forest_root(&twin->stable, node->key), chain, dup);
	ksm_arena_free(&twin->nodes, chain);
	twin->counters.stable_node_chains--;
}

/* The first dup with room, moved to the head if it has room for one more after this. 0 if all are full. */
static uint32_t choose_dup(struct ksm_twin *twin, uint32_t chain)
{
	uint32_t dup = node_at(twin, chain)->rmap_hlist_len ? node_at(twin, chain)->first : 0;

	while (dup && !is_page_sharing_candidate(twin, node_at(twin, dup), 0))
		dup = node_at(twin, dup)->dup.next;
	if (dup && node_at(twin, dup)->dup.prev &&
	    is_page_sharing_candidate(twin, node_at(twin, dup), 1)) {
		chain_remove_dup(twin, dup);
		chain_add_dup(twin, chain, dup);
	}
	return dup;
}

uint32_t stable_tree_insert(struct ksm_twin *twin, const struct rmap_item *item, uint64_t kpfn)
{
	uint32_t parent, number, found;
	struct stable_node *node;
	unsigned int side;

	number = ksm_arena_alloc(&twin->nodes);
	if (!number)
		return 0;
	node = node_at(twin, number);
	node->key = item->key;
	node->nid = (uint16_t)nid_of(twin, item);
	node->kpfn = kpfn;
	node->kind = NODE_PLAIN;

	found = find(twin, item->key, nid_of(twin, item), &parent, &side);
	if (!found) {
		ksm_rb_insert(stable_space(twin), forest_root(&twin->stable, item->key), number,
			      parent, side);
	} else {
		if (node_at(twin, found)->kind != NODE_CHAIN)
			found = make_chain(twin, found);
		if (!found) {
			ksm_arena_free(&twin->nodes, number);
			return 0;
		}
		chain_add_dup(twin, found, number);
	}
	if (kpfn)
		kpfn_remember(twin, number);
	return number;
}

int stable_tree_resize(struct ksm_twin *twin, uint64_t n)
{
	struct forest old = twin->stable, by_kpfn = twin->by_kpfn;
	int err = forest_init(twin, &twin->stable, n);

	if (!err)
		err = forest_init(twin, &twin->by_kpfn, n);
	if (err) {
		if (twin->stable.root != old.root)
			free(twin->stable.root);
		twin->stable = old;
		return err;
	}
	free(old.root);
	free(by_kpfn.root);
	for (uint32_t number = 1; number < twin->nodes.end; number++) {
		const struct stable_node *node = node_at(twin, number);
		uint32_t parent = 0;
		unsigned int side = 0;

		if (node->kpfn && node->kind != NODE_FREE)
			kpfn_remember(twin, number);
		if (node->kind != NODE_PLAIN && node->kind != NODE_CHAIN)
			continue;
		find(twin, node->key, node->nid, &parent, &side);
		ksm_rb_insert(stable_space(twin), forest_root(&twin->stable, node->key), number,
			      parent, side);
	}
	return 0;
}

/* ---------------------------------------------------------------- items of a node */

static void free_stable_node(struct ksm_twin *twin, uint32_t number)
{
	const struct stable_node *node = node_at(twin, number);

	kpfn_forget(twin, number);
	if (node->kind == NODE_DUP) {
		uint32_t chain = node->dup.chain;

		chain_remove_dup(twin, number);
		if (!node_at(twin, chain)->first) {
			ksm_rb_erase(stable_space(twin), forest_root(&twin->stable, node->key),
				     chain);
			ksm_arena_free(&twin->nodes, chain);
			twin->counters.stable_node_chains--;
		}
	} else {
		ksm_rb_erase(stable_space(twin), forest_root(&twin->stable, node->key), number);
	}
	ksm_arena_free(&twin->nodes, number);
}

int stable_tree_append(struct ksm_twin *twin, uint32_t number, uint32_t node_number)
{
	struct stable_node *node = node_at(twin, node_number);
	struct rmap_item *item = item_at(twin, number);
	struct rmap_link *link;

	if (link_rmap_item(twin, number))
		return -ENOMEM;
	link = link_of(twin, item);
	item->is_stable = true;
	item->is_unmapped = false;
	link->stable.node = node_number;
	link->stable.prev = 0;
	link->stable.next = node->first;
	if (node->first)
		link_at(twin, node->first)->stable.prev = item->home;
	node->first = item->home;
	begin_change(twin, node);
	node->rmap_hlist_len++;
	node->mapcount++;
	end_change(twin, node);

	if (link->stable.next)
		twin->counters.pages_sharing++;
	else
		twin->counters.pages_shared++;
	mm_of(twin, item)->counters.ksm_merging_pages++;
	return 0;
}

void stable_tree_unmap(struct ksm_twin *twin, uint32_t number)
{
	struct rmap_item *item = item_at(twin, number);
	uint32_t node_number = link_of(twin, item)->stable.node;
	struct stable_node *node = node_at(twin, node_number);

	if (item->is_unmapped)
		return;
	item->is_unmapped = true;
	begin_change(twin, node);
	node->mapcount--;
	end_change(twin, node);
	/* Written in place, the page that was to be the KSM page is another one now. */
	if (node->kpfn && node->kpfn == pfn_of(twin, item) &&
	    !(page_flags_of(twin, item) & KSM_PAGE_SHARED))
		kpfn_forget(twin, node_number);
}

static void detach_item(struct ksm_twin *twin, struct stable_node *node, struct rmap_item *item)
{
	uint32_t next = link_of(twin, item)->stable.next, prev = link_of(twin, item)->stable.prev;

	if (prev)
		link_at(twin, prev)->stable.next = next;
	else
		node->first = next;
	if (next)
		link_at(twin, next)->stable.prev = prev;
	begin_change(twin, node);
	node->rmap_hlist_len--;
	node->mapcount -= !item->is_unmapped;
	end_change(twin, node);
	item->is_stable = false;
	item->is_unmapped = false;
	/* 2.6.32 keeps the checksum where the list's link goes. */
	if (twin->model.profile->merges_into_copy || twin->model.profile->stable_items_forget)
		item->oldchecksum = OLD_IS_0;
	if (twin->model.profile->stable_items_forget)
		item->age = item->remaining_skips = 0;

	if (node->first)
		twin->counters.pages_sharing--;
	else
		twin->counters.pages_shared--;
	mm_of(twin, item)->counters.ksm_merging_pages--;
	unlink_rmap_item(twin, item);
}

/* A node whose page is gone loses all its items at once. */
static void free_stale_node(struct ksm_twin *twin, uint32_t number)
{
	struct stable_node *node = node_at(twin, number);

	while (node->first)
		detach_item(twin, node, item_at(twin, link_at(twin, node->first)->item));
	free_stable_node(twin, number);
}

void stable_tree_remove(struct ksm_twin *twin, uint32_t number)
{
	struct rmap_item *item = item_at(twin, number);
	uint32_t node_number = link_of(twin, item)->stable.node;
	struct stable_node *node = node_at(twin, node_number);

	/* 2.6.32 knows no page but those of the items, and takes them off one by one. */
	if (twin->model.profile->merges_into_copy) {
		detach_item(twin, node, item);
		if (!node->first)
			free_stable_node(twin, node_number);
		return;
	}
	if (is_alive(twin, node_number))
		detach_item(twin, node, item);
	if (!is_alive(twin, node_number))
		free_stale_node(twin, node_number);
}

/* ---------------------------------------------------------------- searching */

/* Dups whose page is gone leave the chain on the way. True if the chain went with its last. */
static bool prune_chain(struct ksm_twin *twin, uint32_t chain)
{
	if (!node_at(twin, chain)->mapcount)
		return false;
	for (uint32_t dup = node_at(twin, chain)->first, next; dup; dup = next) {
		bool is_last = !node_at(twin, dup)->dup.prev && !node_at(twin, dup)->dup.next;

		next = node_at(twin, dup)->dup.next;
		if (is_alive(twin, dup))
			continue;
		free_stale_node(twin, dup);
		if (is_last)
			return true;
	}
	return false;
}

bool stable_tree_has(const struct ksm_twin *twin, const struct rmap_item *item)
{
	uint32_t parent;
	unsigned int side;

	return find(twin, item->key, nid_of(twin, item), &parent, &side) != 0;
}

uint32_t stable_tree_search(struct ksm_twin *twin, const struct rmap_item *item)
{
	uint32_t parent, number;
	unsigned int side;

	number = item->is_alone ? 0 : find(twin, item->key, nid_of(twin, item), &parent, &side);
	if (!number)
		return 0;
	if (node_at(twin, number)->kind == NODE_CHAIN) {
		uint32_t first;

		if (prune_chain(twin, number))
			return 0;
		first = node_at(twin, number)->first;
		if (node_at(twin, first)->dup.next)
			return choose_dup(twin, number);
		collapse_chain(twin, number);
		number = first;
	} else if (!is_alive(twin, number)) {
		free_stale_node(twin, number);
		return 0;
	}
	return is_page_sharing_candidate(twin, node_at(twin, number), 0) ? number : 0;
}
