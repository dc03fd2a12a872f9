/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page source driven through the twin, and what came of it. All counts are pages of page_size bytes; a
 * count that could not be found out is KSM_UNKNOWN, never 0.
 */
#ifndef KSM_ESTIMATE_ESTIMATE_H
#define KSM_ESTIMATE_ESTIMATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/interval.h"
#include "base/units.h"
#include "estimate/cost.h"
#include "estimate/crossing.h"
#include "estimate/histogram.h"
#include "estimate/holdings.h"
#include "estimate/looks.h"
#include "estimate/map.h"
#include "ksmd/counters.h"
#include "ksmd/model.h"
#include "source/page_source.h"

enum ksm_group_by {
	KSM_BY_NONE,
	KSM_BY_PROCESS,
	KSM_BY_AREA,	/* heap, stack, anon, file */
	KSM_BY_MAPPING, /* an area's name */
	KSM_BY_CGROUP,
	KSM_BY_USER,
};
const char *ksm_group_by_name(enum ksm_group_by by);
/* KSM_BY_NONE for a word that is none. */
enum ksm_group_by ksm_group_by_find(const char *name);

struct ksm_estimate_options {
	unsigned int passes;	 /* at least 1 */
	double interval_seconds; /* between passes */
	bool at_ksmd_pace; /* instead of these: as long as a pass takes ksmd by the first model */
	unsigned int threads;	   /* that read; at least 1 */
	uint64_t bytes_per_second; /* that are read at most; 0: no limit */
	/* To hold pages in; where that does not suffice, a sample is taken. 0: no limit. */
	uint64_t memory_bytes;
	enum ksm_group_by by;
	unsigned int top;     /* how many of the most repeated contents to list */
	bool preview;	      /* with what each of these begins */
	bool holdings;	      /* note who has what, for advice */
	bool map;	      /* ... and where it lies, for pictures */
	bool verify;	      /* read twins again after the last pass and compare bytes */
	struct ksm_cost cost; /* of a page, for the forecast */
	/*
	 * Called from time to time, by one thread at a time but not always the same, with what has been read so far
	 * in this pass; a return other than 0 (a negative errno) ends the run with that error. May be NULL.
	 */
	int (*progress)(void *data, unsigned int pass, uint64_t pages);
	void *progress_data;
};

/*
 * Sums over some pages: the whole, a target, a group.
 *
 * The counters of a pass stand as ksmd's would after that pass. What is merged and freed in the end is where
 * the twin comes to if the passes went on over the memory as it was last seen, without the pages that changed
 * between the last two passes. A physical page is freed when every mapping of it is merged, those outside the
 * targets too where the kernel tells how many there are, and another page stays in its place; it counts for
 * the target and the group of its first mapping, so that the sums of all add up.
 */
struct ksm_estimate_sums {
	int64_t pages_present;	 /* anonymous present pages looked at, by mapping */
	int64_t physical_pages;	 /* the same, by physical page; by mapping where PFNs are unknown */
	int64_t distinct_pages;	 /* different contents */
	int64_t duplicate_pages; /* physical pages beyond the first of each content */
	int64_t zero_pages;	 /* mappings of pages whose bytes are all zero */
	int64_t zero_duplicate_pages; /* those of the duplicates that are such pages */
	int64_t already_merged_pages; /* mappings that are KSM pages now */
	int64_t same_pfn_pages; /* mappings of a page that another target or address maps too */
	int64_t changed_pages;	/* mappings whose content changed between the last two passes */
	int64_t merged_pages;	/* mappings merged in the end: with others, or with the zero page */
	int64_t freed_pages;	/* physical pages given back in the end */
};

/* Of these sums, a sample tells an estimate; zeros are always looked at whole. */
#define KSM_SAMPLED_SUMS(X)     \
	X(pages_present)        \
	X(physical_pages)       \
	X(distinct_pages)       \
	X(duplicate_pages)      \
	X(already_merged_pages) \
	X(same_pfn_pages)       \
	X(changed_pages)        \
	X(merged_pages)         \
	X(freed_pages)

/*
 * Where memory did not suffice for all pages. Zeros and contents of so many copies are looked at whole, and of the others
 * one in so many, whatever its pages do: every count is then an estimate but those of zeros, full_scans, and pages_present
 * of an ordered source.
 */
