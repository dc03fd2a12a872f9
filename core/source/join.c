/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct joined {
	struct ksm_page_source source;
	struct ksm_page_source *part[2];
	unsigned int next; /* whose batches come next */
};

static struct joined *of(struct ksm_page_source *source)
{
	return (struct joined *)source;
}

/* The part that a space is of; its number there is less by *@ret_before. */
static struct ksm_page_source *part_of(const struct joined *joined, uint32_t space,
				       uint32_t *ret_before)
{
	bool second = space >= joined->part[0]->n_spaces;

	*ret_before = second ? joined->part[0]->n_spaces : 0;
	return joined->part[second];
}

/* What the parts know of their spaces by now. */
static void take_spaces(struct joined *joined)
{
	struct ksm_space *to = joined->source.space;

	joined->source.unknown = 0;
	for (int i = 0; i < 2; i++) {
		memcpy(to, joined->part[i]->space, joined->part[i]->n_spaces * sizeof(*to));
		to += joined->part[i]->n_spaces;
		joined->source.unknown |= joined->part[i]->unknown;
	}
}

static int join_rewind(struct ksm_page_source *base, struct ksm_error *err)
{
	struct joined *joined = of(base);
	int ret = 0;

	joined->next = 0;
	for (int i = 0; i < 2 && !ret; i++)
		ret = joined->part[i]->ops->rewind(joined->part[i], err);
	return ret;
}

static int join_next(struct ksm_page_source *base, struct ksm_batch *batch, struct ksm_error *err)
{
	struct joined *joined = of(base);

	for (; joined->next < 2; joined->next++) {
		struct ksm_page_source *part = joined->part[joined->next];
		int ret = part->ops->next(part, batch, err);

		if (ret == 1 && joined->next)
			batch->space += joined->part[0]->n_spaces;
		if (ret)
			return ret;
	}
	return 0;
}

static void join_end(struct ksm_page_source *base)
{
	take_spaces(of(base));
}

static void join_fill(struct ksm_page_source *base, struct ksm_batch *batch)
{
	uint32_t before;
	struct ksm_page_source *part = part_of(of(base), batch->space, &before);

	batch->space -= before;
	part->ops->fill(part, batch);
	batch->space += before;
}

static bool join_counts(struct ksm_page_source *base, uint32_t space, uint64_t address)
{
	uint32_t before;
	struct ksm_page_source *part = part_of(of(base), space, &before);

	return part->ops->counts(part, space - before, address);
}

/* Only one of the parts knows frames. */
static int join_mapcount(struct ksm_page_source *base, uint64_t pfn, uint64_t *ret_count)
{
	struct joined *joined = of(base);
	struct ksm_page_source *part = joined->part[joined->part[0]->mapcount == NULL];

	return part->mapcount(part, pfn, ret_count);
}

static void join_close(struct ksm_page_source *base)
{
	struct joined *joined = of(base);

	for (int i = 0; i < 2; i++)
		ksm_page_source_close(&joined->part[i]);
	free(base->space);
	free(joined);
}

static bool join_may_restart(struct ksm_page_source *base)
{
	bool may = true;

	for (int i = 0; i < 2; i++) {
		struct ksm_page_source *part = of(base)->part[i];

		may &= !part->ops->may_restart || part->ops->may_restart(part);
	}
	return may;
}

static const struct ksm_page_source_ops join_ops = {
	.rewind = join_rewind,
	.next = join_next,
	.fill = join_fill,
	.close = join_close,
	.end = join_end,
	.counts = join_counts,
	.may_restart = join_may_restart,
};

/* The joined source with nothing in it yet; NULL when memory is short. */
static struct joined *allocate(uint32_t n_spaces)
{
	struct joined *joined = calloc(1, sizeof(*joined));

	if (!joined)
		return NULL;
	joined->source.space = calloc(n_spaces + 1, sizeof(struct ksm_space));
	if (!joined->source.space) {
		free(joined);
		return NULL;
	}
	joined->source.n_spaces = n_spaces;
	joined->source.ops = &join_ops;
	return joined;
}

static int fail(struct ksm_page_source *first, struct ksm_page_source *second, int ret)
{
	ksm_page_source_close(&first);
	ksm_page_source_close(&second);
	return ret;
}

int ksm_source_join(struct ksm_page_source *first, struct ksm_page_source *second,
		    struct ksm_page_source **ret_source, struct ksm_error *err)
{
	struct joined *joined;

	if (first->page_size != second->page_size)
		return fail(first, second,
			    ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
					  "pages of %u and of %u bytes cannot be compared",
					  first->page_size, second->page_size));
	joined = allocate(first->n_spaces + second->n_spaces);
	if (!joined)
		return fail(first, second, ksm_error_no_memory(err));
	joined->part[0] = first;
	joined->part[1] = second;
	joined->source.page_size = first->page_size;
	joined->source.pages = first->pages;
	joined->source.live = first->live ? first->live : second->live;
	joined->source.is_still = first->is_still && second->is_still;
	joined->source.mapcount = first->mapcount || second->mapcount ? join_mapcount : NULL;
	take_spaces(joined);
	*ret_source = &joined->source;
	return 0;
}
