/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header and the sub header. They are C structures of the kernel that was dumped: their byte order and
 * the width of its long are to be found out, since nothing states them.
 */
#include "source/kdump_internal.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Bytes where the fields lie. The alignment of a 64-bit number differs between 32-bit architectures. */
struct fields {
	bool is64;
	bool packs; /* 64-bit numbers are aligned to 4 bytes (i386; QEMU writes so for every 32-bit guest) */
	/* header */
	uint16_t status, block_size, sub_blocks, bitmap_blocks, max_mapnr;
	/* sub header; a split dump's part is [start_pfn, end_pfn) */
	uint16_t dump_level, split, start_pfn, end_pfn;
	uint16_t vmcoreinfo, vmcoreinfo_size, notes, notes_size;
	uint16_t start_pfn_64, end_pfn_64, max_mapnr_64;
};

static const struct fields forms[] = {
	{true, false, 424, 428, 432, 436, 440, 8, 12, 16, 24, 32, 40, 48, 56, 80, 88, 96},
	{false, true, 412, 416, 420, 424, 428, 4, 8, 12, 16, 20, 28, 32, 40, 56, 64, 72},
	{false, false, 412, 416, 420, 424, 428, 4, 8, 12, 16, 24, 32, 40, 48, 72, 80, 88},
};

#define VERSION_AT  8
#define UTSNAME_AT  12
#define UTSNAME	    65 /* bytes of each of its six strings */
#define VERSION_MAX 6
#define NOTE_HEADER 12

static uint32_t get32(bool big, const unsigned char *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
	return big ? be32toh(value) : le32toh(value);
}

static uint64_t get64(bool big, const unsigned char *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return big ? be64toh(value) : le64toh(value);
}

/* A number of the width of long. */
static uint64_t get_long(const struct kdump_layout *layout, const unsigned char *from)
{
	return layout->is64 ? get64(layout->big, from) : get32(layout->big, from);
}

bool ksm_kdump_recognise(const unsigned char *head, size_t len)
{
	return ksm_kdump_is_flat(head, len) ||
	       (len >= 8 && (memcmp(head, "KDUMP   ", 8) == 0 || memcmp(head, "DISKDUMP", 8) == 0));
}

/* ---------------------------------------------------------------- header */

static bool is_power_of_two(uint32_t value)
{
	return value && !(value & (value - 1));
}

/* How well a reading of the header fits: 0 for not at all. */
static int fit(const unsigned char *head, const struct fields *at, bool big)
{
	static const char *const machines32[] = {"i386", "i486", "i586",  "i686",   "arm",    "ppc",
						 "s390", "mips", "sparc", "parisc", "riscv32"};
	const char *machine = (const char *)head + UTSNAME_AT + 4 * UTSNAME;
	uint32_t version = get32(big, head + VERSION_AT);
	uint32_t block_size = get32(big, head + at->block_size);
	uint32_t sub_blocks = get32(big, head + at->sub_blocks);
	uint64_t bitmap = (uint64_t)get32(big, head + at->bitmap_blocks) * block_size;
	bool is32 = strncmp(machine, "armv8", 5) == 0; /* a 32-bit process's view */
	int score = 1;

	if (version > 0xffff || !is_power_of_two(block_size) || !sub_blocks ||
	    sub_blocks > 0xffffff)
		return 0;
	for (size_t i = 0; i < sizeof(machines32) / sizeof(machines32[0]); i++)
		is32 |= strncmp(machine, machines32[i], UTSNAME) == 0;
	is32 |= strncmp(machine, "armv", 4) == 0;
	score += 4 * (version <= VERSION_MAX);
	score += 2 * (block_size >= 4096 && block_size <= KDUMP_BLOCK_MAX);
	score += 2 * (bitmap >= get32(big, head + at->max_mapnr) / 8);
	score += machine[0] && is32 != at->is64 ? 1 : 0;
	return score;
}

static void copy_name(const unsigned char *head, unsigned int number, char name[66])
{
	memcpy(name, head + UTSNAME_AT + number * UTSNAME, UTSNAME);
	name[UTSNAME] = '\0';
}

static int check_header(const struct kdump_layout *layout, struct ksm_error *err)
{
	if (layout->version > VERSION_MAX)
		return ksm_error_set(err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
				     "is a kdump of header version %d, where 6 is the latest one "
				     "known: rewrite it "
				     "as ELF with makedumpfile -E",
				     layout->version);
	if (layout->block_size < 4096 || layout->block_size > KDUMP_BLOCK_MAX)
		return ksm_error_set(err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
				     "is a kdump of pages of %u bytes, where 4096 to %u are known",
				     layout->block_size, KDUMP_BLOCK_MAX);
	return 0;
}

int ksm_kdump_header_parse(const unsigned char *head, struct kdump_layout *ret_layout,
			   struct ksm_error *err)
{
	struct kdump_layout layout = {.is_diskdump = memcmp(head, "DISKDUMP", 8) == 0};
	const struct fields *at = NULL;
	int best = 0, ret;

	/* The two forms of 32 bits have one header. */
	for (int form = 0; form < 2; form++) {
		for (int big = 0; big < 2; big++) {
			int score = fit(head, &forms[form], big);

			if (score <= best)
				continue;
			best = score;
			at = &forms[form];
			layout.big = big;
		}
	}
	if (!at || (memcmp(head, "KDUMP   ", 8) && !layout.is_diskdump))
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "is damaged: its kdump header makes no sense");
	layout.is64 = at->is64;
	layout.version = (int)get32(layout.big, head + VERSION_AT);
	layout.status = get32(layout.big, head + at->status);
	layout.block_size = get32(layout.big, head + at->block_size);
	layout.max_pfn = get32(layout.big, head + at->max_mapnr);
	layout.bitmap_at =
		(1 + (uint64_t)get32(layout.big, head + at->sub_blocks)) * layout.block_size;
	layout.bitmaps = (uint64_t)get32(layout.big, head + at->bitmap_blocks) * layout.block_size;
	layout.descriptors_at = layout.bitmap_at + layout.bitmaps;
	copy_name(head, 1, layout.node);
	copy_name(head, 2, layout.release);
	copy_name(head, 4, layout.machine);
	ret = check_header(&layout, err);
	if (ret)
		return ret;
	*ret_layout = layout;
	return 0;
}

