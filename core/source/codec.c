/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/codec.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zstd_errors.h>

#include "source/decompress.h"

#define ZSTD_WINDOW_LOG 27 /* what every decoder takes without asking */

uint64_t ksm_codec_window_max(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	struct rlimit limit = {.rlim_cur = RLIM_INFINITY};
	uint64_t memory = UINT64_C(4) << ZSTD_WINDOW_LOG;

	if (pages > 0 && size > 0)
		memory = (uint64_t)pages * (uint64_t)size;
#ifdef SYS_getrlimit /* the C library's own call might set limits too, which the sandbox forbids */
	syscall(SYS_getrlimit, RLIMIT_AS, &limit);
#endif
	return (limit.rlim_cur < memory ? limit.rlim_cur : memory) / 4;
}

/* ---------------------------------------------------------------- zstd */

static int zstd_open(struct ksm_codec_state *state)
{
	uint64_t max = ksm_codec_window_max();
	int log = ZSTD_WINDOW_LOG;

	state->zstd = ZSTD_createDStream();
	if (!state->zstd)
		return ENOMEM;
	while (log < 31 && UINT64_C(2) << log <= max)
		log++;
	ZSTD_DCtx_setParameter(state->zstd, ZSTD_d_windowLogMax, log);
	return 0;
}

static enum ksm_codec_step zstd_step(struct ksm_codec_state *state, struct ksm_codec_window *window)
{
	ZSTD_inBuffer in = {window->in, window->in_len, 0};
	ZSTD_outBuffer out = {window->out, window->out_len, 0};
	size_t ret = ZSTD_decompressStream(state->zstd, &out, &in);

	window->in += in.pos;
	window->in_len -= in.pos;
	window->out += out.pos;
	window->out_len -= out.pos;
	if (!ZSTD_isError(ret))
		return ret ? KSM_STEP_ON : KSM_STEP_FRAME_END;
	switch (ZSTD_getErrorCode(ret)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		return KSM_STEP_TOO_LARGE;
	case ZSTD_error_memory_allocation:
		return KSM_STEP_NO_MEMORY;
	default:
		return KSM_STEP_BAD;
	}
}

static void zstd_close(struct ksm_codec_state *state)
{
	ZSTD_freeDStream(state->zstd);
}

/* ---------------------------------------------------------------- lz4 */

static int lz4_open(struct ksm_codec_state *state)
{
	return LZ4F_isError(LZ4F_createDecompressionContext(&state->lz4, LZ4F_VERSION)) ? ENOMEM
											: 0;
}

static enum ksm_codec_step lz4_step(struct ksm_codec_state *state, struct ksm_codec_window *window)
{
	size_t in = window->in_len, out = window->out_len;
	size_t ret = LZ4F_decompress(state->lz4, window->out, &out, window->in, &in, NULL);

	if (LZ4F_isError(ret))
		return KSM_STEP_BAD;
	window->in += in;
	window->in_len -= in;
	window->out += out;
	window->out_len -= out;
	return ret ? KSM_STEP_ON : KSM_STEP_FRAME_END;
}

static void lz4_close(struct ksm_codec_state *state)
{
	LZ4F_freeDecompressionContext(state->lz4);
}

/* ---------------------------------------------------------------- xz, gzip, bzip2 */

/* The three libraries share zlib's way of passing buffers, but for the types. */
#define BUFFERS_IN(stream, window, size_type)                        \
	do {                                                         \
		(stream)->next_in = (void *)(uintptr_t)(window)->in; \
		(stream)->avail_in = (size_type)(window)->in_len;    \
		(stream)->next_out = (void *)(window)->out;          \
		(stream)->avail_out = (size_type)(window)->out_len;  \
	} while (0)
#define BUFFERS_OUT(stream, window)                                       \
	do {                                                              \
		(window)->in += (window)->in_len - (stream)->avail_in;    \
		(window)->in_len = (stream)->avail_in;                    \
		(window)->out += (window)->out_len - (stream)->avail_out; \
		(window)->out_len = (stream)->avail_out;                  \
	} while (0)

/* What may follow a frame, to fill up a block. */
static size_t skip_zeros(struct ksm_codec_window *window)
{
	size_t had = window->in_len;

	while (window->in_len && !*window->in) {
		window->in++;
		window->in_len--;
	}
	return had - window->in_len;
}

/* Behind the last member, gzip and bzip2 pass over zeros that go on to the end, and this does: true there. */
static bool skip_tail(struct ksm_codec_state *state, struct ksm_codec_window *window)
{
	if (skip_zeros(window))
		state->has_tail = true;
	return !window->in_len;
}

static int xz_open(struct ksm_codec_state *state)
{
	lzma_stream init = LZMA_STREAM_INIT;

	state->xz = init;
	return lzma_stream_decoder(&state->xz, ksm_codec_window_max(), 0) == LZMA_OK ? 0 : ENOMEM;
}

static enum ksm_codec_step xz_step(struct ksm_codec_state *state, struct ksm_codec_window *window)
{
	lzma_stream *xz = &state->xz;
	lzma_ret ret;

