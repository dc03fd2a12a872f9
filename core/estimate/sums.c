/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

/* The sums of one part, and which content and physical page it has last been charged with. */
struct bucket {
	struct ksm_estimate_sums sums;
	int64_t cross_duplicate_pages;
	uint64_t content;
	uint64_t physical;
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
	const struct ksm_contents *contents;
	struct bucket *bucket[DIMENSIONS]; /* GROUP is NULL without groups */
	struct mapping *mapping;
	size_t mapping_capacity;
	uint64_t content; /* numbers of what is at hand, from 1 */
	uint64_t physical;
	uint64_t *node_kept; /* by node: the content for which a page stays already */
	unsigned int top;
};

static bool is_merged(const struct ksm_twin_page *page)
{
	return page->node || page->in_zero_page;
}

static bool may_be_shared(const struct ksm_twin_page *page)
{
	return page->pfn && (page->flags & (KSM_PAGE_SHARED | KSM_PAGE_KSM));
}

/* Mappings of one physical page together, otherwise in the order they had: pages without a known PFN, and
 * those mapped once, stand alone. */
static int compare_physical(const void *a, const void *b)
{
	const struct ksm_twin_page *pa = &((const struct mapping *)a)->page;
	const struct ksm_twin_page *pb = &((const struct mapping *)b)->page;
	uint64_t fa = may_be_shared(pa) ? pa->pfn : 0, fb = may_be_shared(pb) ? pb->pfn : 0;

	if (fa != fb)
		return fa < fb ? -1 : 1;
	if (pa->mm != pb->mm)
		return pa->mm < pb->mm ? -1 : 1;
	return pa->address < pb->address ? -1 : pa->address > pb->address;
}

static size_t physical_end(const struct summing *s, size_t first, size_t n)
{
	size_t end = first + 1;

	if (!may_be_shared(&s->mapping[first].page))
		return end;
	while (end < n && may_be_shared(&s->mapping[end].page) &&
	       s->mapping[end].page.pfn == s->mapping[first].page.pfn)
		end++;
	return end;
}

/* Does merging leave no mapping of this physical page, among the targets and outside? */
static bool loses_all_mappings(const struct summing *s, size_t first, size_t end)
{
	const struct ksm_twin_page *page = &s->mapping[first].page;
	uint64_t mapcount;

	for (size_t i = first; i < end; i++)
		if (!is_merged(&s->mapping[i].page))
			return false;
	if (!may_be_shared(page) || !s->source->mapcount)
		return true;
	return s->source->mapcount(s->source, page->pfn, &mapcount) || mapcount <= end - first;
}

/* Pages that are KSM pages themselves stay; every other node keeps the first page that could go. */
static bool is_freed(struct summing *s, size_t first, size_t end)
{
	const struct ksm_twin_page *page = &s->mapping[first].page;

	if (!loses_all_mappings(s, first, end))
		return false;
	if (page->in_zero_page)
		return true;
	if (page->pfn && page->pfn == page->node_pfn)
		return false;
	if (s->node_kept[page->node] == s->content)
		return true;
	s->node_kept[page->node] = s->content;
	return false;
}

static void mark_kept_nodes(struct summing *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct ksm_twin_page *page = &s->mapping[i].page;

		if (page->node && page->pfn && page->pfn == page->node_pfn)
			s->node_kept[page->node] = s->content;
	}
}

static void charge_mapping(const struct summing *s, struct bucket *bucket,
			   const struct ksm_twin_page *page, bool is_first, bool is_shared,
			   bool freed)
{
	struct ksm_estimate_sums *sums = &bucket->sums;

	sums->pages_present++;
	sums->zero_pages += page->is_zero;
	sums->already_merged_pages += (page->flags & KSM_PAGE_KSM) != 0;
	sums->changed_pages += page->changed;
	sums->merged_pages += is_merged(page);
	sums->same_pfn_pages += is_shared;
	sums->freed_pages += is_first && freed;
	if (bucket->physical != s->physical) {
		bucket->physical = s->physical;
		sums->physical_pages++;
	}
	if (bucket->content != s->content) {
		bucket->content = s->content;
		sums->distinct_pages++;
	}
}

