/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where pages come from. A source has spaces (address spaces: a process each, or a dump), and hands out
 * their present pages in ascending order of space and address, pass after pass. Planning what to read and
 * reading it are apart, so that several threads can read while the order stays.
 */
#ifndef KSM_SOURCE_PAGE_SOURCE_H
#define KSM_SOURCE_PAGE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "kernel/areas.h"

#define KSM_BATCH_BYTES	    (1u << 20)
#define KSM_BATCH_PAGES_MAX (KSM_BATCH_BYTES / 4096)

enum ksm_page_flag {
	KSM_PAGE_LOCKED = 1u << 0, /* of a huge page: in an area that is locked (mlock) */
	KSM_PAGE_SHARED =
		1u << 1,	 /* mapped more than once (fork); set only where the kernel tells */
	KSM_PAGE_KSM = 1u << 2,	 /* a KSM page now */
	KSM_PAGE_HUGE = 1u << 3, /* part of a transparent huge page that is mapped as one */
	KSM_PAGE_LOST = 1u << 4, /* could not be read any more: treat it as not present */
	KSM_PAGE_NID = 1u << 5,	 /* nid is known; need not be set where there is one node only */
	KSM_PAGE_READ = 1u << 6, /* its bytes came with the plan (a space that is_unordered) */
	KSM_PAGE_KNOWN =
		1u
		<< 7, /* its address had a page in the pass before; set by who leaves pages out */
	KSM_PAGE_PFN = 1u << 8, /* pfn is known */
};

struct ksm_page {
	uint64_t address; /* bytes */
	uint64_t pfn;
	uint32_t flags; /* enum ksm_page_flag */
	uint16_t nid;	/* the NUMA node it lies on, below KSM_NODES_MAX */
};

/* Pages of one space; after fill, page i's bytes are at data + i * page_size. */
struct ksm_batch {
	uint32_t space;
	uint32_t n;
	bool ends_space;	/* nothing of this space follows in this pass */
	struct ksm_error error; /* why pages of this batch are lost; code KSM_ERR_NONE if none is */
	struct ksm_page page[KSM_BATCH_PAGES_MAX];
	unsigned char *data; /* KSM_BATCH_BYTES, the caller's */
};

struct ksm_dump_facts;

/*
 * A target as reports know it. Strings are unescaped and the source's. Areas, swapped_pages and error may
 * change while a pass runs: read them between passes.
 */
struct ksm_space {
	pid_t pid;	  /* 0 for a dump */
	const char *file; /* NULL for a process */
	const char *name;
	const char *cgroup; /* "" if unknown */
	bool has_uid;
	uid_t uid;
	struct ksm_areas areas; /* as of the last pass */
	uint64_t
		swapped_pages; /* in the areas looked at, as of the last pass: KSM does not see them */
	struct ksm_error error;		   /* code KSM_ERR_NONE, or why this target is incomplete */
	const struct ksm_dump_facts *dump; /* source/dump.h; NULL for a process */
	/*
	 * A compressed dump or a pipe: its pages come as they lie in the file, in no order of addresses, and
	 * more of them than are wanted, since what the areas are may be told only at the end. When the space has
	 * ended, ask the source's `counts` which of them count, and sort those by address. No address comes
	 * twice. Areas, facts and page counts are known only then. Pages can be read only in a pass: fill marks
	 * others (of a batch that `next` did not plan) KSM_PAGE_LOST.
	 */
	bool is_unordered;
};

struct ksm_page_source;

struct ksm_page_source_ops {
	/*
	 * Begins pass 1, 2, ...: looks anew at what is there. A space that is no longer readable keeps its
	 * error and yields nothing.
	 */
	int (*rewind)(struct ksm_page_source *source, struct ksm_error *err);
	/*
	 * Plans the next batch: space, pages, flags and PFNs. Every space ends with one batch (perhaps of 0
	 * pages) that has ends_space. Returns 1 for a batch, 0 at the end of the pass, or a negative errno.
	 * One thread at a time.
	 */
	int (*next)(struct ksm_page_source *source, struct ksm_batch *batch, struct ksm_error *err);
	/*
	 * Reads the bytes of a planned batch; pages that are gone get KSM_PAGE_LOST, and batch->error says
	 * why. Any number of threads at a time, each with its own batch.
	 */
	void (*fill)(struct ksm_page_source *source, struct ksm_batch *batch);
	void (*close)(struct ksm_page_source *source);
	/* The pass has ended, and all who read for it: spaces may be brought up to date. May be NULL. */
	void (*end)(struct ksm_page_source *source);
	/*
	 * Does the page at @address, which came in this pass, count? Only of a space that is_unordered, after
	 * its end. NULL where no space is. One thread at a time.
	 */
	bool (*counts)(struct ksm_page_source *source, uint32_t space, uint64_t address);
	/* May rewind begin the first pass once more? NULL: always. */
	bool (*may_restart)(struct ksm_page_source *source);
};

/* What a source could not find out, and so what a report must leave open. */
enum ksm_source_unknown {
	KSM_UNKNOWN_PFN = 1u << 0,	  /* which pages are the same physical one */
	KSM_UNKNOWN_KSM_PAGES = 1u << 1,  /* which pages are KSM pages already */
	KSM_UNKNOWN_ZERO_PAGE = 1u << 2,  /* which all-zero pages are the kernel's shared one */
	KSM_UNKNOWN_VM_FLAGS = 1u << 3,	  /* which areas KSM accepts, beyond private or shared */
	KSM_UNKNOWN_HUGE_PAGES = 1u << 4, /* which pages belong to a transparent huge page */
	KSM_UNKNOWN_NODES = 1u << 5,	  /* of several NUMA nodes, which a page lies on */
	KSM_UNKNOWN_SOME_NODES = 1u << 6, /* ... of some pages, while of others it is known */
};

/* Which areas' pages are handed out. */
enum ksm_page_choice {
	KSM_PAGES_ELIGIBLE,  /* areas that KSM would accept */
	KSM_PAGES_MERGEABLE, /* areas marked mergeable now */
	KSM_PAGES_ALL,	     /* of a dump: all that it holds, a count of contents and no forecast */
};

struct ksm_page_source {
	const struct ksm_page_source_ops *ops;
	unsigned int page_size; /* bytes */
	unsigned int unknown;	/* enum ksm_source_unknown */
	enum ksm_page_choice pages;
	struct ksm_space *space;
	uint32_t n_spaces;
	/* The source of those spaces that are running processes, perhaps this one; NULL: there are none. */
	const struct ksm_page_source *live;
	bool is_still; /* contents cannot change: a second pass would find what the first did */
	/* Mappings of a physical page over the whole machine, or NULL where the source cannot tell. */
	int (*mapcount)(struct ksm_page_source *source, uint64_t pfn, uint64_t *ret_count);
};

static inline void ksm_page_source_close(struct ksm_page_source **source)
{
	if (*source)
		(*source)->ops->close(*source);
	*source = NULL;
}
#define ksm_auto_source ksm_cleanup(ksm_page_source_close)

#endif