	/* Padding behind streams comes in fours; with one of them begun, it is no end. */
	if (!state->in_frame || state->padding % 4) {
		state->padding += skip_zeros(window);
		if (!window->in_len)
			return state->padding % 4 ? KSM_STEP_ON : KSM_STEP_FRAME_END;
		if (state->padding % 4)
			return KSM_STEP_BAD;
		state->padding = 0;
	}
	BUFFERS_IN(xz, window, size_t);
	ret = lzma_code(xz, LZMA_RUN);
	BUFFERS_OUT(xz, window);
	switch (ret) {
	case LZMA_OK:
	case LZMA_BUF_ERROR:
		return KSM_STEP_ON;
	case LZMA_STREAM_END:
		return lzma_stream_decoder(xz, ksm_codec_window_max(), 0) == LZMA_OK
			       ? KSM_STEP_FRAME_END
			       : KSM_STEP_NO_MEMORY;
	case LZMA_MEMLIMIT_ERROR:
		return KSM_STEP_TOO_LARGE;
	case LZMA_MEM_ERROR:
		return KSM_STEP_NO_MEMORY;
	default:
		return KSM_STEP_BAD;
	}
}

static void xz_close(struct ksm_codec_state *state)
{
	lzma_end(&state->xz);
}

static int gzip_open(struct ksm_codec_state *state)
{
	return inflateInit2(&state->gzip, MAX_WBITS + 16) == Z_OK ? 0 : ENOMEM;
}

static enum ksm_codec_step gzip_step(struct ksm_codec_state *state, struct ksm_codec_window *window)
{
	z_stream *gzip = &state->gzip;
	int ret;

	if (!state->in_frame && skip_tail(state, window))
		return KSM_STEP_FRAME_END;
	if (state->has_tail)
		return KSM_STEP_BAD;
	BUFFERS_IN(gzip, window, unsigned int);
	ret = inflate(gzip, Z_NO_FLUSH);
	BUFFERS_OUT(gzip, window);
	switch (ret) {
	case Z_OK:
	case Z_BUF_ERROR:
		return KSM_STEP_ON;
	case Z_STREAM_END:
		inflateReset(gzip);
		return KSM_STEP_FRAME_END;
	case Z_MEM_ERROR:
		return KSM_STEP_NO_MEMORY;
	default:
		return KSM_STEP_BAD;
	}
}

static void gzip_close(struct ksm_codec_state *state)
{
	inflateEnd(&state->gzip);
}

static int bzip2_open(struct ksm_codec_state *state)
{
	return BZ2_bzDecompressInit(&state->bzip2, 0, 0) == BZ_OK ? 0 : ENOMEM;
}

static void bzip2_close(struct ksm_codec_state *state)
{
	BZ2_bzDecompressEnd(&state->bzip2);
}

static enum ksm_codec_step bzip2_step(struct ksm_codec_state *state,
				      struct ksm_codec_window *window)
{
	bz_stream *bzip2 = &state->bzip2;
	int ret;

	if (!state->in_frame && skip_tail(state, window))
		return KSM_STEP_FRAME_END;
	if (state->has_tail)
		return KSM_STEP_BAD;
	BUFFERS_IN(bzip2, window, unsigned int);
	ret = BZ2_bzDecompress(bzip2);
	BUFFERS_OUT(bzip2, window);
	switch (ret) {
	case BZ_OK:
		return KSM_STEP_ON;
	case BZ_STREAM_END:
		bzip2_close(state);
		memset(bzip2, 0, sizeof(*bzip2));
		return bzip2_open(state) ? KSM_STEP_NO_MEMORY : KSM_STEP_FRAME_END;
	case BZ_MEM_ERROR:
		return KSM_STEP_NO_MEMORY;
	default:
		return KSM_STEP_BAD;
	}
}

/* ---------------------------------------------------------------- the table */

static const struct ksm_codec codecs[] = {
	{"zstd", "\x28\xb5\x2f\xfd", 4, zstd_open, zstd_step, zstd_close, ksm_zstd_frame_end,
	 ksm_zstd_unpack},
	{"lz4", "\x04\x22\x4d\x18", 4, lz4_open, lz4_step, lz4_close, NULL, NULL},
	{"xz",
	 "\xfd"
	 "7zXZ",
	 6, xz_open, xz_step, xz_close, NULL, NULL},
	/* With the method, of which there is one: two bytes alone are not enough of a mark. */
	{"gzip", "\x1f\x8b\x08", 3, gzip_open, gzip_step, gzip_close, NULL, NULL},
	{"bzip2", "BZh", 3, bzip2_open, bzip2_step, bzip2_close, NULL, NULL},
};

/* "BZh", the block size and then the magic of a block, or of the end of an empty stream. */
static bool is_bzip2(const unsigned char *front, size_t len)
{
	return len >= 10 && front[3] >= '1' && front[3] <= '9' &&
	       (!memcmp(front + 4, "1AY&SY", 6) ||
		!memcmp(front + 4, "\x17\x72\x45\x38\x50\x90", 6));
}

const struct ksm_codec *ksm_codec_find(const void *data, size_t len)
{
	const unsigned char *front = data;
	size_t skip;

	/* zstd and lz4 may begin with these; pzstd does. */
	while (ksm_frame_is_skippable(front, len, &skip) && skip <= len) {
		front += skip;
		len -= skip;
	}
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
		const struct ksm_codec *codec = &codecs[i];

		if (len < codec->magic_len || memcmp(front, codec->magic, codec->magic_len) != 0)
			continue;
		if (codec->step == bzip2_step && !is_bzip2(front, len))
			continue;
		return codec;
	}
	return NULL;
}

const char *ksm_codec_name(const struct ksm_codec *codec)
{
	return codec->name;
}
