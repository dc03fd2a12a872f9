/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "estimate/map_take.h"

/* Enough for a wide screen. Every area has at least one, so that there may be more. */
#define CELLS 240

/* Pages in order of addresses, and so are areas: both are gone through together. */
static int find_areas(const struct ksm_twin *twin, uint32_t target, const struct ksm_areas *areas,
		      struct ksm_map *map, int64_t *ret_pages)
{
	struct ksm_twin_walk walk = ksm_twin_walk_begin(twin, target);
	size_t capacity = 0, at = 0;
	uint32_t number;

	*ret_pages = 0;
	while ((number = ksm_twin_walk_next(&walk)) != 0) {
		struct ksm_map_area *last = map->n_areas ? &map->area[map->n_areas - 1] : NULL;
		struct ksm_twin_page page;

		ksm_twin_get_page(twin, number, &page);
		while (at < areas->n && areas->area[at].end <= page.address)
			at++;
		if (at == areas->n || areas->area[at].start > page.address)
			continue;
		if (!last || last->area != &areas->area[at]) {
			if (ksm_array_reserve(&map->area, &capacity, map->n_areas + 1,
					      sizeof(*map->area)))
				return -ENOMEM;
			last = &map->area[map->n_areas++];
			*last = (struct ksm_map_area){.area = &areas->area[at],
						      .first = page.address};
		}
		last->last = page.address;
		last->n_cells++; /* pages, for now */
		++*ret_pages;
	}
	return 0;
}

static int divide(struct ksm_map *map, int64_t pages)
{
	int64_t cells = pages < CELLS ? pages : CELLS;

	for (size_t i = 0; i < map->n_areas; i++) {
		struct ksm_map_area *area = &map->area[i];
		int64_t share = area->n_cells * cells / pages;

		area->cell = map->n_cells;
		area->n_cells = share ? (uint32_t)share : 1;
		map->n_cells += area->n_cells;
	}
	map->cell = calloc((size_t)map->n_cells + 1, sizeof(*map->cell));
	return map->cell ? 0 : -ENOMEM;
}

static int compare_address(const void *key, const void *element)
{
	uint64_t address = *(const uint64_t *)key;
	const struct ksm_map_area *area = element;

	return address < area->first ? -1 : address > area->last;
}

static void mark(struct ksm_map *map, uint64_t address, unsigned int page_size,
		 enum ksm_page_class kind)
{
	struct ksm_map_area *area = NULL;
	uint64_t offset, pages;

	if (map->area)
		area = bsearch(&address, map->area, map->n_areas, sizeof(*map->area),
			       compare_address);
	if (!area)
		return;
	offset = (address - area->first) / page_size;
	pages = (area->last - area->first) / page_size + 1;
	area->sum.pages[kind]++;
	map->cell[area->cell + (uint32_t)((double)offset / (double)pages * area->n_cells)]
		.pages[kind]++;
}

static enum ksm_page_class class_of(const struct ksm_twin *twin, const uint32_t *pages, size_t n)
{
	struct ksm_twin_page one, page;
	bool repeats = false, is_elsewhere = false;

	ksm_twin_get_page(twin, pages[0], &one);
	for (size_t i = 1; i < n; i++) {
		ksm_twin_get_page(twin, pages[i], &page);
		repeats |= !page.pfn || page.pfn != one.pfn;
		is_elsewhere |= page.mm != one.mm;
	}
	if (one.is_zero)
		return KSM_CLASS_ZERO;
	if (!repeats)
		return KSM_CLASS_ONCE;
	return is_elsewhere ? KSM_CLASS_ELSEWHERE : KSM_CLASS_HERE;
}

int ksm_maps_take(struct ksm_estimate *estimate, const struct ksm_contents *contents)
{
	struct ksm_contents_walk walk = {.contents = contents};

	estimate->map = calloc((size_t)estimate->n_targets + 1, sizeof(*estimate->map));
	if (!estimate->map)
		return -ENOMEM;
	for (uint32_t i = 0; i < estimate->n_targets; i++) {
		int64_t pages;

		if (find_areas(contents->twin, i, &estimate->target[i].space->areas,
			       &estimate->map[i], &pages) ||
		    divide(&estimate->map[i], pages))
			return -ENOMEM;
	}
	while (ksm_contents_next(&walk)) {
		enum ksm_page_class kind = class_of(contents->twin, walk.page, walk.n);

		for (size_t i = 0; i < walk.n; i++) {
			struct ksm_twin_page page;

			ksm_twin_get_page(contents->twin, walk.page[i], &page);
			mark(&estimate->map[page.mm], page.address, estimate->page_size, kind);
		}
	}
	return 0;
}

void ksm_maps_free(struct ksm_estimate *estimate)
{
	for (uint32_t i = 0; estimate->map && i < estimate->n_targets; i++) {
		free(estimate->map[i].area);
		free(estimate->map[i].cell);
	}
	free(estimate->map);
}
