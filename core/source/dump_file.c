/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of a dump source: what it is, opened and understood. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "source/dump_internal.h"

/* Adding a format is one row here and one file. Raw comes last: it has no magic. */
static const struct ksm_dump_format *const formats[] = {
	&ksm_elf_format,
	&ksm_kdump_format,
	&ksm_lime_format,
	&ksm_raw_format,
};
#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

/* ---------------------------------------------------------------- for the formats */

int ksm_dump_set_page_size(struct ksm_dump *dump, uint64_t page_size, const char *from,
			   struct ksm_error *err)
{
	unsigned int *current = &dump->facts.page_size;

	if (dump->options->page_size) {
		*current = dump->options->page_size;
		dump->facts.page_size_from = "--page-size";
		return 0;
	}
	if (page_size < KSM_PAGE_SIZE_MIN || page_size > KSM_BATCH_BYTES ||
	    page_size & (page_size - 1))
		return ksm_error_set(err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
				     "says that its pages are of %" PRIu64
				     " bytes (%s), which no machine has: give --page-size",
				     page_size, from);
	if (dump->stream && *current != page_size)
		return ksm_error_set(err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
				     "tells only at its end that its pages are of %" PRIu64
				     " bytes (%s): unpack it first, or give --page-size=%" PRIu64,
				     page_size, from, page_size);
	*current = (unsigned int)page_size;
	dump->facts.page_size_from = from;
	return 0;
}

void ksm_dump_fail_part(struct ksm_dump *dump, const struct ksm_error *why)
{
	if (dump->space->error.code)
		return;
	dump->space->error = *why;
	ksm_error_name_path(&dump->space->error, dump->path);
}

void ksm_dump_incomplete(struct ksm_dump *dump, enum ksm_error_code code, int errnum,
			 const char *fmt, ...)
{
	struct ksm_error why = {0};
	char text[sizeof(why.text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ksm_error_set(&why, code, errnum, "%s", text);
	ksm_dump_fail_part(dump, &why);
}

int ksm_dump_set_string(const char **field, const void *text, size_t max, struct ksm_error *err)
{
	char *copy = strndup(text, max);

	if (!copy)
		return ksm_error_no_memory(err);
	free((void *)(uintptr_t)*field);
	*field = copy;
	return 0;
}

int ksm_dump_read_ranges(struct ksm_dump *dump, uint64_t data, struct ksm_error *err)
{
	size_t n = 0;
	int ret = 0;

	for (size_t i = 0; i < dump->n_ranges && !ret; i++) {
		struct ksm_span range = dump->range[i];

		if (!ksm_dump_is_stream(dump) || range.end <= data)
			ret = dump->format->range(dump, range.start, range.end - range.start, err);
		else
			dump->range[n++] = range;
	}
	dump->n_ranges = n;
	return ret;
}

/* ---------------------------------------------------------------- opening a file */

static void free_string(const char **field)
{
	free((void *)(uintptr_t)*field);
	*field = NULL;
}

void ksm_dump_close(struct ksm_dump *dump)
{
	if (dump->format && dump->format->close)
		dump->format->close(dump);
	dump->format = NULL;
	ksm_stream_end(dump);
	ksm_view_release(&dump->view);
	ksm_input_close(&dump->base);
	ksm_input_close(&dump->input);
	free(dump->segment);
	free(dump->absent);
	free(dump->range);
	ksm_areas_free(&dump->space->areas);
	free_string(&dump->facts.command);
	free_string(&dump->facts.arguments);
	free_string(&dump->facts.executable);
	free_string(&dump->facts.kernel);
	free_string(&dump->facts.machine);
}

const char *ksm_dump_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* As it was before it was opened. */
void ksm_dump_reset(struct ksm_dump *dump)
{
	struct ksm_dump fresh = {
		.options = dump->options, .space = dump->space, .path = dump->path};

	ksm_dump_close(dump);
	*dump = fresh;
	dump->facts.dump_level = -1;
	dump->space->error.code = KSM_ERR_NONE;
	dump->space->is_unordered = false;
	dump->space->name = ksm_dump_base_name(dump->path);
}

const struct ksm_dump_format *ksm_dump_find_format(const char *name)
{
	for (size_t i = 0; i < N_FORMATS; i++)
		if (!strcmp(formats[i]->name, name))
			return formats[i];
	return NULL;
}

static int choose_format(struct ksm_dump *dump, struct ksm_error *err)
{
	const unsigned char *front;
	size_t len;
	int ret = ksm_input_peek(dump->input, &front, &len, err);

	if (ret)
		return ret;
	if (!len)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG, "is empty");
	dump->format = dump->options->format ? ksm_dump_find_format(dump->options->format) : NULL;
	if (dump->format)
		return 0;
	for (size_t i = 0; i < N_FORMATS; i++) {
		/* What has no magic is only what nothing else is. */
		if (formats[i] == &ksm_raw_format)
			ret = ksm_dump_refuse(front, len, err);
		if (ret)
			return ret;
		if (formats[i]->recognise(dump->input, front, len)) {
			dump->format = formats[i];
			return 0;
		}
	}
	ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
		      "is no dump of a format that is known: if it is the bare memory of a "
		      "guest, give --format=raw");
	return -EBADMSG;
}

