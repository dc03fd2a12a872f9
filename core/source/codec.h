/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The libraries that decompress, a row each. Not for use outside core/source. */
#ifndef KSM_SOURCE_CODEC_H
#define KSM_SOURCE_CODEC_H

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>
#include <zstd.h>

#include "source/zstd_frame.h"

enum ksm_codec_step {
	KSM_STEP_ON,
	KSM_STEP_FRAME_END, /* a frame is complete; another may follow */
	KSM_STEP_BAD,
	KSM_STEP_TOO_LARGE,
	KSM_STEP_NO_MEMORY,
};

/* What a step may take and give; it moves the fronts on. */
struct ksm_codec_window {
	const unsigned char *in;
	size_t in_len;
	unsigned char *out;
	size_t out_len;
};

struct ksm_codec_state {
	union {
		ZSTD_DStream *zstd;
		LZ4F_dctx *lz4;
		lzma_stream xz;
		z_stream gzip;
		bz_stream bzip2;
	};
	bool in_frame;	/* something of a frame was taken, not yet its end; the caller's */
	bool has_tail;	/* zeros behind what gzip or bzip2 wrote, which nothing may follow */
	size_t padding; /* bytes of zeros behind a stream of xz */
};

struct ksm_codec {
	const char *name;
	const char *magic;
	size_t magic_len;
	/* 0 or a positive errno. */
	int (*open)(struct ksm_codec_state *state);
	enum ksm_codec_step (*step)(struct ksm_codec_state *state, struct ksm_codec_window *window);
	void (*close)(struct ksm_codec_state *state);
	/* For frames that can be decoded apart from each other, as in zstd_frame.h; or NULL. */
	enum ksm_frame_sight (*frame_end)(const unsigned char *data, size_t len, size_t content_max,
					  size_t *ret_len, size_t *ret_content);
	int (*unpack)(const unsigned char *frames, size_t len, unsigned char *out, size_t out_len,
		      size_t *ret_len);
};

/*
 * What a window may take, in bytes: a quarter of the machine's memory, or of RLIMIT_AS where that is less. All of it, not
 * of what is free just now, so that the same file is not read today and refused tomorrow.
 */
uint64_t ksm_codec_window_max(void);

#endif
