/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the twin share: its items, nodes and trees. Not for use outside core/ksmd. */
#ifndef KSM_KSMD_INTERNAL_H
#define KSM_KSMD_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/red_black.h"
#include "checksum/checksum.h"
#include "kernel/nodes.h"
#include "ksmd/counters.h"
#include "ksmd/forest.h"
#include "ksmd/twin.h"

/* What an item keeps of enum ksm_page_flag: those up to KSM_PAGE_HUGE. */
#define PAGE_FLAGS_MASK 0xfu

/* Where pages do not merge across nodes, those of an unknown one merge among themselves. */
#define NID_UNKNOWN KSM_NODES_MAX

#define RUN_PAGE_SHIFT 12 /* of the smallest pages */
#define RUN_SHIFT      19 /* what a run may span, and where it begins */

#define SEQNR_MASK 0x3u

/* What an item's oldchecksum is, ksmd's of its last visit. */
enum { OLD_IS_0, OLD_IS_CURRENT /* that of its key */, OLD_IS_KEPT /* another, in its link */ };

/* One per page, numbered in address order within its run. */
struct rmap_item {
	struct ksm_page_key key; /* of the content last seen, with its checksum */
	uint64_t
		home : 31; /* its run or, if it is linked, its link, which has the run; 0 once freed */
	uint64_t offset : RUN_SHIFT - RUN_PAGE_SHIFT; /* pages from where its run begins */
	uint64_t age : 4;			      /* of smart scan */
	uint64_t remaining_skips : 4;
	uint64_t oldchecksum : 2;
	uint64_t
		seqnr : 2; /* low bits of the pass in which it entered the unstable tree: this or the last */
	bool is_new : 1;      /* was not there in the pass before */
	bool is_unstable : 1; /* counted in the unstable tree, and in it unless it is alone */
	bool is_stable : 1;   /* on a stable node */
	bool is_alone : 1;    /* no other item that the pass visits, and no node, has its content */
	bool in_zero_page : 1; /* the twin merged the address with the kernel's zero page */
	bool is_ghost : 1; /* its address maps the zero page, and the kernel has no rmap item for it any more */
	bool is_linked : 1;
	bool is_many : 1; /* stands for others as well, all of them alone */
	bool is_zero : 1;
	bool is_present : 1; /* seen in this pass */
	bool is_fresh : 1;   /* the kernel has no rmap item for it before this pass */
	bool is_unmapped : 1; /* on a node or merged with the zero page, but its address maps another page by now */
	bool changed : 1; /* has other bytes than in the pass before, and is not merged since */
};
_Static_assert(sizeof(struct rmap_item) == 24, "there is one for each page");

/* What a living process tells of an item's page, and a dump hardly ever: kept where there is anything to be kept. */
struct frame {
	uint64_t pfn : 40;    /* 0 if unknown */
	uint64_t nid : 11;    /* whose trees it is for; 0 where pages merge across nodes */
	uint64_t changes : 4; /* passes that saw other bytes than the one before */
	uint64_t page_flags : 4;
};
_Static_assert(sizeof(struct frame) == 8, "there is one for each page of a process");

/* What only items have that are in a tree, on a node, or were changed since ksmd came by: few, of most programs. */
struct rmap_link {
	union {
		struct ksm_rb_node rb; /* in the unstable tree, which is one of links */
		struct {	       /* on a stable node */
			uint32_t node;
			uint32_t next; /* links */
			uint32_t prev; /* 0 for the first */
		} stable;
		uint32_t others; /* for which it stands, of one that is_many */
	};
	uint32_t oldchecksum; /* if it is kept */
	uint32_t item;
	uint32_t run;
};

/* Items of one mm that follow each other in number as well as in address, all within what a run may span. */
struct run {
	uint64_t address; /* a multiple of what a run may span */
	uint32_t first;	  /* item */
	uint32_t n;	  /* never 0 */
	uint32_t mm;
	uint32_t next; /* run of the mm */
};

