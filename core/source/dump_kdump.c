/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kdumps as a format of dumps: what kdump.h reads, chosen and counted as pages of a guest. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "source/dump_internal.h"
#include "source/kdump.h"

/* Page frames that are not there and do not part an area: holes below 1 MiB and the like, left out one by one. */
#define GAP_MAX 256u

struct state {
	struct ksm_kdump *kdump;
	struct ksm_kdump_run run; /* what is left of it */
	/* Why pages from here on are passed over, and where that may change; bytes. */
	enum ksm_passed passed;
	uint64_t from;
	uint64_t until;
	/* An area that is growing; page frames. */
	enum ksm_guest_memory memory;
	uint64_t start;
	uint64_t end;
};

static bool is_stream(const struct ksm_dump *dump)
{
	return !ksm_input_is_seekable(dump->input);
}

static bool recognise(const struct ksm_input *input, const unsigned char *front, size_t len)
{
	return ksm_kdump_recognise(front, len);
}

/* ---------------------------------------------------------------- facts and areas */

static int set_facts(struct ksm_dump *dump, const struct ksm_kdump_facts *kdump,
		     struct ksm_error *err)
{
	const struct state *state = dump->state;
	struct ksm_dump_facts *facts = &dump->facts;
	bool is_part = kdump->page_size < kdump->block_size;
	int ret = ksm_dump_set_page_size(dump, kdump->page_size,
					 is_part ? "VMCOREINFO" : "block_size", err);

	if (ret)
		return ret;
	if (ksm_kdump_cut(state->kdump, facts->page_size))
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				     "has pages of %u bytes, each compressed on its own: leave out "
				     "--page-size",
				     kdump->block_size);
	facts->bits = kdump->is_64bit ? 64 : 32;
	facts->is_big_endian = kdump->is_big_endian;
	facts->dump_level = kdump->dump_level;
	if (kdump->machine[0])
		ret = ksm_dump_set_string(&facts->machine, kdump->machine, strlen(kdump->machine),
					  err);
	if (!ret && kdump->release[0])
		ret = ksm_dump_set_string(&facts->kernel, kdump->release, strlen(kdump->release),
					  err);
	return ret;
}

static enum ksm_guest_memory guest_memory(const struct ksm_kdump_facts *kdump)
{
	if (strcmp(kdump->machine, "x86_64") != 0 &&
	    (kdump->machine[0] != 'i' || strcmp(kdump->machine + 2, "86") != 0))
		return KSM_GUEST_RAM;
	return kdump->is_kernels ? KSM_GUEST_X86_BY_KERNEL : KSM_GUEST_X86;
}

static int add_area(struct ksm_dump *dump, const struct state *state, struct ksm_error *err)
{
	uint64_t page_size = dump->facts.page_size;
	uint64_t last = UINT64_MAX / page_size;

	if (state->start == state->end)
		return 0;
	return ksm_dump_add_guest_area(dump, state->start * page_size,
				       (state->end < last ? state->end : last) * page_size,
				       state->memory, err);
}

static int found(void *data, uint64_t pfn, uint64_t n, struct ksm_error *err)
{
	struct ksm_dump *dump = data;
	struct state *state = dump->state;

	if (state->start != state->end && pfn - state->end > GAP_MAX) {
		int ret = add_area(dump, state, err);

		if (ret)
			return ret;
		state->start = state->end;
	}
	if (state->start == state->end)
		state->start = pfn;
	state->end = pfn + n;
	return 0;
}

/* ---------------------------------------------------------------- counting and choosing */

/* Why the first pages of what is left of the run are passed over, and how many of them. */
static enum ksm_passed look(const struct ksm_dump *dump, struct state *state, uint64_t *ret_n)
{
	uint64_t page_size = dump->facts.page_size, address = state->run.pfn * page_size, n;

	if (address < state->from || address >= state->until) {
		state->passed = ksm_dump_passed(dump, address, &state->until);
		state->from = address;
	}
	n = (state->until - address) / page_size;
	if (n == 0) /* the end of the address space */
		n = 1;
	*ret_n = n < state->run.n ? n : state->run.n;
	return state->passed;
}

static void skip(struct ksm_kdump_run *run, uint64_t n)
{
	run->pfn += n;
	run->n -= n;
}

/* Adds the run to the facts' counts; what is damaged is data that will be lost when it is read. */
static void count_run(struct ksm_dump *dump, struct state *state)
{
	struct ksm_dump_facts *facts = &dump->facts;
	struct ksm_kdump_run run = state->run;

	if (run.kind == KSM_KDUMP_FILTERED)
		facts->pages_filtered += run.n;
	else if (run.kind == KSM_KDUMP_MISSING)
		facts->pages_missing += run.n;
	else
		facts->pages_data += run.n;
	if (run.kind != KSM_KDUMP_DATA && run.kind != KSM_KDUMP_DAMAGED)
		return;
	while (state->run.n) {
		uint64_t n;
		enum ksm_passed passed = look(dump, state, &n);

		facts->passed_over[passed] += n;
		skip(&state->run, n);
	}
	state->run = run;
}

/* Any number of descriptors may give the same bytes, and few bytes unpack to many. */
static int check_size(const struct ksm_dump *dump, struct ksm_error *err)
{
	uint64_t max_size = dump->options->max_size;

	if (!max_size || dump->facts.pages_data <= max_size / dump->facts.page_size)
		return 0;
	return ksm_input_too_large(max_size, err);
}

static int count_all(struct ksm_dump *dump, struct state *state, struct ksm_error *err)
{
	int ret;

	while ((ret = ksm_kdump_next(state->kdump, UINT64_MAX, NULL, &state->run, err)) == 1) {
		count_run(dump, state);
		ret = check_size(dump, err);
		if (ret)
			break;
	}
	state->run.n = 0;
	return ret;
}

