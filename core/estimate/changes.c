/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/changes.h"

#include <stdlib.h>
#include <string.h>

/* The kind of area that an address is in, for addresses that ascend. */
struct kind_cursor {
	const struct ksm_areas *areas;
	size_t area;
	size_t known; /* the area whose kind is this, one more than its number; 0: none */
	size_t kind;
};

static size_t kind_at(struct kind_cursor *cursor, uint64_t address)
{
	const struct ksm_areas *areas = cursor->areas;

	while (cursor->area < areas->n && areas->area[cursor->area].end <= address)
		cursor->area++;
	if (cursor->area == areas->n || areas->area[cursor->area].start > address)
		return KSM_AREA_KINDS;
	if (cursor->known != cursor->area + 1) {
		cursor->known = cursor->area + 1;
		cursor->kind = ksm_area_kind(areas, &areas->area[cursor->area]);
	}
	return cursor->kind;
}

static void take_page(struct ksm_estimate_change *change, const struct ksm_twin_change *page)
{
	change->pages_present++;
	change->changed_pages += page->changes > 0;
	change->changes += page->changes;
	change->new_pages += page->is_new;
}

static void take_pages(const struct ksm_page_source *source, const struct ksm_twin *twin,
		       struct ksm_estimate_change change[KSM_AREA_KINDS + 1])
{
	struct ksm_twin_change page;

	for (uint32_t mm = 0; mm < source->n_spaces; mm++) {
		struct kind_cursor cursor = {.areas = &source->space[mm].areas};
		struct ksm_twin_walk walk = ksm_twin_walk_begin(twin, mm);
		uint32_t number;

		while ((number = ksm_twin_walk_next(&walk)) != 0) {
			ksm_twin_get_change(twin, number, &page);
			if (!page.is_gone)
				take_page(&change[kind_at(&cursor, page.address)], &page);
		}
	}
}

void ksm_changes_count(const struct ksm_page_source *source, const struct ksm_twin *twin,
		       struct ksm_kind_counts *ret_counts)
{
	struct ksm_estimate_change change[KSM_AREA_KINDS + 1] = {0};

	take_pages(source, twin, change);
	for (size_t kind = 0; kind <= KSM_AREA_KINDS; kind++)
		ret_counts->pages[kind] = change[kind].pages_present;
}

static int compare_changes(const void *a, const void *b)
{
	const struct ksm_estimate_change *ca = a, *cb = b;

	if (ca->changes != cb->changes)
		return ca->changes > cb->changes ? -1 : 1;
	return strcmp(ca->area, cb->area);
}

void ksm_changes_take(struct ksm_estimate *estimate, const struct ksm_page_source *source,
		      const struct ksm_twin *twin, const struct ksm_kind_counts *before)
{
	struct ksm_estimate_change change[KSM_AREA_KINDS + 1] = {0};

	take_pages(source, twin, change);
	for (size_t kind = 0; kind <= KSM_AREA_KINDS; kind++) {
		struct ksm_estimate_change *c = &change[kind];

		c->area = kind == KSM_AREA_KINDS ? "(gone)"
						 : ksm_area_kind_name((enum ksm_area_kind)kind);
		c->gone_pages = before->pages[kind] + c->new_pages - c->pages_present;
		/* Pages stayed, but what they lie in became an area of this kind. */
		if (c->gone_pages < 0) {
			c->new_pages -= c->gone_pages;
			c->gone_pages = 0;
		}
		if (c->changes || c->new_pages || c->gone_pages)
			estimate->change[estimate->n_changes++] = *c;
	}
	qsort(estimate->change, estimate->n_changes, sizeof(*estimate->change), compare_changes);
}
