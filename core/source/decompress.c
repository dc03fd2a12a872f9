/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/decompress.h"

#include <bzlib.h>
#include <errno.h>
#include <inttypes.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/cleanup.h"

#define INPUT_BYTES	(128u << 10)
#define STEP_BYTES_MAX	(1u << 30) /* zlib and bzip2 count in unsigned int */
#define ZSTD_WINDOW_LOG 27	   /* what every decoder takes without asking */
#define MIB		(UINT64_C(1) << 20)

enum step {
	STEP_ON,
	STEP_FRAME_END, /* a frame is complete; another may follow */
	STEP_BAD,
	STEP_TOO_LARGE,
	STEP_NO_MEMORY,
};

/* What a step may take and give; it moves the fronts on. */
struct window {
	const unsigned char *in;
	size_t in_len;
	unsigned char *out;
	size_t out_len;
};

struct ksm_codec {
	const char *name;
	const char *magic;
	size_t magic_len;
	/* 0 or a positive errno. */
	int (*open)(struct ksm_decoder *decoder);
	enum step (*step)(struct ksm_decoder *decoder, struct window *window);
	void (*close)(struct ksm_decoder *decoder);
};

struct ksm_decoder {
	const struct ksm_codec *codec;
	union {
		ZSTD_DStream *zstd;
		LZ4F_dctx *lz4;
		lzma_stream xz;
		z_stream gzip;
		bz_stream bzip2;
	} state;
	bool in_frame; /* something of a frame was taken, not yet its end */
	ksm_decoder_pull pull;
	void *data;
	bool ended;	 /* nothing more to pull */
	uint64_t taken;	 /* bytes taken so far */
	uint64_t given;	 /* bytes of content so far */
	size_t in_start; /* what is left in buf */
	size_t in_end;
	int ret; /* the fault that was met, if one was */
	struct ksm_error fault;
	unsigned char buf[INPUT_BYTES];
};

/*
 * What a window may take: a quarter of the machine's memory. All of it, not of what is free just now, so that
 * the same file is not read today and refused tomorrow.
 */
static uint64_t window_max(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	if (pages < 0 || size < 0)
		return UINT64_C(1) << ZSTD_WINDOW_LOG;
	return (uint64_t)pages * (uint64_t)size / 4;
}

/* ---------------------------------------------------------------- zstd */

static int zstd_open(struct ksm_decoder *decoder)
{
	uint64_t max = window_max();
	int log = ZSTD_WINDOW_LOG;

	decoder->state.zstd = ZSTD_createDStream();
	if (!decoder->state.zstd)
		return ENOMEM;
	while (log < 31 && UINT64_C(2) << log <= max)
		log++;
	ZSTD_DCtx_setParameter(decoder->state.zstd, ZSTD_d_windowLogMax, log);
	return 0;
}

static enum step zstd_step(struct ksm_decoder *decoder, struct window *window)
{
	ZSTD_inBuffer in = {window->in, window->in_len, 0};
	ZSTD_outBuffer out = {window->out, window->out_len, 0};
	size_t ret = ZSTD_decompressStream(decoder->state.zstd, &out, &in);

	window->in += in.pos;
	window->in_len -= in.pos;
	window->out += out.pos;
	window->out_len -= out.pos;
	if (!ZSTD_isError(ret))
		return ret ? STEP_ON : STEP_FRAME_END;
	switch (ZSTD_getErrorCode(ret)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		return STEP_TOO_LARGE;
	case ZSTD_error_memory_allocation:
		return STEP_NO_MEMORY;
	default:
		return STEP_BAD;
	}
}

static void zstd_close(struct ksm_decoder *decoder)
{
	ZSTD_freeDStream(decoder->state.zstd);
}

/* ---------------------------------------------------------------- lz4 */

static int lz4_open(struct ksm_decoder *decoder)
{
	return LZ4F_isError(LZ4F_createDecompressionContext(&decoder->state.lz4, LZ4F_VERSION))
		       ? ENOMEM
		       : 0;
}

static enum step lz4_step(struct ksm_decoder *decoder, struct window *window)
{
	size_t in = window->in_len, out = window->out_len;
	size_t ret = LZ4F_decompress(decoder->state.lz4, window->out, &out, window->in, &in, NULL);

	if (LZ4F_isError(ret))
		return STEP_BAD;
	window->in += in;
	window->in_len -= in;
	window->out += out;
	window->out_len -= out;
	return ret ? STEP_ON : STEP_FRAME_END;
}

