/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the formats of dumps share. Most are segments: stretches of memory that lie in the file as they were.
 * A format reads its headers and says which segments there are and what the areas are; choosing, counting and
 * reading are the same for all. A format of another shape (compressed pages) brings its own reading.
 */
#ifndef KSM_SOURCE_DUMP_INTERNAL_H
#define KSM_SOURCE_DUMP_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source/dump.h"
#include "source/input.h"

#define KSM_PAGE_SIZE_MIN 4096

/* ---------------------------------------------------------------- looking at the file */

/*
 * A stretch of the content in memory, wherever it is asked for; of a stream only forward. While @hold is set,
 * nothing of a stream is dropped.
 */
struct ksm_view {
	struct ksm_input *input;
	unsigned char *data;
	size_t capacity;
	uint64_t start; /* of data in the content; bytes */
	size_t len;
	bool hold;
	bool ended;		/* of a stream: nothing follows data */
	struct ksm_error fault; /* of a stream: why it ended early */
};

/*
 * @len bytes at @offset, the view's until the next call; fewer only where the content ends, which a stream
 * that is damaged does too (@fault then says why). -ESPIPE for what of a stream has gone by.
 */
int ksm_view_get(struct ksm_view *view, uint64_t offset, size_t len, const unsigned char **ret_data,
		 size_t *ret_len, struct ksm_error *err);
/*
 * The same of a stream, to @buf, for bytes that are not needed again: they are gone from the view then, and most never
 * were in it. Not while @hold is set.
 */
int ksm_view_take(struct ksm_view *view, uint64_t offset, size_t len, unsigned char *buf,
		  size_t *ret_len, struct ksm_error *err);
void ksm_view_release(struct ksm_view *view);

/* ---------------------------------------------------------------- a dump */

/* A stretch of memory that the file is to hold: what of it lies behind the file's end is missing. */
struct ksm_segment {
	uint64_t address; /* bytes, of its first byte */
	uint64_t len;	  /* bytes */
	uint64_t offset;  /* of its bytes in the content */
	size_t order;	  /* in which it was added */
};

/* Bytes from start, exclusive of end. */
struct ksm_span {
	uint64_t start;
	uint64_t end;
};

struct ksm_stream;

/* A file of a dump source. */
struct ksm_dump {
	const struct ksm_dump_options *options;
	struct ksm_space *space;
	struct ksm_dump_facts facts;
	char *path;
	const struct ksm_dump_format *format;
	void *state; /* the format's */
	bool is_guest;
	bool is_open;
	uint64_t planned; /* pages handed out in this pass; not of a stream */
	bool is_consumed; /* a stream that was begun to be read */
	bool has_maps;	  /* areas are those of options.maps */

	struct ksm_input *input; /* NULL once a stream has ended */
	struct ksm_input *base;
	struct ksm_view view;

	struct ksm_segment
		*segment; /* after ksm_segments_settle in order of address, none over another */
	size_t n_segments;
	size_t segments_capacity;
	struct ksm_span *absent; /* left out by the dumper, as the headers say */
	size_t n_absent;
	size_t absent_capacity;
	struct ksm_span *range; /* of the content, that the format wants to see */
	size_t n_ranges;
	size_t ranges_capacity;
	struct ksm_stream *stream;
};

/*
 * Memory at @address of which the file holds @len bytes at @offset (none, for a @len of 0), of @size in all.
 * What reaches past the end of the address space or of the largest file is cut. May be called by open and more.
 */
int ksm_dump_add_segment(struct ksm_dump *dump, uint64_t address, uint64_t size, uint64_t offset,
			 uint64_t len, struct ksm_error *err);
/*
 * A stretch of the content for which the format's `range` is to be called: by ksm_dump_read_ranges for all of
 * a file that is no stream, and of a stream for what lies before @data, where its first segment begins; for the
 * others when they come by.
 */
int ksm_dump_add_range(struct ksm_dump *dump, uint64_t offset, uint64_t len, struct ksm_error *err);
int ksm_dump_read_ranges(struct ksm_dump *dump, uint64_t data, struct ksm_error *err);

