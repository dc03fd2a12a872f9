/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ksmd/twin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "ksmd/internal.h"

int ksm_twin_new(const struct ksm_model *model, struct ksm_twin **ret_twin)
{
	struct ksm_twin *twin = calloc(1, sizeof(*twin));

	if (!twin)
		return -ENOMEM;
	twin->model = *model;
	twin->merge_across_nodes = !ksm_model_has(model, KSM_SYSFS_merge_across_nodes) ||
				   ksm_model_get(model, KSM_SYSFS_merge_across_nodes);
	ksm_arena_init(&twin->items, sizeof(struct rmap_item));
	ksm_arena_init(&twin->frames, sizeof(struct frame));
	ksm_arena_init(&twin->links, sizeof(struct rmap_link));
	ksm_arena_init(&twin->runs, sizeof(struct run));
	ksm_arena_init(&twin->nodes, sizeof(struct stable_node));
	ksm_arena_init(&twin->forks, sizeof(struct fork));
	ksm_arena_init(&twin->splits, sizeof(struct split));
	if (forest_init(twin, &twin->unstable, 0) || forest_init(twin, &twin->stable, 0) ||
	    forest_init(twin, &twin->by_kpfn, 0) || forest_init(twin, &twin->by_fork, 0) ||
	    forest_init(twin, &twin->by_huge, 0)) {
		ksm_twin_free(&twin);
		return -ENOMEM;
	}
	*ret_twin = twin;
	return 0;
}

void ksm_twin_free(struct ksm_twin **twin_p)
{
	struct ksm_twin *twin = *twin_p;

	if (!twin)
		return;
	ksm_arena_release(&twin->items);
	ksm_arena_release(&twin->frames);
	ksm_arena_release(&twin->links);
	ksm_arena_release(&twin->runs);
	ksm_arena_release(&twin->nodes);
	ksm_arena_release(&twin->forks);
	ksm_arena_release(&twin->splits);
	free(twin->unstable.root);
	free(twin->stable.root);
	free(twin->by_kpfn.root);
	free(twin->by_fork.root);
	free(twin->by_huge.root);
	free(twin->mm);
	free(twin);
	*twin_p = NULL;
}

int ksm_twin_add_mm(struct ksm_twin *twin, uint32_t *ret_mm)
{
	if (twin->n_mms >> 22)
		return -ENOMEM;
	if (ksm_array_reserve(&twin->mm, &twin->mm_capacity, twin->n_mms + 1, sizeof(*twin->mm)))
		return -ENOMEM;
	memset(&twin->mm[twin->n_mms], 0, sizeof(*twin->mm));
	*ret_mm = (uint32_t)twin->n_mms++;
	return 0;
}

int ksm_twin_pass_begin(struct ksm_twin *twin)
{
	uint32_t forks = twin->forks.end;
	struct forest by_fork;

	if (unstable_tree_reset(twin))
		return -ENOMEM;

	ksm_arena_release(&twin->forks);
	if (forest_init(twin, &by_fork, forks))
		return -ENOMEM;
	free(twin->by_fork.root);
	twin->by_fork = by_fork;

	if (twin->nodes.end / 8 > twin->stable.mask)
		return stable_tree_resize(twin, twin->nodes.end);
	return 0;
}

/* A first pass begins without contents, and its trees are for none. */
static int fit_forests(struct ksm_twin *twin)
{
	if (twin->repeated / 4 > twin->unstable.mask && unstable_tree_reset(twin))
		return -ENOMEM;
	if (twin->nodes.end == 1 && twin->repeated / 8 > twin->stable.mask)
		return stable_tree_resize(twin, twin->repeated);
	return 0;
}

void ksm_twin_let_go(struct ksm_twin *twin)
{
	twin->lets_go = true;
}

void ksm_twin_mm_begin(struct ksm_twin *twin, uint32_t mm)
{
	cursor_begin(twin, mm);
}

/* ---------------------------------------------------------------- seeing */

/* The item at the cursor was not seen: its address has no page of its own any more. */
static void pass_over_item(struct ksm_twin *twin)
{
	uint32_t number = cursor_item(twin);
	struct rmap_item *item = item_at(twin, number);

	item->is_present = false;
	if (item->is_stable)
		stable_tree_unmap(twin, number);
	cursor_step(twin);
}

void ksm_twin_mm_end(struct ksm_twin *twin)
{
	while (cursor_item(twin))
		pass_over_item(twin);
}

