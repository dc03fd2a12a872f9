/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/decompress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "source/codec.h"

#define STEP_BYTES_MAX (1u << 30) /* zlib and bzip2 count in unsigned int */
#define MIB	       (UINT64_C(1) << 20)

/* Frames are taken until there are so many compressed bytes, which are worth handing over. */
#define FRAMES_ENOUGH (512u << 10)
/* ... and are decoded in place where they may hold more: what pzstd writes at its usual levels does not. */
#define FRAMES_CONTENT_MAX (16u << 20)

struct ksm_decoder {
	const struct ksm_codec *codec;
	struct ksm_codec_state state;
	ksm_decoder_pull pull;
	void *data;
	bool ended;	/* nothing more to pull */
	uint64_t taken; /* bytes taken so far */
	uint64_t given; /* bytes of content so far */
	const unsigned char *in;
	size_t in_len; /* not taken yet */
	struct {
		unsigned char *data;
		size_t len, capacity;
		bool is_in; /* its rest is what in is, else in is empty where there are any */
	} kept;		    /* pulled to be looked at: before all that is still to be pulled */
	int ret;	    /* the fault that was met, if one was */
	struct ksm_error fault;
};

int ksm_decoder_new(const struct ksm_codec *codec, ksm_decoder_pull pull, void *data,
		    struct ksm_decoder **ret_decoder, struct ksm_error *err)
{
	struct ksm_decoder *decoder = calloc(1, sizeof(*decoder));