enum { NODE_FREE, NODE_PLAIN, NODE_CHAIN, NODE_DUP };

/*
 * A KSM page, or a chain: the place in the tree of several KSM pages of one content, its dups, none of which
 * may have more than max_page_sharing mappings. What a chain has in rmap_hlist_len and mapcount, chain_count() says.
 */
struct stable_node {
	struct ksm_page_key key;
	uint64_t kpfn; /* 0 if unknown, or if the page is a copy made for merging */
	union {
		struct ksm_rb_node rb; /* of plain nodes and chains */
		struct {	       /* of a dup */
			uint32_t chain;
			uint32_t next;
			uint32_t prev; /* 0 for the first */
		} dup;
	};
	uint32_t first; /* link of an rmap item; for a chain its first dup */
	uint32_t rmap_hlist_len;
	uint32_t mapcount; /* of its items, those whose address maps the page still */
	uint32_t held;	   /* the pass in which an address that is no item was seen to map it */
	uint32_t next_by_kpfn;
	uint16_t kind;
	uint16_t nid; /* as of its items */
};
_Static_assert(sizeof(struct stable_node) == 64, "a search fetches one line of the cache for each");

/* A physical page that was merged into a node's page before fork let others map it too. */
struct fork {
	uint64_t pfn;
	uint32_t node;
	uint32_t next;
};

/* A transparent huge page that was split. */
struct split {
	uint64_t huge;
	uint32_t next;
	uint32_t seqnr; /* in which pass */
};

struct mm_slot {
	uint32_t runs; /* the first */
	struct ksm_mm_counters counters;
};

/* A place among the items of an mm. */
struct cursor {
	uint32_t mm;
	uint32_t prev;	/* the run before, 0 at the beginning of the mm */
	uint32_t run;	/* that of the item at the cursor; 0 at the end of the mm */
	uint32_t index; /* of that item in it */
};

struct ksm_twin {
	struct ksm_model model;
	bool merge_across_nodes;
	uint32_t fixed_roots; /* of every forest; 0: as many as suit the elements */
	struct ksm_arena items;
	struct ksm_arena frames; /* as the items are numbered; of all of them or of none */
	struct ksm_arena links;
	struct ksm_arena runs;
	struct ksm_arena nodes;
	uint64_t repeated; /* items and nodes that may have the content of another in the pass */
	bool defers;	   /* a page waits for the end of the pass, and so do all behind it */
	bool lets_go;
	bool looks_at_all; /* whatever smart scan would leave out */
	struct forest unstable;
	struct forest stable;
	struct forest by_kpfn; /* lists of nodes instead of trees */
	struct ksm_arena forks;
	struct forest by_fork; /* lists of struct fork, of this pass */
	struct ksm_arena splits;
	struct forest by_huge; /* lists of struct split */
	struct mm_slot *mm;
	size_t n_mms;
	size_t mm_capacity;
	uint64_t seqnr;
	struct ksm_counters counters;
	int64_t huge_pages_split;
	struct cursor cursor; /* where seeing and visiting stand */
};

static inline struct rmap_item *item_at(const struct ksm_twin *twin, uint32_t number)
{
	return ksm_arena_at(&twin->items, number);
}

/* Stale when another is made, as what link_of() returns. */
static inline struct rmap_link *link_at(const struct ksm_twin *twin, uint32_t number)
{
	return ksm_arena_at(&twin->links, number);
}

/* Of one that is linked. */
static inline struct rmap_link *link_of(const struct ksm_twin *twin, const struct rmap_item *item)
{
	return link_at(twin, item->home);
}

static inline struct run *run_of(const struct ksm_twin *twin, const struct rmap_item *item)
{
	return ksm_arena_at(&twin->runs, item->is_linked ? link_of(twin, item)->run : item->home);
}

static inline struct mm_slot *mm_of(const struct ksm_twin *twin, const struct rmap_item *item)
{
	return &twin->mm[run_of(twin, item)->mm];
}

