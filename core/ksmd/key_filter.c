/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ksmd/key_filter.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

#define CELLS_MIN 4096

int key_filter_reset(struct key_filter *filter, uint64_t n)
{
	uint64_t cells = CELLS_MIN;
	uint8_t *cell;

	/* So that most are found where they are looked for first. */
	while (cells / 2 < n)
		cells *= 2;
	cell = ksm_array_zeroed(cells, sizeof(*cell));
	if (!cell)
		return -ENOMEM;
	free(filter->cell);
	*filter = (struct key_filter){.cell = cell, .mask = cells - 1};
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
