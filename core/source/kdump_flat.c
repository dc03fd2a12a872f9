/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the bytes of a dump lie in a seekable file: as they are, or in the records of a flattened one. */
#include "source/kdump_internal.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

/*
 * The index takes 32 bytes per record: writers put some 10 KB into each. More records than these two allow
 * together, or more of them in one page, come from no writer, and would only eat memory and time.
 */
#define RECORDS_ALWAYS	 65536u
#define BYTES_PER_RECORD 256u
#define PIECES_MAX	 256u

static const char flat_magic[16] = "makedumpfile";

static uint64_t be64(const unsigned char *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return be64toh(value);
}

bool ksm_kdump_is_flat(const unsigned char *head, size_t len)
{
	return len >= sizeof(flat_magic) && memcmp(head, flat_magic, sizeof(flat_magic)) == 0;
}

int ksm_kdump_flat_check(const unsigned char *head, size_t len, struct ksm_error *err)
{
	if (len < KDUMP_FLAT_HEADER)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "is cut off at byte %zu, within its first header", len);
	if (be64(head + 16) != 1 || be64(head + 24) != 1)
		return ksm_error_set(err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
				     "is flattened in version %" PRId64 " of type %" PRId64
				     ", where 1 and 1 are known: unpack it with makedumpfile -R",
				     (int64_t)be64(head + 24), (int64_t)be64(head + 16));
	return 0;
}

enum kdump_record_kind ksm_kdump_flat_record(const unsigned char *record, uint64_t *ret_offset,
					     uint64_t *ret_size)
{
	int64_t offset = (int64_t)be64(record), size = (int64_t)be64(record + 8);

	if (offset == -1)
		return KDUMP_RECORD_END;
	if (offset < 0 || size < 0 || offset > INT64_MAX - size)
		return KDUMP_RECORD_BAD;
	*ret_offset = (uint64_t)offset;
	*ret_size = (uint64_t)size;
	return KDUMP_RECORD_DATA;
}

int ksm_kdump_flat_fault(uint64_t at, struct ksm_error *err)
{
	return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
			     "is damaged: the record at byte %" PRIu64 " makes no sense", at);
}

/* ---------------------------------------------------------------- the index of records */

static int add_segment(struct kdump_image *image, uint64_t start, uint64_t end, uint64_t file,
		       struct ksm_error *err)
{
	if (ksm_array_reserve(&image->segment, &image->capacity, image->n_segments + 1,
			      sizeof(*image->segment)))
		return ksm_error_no_memory(err);
	image->segment[image->n_segments++] = (struct kdump_segment){start, end, 0, file};
	if (end > image->size)
		image->size = end;
	return 0;
}

/* Every record as it comes. A file that ends within one is cut. */
static int collect(struct kdump_image *image, struct ksm_error *err)
{
	uint64_t file_size = ksm_input_size(image->input), at = KDUMP_FLAT_HEADER;
	uint64_t limit = RECORDS_ALWAYS + file_size / BYTES_PER_RECORD, records = 0;

	image->is_cut = true;
	while (at < file_size) {
		unsigned char record[KDUMP_FLAT_RECORD];
		uint64_t offset = 0, size = 0, there;
		enum kdump_record_kind kind;
		size_t got;
		int ret;

		ret = ksm_input_read_at(image->input, at, record, sizeof(record), &got, err);
		if (ret)
			return ret;
		if (got < sizeof(record))
			break;
		kind = ksm_kdump_flat_record(record, &offset, &size);
		if (kind == KDUMP_RECORD_END) {
			image->is_cut = false;
			return 0;
		}
		/* What came before is as good as a file that ends here. */
		if (kind == KDUMP_RECORD_BAD) {
			ksm_kdump_flat_fault(at, &image->cut_error);
			image->cut_at = at;
			return 0;
		}
		at += sizeof(record);
		there = size < file_size - at ? size : file_size - at;
		if (records++ == limit)
			return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
					     "is damaged: more than %" PRIu64
					     " records by byte %" PRIu64,
					     limit, at);
		if (there && (ret = add_segment(image, offset, offset + there, at, err)))
			return ret;
		at += there;
	}
	image->cut_at = file_size;
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct kdump_segment *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->file < y->file ? -1 : x->file > y->file;
}

