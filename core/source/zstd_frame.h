/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where frames of zstd end (RFC 8878), told without decoding them. Not for use outside core/source. */
#ifndef KSM_SOURCE_ZSTD_FRAME_H
#define KSM_SOURCE_ZSTD_FRAME_H

#include <stdbool.h>
#include <stddef.h>

enum ksm_frame_sight {
	KSM_FRAME_WHOLE,
	KSM_FRAME_GOES_ON, /* past the bytes that there are */
	KSM_FRAME_NONE,	   /* is none, or one that may have more content than wanted */
};

/* A frame to be skipped, which zstd and lz4 have alike, and how long it is; of its bytes only the first need be there. */
bool ksm_frame_is_skippable(const unsigned char *data, size_t len, size_t *ret_len);

/*
 * The frame that begins with @data, to be skipped ones as well: how long it is, and how much content it has at most, in
 * bytes, no more than @content_max. A frame that is whole may still be damaged.
 */
enum ksm_frame_sight ksm_zstd_frame_end(const unsigned char *data, size_t len, size_t content_max,
					size_t *ret_len, size_t *ret_content);

/* Whole frames, @out being large enough for their content. 0 or a negative errno. */
int ksm_zstd_unpack(const unsigned char *frames, size_t len, unsigned char *out, size_t out_len,
		    size_t *ret_len);

#endif
