/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ksmd/key_filter.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

/* Two cells for each key, so that most are found where they are looked for first. */
#define KEYS_MIN 2048

int key_filter_reset(struct key_filter *filter, uint64_t n)
{
	uint64_t n_cells = n > KEYS_MIN ? 2 * n : 2 * KEYS_MIN;
	uint8_t *cell = ksm_array_zeroed(n_cells, sizeof(*cell));

	if (!cell)
		return -ENOMEM;
	free(filter->cell);
	*filter = (struct key_filter){.cell = cell, .n_cells = n_cells};
	return 0;
}

void key_filter_release(struct key_filter *filter)
{
	free(filter->cell);
	*filter = (struct key_filter){0};
}

void key_filter_add(struct key_filter *filter, struct ksm_page_key key)
{
	uint8_t *cell = key_filter_find(filter, key);

	if (*cell) {
		filter->repeated++;
		*cell |= KEY_REPEATED;
	} else {
		*cell = key_filter_tag(key);
	}
}
