/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "estimate/pairs.h"
#include "estimate/sampled_sums.h"
#include "estimate/tally.h"

/* The sums of one part, and which content and physical page it has last been charged with. */
struct bucket {
	struct ksm_estimate_sums sums;
	int64_t cross_duplicate_pages;
	uint64_t content;
	uint64_t physical;
	uint64_t common; /* the physical page for which it has been noted who else maps it */
	size_t holder;	 /* its place among those who have that content */
};

enum { TOTAL, TARGET, GROUP, DIMENSIONS };

/* A mapping of the content at hand. */
struct mapping {
	struct ksm_twin_page page;
	uint32_t bucket[DIMENSIONS];
};

struct summing {
	struct ksm_estimate *estimate;
	struct ksm_page_source *source;
	const struct ksm_contents *contents; /* of the stratum at hand */
	struct ksm_sampled_sums sampled;
	const int64_t *
		present; /* pages of each target, where they are known beside a sample; else NULL */
	struct bucket *bucket[DIMENSIONS];   /* GROUP is NULL without groups */
	const struct ksm_grouping *grouping; /* NULL without groups */
	struct mapping *shared;		     /* of the content at hand, mapped more than once */
	size_t shared_capacity;
	struct ksm_holder *holder[DIMENSIONS]; /* who has the content at hand; NULL of TOTAL */
	size_t n_holders[DIMENSIONS];
	struct ksm_pairs pairs[DIMENSIONS];
	uint32_t common[KSM_PAIRS_PARTS_MAX]; /* who maps the physical page at hand */
	struct ksm_tally tally;
	uint64_t content; /* numbers of what is at hand, from 1 */
	uint64_t physical;
	int64_t freed; /* physical pages of the content at hand, but for what is merged with the zero page */
	int64_t merged; /* likewise, those that merge */
	uint32_t
		left_over; /* who has one of the others, that holds still; its number and 1; 0: nobody */
	int64_t plain_contents;
	uint64_t *node_kept; /* by node: the content for which a page stays already */
	struct ksm_top *top;
	struct ksm_holdings *holdings; /* NULL if the totals alone are wanted */
	struct ksm_crossing crossing;
};

static bool is_merged(const struct ksm_twin_page *page)
{
	return page->node || page->in_zero_page;
}

static bool may_be_shared(const struct ksm_twin_page *page)
{
	return page->pfn && (page->flags & (KSM_PAGE_SHARED | KSM_PAGE_KSM));
}

/* Mappings of one physical page together, otherwise in the order they had. */
static int compare_physical(const void *a, const void *b)
{
	const struct ksm_twin_page *pa = &((const struct mapping *)a)->page;
	const struct ksm_twin_page *pb = &((const struct mapping *)b)->page;

	if (pa->pfn != pb->pfn)
		return pa->pfn < pb->pfn ? -1 : 1;
	if (pa->mm != pb->mm)
		return pa->mm < pb->mm ? -1 : 1;
	return pa->address < pb->address ? -1 : pa->address > pb->address;
}

/* Does merging, with what is split for it, leave no mapping of the physical page with these @n, among the targets and outside? */
static bool loses_all_mappings(const struct summing *s, const struct mapping *mapping, size_t n)
{
	uint64_t mapcount;

	for (size_t i = 0; i < n; i++)
		if (!is_merged(&mapping[i].page) && !mapping[i].page.freed_by_split)
			return false;
	if (!may_be_shared(&mapping->page) || !s->source->mapcount)
		return true;
	return s->source->mapcount(s->source, mapping->page.pfn, &mapcount) || mapcount <= n;
}

static bool is_ksm_page_of_node(const struct ksm_twin_page *page)
{
	return page->node && page->pfn && page->pfn == page->node_pfn;
}

/*
 * Pages that are KSM pages themselves stay; every other node keeps the first page that could go. What fork left at
 * several addresses may have come to different nodes, where these are full.
 */