static void lz4_close(struct ksm_decoder *decoder)
{
	LZ4F_freeDecompressionContext(decoder->state.lz4);
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

static int xz_open(struct ksm_decoder *decoder)
{
	lzma_stream init = LZMA_STREAM_INIT;

	decoder->state.xz = init;
	return lzma_stream_decoder(&decoder->state.xz, window_max(), 0) == LZMA_OK ? 0 : ENOMEM;
}

static enum step xz_step(struct ksm_decoder *decoder, struct window *window)
{
	lzma_stream *xz = &decoder->state.xz;
	lzma_ret ret;

	/* Padding between streams, in fours. */
	while (!decoder->in_frame && window->in_len >= 4 && !memcmp(window->in, "\0\0\0", 4)) {
		window->in += 4;
		window->in_len -= 4;
	}
	if (!decoder->in_frame && !window->in_len)
		return STEP_FRAME_END;
	BUFFERS_IN(xz, window, size_t);
	ret = lzma_code(xz, LZMA_RUN);
	BUFFERS_OUT(xz, window);
	switch (ret) {
	case LZMA_OK:
	case LZMA_BUF_ERROR:
		return STEP_ON;
	case LZMA_STREAM_END:
		return lzma_stream_decoder(xz, window_max(), 0) == LZMA_OK ? STEP_FRAME_END
									   : STEP_NO_MEMORY;
	case LZMA_MEMLIMIT_ERROR:
		return STEP_TOO_LARGE;
	case LZMA_MEM_ERROR:
		return STEP_NO_MEMORY;
	default:
		return STEP_BAD;
	}
}

static void xz_close(struct ksm_decoder *decoder)
{
	lzma_end(&decoder->state.xz);
}

static int gzip_open(struct ksm_decoder *decoder)
{
	return inflateInit2(&decoder->state.gzip, MAX_WBITS + 16) == Z_OK ? 0 : ENOMEM;
}

static enum step gzip_step(struct ksm_decoder *decoder, struct window *window)
{
	z_stream *gzip = &decoder->state.gzip;
	int ret;

	BUFFERS_IN(gzip, window, unsigned int);
	ret = inflate(gzip, Z_NO_FLUSH);
	BUFFERS_OUT(gzip, window);
	switch (ret) {
	case Z_OK:
	case Z_BUF_ERROR:
		return STEP_ON;
	case Z_STREAM_END:
		inflateReset(gzip);
		return STEP_FRAME_END;
	case Z_MEM_ERROR:
		return STEP_NO_MEMORY;
	default:
		return STEP_BAD;
	}
}

static void gzip_close(struct ksm_decoder *decoder)
{
	inflateEnd(&decoder->state.gzip);
}

static int bzip2_open(struct ksm_decoder *decoder)
{
	return BZ2_bzDecompressInit(&decoder->state.bzip2, 0, 0) == BZ_OK ? 0 : ENOMEM;
}

static void bzip2_close(struct ksm_decoder *decoder)
{
	BZ2_bzDecompressEnd(&decoder->state.bzip2);
}

static enum step bzip2_step(struct ksm_decoder *decoder, struct window *window)
{
	bz_stream *bzip2 = &decoder->state.bzip2;
	int ret;

	BUFFERS_IN(bzip2, window, unsigned int);
	ret = BZ2_bzDecompress(bzip2);
	BUFFERS_OUT(bzip2, window);
	switch (ret) {
	case BZ_OK:
		return STEP_ON;
	case BZ_STREAM_END:
		bzip2_close(decoder);
		memset(bzip2, 0, sizeof(*bzip2));
		return bzip2_open(decoder) ? STEP_NO_MEMORY : STEP_FRAME_END;
	case BZ_MEM_ERROR:
		return STEP_NO_MEMORY;
	default:
		return STEP_BAD;
	}
}

/* ---------------------------------------------------------------- the table */

static const struct ksm_codec codecs[] = {
	{"zstd", "\x28\xb5\x2f\xfd", 4, zstd_open, zstd_step, zstd_close},
	{"lz4", "\x04\x22\x4d\x18", 4, lz4_open, lz4_step, lz4_close},
	{"xz",
	 "\xfd"
	 "7zXZ",
	 6, xz_open, xz_step, xz_close},
	/* With the method, of which there is one: two bytes alone are not enough of a mark. */
	{"gzip", "\x1f\x8b\x08", 3, gzip_open, gzip_step, gzip_close},
	{"bzip2", "BZh", 3, bzip2_open, bzip2_step, bzip2_close},
};

static uint32_t little_32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

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

	/* zstd and lz4 may begin with frames to be skipped, the same in both (pzstd writes such). */
	while (len >= 8 && (little_32(front) & ~0xfu) == 0x184d2a50 &&
	       len - 8 >= little_32(front + 4)) {
		size_t skip = 8 + (size_t)little_32(front + 4);

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

/* ---------------------------------------------------------------- reading */

int ksm_decoder_new(const struct ksm_codec *codec, ksm_decoder_pull pull, void *data,
		    struct ksm_decoder **ret_decoder, struct ksm_error *err)
{
	struct ksm_decoder *decoder = calloc(1, sizeof(*decoder));

	if (!decoder)
		return ksm_error_no_memory(err);
	if (codec->open(decoder)) {
		free(decoder);
		return ksm_error_no_memory(err);
	}
	decoder->codec = codec;
	decoder->pull = pull;
	decoder->data = data;
	*ret_decoder = decoder;
	return 0;
}

void ksm_decoder_free(struct ksm_decoder **decoder)
{
	if (!*decoder)
		return;
	(*decoder)->codec->close(*decoder);
	free(*decoder);
	*decoder = NULL;
}

const struct ksm_codec *ksm_decoder_codec(const struct ksm_decoder *decoder)
{
	return decoder->codec;
}

static int fault(struct ksm_decoder *decoder, enum step step)
{
	const char *name = decoder->codec->name;
	struct ksm_error *err = &decoder->fault;

	switch (step) {
	case STEP_TOO_LARGE:
		return ksm_error_set(
			err, KSM_ERR_UNSUPPORTED, EFBIG,
			"was compressed with a window of more than the %" PRIu64
			" MiB that a quarter of this machine's memory allows: compress "
			"it anew without --long, or use a machine with more memory",
			window_max() / MIB);
	case STEP_NO_MEMORY:
		return ksm_error_set(err, KSM_ERR_SYSTEM, ENOMEM,
				     "out of memory for the window of its %s data", name);
	case STEP_BAD:
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "its %s data are damaged near byte %" PRIu64 ", after %" PRIu64
				     " bytes of content",
				     name, decoder->taken, decoder->given);
	default:
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "its %s data break off at byte %" PRIu64 ", after %" PRIu64
				     " bytes of content: the file is incomplete",
				     name, decoder->taken, decoder->given);
	}
}

