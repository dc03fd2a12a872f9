/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "source/dump_internal.h"

#define CHUNK	 (256u << 10)
#define HOLD_MAX (UINT64_C(256) << 20) /* program headers of four million areas */

static int reserve(struct ksm_view *view, size_t need, struct ksm_error *err)
{
	if (ksm_array_reserve(&view->data, &view->capacity, need, 1))
		return ksm_error_no_memory(err);
	return 0;
}

static int load(struct ksm_view *view, uint64_t offset, size_t len, struct ksm_error *err)
{
	int ret;

	if (len < CHUNK)
		len = CHUNK;
	ret = reserve(view, len, err);
	if (ret)
		return ret;
	view->len = 0;
	view->start = offset;
	return ksm_input_read_at(view->input, offset, view->data, len, &view->len, err);
}

/* One read's worth of the stream behind what is there. */
static int pull(struct ksm_view *view, size_t len, struct ksm_error *err)
{
	size_t got;
	int ret = reserve(view, view->len + len, err);

	if (ret)
		return ret;
	if (ksm_input_read(view->input, view->data + view->len, len, &got, &view->fault))
		got = 0;
	view->len += got;
	view->ended = !got;
	return 0;
}

/* Once there is more of it than behind it, so that what is kept is not moved again and again. */
static void drop_until(struct ksm_view *view, uint64_t offset)
{
	size_t n = view->len;

	if (offset - view->start < n)
		n = (size_t)(offset - view->start);
	if (!n || n < view->len - n)
		return;
	memmove(view->data, view->data + n, view->len - n);
	view->start += n;
	view->len -= n;
}

static int read_on(struct ksm_view *view, uint64_t offset, size_t len, struct ksm_error *err)
{
	int ret = 0;

	if (offset < view->start)
		return ksm_error_set(err, KSM_ERR_UNSUPPORTED, ESPIPE,
				     "lies in another order than it can be read in as a stream: "
				     "unpack it first");
	if (view->hold && (offset > HOLD_MAX || len > HOLD_MAX - offset))
		return ksm_error_set(err, KSM_ERR_UNSUPPORTED, ESPIPE,
				     "has headers at byte %" PRIu64
				     ", too far behind for a stream: unpack it first",
				     offset);
	while (!ret && !view->ended &&
	       (offset >= view->start + view->len || len > view->start + view->len - offset)) {
		/* Moved to the front only when a chunk has been used up, not page by page. */
		if (!view->hold)
			drop_until(view, offset);
		ret = pull(view, CHUNK, err);
	}
	return ret;
}

int ksm_view_get(struct ksm_view *view, uint64_t offset, size_t len, const unsigned char **ret_data,
		 size_t *ret_len, struct ksm_error *err)
{
	uint64_t end = view->start + view->len;
	size_t left;
	int ret = 0;

	if (!ksm_input_is_seekable(view->input))
		ret = read_on(view, offset, len, err);
	else if (offset < view->start || offset > end || len > end - offset)
		ret = load(view, offset, len, err);
	if (ret)
		return ret;
	end = view->start + view->len;
	left = offset < end ? (size_t)(end - offset) : 0;
	*ret_len = left < len ? left : len;
	*ret_data = left ? view->data + (offset - view->start) : NULL;
	return 0;
}

int ksm_view_take(struct ksm_view *view, uint64_t offset, size_t len, unsigned char *buf,
		  size_t *ret_len, struct ksm_error *err)
{
	uint64_t end = view->start + view->len;
	const unsigned char *data;
	size_t done = 0, got;

	if (offset != end) {
		int ret = ksm_view_get(view, offset, 1, &data, &got, err);

		if (ret)
			return ret;
		end = view->start + view->len;
		if (got)
			done = end - offset < len ? (size_t)(end - offset) : len;
		if (done)
			memcpy(buf, data, done);
	}
	drop_until(view, offset + done);
	while (done < len && !view->ended) {
		if (ksm_input_read(view->input, buf + done, len - done, &got, &view->fault))
			got = 0;
		done += got;
		view->start += got;
		view->ended = !got;
	}
	*ret_len = done;
	return 0;
}

void ksm_view_release(struct ksm_view *view)
{
	free(view->data);
	memset(view, 0, sizeof(*view));
}