struct ksm_estimate_sample {
	uint32_t every;	      /* 1: all were looked at whole, and the rest is of no meaning */
	int64_t heavy_copies; /* some contents of fewer are among those that are looked at whole */
#define X(name) struct ksm_interval name; /* of the totals */
	KSM_SAMPLED_SUMS(X)
#undef X
};

struct ksm_estimate_target {
	const struct ksm_space *space; /* the source's */
	bool complete;
	struct ksm_error error; /* why it is not complete; code KSM_ERR_NONE if it is */
	int64_t lost_pages;	/* seen in the last pass but gone when they were to be read */
	struct ksm_estimate_sums sums;
	struct ksm_mm_counters counters;
	int64_t ksm_process_profit;    /* bytes, signed, as the kernel computes it */
	int64_t cross_duplicate_pages; /* contents of the target that another target has too */
};

struct ksm_estimate_group {
	char *name;		       /* unescaped */
	struct ksm_estimate_sums sums; /* duplicates are those within the group */
	int64_t cross_duplicate_pages; /* contents of the group that another group has too */
};

/* Bytes of a page that a preview has. */
#define KSM_PREVIEW_BYTES 32

/* A content that occurs more than once. */
struct ksm_estimate_content {
	int64_t copies; /* physical pages */
	int64_t mappings;
	int64_t targets; /* that have it */
	bool is_zero;
	uint32_t space; /* where its first copy lies */
	uint64_t address;
	enum ksm_looks looks; /* unknown where no copy could be read again as it was */
	bool has_preview;     /* wanted, and looks is known */
	unsigned char preview[KSM_PREVIEW_BYTES];
};

/* By how few contents the duplicates are made. */
struct ksm_concentration {
	int64_t duplicate_pages;   /* physical pages beyond the first of each content */
	int64_t repeated_contents; /* that have any of these */
	int64_t contents_for_half; /* the fewest that have at least half of them */
	int64_t top_1_pages;	   /* duplicates of the most repeated content */
	int64_t top_10_pages;	   /* of the 10 most repeated ones together */
	int64_t top_100_pages;
};

/* Two targets, or two groups, that have contents in common. */
struct ksm_pair {
	uint32_t a, b;		 /* their numbers in the estimate, a < b */
	int64_t shared_contents; /* different ones that both have */
	int64_t shared_pages;	 /* mappings of these, in both together */
	/*
	 * One for each of these contents of which the two map no physical page in common: what merging across
	 * them frees beyond what each frees alone, before max_page_sharing.
	 */
	int64_t freeable_pages;
};

struct ksm_warning {
	const char *code; /* a stable word: "no-pfn" */
	char text[256];
};

/* How long ksmd takes, at the model's tunables and the cost of a page on this machine. */
struct ksm_forecast {
	int64_t passes_to_settle; /* until nothing more merges; KSM_UNKNOWN if that is not in sight */
	double seconds_per_pass; /* of the first; infinite with pages_to_scan=0, as the next two */
	double seconds_to_settle;
	double ksmd_cpu_seconds; /* until then */
};

/* Of one counter over several passes. */
struct ksm_band {
	int64_t last, lowest, median, highest;
};

/* ksmd merges nothing in its first pass. */
#define KSM_BANDS_FIRST_PASS 2

/* From pass KSM_BANDS_FIRST_PASS to the last, by the counters' names. */
struct ksm_bands {
#define X(name) struct ksm_band name;
	KSM_COUNTERS(X)
#undef X
	struct ksm_band general_profit; /* bytes */
};

/* What became of the pages of one kind of area while the passes went on. */
struct ksm_estimate_change {
	const char *area;
	int64_t pages_present; /* all of that kind, in the last pass */
	int64_t changed_pages; /* those that changed at least once between two passes */
	int64_t changes;       /* how often, taken together */
	int64_t new_pages;     /* not there at the pass before the last */
	int64_t gone_pages;    /* there at that pass, but not at the last */
};