static int take_maps(struct ksm_dump *dump, struct ksm_error *err)
{
	const struct ksm_str *text = dump->options->maps_text;
	int ret = ksm_areas_parse(text->data, text->len, &dump->space->areas, err);

	if (ret)
		return ret;
	if (!dump->space->areas.n)
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				     "--maps lists no areas: give a saved /proc/PID/smaps");
	dump->has_maps = dump->facts.has_areas = true;
	if (dump->options->pages == KSM_PAGES_MERGEABLE &&
	    !(dump->space->areas.area[0].vm_flags & KSM_VM_FLAGS_KNOWN))
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				     "--maps has no VmFlags, which say what is mergeable: give a "
				     "saved /proc/PID/smaps");
	return 0;
}

static int read_maps(struct ksm_dump *dump, struct ksm_error *err)
{
	int ret = take_maps(dump, err);

	if (ret)
		ksm_error_name_path(err, dump->options->maps);
	return ret;
}

static int open_base(struct ksm_dump *dump, struct ksm_error *err)
{
	int ret = ksm_input_open(dump->options->base, 0, &dump->base, err);

	if (ret) {
		ksm_error_prefix(err, "--base \"%.80s\": ", dump->options->base);
		return ret;
	}
	if (dump->format != &ksm_raw_format)
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				     "is no raw image: --base is for those");
	if (ksm_dump_is_stream(dump) || !ksm_input_is_seekable(dump->base))
		return ksm_error_set(
			err, KSM_ERR_INVALID, EINVAL,
			"with --base, neither file may be compressed: the holes of the "
			"diff say what is the base's");
	if (ksm_input_size(dump->base) != ksm_input_size(dump->input))
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				     "is of %" PRIu64 " bytes, its --base of %" PRIu64
				     ": they are of different guests",
				     ksm_input_size(dump->input), ksm_input_size(dump->base));
	return 0;
}

void ksm_dump_clear_counts(struct ksm_dump_facts *facts)
{
	facts->pages_data = facts->pages_hole = facts->pages_filtered = 0;
	facts->pages_missing = facts->pages_base = 0;
	memset(facts->passed_over, 0, sizeof(facts->passed_over));
	facts->has_holes = false;
}

int ksm_dump_finish(struct ksm_dump *dump, struct ksm_error *err)
{
	int ret = dump->format->finish(dump, err);

	if (!ret && dump->has_maps && dump->is_guest)
		ret = ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				    "is a guest's memory: --maps is for the core of a process");
	if (!ret && !dump->format->next) {
		ksm_dump_clear_counts(&dump->facts);
		ret = ksm_segments_count(dump, err);
	}
	if (dump->facts.command)
		dump->space->name = dump->facts.command;
	return ret;
}

/* What is left to do once the format has read its headers. */
static int open_segments(struct ksm_dump *dump, struct ksm_error *err)
{
	int ret = 0, more = 1;

	while (!ksm_dump_is_stream(dump) && dump->format->more && more == 1) {
		more = dump->format->more(dump, err);
		ret = more < 0 ? more : 0;
	}
	if (!ret && !dump->facts.page_size)
		ret = ksm_dump_set_page_size(dump, KSM_PAGE_SIZE_MIN, "assumed", err);
	if (!ret)
		ret = ksm_segments_settle(dump, err);
	if (ret)
		return ret;
	if (ksm_dump_is_stream(dump))
		return ksm_stream_begin(dump, err);
	return ksm_dump_finish(dump, err);
}

static int open_input(struct ksm_dump *dump, struct ksm_error *err)
{
	struct ksm_input **opened = dump->options->opened;

	if (!opened || !*opened)
		return ksm_input_open(dump->path, dump->options->max_size, &dump->input, err);
	dump->input = ksm_no_free(*opened);
	return 0;
}

static int open_dump(struct ksm_dump *dump, struct ksm_error *err)
{
	int ret = open_input(dump, err);

	if (ret)
		return ret;
	dump->facts.compression = ksm_input_compression(dump->input);
	dump->facts.inner_compression = ksm_input_inner_compression(dump->input);
	dump->space->is_unordered = ksm_dump_is_stream(dump);
	dump->view.input = dump->input;
	dump->view.hold = true;
	ret = choose_format(dump, err);
	if (!ret && dump->options->maps)
		ret = read_maps(dump, err);
	if (!ret && dump->options->base)
		ret = open_base(dump, err);
	if (!ret)
		ret = dump->format->open(dump, err);
	if (!ret)
		ret = dump->format->next ? ksm_dump_finish(dump, err) : open_segments(dump, err);
	dump->view.hold = false;
	return ret;
}

/* A file that cannot be read is a space with an error. -ENOMEM alone is a failure. */
int ksm_dump_open(struct ksm_dump *dump, struct ksm_error *err)
{
	struct ksm_error why = {0};
	int ret = open_dump(dump, &why);

	dump->is_open = ret == 0;
	if (!ret)
		return 0;
	if (ret == -ENOMEM) {
		if (err)
			*err = why;
		return ret;
	}
	ksm_dump_clear_counts(&dump->facts);
	/* What is wrong altogether outweighs what may be missing. */
	dump->space->error.code = KSM_ERR_NONE;
	ksm_dump_fail_part(dump, &why);
	return 0;
}
