/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/presence.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

void ksm_presence_pass_begin(struct ksm_presence *presence)
{
	struct ksm_presence_pass older = presence->before;

	presence->before = presence->now;
	presence->now = older;
	presence->now.n = 0;
	presence->cursor = 0;
}

static bool ends_before(const struct ksm_presence_run *run, uint32_t space, uint64_t address)
{
	return run->space != space ? run->space < space : run->end <= address;
}

static bool was_there(struct ksm_presence *presence, uint32_t space, uint64_t address)
{
	const struct ksm_presence_pass *before = &presence->before;
	const struct ksm_presence_run *run;

	while (presence->cursor < before->n &&
	       ends_before(&before->run[presence->cursor], space, address))
		presence->cursor++;
	if (presence->cursor == before->n)
		return false;
	run = &before->run[presence->cursor];
	return run->space == space && run->start <= address;
}

int ksm_presence_see(struct ksm_presence *presence, uint32_t space, uint64_t address,
		     unsigned int page_size, bool *ret_was_there)
{
	struct ksm_presence_pass *now = &presence->now;
	struct ksm_presence_run *last = now->n ? &now->run[now->n - 1] : NULL;

	*ret_was_there = was_there(presence, space, address);
	if (last && last->space == space && last->end == address) {
		last->end += page_size;
		return 0;
	}
	if (ksm_array_reserve(&now->run, &now->capacity, now->n + 1, sizeof(*now->run)))
		return -ENOMEM;
	now->run[now->n++] = (struct ksm_presence_run){address, address + page_size, space};
	return 0;
}

void ksm_presence_release(struct ksm_presence *presence)
{
	free(presence->before.run);
	free(presence->now.run);
	*presence = (struct ksm_presence){0};
}
