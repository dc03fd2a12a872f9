/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dump that comes once from front to back: plain or flattened, through a pipe or out of a compressed file.
 * Front and bitmaps are held; what follows them goes through kdump_queue.c.
 */
#include "source/kdump_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define FRONT_MAX	  (1u << 20)
#define BITMAPS_MAX	  (64u << 20) /* bytes of both: 1 TiB of 4 KiB pages */
#define EMPTY_RECORDS_MAX 65536
#define QUEUE_MAX	  (64u << 20) /* bytes of pages whose descriptors have not come yet */

int ksm_kdump_not_forward(const char *what, struct ksm_error *err)
{
	return ksm_error_set(err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
			     "is a kdump that cannot be read from front to back, since %s: "
			     "decompress it to a file first",
			     what);
}

int ksm_kdump_comes_again(struct ksm_error *err)
{
	return ksm_kdump_not_forward("its header or bitmaps come again behind pages", err);
}

/* ---------------------------------------------------------------- bytes and records */

/* Up to @len bytes, fewer only at the end of everything. */
static int take(struct kdump_stream *stream, void *buf, size_t len, size_t *ret_len,
		struct ksm_error *err)
{
	struct ksm_error fault = {0};
	size_t got = 0, more = 0;
	int ret = ksm_input_read(stream->input, buf, len, &got, &fault);

	/* Why there are fewer, the next call says. */
	if (!ret && got < len) {
		ret = ksm_input_read(stream->input, (char *)buf + got, len - got, &more, &fault);
		got += more;
	}
	/* What a damaged compression gave before its fault is as good as a file that ends there. */
	if (ret == -EBADMSG) {
		stream->cut_error = fault;
	} else if (ret) {
		if (err)
			*err = fault;
		return ret;
	}
	if (got < len) {
		stream->has_ended = true;
		stream->is_cut = ret || stream->is_flat;
	}
	*ret_len = got;
	return 0;
}

int ksm_kdump_next_record(struct kdump_stream *stream, struct ksm_error *err)
{
	for (unsigned int empty = 0; !stream->left && !stream->has_ended; empty++) {
		unsigned char record[KDUMP_FLAT_RECORD];
		uint64_t at = ksm_input_offset(stream->input);
		size_t got;
		int ret = take(stream, record, sizeof(record), &got, err);

		if (ret || got < sizeof(record))
			return ret;
		if (empty == EMPTY_RECORDS_MAX)
			return ksm_kdump_flat_fault(at, err);
		switch (ksm_kdump_flat_record(record, &stream->at, &stream->left)) {
		case KDUMP_RECORD_DATA:
			break;
		case KDUMP_RECORD_END:
			stream->has_ended = true;
			break;
		case KDUMP_RECORD_BAD:
			return ksm_kdump_flat_fault(at, err);
		}
	}
	return 0;
}

int ksm_kdump_take(struct kdump_stream *stream, void *buf, uint64_t len, size_t *ret_len,
		   struct ksm_error *err)
{
	size_t got;
	int ret;

	if (len > stream->left)
		len = stream->left;
	ret = take(stream, buf, (size_t)len, &got, err);
	if (ret)
		return ret;
	stream->at += got;
	if (stream->is_flat)
		stream->left -= got;
	*ret_len = got;
	return 0;
}

/* ---------------------------------------------------------------- front and bitmaps */

/* Bytes in front of the bitmaps, of which the first are kept. */
static int take_front(struct kdump_stream *stream, unsigned char *step, struct ksm_error *err)
{
	uint64_t len = stream->bitmap_at - stream->at, at = stream->at;
	size_t got;
	int ret = ksm_kdump_take(stream, step, len < KDUMP_STEP ? len : KDUMP_STEP, &got, err);

	if (!ret && at < stream->front_len)
		memcpy(stream->front + at, step,
		       got < stream->front_len - at ? got : stream->front_len - at);
	return ret;
}

static int take_bitmaps(struct kdump_stream *stream, unsigned char *step, uint64_t end,
			struct ksm_error *err)
{
	uint64_t len = end - stream->at, at = stream->at - stream->bitmap_at;
	size_t got;
	int ret = ksm_kdump_take(stream, step, len < KDUMP_STEP ? len : KDUMP_STEP, &got, err);