/* ---------------------------------------------------------------- the format */

static int open_kdump(struct ksm_dump *dump, struct ksm_error *err)
{
	struct state *state = calloc(1, sizeof(*state));
	const struct ksm_kdump_facts *facts;
	int ret;

	if (!state)
		return ksm_error_no_memory(err);
	dump->state = state;
	dump->facts.format = "kdump";
	dump->is_guest = true;
	ret = ksm_kdump_open(dump->input, &state->kdump, err);
	if (ret)
		return ret;
	facts = ksm_kdump_get_facts(state->kdump);
	state->memory = guest_memory(facts);
	ret = set_facts(dump, facts, err);
	if (!ret && !dump->has_maps)
		ret = ksm_kdump_existing(state->kdump, found, dump, err)
			      ?: add_area(dump, state, err);
	if (!ret && !is_stream(dump))
		ret = count_all(dump, state, err);
	return ret;
}

static int finish(struct ksm_dump *dump, struct ksm_error *err)
{
	const struct state *state = dump->state;
	const struct ksm_kdump_facts *facts = ksm_kdump_get_facts(state->kdump);

	if (dump->facts.pages_missing && facts->cut_error.code)
		ksm_dump_incomplete(dump, KSM_ERR_FORMAT, EBADMSG,
				    "%s: %" PRIu64 " pages are missing", facts->cut_error.text,
				    dump->facts.pages_missing);
	else if (dump->facts.pages_missing)
		ksm_dump_incomplete(dump, KSM_ERR_FORMAT, EBADMSG,
				    "ends at byte %" PRIu64 ", %" PRIu64
				    " pages before its headers say: it was cut off",
				    facts->cut_at, dump->facts.pages_missing);
	else if (facts->damage.code)
		ksm_dump_incomplete(dump, facts->damage.code, facts->damage.errnum, "%s",
				    facts->damage.text);
	else if (facts->is_incomplete)
		ksm_dump_incomplete(dump, KSM_ERR_FORMAT, ENOSPC,
				    "says that it is incomplete: its dumper ran out of space");
	return 0;
}

static int rewind_kdump(struct ksm_dump *dump, struct ksm_error *err)
{
	struct state *state = dump->state;

	state->run.n = 0;
	/* A stream stands at its beginning, or has been opened anew. */
	return is_stream(dump) ? 0 : ksm_kdump_rewind(state->kdump, err);
}

/* The next run, of a stream with its bytes behind those of the batch's pages. */
static int next_run(struct ksm_dump *dump, struct state *state, struct ksm_batch *batch,
		    struct ksm_error *err)
{
	unsigned char *data = batch->data + (size_t)batch->n * dump->facts.page_size;
	uint64_t max = UINT64_MAX;
	int ret;

	if (is_stream(dump))
		max = ksm_batch_max(dump) - batch->n;
	ret = ksm_kdump_next(state->kdump, max, data, &state->run, err);
	if (ret == 1 && is_stream(dump)) {
		count_run(dump, state);
		ret = check_size(dump, err) ?: 1;
	}
	if (ret != 1)
		state->run.n = 0;
	return ret;
}

static void add_pages(struct ksm_dump *dump, const struct state *state, uint64_t n,
		      struct ksm_batch *batch)
{
	for (uint64_t i = 0; i < n; i++)
		batch->page[batch->n++] = (struct ksm_page){
			.address = (state->run.pfn + i) * dump->facts.page_size,
			.flags = is_stream(dump) ? KSM_PAGE_READ : 0,
		};
}

/* Pages of a stream come all: which of them count is asked later. Those that are damaged are lost. */
static void take_stream_run(struct ksm_dump *dump, struct state *state, struct ksm_batch *batch)
{
	uint32_t first = batch->n;

	add_pages(dump, state, state->run.n, batch);
	if (state->run.kind == KSM_KDUMP_DAMAGED) {
		for (uint32_t i = first; i < batch->n; i++)
			batch->page[i].flags = KSM_PAGE_LOST;
		batch->error = ksm_kdump_get_facts(state->kdump)->damage;
	}
	state->run.n = 0;
}

static int next(struct ksm_dump *dump, struct ksm_batch *batch, struct ksm_error *err)
{
	struct state *state = dump->state;

	while (batch->n < ksm_batch_max(dump)) {
		uint64_t n, room = ksm_batch_max(dump) - batch->n;
		int ret = 1;

		if (!state->run.n)
			ret = next_run(dump, state, batch, err);
		if (ret != 1)
			return ret;
		if (state->run.kind != KSM_KDUMP_DATA && state->run.kind != KSM_KDUMP_DAMAGED) {
			state->run.n = 0;
		} else if (is_stream(dump)) {
			take_stream_run(dump, state, batch);
		} else if (look(dump, state, &n) != KSM_PASSED_NOT) {
			skip(&state->run, n);
		} else {
			n = n < room ? n : room;
			add_pages(dump, state, n, batch);
			skip(&state->run, n);
		}
	}
	return 1;
}

static void fill(const struct ksm_dump *dump, struct ksm_batch *batch)
{
	const struct state *state = dump->state;

	ksm_kdump_fill(state->kdump, batch);
}

static void close_kdump(struct ksm_dump *dump)
{
	struct state *state = dump->state;

	if (state)
		ksm_kdump_close(&state->kdump);
	free(state);
	dump->state = NULL;
}

const struct ksm_dump_format ksm_kdump_format = {
	.name = "kdump",
	.recognise = recognise,
	.open = open_kdump,
	.finish = finish,
	.close = close_kdump,
	.rewind = rewind_kdump,
	.next = next,
	.fill = fill,
};