static int refill(struct ksm_decoder *decoder)
{
	size_t got;
	int ret;

	if (decoder->ended || decoder->in_start < decoder->in_end)
		return 0;
	ret = decoder->pull(decoder->data, decoder->buf, sizeof(decoder->buf), &got,
			    &decoder->fault);
	if (ret)
		return ret;
	decoder->in_start = 0;
	decoder->in_end = got;
	decoder->ended = !got;
	return 0;
}

/* Takes and gives what it can in one go. 1 while there may be more, 0 at the end, or a negative errno. */
static int decode(struct ksm_decoder *decoder, unsigned char **out, size_t *out_len)
{
	struct window window = {decoder->buf + decoder->in_start,
				decoder->in_end - decoder->in_start, *out, *out_len};
	size_t had_in = window.in_len, had_out;
	enum step step;

	if (!had_in && !decoder->in_frame)
		return 0;
	if (window.out_len > STEP_BYTES_MAX)
		window.out_len = STEP_BYTES_MAX;
	had_out = window.out_len;
	step = decoder->codec->step(decoder, &window);
	decoder->in_start += had_in - window.in_len;
	decoder->taken += had_in - window.in_len;
	decoder->given += had_out - window.out_len;
	*out += had_out - window.out_len;
	*out_len -= had_out - window.out_len;
	if (step != STEP_ON && step != STEP_FRAME_END)
		return fault(decoder, step);
	decoder->in_frame = step == STEP_ON;
	if (step == STEP_ON && had_in == window.in_len && had_out == window.out_len) {
		/* Takes nothing though it has something: it never will. */
		if (had_in)
			return fault(decoder, STEP_BAD);
		if (decoder->ended)
			return fault(decoder, STEP_ON);
	}
	return 1;
}

int ksm_decoder_read(struct ksm_decoder *decoder, void *buf, size_t len, size_t *ret_len,
		     struct ksm_error *err)
{
	unsigned char *out = buf;
	size_t out_len = len;
	int ret = 1;

	while (out_len && ret == 1 && !decoder->ret) {
		ret = refill(decoder);
		if (!ret)
			ret = decode(decoder, &out, &out_len);
		if (ret < 0)
			decoder->ret = ret;
	}
	if (decoder->ret && out_len == len && len) {
		if (err)
			*err = decoder->fault;
		return decoder->ret;
	}
	*ret_len = len - out_len;
	return 0;
}