/* The item of @address, which the cursor is behind then; 0 if there is none, and it is where that would go. */
static uint32_t find_item(struct ksm_twin *twin, uint64_t address)
{
	uint32_t number;

	while ((number = cursor_item(twin)) != 0) {
		uint64_t at = address_of(twin, item_at(twin, number));

		if (at == address) {
			cursor_step(twin);
			return number;
		}
		if (at > address)
			break;
		pass_over_item(twin);
	}
	return 0;
}

/* The node whose trees a page is for. */
static uint32_t get_kpfn_nid(const struct ksm_twin *twin, const struct ksm_page *page)
{
	if (twin->merge_across_nodes)
		return 0;
	return page->flags & KSM_PAGE_NID ? page->nid : NID_UNKNOWN;
}

/*
 * Does the address still have the page that it had? Another PFN is another page, mapped anew with what the old
 * one held: to ksmd it is no KSM page. (The kernel may also have moved the page, which ksmd would not notice;
 * what was merged then merges again in the same pass.)
 */
static bool is_same_page(const struct rmap_item *item, uint64_t old_pfn, uint64_t pfn,
			 const struct ksm_page_sum *sum)
{
	if (old_pfn && pfn && old_pfn != pfn)
		return false;
	return ksm_page_key_equal(item->key, sum->key);
}

static struct frame frame_of_page(const struct ksm_twin *twin, const struct ksm_page *page)
{
	return (struct frame){
		.pfn = page->flags & KSM_PAGE_PFN ? page->pfn : 0,
		.nid = get_kpfn_nid(twin, page),
		.page_flags = page->flags & PAGE_FLAGS_MASK,
	};
}

/* Of an address that had none. ksmd has no rmap item for it, either. */
static uint32_t take_new_page(struct ksm_twin *twin, const struct ksm_page *page,
			      const struct ksm_page_sum *sum)
{
	const struct rmap_item item = {
		.key = sum->key,
		.is_zero = sum->is_zero,
		.changed = page->flags & KSM_PAGE_KNOWN,
		.is_new = true,
		.is_fresh = true,
		.is_present = true,
	};
	const struct frame frame = frame_of_page(twin, page);
	uint32_t number = cursor_insert(twin, item, frame, page->address);

	if (number && frame.pfn) {
		stable_tree_see_change(twin, number);
		stable_tree_see_other(twin, number);
	}
	return number;
}

static int take_page(struct ksm_twin *twin, uint32_t number, const struct ksm_page *page,
		     const struct ksm_page_sum *sum)
{
	struct rmap_item *item = item_at(twin, number);
	const struct frame old = frame_of(twin, item);
	struct frame frame = frame_of_page(twin, page);
	bool is_same = is_same_page(item, old.pfn, frame.pfn, sum);

	item->is_new = false;
	item->changed = !ksm_page_key_equal(item->key, sum->key);
	frame.changes = old.changes;
	if (item->changed && frame.changes < KSM_TWIN_CHANGES_MAX)
		frame.changes++;
	if (set_key(twin, number, sum->key) || set_frame(twin, number, frame))
		return -ENOMEM;
	item->is_zero = sum->is_zero;
	item->is_present = true;
	if (!is_same)
		stable_tree_see_change(twin, number);
	if (!item->is_stable && (item->is_fresh || (old.page_flags & KSM_PAGE_SHARED)))
		stable_tree_see_other(twin, number);
	if (!item->is_stable && !item->in_zero_page) {
		item->is_unmapped = item->is_ghost && !is_same;
		return 0;
	}
	if (is_same && frame.pfn && (frame.page_flags & KSM_PAGE_SHARED))
		return stable_tree_note_fork(twin, number);
	if (!is_same && item->is_stable)
		stable_tree_unmap(twin, number);
	else if (!is_same)
		item->is_unmapped = true;
	return 0;
}

/* ---------------------------------------------------------------- visiting */

static void count_rmap_item(struct ksm_twin *twin, const struct rmap_item *item, int by)
{
	twin->counters.rmap_items += by;
	mm_of(twin, item)->counters.ksm_rmap_items += by;
}

static void enter_zero_page(struct ksm_twin *twin, struct rmap_item *item)
{
	twin->counters.ksm_zero_pages++;
	mm_of(twin, item)->counters.ksm_zero_pages++;
	item->in_zero_page = item->is_ghost = true;
	item->is_fresh = false;
}

static void leave_zero_page(struct ksm_twin *twin, struct rmap_item *item)
{
	twin->counters.ksm_zero_pages--;
	mm_of(twin, item)->counters.ksm_zero_pages--;
	item->in_zero_page = item->is_ghost = false;
	item->is_unmapped = false;
}

