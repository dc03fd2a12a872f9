/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/zstd_frame.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <zstd.h>

#define BLOCK_MAX      (128u << 10)
#define BLOCK_HEADER   3
#define HEADER_MIN     5 /* magic and descriptor */
#define CHECKSUM_BYTES 4
/* Blocks may be empty, and that many: what is ahead of the content by more is not looked through again and again. */
#define HEADERS_MAX (64u << 10)

enum { BLOCK_RAW, BLOCK_REPEATED, BLOCK_COMPRESSED };

static uint32_t little_32(const unsigned char *data)
{
	uint32_t value;

	memcpy(&value, data, sizeof(value));
	return le32toh(value);
}

bool ksm_frame_is_skippable(const unsigned char *data, size_t len, size_t *ret_len)
{
	if (len < 8 || (little_32(data) & ~0xfu) != ZSTD_MAGIC_SKIPPABLE_START)
		return false;
	*ret_len = 8 + (size_t)little_32(data + 4);
	return true;
}

/* Magic, descriptor, window, dictionary, size of the content; 0 for what is no frame, or needs a dictionary. */
static size_t header_len(const unsigned char *data, bool *ret_has_checksum)
{
	static const size_t content_bytes[] = {0, 2, 4, 8};
	unsigned int descriptor = data[4], content = descriptor >> 6;
	bool is_single = descriptor & 0x20;

	if (little_32(data) != ZSTD_MAGICNUMBER || descriptor & 0x0b)
		return 0;
	*ret_has_checksum = descriptor & 4;
	return HEADER_MIN + !is_single + (content ? content_bytes[content] : is_single);
}

/* Where the blocks end that begin at @at. */
static enum ksm_frame_sight blocks_end(const unsigned char *data, size_t len, size_t at,
				       size_t content_max, size_t *ret_len, size_t *ret_content)
{
	size_t content = 0;
	bool is_last = false;

	while (!is_last) {
		unsigned int header, type, size;

		if (len < at + BLOCK_HEADER)
			return KSM_FRAME_GOES_ON;
		header = data[at] | (unsigned int)data[at + 1] << 8 |
			 (unsigned int)data[at + 2] << 16;
		is_last = header & 1;
		type = header >> 1 & 3;
		size = header >> 3;
		if (type > BLOCK_COMPRESSED || size > BLOCK_MAX)
			return KSM_FRAME_NONE;
		content += type == BLOCK_COMPRESSED ? BLOCK_MAX : size;
		if (content > content_max || at > content + HEADERS_MAX)
			return KSM_FRAME_NONE;
		at += BLOCK_HEADER + (type == BLOCK_REPEATED ? 1 : size);
	}
	*ret_len = at;
	*ret_content = content;
	return KSM_FRAME_WHOLE;
}

enum ksm_frame_sight ksm_zstd_frame_end(const unsigned char *data, size_t len, size_t content_max,
					size_t *ret_len, size_t *ret_content)
{
	enum ksm_frame_sight sight = KSM_FRAME_WHOLE;
	size_t end = 0, content = 0;
	bool has_checksum = false;

	if (len < 8)
		return KSM_FRAME_GOES_ON;
	if (ksm_frame_is_skippable(data, len, &end)) {
		if (end > content_max)
			return KSM_FRAME_NONE;
	} else {
		end = header_len(data, &has_checksum);
		if (!end)
			return KSM_FRAME_NONE;
		sight = blocks_end(data, len, end, content_max, &end, &content);
	}
	if (sight != KSM_FRAME_WHOLE)
		return sight;
	end += has_checksum ? CHECKSUM_BYTES : 0;
	if (len < end)
		return KSM_FRAME_GOES_ON;
	*ret_len = end;
	*ret_content = content;
	return KSM_FRAME_WHOLE;
}

int ksm_zstd_unpack(const unsigned char *frames, size_t len, unsigned char *out, size_t out_len,
		    size_t *ret_len)
{
	size_t ret = ZSTD_decompress(out, out_len, frames, len);

	if (ZSTD_isError(ret))
		return -EBADMSG;
	*ret_len = ret;
	return 0;
}
