/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pages of a dump that comes once from front to back. Descriptors come before the bytes (makedumpfile) or
 * take turns with them (QEMU's flattened form, a few pages of each): both wait in queues. Bytes that pages
 * share lie first, and are kept.
 */
#include "source/kdump_internal.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"

#define QUEUE_MAX (64u << 20) /* bytes of pages whose descriptors have not come yet */

/* ---------------------------------------------------------------- descriptors */

/* In 8 bytes: offset from the first page's bytes (44 bits), size - 1 (16), flags (4). */
#define PACKED_DAMAGED UINT64_MAX
#define PACKED_FAR     (UINT64_C(1) << 44)

static const uint32_t packed_flags[] = {0x0, 0x1, 0x2, 0x4, 0x20};
#define N_PACKED_FLAGS (sizeof(packed_flags) / sizeof(packed_flags[0]))

static uint64_t pack(const struct kdump_descriptor *descriptor, uint64_t pages_at)
{
	uint64_t offset = descriptor->offset - pages_at;

	if (descriptor->offset < pages_at || offset >= PACKED_FAR)
		return PACKED_DAMAGED;
	for (uint64_t i = 0; i < N_PACKED_FLAGS; i++) {
		if (packed_flags[i] == descriptor->flags)
			return offset << 20 | (uint64_t)(descriptor->size - 1) << 4 | i;
	}
	return PACKED_DAMAGED;
}

static struct kdump_descriptor unpack(uint64_t packed, uint64_t pages_at)
{
	return (struct kdump_descriptor){
		.offset = (packed >> 20) + pages_at,
		.size = (uint32_t)(packed >> 4 & 0xffff) + 1,
		.flags = packed_flags[packed & 0xf],
	};
}

static int add_descriptor(struct ksm_kdump *dump, struct ksm_error *err)
{
	struct kdump_stream *stream = dump->stream;
	struct kdump_descriptor descriptor;
	uint64_t packed = PACKED_DAMAGED;

	ksm_kdump_descriptor_parse(&dump->layout, stream->part, &descriptor);
	if (ksm_kdump_descriptor_is_sound(&descriptor, dump->layout.block_size))
		packed = pack(&descriptor, stream->pages_at);
	if (packed == PACKED_DAMAGED && dump->facts.damage.code == KSM_ERR_NONE)
		ksm_kdump_descriptor_error(&descriptor,
					   (stream->descriptors_at - dump->layout.descriptors_at) /
						   KDUMP_DESCRIPTOR,
					   &dump->facts.damage);
	if (stream->first_descriptor > stream->end_descriptor / 2) {
		stream->end_descriptor -= stream->first_descriptor;
		memmove(stream->descriptor, stream->descriptor + stream->first_descriptor,
			stream->end_descriptor * sizeof(*stream->descriptor));
		stream->first_descriptor = 0;
	}
	if (ksm_array_reserve(&stream->descriptor, &stream->descriptor_capacity,
			      stream->end_descriptor + 1, sizeof(*stream->descriptor)))
		return ksm_error_no_memory(err);
	stream->descriptor[stream->end_descriptor++] = packed;
	stream->part_len = 0;
	return 0;
}

static int take_descriptors(struct ksm_kdump *dump, struct ksm_error *err)
{
	struct kdump_stream *stream = dump->stream;

	if (stream->at != stream->descriptors_at)
		return ksm_kdump_not_forward("its page descriptors are out of order", err);
	while (stream->left && stream->at < stream->pages_at) {
		size_t got;
		int ret = ksm_kdump_take(stream, stream->part + stream->part_len,
					 KDUMP_DESCRIPTOR - stream->part_len, &got, err);

		if (ret)
			return ret;
		stream->descriptors_at += got;
		stream->part_len += (uint32_t)got;
		if (stream->part_len < KDUMP_DESCRIPTOR)
			return 0;
		ret = add_descriptor(dump, err);
		if (ret)
			return ret;
	}
	return 0;
}

/* ---------------------------------------------------------------- bytes of pages */

static uint64_t queue_end(const struct kdump_stream *stream)
{
	return stream->queue_at + (stream->queue_end - stream->queue_first);
}

/* What lies before @offset is not needed again. */
static void drop(struct kdump_stream *stream, uint64_t offset)
{
	size_t n = stream->queue_end - stream->queue_first;

	if (offset <= stream->queue_at)
		return;
	if (offset - stream->queue_at < n)
		n = (size_t)(offset - stream->queue_at);
	stream->queue_first += n;
	stream->queue_at += n;
}

static int make_room(struct kdump_stream *stream, struct ksm_error *err)
{
	size_t used = stream->queue_end - stream->queue_first;

	if (stream->queue_capacity - stream->queue_end >= KDUMP_STEP)
		return 0;
	if (used > QUEUE_MAX)
		return ksm_kdump_not_forward("its pages lie far before their descriptors", err);
	if (used)
		memmove(stream->queue, stream->queue + stream->queue_first, used);
	stream->queue_first = 0;
	stream->queue_end = used;
	/* Twice as much as is used, so that moving it is rare. */
	if (ksm_array_reserve(&stream->queue, &stream->queue_capacity, 2 * (used + KDUMP_STEP), 1))
		return ksm_error_no_memory(err);
	return 0;
}

static int take_bytes(struct kdump_stream *stream, struct ksm_error *err)
{
	size_t got;
	int ret;

	if (stream->at != queue_end(stream))
		return ksm_kdump_not_forward("its pages are out of order", err);
	ret = make_room(stream, err);
	if (!ret)
		ret = ksm_kdump_take(stream, stream->queue + stream->queue_end, KDUMP_STEP, &got,
				     err);
	if (ret)
		return ret;
	if (stream->kept_len < KDUMP_STEP) {
		size_t n = got < KDUMP_STEP - stream->kept_len ? got
							       : KDUMP_STEP - stream->kept_len;

		memcpy(stream->kept + stream->kept_len, stream->queue + stream->queue_end, n);
		stream->kept_len += n;
	}
	stream->queue_end += got;
	return 0;
}

/* Reads on, whatever comes next. */
static int advance(struct ksm_kdump *dump, struct ksm_error *err)
{
	struct kdump_stream *stream = dump->stream;
	int ret = ksm_kdump_next_record(stream, err);

	if (ret || stream->has_ended)
		return ret;
	if (stream->at < dump->layout.descriptors_at)
		return ksm_kdump_comes_again(err);
	if (stream->at < stream->pages_at)
		return take_descriptors(dump, err);
	return take_bytes(stream, err);
}

/* A page's stored bytes; *ret_bytes is NULL if they are not to come any more. */
static int find_bytes(struct ksm_kdump *dump, const struct kdump_descriptor *descriptor,
		      const unsigned char **ret_bytes, struct ksm_error *err)
{
	struct kdump_stream *stream = dump->stream;
	uint64_t end = descriptor->offset + descriptor->size;

	for (;;) {
		int ret;

		if (end <= stream->pages_at + stream->kept_len) {
			*ret_bytes = stream->kept + (descriptor->offset - stream->pages_at);
			return 0;
		}
		if (descriptor->offset < stream->queue_at)
			return ksm_kdump_not_forward("its pages are not in ascending order", err);
		if (end <= queue_end(stream)) {
			*ret_bytes = stream->queue + stream->queue_first +
				     (descriptor->offset - stream->queue_at);
			return 0;
		}
		if (stream->has_ended) {
			*ret_bytes = NULL;
			return 0;
		}
		drop(stream, descriptor->offset);
		ret = advance(dump, err);
		if (ret)
			return ret;
	}
}

int ksm_kdump_stream_page(struct ksm_kdump *dump, unsigned char *out,
			  enum ksm_kdump_class *ret_class, struct ksm_error *err)
{
	struct kdump_stream *stream = dump->stream;
	struct kdump_descriptor descriptor;
	struct ksm_error damage;
	const unsigned char *bytes = NULL;
	int ret = 0;

	while (stream->first_descriptor == stream->end_descriptor && !stream->has_ended && !ret)
		ret = advance(dump, err);
	if (ret)
		return ret;
	*ret_class = KSM_KDUMP_MISSING;
	if (stream->first_descriptor == stream->end_descriptor) {
		ksm_kdump_note_cut(dump);
		return 0;
	}
	*ret_class = KSM_KDUMP_DAMAGED;
	if (stream->descriptor[stream->first_descriptor] == PACKED_DAMAGED) {
		stream->first_descriptor++;
		return 0;
	}
	descriptor = unpack(stream->descriptor[stream->first_descriptor++], stream->pages_at);
	ret = find_bytes(dump, &descriptor, &bytes, err);
	if (ret)
		return ret;
	if (!bytes) {
		*ret_class = KSM_KDUMP_MISSING;
		ksm_kdump_note_cut(dump);
		return 0;
	}
	ret = ksm_kdump_unpack(&stream->codec, &descriptor, bytes, dump->layout.block_size, out,
			       &damage);
	if (ret == -ENOMEM)
		return ksm_error_no_memory(err);
	if (!ret)
		*ret_class = KSM_KDUMP_DATA;
	else if (dump->facts.damage.code == KSM_ERR_NONE)
		dump->facts.damage = damage;
	return 0;
}
