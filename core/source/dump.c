/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/dump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "source/dump_internal.h"

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

/* ---------------------------------------------------------------- passes */

static bool is_file(const struct ksm_dump *dump)
{
	struct stat st;

	return stat(dump->path, &st) || S_ISREG(st.st_mode);
}

static bool dump_may_restart(struct ksm_page_source *base)
{
	for (uint32_t i = 0; i < base->n_spaces; i++)
		if (of(base)->dump[i].is_consumed && !is_file(&of(base)->dump[i]))
			return false;
	return true;
}

/* None of its pages counts, and the report says that it was not read whole. */
static void leave_out(struct ksm_dump *dump)
{
	dump->is_open = false;
	ksm_dump_clear_counts(&dump->facts);
	dump->space->error.code = KSM_ERR_NONE;
}

/*
 * A stream from its beginning. What is no file has none any more, and a file may have been replaced: pages of another
 * size than those of the source would not be where a batch's reader looks for them.
 */
static int open_again(struct ksm_page_source *base, struct ksm_dump *dump, struct ksm_error *err)
{
	int ret;

	if (!is_file(dump)) {
		leave_out(dump);
		ksm_dump_incomplete(dump, KSM_ERR_UNSUPPORTED, ESPIPE,
				    "is a pipe, which can be read only once");
		return 0;
	}
	ksm_dump_reset(dump);
	ret = ksm_dump_open(dump, err);
	if (!ret && dump->is_open && dump->facts.page_size != base->page_size) {
		leave_out(dump);
		ksm_dump_incomplete(dump, KSM_ERR_FORMAT, EBADMSG,
				    "was replaced while it was read: analyze it again");
	}
	return ret;
}

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
		if (dump->is_open && dump->is_consumed)
			ret = open_again(base, dump, err);
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
			if (piece->kind != KSM_PIECE_DATA || piece->passed != KSM_PASSED_NOT)
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

/* Whether a stream is whole is known only at its end, behind the last page. */
static void read_to_end(struct ksm_dump *dump)
{
	struct ksm_error fault;
	unsigned char rest[4096];
	size_t got = 1;

	while (got) {
		if (ksm_input_read(dump->input, rest, sizeof(rest), &got, &fault)) {
			ksm_dump_fail_part(dump, &fault);
			return;
		}
	}
}

/* Says what a stream was, now that it has ended, or that it cannot be read on. */
static void judge_stream(struct ksm_dump *dump, const struct ksm_error *why)
{
	struct ksm_error err = *why;

	if (dump->view.fault.code)
		ksm_dump_fail_part(dump, &dump->view.fault);
	else if (!err.code)
		read_to_end(dump);
	if (!err.code && !ksm_dump_finish(dump, &err))
		return;
	/* Which of its pages were handed out is not known then. */
	leave_out(dump);
	ksm_dump_fail_part(dump, &err);
}

/* A decompressor's window is not kept while other files are read. */
static void finish_stream(struct ksm_dump *dump, const struct ksm_error *why)
{
	judge_stream(dump, why);
	ksm_view_release(&dump->view);
	ksm_input_close(&dump->input);
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
		else if (ksm_dump_is_stream(dump))
			ret = ksm_stream_next(dump, batch, &why);
		else
			ret = plan_segments(source, dump, batch, &why);
		if (ksm_dump_is_stream(dump))
			dump->is_consumed = true;
	}
	batch->ends_space = ret != 1;
	if (!batch->ends_space)
		return 1;
	if (dump->is_open && ksm_dump_is_stream(dump))
		finish_stream(dump, &why);
	else if (why.code)
		ksm_dump_fail_part(dump, &why);
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
		ksm_dump_close(&source->dump[i]);
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
	.may_restart = dump_may_restart,
};

static int check_options(const struct ksm_dump_options *options, size_t n, struct ksm_error *err)
{
	unsigned int size = options->page_size;

	if (size && (size < KSM_PAGE_SIZE_MIN || size > KSM_BATCH_BYTES || size & (size - 1)))
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				     "--page-size is a power of two from %u to %u bytes",
				     KSM_PAGE_SIZE_MIN, KSM_BATCH_BYTES);
	if (options->format && !ksm_dump_find_format(options->format))
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
	return text && !*copy ? ksm_error_no_memory(err) : 0;
}

static int add_file(struct dump_source *source, const char *path, struct ksm_error *err)
{
	struct ksm_page_source *base = &source->source;
	struct ksm_dump *dump = &source->dump[base->n_spaces];
	struct ksm_space *space = &base->space[base->n_spaces];
	int ret;

	dump->path = strdup(path);
	if (!dump->path)
		return ksm_error_no_memory(err);
	base->n_spaces++;
	dump->options = &source->options;
	dump->space = space;
	dump->facts.dump_level = -1;
	space->file = dump->path;
	space->name = ksm_dump_base_name(dump->path);
	space->cgroup = "";
	space->dump = &dump->facts;
	ret = ksm_dump_open(dump, err);
	if (ret || !dump->is_open)
		return ret;
	if (!base->page_size)
		base->page_size = dump->facts.page_size;
	if (dump->facts.page_size != base->page_size) {
		leave_out(dump);
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
		return ksm_error_no_memory(err);
	base->ops = &dump_ops;
	base->is_still = true;
	base->pages = options->pages;
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
		return ksm_error_no_memory(err);
	for (size_t i = 0; i < n && !ret; i++)
		ret = add_file(source, paths[i], err);
	if (ret)
		return ret;
	if (!base->page_size)
		base->page_size = KSM_PAGE_SIZE_MIN;
	base->unknown = KSM_UNKNOWN_PFN | KSM_UNKNOWN_KSM_PAGES | KSM_UNKNOWN_ZERO_PAGE |
			KSM_UNKNOWN_HUGE_PAGES | KSM_UNKNOWN_NODES |
			(knows_flags(source) ? 0u : (unsigned int)KSM_UNKNOWN_VM_FLAGS);
	*ret_source = ksm_no_free(base);
	return 0;
}
