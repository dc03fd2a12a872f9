/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/kdump.h"

#include <errno.h>
#include <inttypes.h>
#include <lzo/lzoconf.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "source/kdump_internal.h"

#define STATUS_INCOMPLETE 0x8 /* crash's diskdump.h: DUMP_DH_COMPRESSED_INCOMPLETE */

/* ---------------------------------------------------------------- opening */

int ksm_kdump_cut_error(const char *within, uint64_t at, const struct ksm_error *fault,
			struct ksm_error *err)
{
	if (fault->code)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG, "%s, within the dump's %s",
				     fault->text, within);
	return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
			     "is cut off at byte %" PRIu64 ", within its %s: no page of it is left",
			     at, within);
}

void ksm_kdump_note_cut(struct ksm_kdump *dump)
{
	struct ksm_kdump_facts *facts = &dump->facts;

	facts->is_cut = true;
	if (dump->stream) {
		ksm_kdump_stream_end(dump->stream, &facts->cut_at, &facts->cut_error);
	} else {
		facts->cut_at = dump->image.cut_at;
		facts->cut_error = dump->image.cut_error;
	}
}

/*
 * Bytes that have to be there, as they are where anything behind them is: what a flattened file leaves out in
 * between, as QEMU does behind a short header, is zeros.
 */
static int read_front(const struct ksm_kdump *dump, uint64_t offset, void *buf, size_t len,
		      const char *within, struct ksm_error *err)
{
	const struct kdump_image *image = &dump->image;

	if (image->size < offset + len && (image->is_cut || !image->is_flat))
		return ksm_kdump_cut_error(within, image->cut_at, &image->cut_error, err);
	return ksm_kdump_image_read(image, offset, buf, len, err);
}

static int open_seekable(struct ksm_kdump *dump, struct ksm_input *input, bool is_flat,
			 struct ksm_error *err)
{
	unsigned char head[KDUMP_HEADER], sub[KDUMP_SUB_HEADER];
	struct kdump_layout *layout = &dump->layout;
	int ret;

	ret = ksm_kdump_image_open(input, is_flat, &dump->image, err) ?:
	      read_front(dump, 0, head, sizeof(head), "header", err) ?:
	      ksm_kdump_header_parse(head, layout, err) ?:
	      read_front(dump, layout->block_size, sub, sizeof(sub), "sub header", err) ?:
	      ksm_kdump_sub_header_parse(sub, layout, err);
	if (ret)
		return ret;
	if ((!is_flat || dump->image.is_cut) && dump->image.size < layout->descriptors_at)
		return ksm_kdump_cut_error("bitmaps", dump->image.cut_at, &dump->image.cut_error,
					   err);
	/* Written behind the pages, they are lost where the pages are not. */
	if (dump->image.is_cut &&
	    ksm_kdump_image_run(&dump->image, layout->dumped_at) < layout->bitmap_len)
		return ksm_kdump_cut_error("bitmaps", dump->image.cut_at, &dump->image.cut_error,
					   err);
	if (dump->image.is_cut)
		ksm_kdump_note_cut(dump);
	return 0;
}

/* VMCOREINFO and notes are a help, not a need: what is not sound is as good as none. */
static int read_aside(const struct ksm_kdump *dump, uint64_t at, size_t len, char **ret_text,
		      struct ksm_error *err)
{
	char *text;
	int ret = 0;

	if (!at || !len || (!dump->stream && ksm_kdump_image_run(&dump->image, at) < len))
		return 0;
	text = calloc(1, len + 1);
	if (!text)
		return ksm_error_no_memory(err);
	if (!dump->stream)
		ret = ksm_kdump_image_read(&dump->image, at, text, len, err);
	if (!ret && (!dump->stream || ksm_kdump_stream_front(dump->stream, at, text, len)))
		*ret_text = text;
	else
		free(text);
	return ret;
}

static int read_vmcoreinfo(struct ksm_kdump *dump, struct ksm_error *err)
{
	const struct kdump_layout *layout = &dump->layout;

	if (layout->vmcoreinfo_len > KDUMP_TEXT_MAX)
		return 0;
	return read_aside(dump, layout->vmcoreinfo_at, layout->vmcoreinfo_len, &dump->vmcoreinfo,
			  err);
}

static int read_notes(struct ksm_kdump *dump, struct ksm_error *err)
{
	const struct kdump_layout *layout = &dump->layout;
	char *notes = NULL;
	int ret = 0;

	if (layout->notes_len <= KDUMP_NOTES_MAX)
		ret = read_aside(dump, layout->notes_at, layout->notes_len, &notes, err);
	dump->facts.is_kernels =
		notes &&
		!ksm_kdump_notes_are_qemus(layout, (const unsigned char *)notes, layout->notes_len);
	free(notes);
	return ret;
}

