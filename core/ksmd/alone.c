/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages whose content is nowhere else, which most pages of most programs are. Nothing can be equal to them, and ksmd
 * does the same with each: once nobody asks for single ones any more, all that had the same happen to them so far are
 * one item that stands for many.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "ksmd/internal.h"
#include "ksmd/key_filter.h"

/* ---------------------------------------------------------------- which they are */

/* Their slots lie anywhere in memory: so many are fetched ahead. */
#define KEYS_AHEAD 16

static void look_ahead(const struct key_filter *filter, const struct ksm_twin *twin,
		       uint32_t number)
{
	if (twin->items.end - number > KEYS_AHEAD)
		key_filter_prefetch(filter, item_at(twin, number + KEYS_AHEAD)->key);
}

static void add_items(const struct ksm_twin *twin, struct key_filter *filter)
{
	for (uint32_t number = 1; number < twin->items.end; number++) {
		look_ahead(filter, twin, number);
		if (item_at(twin, number)->is_present)
			key_filter_add(filter, item_at(twin, number)->key);
	}
}

static void mark_alone(struct ksm_twin *twin, const struct key_filter *filter)
{
	for (uint32_t number = 1; number < twin->items.end; number++) {
		struct rmap_item *item = item_at(twin, number);

		look_ahead(filter, twin, number);
		item->is_alone = item->is_present && key_filter_is_alone(filter, item->key);
	}
}

int learn_contents(struct ksm_twin *twin)
{
	ksm_cleanup(key_filter_release) struct key_filter filter = {0};

	if (key_filter_reset(&filter, (uint64_t)twin->items.end + twin->nodes.end))
		return -ENOMEM;
	add_items(twin, &filter);
	for (uint32_t number = 1; number < twin->nodes.end; number++)
		if (node_at(twin, number)->kind != NODE_FREE)
			key_filter_add(&filter, node_at(twin, number)->key);
	mark_alone(twin, &filter);
	twin->repeated = filter.repeated;
	return 0;
}

/* ---------------------------------------------------------------- one item for many */

/* What ksmd does with an item that is alone and plain depends on these alone. */
#define STATES (1u << 11)

static uint32_t state_of(const struct ksm_twin *twin, const struct rmap_item *item)
{
	bool is_old = old_checksum(twin, item) == ksm_page_key_checksum(item->key);

	return (uint32_t)item->age | (uint32_t)item->remaining_skips << 4 | (uint32_t)is_old << 8 |
	       (uint32_t)item->is_unstable << 9 | (uint32_t)item->is_fresh << 10;
}

static bool may_go(const struct ksm_twin *twin, const struct rmap_item *item)
{
	return item->is_alone && is_plain(twin, item) && !item->is_linked && !item->is_ghost &&
	       !item->is_unmapped;
}

/* Has @number stand for one more. -ENOMEM only. */
static int stand_for(struct ksm_twin *twin, uint32_t number)
{
	struct rmap_item *item = item_at(twin, number);

	if (!item->is_many) {
		if (link_rmap_item(twin, number))
			return -ENOMEM;
		item->is_many = true;
		link_of(twin, item)->others = 0;
	}
	link_of(twin, item)->others++;
	return 0;
}

int let_alone_go(struct ksm_twin *twin)
{
	for (uint32_t mm = 0; mm < twin->n_mms; mm++) {
		struct ksm_twin_walk walk = ksm_twin_walk_begin(twin, mm);
		uint32_t first[STATES] = {0}, number;

		while ((number = ksm_twin_walk_next(&walk)) != 0) {
			struct rmap_item *item = item_at(twin, number);
			uint32_t *stands;

			if (!may_go(twin, item))
				continue;
			stands = &first[state_of(twin, item)];
			if (!*stands) {
				*stands = number;
				continue;
			}
			if (stand_for(twin, *stands))
				return -ENOMEM;
			item->home = 0;
		}
	}
	pack_rmap_items(twin);
	return 0;
}

void count_others(struct ksm_twin *twin, const struct rmap_item *item,
		  const struct ksm_counters *before, const struct ksm_mm_counters *mm_before)
{
	int64_t others = link_of(twin, item)->others;
	struct ksm_mm_counters *mm = &mm_of(twin, item)->counters;

#define X(name) twin->counters.name += (twin->counters.name - before->name) * others;
	KSM_COUNTERS(X)
#undef X
	mm->ksm_rmap_items += (mm->ksm_rmap_items - mm_before->ksm_rmap_items) * others;
}
