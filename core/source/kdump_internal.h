/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the kdump reader share. See kdump.h for the format. */
#ifndef KSM_SOURCE_KDUMP_INTERNAL_H
#define KSM_SOURCE_KDUMP_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "source/input.h"
#include "source/kdump.h"

#define KDUMP_BLOCK_MAX	 65536u /* bytes; the largest page of any kernel that makes such dumps */
#define KDUMP_HEADER	 464u	/* bytes of the header that are looked at */
#define KDUMP_SUB_HEADER 104u	/* likewise of the sub header */
#define KDUMP_DESCRIPTOR 24u	/* bytes of a page's descriptor, on every architecture */
#define KDUMP_TEXT_MAX	 65536u /* of VMCOREINFO */
#define KDUMP_NOTES_MAX	 (1u << 20) /* thousands of processors */

/* Bitmaps are looked at in pieces of 4096 bytes, whatever the block size. */
#define KDUMP_CHUNK	  4096u
#define KDUMP_CHUNK_PAGES (KDUMP_CHUNK * 8u)
#define KDUMP_CHUNK_WORDS (KDUMP_CHUNK / 8u)

#define KDUMP_FLAT_HEADER 4096u
#define KDUMP_FLAT_RECORD 16u

/* ------------------------------------------------------------------- kdump_flat.c: where the bytes are */

/* Bytes [start, end) of the dump lie at @file in the input. */
struct kdump_segment {
	uint64_t start;
	uint64_t end;
	uint64_t gap; /* where the first byte is missing that no segment from this one on has */
	uint64_t file;
};

/* The dump as it would be without flattening; seekable inputs only. */
struct kdump_image {
	const struct ksm_input *input;
	bool is_flat;
	bool is_cut;		       /* flat, and without its end */
	uint64_t cut_at;	       /* where in the input it ends */
	struct ksm_error cut_error;    /* then: the fault, if it is one */
	struct kdump_segment *segment; /* flat: ascending, without overlap */
	size_t n_segments;
	size_t capacity;
	uint64_t size; /* bytes of the dump, to the end of the last that is there */
};

bool ksm_kdump_is_flat(const unsigned char *head, size_t len);
/* Checks the version of a flattened file's header, of which all bytes have to be there. */
int ksm_kdump_flat_check(const unsigned char *head, size_t len, struct ksm_error *err);

enum kdump_record_kind {
	KDUMP_RECORD_DATA,
	KDUMP_RECORD_END,
	KDUMP_RECORD_BAD,
};

/* A record of a flattened file says where in the dump so many bytes, which follow it, belong. */
enum kdump_record_kind ksm_kdump_flat_record(const unsigned char *record, uint64_t *ret_offset,
					     uint64_t *ret_size);

/* Says that the record at byte @at makes no sense; -EBADMSG. */
int ksm_kdump_flat_fault(uint64_t at, struct ksm_error *err);

int ksm_kdump_image_open(const struct ksm_input *input, bool is_flat, struct kdump_image *ret_image,
			 struct ksm_error *err);
void ksm_kdump_image_close(struct kdump_image *image);
/* All of @len bytes; those that are not there are zeros. */
int ksm_kdump_image_read(const struct kdump_image *image, uint64_t offset, void *buf, size_t len,
			 struct ksm_error *err);
/*
 * So many bytes from @offset on are there. Gaps are zeros of a flattened file that is whole; of one that is
 * cut off, they are what got lost.
 */
uint64_t ksm_kdump_image_run(const struct kdump_image *image, uint64_t offset);
/* The next stretch at or after @offset that is more than a hole; both UINT64_MAX when there is none. */
int ksm_kdump_image_stored(const struct kdump_image *image, uint64_t offset, uint64_t *ret_start,
			   uint64_t *ret_end, struct ksm_error *err);

/* ---------------------------------------------------------------------- kdump_header.c: what it says */

struct kdump_layout {
	bool is_diskdump;
	bool big;
	bool is64;
	int version;
	unsigned int block_size;
	uint64_t bitmap_at; /* byte where the bitmaps start */
	uint64_t bitmaps;   /* bytes of both */
	uint64_t max_pfn;
	uint32_t status;
	uint64_t exists_at; /* byte of the first bitmap; 0 if there is but one */
	uint64_t dumped_at;
	uint64_t bitmap_len; /* bytes of one that count */
	uint64_t descriptors_at;
	uint64_t vmcoreinfo_at;
	uint64_t vmcoreinfo_len;
	uint64_t notes_at; /* 0: there are none */
	uint64_t notes_len;
	int dump_level;
	char machine[66];
	char release[66];
	char node[66];
};