	/* Pages of zeros that nobody writes to cost no memory. */
	if (!ret && memcmp(stream->bitmaps + at, step, got) != 0)
		memcpy(stream->bitmaps + at, step, got);
	if (!ret && at + got > stream->bitmaps_end)
		stream->bitmaps_end = at + got;
	return ret;
}

static int set_cut(const struct kdump_stream *stream, const char *within, struct ksm_error *err)
{
	return ksm_kdump_cut_error(within, ksm_input_offset(stream->input), &stream->cut_error,
				   err);
}

static int take_header(struct kdump_stream *stream, struct kdump_layout *layout,
		       struct ksm_error *err)
{
	unsigned char head[KDUMP_HEADER] = {0};
	size_t got;
	int ret = ksm_kdump_next_record(stream, err);

	if (!ret && stream->at != 0)
		return ksm_kdump_not_forward("its header does not come first", err);
	while (!ret && !stream->has_ended && stream->at < sizeof(head)) {
		ret = ksm_kdump_take(stream, head + stream->at, sizeof(head) - stream->at, &got,
				     err);
		if (!ret)
			ret = ksm_kdump_next_record(stream, err);
	}
	if (ret)
		return ret;
	if (stream->has_ended)
		return set_cut(stream, "header", err);
	ret = ksm_kdump_header_parse(head, layout, err);
	if (ret)
		return ret;
	if (layout->bitmaps > BITMAPS_MAX)
		return ksm_kdump_not_forward("its bitmaps are too large to be held", err);
	stream->bitmap_at = layout->bitmap_at;
	stream->front_len = layout->bitmap_at < FRONT_MAX ? layout->bitmap_at : FRONT_MAX;
	stream->front = calloc(1, stream->front_len);
	stream->bitmaps = calloc(1, layout->bitmaps ? layout->bitmaps : 1);
	if (!stream->front || !stream->bitmaps)
		return ksm_error_no_memory(err);
	memcpy(stream->front, head, sizeof(head));
	return 0;
}

static int take_all_front(struct kdump_stream *stream, const struct kdump_layout *layout,
			  struct ksm_error *err)
{
	unsigned char *step ksm_auto_free = malloc(KDUMP_STEP);
	int ret = 0;

	if (!step)
		return ksm_error_no_memory(err);
	while (!ret) {
		ret = ksm_kdump_next_record(stream, err);
		if (ret || stream->has_ended || stream->at >= layout->descriptors_at)
			break;
		if (stream->at < stream->bitmap_at)
			ret = take_front(stream, step, err);
		else
			ret = take_bitmaps(stream, step, layout->descriptors_at, err);
	}
	if (!ret && stream->has_ended && (stream->is_cut || !stream->is_flat))
		ret = set_cut(stream, stream->at < stream->bitmap_at ? "front" : "bitmaps", err);
	return ret;
}

int ksm_kdump_stream_open(struct ksm_input *input, bool is_flat, struct ksm_kdump *dump,
			  struct ksm_error *err)
{
	struct kdump_stream *stream = calloc(1, sizeof(*stream));
	struct kdump_layout *layout = &dump->layout;
	size_t got;
	int ret = 0;

	if (!stream)
		return ksm_error_no_memory(err);
	dump->stream = stream;
	stream->input = input;
	stream->is_flat = is_flat;
	stream->left = is_flat ? 0 : UINT64_MAX;
	stream->kept = malloc(KDUMP_STEP);
	if (!stream->kept)
		return ksm_error_no_memory(err);
	/* Looked at already, and longer than a step of anything. */
	if (is_flat)
		ret = take(stream, stream->kept, KDUMP_FLAT_HEADER, &got, err);
	ret = ret ?: take_header(stream, layout, err) ?: take_all_front(stream, layout, err);
	return ret ?: ksm_kdump_sub_header_parse(stream->front + layout->block_size, layout, err);
}

void ksm_kdump_stream_start(struct ksm_kdump *dump)
{
	struct kdump_stream *stream = dump->stream;

	stream->descriptors_at = dump->layout.descriptors_at;
	stream->pages_at = stream->descriptors_at + dump->facts.pages_dumped * KDUMP_DESCRIPTOR;
	stream->queue_at = stream->pages_at;
}