/* What one model makes of the memory. */
struct ksm_outcome {
	struct ksm_model model;
	const char
		*settings; /* how it differs from the first model, "smart_scan=0"; the caller's */
	struct ksm_counters *pass; /* one per pass */
	unsigned int n_passes;
	bool has_bands; /* there are passes enough */
	struct ksm_bands bands;
	int64_t general_profit; /* bytes, signed, as the kernel computes it */
	int64_t metadata_bytes; /* rmap items, likewise after the last pass */
	int64_t merged_pages;	/* in the end, as in the sums, and so the next two */
	int64_t freed_pages;
	int64_t settled_metadata_bytes; /* rmap items; those of zero pages go a pass later */
	int64_t huge_pages_split; /* transparent huge pages that merging takes apart; KSM_UNKNOWN from a sample */
	struct ksm_forecast forecast;
};

/* A model to run, and how a report tells it from the others. */
struct ksm_trial {
	struct ksm_model model;
	const char *settings; /* "" for the first */
};

struct ksm_estimate {
	unsigned int page_size;
	unsigned int unknown; /* enum ksm_source_unknown */
	bool complete;	      /* every target was read whole */
	double elapsed_seconds;
	struct ksm_outcome *outcome; /* one per trial; all that follows is of the first */
	size_t n_outcomes;
	struct ksm_cost cost;
	struct ksm_estimate_sample sample;
	struct ksm_estimate_sums totals;
	/*
	 * Of totals.freed_pages, those that would not be freed if the pages of each owner merged among themselves
	 * alone; KSM_UNKNOWN where the owners of some target are unknown.
	 */
	int64_t crossing_pages[KSM_OWNERS];
	struct ksm_estimate_target *target; /* one per space, in the source's order */
	uint32_t n_targets;
	struct ksm_mm_counters
		*target_pass; /* of target t after pass p: [(p - 1) * n_targets + t] */
	struct ksm_estimate_change change[KSM_AREA_KINDS + 1]; /* most changes first */
	size_t n_changes;
	enum ksm_group_by by;
	struct ksm_estimate_group *group; /* most pages freed first, then by name */
	size_t n_groups;
	struct ksm_estimate_content *content; /* most copies first, then by place */
	size_t n_contents;
	struct ksm_histogram_row histogram[KSM_HISTOGRAM_ROWS];
	struct ksm_concentration concentration;
	struct ksm_concentration nonzero_concentration; /* without the content of zeros */
	struct ksm_pair *pair; /* most freeable pages first; none for more than 64 targets */
	size_t n_pairs;
	struct ksm_pair *group_pair; /* of groups, likewise */
	size_t n_group_pairs;
	struct ksm_holdings holdings; /* if asked for; else of nothing */
	struct ksm_map *map;	      /* by target, if asked for; else NULL */
	int64_t verified_pages; /* read again and compared byte by byte; KSM_UNKNOWN unless verify */
	int64_t mismatched_pages;   /* of these, other bytes than the first page of their content */
	enum ksm_page_choice pages; /* that were looked at */
	struct ksm_warning *warning;
	size_t n_warnings;
	size_t warning_capacity;
};

static inline int64_t ksm_estimate_bytes(const struct ksm_estimate *estimate, int64_t pages)
{
	return pages * (int64_t)estimate->page_size;
}

/* What was never read is unknown, not 0. */
static inline bool ksm_estimate_is_read(const struct ksm_estimate_target *target)
{
	return target->complete || target->sums.pages_present;
}

/*
 * The numbers of the targets, those first that most is freed for, then the largest; of equal ones as they come. For
 * the caller to free; NULL when memory is short.
 */
uint32_t *ksm_estimate_order_targets(const struct ksm_estimate *estimate);

/* For memory_bytes where nobody says otherwise: a quarter of what is available; 0 where the kernel does not tell. */
uint64_t ksm_estimate_memory(const struct ksm_root *root);

/*
 * Runs the passes, every trial (at least one) over one and the same reading; all must have the checksum of
 * the first. The estimate refers to @source and to the trials' settings, which must outlive it; the caller
 * frees it with ksm_estimate_free(). Fails only when nothing at all can be said; targets carry their own
 * errors.
 */
int ksm_estimate_run(struct ksm_page_source *source, const struct ksm_trial *trials,
		     size_t n_trials, const struct ksm_estimate_options *options,
		     struct ksm_estimate **ret_estimate, struct ksm_error *err);
void ksm_estimate_free(struct ksm_estimate *estimate);

#endif
