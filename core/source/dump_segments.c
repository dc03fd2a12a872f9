/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments of a dump: put in order, cut into pages, counted and read. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "source/dump_internal.h"

/*
 * Headers may claim the same bytes of the file over and over. So much more than the file holds is read for
 * them without being asked to (--max-size); it takes seconds.
 */
#define CLAIM_MAX (UINT64_C(4) << 30)

/* More areas than any process has: the kernel's own limit is 65,530 unless it is raised. */
#define SEGMENTS_MAX (1u << 22)

static int add_span(struct ksm_span **span, size_t *n, size_t *capacity, uint64_t start,
		    uint64_t end, struct ksm_error *err)
{
	if (ksm_array_reserve(span, capacity, *n + 1, sizeof(**span)))
		return ksm_error_no_memory(err);
	(*span)[(*n)++] = (struct ksm_span){start, end};
	return 0;
}

int ksm_dump_add_range(struct ksm_dump *dump, uint64_t offset, uint64_t len, struct ksm_error *err)
{
	if (len > UINT64_MAX - offset)
		len = UINT64_MAX - offset;
	return add_span(&dump->range, &dump->n_ranges, &dump->ranges_capacity, offset, offset + len,
			err);
}

int ksm_dump_add_segment(struct ksm_dump *dump, uint64_t address, uint64_t size, uint64_t offset,
			 uint64_t len, struct ksm_error *err)
{
	if (dump->n_segments + dump->n_absent >= SEGMENTS_MAX)
		return ksm_error_set(err, KSM_ERR_FORMAT, EFBIG,
				     "has more than %u stretches of memory, as no process has",
				     SEGMENTS_MAX);
	if (size < len)
		size = len;
	if (size > UINT64_MAX - address)
		size = UINT64_MAX - address;
	if (len > size)
		len = size;
	if (len > UINT64_MAX - offset)
		len = UINT64_MAX - offset;
	if (len) {
		if (ksm_array_reserve(&dump->segment, &dump->segments_capacity,
				      dump->n_segments + 1, sizeof(*dump->segment)))
			return ksm_error_no_memory(err);
		dump->segment[dump->n_segments] =
			(struct ksm_segment){address, len, offset, dump->n_segments};
		dump->n_segments++;
	}
	if (size == len)
		return 0;
	return add_span(&dump->absent, &dump->n_absent, &dump->absent_capacity, address + len,
			address + size, err);
}

/* ---------------------------------------------------------------- order */

