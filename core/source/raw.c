/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bare memory of a guest: QEMU's memory-backend-file and pmemsave, Firecracker's snapshots, VMware's .vmem,
 * LiME's padded form. An address is where the page lies in the file. Holes were never touched, but in a diff
 * snapshot they are what the base holds.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "source/dump_internal.h"

/* No magic: it has whole pages, and is no text, which memory never is for as long as the front. */
static bool recognise(const struct ksm_input *input, const unsigned char *front, size_t len)
{
	return ksm_input_is_seekable(input) && ksm_input_size(input) % KSM_PAGE_SIZE_MIN == 0 &&
	       memchr(front, '\0', len);
}

static int open_raw(struct ksm_dump *dump, struct ksm_error *err)
{
	uint64_t size = ksm_input_is_seekable(dump->input) ? ksm_input_size(dump->input)
							   : UINT64_MAX;

	dump->facts.format = "raw";
	dump->is_guest = true;
	return ksm_dump_set_page_size(dump, KSM_PAGE_SIZE_MIN, "assumed", err)
		       ?: ksm_dump_add_segment(dump, 0, size, 0, size, err);
}

static int finish(struct ksm_dump *dump, struct ksm_error *err)
{
	struct ksm_segment *memory = dump->segment;

	/* How long a stream is tells its end alone. */
	if (!ksm_input_is_seekable(dump->input))
		memory->len = dump->view.start + dump->view.len;
	/* That is all there is to tell it by: where an image ends, it says nowhere. */
	if (memory->len % dump->facts.page_size)
		ksm_dump_incomplete(dump, KSM_ERR_FORMAT, EBADMSG,
				    "ends at byte %" PRIu64
				    ", within a page: it was cut off, or is "
				    "more than bare memory",
				    memory->len);
	if (dump->has_maps)
		return 0;
	return ksm_dump_add_guest_area(dump, 0, memory->len, KSM_GUEST_RAM, err);
}

const struct ksm_dump_format ksm_raw_format = {
	.name = "raw",
	.recognise = recognise,
	.open = open_raw,
	.finish = finish,
};