/* The value of a line KEY=VALUE, if it fits. */
static bool find_value(const char *text, const char *key, char *value, size_t size)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		size_t n;

		line += *line == '\n';
		if (strncmp(line, key, len) || line[len] != '=')
			continue;
		line += len + 1;
		n = strcspn(line, "\n");
		if (n >= size)
			return false;
		memcpy(value, line, n);
		value[n] = '\0';
		return true;
	}
	return false;
}

int ksm_kdump_cut(struct ksm_kdump *dump, uint64_t page_size)
{
	uint64_t block_size = dump->layout.block_size;

	if (page_size < 4096 || page_size > block_size || page_size & (page_size - 1))
		return -EINVAL;
	dump->pages_per_block = block_size / page_size;
	dump->facts.page_size = (unsigned int)page_size;
	dump->facts.max_pfn = dump->layout.max_pfn * dump->pages_per_block;
	return 0;
}

static void set_facts(struct ksm_kdump *dump, bool is_flat)
{
	struct kdump_layout *layout = &dump->layout;
	struct ksm_kdump_facts *facts = &dump->facts;
	char number[24];

	facts->machine = layout->machine;
	facts->release = layout->release;
	facts->node = layout->node;
	facts->is_flattened = is_flat;
	facts->is_big_endian = layout->big;
	facts->is_64bit = layout->is64;
	facts->version = layout->version;
	facts->dump_level = layout->dump_level;
	facts->block_size = layout->block_size;
	ksm_kdump_cut(dump, layout->block_size);
	facts->is_incomplete = !layout->is_diskdump && (layout->status & STATUS_INCOMPLETE);
	facts->vmcoreinfo = dump->vmcoreinfo;
	if (!dump->vmcoreinfo)
		return;
	if (find_value(dump->vmcoreinfo, "PAGESIZE", number, sizeof(number)))
		ksm_parse_u64(number, UINT32_MAX, &facts->vmcoreinfo_page_size);
	ksm_kdump_cut(dump, facts->vmcoreinfo_page_size);
	if (!layout->release[0])
		find_value(dump->vmcoreinfo, "OSRELEASE", layout->release, sizeof(layout->release));
}

int ksm_kdump_open(struct ksm_input *input, struct ksm_kdump **ret_dump, struct ksm_error *err)
{
	struct ksm_kdump *dump ksm_auto_kdump = calloc(1, sizeof(*dump));
	const unsigned char *head;
	bool is_flat;
	size_t len;
	int ret;

	if (!dump)
		return ksm_error_no_memory(err);
	ksm_kdump_reader_init(&dump->planner, dump);
	/* lzo's check of its own build; it keeps nothing. */
	if (lzo_init() != LZO_E_OK)
		return ksm_error_set(err, KSM_ERR_SYSTEM, ENOSYS, "the lzo library does not work");
	ret = ksm_input_peek(input, &head, &len, err);
	if (ret)
		return ret;
	if (!ksm_kdump_recognise(head, len))
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG, "is no kdump");
	is_flat = ksm_kdump_is_flat(head, len);
	if (is_flat)
		ret = ksm_kdump_flat_check(head, len, err);
	if (ret)
		return ret;
	if (ksm_input_is_seekable(input))
		ret = open_seekable(dump, input, is_flat, err);
	else
		ret = ksm_kdump_stream_open(input, is_flat, dump, err);
	ret = ret ?: ksm_kdump_rank(dump, err) ?: read_vmcoreinfo(dump, err) ?: read_notes(dump, err);
	if (ret)
		return ret;
	if (dump->stream)
		ksm_kdump_stream_start(dump);
	set_facts(dump, is_flat);
	*ret_dump = ksm_no_free(dump);
	return 0;
}

void ksm_kdump_close(struct ksm_kdump **dump_p)
{
	struct ksm_kdump *dump = *dump_p;

	if (!dump)
		return;
	ksm_kdump_reader_release(&dump->planner);
	ksm_kdump_stream_close(dump->stream);
	ksm_kdump_image_close(&dump->image);
	free(dump->rank);
	free(dump->vmcoreinfo);
	free(dump);
	*dump_p = NULL;
}

const struct ksm_kdump_facts *ksm_kdump_get_facts(const struct ksm_kdump *dump)
{
	return &dump->facts;
}