/*
 * Unless the user gave another. KSM_ERR_UNSUPPORTED for what is no page size; of a stream of which pages were
 * handed out already, for another one than they were cut by.
 */
int ksm_dump_set_page_size(struct ksm_dump *dump, uint64_t page_size, const char *from,
			   struct ksm_error *err);

/* Keeps the first reason why the dump is incomplete; what there is of it is still handed out. */
void ksm_dump_incomplete(struct ksm_dump *dump, enum ksm_error_code code, int errnum,
			 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* A copy of at most @max bytes, ending before a NUL, in *@field; freed by the source. */
int ksm_dump_set_string(const char **field, const void *text, size_t max, struct ksm_error *err);

/* An area at the end of @areas, in order of address. */
int ksm_dump_add_area(struct ksm_areas *areas, uint64_t start, uint64_t end, uint32_t vm_flags,
		      uint64_t offset, const char *name, struct ksm_error *err);

/* What a dump of a guest holds. */
enum ksm_guest_memory {
	KSM_GUEST_RAM,		 /* nothing else, or no telling */
	KSM_GUEST_X86,		 /* a hypervisor's view: devices and firmware too, below 4 GiB */
	KSM_GUEST_X86_BY_KERNEL, /* what the guest's own kernel knew as its RAM (/proc/vmcore) */
};
/*
 * The same for a guest: memory from @start on, joined with the area before where it follows. @start is where a
 * piece begins: what begins among x86's devices is theirs, what only reaches there is RAM.
 */
int ksm_dump_add_guest_area(struct ksm_dump *dump, uint64_t start, uint64_t end,
			    enum ksm_guest_memory memory, struct ksm_error *err);

/* Why the pages at @address are passed over, and where the answer may change (exclusive; bytes). */
enum ksm_passed ksm_dump_passed(const struct ksm_dump *dump, uint64_t address, uint64_t *ret_until);

/* ---------------------------------------------------------------- formats */

/*
 * A row of the table of formats. All of it is called by one thread at a time, but for fill. A fault that
 * leaves something to hand out is told by ksm_dump_incomplete, and is no failure.
 */
struct ksm_dump_format {
	const char *name; /* as --format takes it */
	/* By the front of the content (KSM_INPUT_PEEK bytes, fewer where there are no more). */
	bool (*recognise)(const struct ksm_input *input, const unsigned char *front, size_t len);
	/* Tells facts and page size as far as the front shows them, and adds segments and ranges. */
	int (*open)(struct ksm_dump *dump, struct ksm_error *err);
	/* Headers that lie among the data: adds the next segments. 1, 0 at the end. NULL: open adds all. */
	int (*more)(struct ksm_dump *dump, struct ksm_error *err);
	int (*range)(struct ksm_dump *dump, uint64_t offset, uint64_t len, struct ksm_error *err);
	/* All has been seen: the rest of the facts, and the areas (unless has_maps). */
	int (*finish)(struct ksm_dump *dump, struct ksm_error *err);
	void (*close)(struct ksm_dump *dump); /* frees the state; NULL: there is none */

	/*
	 * For formats that are no segments, all of these. open also tells the facts' counts (of a stream, next
	 * does), and finish is called after open and, of a stream, again at its end. rewind comes before each
	 * pass. next adds pages to the batch from batch->n on, as many as fit, of a stream with their bytes: 1,
	 * 0 at the end. fill as in page_source.h.
	 */
	int (*rewind)(struct ksm_dump *dump, struct ksm_error *err);
	int (*next)(struct ksm_dump *dump, struct ksm_batch *batch, struct ksm_error *err);
	void (*fill)(const struct ksm_dump *dump, struct ksm_batch *batch);
};

extern const struct ksm_dump_format ksm_elf_format;
extern const struct ksm_dump_format ksm_kdump_format;
extern const struct ksm_dump_format ksm_lime_format;
extern const struct ksm_dump_format ksm_raw_format;

/* Refuses by name what is known and cannot be read; 0 for anything else. */
int ksm_dump_refuse(const unsigned char *front, size_t len, struct ksm_error *err);

/* ---------------------------------------------------------------- a file, opened */

/* The format of that name, or NULL. */
const struct ksm_dump_format *ksm_dump_find_format(const char *name);
const char *ksm_dump_base_name(const char *path);

/* A file that cannot be read leaves a space with an error. -ENOMEM alone is a failure. */
int ksm_dump_open(struct ksm_dump *dump, struct ksm_error *err);
/* All has been seen of it: areas, facts and counts. */
int ksm_dump_finish(struct ksm_dump *dump, struct ksm_error *err);
void ksm_dump_close(struct ksm_dump *dump);
/* As it was before it was opened. */
void ksm_dump_reset(struct ksm_dump *dump);
/* ksm_dump_incomplete with an error that was met. */
void ksm_dump_fail_part(struct ksm_dump *dump, const struct ksm_error *why);
void ksm_dump_clear_counts(struct ksm_dump_facts *facts);

static inline bool ksm_dump_is_stream(const struct ksm_dump *dump)
{
	return !ksm_input_is_seekable(dump->input);
}

/* ---------------------------------------------------------------- the generic part */

enum ksm_piece_kind {
	KSM_PIECE_DATA,
	KSM_PIECE_HOLE,
	KSM_PIECE_MISSING,
	KSM_PIECE_PARTIAL,
};

/* Pages of one kind, with one reason to be passed over, that follow one another. */
struct ksm_piece {
	enum ksm_piece_kind kind;
	enum ksm_passed passed;
	bool is_base; /* the base's */
	uint64_t address;
	uint64_t n; /* pages */
};

/* A stretch of stored bytes, as far as is known of a file. */
struct ksm_extent {
	bool known;
	uint64_t asked; /* nothing is stored from here to start */
	uint64_t start;
	uint64_t end;
};

struct ksm_walk {
	size_t segment;
	uint64_t address; /* in the segment; of the next page, or anywhere in it at its beginning */
	bool in_segment;
	uint64_t partials_end; /* pages below it that lie in a segment in part have been told */
	struct ksm_extent extent;
	struct ksm_extent base_extent;
};

/* Puts segments in order and takes away what lies over another. */
int ksm_segments_settle(struct ksm_dump *dump, struct ksm_error *err);
/* The next piece of all segments, in ascending order: 1, 0 at the end, or a negative errno. */
int ksm_walk_next(const struct ksm_dump *dump, struct ksm_walk *walk, struct ksm_piece *ret_piece,
		  struct ksm_error *err);
/* Fills in the facts' counts, and says what is missing. */
int ksm_segments_count(struct ksm_dump *dump, struct ksm_error *err);
/*
 * -EFBIG if @pages of a file of @content bytes are more than it can be asked to give: headers may claim the
 * same bytes over and over.
 */
int ksm_segments_check_claim(const struct ksm_dump *dump, uint64_t pages, uint64_t content,
			     struct ksm_error *err);
/* Reads the pages of a batch from where the segments say they are. Thread-safe. */
void ksm_segments_fill(const struct ksm_dump *dump, struct ksm_batch *batch);

/* The segments of a stream, as they come by. */
int ksm_stream_begin(struct ksm_dump *dump, struct ksm_error *err);
/* Adds pages with their bytes to @batch: 1, 0 at the end. */
int ksm_stream_next(struct ksm_dump *dump, struct ksm_batch *batch, struct ksm_error *err);
void ksm_stream_end(struct ksm_dump *dump);

/* What a cache holds: more would be read no sooner, and take memory. */
#define BATCH_BYTES (KSM_BATCH_BYTES / 4)

static inline uint32_t ksm_batch_max(const struct ksm_dump *dump)
{
	return dump->facts.page_size < BATCH_BYTES ? BATCH_BYTES / dump->facts.page_size : 1;
}

#endif
