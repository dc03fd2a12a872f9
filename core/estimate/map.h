/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where in a target's address space what repeats lies, for pictures. */
#ifndef KSM_ESTIMATE_MAP_H
#define KSM_ESTIMATE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/areas.h"

/* A mapping is of one of these. Mappings of one physical page do not repeat each other. */
enum ksm_page_class {
	KSM_CLASS_ONCE,	     /* a content that no other page has */
	KSM_CLASS_HERE,	     /* other pages of the same target alone have it */
	KSM_CLASS_ELSEWHERE, /* another target has it too */
	KSM_CLASS_ZERO,	     /* all bytes are zero */
	KSM_CLASSES
};

/* A piece of an area; pieces of one area are of equal length. */
struct ksm_map_cell {
	int64_t pages[KSM_CLASSES]; /* mappings */
};

struct ksm_map_area {
	const struct ksm_area *area; /* the source's, as of the last pass */
	uint64_t first, last;	     /* addresses of present pages */
	struct ksm_map_cell sum;
	uint32_t cell; /* its first */
	uint32_t n_cells;
};

/* Of one target: areas with present pages, by address, each with as many cells as its pages are worth. */
struct ksm_map {
	struct ksm_map_area *area;
	size_t n_areas;
	struct ksm_map_cell *cell;
	uint32_t n_cells;
};

static inline int64_t ksm_map_cell_pages(const struct ksm_map_cell *cell)
{
	int64_t pages = 0;

	for (int kind = 0; kind < KSM_CLASSES; kind++)
		pages += cell->pages[kind];
	return pages;
}

#endif