	if (!decoder)
		return ksm_error_no_memory(err);
	if (codec->open(&decoder->state)) {
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
	(*decoder)->codec->close(&(*decoder)->state);
	free((*decoder)->kept.data);
	free(*decoder);
	*decoder = NULL;
}

const struct ksm_codec *ksm_decoder_codec(const struct ksm_decoder *decoder)
{
	return decoder->codec;
}

uint64_t ksm_decoder_given(const struct ksm_decoder *decoder)
{
	return decoder->given;
}

static int fault(struct ksm_decoder *decoder, enum ksm_codec_step step)
{
	const char *name = decoder->codec->name;
	struct ksm_error *err = &decoder->fault;

	switch (step) {
	case KSM_STEP_TOO_LARGE:
		return ksm_error_set(
			err, KSM_ERR_UNSUPPORTED, EFBIG,
			"was compressed with a window of more than the %" PRIu64
			" MiB that a quarter of this machine's memory, or of ulimit -v, allows: "
			"compress it anew without --long, or allow more",
			ksm_codec_window_max() / MIB);
	case KSM_STEP_NO_MEMORY:
		return ksm_error_set(err, KSM_ERR_SYSTEM, ENOMEM,
				     "out of memory for the window of its %s data", name);
	case KSM_STEP_BAD:
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

/* Bytes that were kept, then new ones. */
static int refill(struct ksm_decoder *decoder)
{
	int ret;

	if (decoder->in_len)
		return 0;
	if (decoder->kept.is_in)
		decoder->kept.len = 0;
	decoder->kept.is_in = decoder->kept.len > 0;
	if (decoder->kept.is_in) {
		decoder->in = decoder->kept.data;
		decoder->in_len = decoder->kept.len;
		return 0;
	}
	if (decoder->ended)
		return 0;
	ret = decoder->pull(decoder->data, &decoder->in, &decoder->in_len, &decoder->fault);
	decoder->ended = !ret && !decoder->in_len;
	return ret;
}

/* Takes and gives what it can in one go. 1 while there may be more, 0 at the end, or a negative errno. */
static int decode(struct ksm_decoder *decoder, unsigned char **out, size_t *out_len)
{
	struct ksm_codec_window window = {decoder->in, decoder->in_len, *out, *out_len};
	size_t had_in = window.in_len, had_out;
	enum ksm_codec_step step;

	if (!had_in && !decoder->state.in_frame)
		return 0;
	if (window.out_len > STEP_BYTES_MAX)
		window.out_len = STEP_BYTES_MAX;
	had_out = window.out_len;
	step = decoder->codec->step(&decoder->state, &window);
	decoder->in = window.in;
	decoder->in_len = window.in_len;
	decoder->taken += had_in - window.in_len;
	decoder->given += had_out - window.out_len;
	*out += had_out - window.out_len;
	*out_len -= had_out - window.out_len;
	if (step != KSM_STEP_ON && step != KSM_STEP_FRAME_END)
		return fault(decoder, step);
	decoder->state.in_frame = step == KSM_STEP_ON;
	if (step == KSM_STEP_ON && had_in == window.in_len && had_out == window.out_len) {
		/* Takes nothing though it has something: it never will. */
		if (had_in)
			return fault(decoder, KSM_STEP_BAD);
		if (decoder->ended)
			return fault(decoder, KSM_STEP_ON);
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
		/* Where others may take what follows. */
		if (decoder->codec->frame_end && !decoder->state.in_frame && out_len < len)
			break;
	}
	if (decoder->ret && out_len == len && len) {
		if (err)
			*err = decoder->fault;
		return decoder->ret;
	}
	*ret_len = len - out_len;
	return 0;
}

/* ---------------------------------------------------------------- frames for others */

/* What has not been taken becomes what is kept. */
static int keep_rest(struct ksm_decoder *decoder)
{
	size_t rest = decoder->in_len;

	if (decoder->kept.is_in) {
		memmove(decoder->kept.data, decoder->in, rest);
		decoder->kept.len = rest;
		decoder->kept.is_in = false;
	} else if (ksm_array_reserve(&decoder->kept.data, &decoder->kept.capacity,
				     decoder->kept.len + rest + 1, 1)) {
		return -ENOMEM;
	} else if (rest) {
		memcpy(decoder->kept.data, decoder->in, rest);
		decoder->kept.len = rest;
	}
	decoder->in_len = 0;
	return 0;
}

/* False where no more are to be had; what a fault was is found out when it is read on from there. */
static bool keep_more(struct ksm_decoder *decoder)
{
	const unsigned char *bytes;
	struct ksm_error ignored;
	size_t got;

	if (decoder->ended ||
	    ksm_array_reserve(&decoder->kept.data, &decoder->kept.capacity,
			      decoder->kept.len + KSM_DECODER_PIECE, 1) ||
	    decoder->pull(decoder->data, &bytes, &got, &ignored))
		return false;
	if (got)
		memcpy(decoder->kept.data + decoder->kept.len, bytes, got);
	decoder->kept.len += got;
	decoder->ended = !got;
	return got > 0;
}

/* How many of the bytes that are kept are frames to be handed over. */
static size_t find_frames(struct ksm_decoder *decoder, size_t *ret_content)
{
	size_t done = 0, content = 0, len, more;

	while (done < FRAMES_ENOUGH) {
		enum ksm_frame_sight sight = decoder->codec->frame_end(
			decoder->kept.data + done, decoder->kept.len - done,
			FRAMES_CONTENT_MAX - content, &len, &more);

		if (sight == KSM_FRAME_WHOLE) {
			done += len;
			content += more;
		} else if (sight == KSM_FRAME_NONE || !keep_more(decoder)) {
			break;
		}
	}
	*ret_content = content;
	return done;
}

bool ksm_decoder_take_frames(struct ksm_decoder *decoder, struct ksm_frames *frames)
{
	size_t len;

	if (decoder->state.in_frame || !decoder->codec->frame_end || decoder->ret ||
	    keep_rest(decoder))
		return false;
	len = find_frames(decoder, &frames->content_max);
	if (!len || ksm_array_reserve(&frames->data, &frames->capacity, len, 1))
		return false;
	memcpy(frames->data, decoder->kept.data, len);
	frames->len = len;
	frames->at = decoder->taken;
	decoder->kept.len -= len;
	memmove(decoder->kept.data, decoder->kept.data + len, decoder->kept.len);
	decoder->taken += len;
	return true;
}

void ksm_decoder_count_taken(struct ksm_decoder *decoder, uint64_t content)
{
	decoder->given += content;
}

int ksm_frames_unpack(const struct ksm_codec *codec, const struct ksm_frames *frames,
		      unsigned char *buf, size_t *ret_len)
{
	return codec->unpack(frames->data, frames->len, buf, frames->content_max, ret_len);
}

/* As ksm_decoder_pull: there are no more than were there from the beginning. */
static int pull_nothing(void *data, const unsigned char **ret_bytes, size_t *ret_len,
			struct ksm_error *err)
{
	*ret_len = 0;
	return 0;
}

int ksm_decoder_new_of_frames(const struct ksm_codec *codec, struct ksm_frames *frames,
			      uint64_t content, struct ksm_decoder **ret_decoder,
			      struct ksm_error *err)
{
	struct ksm_decoder *decoder = NULL;
	int ret = ksm_decoder_new(codec, pull_nothing, NULL, &decoder, err);

	if (!decoder)
		return ret;
	decoder->kept.data = frames->data;
	decoder->kept.len = frames->len;
	decoder->kept.capacity = frames->capacity;
	decoder->taken = frames->at;
	decoder->given = content;
	*frames = (struct ksm_frames){0};
	*ret_decoder = decoder;
	return 0;
}
