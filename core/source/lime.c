/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LiME's format, version 1: ranges of physical memory, each behind a header of 32 bytes, little-endian: magic,
 * version, first and last address (inclusive), 8 bytes unused. Source: LiME's src/lime.h. Ranges come in
 * ascending order, as the kernel lists its System RAM. AVML writes it too and leaves out what is all zero.
 */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "source/dump_internal.h"

#define MAGIC	    0x4c694d45u /* "EMiL" as it lies in the file */
#define HEADER_SIZE 32

struct lime {
	uint64_t next;	  /* header's place in the content */
	uint64_t address; /* behind the range before */
	bool started;
};

static uint64_t little(const unsigned char *data, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, data, size);
	return le64toh(value);
}

static bool recognise(const struct ksm_input *input, const unsigned char *front, size_t len)
{
	return len >= HEADER_SIZE && little(front, 4) == MAGIC;
}

static int open_lime(struct ksm_dump *dump, struct ksm_error *err)
{
	dump->state = calloc(1, sizeof(struct lime));
	if (!dump->state)
		return ksm_error_no_memory(err);
	dump->facts.format = "lime";
	dump->is_guest = true;
	return ksm_dump_set_page_size(dump, KSM_PAGE_SIZE_MIN, "assumed", err);
}

/* The first header has to make sense; after that, what came before a bad one is worth having. */
static int bad(struct ksm_dump *dump, struct ksm_error *err, const char *what)
{
	const struct lime *lime = dump->state;

	if (!lime->started)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "its range at byte %" PRIu64 " %s", lime->next, what);
	ksm_dump_incomplete(dump, KSM_ERR_FORMAT, EBADMSG,
			    "its range at byte %" PRIu64 " %s: the rest cannot be read", lime->next,
			    what);
	return 0;
}

static int more(struct ksm_dump *dump, struct ksm_error *err)
{
	struct lime *lime = dump->state;
	const unsigned char *header;
	uint64_t first, last, len;
	size_t got;
	int ret = ksm_view_get(&dump->view, lime->next, HEADER_SIZE, &header, &got, err);

	if (ret)
		return ret;
	if (!got && lime->started)
		return 0;
	if (got < HEADER_SIZE)
		return bad(dump, err, "breaks off");
	first = little(header + 8, 8);
	last = little(header + 16, 8);
	if (little(header, 4) != MAGIC)
		return bad(dump, err, "does not begin as one does");
	if (little(header + 4, 4) != 1)
		return bad(dump, err, "is of a version other than 1, which is not read");
	if (last < first || last == UINT64_MAX)
		return bad(dump, err, "ends before it begins");
	if (lime->started && first < lime->address)
		return bad(dump, err, "begins before the last one's end");
	len = last - first + 1;
	if (len > UINT64_MAX - lime->next - HEADER_SIZE)
		return bad(dump, err, "is longer than any file");
	ret = ksm_dump_add_segment(dump, first, len, lime->next + HEADER_SIZE, len, err);
	if (ret)
		return ret;
	lime->started = true;
	lime->address = last + 1;
	lime->next += HEADER_SIZE + len;
	return 1;
}

static int finish(struct ksm_dump *dump, struct ksm_error *err)
{
	int ret = 0;

	for (size_t i = 0; i < dump->n_segments && !ret && !dump->has_maps; i++)
		ret = ksm_dump_add_guest_area(dump, dump->segment[i].address,
					      dump->segment[i].address + dump->segment[i].len,
					      KSM_GUEST_RAM, err);
	return ret;
}

static void close_lime(struct ksm_dump *dump)
{
	free(dump->state);
	dump->state = NULL;
}

const struct ksm_dump_format ksm_lime_format = {
	.name = "lime",
	.recognise = recognise,
	.open = open_lime,
	.more = more,
	.finish = finish,
	.close = close_lime,
};