/* The one at the cursor. -ENOMEM only. */
static int drop_item(struct ksm_twin *twin, uint32_t number)
{
	struct rmap_item *item = item_at(twin, number);

	remove_rmap_item_from_tree(twin, number);
	if (!item->is_ghost && !item->is_fresh)
		count_rmap_item(twin, item, -1);
	if (item->in_zero_page)
		leave_zero_page(twin, item);
	return cursor_drop(twin);
}

/* The kernel has none for it: one that is made at the next visit starts anew. */
static void forget_rmap_item(struct ksm_twin *twin, struct rmap_item *item)
{
	item->is_fresh = true;
	set_old_checksum(twin, item, OLD_IS_0);
	item->age = item->remaining_skips = 0;
}

/*
 * ksmd does not see an address that it gave the zero page: the next pass frees its rmap item, and a write
 * makes it a new page. True if there is nothing to visit.
 */
static bool is_still_zero_page(struct ksm_twin *twin, struct rmap_item *item)
{
	bool was_ghost = item->is_ghost;

	if (item->is_zero && !item->is_unmapped) {
		if (!was_ghost)
			count_rmap_item(twin, item, -1);
		item->is_ghost = true;
		return true;
	}
	leave_zero_page(twin, item);
	if (was_ghost)
		forget_rmap_item(twin, item);
	return false;
}

/* The same where a huge page was split: neither is it visited, nor counted, before it is written to. */
static bool is_split_off(struct ksm_twin *twin, uint32_t number)
{
	struct rmap_item *item = item_at(twin, number);

	if (item->is_ghost && !item->in_zero_page) {
		if (item->is_zero && !item->changed && !item->is_unmapped)
			return true;
		item->is_ghost = item->is_unmapped = false;
		forget_rmap_item(twin, item);
		return false;
	}
	if (!is_freed_by_split(twin, item))
		return false;
	remove_rmap_item_from_tree(twin, number);
	if (!item->is_fresh)
		count_rmap_item(twin, item, -1);
	item->is_fresh = false;
	item->is_ghost = true;
	return true;
}

/* As @visit does, and with those that the item stands for. */
static int visit_all(struct ksm_twin *twin, uint32_t number,
		     int (*visit)(struct ksm_twin *twin, uint32_t number))
{
	const struct rmap_item *item = item_at(twin, number);
	struct ksm_mm_counters mm_before;
	struct ksm_counters before;
	int err;

	if (!item->is_many)
		return visit(twin, number);
	before = twin->counters;
	mm_before = mm_of(twin, item)->counters;
	err = visit(twin, number);
	count_others(twin, item, &before, &mm_before);
	return err;
}

static int visit_item(struct ksm_twin *twin, uint32_t number)
{
	struct rmap_item *item = item_at(twin, number);
	int err;

	if (is_split_off(twin, number))
		return 0;
	if (item->is_fresh && item->is_zero && zero_page_before_fork(twin, item)) {
		enter_zero_page(twin, item);
		return 0;
	}
	if (item->in_zero_page && is_still_zero_page(twin, item))
		return 0;
	if (item->is_fresh)
		count_rmap_item(twin, item, 1);
	if (should_skip_rmap_item(twin, number))
		return 0;
	twin->counters.pages_scanned++;
	err = cmp_and_merge_page(twin, number);
	item->is_fresh = false;
	return err;
}

/*
 * Looking up a page's key costs little but waiting for memory: the root, what it leads to, and whose that is. Of items
 * further on these are fetched ahead. Most have the next numbers; of others it does no harm.
 */
#define ROOTS_AHEAD    16
#define ELEMENTS_AHEAD 10
#define OWNERS_AHEAD   5

static const struct rmap_item *item_ahead(const struct ksm_twin *twin, uint32_t number,
					  uint32_t ahead)
{
	const struct rmap_item *item;

	if (twin->items.end - number <= ahead)
		return NULL;
	item = item_at(twin, number + ahead);
	return item->is_alone ? NULL : item;
}

static void look_ahead(const struct ksm_twin *twin, uint32_t number)
{
	const struct rmap_item *item = item_ahead(twin, number, ROOTS_AHEAD);

	if (item) {
		__builtin_prefetch(forest_root(&twin->stable, item->key));
		__builtin_prefetch(forest_root(&twin->unstable, item->key));
		if (pfn_of(twin, item))
			__builtin_prefetch(forest_list(&twin->by_kpfn, pfn_of(twin, item)));
	}
	item = item_ahead(twin, number, ELEMENTS_AHEAD);
	if (item) {
		__builtin_prefetch(node_at(twin, *forest_root(&twin->stable, item->key)));
		__builtin_prefetch(link_at(twin, *forest_root(&twin->unstable, item->key)));
	}
	item = item_ahead(twin, number, OWNERS_AHEAD);
	if (item) {
		uint32_t link = *forest_root(&twin->unstable, item->key);

		if (link)
			__builtin_prefetch(item_at(twin, link_at(twin, link)->item));
	}
}