static void sum_physical_page(struct summing *s, size_t first, size_t end)
{
	bool freed = is_freed(s, first, end);

	s->physical++;
	for (size_t i = first; i < end; i++)
		for (int d = 0; d < DIMENSIONS; d++)
			if (s->bucket[d])
				charge_mapping(s, &s->bucket[d][s->mapping[i].bucket[d]],
					       &s->mapping[i].page, i == first, end - first > 1,
					       freed);
}

/* How many targets have the content at hand; if several, each is charged with a cross duplicate. */
static int64_t sum_targets(struct summing *s, size_t n)
{
	int64_t targets = 0;

	for (size_t i = 0; i < n; i++) {
		struct bucket *bucket = &s->bucket[TARGET][s->mapping[i].bucket[TARGET]];

		/* Counted once each: by the mark that charge_mapping() left, turned over. */
		if (bucket->content == s->content) {
			bucket->content = ~s->content;
			targets++;
		}
	}
	for (size_t i = 0; i < n; i++) {
		struct bucket *bucket = &s->bucket[TARGET][s->mapping[i].bucket[TARGET]];

		if (bucket->content == ~s->content) {
			bucket->content = s->content;
			bucket->cross_duplicate_pages += targets > 1;
		}
	}
	return targets;
}

static bool is_heavier(const struct ksm_estimate_content *a, const struct ksm_estimate_content *b)
{
	if (a->copies != b->copies)
		return a->copies > b->copies;
	if (a->space != b->space)
		return a->space < b->space;
	return a->address < b->address;
}

/* Keeps the list of the heaviest contents sorted and no longer than asked for. */
static void list_content(struct summing *s, const struct ksm_estimate_content *content)
{
	struct ksm_estimate *estimate = s->estimate;
	size_t at = estimate->n_contents;

	if (content->copies < 2)
		return;
	if (at == s->top) {
		if (!at || !is_heavier(content, &estimate->content[at - 1]))
			return;
		at--;
	} else {
		estimate->n_contents++;
	}
	for (; at && is_heavier(content, &estimate->content[at - 1]); at--)
		estimate->content[at] = estimate->content[at - 1];
	estimate->content[at] = *content;
}

static int load_mappings(struct summing *s, const struct ksm_grouping *grouping, size_t first,
			 size_t n)
{
	bool any_shared = false;

	if (ksm_array_reserve(&s->mapping, &s->mapping_capacity, n, sizeof(*s->mapping)))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct mapping *m = &s->mapping[i];

		ksm_twin_get_page(s->contents->twin, s->contents->page[first + i], &m->page);
		m->bucket[TOTAL] = 0;
		m->bucket[TARGET] = m->page.mm;
		m->bucket[GROUP] =
			grouping ? ksm_grouping_find(grouping, m->page.mm, m->page.address) : 0;
		any_shared |= may_be_shared(&m->page);
	}
	if (any_shared)
		qsort(s->mapping, n, sizeof(*s->mapping), compare_physical);
	return 0;
}

static int sum_content(struct summing *s, const struct ksm_grouping *grouping, size_t first,
		       size_t n)
{
	struct ksm_twin_page page;
	struct ksm_estimate_content content;
	int err = load_mappings(s, grouping, first, n);
	int64_t before = s->bucket[TOTAL]->sums.physical_pages;

	if (err)
		return err;
	s->content++;
	mark_kept_nodes(s, n);
	for (size_t i = 0; i < n;) {
		size_t end = physical_end(s, i, n);

		sum_physical_page(s, i, end);
		i = end;
	}
	ksm_twin_get_page(s->contents->twin, s->contents->page[first], &page);
	content = (struct ksm_estimate_content){
		.copies = s->bucket[TOTAL]->sums.physical_pages - before,
		.mappings = (int64_t)n,
		.targets = sum_targets(s, n),
		.is_zero = page.is_zero,
		.space = page.mm,
		.address = page.address,
	};
	list_content(s, &content);
	return 0;
}