/* A heap of segments, the one that was written last on top. */
struct heap {
	const struct kdump_segment **item;
	size_t n;
};

static void heap_push(struct heap *heap, const struct kdump_segment *segment)
{
	size_t i = heap->n++;

	for (; i && heap->item[(i - 1) / 2]->file < segment->file; i = (i - 1) / 2)
		heap->item[i] = heap->item[(i - 1) / 2];
	heap->item[i] = segment;
}

static void heap_pop(struct heap *heap)
{
	const struct kdump_segment *last = heap->item[--heap->n];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < heap->n) {
		if (child + 1 < heap->n && heap->item[child + 1]->file > heap->item[child]->file)
			child++;
		if (heap->item[child]->file <= last->file)
			break;
		heap->item[i] = heap->item[child];
		i = child;
	}
	heap->item[i] = last;
}

/* From segments in order of their starts, the ones that a reader sees: what was written last covers the rest. */
static int sweep(struct kdump_image *image, const struct kdump_segment *from, size_t n,
		 struct heap *heap, struct ksm_error *err)
{
	uint64_t at = 0;

	for (size_t i = 0; i < n || heap->n;) {
		const struct kdump_segment *top;
		uint64_t end;
		int ret;

		if (!heap->n)
			at = from[i].start;
		while (i < n && from[i].start <= at)
			heap_push(heap, &from[i++]);
		top = heap->item[0];
		if (top->end <= at) {
			heap_pop(heap);
			continue;
		}
		end = i < n && from[i].start < top->end ? from[i].start : top->end;
		ret = add_segment(image, at, end, top->file + (at - top->start), err);
		if (ret)
			return ret;
		at = end;
	}
	return 0;
}

static int resolve(struct kdump_image *image, struct ksm_error *err)
{
	struct kdump_segment *from ksm_auto_free = NULL;
	const struct kdump_segment **item ksm_auto_free = NULL;
	size_t n = image->n_segments, overlaps = 0;

	if (n < 2)
		return 0;
	qsort(image->segment, n, sizeof(*image->segment), by_start);
	for (size_t i = 1; i < n; i++)
		overlaps += image->segment[i].start < image->segment[i - 1].end;
	if (!overlaps)
		return 0;
	item = calloc(n, sizeof(const struct kdump_segment *));
	if (!item)
		return ksm_error_no_memory(err);
	from = image->segment;
	image->segment = NULL;
	image->n_segments = image->capacity = 0;
	return sweep(image, from, n, &(struct heap){.item = item}, err);
}

/* How far the bytes go on without a gap from each segment. */
static void find_gaps(struct kdump_image *image)
{
	for (size_t i = image->n_segments; i--;) {
		struct kdump_segment *segment = &image->segment[i];

		segment->gap = segment->end;
		if (i + 1 < image->n_segments && segment[1].start == segment->end)
			segment->gap = segment[1].gap;
	}
}

int ksm_kdump_image_open(const struct ksm_input *input, bool is_flat, struct kdump_image *ret_image,
			 struct ksm_error *err)
{
	struct kdump_image image = {.input = input, .is_flat = is_flat};
	int ret = 0;

	if (is_flat)
		ret = collect(&image, err) ?: resolve(&image, err);
	else
		image.size = image.cut_at = ksm_input_size(input);
	if (ret) {
		ksm_kdump_image_close(&image);
		return ret;
	}
	find_gaps(&image);
	*ret_image = image;
	return 0;
}

void ksm_kdump_image_close(struct kdump_image *image)
{
	free(image->segment);
	*image = (struct kdump_image){0};
}

/* ---------------------------------------------------------------- reading */