static int visit_mm(struct ksm_twin *twin, uint32_t mm)
{
	uint32_t number;
	int err = 0;

	cursor_begin(twin, mm);
	while (!err && (number = cursor_item(twin)) != 0) {
		look_ahead(twin, number);
		if (!item_at(twin, number)->is_present) {
			err = drop_item(twin, number);
			continue;
		}
		if (twin->seqnr || item_at(twin, number)->is_fresh)
			err = visit_all(twin, number, visit_item);
		cursor_step(twin);
	}
	return err;
}

/* What visiting it comes to while there are no nodes. */
static void visit_first(struct ksm_twin *twin, struct rmap_item *item)
{
	count_rmap_item(twin, item, 1);
	twin->counters.pages_scanned++;
	item->age = ksm_model_get(&twin->model, KSM_SYSFS_smart_scan) != 0;
	item->oldchecksum = OLD_IS_CURRENT;
	item->is_fresh = false;
}

/*
 * In a first pass a page waits for its end only if it may come to a node, and so do all behind it, which may join that.
 * Of the others ksmd remembers the checksum, whatever comes behind.
 */
int ksm_twin_see(struct ksm_twin *twin, const struct ksm_page *page, const struct ksm_page_sum *sum)
{
	uint32_t number = find_item(twin, page->address);

	if (number)
		return take_page(twin, number, page, sum);
	number = take_new_page(twin, page, sum);
	if (!number)
		return -ENOMEM;
	twin->defers |= twin->seqnr || (page->flags & KSM_PAGE_KSM) ||
			!ksm_page_key_checksum(sum->key);
	if (!twin->defers)
		visit_first(twin, item_at(twin, number));
	return 0;
}

/* Nothing of it was seen in this pass. */
static bool mm_is_gone(const struct ksm_twin *twin, uint32_t mm)
{
	struct ksm_twin_walk walk = ksm_twin_walk_begin(twin, mm);
	uint32_t number = ksm_twin_walk_next(&walk);

	while (number && !item_at(twin, number)->is_present)
		number = ksm_twin_walk_next(&walk);
	return !number;
}

/*
 * The mm of a process that exits is moved to the front of ksmd's list: a pass begins with taking its items
 * off their nodes.
 */
int ksm_twin_pass_end(struct ksm_twin *twin)
{
	int err = learn_contents(twin);

	if (!err && twin->lets_go)
		err = let_alone_go(twin);
	if (!err)
		err = fit_forests(twin);
	for (uint32_t mm = 0; mm < twin->n_mms && !err; mm++)
		if (mm_is_gone(twin, mm))
			err = visit_mm(twin, mm);
	for (uint32_t mm = 0; mm < twin->n_mms && !err && (twin->seqnr || twin->defers); mm++)
		err = visit_mm(twin, mm);
	twin->seqnr++;
	twin->counters.full_scans++;
	return err;
}

static int repeat_item(struct ksm_twin *twin, uint32_t number)
{
	struct rmap_item *item = item_at(twin, number);

	if (item->changed || is_split_off(twin, number) ||
	    (item->in_zero_page && is_still_zero_page(twin, item)) ||
	    should_skip_rmap_item(twin, number))
		return 0;
	twin->counters.pages_scanned++;
	return cmp_and_merge_page(twin, number);
}

static int repeat_mm(struct ksm_twin *twin, uint32_t mm)
{
	struct ksm_twin_walk walk = ksm_twin_walk_begin(twin, mm);
	uint32_t number;
	int err = 0;

	while (!err && (number = ksm_twin_walk_next(&walk)) != 0) {
		look_ahead(twin, number);
		err = visit_all(twin, number, repeat_item);
	}
	return err;
}

int ksm_twin_repeat(struct ksm_twin *twin, bool smart_scan)
{
	int err = ksm_twin_pass_begin(twin);

	twin->looks_at_all = !smart_scan;
	for (uint32_t mm = 0; mm < twin->n_mms && !err; mm++)
		err = repeat_mm(twin, mm);
	twin->looks_at_all = false;
	twin->seqnr++;
	twin->counters.full_scans++;
	return err;
}
