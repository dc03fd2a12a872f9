/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where items are kept: their runs, and their links. Most pages of most programs are like no other and do not change,
 * so that an item is little more than its page's key and PFN; where it lies its run says, for all of its items at once.
 */
#include <errno.h>

#include "ksmd/internal.h"

static struct run *run_at(const struct ksm_twin *twin, uint32_t number)
{
	return ksm_arena_at(&twin->runs, number);
}

/* ---------------------------------------------------------------- frames */

static struct frame *frame_at(const struct ksm_twin *twin, uint32_t number)
{
	return ksm_arena_at(&twin->frames, number);
}

int set_frame(struct ksm_twin *twin, uint32_t number, struct frame frame)
{
	bool is_any = frame.pfn || frame.nid || frame.changes || frame.page_flags;

	if (twin->frames.end == 1 && !is_any)
		return 0;
	while (twin->frames.end < twin->items.end)
		if (!ksm_arena_alloc(&twin->frames))
			return -ENOMEM;
	*frame_at(twin, number) = frame;
	return 0;
}

/* ---------------------------------------------------------------- links */

int link_rmap_item(struct ksm_twin *twin, uint32_t number)
{
	struct rmap_item *item = item_at(twin, number);
	struct rmap_link *link;
	uint32_t link_number;

	if (item->is_linked)
		return 0;
	link_number = ksm_arena_alloc(&twin->links);
	if (!link_number)
		return -ENOMEM;
	link = link_at(twin, link_number);
	link->item = number;
	link->run = item->home;
	item->home = link_number;
	item->is_linked = true;
	return 0;
}

void unlink_rmap_item(struct ksm_twin *twin, struct rmap_item *item)
{
	uint32_t link = item->home;

	if (!item->is_linked || item->is_stable || item->is_unstable || item->is_many ||
	    item->oldchecksum == OLD_IS_KEPT)
		return;
	item->home = link_of(twin, item)->run;
	item->is_linked = false;
	ksm_arena_free(&twin->links, link);
}

void set_old_checksum(struct ksm_twin *twin, struct rmap_item *item, unsigned int old)
{
	item->oldchecksum = old;
	unlink_rmap_item(twin, item);
}

int set_key(struct ksm_twin *twin, uint32_t number, struct ksm_page_key key)
{
	struct rmap_item *item = item_at(twin, number);
	uint32_t old = old_checksum(twin, item);

	item->key = key;
	if (old == 0) {
		item->oldchecksum = OLD_IS_0;
	} else if (old == ksm_page_key_checksum(key)) {
		item->oldchecksum = OLD_IS_CURRENT;
	} else {
		if (link_rmap_item(twin, number))
			return -ENOMEM;
		item->oldchecksum = OLD_IS_KEPT;
		link_of(twin, item)->oldchecksum = old;
	}
	unlink_rmap_item(twin, item);
	return 0;
}

/* ---------------------------------------------------------------- runs */

void cursor_begin(struct ksm_twin *twin, uint32_t mm)
{
	twin->cursor = (struct cursor){.mm = mm, .run = twin->mm[mm].runs};
}

uint32_t cursor_item(const struct ksm_twin *twin)
{
	const struct cursor *cursor = &twin->cursor;

	return cursor->run ? run_at(twin, cursor->run)->first + cursor->index : 0;
}

static void next_run(struct ksm_twin *twin)
{
	struct cursor *cursor = &twin->cursor;

	cursor->prev = cursor->run;
	cursor->run = run_at(twin, cursor->run)->next;
	cursor->index = 0;
}

void cursor_step(struct ksm_twin *twin)
{
	if (++twin->cursor.index == run_at(twin, twin->cursor.run)->n)
		next_run(twin);
}

/* What leads to the run of the item at the cursor. */
static uint32_t *link_to_run(struct ksm_twin *twin)
{
	const struct cursor *cursor = &twin->cursor;

	return cursor->prev ? &run_at(twin, cursor->prev)->next : &twin->mm[cursor->mm].runs;
}

/* Before the cursor, which is at the beginning of a run. -ENOMEM only. */
static int add_run(struct ksm_twin *twin, struct run run)
{
	uint32_t number = ksm_arena_alloc(&twin->runs);

	if (!number)
		return -ENOMEM;
	run.mm = twin->cursor.mm;
	run.next = twin->cursor.run;
	*run_at(twin, number) = run;
	*link_to_run(twin) = number;
	twin->cursor.prev = number;
	return 0;
}

/* What is before the cursor becomes a run of its own. -ENOMEM only. */
static int split_run(struct ksm_twin *twin)
{
	struct cursor *cursor = &twin->cursor;
	struct run *run = run_at(twin, cursor->run);
	uint32_t first = run->first, n = cursor->index;

	if (add_run(twin, (struct run){.address = run->address, .first = first, .n = n}))
		return -ENOMEM;
	run = run_at(twin, cursor->run);
	run->first += n;
	run->n -= n;
	cursor->index = 0;
	for (uint32_t number = first; number < first + n; number++) {
		struct rmap_item *item = item_at(twin, number);

		if (item->is_linked)
			link_of(twin, item)->run = cursor->prev;
		else
			item->home = cursor->prev;
	}
	return 0;
}

/* Is it the next in number and address of the items in the run before the cursor? */
static bool continues_run(const struct ksm_twin *twin, uint32_t number, uint64_t begin)
{
	const struct run *run = run_at(twin, twin->cursor.prev);

	return twin->cursor.prev && run->address == begin && run->first + run->n == number;
}

