/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "kernel/root.h"
#include "report/json.h"
#include "report/top.h"

#define FILE_MAX     (2ul << 30)
#define DOCUMENT_MAX (64ul << 20)
#define LEVEL	     3

struct frame {
	size_t at, size;
};

struct ksm_recording {
	struct ksm_str data;
	struct frame *frame;
	size_t n;
	size_t capacity;
	size_t end; /* of the last whole frame */
	bool is_damaged;
};

static int failed(const char *path, int errnum, struct ksm_error *err)
{
	ksm_error_set(err, ksm_error_class(errnum), errnum, "\"%.150s\": %s", path,
		      strerror(errnum));
	ksm_error_name_path(err, path);
	return -errnum;
}

/* ---------------------------------------------------------------- reading */

/* Has a frame begun here that was not written to its end? Others behind it say that it was. */
static bool is_cut_off(const char *at, size_t len, size_t error)
{
	static const unsigned char magic[] = {0x28, 0xb5, 0x2f, 0xfd};

	return ZSTD_getErrorCode(error) == ZSTD_error_srcSize_wrong &&
	       memcmp(at, magic, len < sizeof(magic) ? len : sizeof(magic)) == 0 &&
	       !memmem(at + 1, len - 1, magic, sizeof(magic));
}

/* A file system may come back from a crash with the length of what was written last, and zeros in its place. */
static bool is_all_zeros(const char *at, size_t len)
{
	return *at == 0 && memcmp(at, at + 1, len - 1) == 0;
}

static int index_frames(struct ksm_recording *recording, struct ksm_error *err)
{
	const struct ksm_str *data = &recording->data;

	while (recording->end < data->len) {
		const char *at = data->data + recording->end;
		size_t rest = data->len - recording->end;
		size_t size = ZSTD_findFrameCompressedSize(at, rest);

		if (ZSTD_isError(size)) {
			recording->is_damaged = !is_cut_off(at, rest, size) &&
						!is_all_zeros(at, rest);
			break;
		}
		if (ksm_array_reserve(&recording->frame, &recording->capacity, recording->n + 1,
				      sizeof(*recording->frame)))
			return ksm_error_no_memory(err);
		recording->frame[recording->n++] = (struct frame){recording->end, size};
		recording->end += size;
	}
	return 0;
}

static int read_recording(int fd, const char *path, struct ksm_recording *recording,
			  struct ksm_error *err)
{
	int ret = ksm_read_fd(fd, FILE_MAX, &recording->data, err);

	if (ret == -EFBIG)
		ret = ksm_error_set(err, KSM_ERR_SYSTEM, EFBIG,
				    "\"%.150s\" is larger than 2 GiB, more than is read", path);
	return ret ?: index_frames(recording, err);
}

static int check_first(const struct ksm_recording *recording, const char *path,
		       struct ksm_error *err)
{
	struct ksm_sample first;
	int ret;

	if (!recording->n)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "\"%.150s\" is no recording of ksmctl top --record", path);
	ret = ksm_recording_read(recording, 0, &first, err);
	if (!ret)
		ksm_sample_free(&first);
	return ret;
}

int ksm_recording_open(const char *path, struct ksm_recording **ret_recording,
		       struct ksm_error *err)
{
	ksm_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct ksm_recording *recording;
	int ret;

	if (fd < 0)
		return failed(path, errno, err);
	recording = calloc(1, sizeof(*recording));
	if (!recording)
		return ksm_error_no_memory(err);
	ret = read_recording(fd, path, recording, err) ?: check_first(recording, path, err);
	if (ret) {
		ksm_error_name_path(err, path);
		ksm_recording_close(recording);
	} else {
		*ret_recording = recording;
	}
	return ret;
}

static void release(struct ksm_recording *recording)
{
	ksm_str_free(&recording->data);
	free(recording->frame);
}

void ksm_recording_close(struct ksm_recording *recording)
{
	if (recording)
		release(recording);
	free(recording);
}

size_t ksm_recording_size(const struct ksm_recording *recording)
{
	return recording->n;
}

size_t ksm_recording_cut(const struct ksm_recording *recording)
{
	return recording->data.len - recording->end;
}

size_t ksm_recording_damaged_at(const struct ksm_recording *recording)
{
	return recording->is_damaged ? recording->end : 0;
}

int ksm_recording_read(const struct ksm_recording *recording, size_t number,
		       struct ksm_sample *ret_sample, struct ksm_error *err)
{
	const struct frame *frame = &recording->frame[number];
	const char *data = recording->data.data + frame->at;
	unsigned long long size = ZSTD_getFrameContentSize(data, frame->size);
	ksm_auto_free char *text = NULL;
	size_t len;

