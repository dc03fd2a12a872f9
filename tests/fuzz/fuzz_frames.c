/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of zstd: they end where libzstd says, and helpers give what one decoder does. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/error.h"
#include "source/read_ahead.h"
#include "source/zstd_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CONTENT_MAX (1u << 20)

#define CHECK(what)              \
	do {                     \
		if (!(what))     \
			abort(); \
	} while (0)

struct bytes {
	const uint8_t *data;
	size_t size;
};

static int pull(void *data, const unsigned char **ret_bytes, size_t *ret_len, struct ksm_error *err)
{
	struct bytes *left = data;

	*ret_bytes = left->data;
	*ret_len = left->size < KSM_DECODER_PIECE ? left->size : KSM_DECODER_PIECE;
	left->data += *ret_len;
	left->size -= *ret_len;
	return 0;
}

struct content {
	size_t len;
	int ret;
	unsigned char data[CONTENT_MAX];
};

static void read_all(struct bytes bytes, const struct ksm_codec *codec, unsigned int helpers,
		     struct content *content)
{
	struct ksm_read_ahead *ahead = NULL;
	struct ksm_decoder *decoder = NULL;
	struct ksm_error err = {0};
	size_t got = 1;

	content->len = 0;
	content->ret = 0;
	CHECK(!ksm_decoder_new(codec, pull, &bytes, &decoder, &err));
	CHECK(!ksm_read_ahead_new(decoder, helpers, &ahead));
	while (content->len < CONTENT_MAX && got && !content->ret) {
		content->ret = ksm_read_ahead_read(ahead, content->data + content->len,
						   CONTENT_MAX - content->len, &got, &err);
		content->len += content->ret ? 0 : got;
	}
	CHECK(!content->ret || err.text[0]);
	ksm_read_ahead_free(&ahead);
	ksm_decoder_free(&decoder);
}

static void check_end(const uint8_t *data, size_t size)
{
	size_t len = 0, content = 0, expected = ZSTD_findFrameCompressedSize(data, size);
	enum ksm_frame_sight sight = ksm_zstd_frame_end(data, size, CONTENT_MAX, &len, &content);

	if (sight == KSM_FRAME_WHOLE)
		CHECK(len <= size && content <= CONTENT_MAX &&
		      (ZSTD_isError(expected) || expected == len));
	if (sight == KSM_FRAME_GOES_ON)
		CHECK(ZSTD_isError(expected));
}

/*
 * What damaged frames hold is anybody's guess where no checksum tells: libzstd's decoders for streams, for whole frames and
 * for frames of before 1.0 then take bytes from elsewhere in their buffers, each from another place.
 */
static bool are_checked(const uint8_t *data, size_t size)
{
	size_t at = 0, len, content;

	while (at < size && ksm_zstd_frame_end(data + at, size - at, CONTENT_MAX, &len, &content) ==
				    KSM_FRAME_WHOLE) {
		if (data[at] == 0x28 && !(data[at + 4] & 4))
			return false;
		at += len;
	}
	return at == size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct content alone, helped;
	const struct ksm_codec *codec = ksm_codec_find(data, size);

	check_end(data, size);
	if (!codec || strcmp(ksm_codec_name(codec), "zstd") != 0)
		return 0;
	read_all((struct bytes){data, size}, codec, 0, &alone);
	read_all((struct bytes){data, size}, codec, 2, &helped);
	if (!alone.ret && are_checked(data, size))
		CHECK(!helped.ret && alone.len == helped.len &&
		      memcmp(alone.data, helped.data, alone.len) == 0);
	return 0;
}
