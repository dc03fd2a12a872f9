/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pages of a dump that comes as a stream. Segments lie in the file in any order and over one another, so
 * what is due next is kept in a heap by its place in the content, page by page.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "source/dump_internal.h"

struct item {
	uint64_t offset;  /* of the next page, or of the range; in the content */
	uint64_t address; /* of the next page */
	uint64_t end;	  /* of its pages; of a range, of it in the content */
	bool is_range;
};

struct ksm_stream {
	struct item *item; /* a heap: no item's offset is greater than those of the two below it */
	size_t n;
	size_t capacity;
	size_t n_segments; /* so many have been put in */
	size_t n_ranges;
	uint64_t pages; /* handed out */
	bool ended;
};

static bool is_before(const struct item *a, const struct item *b)
{
	if (a->offset != b->offset)
		return a->offset < b->offset;
	return a->is_range != b->is_range ? a->is_range : a->address < b->address;
}

static void sift_down(struct ksm_stream *stream, size_t at)
{
	struct item item = stream->item[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= stream->n)
			break;
		if (child + 1 < stream->n &&
		    is_before(&stream->item[child + 1], &stream->item[child]))
			child++;
		if (!is_before(&stream->item[child], &item))
			break;
		stream->item[at] = stream->item[child];
		at = child;
	}
	stream->item[at] = item;
}

static int push(struct ksm_stream *stream, struct item item, struct ksm_error *err)
{
	size_t at = stream->n;

	if (ksm_array_reserve(&stream->item, &stream->capacity, at + 1, sizeof(item)))
		return ksm_error_no_memory(err);
	stream->n++;
	for (; at && is_before(&item, &stream->item[(at - 1) / 2]); at = (at - 1) / 2)
		stream->item[at] = stream->item[(at - 1) / 2];
	stream->item[at] = item;
	return 0;
}

static void pop(struct ksm_stream *stream)
{
	stream->item[0] = stream->item[--stream->n];
	if (stream->n)
		sift_down(stream, 0);
}

static int push_segment(struct ksm_dump *dump, const struct ksm_segment *segment,
			struct ksm_error *err)
{
	uint64_t mask = dump->facts.page_size - 1;
	uint64_t skip = -segment->address & mask;
	struct item item = {.end = (segment->address + segment->len) & ~mask};

	if (skip >= segment->len || segment->len - skip <= mask)
		return 0;
	item.address = segment->address + skip;
	item.offset = segment->offset + skip;
	return push(dump->stream, item, err);
}

/* What was added to the dump since. */
static int push_new(struct ksm_dump *dump, struct ksm_error *err)
{
	struct ksm_stream *stream = dump->stream;
	int ret = 0;

	for (; stream->n_segments < dump->n_segments && !ret; stream->n_segments++)
		ret = push_segment(dump, &dump->segment[stream->n_segments], err);
	for (; stream->n_ranges < dump->n_ranges && !ret; stream->n_ranges++)
		ret = push(stream,
			   (struct item){.offset = dump->range[stream->n_ranges].start,
					 .end = dump->range[stream->n_ranges].end,
					 .is_range = true},
			   err);
	return ret;
}

int ksm_stream_begin(struct ksm_dump *dump, struct ksm_error *err)
{
	dump->stream = calloc(1, sizeof(*dump->stream));
	if (!dump->stream)
		return ksm_error_no_memory(err);
	return push_new(dump, err);
}

void ksm_stream_end(struct ksm_dump *dump)
{
	if (!dump->stream)
		return;
	free(dump->stream->item);
	free(dump->stream);
	dump->stream = NULL;
}

/* Pages of the first item whose bytes nothing else wants. */
static size_t count_own_pages(const struct ksm_dump *dump, size_t max)
{
	const struct ksm_stream *stream = dump->stream;
	const struct item *item = &stream->item[0];
	size_t page_size = dump->facts.page_size;
	uint64_t end = item->offset + (item->end - item->address);

	for (size_t child = 1; child <= 2 && child < stream->n; child++)
		if (stream->item[child].offset < end)
			end = stream->item[child].offset;
	return end - item->offset < max * page_size ? (end - item->offset) / page_size : max;
}

/* Bytes of @n pages that are due, or of one that stays for others. */
static int read_pages(struct ksm_dump *dump, size_t n, unsigned char *buf, size_t *ret_got,
		      struct ksm_error *err)
{
	uint64_t offset = dump->stream->item[0].offset;
	size_t page_size = dump->facts.page_size;
	const unsigned char *data;
	int ret;

	if (n)
		return ksm_view_take(&dump->view, offset, n * page_size, buf, ret_got, err);
	ret = ksm_view_get(&dump->view, offset, page_size, &data, ret_got, err);
	if (!ret && *ret_got)
		memcpy(buf, data, *ret_got);
	return ret;
}

/* The pages that are due. 1, 0 where the content has ended before or among them, or a negative errno. */
static int take_pages(struct ksm_dump *dump, struct ksm_batch *batch, struct ksm_error *err)
{
	struct ksm_stream *stream = dump->stream;
	struct item *item = &stream->item[0];
	size_t page_size = dump->facts.page_size, got;
	size_t n = count_own_pages(dump, ksm_batch_max(dump) - batch->n), pages = n ? n : 1;
	int ret = read_pages(dump, n, batch->data + batch->n * page_size, &got, err);

	if (ret)
		return ret;
	stream->pages += got / page_size;
	ret = ksm_segments_check_claim(dump, stream->pages, item->offset + got, err);
	if (ret)
		return ret;
	for (size_t i = 0; i < got / page_size; i++, item->address += page_size)
		batch->page[batch->n++] =
			(struct ksm_page){.address = item->address, .flags = KSM_PAGE_READ};
	item->offset += got;
	if (item->address < item->end)
		sift_down(stream, 0);
	else
		pop(stream);
	return got == pages * page_size;
}

/* As far as the next page: one that had gone by could not be had any more. */
static int take_range(struct ksm_dump *dump, struct ksm_error *err)
{
	struct ksm_stream *stream = dump->stream;
	struct item item = stream->item[0];

	pop(stream);
	if (stream->n && stream->item[0].offset < item.end)
		item.end = stream->item[0].offset;
	return dump->format->range(dump, item.offset, item.end - item.offset, err) ?: 1;
}

/* Nothing is due: is there more? 1, 0 or a negative errno. */
static int find_more(struct ksm_dump *dump, struct ksm_error *err)
{
	int ret = dump->format->more ? dump->format->more(dump, err) : 0;

	return ret == 1 ? push_new(dump, err) ?: 1 : ret;
}

int ksm_stream_next(struct ksm_dump *dump, struct ksm_batch *batch, struct ksm_error *err)
{
	struct ksm_stream *stream = dump->stream;

	while (!stream->ended && batch->n < ksm_batch_max(dump)) {
		int ret;

		if (!stream->n)
			ret = find_more(dump, err);
		else if (stream->item[0].is_range)
			ret = take_range(dump, err);
		else
			ret = take_pages(dump, batch, err);
		if (ret < 0)
			return ret;
		stream->ended = ret == 0;
	}
	return !stream->ended;
}