/* The first segment that ends behind @offset; n_segments if none does. */
static size_t find_segment(const struct kdump_image *image, uint64_t offset)
{
	size_t low = 0, high = image->n_segments;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (image->segment[middle].end > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* All of @len bytes, which were there when the file was opened. */
static int read_all(const struct ksm_input *input, uint64_t offset, void *buf, size_t len,
		    struct ksm_error *err)
{
	size_t got = 0;
	int ret = ksm_input_read_at(input, offset, buf, len, &got, err);

	if (ret || got == len)
		return ret;
	return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
			     "the file ends at byte %" PRIu64 ", sooner than it did", offset + got);
}

static int read_segments(const struct kdump_image *image, uint64_t offset, unsigned char *buf,
			 size_t len, struct ksm_error *err)
{
	uint64_t end = len < UINT64_MAX - offset ? offset + len : UINT64_MAX;
	size_t first = find_segment(image, offset);

	memset(buf, 0, len);
	for (size_t i = first; i < image->n_segments; i++) {
		const struct kdump_segment *segment = &image->segment[i];
		uint64_t start = segment->start > offset ? segment->start : offset;
		uint64_t stop = segment->end < end ? segment->end : end;
		int ret;

		if (start >= end)
			break;
		if (i - first == PIECES_MAX)
			return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
					     "is damaged: what belongs to byte %" PRIu64
					     " of the dump is scattered over too many records",
					     offset);
		ret = read_all(image->input, segment->file + (start - segment->start),
			       buf + (start - offset), stop - start, err);
		if (ret)
			return ret;
	}
	return 0;
}

int ksm_kdump_image_read(const struct kdump_image *image, uint64_t offset, void *buf, size_t len,
			 struct ksm_error *err)
{
	uint64_t there = offset < image->size ? image->size - offset : 0;

	if (image->is_flat)
		return read_segments(image, offset, buf, len, err);
	if (there > len)
		there = len;
	memset((char *)buf + there, 0, len - there);
	return there ? read_all(image->input, offset, buf, there, err) : 0;
}

uint64_t ksm_kdump_image_run(const struct kdump_image *image, uint64_t offset)
{
	size_t i;

	if (offset >= image->size)
		return 0;
	if (!image->is_flat || !image->is_cut)
		return image->size - offset;
	i = find_segment(image, offset);
	return image->segment[i].start <= offset ? image->segment[i].gap - offset : 0;
}

/* Of a flattened file, its own holes count too. */
static int stored_segment(const struct kdump_image *image, uint64_t offset, uint64_t *ret_start,
			  uint64_t *ret_end, struct ksm_error *err)
{
	for (size_t i = find_segment(image, offset); i < image->n_segments; i++) {
		const struct kdump_segment *segment = &image->segment[i];
		uint64_t from = segment->start > offset ? segment->start : offset;
		uint64_t file = segment->file + (from - segment->start);
		uint64_t file_end = segment->file + (segment->end - segment->start);
		uint64_t start, end;
		int ret = ksm_input_stored(image->input, file, &start, &end, err);

		if (ret)
			return ret;
		if (start >= file_end || start >= end)
			continue;
		*ret_start = from + (start - file);
		*ret_end = end < file_end ? from + (end - file) : segment->end;
		return 0;
	}
	*ret_start = *ret_end = UINT64_MAX;
	return 0;
}

int ksm_kdump_image_stored(const struct kdump_image *image, uint64_t offset, uint64_t *ret_start,
			   uint64_t *ret_end, struct ksm_error *err)
{
	uint64_t start, end;
	int ret;

	if (image->is_flat)
		return stored_segment(image, offset, ret_start, ret_end, err);
	if (offset >= image->size) {
		*ret_start = *ret_end = UINT64_MAX;
		return 0;
	}
	ret = ksm_input_stored(image->input, offset, &start, &end, err);
	if (ret)
		return ret;
	*ret_start = start < end ? start : UINT64_MAX;
	*ret_end = start < end ? end : UINT64_MAX;
	return 0;
}
