/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void ksm_tally_release(struct ksm_tally *tally)
{
	free(tally->many);
	memset(tally, 0, sizeof(*tally));
}

int ksm_tally_count(struct ksm_tally *tally, int64_t copies, int64_t contents, bool is_zero)
{
	if (copies >= KSM_TALLY_MANY) {
		size_t n = tally->n_many + (size_t)contents;

		if (ksm_array_reserve(&tally->many, &tally->many_capacity, n, sizeof(*tally->many)))
			return -ENOMEM;
		while (tally->n_many < n)
			tally->many[tally->n_many++] = copies;
	} else {
		tally->few[copies] += contents;
	}
	if (is_zero)
		tally->zero_copies = copies;
	tally->duplicate_pages += (copies - 1) * contents;
	return 0;
}

static int compare_descending(const void *a, const void *b)
{
	int64_t ca = *(const int64_t *)a, cb = *(const int64_t *)b;

	return ca > cb ? -1 : ca < cb;
}

/* Of @contents that follow on the first @had, those among the first @limit. */
static int64_t within(int64_t limit, int64_t had, int64_t contents)
{
	int64_t left = limit > had ? limit - had : 0;

	return contents < left ? contents : left;
}

/* Contents with as many copies each, no more than those before have. @so_far: duplicates of these. */
static void add(struct ksm_concentration *c, int64_t *so_far, int64_t copies, int64_t contents)
{
	int64_t had = c->repeated_contents, each = copies - 1;
	int64_t short_of_half = (c->duplicate_pages + 1) / 2 - *so_far;

	c->top_1_pages += each * within(1, had, contents);
	c->top_10_pages += each * within(10, had, contents);
	c->top_100_pages += each * within(100, had, contents);
	if (short_of_half > 0)
		c->contents_for_half += within((short_of_half + each - 1) / each, 0, contents);
	c->repeated_contents += contents;
	*so_far += each * contents;
}

/* Without one content that has @but copies; 0: with all. */
static struct ksm_concentration concentrate(const struct ksm_tally *tally, int64_t but)
{
	struct ksm_concentration c = {.duplicate_pages = tally->duplicate_pages};
	int64_t so_far = 0;

	if (but)
		c.duplicate_pages -= but - 1;
	for (size_t i = 0; i < tally->n_many; i++) {
		if (tally->many[i] != but)
			add(&c, &so_far, tally->many[i], 1);
		else
			but = 0;
	}
	for (int64_t copies = KSM_TALLY_MANY - 1; copies > 1; copies--)
		add(&c, &so_far, copies, tally->few[copies] - (copies == but));
	return c;
}

void ksm_tally_take(struct ksm_tally *tally, struct ksm_concentration *ret_all,
		    struct ksm_concentration *ret_nonzero)
{
	if (tally->n_many)
		qsort(tally->many, tally->n_many, sizeof(*tally->many), compare_descending);
	*ret_all = concentrate(tally, 0);
	*ret_nonzero = concentrate(tally, tally->zero_copies);
}
