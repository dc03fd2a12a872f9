/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/sequence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sequence {
	struct ksm_page_source source;
	struct ksm_space space;
	struct ksm_page_source **part;
	size_t n;
	size_t passes; /* begun */
};

static struct sequence *of(struct ksm_page_source *source)
{
	return (struct sequence *)source;
}

/* The part of this pass. */
static struct ksm_page_source *current(const struct sequence *sequence)
{
	size_t last = sequence->passes < sequence->n ? sequence->passes : sequence->n;

	return sequence->part[last ? last - 1 : 0];
}

/* The space is that of the part, incomplete if one before it was. */
static void take_space(struct sequence *sequence)
{
	struct ksm_error error = sequence->space.error;

	sequence->space = current(sequence)->space[0];
	if (error.code)
		sequence->space.error = error;
}

static int sequence_rewind(struct ksm_page_source *base, struct ksm_error *err)
{
	struct sequence *sequence = of(base);
	int ret;

	sequence->passes++;
	ret = current(sequence)->ops->rewind(current(sequence), err);
	take_space(sequence);
	return ret;
}

static int sequence_next(struct ksm_page_source *base, struct ksm_batch *batch,
			 struct ksm_error *err)
{
	struct ksm_page_source *part = current(of(base));

	return part->ops->next(part, batch, err);
}

static void sequence_fill(struct ksm_page_source *base, struct ksm_batch *batch)
{
	struct ksm_page_source *part = current(of(base));

	part->ops->fill(part, batch);
}

static void sequence_end(struct ksm_page_source *base)
{
	take_space(of(base));
}

static bool sequence_counts(struct ksm_page_source *base, uint32_t space, uint64_t address)
{
	struct ksm_page_source *part = current(of(base));

	return part->ops->counts(part, space, address);
}

/* The parts have been gone through. */
static bool sequence_may_restart(struct ksm_page_source *base)
{
	(void)base;
	return false;
}

static void close_parts(struct ksm_page_source *const *parts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct ksm_page_source *part = parts[i];

		ksm_page_source_close(&part);
	}
}

static void sequence_close(struct ksm_page_source *base)
{
	struct sequence *sequence = of(base);

	close_parts(sequence->part, sequence->n);
	free(sequence->part);
	free(sequence);
}

static const struct ksm_page_source_ops sequence_ops = {
	.rewind = sequence_rewind,
	.next = sequence_next,
	.fill = sequence_fill,
	.close = sequence_close,
	.end = sequence_end,
	.counts = sequence_counts,
	.may_restart = sequence_may_restart,
};

/* The sequence with room for its parts; NULL when memory is short. */
static struct sequence *allocate(size_t n)
{
	struct sequence *sequence = calloc(1, sizeof(*sequence));

	if (!sequence)
		return NULL;
	sequence->part = calloc(n, sizeof(struct ksm_page_source *));
	if (!sequence->part) {
		free(sequence);
		return NULL;
	}
	return sequence;
}

static int fail(struct ksm_page_source *const *parts, size_t n, int ret)
{
	close_parts(parts, n);
	return ret;
}

int ksm_source_sequence(struct ksm_page_source *const *parts, size_t n,
			struct ksm_page_source **ret_source, struct ksm_error *err)
{
	struct sequence *sequence;

	for (size_t i = 1; i < n; i++)
		if (parts[i]->page_size != parts[0]->page_size)
			return fail(parts, n,
				    ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
						  "pages of %u and of %u bytes cannot be compared",
						  parts[0]->page_size, parts[i]->page_size));
	sequence = allocate(n);
	if (!sequence)
		return fail(parts, n, ksm_error_no_memory(err));
	memcpy(sequence->part, parts, n * sizeof(struct ksm_page_source *));
	sequence->n = n;
	sequence->source = (struct ksm_page_source){
		.ops = &sequence_ops,
		.page_size = parts[0]->page_size,
		.unknown = parts[0]->unknown,
		.pages = parts[0]->pages,
		.space = &sequence->space,
		.n_spaces = 1,
	};
	take_space(sequence);
	*ret_source = &sequence->source;
	return 0;
}