/* From the first KDUMP_HEADER bytes (fewer are filled up with zeros by the caller). */
int ksm_kdump_header_parse(const unsigned char *head, struct kdump_layout *ret_layout,
			   struct ksm_error *err);
/* From the first KDUMP_SUB_HEADER bytes at block_size; completes the layout. */
int ksm_kdump_sub_header_parse(const unsigned char *sub, struct kdump_layout *layout,
			       struct ksm_error *err);

/* Is one of the notes, as ELF has them, QEMU's? */
bool ksm_kdump_notes_are_qemus(const struct kdump_layout *layout, const unsigned char *notes,
			       size_t len);

struct kdump_descriptor {
	uint64_t offset; /* of the page's bytes in the dump */
	uint32_t size;
	uint32_t flags;
};

void ksm_kdump_descriptor_parse(const struct kdump_layout *layout, const unsigned char *from,
				struct kdump_descriptor *ret_descriptor);

/* -------------------------------------------------------------- kdump_codec.c: a page out of its bytes */

struct z_stream_s;
struct ZSTD_DCtx_s;

/* Decompressors' states, made when first needed; zeroed to start with. One per thread. */
struct kdump_codec {
	struct z_stream_s *zlib;
	struct ZSTD_DCtx_s *zstd;
};

void ksm_kdump_codec_free(struct kdump_codec *codec);
bool ksm_kdump_descriptor_is_sound(const struct kdump_descriptor *descriptor,
				   unsigned int page_size);
/* For one that is not; @number in ascending order of PFNs. */
int ksm_kdump_descriptor_error(const struct kdump_descriptor *descriptor, uint64_t number,
			       struct ksm_error *err);
/* @in: descriptor->size bytes. */
int ksm_kdump_unpack(struct kdump_codec *codec, const struct kdump_descriptor *descriptor,
		     const unsigned char *in, unsigned int page_size, unsigned char *out,
		     struct ksm_error *err);

/* ------------------------------------------------------------------ kdump_page.c: pages by page frame */

#define KDUMP_WINDOW_DESCRIPTORS 256u
#define KDUMP_WINDOW		 KDUMP_BLOCK_MAX

/* Finds and reads pages of a seekable dump, ascending ones fast. One per thread. */
struct kdump_reader {
	const struct ksm_kdump *dump;
	/* One piece of the second bitmap, and how many pages were dumped before one of its words. */
	uint64_t chunk; /* UINT64_MAX: none */
	uint64_t bits[KDUMP_CHUNK_WORDS];
	uint32_t word;
	uint64_t before;
	uint64_t first_descriptor;
	uint32_t n_descriptors; /* in the window: those that are there */
	unsigned char descriptor[KDUMP_WINDOW_DESCRIPTORS * KDUMP_DESCRIPTOR];
	struct kdump_codec codec;
	uint64_t window_at;
	size_t window_len;
	unsigned char *window; /* KDUMP_WINDOW bytes, or NULL */
	unsigned char *aside;  /* likewise, for pages that lie behind the window */
	unsigned char *block;  /* KDUMP_BLOCK_MAX bytes for one of several pages, or NULL */
};

void ksm_kdump_reader_init(struct kdump_reader *reader, const struct ksm_kdump *dump);
void ksm_kdump_reader_release(struct kdump_reader *reader);
/* Descriptor @number in ascending order of PFNs. 1, 0 if the file ends before it, or a negative errno. */
int ksm_kdump_reader_descriptor(struct kdump_reader *reader, uint64_t number,
				struct kdump_descriptor *ret_descriptor, struct ksm_error *err);

/* ---------------------------------------- kdump_stream.c and kdump_queue.c: without going back */

#define KDUMP_STEP 65536u /* bytes read at a time */

struct kdump_stream {
	struct ksm_input *input;
	bool is_flat;
	uint64_t at;   /* where the next byte belongs in the dump */
	uint64_t left; /* bytes of this record; of a plain file, no end in sight */
	bool has_ended;
	bool is_cut;
	struct ksm_error cut_error;

	unsigned char *front;
	size_t front_len;
	unsigned char *bitmaps;
	uint64_t bitmap_at;
	uint64_t bitmaps_end; /* up to where in them something has come */