static int by_address(const void *a, const void *b)
{
	const struct ksm_segment *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

int ksm_segments_settle(struct ksm_dump *dump, struct ksm_error *err)
{
	uint64_t end = 0;
	size_t n = 0;

	if (dump->n_segments)
		qsort(dump->segment, dump->n_segments, sizeof(*dump->segment), by_address);
	for (size_t i = 0; i < dump->n_segments; i++) {
		struct ksm_segment segment = dump->segment[i];
		struct ksm_segment *last = n ? &dump->segment[n - 1] : NULL;

		if (segment.address < end) {
			uint64_t cut = end - segment.address;

			if (cut >= segment.len)
				continue;
			segment.address += cut;
			segment.offset += cut;
			segment.len -= cut;
		}
		end = segment.address + segment.len;
		/* One that goes on where the last ended: a page may lie in both. */
		if (last && last->address + last->len == segment.address &&
		    last->offset + last->len == segment.offset)
			last->len += segment.len;
		else
			dump->segment[n++] = segment;
	}
	dump->n_segments = n;
	return 0;
}

/* ---------------------------------------------------------------- pages */

static uint64_t page_start(const struct ksm_dump *dump, uint64_t address)
{
	return address & ~((uint64_t)dump->facts.page_size - 1);
}

/* The start of the first page at or after @address; the last one of all where there is none. */
static uint64_t next_page_start(const struct ksm_dump *dump, uint64_t address)
{
	uint64_t size = dump->facts.page_size;

	return page_start(dump, address > UINT64_MAX - size ? address : address + size - 1);
}

/* Where the content ends; of a stream, as far as it has been read. */
static uint64_t content_end(const struct ksm_dump *dump)
{
	if (ksm_input_is_seekable(dump->input))
		return ksm_input_size(dump->input);
	return ksm_input_offset(dump->input);
}

/*
 * From @offset on, so many bytes are alike: stored or a hole. A page that is stored in part is data, so holes
 * are only as long as whole pages.
 */
static int look_for_hole(const struct ksm_input *input, struct ksm_extent *extent, uint64_t offset,
			 uint64_t page_size, bool *ret_is_hole, uint64_t *ret_len,
			 struct ksm_error *err)
{
	if (!ksm_input_is_seekable(input)) {
		*ret_is_hole = false;
		*ret_len = UINT64_MAX - offset;
		return 0;
	}
	if (!extent->known || offset < extent->asked || offset >= extent->end) {
		int ret = ksm_input_stored(input, offset, &extent->start, &extent->end, err);

		if (ret)
			return ret;
		extent->known = true;
		extent->asked = offset;
	}
	*ret_is_hole = extent->start > offset && extent->start - offset >= page_size;
	*ret_len = (*ret_is_hole ? extent->start : extent->end) - offset;
	return 0;
}

/* Is the page of the diff the base's, or a hole in both? Shortens the piece to what is alike. */
static int look_at_base(const struct ksm_dump *dump, struct ksm_walk *walk, uint64_t offset,
			struct ksm_piece *piece, struct ksm_error *err)
{
	uint64_t len, page_size = dump->facts.page_size, pages;
	bool is_hole;
	int ret;

	if (offset >= ksm_input_size(dump->base))
		return 0;
	ret = look_for_hole(dump->base, &walk->base_extent, offset, page_size, &is_hole, &len, err);
	if (ret)
		return ret;
	pages = is_hole ? len / page_size : (len + page_size - 1) / page_size;
	if (pages && pages < piece->n)
		piece->n = pages;
	if (!is_hole) {
		piece->kind = KSM_PIECE_DATA;
		piece->is_base = true;
	}
	return 0;
}

/* A piece of whole pages from walk->address on, before @end. */
static int take_pages(const struct ksm_dump *dump, struct ksm_walk *walk, uint64_t end,
		      struct ksm_piece *piece, struct ksm_error *err)
{
	const struct ksm_segment *segment = &dump->segment[walk->segment];
	uint64_t page_size = dump->facts.page_size, until, len, pages;
	uint64_t offset = segment->offset + (walk->address - segment->address);
	uint64_t content = content_end(dump);
	bool is_hole;
	int ret;

	*piece = (struct ksm_piece){.address = walk->address};
	piece->passed = ksm_dump_passed(dump, walk->address, &until);
	piece->n = (end - walk->address) / page_size;
	/* An area's last page is its own, even where the area ends within it. */
	pages = (until - walk->address - 1) / page_size + 1;
	if (pages < piece->n)
		piece->n = pages;
	if (offset >= content || content - offset < page_size) {
		piece->kind = KSM_PIECE_MISSING;
		return 0;
	}
	if ((content - offset) / page_size < piece->n)
		piece->n = (content - offset) / page_size;
	ret = look_for_hole(dump->input, &walk->extent, offset, page_size, &is_hole, &len, err);
	if (ret)
		return ret;
	pages = is_hole ? len / page_size : (len - 1) / page_size + 1;
	if (pages < piece->n)
		piece->n = pages;
	piece->kind = is_hole ? KSM_PIECE_HOLE : KSM_PIECE_DATA;
	if (is_hole && dump->base)
		return look_at_base(dump, walk, offset, piece, err);
	return 0;
}

/* A page that lies in part in the segment at hand; two segments may have parts of one page. */
static bool take_partial(struct ksm_walk *walk, uint64_t address, struct ksm_piece *piece)
{
	if (address < walk->partials_end)
		return false;
	walk->partials_end = address + 1;
	*piece = (struct ksm_piece){KSM_PIECE_PARTIAL, KSM_PASSED_PARTIAL, .address = address,
				    .n = 1};
	return true;
}

int ksm_walk_next(const struct ksm_dump *dump, struct ksm_walk *walk, struct ksm_piece *ret_piece,
		  struct ksm_error *err)
{
	for (; walk->segment < dump->n_segments; walk->segment++, walk->in_segment = false) {
		const struct ksm_segment *segment = &dump->segment[walk->segment];
		uint64_t first = next_page_start(dump, segment->address);
		uint64_t last = page_start(dump, segment->address + segment->len);

		if (!walk->in_segment) {
			walk->in_segment = true;
			walk->address = first;
			if (segment->address != first &&
			    take_partial(walk, page_start(dump, segment->address), ret_piece))
				return 1;
		}
		if (walk->address < last) {
			int ret = take_pages(dump, walk, last, ret_piece, err);

			if (ret)
				return ret;
			walk->address += ret_piece->n * dump->facts.page_size;
			return 1;
		}
		/* Its last page, unless that was its first as well. */
		if (walk->address == last && last >= first &&
		    last < segment->address + segment->len) {
			walk->address++;
			if (take_partial(walk, last, ret_piece))
				return 1;
		}
	}
	return 0;
}

/* ---------------------------------------------------------------- counting */

static int by_start(const void *a, const void *b)
{
	const struct ksm_span *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Where the pages end that a segment has a part in. */
static uint64_t segment_end(const struct ksm_dump *dump, size_t i)
{
	return next_page_start(dump, dump->segment[i].address + dump->segment[i].len);
}

/* Whole pages that headers speak of, but that no segment holds anything of. */
static uint64_t count_filtered(struct ksm_dump *dump)
{
	uint64_t count = 0, at = 0;
	size_t segment = 0;

	if (dump->n_absent)
		qsort(dump->absent, dump->n_absent, sizeof(*dump->absent), by_start);
	for (size_t i = 0; i < dump->n_absent; i++) {
		uint64_t start = next_page_start(dump, dump->absent[i].start);
		uint64_t end = page_start(dump, dump->absent[i].end);

		if (at < start)
			at = start;
		while (at < end) {
			uint64_t until = end;

			while (segment < dump->n_segments && segment_end(dump, segment) <= at)
				segment++;
			if (segment < dump->n_segments)
				until = page_start(dump, dump->segment[segment].address);
			if (at < until) {
				until = until < end ? until : end;
				count += (until - at) / dump->facts.page_size;
				at = until;
			} else {
				at = segment_end(dump, segment);
			}
		}
	}
	return count;
}

int ksm_segments_check_claim(const struct ksm_dump *dump, uint64_t pages, uint64_t content,
			     struct ksm_error *err)
{
	uint64_t bytes = pages * dump->facts.page_size;

	if (dump->options->max_size ? bytes <= dump->options->max_size
				    : bytes <= content || bytes - content <= CLAIM_MAX)
		return 0;
	return ksm_error_set(err, KSM_ERR_FORMAT, EFBIG,
			     "claims to hold the same bytes at many addresses, %" PRIu64
			     " or more in %" PRIu64 ": give a larger --max-size to read it all",
			     bytes, content);
}

/* gcore leaves holes where it cannot read, in the vdso's areas, and nowhere else. */
static bool is_memory(const struct ksm_dump *dump, uint64_t address)
{
	const struct ksm_areas *areas = &dump->space->areas;
	const struct ksm_area *area = ksm_areas_find(areas, address);

	return area && ksm_area_kind(areas, area) != KSM_AREA_SPECIAL;
}

/* What a copy fills with zeros hides the base, and zeros would be all that merges. */
static int check_diff(const struct ksm_dump *dump, struct ksm_error *err)
{
	if (!dump->base || dump->facts.pages_hole || dump->facts.pages_base)
		return 0;
	return ksm_error_set(
		err, KSM_ERR_INVALID, EINVAL,
		"has no holes, so that nothing of --base shows: if it was copied, copy "
		"it with its holes and no others (tar -S), else leave out --base");
}

/* Also where less than a page is missing, of which no page tells. */
static bool is_cut_off(const struct ksm_dump *dump)
{
	uint64_t end = content_end(dump);

	for (size_t i = 0; i < dump->n_segments; i++)
		if (dump->segment[i].offset > end ||
		    dump->segment[i].len > end - dump->segment[i].offset)
			return true;
	return false;
}

int ksm_segments_count(struct ksm_dump *dump, struct ksm_error *err)
{
	struct ksm_dump_facts *facts = &dump->facts;
	struct ksm_walk walk = {0};
	struct ksm_piece piece;
	int ret;

	while ((ret = ksm_walk_next(dump, &walk, &piece, err)) == 1) {
		switch (piece.kind) {
		case KSM_PIECE_HOLE:
			facts->pages_hole += piece.n;
			facts->has_holes |= is_memory(dump, piece.address);
			break;
		case KSM_PIECE_MISSING:
			facts->pages_missing += piece.n;
			break;
		default:
			facts->pages_data += piece.n;
			facts->passed_over[piece.passed] += piece.n;
			facts->pages_base += piece.is_base ? piece.n : 0;
		}
		ret = ksm_segments_check_claim(dump, facts->pages_data, content_end(dump), err);
		if (ret)
			break;
	}
	ret = ret ?: check_diff(dump, err);
	if (ret)
		return ret;
	facts->pages_filtered = count_filtered(dump);
	if (facts->pages_missing)
		ksm_dump_incomplete(dump, KSM_ERR_FORMAT, EBADMSG,
				    "ends at byte %" PRIu64 ", %" PRIu64
				    " pages before its headers say: it was cut off",
				    content_end(dump), facts->pages_missing);
	else if (is_cut_off(dump))
		ksm_dump_incomplete(dump, KSM_ERR_FORMAT, EBADMSG,
				    "ends at byte %" PRIu64
				    ", before its headers say: it was cut off",
				    content_end(dump));
	return 0;
}

/* ---------------------------------------------------------------- reading */

static const struct ksm_segment *find_segment(const struct ksm_dump *dump, uint64_t address)
{
	size_t low = 0, high = dump->n_segments;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct ksm_segment *segment = &dump->segment[middle];

		if (address < segment->address)
			high = middle;
		else if (address - segment->address >= segment->len)
			low = middle + 1;
		else
			return segment;
	}
	return NULL;
}

static void lose(struct ksm_batch *batch, uint32_t first, uint32_t end, const struct ksm_error *why)
{
	for (uint32_t i = first; i < end; i++)
		batch->page[i].flags |= KSM_PAGE_LOST;
	if (batch->error.code)
		return;
	batch->error = *why;
	batch->error.address = batch->page[first].address;
}

/* Which file has the page at @offset: the base, where the diff has a hole. */
static const struct ksm_input *find_input(const struct ksm_dump *dump, uint64_t offset,
					  uint64_t *ret_len)
{
	struct ksm_extent extent = {0};
	bool is_hole = false;

	*ret_len = UINT64_MAX - offset;
	if (!dump->base || look_for_hole(dump->input, &extent, offset, dump->facts.page_size,
					 &is_hole, ret_len, NULL))
		return dump->input;
	return is_hole ? dump->base : dump->input;
}

/* Reads pages from @first on that lie together in the file; returns the first behind them. */
static uint32_t fill_run(const struct ksm_dump *dump, struct ksm_batch *batch, uint32_t first)
{
	uint64_t page_size = dump->facts.page_size, address = batch->page[first].address;
	const struct ksm_segment *segment = find_segment(dump, address);
	uint64_t offset, left, stored;
	const struct ksm_input *input;
	struct ksm_error err = {0};
	uint32_t end = first + 1;
	size_t got, whole;

	if (!segment || segment->len - (address - segment->address) < page_size) {
		ksm_error_set(&err, KSM_ERR_FORMAT, EFAULT, "is not in the dump");
		lose(batch, first, end, &err);
		return end;
	}
	offset = segment->offset + (address - segment->address);
	left = segment->len - (address - segment->address);
	input = find_input(dump, offset, &stored);
	if (left > stored)
		left = stored > page_size ? stored : page_size;
	while (end < batch->n && batch->page[end].address == address + (end - first) * page_size &&
	       (end - first + 1) * page_size <= left)
		end++;
	if (ksm_input_read_at(input, offset, batch->data + first * page_size,
			      (end - first) * page_size, &got, &err))
		got = 0;
	whole = got / page_size;
	if (whole < end - first) {
		if (!err.code)
			ksm_error_set(&err, KSM_ERR_FORMAT, EBADMSG,
				      "the file ends at byte %" PRIu64 ", sooner than it did",
				      offset + got);
		lose(batch, first + (uint32_t)whole, end, &err);
	}
	return end;
}

void ksm_segments_fill(const struct ksm_dump *dump, struct ksm_batch *batch)
{
	for (uint32_t i = 0; i < batch->n;)
		i = fill_run(dump, batch, i);
}