	if (size > DOCUMENT_MAX) /* unknown sizes are larger than any */
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "sample %zu of the recording is not as it was written",
				     number + 1);
	text = malloc((size_t)size + 1);
	if (!text)
		return ksm_error_no_memory(err);
	len = ZSTD_decompress(text, (size_t)size, data, frame->size);
	if (ZSTD_isError(len))
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "sample %zu of the recording is damaged: %s", number + 1,
				     ZSTD_getErrorName(len));
	return ksm_top_parse(text, len, ret_sample, err);
}

/* ---------------------------------------------------------------- writing */

struct ksm_recorder {
	char *path;
	ZSTD_CCtx *context;
	int fd;
};

/* Nothing but a recording is written on, and no more of it is taken away than a frame that was cut off. */
static int prepare(struct ksm_recorder *recorder, struct ksm_error *err)
{
	struct ksm_recording ksm_cleanup(release) recording = {0};
	int ret;

	if (flock(recorder->fd, LOCK_EX | LOCK_NB))
		return ksm_error_set(err, KSM_ERR_SYSTEM, errno,
				     errno == EWOULDBLOCK
					     ? "\"%.150s\": another ksmctl records to it"
					     : "\"%.150s\" cannot be locked",
				     recorder->path);
	ret = read_recording(recorder->fd, recorder->path, &recording, err);
	if (ret || !recording.data.len)
		return ret;
	ret = check_first(&recording, recorder->path, err);
	if (!ret && recording.is_damaged)
		ret = ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				    "\"%.150s\" is damaged at byte %zu: record to another file",
				    recorder->path, recording.end);
	if (!ret && ftruncate(recorder->fd, (off_t)recording.end))
		ret = failed(recorder->path, errno, err);
	return ret;
}

/* Each frame has a checksum, so that damage is not shown as a sample. */
static ZSTD_CCtx *new_context(void)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();

	if (context) {
		ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
		ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	}
	return context;
}

int ksm_recorder_open(const char *path, struct ksm_recorder **ret_recorder, struct ksm_error *err)
{
	struct ksm_recorder *recorder = calloc(1, sizeof(*recorder));
	struct stat stat;
	int ret = 0;

	if (!recorder)
		return ksm_error_no_memory(err);
	recorder->path = strdup(path);
	recorder->context = new_context();
	recorder->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
	if (!recorder->path || !recorder->context)
		ret = ksm_error_no_memory(err);
	else if (recorder->fd < 0 || fstat(recorder->fd, &stat))
		ret = failed(path, errno, err);
	else if (!S_ISREG(stat.st_mode))
		ret = ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				    "\"%.150s\" is no ordinary file, which a recording is", path);
	else
		ret = prepare(recorder, err);
	if (ret) {
		ksm_error_name_path(err, path);
		ksm_recorder_close(recorder);
	} else {
		*ret_recorder = recorder;
	}
	return ret;
}

void ksm_recorder_close(struct ksm_recorder *recorder)
{
	if (!recorder)
		return;
	if (recorder->fd >= 0)
		close(recorder->fd);
	ZSTD_freeCCtx(recorder->context);
	free(recorder->path);
	free(recorder);
}

static int write_frame(struct ksm_recorder *recorder, const char *text, size_t len,
		       struct ksm_error *err)
{
	size_t room = ZSTD_compressBound(len), size;
	ksm_auto_free char *frame = malloc(room);
	struct stat stat;
	ssize_t n;

	if (!frame)
		return ksm_error_no_memory(err);
	size = ZSTD_compress2(recorder->context, frame, room, text, len);
	if (ZSTD_isError(size))
		return ksm_error_no_memory(err);
	if (fstat(recorder->fd, &stat))
		return failed(recorder->path, errno, err);
	if (size > FILE_MAX - (uint64_t)stat.st_size)
		return ksm_error_set(err, KSM_ERR_SYSTEM, EFBIG,
				     "\"%.150s\" would be larger than 2 GiB, more than is read: "
				     "record to another file",
				     recorder->path);
	n = write(recorder->fd, frame, size);
	if (n == (ssize_t)size)
		return 0;
	/* The disk is full: what was written of it would stand before the next. */
	if (n > 0 && ftruncate(recorder->fd, stat.st_size))
		return failed(recorder->path, errno, err);
	return failed(recorder->path, n < 0 ? errno : ENOSPC, err);
}

int ksm_recorder_add(struct ksm_recorder *recorder, const struct ksm_sample *sample,
		     struct ksm_error *err)
{
	ksm_auto_str struct ksm_str line = {0};
	json_object *document = ksm_report_top(sample);
	int ret = ksm_json_print(document, &line) ?: ksm_str_append(&line, "\n", 1);

	json_object_put(document);
	return ret ? ksm_error_no_memory(err) : write_frame(recorder, line.data, line.len, err);
}
