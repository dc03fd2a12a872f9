/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "source/decompress.h"
#include "source/file_ahead.h"
#include "source/read_ahead.h"

#define LAYERS 2 /* one compression in another */

/*
 * What was read ahead to see what the bytes are: handed out first. One for the file and one for each layer,
 * the last of which is the content's front.
 */
struct front {
	unsigned char data[KSM_INPUT_PEEK];
	size_t start;
	size_t end;
};

struct layer {
	struct ksm_input *input;
	unsigned int depth;	      /* 0: the file itself */
	struct ksm_decoder *decoder;  /* NULL for the file */
	struct ksm_read_ahead *ahead; /* who has the decoder, once reading goes past the front */
	struct front front;
	unsigned char *piece; /* of what follows the front, for the decoder of the next layer */
};

struct ksm_input {
	char *path;
	int fd;
	bool is_regular;
	uint64_t size;
	uint64_t max_size;
	bool is_over;	      /* the content goes on past max_size */
	uint64_t file_offset; /* of the file's next byte */
	uint64_t offset;      /* of the content's next byte */
	unsigned int depth;   /* of the layer whose bytes are the content */
	struct layer *layer[LAYERS + 1];
	struct ksm_file_ahead *file_ahead; /* of a compressed file, once all of it is wanted */
	int peek_ret;			   /* the fault met behind the front */
	struct ksm_error peek_error;
};

static int input_error(const struct ksm_input *input, int errnum, struct ksm_error *err)
{
	ksm_error_set(err, ksm_error_class(errnum), errnum, "%s", strerror(errnum));
	ksm_error_name_path(err, input->path);
	return -errnum;
}

/* ---------------------------------------------------------------- layers */