	uint64_t *descriptor; /* packed; [first, end) are waiting */
	size_t first_descriptor;
	size_t end_descriptor;
	size_t descriptor_capacity;
	unsigned char part[KDUMP_DESCRIPTOR]; /* of the one that is coming in */
	uint32_t part_len;
	uint64_t descriptors_at; /* where the next one lies */
	uint64_t pages_at;	 /* where the first page's bytes lie */

	unsigned char *queue; /* bytes of pages: [first, end) are waiting, which lie at queue_at */
	size_t queue_first;
	size_t queue_end;
	size_t queue_capacity;
	uint64_t queue_at;
	unsigned char *kept; /* the first KDUMP_STEP bytes of pages */
	size_t kept_len;
	struct kdump_codec codec;
};

/* Reads up to the bitmaps' end and completes dump->layout; sets dump->stream also on failure. */
int ksm_kdump_stream_open(struct ksm_input *input, bool is_flat, struct ksm_kdump *dump,
			  struct ksm_error *err);
/* To be called once it is known how many pages were dumped. */
void ksm_kdump_stream_start(struct ksm_kdump *dump);
void ksm_kdump_stream_close(struct kdump_stream *stream);
/* Reads on behind the last page: of a flattened dump, what is written there may belong before the pages. */
int ksm_kdump_stream_finish(struct ksm_kdump *dump, struct ksm_error *err);
/* Bytes in front of the bitmaps; 0 if they were not kept, else @len. */
size_t ksm_kdump_stream_front(const struct kdump_stream *stream, uint64_t offset, void *buf,
			      size_t len);
/* Bytes of the bitmaps, at byte @offset of the dump. */
void ksm_kdump_stream_bits(const struct kdump_stream *stream, uint64_t offset, void *buf,
			   size_t len);
/* Bytes of the content that have been read, and the fault that ended it, if one did. */
void ksm_kdump_stream_end(const struct kdump_stream *stream, uint64_t *ret_offset,
			  struct ksm_error *ret_fault);
/* Sees to it that the record has bytes to come, or that all has ended. */
int ksm_kdump_next_record(struct kdump_stream *stream, struct ksm_error *err);
/* Up to @len bytes of this record; fewer at its end and at the end of everything. */
int ksm_kdump_take(struct kdump_stream *stream, void *buf, uint64_t len, size_t *ret_len,
		   struct ksm_error *err);
int ksm_kdump_not_forward(const char *what, struct ksm_error *err);
int ksm_kdump_comes_again(struct ksm_error *err);
/* The next dumped page, to @out if its class is data. */
int ksm_kdump_stream_page(struct ksm_kdump *dump, unsigned char *out,
			  enum ksm_kdump_class *ret_class, struct ksm_error *err);

/* ------------------------------------------------------------------ kdump_bitmap.c, kdump.c */

/* So many pages were dumped before this piece of the second bitmap, which is not empty. */
struct kdump_rank {
	uint64_t chunk;
	uint64_t before;
};

/* Where ksm_kdump_next stands. */
struct kdump_cursor {
	uint64_t chunk;
	bool is_loaded;
	bool has_class; /* the class of the page at bit has been found already */
	enum ksm_kdump_class class;
	uint32_t bit;
	uint64_t number; /* of the next descriptor */
	uint64_t exists[KDUMP_CHUNK_WORDS];
	uint64_t dumped[KDUMP_CHUNK_WORDS];
};

/* One piece of the bitmap at byte @bitmap_at of the dump, as words in host order. */
int ksm_kdump_bits(const struct ksm_kdump *dump, uint64_t bitmap_at, uint64_t chunk,
		   uint64_t bits[KDUMP_CHUNK_WORDS], struct ksm_error *err);
/* Counts the dumped pages, and fills dump->rank. */
int ksm_kdump_rank(struct ksm_kdump *dump, struct ksm_error *err);
/* The file turned out to end too early. */
void ksm_kdump_note_cut(struct ksm_kdump *dump);
/* The same where nothing can be done with what there is; @fault: of the compression or the records. */
int ksm_kdump_cut_error(const char *within, uint64_t at, const struct ksm_error *fault,
			struct ksm_error *err);

struct ksm_kdump {
	struct kdump_layout layout;
	struct ksm_kdump_facts facts;
	char *vmcoreinfo;
	uint64_t pages_per_block;
	struct kdump_image image;    /* of seekable inputs */
	struct kdump_stream *stream; /* of others, else NULL */
	struct kdump_rank *rank;     /* ascending */
	size_t n_ranks;
	size_t rank_capacity;
	struct kdump_cursor cursor;
	struct kdump_reader planner; /* for ksm_kdump_next */
};

#endif
