/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which contents are there once only. Most pages of most programs are like no other: nothing in a tree can be
 * equal to them, so they need not be looked up in one, nor put into it. Two bits for each of many slots count the
 * keys that fall into it, up to two. A key that is alone in its slot is alone; others may only share the slot.
 * Not for use outside core/ksmd.
 */
#ifndef KSM_KSMD_KEY_FILTER_H
#define KSM_KSMD_KEY_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "checksum/checksum.h"

struct key_filter {
	uint64_t *word;
	uint64_t mask;	   /* of slots: a power of two less one */
	uint64_t repeated; /* keys that fell into a slot that had one */
};

/* Empty, for about @n keys; what it had is freed. -ENOMEM. */
int key_filter_reset(struct key_filter *filter, uint64_t n);
void key_filter_release(struct key_filter *filter);
void key_filter_add(struct key_filter *filter, struct ksm_page_key key);

static inline uint64_t key_filter_slot(const struct key_filter *filter, struct ksm_page_key key)
{
	return key.lo >> 32 & filter->mask;
}

/* Of a key that was added. */
static inline bool key_filter_is_alone(const struct key_filter *filter, struct ksm_page_key key)
{
	uint64_t slot = key_filter_slot(filter, key);

	return !(filter->word[slot / 32] >> slot % 32 * 2 & 2);
}

static inline void key_filter_prefetch(const struct key_filter *filter, struct ksm_page_key key)
{
	__builtin_prefetch(&filter->word[key_filter_slot(filter, key) / 32]);
}

#endif