/* As ksm_file_read. By place where there is one: looking for holes moves the descriptor's own. */
static int read_file(void *data, void *buf, size_t len, size_t *ret_len, struct ksm_error *err)
{
	struct ksm_input *input = data;
	ssize_t n;

	do {
		n = input->is_regular ? pread(input->fd, buf, len, (off_t)input->file_offset)
				      : read(input->fd, buf, len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return input_error(input, errno, err);
	*ret_len = (size_t)n;
	input->file_offset += (uint64_t)n;
	return 0;
}

/* Past the front. */
static int read_on(struct layer *layer, void *buf, size_t len, size_t *ret_len,
		   struct ksm_error *err)
{
	if (layer->ahead)
		return ksm_read_ahead_read(layer->ahead, buf, len, ret_len, err);
	if (layer->decoder)
		return ksm_decoder_read(layer->decoder, buf, len, ret_len, err);
	return read_file(layer->input, buf, len, ret_len, err);
}

/* The front first, then what follows; only the end gives nothing. */
static int read_layer(struct layer *layer, void *buf, size_t len, size_t *ret_len,
		      struct ksm_error *err)
{
	size_t ahead = layer->front.end - layer->front.start;

	if (!ahead)
		return read_on(layer, buf, len, ret_len, err);
	if (ahead > len)
		ahead = len;
	memcpy(buf, layer->front.data + layer->front.start, ahead);
	layer->front.start += ahead;
	*ret_len = ahead;
	return 0;
}

/* As ksm_decoder_pull, likewise. */
static int pull_layer(void *data, const unsigned char **ret_bytes, size_t *ret_len,
		      struct ksm_error *err)
{
	struct layer *layer = data;

	if (layer->front.start < layer->front.end) {
		*ret_bytes = layer->front.data + layer->front.start;
		*ret_len = layer->front.end - layer->front.start;
		layer->front.start = layer->front.end;
		return 0;
	}
	if (!layer->decoder && layer->input->file_ahead)
		return ksm_file_ahead_take(layer->input->file_ahead, ret_bytes, ret_len, err);
	if (!layer->piece && !(layer->piece = malloc(KSM_DECODER_PIECE)))
		return ksm_error_no_memory(err);
	*ret_bytes = layer->piece;
	return read_on(layer, layer->piece, KSM_DECODER_PIECE, ret_len, err);
}

static int add_layer(struct ksm_input *input, const struct ksm_codec *codec, struct ksm_error *err)
{
	unsigned int depth = codec ? input->depth + 1 : 0;
	struct layer *layer = calloc(1, sizeof(*layer));
	struct ksm_error fault = {0};
	int ret = 0;

	if (!layer)
		return ksm_error_no_memory(err);
	layer->input = input;
	layer->depth = depth;
	if (codec)
		ret = ksm_decoder_new(codec, pull_layer, input->layer[input->depth],
				      &layer->decoder, err);
	if (ret) {
		free(layer);
		return ret;
	}
	input->layer[depth] = layer;
	input->depth = depth;
	/* What is damaged from its very first bytes on has no front; that is told when it is read. */
	while (layer->front.end < KSM_INPUT_PEEK) {
		size_t got;

		ret = read_on(layer, layer->front.data + layer->front.end,
			      KSM_INPUT_PEEK - layer->front.end, &got, &fault);
		if (ret && codec) {
			input->peek_ret = ret;
			input->peek_error = fault;
			return 0;
		}
		if (ret && err)
			*err = fault;
		if (ret || !got)
			return ret;
		layer->front.end += got;
	}
	return 0;
}

static int find_layers(struct ksm_input *input, struct ksm_error *err)
{
	int ret = add_layer(input, NULL, err);

	while (!ret) {
		const struct front *front = &input->layer[input->depth]->front;
		const struct ksm_codec *codec = ksm_codec_find(front->data, front->end);

		if (!codec)
			return 0;
		if (input->depth == LAYERS)
			return ksm_error_set(
				err, KSM_ERR_FORMAT, EBADMSG,
				"is compressed more than twice (%s in %s in %s): unpack it once",
				ksm_codec_name(codec), ksm_input_inner_compression(input),
				ksm_input_compression(input));
		input->peek_ret = 0;
		ret = add_layer(input, codec, err);
	}
	return ret;
}

/* ---------------------------------------------------------------- opening */

/* The whole size is known of a file and of a block device. */
static int find_size(struct ksm_input *input, struct ksm_error *err)
{
	struct stat st;
	off_t end;

	if (fstat(input->fd, &st))
		return input_error(input, errno, err);
	if (S_ISDIR(st.st_mode))
		return ksm_error_set(err, KSM_ERR_SYSTEM, EISDIR,
				     "is a directory: give the file of the dump");
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return 0;
	end = lseek(input->fd, 0, SEEK_END);
	if (end < 0 || lseek(input->fd, 0, SEEK_SET) < 0)
		return input_error(input, errno, err);
	input->is_regular = true;
	input->size = (uint64_t)end;
	return 0;
}

int ksm_input_too_large(uint64_t max_size, struct ksm_error *err)
{
	return ksm_error_set(
		err, KSM_ERR_FORMAT, EFBIG,
		"holds more than %" PRIu64 " bytes: raise --max-size to read all of it", max_size);
}

static int open_all(struct ksm_input *input, struct ksm_error *err)
{
	int ret;

	input->fd = open(input->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (input->fd < 0)
		return input_error(input, errno, err);
	ret = find_size(input, err) ?: find_layers(input, err);
	if (!ret && ksm_input_is_seekable(input) && input->max_size &&
	    input->size > input->max_size)
		ret = ksm_input_too_large(input->max_size, err);
	return ret;
}

int ksm_input_open(const char *path, uint64_t max_size, struct ksm_input **ret_input,
		   struct ksm_error *err)
{
	struct ksm_input *input ksm_auto_input = calloc(1, sizeof(*input));
	int ret;

	if (input)
		input->fd = -1;
	if (!input || !(input->path = strdup(path)))
		return ksm_error_no_memory(err);
	input->max_size = max_size;
	ret = open_all(input, err);
	if (ret) {
		ksm_error_name_path(err, input->path);
		return ret;
	}
	*ret_input = ksm_no_free(input);
	return 0;
}

void ksm_input_close(struct ksm_input **input_p)
{
	struct ksm_input *input = *input_p;

	if (!input)
		return;
	/* The last first: its thread reads from those before it. */
	for (unsigned int i = LAYERS + 1; i-- > 0;) {
		if (input->layer[i]) {
			ksm_read_ahead_free(&input->layer[i]->ahead);
			ksm_decoder_free(&input->layer[i]->decoder);
			free(input->layer[i]->piece);
		}
		free(input->layer[i]);
	}
	ksm_file_ahead_free(&input->file_ahead);
	ksm_cleanup_close(&input->fd);
	free(input->path);
	free(input);
	*input_p = NULL;
}

static const char *compression(const struct ksm_input *input, unsigned int depth)
{
	if (depth > input->depth)
		return "none";
	return ksm_codec_name(ksm_decoder_codec(input->layer[depth]->decoder));
}

const char *ksm_input_compression(const struct ksm_input *input)
{
	return compression(input, 1);
}

const char *ksm_input_inner_compression(const struct ksm_input *input)
{
	return compression(input, 2);
}

bool ksm_input_is_pipe(const struct ksm_input *input)
{
	return !input->is_regular;
}

bool ksm_input_is_seekable(const struct ksm_input *input)
{
	return input->is_regular && input->depth == 0;
}

uint64_t ksm_input_size(const struct ksm_input *input)
{
	return ksm_input_is_seekable(input) ? input->size : 0;
}

uint64_t ksm_input_offset(const struct ksm_input *input)
{
	return input->offset;
}

/* ---------------------------------------------------------------- reading */

int ksm_input_peek(struct ksm_input *input, const unsigned char **ret_data, size_t *ret_len,
		   struct ksm_error *err)
{
	struct front *front = &input->layer[input->depth]->front;
	size_t left = front->end - front->start, got = 0;
	int ret;

	/* Further on than the front: fill it up again. */
	memmove(front->data, front->data + front->start, left);
	front->start = 0;
	front->end = left;
	while (front->end < KSM_INPUT_PEEK && !input->peek_ret) {
		ret = read_on(input->layer[input->depth], front->data + front->end,
			      KSM_INPUT_PEEK - front->end, &got, &input->peek_error);
		input->peek_ret = ret;
		if (ret || !got)
			break;
		front->end += got;
	}
	if (input->peek_ret && !front->end) {
		if (err)
			*err = input->peek_error;
		ksm_error_name_path(err, input->path);
		return input->peek_ret;
	}
	*ret_data = front->data;
	*ret_len = front->end;
	return 0;
}

/* One decoder, and what is done with its content, keep two processors busy. */
static unsigned int helpers_wanted(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	return processors > 2 ? (unsigned int)processors - 1 : 0;
}

/* All of the content is wanted by now. Where there is no thread or memory to be had, it goes without. */
static void begin_ahead(struct ksm_input *input, struct layer *top)
{
	if (input->is_regular && !input->file_ahead &&
	    !ksm_file_ahead_new(read_file, input, &input->file_ahead))
		ksm_file_ahead_fill(input->file_ahead);
	ksm_read_ahead_new(top->decoder, helpers_wanted(), &top->ahead);
}

/* Up to @len bytes; the loop of ksm_input_read makes it all of them. */
static int read_some(struct ksm_input *input, void *buf, size_t len, size_t *ret_len,
		     struct ksm_error *err)
{
	struct layer *top = input->layer[input->depth];
	unsigned char probe;
	int ret;

	if (input->max_size && len > input->max_size - input->offset)
		len = (size_t)(input->max_size - input->offset);
	if (top->decoder && !top->ahead && top->front.start == top->front.end)
		begin_ahead(input, top);
	if (input->file_ahead)
		ksm_file_ahead_fill(input->file_ahead);
	if (len)
		return read_layer(top, buf, len, ret_len, err);
	/* At the limit: is that the end as well? */
	if (!input->is_over && top->front.start == top->front.end) {
		ret = read_on(top, &probe, 1, ret_len, err);
		if (ret || !*ret_len)
			return ret;
	}
	input->is_over = true;
	return ksm_input_too_large(input->max_size, err);
}

int ksm_input_read(struct ksm_input *input, void *buf, size_t len, size_t *ret_len,
		   struct ksm_error *err)
{
	size_t done = 0, got = 0;

	while (done < len) {
		struct ksm_error fault = {0};
		int ret = read_some(input, (char *)buf + done, len - done, &got, &fault);

		if (ret && !done) {
			ksm_error_name_path(&fault, input->path);
			if (err)
				*err = fault;
			return ret;
		}
		if (ret || !got)
			break;
		done += got;
		input->offset += got;
	}
	*ret_len = done;
	return 0;
}

int ksm_input_read_at(const struct ksm_input *input, uint64_t offset, void *buf, size_t len,
		      size_t *ret_len, struct ksm_error *err)
{
	size_t done = 0;

	while (done < len && offset < input->size && done < input->size - offset) {
		ssize_t n =
			pread(input->fd, (char *)buf + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return input_error(input, errno, err);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*ret_len = done;
	return 0;
}

int ksm_input_stored(const struct ksm_input *input, uint64_t offset, uint64_t *ret_start,
		     uint64_t *ret_end, struct ksm_error *err)
{
	off_t start, end;

	if (offset >= input->size) {
		*ret_start = *ret_end = input->size;
		return 0;
	}
	start = lseek(input->fd, (off_t)offset, SEEK_DATA);
	if (start < 0 && errno == ENXIO) {
		*ret_start = *ret_end = input->size;
		return 0;
	}
	end = start < 0 ? -1 : lseek(input->fd, start, SEEK_HOLE);
	if (end < 0) {
		if (errno != EINVAL && errno != EOPNOTSUPP && errno != ENOTTY)
			return input_error(input, errno, err);
		*ret_start = offset;
		*ret_end = input->size;
		return 0;
	}
	*ret_start = (uint64_t)start < input->size ? (uint64_t)start : input->size;
	*ret_end = (uint64_t)end < input->size ? (uint64_t)end : input->size;
	return 0;
}