static inline uint64_t address_of(const struct ksm_twin *twin, const struct rmap_item *item)
{
	return run_of(twin, item)->address + ((uint64_t)item->offset << RUN_PAGE_SHIFT);
}

static inline uint32_t old_checksum(const struct ksm_twin *twin, const struct rmap_item *item)
{
	if (item->oldchecksum == OLD_IS_KEPT)
		return link_of(twin, item)->oldchecksum;
	return item->oldchecksum == OLD_IS_CURRENT ? ksm_page_key_checksum(item->key) : 0;
}

static inline struct frame frame_of(const struct ksm_twin *twin, const struct rmap_item *item)
{
	size_t number = (size_t)(item - (const struct rmap_item *)twin->items.base);

	return twin->frames.base ? ((const struct frame *)twin->frames.base)[number]
				 : (struct frame){0};
}

static inline uint64_t pfn_of(const struct ksm_twin *twin, const struct rmap_item *item)
{
	return frame_of(twin, item).pfn;
}

static inline uint32_t page_flags_of(const struct ksm_twin *twin, const struct rmap_item *item)
{
	return frame_of(twin, item).page_flags;
}

static inline uint32_t nid_of(const struct ksm_twin *twin, const struct rmap_item *item)
{
	return twin->merge_across_nodes ? 0 : frame_of(twin, item).nid;
}

/* One page, that fork left in both places? */
static inline bool is_same_frame(const struct ksm_twin *twin, const struct rmap_item *a,
				 const struct rmap_item *b)
{
	return pfn_of(twin, a) && pfn_of(twin, a) == pfn_of(twin, b);
}

/* As of struct ksm_twin_page. */
static inline bool is_plain(const struct ksm_twin *twin, const struct rmap_item *item)
{
	return !item->is_stable && !item->in_zero_page && !item->changed && !item->is_zero &&
	       !(page_flags_of(twin, item) & KSM_PAGE_KSM);
}

static inline struct stable_node *node_at(const struct ksm_twin *twin, uint32_t number)
{
	return ksm_arena_at(&twin->nodes, number);
}

/* The trees of all NUMA nodes are one here: pages that differ in nid are just not equal. */
static inline int tree_compare(struct ksm_page_key a, uint32_t a_nid, struct ksm_page_key b,
			       uint32_t b_nid)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	if (a.lo != b.lo)
		return a.lo < b.lo ? -1 : 1;
	return a_nid < b_nid ? -1 : a_nid > b_nid;
}

/* rmap_item.c */

/* Gives the item a link, unless it has one. -ENOMEM only. */
int link_rmap_item(struct ksm_twin *twin, uint32_t item);
/* Takes its link away, unless it needs it. */
void unlink_rmap_item(struct ksm_twin *twin, struct rmap_item *item);
/* To OLD_IS_0 or OLD_IS_CURRENT. */
void set_old_checksum(struct ksm_twin *twin, struct rmap_item *item, unsigned int old);
/* -ENOMEM only, as all. */
int set_frame(struct ksm_twin *twin, uint32_t item, struct frame frame);
int set_key(struct ksm_twin *twin, uint32_t item, struct ksm_page_key key);

void cursor_begin(struct ksm_twin *twin, uint32_t mm);
/* The item at the cursor, 0 at the end of the mm. */
uint32_t cursor_item(const struct ksm_twin *twin);
/* Past that item. */
void cursor_step(struct ksm_twin *twin);
/* A new item before the cursor, @item but for where it lies. 0 when memory is short. */
uint32_t cursor_insert(struct ksm_twin *twin, struct rmap_item item, struct frame frame,
		       uint64_t address);
/* Frees the item at the cursor, which is in no tree and on no node. -ENOMEM only. */
int cursor_drop(struct ksm_twin *twin);

/* Gives back the memory of items without a home, which the others' numbers close up over. */
void pack_rmap_items(struct ksm_twin *twin);

/* alone.c */