static void take_sums(struct ksm_estimate_sums *to, const struct bucket *bucket)
{
	*to = bucket->sums;
	to->duplicate_pages = to->physical_pages - to->distinct_pages;
}

static int compare_groups(const void *a, const void *b)
{
	const struct ksm_estimate_group *ga = a, *gb = b;

	if (ga->sums.freed_pages != gb->sums.freed_pages)
		return ga->sums.freed_pages > gb->sums.freed_pages ? -1 : 1;
	return strcmp(ga->name, gb->name);
}

static int take_groups(struct summing *s, const struct ksm_grouping *grouping)
{
	struct ksm_estimate *estimate = s->estimate;

	estimate->group = calloc(grouping->n, sizeof(*estimate->group));
	if (!estimate->group)
		return -ENOMEM;
	for (size_t i = 0; i < grouping->n; i++) {
		struct ksm_estimate_group *group = &estimate->group[estimate->n_groups];

		if (!s->bucket[GROUP][i].sums.pages_present)
			continue;
		group->name = strdup(grouping->name[i]);
		if (!group->name)
			return -ENOMEM;
		take_sums(&group->sums, &s->bucket[GROUP][i]);
		estimate->n_groups++;
	}
	qsort(estimate->group, estimate->n_groups, sizeof(*estimate->group), compare_groups);
	return 0;
}

static int allocate(struct summing *s, const struct ksm_grouping *grouping)
{
	s->bucket[TOTAL] = calloc(1, sizeof(struct bucket));
	s->bucket[TARGET] = calloc(s->source->n_spaces + 1, sizeof(struct bucket));
	if (grouping)
		s->bucket[GROUP] = calloc(grouping->n, sizeof(struct bucket));
	s->node_kept = calloc(ksm_twin_node_end(s->contents->twin), sizeof(*s->node_kept));
	s->estimate->content = calloc(s->top ? s->top : 1, sizeof(*s->estimate->content));
	if (!s->bucket[TOTAL] || !s->bucket[TARGET] || (grouping && !s->bucket[GROUP]) ||
	    !s->node_kept || !s->estimate->content)
		return -ENOMEM;
	return 0;
}

static int run(struct summing *s, const struct ksm_grouping *grouping)
{
	int err = allocate(s, grouping);

	for (size_t first = 0; first < s->contents->n && !err;) {
		size_t end = ksm_contents_end(s->contents, first);

		err = sum_content(s, grouping, first, end - first);
		first = end;
	}
	if (err)
		return err;
	take_sums(&s->estimate->totals, s->bucket[TOTAL]);
	for (uint32_t i = 0; i < s->estimate->n_targets; i++) {
		struct ksm_estimate_target *target = &s->estimate->target[i];

		take_sums(&target->sums, &s->bucket[TARGET][i]);
		target->self_duplicate_pages = target->sums.duplicate_pages;
		target->cross_duplicate_pages = s->bucket[TARGET][i].cross_duplicate_pages;
	}
	return grouping ? take_groups(s, grouping) : 0;
}

int ksm_sum_contents(struct ksm_estimate *estimate, struct ksm_page_source *source,
		     const struct ksm_contents *contents, const struct ksm_grouping *grouping,
		     unsigned int top)
{
	struct summing s = {
		.estimate = estimate, .source = source, .contents = contents, .top = top};
	int err = run(&s, grouping);

	for (int d = 0; d < DIMENSIONS; d++)
		free(s.bucket[d]);
	free(s.mapping);
	free(s.node_kept);
	return err;
}
