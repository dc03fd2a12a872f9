/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "kernel/root.h"
#include "source/dump_internal.h"

#define MAPS_MAX (UINT64_C(1) << 30)

/* Adding a format is one row here and one file. Raw comes last: it has no magic. */
static const struct ksm_dump_format *const formats[] = {
	&ksm_elf_format,
	&ksm_kdump_format,
	&ksm_lime_format,
	&ksm_raw_format,
};
#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

struct dump_source {
	struct ksm_page_source source;
	struct ksm_dump_options options;
	char *format; /* copies of what the options point to */
	char *base;
	char *maps;
	struct ksm_dump *dump; /* one per space */
	uint32_t next;	       /* whose pages come next */
	struct ksm_walk walk;
	struct ksm_piece piece; /* what is left of it */
};

static struct dump_source *of(struct ksm_page_source *source)
{
	return (struct dump_source *)source;
}

static int no_memory(struct ksm_error *err)
{
	return ksm_error_set(err, KSM_ERR_SYSTEM, ENOMEM, "out of memory");
}

static bool is_stream(const struct ksm_dump *dump)
{
	return !ksm_input_is_seekable(dump->input);
}

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

static void set_incomplete(struct ksm_dump *dump, const struct ksm_error *why)
{
	if (dump->space->error.code)
		return;
	dump->space->error = *why;
	if (!why->path[0])
		strncpy(dump->space->error.path, dump->path, sizeof(why->path) - 1);
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
	set_incomplete(dump, &why);
}

int ksm_dump_set_string(const char **field, const void *text, size_t max, struct ksm_error *err)
{
	char *copy = strndup(text, max);

	if (!copy)
		return no_memory(err);
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

		if (!is_stream(dump) || range.end <= data)
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

static void dump_close(struct ksm_dump *dump)
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

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* As it was before it was opened. */
static void dump_reset(struct ksm_dump *dump)
{
	struct ksm_dump fresh = {
		.options = dump->options, .space = dump->space, .path = dump->path};

	dump_close(dump);
	*dump = fresh;
	dump->facts.dump_level = -1;
	dump->space->error.code = KSM_ERR_NONE;
	dump->space->is_unordered = false;
	dump->space->name = base_name(dump->path);
}

static const struct ksm_dump_format *find_format(const char *name)
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
	dump->format = dump->options->format ? find_format(dump->options->format) : NULL;
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
	return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
			     "is no dump of a format that is known: if it is the bare memory of a "
			     "guest, give --format=raw");
}

static int read_maps(struct ksm_dump *dump, struct ksm_error *err)
{
	ksm_auto_str struct ksm_str text = {0};
	ksm_auto_close int fd = -1;
	int ret = ksm_open_at(AT_FDCWD, dump->options->maps, O_RDONLY, &fd, err);

	if (!ret)
		ret = ksm_read_fd(fd, MAPS_MAX, &text, err);
	if (!ret)
		ret = ksm_areas_parse(text.data, text.len, &dump->space->areas, err);
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

static int open_base(struct ksm_dump *dump, struct ksm_error *err)
{
	int ret = ksm_input_open(dump->options->base, 0, &dump->base, err);

	if (ret)
		return ret;
	if (dump->format != &ksm_raw_format)
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				     "is no raw image: --base is for those");
	if (is_stream(dump) || !ksm_input_is_seekable(dump->base))
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

static void clear_counts(struct ksm_dump_facts *facts)
{
	facts->pages_data = facts->pages_hole = facts->pages_filtered = 0;
	facts->pages_missing = facts->pages_base = 0;
	memset(facts->passed_over, 0, sizeof(facts->passed_over));
}

static int finish(struct ksm_dump *dump, struct ksm_error *err)
{
	int ret = dump->format->finish(dump, err);

	if (!ret && dump->has_maps && dump->is_guest)
		ret = ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				    "is a guest's memory: --maps is for the core of a process");
	if (!ret && !dump->format->next) {
		clear_counts(&dump->facts);
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

	while (!is_stream(dump) && dump->format->more && more == 1) {
		more = dump->format->more(dump, err);
		ret = more < 0 ? more : 0;
	}
	if (!ret && !dump->facts.page_size)
		ret = ksm_dump_set_page_size(dump, KSM_PAGE_SIZE_MIN, "assumed", err);
	if (!ret)
		ret = ksm_segments_settle(dump, err);
	if (ret)
		return ret;
	if (is_stream(dump))
		return ksm_stream_begin(dump, err);
	return finish(dump, err);
}

static int open_dump(struct ksm_dump *dump, struct ksm_error *err)
{
	int ret = ksm_input_open(dump->path, dump->options->max_size, &dump->input, err);

	if (ret)
		return ret;
	dump->facts.compression = ksm_input_compression(dump->input);
	dump->facts.inner_compression = ksm_input_inner_compression(dump->input);
	dump->space->is_unordered = is_stream(dump);
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
		ret = dump->format->next ? finish(dump, err) : open_segments(dump, err);
	dump->view.hold = false;
	return ret;
}

/* A file that cannot be read is a space with an error. -ENOMEM alone is a failure. */
static int try_open(struct ksm_dump *dump, struct ksm_error *err)
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
	clear_counts(&dump->facts);
	/* What is wrong altogether outweighs what may be missing. */
	dump->space->error.code = KSM_ERR_NONE;
	set_incomplete(dump, &why);
	return 0;
}

