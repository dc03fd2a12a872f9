/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which contents are there once only. Most pages of most programs are like no other: nothing in a tree can be equal to
 * them, so they need not be looked up in one, nor put into it. A hash table of keys that keeps a few bits of each: a key
 * that is said to be alone is; one in twenty others that are, at worst, is taken for another's.
 * Not for use outside core/ksmd.
 */
#ifndef KSM_KSMD_KEY_FILTER_H
#define KSM_KSMD_KEY_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "checksum/checksum.h"

#define KEY_REPEATED 1u

struct key_filter {
	uint8_t *cell; /* 0: free; else bits of a key, and whether it was added more than once */
	uint64_t n_cells;
	uint64_t repeated; /* keys that were added when an equal one seemed to be there */
};

/* Empty, for @n keys at most, each time that one is added counted; what it had is freed. -ENOMEM. */
int key_filter_reset(struct key_filter *filter, uint64_t n);
void key_filter_release(struct key_filter *filter);
void key_filter_add(struct key_filter *filter, struct ksm_page_key key);
static inline uint64_t key_filter_home(const struct key_filter *filter, struct ksm_page_key key)
{
	return (uint64_t)((unsigned __int128)key.lo * filter->n_cells >> 64);
}

static inline void key_filter_prefetch(const struct key_filter *filter, struct ksm_page_key key)
{
	__builtin_prefetch(&filter->cell[key_filter_home(filter, key)]);
}

/* Bits of the key, never none, that neither its home nor a sample is chosen by. */
static inline uint8_t key_filter_tag(struct ksm_page_key key)
{
	return (uint8_t)(key.hi & 0xfe) ?: 2;
}

/* The key's cell, or the free one where it would go. */
static inline uint8_t *key_filter_find(const struct key_filter *filter, struct ksm_page_key key)
{
	uint64_t at = key_filter_home(filter, key);
	uint8_t tag = key_filter_tag(key);

	while (filter->cell[at] && (filter->cell[at] & ~KEY_REPEATED) != tag)
		at = at + 1 < filter->n_cells ? at + 1 : 0;
	return &filter->cell[at];
}

/* Of a key that was added. */
static inline bool key_filter_is_alone(const struct key_filter *filter, struct ksm_page_key key)
{
	return !(*key_filter_find(filter, key) & KEY_REPEATED);
}

#endif