/* Bytes behind the last page: those of the front are kept, and the bitmaps have to be what they were. */
static int take_rest(struct ksm_kdump *dump, unsigned char *step, struct ksm_error *err)
{
	struct kdump_stream *stream = dump->stream;
	uint64_t at = stream->at, pages_end = stream->queue_at, len;
	size_t got;
	int ret;

	if (at < stream->bitmap_at)
		return take_front(stream, step, err);
	if (at >= dump->layout.descriptors_at && at < pages_end)
		return ksm_kdump_not_forward("its pages come again", err);
	if (at >= pages_end)
		return ksm_kdump_take(stream, step, KDUMP_STEP, &got, err);
	len = dump->layout.descriptors_at - at;
	ret = ksm_kdump_take(stream, step, len < KDUMP_STEP ? len : KDUMP_STEP, &got, err);
	if (!ret && memcmp(stream->bitmaps + (at - stream->bitmap_at), step, got) != 0)
		ret = ksm_kdump_comes_again(err);
	return ret;
}

/* A header that was completed at the end is no matter, as long as all lies where it did. */
static bool is_same_front(const struct ksm_kdump *dump)
{
	const unsigned char *front = dump->stream->front;
	const struct kdump_layout *layout = &dump->layout;
	struct kdump_layout now;

	return !ksm_kdump_header_parse(front, &now, NULL) && now.block_size == layout->block_size &&
	       !ksm_kdump_sub_header_parse(front + now.block_size, &now, NULL) &&
	       now.is64 == layout->is64 && now.big == layout->big &&
	       now.bitmap_at == layout->bitmap_at && now.bitmaps == layout->bitmaps &&
	       now.max_pfn == layout->max_pfn;
}

/* A record that makes no sense ends the file there, when all pages have come. */
static int next_of_rest(struct kdump_stream *stream, struct ksm_error *err)
{
	struct ksm_error fault = {0};
	int ret = ksm_kdump_next_record(stream, &fault);

	if (ret == -EBADMSG) {
		stream->cut_error = fault;
		stream->has_ended = stream->is_cut = true;
		return 0;
	}
	if (ret && err)
		*err = fault;
	return ret;
}

static bool has_bitmaps(const struct ksm_kdump *dump)
{
	const struct kdump_layout *layout = &dump->layout;

	return dump->stream->bitmaps_end >=
	       layout->dumped_at - layout->bitmap_at + layout->bitmap_len;
}

int ksm_kdump_stream_finish(struct ksm_kdump *dump, struct ksm_error *err)
{
	struct kdump_stream *stream = dump->stream;
	unsigned char *step ksm_auto_free = NULL;
	int ret = 0;

	if (!stream->is_flat)
		return 0;
	step = malloc(KDUMP_STEP);
	if (!step)
		return ksm_error_no_memory(err);
	stream->queue_at += stream->queue_end - stream->queue_first;
	stream->queue_first = stream->queue_end = 0;
	while (!ret) {
		ret = next_of_rest(stream, err);
		if (ret || stream->has_ended)
			break;
		ret = take_rest(dump, step, err);
	}
	if (!ret && !is_same_front(dump))
		ret = ksm_kdump_comes_again(err);
	if (!ret && stream->is_cut && !has_bitmaps(dump))
		ret = set_cut(stream, "bitmaps", err);
	if (!ret && stream->is_cut)
		ksm_kdump_note_cut(dump);
	return ret;
}

void ksm_kdump_stream_close(struct kdump_stream *stream)
{
	if (!stream)
		return;
	ksm_kdump_codec_free(&stream->codec);
	free(stream->front);
	free(stream->bitmaps);
	free(stream->descriptor);
	free(stream->queue);
	free(stream->kept);
	free(stream);
}

size_t ksm_kdump_stream_front(const struct kdump_stream *stream, uint64_t offset, void *buf,
			      size_t len)
{
	if (offset > stream->front_len || len > stream->front_len - offset)
		return 0;
	memcpy(buf, stream->front + offset, len);
	return len;
}

void ksm_kdump_stream_bits(const struct kdump_stream *stream, uint64_t offset, void *buf,
			   size_t len)
{
	memcpy(buf, stream->bitmaps + (offset - stream->bitmap_at), len);
}

void ksm_kdump_stream_end(const struct kdump_stream *stream, uint64_t *ret_offset,
			  struct ksm_error *ret_fault)
{
	*ret_offset = ksm_input_offset(stream->input);
	*ret_fault = stream->cut_error;
}
