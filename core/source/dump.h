/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory dumps as a page source: cores of processes, and dumps of a guest's memory in several formats, told
 * by their magic and never by their name. A file is a space. Pages are cut by virtual address (of a process)
 * or physical address (of a guest), and only whole ones count.
 */
#ifndef KSM_SOURCE_DUMP_H
#define KSM_SOURCE_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "source/page_source.h"

/* Why a page that the file holds is not handed out. */
enum ksm_passed {
	KSM_PASSED_NOT,
	KSM_PASSED_SHARED,  /* shared memory */
	KSM_PASSED_HUGETLB, /* hugetlbfs */
	KSM_PASSED_SPECIAL, /* vdso, vvar, vsyscall, device memory */
	KSM_PASSED_FILE, /* a file's private mapping that cannot be written, or was not: page cache */
	KSM_PASSED_ROM,	     /* firmware and device memory of a guest */
	KSM_PASSED_UNMARKED, /* KSM_PAGES_MERGEABLE: not marked mergeable */
	KSM_PASSED_UNLISTED, /* in none of the areas that options.maps lists */
	KSM_PASSED_REFUSED,  /* otherwise refused by KSM (droppable, DAX) */
	KSM_PASSED_PARTIAL,  /* part of the page is in the file, and the rest left out */
	KSM_PASSED_KINDS
};
/* "shared", "hugetlb", ...: a word for documents. */
const char *ksm_passed_name(enum ksm_passed passed);

/*
 * What a dump says of itself. Strings are unescaped and the source's, NULL where it does not say. Pages are of
 * page_size bytes. Counts are complete when the first pass is; of a file that is no stream (see ksm_space's
 * is_unordered) from the beginning.
 */
struct ksm_dump_facts {
	const char
		*format; /* "elf-core", "elf-guest", "raw", "lime", "kdump"; NULL: not recognised */
	const char *compression;       /* "none", "zstd", ... (source/input.h) */
	const char *inner_compression; /* inside that */

	unsigned int page_size; /* bytes */
	/* "--page-size", "AT_PAGESZ", "NT_FILE", "VMCOREINFO", "block_size", "p_align", "assumed" */
	const char *page_size_from;

	const char *machine; /* "x86_64", as uname -m says, or the number of an unknown one */
	unsigned int bits;   /* 32 or 64; 0 if it does not say */
	bool is_big_endian;  /* where bits is not 0 */

	pid_t pid; /* of the process that was dumped; 0 if it does not say */
	const char *command;
	const char *arguments;	/* the beginning of its command line */
	const char *executable; /* path */
	const char *kernel;	/* release, of a guest */

	/*
	 * Each page is in one class. Data: the file holds it, whether it is handed out or passed over. Hole: in a
	 * hole of the file, never touched. Filtered: left out by the dumper. Missing: the file ends before it.
	 */
	uint64_t pages_data;
	uint64_t pages_hole;
	uint64_t pages_filtered;
	uint64_t pages_missing;
	uint64_t passed_over[KSM_PASSED_KINDS]; /* of pages_data; [KSM_PASSED_NOT]: handed out */
	uint64_t pages_base;			/* of pages_data: those that options.base holds */

	/* False: what was never touched cannot be told from zeros, so zero pages are an upper bound. */
	bool has_holes;
	bool has_areas; /* the dump says what its areas are (NT_FILE), or options.maps does */
	int dump_level; /* makedumpfile's, a sum of enum ksm_kdump_level (source/kdump.h); -1: none */
};

struct ksm_input;
struct ksm_str;

struct ksm_dump_options {
	enum ksm_page_choice pages;
	const char *format;	/* "elf", "raw", "lime" or "kdump"; NULL or "auto": as it looks */
	unsigned int page_size; /* bytes; 0: as the dump says */
	uint64_t max_size;	/* bytes of content of each file; 0: no limit */
	/*
	 * The full image that a raw diff snapshot was made on, NULL for none: what is a hole in the diff has
	 * the base's content (Firecracker).
	 */
	const char *base;
	/*
	 * The one file, if it has been opened already and nothing but looked at; taken over, and NULL from then on.
	 * It has to outlive the source. NULL: files are opened by their paths.
	 */
	struct ksm_input **opened;
	/*
	 * A /proc/PID/smaps or maps of the process dumped, and what is in it, which has to outlive the source; one file
	 * then. Read by the caller, as it may take rights that are given up before dumps are read.
	 */
	const char *maps;
	const struct ksm_str *maps_text;
};

/*
 * A source over @n files. One that cannot be read is a space with an error, and so is one that is incomplete:
 * what there is of it is handed out. Fails as a whole for options that make no sense and for want of memory.
 * Strings of @options and @paths are copied. A file is read again for each pass (a compressed one is opened anew,
 * and its facts' strings with it; a pipe cannot be): ask is_still first.
 */
int ksm_dump_source_open(const char *const *paths, size_t n, const struct ksm_dump_options *options,
			 struct ksm_page_source **ret_source, struct ksm_error *err);

#endif