/* ---------------------------------------------------------------- sub header */

/* Which of the 32-bit forms it is: in the right one, the numbers that have to agree do. */
static const struct fields *sub_form(const unsigned char *sub, const struct kdump_layout *layout)
{
	uint64_t offset;

	if (layout->is64)
		return &forms[0];
	if (layout->version >= 6 &&
	    (uint32_t)get64(layout->big, sub + forms[1].max_mapnr_64) != layout->max_pfn &&
	    (uint32_t)get64(layout->big, sub + forms[2].max_mapnr_64) == layout->max_pfn)
		return &forms[2];
	offset = get64(layout->big, sub + forms[2].vmcoreinfo);
	if (layout->version < 6 && offset > layout->block_size && offset < layout->bitmap_at &&
	    get32(layout->big, sub + forms[1].vmcoreinfo) == 0)
		return &forms[2];
	return &forms[1];
}

/* A part of a split dump has all of the bitmaps and a share of the pages. */
static int check_split(const unsigned char *sub, const struct fields *at,
		       const struct kdump_layout *layout, struct ksm_error *err)
{
	uint64_t start, end;

	if (layout->version < 2 || get32(layout->big, sub + at->split) == 0)
		return 0;
	if (layout->version >= 6) {
		start = get64(layout->big, sub + at->start_pfn_64);
		end = get64(layout->big, sub + at->end_pfn_64);
	} else {
		start = get_long(layout, sub + at->start_pfn);
		end = get_long(layout, sub + at->end_pfn);
	}
	if (start == 0 && end >= layout->max_pfn)
		return 0;
	return ksm_error_set(err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
			     "is one part of a split dump (page frames %" PRIu64 " to %" PRIu64
			     " of %" PRIu64
			     "): join all parts with makedumpfile --reassemble first",
			     start, end, layout->max_pfn);
}

/* Two bitmaps where there is room for two, else that of the dumped pages alone. */
static int place_bitmaps(struct kdump_layout *layout, struct ksm_error *err)
{
	uint64_t half = layout->bitmaps / 2;

	if (layout->max_pfn > UINT64_MAX / layout->block_size)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "is damaged: it claims %" PRIu64 " page frames",
				     layout->max_pfn);
	layout->bitmap_len = layout->max_pfn / 8 + (layout->max_pfn % 8 != 0);
	if (layout->bitmap_len > layout->bitmaps)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "is damaged: it claims %" PRIu64
				     " page frames and has bitmaps of %" PRIu64 " bytes",
				     layout->max_pfn, layout->bitmaps);
	layout->exists_at = 0;
	layout->dumped_at = layout->bitmap_at;
	if (layout->bitmap_len <= half) {
		layout->exists_at = layout->bitmap_at;
		layout->dumped_at = layout->bitmap_at + half;
	}
	return 0;
}

int ksm_kdump_sub_header_parse(const unsigned char *sub, struct kdump_layout *layout,
			       struct ksm_error *err)
{
	const struct fields *at = sub_form(sub, layout);
	uint64_t max_pfn = 0;
	int ret;

	layout->dump_level = -1;
	if (layout->is_diskdump) /* its sub header is another one */
		return place_bitmaps(layout, err);
	if (layout->version >= 6)
		max_pfn = get64(layout->big, sub + at->max_mapnr_64);
	if (max_pfn)
		layout->max_pfn = max_pfn;
	if (layout->version >= 1)
		layout->dump_level = (int)get32(layout->big, sub + at->dump_level);
	if (layout->version >= 3) {
		layout->vmcoreinfo_at = get64(layout->big, sub + at->vmcoreinfo);
		layout->vmcoreinfo_len = get_long(layout, sub + at->vmcoreinfo_size);
	}
	if (layout->version >= 4) {
		layout->notes_at = get64(layout->big, sub + at->notes);
		layout->notes_len = get_long(layout, sub + at->notes_size);
	}
	if (layout->dump_level < 0 || layout->dump_level > 0xffff)
		layout->dump_level = -1;
	ret = place_bitmaps(layout, err);
	return ret ?: check_split(sub, at, layout, err);
}

void ksm_kdump_descriptor_parse(const struct kdump_layout *layout, const unsigned char *from,
				struct kdump_descriptor *ret_descriptor)
{
	ret_descriptor->offset = get64(layout->big, from);
	ret_descriptor->size = get32(layout->big, from + 8);
	ret_descriptor->flags = get32(layout->big, from + 12);
}

bool ksm_kdump_notes_are_qemus(const struct kdump_layout *layout, const unsigned char *notes,
			       size_t len)
{
	while (len >= NOTE_HEADER) {
		uint64_t name = get32(layout->big, notes), desc = get32(layout->big, notes + 4);
		uint64_t all = NOTE_HEADER + ((name + 3) & ~3u) + ((desc + 3) & ~3u);

		if (name == 5 && len - NOTE_HEADER >= 5 && !memcmp(notes + NOTE_HEADER, "QEMU", 5))
			return true;
		if (all > len)
			return false;
		notes += all;
		len -= all;
	}
	return false;
}
