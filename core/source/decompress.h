/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressed bytes in, their content out: zstd, lz4 (frames), xz, gzip and bzip2, each with as many frames,
 * streams or members one after another as there are. Told by magic alone.
 */
#ifndef KSM_SOURCE_DECOMPRESS_H
#define KSM_SOURCE_DECOMPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct ksm_codec;
struct ksm_decoder;

/*
 * Where a decoder's bytes come from: the next of them, KSM_DECODER_PIECE at most; none only at the end. They are the
 * giver's, and stay until the next call. Negative errno with @err filled on failure.
 */
typedef int (*ksm_decoder_pull)(void *data, const unsigned char **ret_bytes, size_t *ret_len,
				struct ksm_error *err);
#define KSM_DECODER_PIECE (128u << 10)

/* What compresses bytes that begin like these; NULL if nothing known does. */
const struct ksm_codec *ksm_codec_find(const void *front, size_t len);
const char *ksm_codec_name(const struct ksm_codec *codec);

/* @data must outlive the decoder. What the machine's memory does not allow is refused while reading. */
int ksm_decoder_new(const struct ksm_codec *codec, ksm_decoder_pull pull, void *data,
		    struct ksm_decoder **ret_decoder, struct ksm_error *err);
void ksm_decoder_free(struct ksm_decoder **decoder);
const struct ksm_codec *ksm_decoder_codec(const struct ksm_decoder *decoder);
/* Bytes of content so far. */
uint64_t ksm_decoder_given(const struct ksm_decoder *decoder);

/*
 * The next @len bytes of content. Fewer at the end of a frame, and before a fault, which the next call returns; none only
 * at the end of all:
 * -EBADMSG (KSM_ERR_FORMAT) for data that are damaged or break off, -EFBIG for a window that would take too
 * much memory.
 */
int ksm_decoder_read(struct ksm_decoder *decoder, void *buf, size_t len, size_t *ret_len,
		     struct ksm_error *err);

/* Frames as they lie in the stream, to be decoded by others. Zero-initialise; the owner frees data. */
struct ksm_frames {
	unsigned char *data;
	size_t len;
	size_t capacity;
	size_t content_max; /* bytes that they hold at most */
	uint64_t at;	    /* where they lie; bytes */
};

/*
 * Takes some from where the decoder is. False where it has to read on itself: within a frame, at the end, where frames
 * cannot be told apart or are large.
 */
bool ksm_decoder_take_frames(struct ksm_decoder *decoder, struct ksm_frames *frames);
/* What frames that were taken held, so that faults are told by the right byte of content. */
void ksm_decoder_count_taken(struct ksm_decoder *decoder, uint64_t content);
/* Their content, into a buffer of content_max bytes. 0 or a negative errno; any number of threads at a time. */
int ksm_frames_unpack(const struct ksm_codec *codec, const struct ksm_frames *frames,
		      unsigned char *buf, size_t *ret_len);
/* A decoder of these alone, behind so many bytes of content of the stream. It takes their memory over. */
int ksm_decoder_new_of_frames(const struct ksm_codec *codec, struct ksm_frames *frames,
			      uint64_t content, struct ksm_decoder **ret_decoder,
			      struct ksm_error *err);

#endif