/* ---------------------------------------------------------------- passes */

static int dump_rewind(struct ksm_page_source *base, struct ksm_error *err)
{
	struct dump_source *source = of(base);

	source->next = 0;
	memset(&source->walk, 0, sizeof(source->walk));
	source->piece.n = 0;
	for (uint32_t i = 0; i < base->n_spaces; i++) {
		struct ksm_dump *dump = &source->dump[i];
		int ret = 0;

		dump->planned = 0;
		if (dump->is_open && dump->is_consumed) {
			dump_reset(dump);
			ret = try_open(dump, err);
		}
		if (!ret && dump->is_open && dump->format->rewind)
			ret = dump->format->rewind(dump, err);
		if (ret)
			return ret;
	}
	return 0;
}

/* Fills the batch up. 1 if there may be more, 0 at the end, or a negative errno. */
static int plan_segments(struct dump_source *source, struct ksm_dump *dump, struct ksm_batch *batch,
			 struct ksm_error *err)
{
	struct ksm_piece *piece = &source->piece;

	while (batch->n < ksm_batch_max(dump)) {
		if (!piece->n) {
			int ret = ksm_walk_next(dump, &source->walk, piece, err);

			if (ret != 1)
				piece->n = 0;
			if (!ret && dump->planned != dump->facts.passed_over[KSM_PASSED_NOT])
				ksm_dump_incomplete(dump, KSM_ERR_FORMAT, EBADMSG,
						    "changed while it was read: analyze it again");
			if (ret != 1)
				return ret;
			if (piece->class != KSM_PIECE_DATA || piece->passed != KSM_PASSED_NOT)
				piece->n = 0;
			continue;
		}
		batch->page[batch->n++] = (struct ksm_page){.address = piece->address};
		piece->address += dump->facts.page_size;
		piece->n--;
		dump->planned++;
	}
	return 1;
}

/* Says what a stream was, now that it has ended. */
static void finish_stream(struct ksm_dump *dump, const struct ksm_error *why)
{
	struct ksm_error err = {0};

	if (why->code)
		set_incomplete(dump, why);
	if (dump->view.fault.code)
		set_incomplete(dump, &dump->view.fault);
	if (finish(dump, &err)) {
		/* Nothing of it counts then. */
		dump->is_open = false;
		dump->space->error.code = KSM_ERR_NONE;
		set_incomplete(dump, &err);
		clear_counts(&dump->facts);
	}
}

static int dump_next(struct ksm_page_source *base, struct ksm_batch *batch, struct ksm_error *err)
{
	struct dump_source *source = of(base);
	struct ksm_dump *dump = &source->dump[source->next];
	struct ksm_error why = {0};
	int ret = 0;

	if (source->next == base->n_spaces)
		return 0;
	batch->space = source->next;
	batch->n = 0;
	batch->error.code = KSM_ERR_NONE;
	if (dump->is_open) {
		if (dump->format->next)
			ret = dump->format->next(dump, batch, &why);
		else if (is_stream(dump))
			ret = ksm_stream_next(dump, batch, &why);
		else
			ret = plan_segments(source, dump, batch, &why);
		if (is_stream(dump) && batch->n)
			dump->is_consumed = true;
	}
	batch->ends_space = ret != 1;
	if (!batch->ends_space)
		return 1;
	if (dump->is_open && is_stream(dump))
		finish_stream(dump, &why);
	else if (why.code)
		set_incomplete(dump, &why);
	source->next++;
	memset(&source->walk, 0, sizeof(source->walk));
	source->piece.n = 0;
	return 1;
}

static void dump_fill(struct ksm_page_source *base, struct ksm_batch *batch)
{
	const struct ksm_dump *dump = &of(base)->dump[batch->space];
	struct ksm_error why = {0};

	if (!batch->n)
		return;
	if (!dump->space->is_unordered) {
		if (dump->format->fill)
			dump->format->fill(dump, batch);
		else
			ksm_segments_fill(dump, batch);
		return;
	}
	for (uint32_t i = 0; i < batch->n; i++) {
		if (batch->page[i].flags & KSM_PAGE_READ)
			continue;
		batch->page[i].flags |= KSM_PAGE_LOST;
		if (batch->error.code)
			continue;
		ksm_error_set(&why, KSM_ERR_UNSUPPORTED, ESPIPE,
			      "is compressed or a pipe, of which no page can be read again");
		batch->error = why;
	}
}

static bool dump_counts(struct ksm_page_source *base, uint32_t space, uint64_t address)
{
	const struct ksm_dump *dump = &of(base)->dump[space];
	uint64_t until;

	return dump->is_open && ksm_dump_passed(dump, address, &until) == KSM_PASSED_NOT;
}