/* Once all pages of a pass have been seen, and before any is visited: which are alone. -ENOMEM only. */
int learn_contents(struct ksm_twin *twin);
/* Then, if none will be seen again: leaves one for all that are alone, plain, and in one state. -ENOMEM only. */
int let_alone_go(struct ksm_twin *twin);
/* What the counters came to since @before with @item, which is_many, they do with each of the others. */
void count_others(struct ksm_twin *twin, const struct rmap_item *item,
		  const struct ksm_counters *before, const struct ksm_mm_counters *mm_before);

/* stable_tree.c */

/* The KSM page that @item's page is already: its own node's, or one that a fork left it with. 0 if none. */
uint32_t stable_node_of_page(const struct ksm_twin *twin, const struct rmap_item *item);
/* An address of a node is seen to map its page no more: it was written to, or is gone. */
void stable_tree_unmap(struct ksm_twin *twin, uint32_t item);
/* An address of a node is seen to share its page with others since. -ENOMEM only. */
int stable_tree_note_fork(struct ksm_twin *twin, uint32_t item);
/* A content is seen that was not there before: where it took a node's page, that is the node's no more. */
void stable_tree_see_change(struct ksm_twin *twin, uint32_t item);
/* An address of no node is seen; it may map the page of one, by fork. */
void stable_tree_see_other(struct ksm_twin *twin, uint32_t item);
/* ... and does one in this pass? */
bool stable_node_is_held(const struct ksm_twin *twin, const struct stable_node *node);
/* A page that fork took from an address that had the kernel's zero page. */
bool zero_page_before_fork(const struct ksm_twin *twin, const struct rmap_item *item);
/* Is there a node of @item's content and nid, with room or without? */
bool stable_tree_has(const struct ksm_twin *twin, const struct rmap_item *item);
/* A node of @item's content and nid that it may join; 0 if there is none or all are full. */
uint32_t stable_tree_search(struct ksm_twin *twin, const struct rmap_item *item);
/* A new node for these, in a chain if there are others. 0 when memory is short. */
uint32_t stable_tree_insert(struct ksm_twin *twin, const struct rmap_item *item, uint64_t kpfn);
/* -ENOMEM only. */
int stable_tree_append(struct ksm_twin *twin, uint32_t item, uint32_t node);
/* Takes the item off its node, which goes with the last mapping of its page. */
void stable_tree_remove(struct ksm_twin *twin, uint32_t item);
/* Splits the tree anew for about @n nodes. */
int stable_tree_resize(struct ksm_twin *twin, uint64_t n);

/* huge_page.c */

/* Is @item part of a huge page that is whole still? Its number then, else 0. */
uint64_t whole_huge_page(const struct ksm_twin *twin, const struct rmap_item *item);
/* Splits the huge page of @item if it is whole. -ENOMEM only. */
int split_huge_page(struct ksm_twin *twin, const struct rmap_item *item);
/* Was @item a page of zeros in a huge page when that was split, so that its address maps the zero page now? */
bool is_freed_by_split(const struct ksm_twin *twin, const struct rmap_item *item);

/* unstable_tree.c */

/* Empties the tree, and splits it anew for what may enter it. -ENOMEM only. */
int unstable_tree_reset(struct ksm_twin *twin);
/* An item of equal content in the tree, or 0: then @item is put into it. -ENOMEM only. */
int unstable_tree_find_or_insert(struct ksm_twin *twin, uint32_t item, uint32_t *ret_found);
/* A twin of @item found in this pass, or 0: then @item is in the tree now, unless it met its own page. -ENOMEM only. */
int unstable_tree_search_insert(struct ksm_twin *twin, uint32_t item, uint32_t *ret_found);
void unstable_tree_remove(struct ksm_twin *twin, uint32_t item);

/* merge.c */

void remove_rmap_item_from_tree(struct ksm_twin *twin, uint32_t item);
/* Smart scan: is this page not worth a look in this pass? */
bool should_skip_rmap_item(struct ksm_twin *twin, uint32_t item);
/* -ENOMEM only. */
int cmp_and_merge_page(struct ksm_twin *twin, uint32_t item);

#endif