static bool is_freed(struct summing *s, const struct mapping *mapping, size_t n)
{
	if (!loses_all_mappings(s, mapping, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (is_ksm_page_of_node(&mapping[i].page))
			return false;
	for (size_t i = 0; i < n; i++) {
		const struct ksm_twin_page *page = &mapping[i].page;

		if (!page->node || s->node_kept[page->node] == s->content)
			continue;
		s->node_kept[page->node] = s->content;
		return false;
	}
	return true;
}

static void charge_mapping(struct summing *s, int dimension, const struct mapping *mapping,
			   bool is_first, bool is_shared, bool freed)
{
	uint32_t part = mapping->bucket[dimension];
	struct bucket *bucket = &s->bucket[dimension][part];
	struct ksm_holder *holder = s->holder[dimension];
	const struct ksm_twin_page *page = &mapping->page;
	struct ksm_estimate_sums *sums = &bucket->sums;
	int64_t weight = s->contents->weight;

	sums->pages_present += weight;
	sums->zero_pages += page->is_zero * weight;
	sums->already_merged_pages += page->flags & KSM_PAGE_KSM ? weight : 0;
	sums->changed_pages += page->changed * weight;
	sums->merged_pages += is_merged(page) * weight;
	sums->same_pfn_pages += is_shared * weight;
	sums->freed_pages += (is_first && freed) * weight;
	if (bucket->physical != s->physical) {
		bucket->physical = s->physical;
		sums->physical_pages += weight;
		sums->duplicate_pages += weight;
		sums->zero_duplicate_pages += page->is_zero * weight;
	}
	if (bucket->content != s->content) {
		bucket->content = s->content;
		sums->distinct_pages += weight;
		sums->duplicate_pages -= weight;
		sums->zero_duplicate_pages -= page->is_zero * weight;
		bucket->holder = s->n_holders[dimension]++;
		if (holder)
			holder[bucket->holder] = (struct ksm_holder){.part = part};
	}
	if (holder)
		holder[bucket->holder].pages++;
}

/* Mappings of one physical page: merging does not bring these together. */
static void find_common(struct summing *s, int dimension, const struct mapping *mapping, size_t n)
{
	struct ksm_pairs *pairs = &s->pairs[dimension];
	size_t n_common = 0;

	for (size_t i = 0; i < n && pairs->n; i++) {
		uint32_t part = mapping[i].bucket[dimension];
		struct bucket *bucket = &s->bucket[dimension][part];

		if (bucket->common == s->physical)
			continue;
		bucket->common = s->physical;
		for (size_t j = 0; j < n_common; j++)
			ksm_pairs_have_common(pairs, s->content, s->common[j], part);
		s->common[n_common++] = part;
	}
}

static void note_holder(struct summing *s, const struct ksm_twin_page *page)
{
	if (!s->holdings)
		return;
	if (is_merged(page)) {
		ksm_holdings_add(s->holdings, page->mm);
		s->merged++;
	} else if (!page->changed && !page->freed_by_split) {
		s->left_over = page->mm + 1;
	}
}

/*
 * Where all KSM pages of a content are full, one page more has nobody to merge with. Which one that is, is chance: whether
 * there is one depends on how many all have together, so that it counts with the others.
 */
static void add_left_over(struct summing *s)
{
	if (s->left_over && s->merged && s->merged % s->crossing.sharing_max == 0)
		ksm_holdings_add(s->holdings, s->left_over - 1);
}

static void sum_physical_page(struct summing *s, const struct mapping *mapping, size_t n)
{
	bool freed = is_freed(s, mapping, n);

	s->physical++;
	s->freed += freed && !mapping->page.in_zero_page && !mapping->page.freed_by_split;
	note_holder(s, &mapping->page);
	for (int d = 0; d < DIMENSIONS; d++) {
		if (!s->bucket[d])
			continue;
		for (size_t i = 0; i < n; i++)
			charge_mapping(s, d, &mapping[i], i == 0, n > 1, freed);
		if (n > 1)
			find_common(s, d, mapping, n);
	}
}

/* Of who has the content at hand; if several do, each is charged with a cross duplicate. */
static void end_parts(struct summing *s, int dimension)
{
	const struct ksm_holder *holder = s->holder[dimension];
	size_t n = s->n_holders[dimension];

	for (size_t i = 0; i < n && n > 1; i++)
		s->bucket[dimension][holder[i].part].cross_duplicate_pages += s->contents->weight;
	ksm_pairs_count(&s->pairs[dimension], s->content, s->contents->weight, holder, n);
}

/* The content at hand is over. */
static int end_content(struct summing *s)
{
	if (!s->holdings)
		return 0;
	end_parts(s, TARGET);
	if (s->bucket[GROUP])
		end_parts(s, GROUP);
	add_left_over(s);
	ksm_crossing_count(&s->crossing, s->holdings, s->freed, s->contents->weight);
	return ksm_holdings_end_content(s->holdings, s->contents->weight);
}

static void load_mapping(const struct summing *s, uint32_t page, struct mapping *mapping)
{
	ksm_twin_get_page(s->contents->twin, page, &mapping->page);
	mapping->bucket[TOTAL] = 0;
	mapping->bucket[TARGET] = mapping->page.mm;
	mapping->bucket[GROUP] = s->grouping ? ksm_grouping_find(s->grouping, mapping->page.mm,
								 mapping->page.address)
					     : 0;
}

static void mark_kept_nodes(struct summing *s, const uint32_t *pages, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct ksm_twin_page page;

		if (!ksm_twin_pfn(s->contents->twin, pages[i]))
			continue;
		ksm_twin_get_page(s->contents->twin, pages[i], &page);
		if (is_ksm_page_of_node(&page))
			s->node_kept[page.node] = s->content;
	}
}

/* The physical pages of a content: those mapped once as they come, then those mapped more often. */
static int sum_physical_pages(struct summing *s, const uint32_t *pages, size_t n)
{
	size_t n_shared = 0, next;

	for (size_t i = 0; i < n; i++) {
		struct mapping mapping;

		load_mapping(s, pages[i], &mapping);
		if (!may_be_shared(&mapping.page)) {
			sum_physical_page(s, &mapping, 1);
			continue;
		}
		if (ksm_array_reserve(&s->shared, &s->shared_capacity, n_shared + 1,
				      sizeof(mapping)))
			return -ENOMEM;
		s->shared[n_shared++] = mapping;
	}
	if (n_shared)
		qsort(s->shared, n_shared, sizeof(*s->shared), compare_physical);
	for (size_t i = 0; i < n_shared; i = next) {
		for (next = i + 1; next < n_shared; next++)
			if (s->shared[next].page.pfn != s->shared[i].page.pfn)
				break;
		sum_physical_page(s, &s->shared[i], next - i);
	}
	return 0;
}

/* Of @n contents of one plain page, which lie in the same parts: they are there, and that is all. */
static void charge_plain(struct summing *s, const struct mapping *mapping, int64_t n)
{
	int64_t pages = n * s->contents->weight;

	for (int d = 0; d < DIMENSIONS; d++) {
		struct ksm_estimate_sums *sums;

		if (!s->bucket[d])
			continue;
		sums = &s->bucket[d][mapping->bucket[d]].sums;
		sums->pages_present += pages;
		sums->physical_pages += pages;
		sums->distinct_pages += pages;
	}
	s->plain_contents += pages;
}

/* Most contents are of one page, and what there is to say of these takes one look at it. */
static int sum_single(struct summing *s, uint32_t page)
{
	struct mapping mapping;

	load_mapping(s, page, &mapping);
	if (mapping.page.is_plain) {
		charge_plain(s, &mapping, 1);
		return 0;
	}
	if (is_ksm_page_of_node(&mapping.page))
		s->node_kept[mapping.page.node] = s->content;
	sum_physical_page(s, &mapping, 1);
	if (!s->holdings)
		return 0;
	if (ksm_holdings_end_content(s->holdings, s->contents->weight))
		return -ENOMEM;
	ksm_histogram_count(s->estimate->histogram, 1, s->contents->weight);
	return ksm_tally_count(&s->tally, 1, s->contents->weight, mapping.page.is_zero);
}

static int sum_content(struct summing *s, const uint32_t *pages, size_t n)
{
	int64_t before = s->bucket[TOTAL]->sums.physical_pages, weight = s->contents->weight;
	struct ksm_twin_page page;
	struct ksm_estimate_content content;

	mark_kept_nodes(s, pages, n);
	if (sum_physical_pages(s, pages, n) || end_content(s))
		return -ENOMEM;
	if (!s->holdings)
		return 0;
	ksm_twin_get_page(s->contents->twin, pages[0], &page);
	content = (struct ksm_estimate_content){
		.copies = (s->bucket[TOTAL]->sums.physical_pages - before) / weight,
		.mappings = (int64_t)n,
		.targets = (int64_t)s->n_holders[TARGET],
		.is_zero = page.is_zero,
		.space = page.mm,
		.address = page.address,
	};
	ksm_histogram_count(s->estimate->histogram, content.copies, weight);
	/* Of a sample, the most repeated contents are not those of all. */
	return ksm_tally_count(&s->tally, content.copies, weight, content.is_zero)
		       ?: (weight > 1 ? 0
				      : ksm_top_offer(s->top, &content,
						      (size_t)(pages - s->contents->page)));
}

static int compare_groups(const void *a, const void *b)
{
	const struct ksm_estimate_group *ga = a, *gb = b;

	if (ga->sums.freed_pages != gb->sums.freed_pages)
		return ga->sums.freed_pages > gb->sums.freed_pages ? -1 : 1;
	return strcmp(ga->name, gb->name);
}

/* Where each group of the grouping has come to be; names are different. */
static int take_group_pairs(struct summing *s)
{
	const struct ksm_grouping *grouping = s->grouping;
	struct ksm_estimate *estimate = s->estimate;
	uint32_t *place ksm_auto_free = calloc(grouping->n, sizeof(*place));

	if (!place)
		return -ENOMEM;
	for (size_t i = 0; i < grouping->n && s->pairs[GROUP].n; i++)
		for (uint32_t at = 0; at < estimate->n_groups; at++)
			if (strcmp(estimate->group[at].name, grouping->name[i]) == 0)
				place[i] = at;
	return ksm_pairs_take(&s->pairs[GROUP], place, &estimate->group_pair,
			      &estimate->n_group_pairs);
}

static int take_groups(struct summing *s)
{
	const struct ksm_grouping *grouping = s->grouping;
	struct ksm_estimate *estimate = s->estimate;

	estimate->group = calloc(grouping->n, sizeof(*estimate->group));
	if (!estimate->group)
		return -ENOMEM;
	for (size_t i = 0; i < grouping->n; i++) {
		struct ksm_estimate_group *group = &estimate->group[estimate->n_groups];
		const struct bucket *bucket = &s->bucket[GROUP][i];

		if (!bucket->sums.pages_present)
			continue;
		group->name = strdup(grouping->name[i]);
		if (!group->name)
			return -ENOMEM;
		group->sums = bucket->sums;
		group->cross_duplicate_pages = bucket->cross_duplicate_pages;
		estimate->n_groups++;
	}
	qsort(estimate->group, estimate->n_groups, sizeof(*estimate->group), compare_groups);
	return take_group_pairs(s);
}

/* TOTAL, and what every part needs. */
static int allocate(struct summing *s, const struct ksm_all_contents *contents)
{
	uint32_t nodes = 0;

	for (int i = 0; i < KSM_STRATA && contents->of[i].twin; i++)
		if (ksm_twin_node_end(contents->of[i].twin) > nodes)
			nodes = ksm_twin_node_end(contents->of[i].twin);
	s->bucket[TOTAL] = calloc(1, sizeof(struct bucket));
	s->node_kept = ksm_array_zeroed(nodes, sizeof(*s->node_kept));
	return s->bucket[TOTAL] && s->node_kept ? 0 : -ENOMEM;
}

static int allocate_parts(struct summing *s, int dimension, size_t n)
{
	s->bucket[dimension] = calloc(n + 1, sizeof(struct bucket));
	s->holder[dimension] = calloc(n + 1, sizeof(struct ksm_holder));
	if (!s->bucket[dimension] || !s->holder[dimension])
		return -ENOMEM;
	return ksm_pairs_init(&s->pairs[dimension], n);
}

static int allocate_all(struct summing *s, const struct ksm_all_contents *contents)
{
	int err = allocate(s, contents) ?: allocate_parts(s, TARGET, s->source->n_spaces);

	if (!err && s->grouping)
		err = allocate_parts(s, GROUP, s->grouping->n);
	return err
		       ?: ksm_crossing_init(&s->crossing, s->source,
					    ksm_model_sharing_max(&s->estimate->outcome->model));
}

static int sum_any(struct summing *s, const uint32_t *pages, size_t n)
{
	return n == 1 ? sum_single(s, *pages) : sum_content(s, pages, n);
}

static int sum_sampled(struct summing *s, const uint32_t *pages, size_t n)
{
	struct ksm_estimate_sums before = s->bucket[TOTAL]->sums;
	int err = sum_any(s, pages, n);

	ksm_sampled_count(&s->sampled, &before, &s->bucket[TOTAL]->sums, s->contents->weight);
	return err;
}

/*
 * Contents of a plain page are counted by target, unless they are charged to groups as well, each counts on its own, as
 * in a sample, or which they are is not up to the twin at hand.
 */
static bool counts_plain(const struct summing *s)
{
	return !s->grouping && s->contents->weight == 1 &&
	       s->contents->twin == s->contents->ordered;
}

static int sum_stratum(struct summing *s)
{
	struct ksm_contents_walk walk = {.contents = s->contents};
	int64_t *plain ksm_auto_free = calloc(s->source->n_spaces + 1, sizeof(*plain));
	int err = plain ? 0 : -ENOMEM;

	if (counts_plain(s))
		walk.plain = plain;
	while (!err && ksm_contents_next(&walk)) {
		s->content++;
		s->freed = s->merged = 0;
		s->left_over = 0;
		memset(s->n_holders, 0, sizeof(s->n_holders));
		err = s->contents->weight > 1 ? sum_sampled(s, walk.page, walk.n)
					      : sum_any(s, walk.page, walk.n);
	}
	for (uint32_t i = 0; i < s->source->n_spaces && !err; i++)
		charge_plain(s, &(struct mapping){.bucket[TARGET] = i}, plain[i]);
	return err;
}

static int sum_all(struct summing *s, const struct ksm_all_contents *contents)
{
	int err = 0;

	for (int i = 0; i < KSM_STRATA && !err; i++) {
		s->contents = &contents->of[i];
		err = sum_stratum(s);
	}
	return err;
}

static void release(struct summing *s)
{
	for (int d = 0; d < DIMENSIONS; d++) {
		free(s->bucket[d]);
		free(s->holder[d]);
		ksm_pairs_release(&s->pairs[d]);
	}
	free(s->shared);
	free(s->node_kept);
	ksm_crossing_release(&s->crossing);
	ksm_tally_release(&s->tally);
}

/* A dump does not tell whose it is. */
static void take_crossing(struct summing *s)
{
	struct ksm_estimate *estimate = s->estimate;

	memcpy(estimate->crossing_pages, s->crossing.pages, sizeof(s->crossing.pages));
	for (uint32_t i = 0; i < estimate->n_targets; i++)
		if (estimate->target[i].sums.pages_present && !estimate->target[i].space->has_uid)
			estimate->crossing_pages[KSM_OWNER_USER] =
				estimate->crossing_pages[KSM_OWNER_DOMAIN] = KSM_UNKNOWN;
}

/* The totals, and within what they lie. */
static void take_totals(struct summing *s)
{
	struct ksm_estimate *estimate = s->estimate;
	int64_t present = 0;

	for (uint32_t i = 0; i < estimate->n_targets && s->present; i++)
		present += s->present[i];
	estimate->totals = s->bucket[TOTAL]->sums;
	ksm_sampled_take(&s->sampled, &estimate->totals, present, &estimate->sample);
	if (s->present)
		ksm_sampled_fit(&estimate->totals, present);
}

static int take_all(struct summing *s)
{
	struct ksm_estimate *estimate = s->estimate;

	take_totals(s);
	ksm_histogram_count(estimate->histogram, 1, s->plain_contents);
	if (ksm_tally_count(&s->tally, 1, s->plain_contents, false))
		return -ENOMEM;
	ksm_tally_take(&s->tally, &estimate->concentration, &estimate->nonzero_concentration);
	for (uint32_t i = 0; i < estimate->n_targets; i++) {
		struct ksm_estimate_target *target = &estimate->target[i];

		target->sums = s->bucket[TARGET][i].sums;
		if (s->present)
			ksm_sampled_fit(&target->sums, s->present[i]);
		target->cross_duplicate_pages = s->bucket[TARGET][i].cross_duplicate_pages;
	}
	take_crossing(s);
	return ksm_pairs_take(&s->pairs[TARGET], NULL, &estimate->pair, &estimate->n_pairs)
		       ?: (s->grouping ? take_groups(s) : 0);
}

int ksm_sum_contents(struct ksm_estimate *estimate, struct ksm_page_source *source,
		     const struct ksm_all_contents *contents, const struct ksm_grouping *grouping,
		     const int64_t *present, struct ksm_top *top)
{
	struct summing s = {
		.estimate = estimate,
		.source = source,
		.grouping = grouping,
		.present = present,
		.sampled.knows_present = present,
		.top = top,
		.holdings = &estimate->holdings,
	};
	int err = allocate_all(&s, contents) ?: sum_all(&s, contents) ?: take_all(&s);

	release(&s);
	return err;
}

int ksm_sum_totals(struct ksm_page_source *source, const struct ksm_all_contents *contents,
		   struct ksm_estimate_sums *ret_totals)
{
	struct summing s = {.source = source};
	int err = allocate(&s, contents) ?: sum_all(&s, contents);

	if (!err)
		*ret_totals = s.bucket[TOTAL]->sums;
	release(&s);
	return err;
}