uint32_t cursor_insert(struct ksm_twin *twin, struct rmap_item item, struct frame frame,
		       uint64_t address)
{
	uint64_t begin = address >> RUN_SHIFT << RUN_SHIFT;
	uint32_t number;

	if (twin->cursor.index && split_run(twin))
		return 0;
	number = ksm_arena_alloc(&twin->items);
	if (!number)
		return 0;
	if (set_frame(twin, number, frame) ||
	    (!continues_run(twin, number, begin) &&
	     add_run(twin, (struct run){.address = begin, .first = number}))) {
		ksm_arena_free(&twin->items, number);
		return 0;
	}
	run_at(twin, twin->cursor.prev)->n++;
	/* Whole: where it is looked at first, fresh memory costs a second fault and a flush of all CPUs' TLBs. */
	item.offset = (address - begin) >> RUN_PAGE_SHIFT;
	item.home = twin->cursor.prev;
	*item_at(twin, number) = item;
	return number;
}

int cursor_drop(struct ksm_twin *twin)
{
	struct cursor *cursor = &twin->cursor;
	uint32_t number = cursor_item(twin), empty;
	struct rmap_item *item = item_at(twin, number);
	struct run *run;

	if (cursor->index && split_run(twin))
		return -ENOMEM;
	set_old_checksum(twin, item, OLD_IS_0);
	ksm_arena_free(&twin->items, number);
	run = run_at(twin, cursor->run);
	run->first++;
	if (--run->n == 0) {
		empty = cursor->run;
		*link_to_run(twin) = cursor->run = run->next;
		ksm_arena_free(&twin->runs, empty);
	}
	return 0;
}

/* ---------------------------------------------------------------- closing up */

static uint32_t count_items(const struct ksm_twin *twin, const struct run *run)
{
	uint32_t n = 0;

	for (uint32_t number = run->first; number < run->first + run->n; number++)
		n += item_at(twin, number)->home != 0;
	return n;
}

/* Counts the items of each run of an mm, whose first is to be found anew. */
static void pack_runs(struct ksm_twin *twin, uint32_t mm)
{
	struct cursor *cursor = &twin->cursor;

	cursor_begin(twin, mm);
	while (cursor->run) {
		uint32_t number = cursor->run;
		struct run *run = run_at(twin, number);

		run->n = count_items(twin, run);
		run->first = 0;
		if (run->n) {
			next_run(twin);
		} else {
			*link_to_run(twin) = cursor->run = run->next;
			ksm_arena_free(&twin->runs, number);
		}
	}
}

void pack_rmap_items(struct ksm_twin *twin)
{
	uint32_t end = 1;

	for (uint32_t mm = 0; mm < twin->n_mms; mm++)
		pack_runs(twin, mm);
	for (uint32_t number = 1; number < twin->items.end; number++) {
		const struct rmap_item *item = item_at(twin, number);
		struct run *run;

		if (!item->home)
			continue;
		run = run_of(twin, item);
		run->first = run->first ?: end;
		if (item->is_linked)
			link_of(twin, item)->item = end;
		if (twin->frames.base)
			*frame_at(twin, end) = *frame_at(twin, number);
		*item_at(twin, end++) = *item;
	}
	ksm_arena_shrink(&twin->items, end);
	if (twin->frames.base)
		ksm_arena_shrink(&twin->frames, end);
}

/* ---------------------------------------------------------------- for others */

struct ksm_twin_walk ksm_twin_walk_begin(const struct ksm_twin *twin, uint32_t mm)
{
	return (struct ksm_twin_walk){.twin = twin, .run = twin->mm[mm].runs};
}

uint32_t ksm_twin_walk_on(struct ksm_twin_walk *walk)
{
	const struct run *run;

	if (!walk->run)
		return 0;
	run = run_at(walk->twin, walk->run);
	walk->page = run->first;
	walk->end = run->first + run->n;
	walk->run = run->next;
	return walk->page;
}

uint32_t ksm_twin_walk_alone(struct ksm_twin_walk *walk, int64_t *plain)
{
	uint32_t page;

	while ((page = ksm_twin_walk_next(walk)) != 0) {
		const struct rmap_item *item = item_at(walk->twin, page);

		if (!item->is_alone)
			continue;
		if (!plain || !is_plain(walk->twin, item))
			break;
		*plain += 1 + (item->is_many ? link_of(walk->twin, item)->others : 0);
	}
	return page;
}

uint32_t ksm_twin_walk_rest(struct ksm_twin_walk *walk)
{
	uint32_t page = ksm_twin_walk_next(walk);

	while (page && item_at(walk->twin, page)->is_alone)
		page = ksm_twin_walk_next(walk);
	return page;
}

bool ksm_twin_walk_find(struct ksm_twin_walk *walk, uint64_t address, struct ksm_page_sum *ret_sum)
{
	const struct ksm_twin *twin = walk->twin;
	uint32_t page = walk->page ?: ksm_twin_walk_next(walk);
	const struct rmap_item *item;

	while (page && address_of(twin, item_at(twin, page)) < address)
		page = ksm_twin_walk_next(walk);
	if (!page || address_of(twin, item_at(twin, page)) != address)
		return false;
	item = item_at(twin, page);
	*ret_sum = (struct ksm_page_sum){item->key, item->is_zero};
	return true;
}
