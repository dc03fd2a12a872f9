/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel dumps in kdump's compressed format ("KDUMP   ", header versions 0 to 6, and "DISKDUMP" of the
 * same layout), and their flattened form ("makedumpfile"), as makedumpfile 1.7 and QEMU 7.2 write them.
 *
 * Sources of facts: makedumpfile's IMPLEMENTATION and diskdump_mod.h, crash's diskdump.h, QEMU's
 * docs/interop and include/sysemu/dump.h. A file is, in blocks of one page: header, sub header, a bitmap of
 * the pages that exist, a bitmap of those that were dumped, a descriptor for each of the latter, and their
 * bytes, which several descriptors may share. Flattened, the same bytes come as records that say where they
 * belong, so that they can go through a pipe; a record may write again what an earlier one wrote.
 */
#ifndef KSM_SOURCE_KDUMP_H
#define KSM_SOURCE_KDUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "source/input.h"

struct ksm_batch;
struct ksm_kdump;

enum ksm_kdump_class {
	KSM_KDUMP_DATA,
	KSM_KDUMP_FILTERED, /* exists, and was left out: by the dump level, or for want of space */
	KSM_KDUMP_MISSING,  /* was dumped, but the file ends before it */
	KSM_KDUMP_DAMAGED,  /* is there, but its descriptor or its bytes make no sense */
};

/* What makedumpfile leaves out; a dump level is a sum of these. */
enum ksm_kdump_level {
	KSM_KDUMP_NO_ZERO = 1,
	KSM_KDUMP_NO_CACHE = 2,
	KSM_KDUMP_NO_PRIVATE_CACHE = 4,
	KSM_KDUMP_NO_USER = 8,
	KSM_KDUMP_NO_FREE = 16,
};

/*
 * Strings are as in the file: unescaped, perhaps empty (QEMU fills in nothing but the machine), and the
 * dump's.
 */
struct ksm_kdump_facts {
	const char *machine; /* utsname: "x86_64" */
	const char *release; /* utsname, else VMCOREINFO's OSRELEASE: "6.1.0-56-cloud-amd64" */
	const char *node;    /* utsname: the host's name */
	bool is_flattened;
	bool is_big_endian;
	bool is_64bit; /* the dumped kernel's long */
	int version;   /* of the header */
	/*
	 * A sum of ksm_kdump_level, or -1 where the header has none (version 0, DISKDUMP). QEMU writes 1
	 * and leaves out nothing.
	 */
	int dump_level;
	/*
	 * In bytes. What is compressed as one is a block: of makedumpfile a page, and of QEMU the largest page
	 * that the machine may have (64 KiB for any aarch64 guest). The page size is VMCOREINFO's where blocks
	 * are several of these, else theirs; ksm_kdump_cut sets another.
	 */
	unsigned int block_size;
	unsigned int page_size;
	uint64_t vmcoreinfo_page_size; /* 0 if there is no VMCOREINFO or it does not say */
	const char *vmcoreinfo;	       /* lines of KEY=VALUE, or NULL */
	uint64_t max_pfn;	       /* PFNs are below this */
	uint64_t pages_dumped;	       /* by the second bitmap: data, missing and damaged; blocks */
	bool is_kernels;    /* by its notes, of what a kernel had as its RAM; not QEMU's */
	bool is_incomplete; /* the dumper says that it ran out of space */
	/*
	 * What is known by now, and may change with ksm_kdump_next: that the file ends before it should,
	 * at which byte of its content, and the fault there, of the compression or of a flattened file's
	 * records, if it was one; why the first damaged page is.
	 */
	bool is_cut;
	uint64_t cut_at;
	struct ksm_error cut_error;
	struct ksm_error damage;
};

/* Is what starts with @head one? 16 bytes are enough to tell. */
bool ksm_kdump_recognise(const unsigned char *head, size_t len);

/*
 * Opens the dump in @input, which stays the caller's and has to outlive it; nothing but a look has been
 * taken at it. A stream (not seekable) is read up to its first page, and from there by ksm_kdump_next: its
 * bitmaps are then held, a quarter of a byte per page frame up to max_pfn (and no more than 64 MiB), and 8
 * bytes for each page whose descriptor has come and whose bytes have not.
 *
 * KSM_ERR_FORMAT (-EBADMSG) for what is not sound, or is cut off before its first page;
 * KSM_ERR_UNSUPPORTED (-EOPNOTSUPP) for a part of a split dump, an odd page size, or a stream that can only
 * be read when it is decompressed first. The text says so.
 */
int ksm_kdump_open(struct ksm_input *input, struct ksm_kdump **ret_dump, struct ksm_error *err);
void ksm_kdump_close(struct ksm_kdump **dump);
#define ksm_auto_kdump ksm_cleanup(ksm_kdump_close)

/* The dump's; valid until it is closed. */
const struct ksm_kdump_facts *ksm_kdump_get_facts(const struct ksm_kdump *dump);

/* Cuts blocks into pages of this size, before any is read. -EINVAL unless a block is so many of them. */
int ksm_kdump_cut(struct ksm_kdump *dump, uint64_t page_size);

/*
 * Calls @found for the stretches of page frames that exist, dumped or not, in ascending order: by the bitmaps
 * alone, and so of a stream as well, without reading on. Stops at the first that returns something else than
 * 0, and returns that.
 */
typedef int ksm_kdump_found(void *data, uint64_t pfn, uint64_t n, struct ksm_error *err);
int ksm_kdump_existing(const struct ksm_kdump *dump, ksm_kdump_found *found, void *data,
		       struct ksm_error *err);

/* Pages of one class with nothing between them; physical address = pfn * page_size. */
struct ksm_kdump_run {
	enum ksm_kdump_class kind;
	uint64_t pfn;
	uint64_t n; /* at least 1 */
};

/* Starts again at PFN 0. -ESPIPE for a stream. */
int ksm_kdump_rewind(struct ksm_kdump *dump, struct ksm_error *err);

/*
 * The next run in ascending order, of no more than @max pages, which are to be a block at least, and of whole
 * blocks; page frames that do not exist are in none.
 * Of a stream, the bytes of pages of class data are put to @data (@max pages), one page after another; of
 * a seekable dump @data is not used (NULL) and ksm_kdump_fill reads them. Returns 1, 0 at the end, or a
 * negative errno: of a stream, KSM_ERR_UNSUPPORTED for one that does not lie in forward order. One thread
 * at a time.
 */
int ksm_kdump_next(struct ksm_kdump *dump, uint64_t max, unsigned char *data,
		   struct ksm_kdump_run *ret_run, struct ksm_error *err);

/*
 * Reads the bytes of a batch's pages, whose addresses are physical and ascend, to batch->data; pages that
 * are not there or do not unpack get KSM_PAGE_LOST, and batch->error says why for the first of them. Not
 * for streams. Any number of threads at a time.
 */
void ksm_kdump_fill(const struct ksm_kdump *dump, struct ksm_batch *batch);

#endif
