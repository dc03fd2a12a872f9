/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The twin of ksmd: its rmap items, its stable and unstable tree, its counters, driven by whoever reads the
 * pages. One pass is: begin the pass; for each address space in list order begin it, show its present pages
 * in ascending address order, end it; end the pass. Only its end does what ksmd does in a pass, but for what it does
 * in a first one anyway: by then the twin knows what happened to every page since the pass before, as the kernel does
 * from its page tables.
 *
 * The trees are ordered and matched by page key, and by NUMA node where merge_across_nodes is 0, instead of by
 * the pages' bytes. On memory that holds still during a pass no counter depends on the order of contents, only
 * on which are equal, so the trees may also be split into many by key.
 *
 * Sources: mm/ksm.c of 2.6.32, and its later changes as the profiles of model.h name them.
 */
#ifndef KSM_KSMD_TWIN_H
#define KSM_KSMD_TWIN_H

#include "base/error.h"
#include "ksmd/counters.h"
#include "ksmd/model.h"
#include "source/page_source.h"

struct ksm_twin;

/* -ENOMEM only, here and below. The twin keeps a copy of @model; the caller frees it. */
int ksm_twin_new(const struct ksm_model *model, struct ksm_twin **ret_twin);
void ksm_twin_free(struct ksm_twin **twin);
#define ksm_auto_twin ksm_cleanup(ksm_twin_free)

/* A new address space, at the end of the list; numbers count from 0. */
int ksm_twin_add_mm(struct ksm_twin *twin, uint32_t *ret_mm);

/* The pages of a pass. */
int ksm_twin_pass_begin(struct ksm_twin *twin);
void ksm_twin_mm_begin(struct ksm_twin *twin, uint32_t mm);
int ksm_twin_see(struct ksm_twin *twin, const struct ksm_page *page,
		 const struct ksm_page_sum *sum);
void ksm_twin_mm_end(struct ksm_twin *twin);
int ksm_twin_pass_end(struct ksm_twin *twin);

/*
 * In the last of these, before its end: nobody asks for single pages any more. Those that are alone and plain are
 * counted only from its end on, so that most of the memory is given back. Others get new numbers.
 */
void ksm_twin_let_go(struct ksm_twin *twin);

/*
 * One more pass over the pages as they were last seen, without those that changed in the last one: where
 * merging goes if nothing changes any more. Without @smart_scan every page is looked at, whatever the model
 * says.
 */
int ksm_twin_repeat(struct ksm_twin *twin, bool smart_scan);

/*
 * True if passes like these, however many, would merge and unmerge nothing more; false where that takes trying.
 * -ENOMEM only.
 */
int ksm_twin_has_settled(struct ksm_twin *twin, bool *ret_has_settled);

void ksm_twin_counters(const struct ksm_twin *twin, struct ksm_counters *ret_counters);
void ksm_twin_mm_counters(const struct ksm_twin *twin, uint32_t mm,
			  struct ksm_mm_counters *ret_counters);

/*
 * Transparent huge pages that merging has split: it costs what made them worth having. Two pages of one huge
 * page cannot merge before another page of it has been split off, which costs a pass.
 */
int64_t ksm_twin_huge_pages_split(const struct ksm_twin *twin);

/* A page as it was last seen, and what the twin made of it. */
struct ksm_twin_page {
	uint32_t mm;
	uint32_t flags; /* enum ksm_page_flag */
	uint64_t address;
	uint64_t pfn; /* 0 if unknown */
	struct ksm_page_key key;
	bool is_zero;
	bool changed;	   /* has other bytes than in the pass before, so that it does not merge */
	uint32_t node;	   /* of the stable tree: equal numbers share one page; 0 if not in it */
	uint64_t node_pfn; /* the page they share, 0 if it or pfn is unknown */
	bool in_zero_page; /* merged with the kernel's zero page */
	bool freed_by_split; /* zeros of a huge page that was split: not KSM's any more, but free */
	bool is_plain;	     /* neither merged nor a KSM page, without change, and not of zeros */
};

#define KSM_TWIN_CHANGES_MAX 15

/* What became of a page while the passes went on. */
struct ksm_twin_change {
	uint64_t address;
	uint8_t changes; /* passes that saw other bytes than the one before, counted to the maximum */
	bool is_new;	 /* there was none at the address in the pass before */
	bool is_gone;	 /* was not seen in the pass that has not ended yet */
};

/* Going through the pages of an address space in ascending order, while none comes or goes. */
struct ksm_twin_walk {
	const struct ksm_twin *twin;
	uint32_t page; /* where it stands */
	uint32_t end;  /* up to which numbers are those of the pages that follow */
	uint32_t run;  /* which has those behind it; 0: none */
};

struct ksm_twin_walk ksm_twin_walk_begin(const struct ksm_twin *twin, uint32_t mm);
/* For ksm_twin_walk_next(), where the next number is none of these. */
uint32_t ksm_twin_walk_on(struct ksm_twin_walk *walk);

/* The next page's number, 0 at the end; and so below. */
static inline uint32_t ksm_twin_walk_next(struct ksm_twin_walk *walk)
{
	return walk->page + 1 < walk->end ? ++walk->page : ksm_twin_walk_on(walk);
}

/*
 * The next page whose content no other had in the last pass. One in twenty of these, at worst, is not told from the
 * others, as telling would not be cheap. Where @plain is not NULL, those that are plain are only counted there.
 */
uint32_t ksm_twin_walk_alone(struct ksm_twin_walk *walk, int64_t *plain);
/* The next of the others. */
uint32_t ksm_twin_walk_rest(struct ksm_twin_walk *walk);

/*
 * What the page at @address was last seen to have; false if there is none. Addresses ascend from call to call, and lie
 * before all that the walk has been asked for otherwise. Pages may be seen meanwhile, but none beyond the last address
 * asked for.
 */
bool ksm_twin_walk_find(struct ksm_twin_walk *walk, uint64_t address, struct ksm_page_sum *ret_sum);

struct ksm_page_key ksm_twin_key(const struct ksm_twin *twin, uint32_t number);
/* 0 if unknown. */
uint64_t ksm_twin_pfn(const struct ksm_twin *twin, uint32_t number);
/* Hints that the page is asked for soon: two, and the second once what the first has fetched is there. */
void ksm_twin_prefetch(const struct ksm_twin *twin, uint32_t number);
void ksm_twin_prefetch_more(const struct ksm_twin *twin, uint32_t number);
void ksm_twin_get_page(const struct ksm_twin *twin, uint32_t number,
		       struct ksm_twin_page *ret_page);
void ksm_twin_get_change(const struct ksm_twin *twin, uint32_t number,
			 struct ksm_twin_change *ret_change);
/* Page and node numbers are below these. */
uint32_t ksm_twin_page_end(const struct ksm_twin *twin);
uint32_t ksm_twin_node_end(const struct ksm_twin *twin);

#endif
