/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trees, or lists, split into many by key or number, each small enough for the cache. Not for use outside
 * core/ksmd and its tests.
 */
#ifndef KSM_KSMD_FOREST_H
#define KSM_KSMD_FOREST_H

#include <stdint.h>

#include "checksum/checksum.h"
#include "ksmd/twin.h"

struct forest {
	uint32_t *root;
	uint32_t mask; /* a power of two less one */
};

/* For about @n elements, as the twin splits; -ENOMEM. The owner frees root. */
int forest_init(const struct ksm_twin *twin, struct forest *forest, uint64_t n);

static inline uint32_t *forest_root(const struct forest *forest, struct ksm_page_key key)
{
	return &forest->root[key.hi & forest->mask];
}

/* For forests of lists: the list of a PFN or another number that has not been mixed. */
static inline uint32_t *forest_list(const struct forest *lists, uint64_t number)
{
	return &lists->root[(number * UINT64_C(0x9e3779b97f4a7c15) >> 32) & lists->mask];
}

/*
 * For tests: @roots (a power of two) to every forest of a new twin, and so for ever, however many elements
 * there are. -ENOMEM.
 */
int forest_fix_roots(struct ksm_twin *twin, uint32_t roots);

#endif
