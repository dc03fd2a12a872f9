/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ksmd/key_filter.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

/* One key in eight shares its slot by chance at most. */
#define SLOTS_PER_KEY 8
#define SLOTS_MIN     4096
#define SLOTS_MAX     (UINT64_C(1) << 32) /* as many bits of the key as are taken */

int key_filter_reset(struct key_filter *filter, uint64_t n)
{
	uint64_t slots = SLOTS_MIN, *word;

	while (slots < SLOTS_MAX && slots / SLOTS_PER_KEY < n)
		slots *= 2;
	word = ksm_array_zeroed(slots / 32, sizeof(*word));
	if (!word)
		return -ENOMEM;
	free(filter->word);
	*filter = (struct key_filter){.word = word, .mask = slots - 1};
	return 0;
}

void key_filter_release(struct key_filter *filter)
{
	free(filter->word);
	*filter = (struct key_filter){0};
}

void key_filter_add(struct key_filter *filter, struct ksm_page_key key)
{
	uint64_t slot = key_filter_slot(filter, key), *word = &filter->word[slot / 32];
	uint64_t once = UINT64_C(1) << slot % 32 * 2;

	/* 0, 1 and from then on 3. */
	filter->repeated += (*word & once) != 0;
	*word |= (*word & once) << 1 | once;
}