static void dump_source_close(struct ksm_page_source *base)
{
	struct dump_source *source = of(base);

	for (uint32_t i = 0; i < base->n_spaces; i++) {
		dump_close(&source->dump[i]);
		free(source->dump[i].path);
	}
	free(source->dump);
	free(base->space);
	free(source->format);
	free(source->base);
	free(source->maps);
	free(source);
}

/* ---------------------------------------------------------------- opening the source */

static const struct ksm_page_source_ops dump_ops = {
	.rewind = dump_rewind,
	.next = dump_next,
	.fill = dump_fill,
	.close = dump_source_close,
	.counts = dump_counts,
};

static int check_options(const struct ksm_dump_options *options, size_t n, struct ksm_error *err)
{
	unsigned int size = options->page_size;

	if (size && (size < KSM_PAGE_SIZE_MIN || size > KSM_BATCH_BYTES || size & (size - 1)))
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				     "--page-size is a power of two from %u to %u bytes",
				     KSM_PAGE_SIZE_MIN, KSM_BATCH_BYTES);
	if (options->format && !find_format(options->format))
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL, "no dump has the format \"%s\"",
				     options->format);
	if (options->maps && n != 1)
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				     "--maps lists the areas of one process: give one file");
	if (options->pages == KSM_PAGES_MERGEABLE && !options->maps)
		return ksm_error_set(
			err, KSM_ERR_INVALID, EINVAL,
			"a dump does not tell which areas are marked mergeable: give the "
			"process's saved /proc/PID/smaps with --maps, or leave out "
			"--pages=mergeable");
	return 0;
}

static int copy_string(const char *text, char **copy, const char **ret_text, struct ksm_error *err)
{
	*copy = text ? strdup(text) : NULL;
	*ret_text = *copy;
	return text && !*copy ? no_memory(err) : 0;
}

static int add_file(struct dump_source *source, const char *path, struct ksm_error *err)
{
	struct ksm_page_source *base = &source->source;
	struct ksm_dump *dump = &source->dump[base->n_spaces];
	struct ksm_space *space = &base->space[base->n_spaces];
	int ret;

	dump->path = strdup(path);
	if (!dump->path)
		return no_memory(err);
	base->n_spaces++;
	dump->options = &source->options;
	dump->space = space;
	dump->facts.dump_level = -1;
	space->file = dump->path;
	space->name = base_name(dump->path);
	space->cgroup = "";
	space->dump = &dump->facts;
	ret = try_open(dump, err);
	if (ret || !dump->is_open)
		return ret;
	if (!base->page_size)
		base->page_size = dump->facts.page_size;
	if (dump->facts.page_size != base->page_size) {
		dump->is_open = false;
		clear_counts(&dump->facts);
		space->error.code = KSM_ERR_NONE;
		ksm_dump_incomplete(dump, KSM_ERR_INVALID, EINVAL,
				    "has pages of %u bytes, the files before it of %u: analyze it "
				    "alone, or give --page-size",
				    dump->facts.page_size, base->page_size);
	}
	return 0;
}

/* Flags are exact where every file's come from an smaps. */
static bool knows_flags(const struct dump_source *source)
{
	const struct ksm_areas *areas = &source->source.space[0].areas;

	return source->options.maps && areas->n && areas->area[0].vm_flags & KSM_VM_FLAGS_KNOWN;
}

int ksm_dump_source_open(const char *const *paths, size_t n, const struct ksm_dump_options *options,
			 struct ksm_page_source **ret_source, struct ksm_error *err)
{
	struct dump_source *source = calloc(1, sizeof(*source));
	struct ksm_page_source *base ksm_auto_source = source ? &source->source : NULL;
	const char *format =
		options->format && strcmp(options->format, "auto") != 0 ? options->format : NULL;
	int ret;

	if (!source)
		return no_memory(err);
	base->ops = &dump_ops;
	base->is_still = true;
	source->options = *options;
	ret = copy_string(format, &source->format, &source->options.format, err) ?:
	      copy_string(options->base, &source->base, &source->options.base, err) ?:
	      copy_string(options->maps, &source->maps, &source->options.maps, err) ?:
	      check_options(&source->options, n, err);
	if (ret)
		return ret;
	source->dump = calloc(n ? n : 1, sizeof(*source->dump));
	base->space = calloc(n ? n : 1, sizeof(*base->space));
	if (!source->dump || !base->space)
		return no_memory(err);
	for (size_t i = 0; i < n && !ret; i++)
		ret = add_file(source, paths[i], err);
	if (ret)
		return ret;
	if (!base->page_size)
		base->page_size = KSM_PAGE_SIZE_MIN;
	base->unknown = KSM_UNKNOWN_PFN | KSM_UNKNOWN_KSM_PAGES | KSM_UNKNOWN_ZERO_PAGE |
			KSM_UNKNOWN_HUGE_PAGES |
			(knows_flags(source) ? 0u : (unsigned int)KSM_UNKNOWN_VM_FLAGS);
	*ret_source = ksm_no_free(base);
	return 0;
}
