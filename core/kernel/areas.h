/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process's areas (vm_area_struct) as /proc/PID/smaps tells them: maps' line and the VmFlags.
 * Sources: Documentation/filesystems/proc.rst, fs/proc/task_mmu.c (show_smap_vma_flags) of 6.12.
 */
#ifndef KSM_KERNEL_AREAS_H
#define KSM_KERNEL_AREAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* VmFlags that decide about KSM, one bit per two-letter code; the others are not kept. */
enum ksm_vm_flag {
	KSM_VM_READ = 1u << 0,		/* rd */
	KSM_VM_WRITE = 1u << 1,		/* wr */
	KSM_VM_EXEC = 1u << 2,		/* ex */
	KSM_VM_SHARED = 1u << 3,	/* sh */
	KSM_VM_MAYSHARE = 1u << 4,	/* ms */
	KSM_VM_PFNMAP = 1u << 5,	/* pf */
	KSM_VM_IO = 1u << 6,		/* io */
	KSM_VM_DONTEXPAND = 1u << 7,	/* de */
	KSM_VM_HUGETLB = 1u << 8,	/* ht */
	KSM_VM_MIXEDMAP = 1u << 9,	/* mm */
	KSM_VM_MERGEABLE = 1u << 10,	/* mg */
	KSM_VM_DROPPABLE = 1u << 11,	/* dp, 6.11 */
	KSM_VM_HUGEPAGE = 1u << 12,	/* hg */
	KSM_VM_NOHUGEPAGE = 1u << 13,	/* nh */
	KSM_VM_LOCKED = 1u << 14,	/* lo */
	KSM_VM_DONTDUMP = 1u << 15,	/* dd */
	KSM_VM_GROWSDOWN = 1u << 16,	/* gd */
	KSM_VM_SYNC = 1u << 17,		/* sf: MAP_SYNC, thus a DAX file */
	KSM_VM_UFFD_MISSING = 1u << 18, /* um */
	KSM_VM_ARCH_1 =
		1u << 19, /* ar: VM_SAO on ppc64, VM_SPARC_ADI on sparc64, other things elsewhere */
	KSM_VM_FLAGS_KNOWN = 1u << 31, /* a VmFlags line was there */
};

struct ksm_area {
	uint64_t start; /* bytes, page-aligned */
	uint64_t end;	/* exclusive */
	uint64_t offset;
	uint64_t inode; /* 0: no file */
	uint32_t dev_major;
	uint32_t dev_minor;
	uint32_t
		vm_flags; /* enum ksm_vm_flag; where VmFlags are missing, READ to EXEC and MAYSHARE alone */
	uint32_t name;	    /* offset into names; the empty string for none */
	uint64_t anonymous; /* bytes: smaps' Anonymous */
	uint64_t swap;	    /* bytes: smaps' Swap */
	uint64_t
		shared; /* bytes: smaps' Shared_Clean and Shared_Dirty, whose pages are mapped more than once */
	uint64_t huge; /* bytes: smaps' AnonHugePages */
	uint64_t ksm;  /* bytes: smaps' KSM (6.7); KSM_AREA_UNKNOWN where the kernel does not say */
};

#define KSM_AREA_UNKNOWN UINT64_MAX

#define KSM_VSYSCALL UINT64_C(0xffffffffff600000) /* where x86-64 has [vsyscall] */

/* Areas in ascending order, not overlapping. Zero-initialise before the first use. */
struct ksm_areas {
	struct ksm_area *area;
	size_t n;
	size_t capacity;
	char *names; /* NUL-terminated strings, octal escapes of /proc (\012) undone, otherwise as given */
	size_t names_len;
	size_t names_capacity;
};

/*
 * Parses the text of a maps or smaps file; the two differ only in the lines below an area's own, and
 * unknown lines are passed over. Replaces what @ret_areas held, on failure too (it is then empty).
 * -EBADMSG with the line number for text that is neither; areas that are out of order or empty are such text.
 */
int ksm_areas_parse(const char *text, size_t len, struct ksm_areas *ret_areas,
		    struct ksm_error *err);

/*
 * Reads and parses smaps of the process behind a /proc/PID handle, or maps on a kernel without smaps.
 * -ESRCH, KSM_ERR_GONE or KSM_ERR_NO_MEMORY, for a process that has no areas.
 */
int ksm_areas_read(int pid_dir_fd, struct ksm_areas *ret_areas, struct ksm_error *err);

void ksm_areas_free(struct ksm_areas *areas);

const char *ksm_area_name(const struct ksm_areas *areas, const struct ksm_area *area);

/* The area that holds @address, or NULL. */
const struct ksm_area *ksm_areas_find(const struct ksm_areas *areas, uint64_t address);

/*
 * Would MADV_MERGEABLE take effect here? Kernels ignore the advice silently for shared, hugetlb, droppable,
 * special (IO, DONTEXPAND, PFNMAP, MIXEDMAP) and DAX areas (mm/ksm.c ksm_madvise and vma_ksm_compatible).
 * A private mapping of a DAX file looks like any other here.
 */
bool ksm_area_is_eligible(const struct ksm_area *area);

/* Is any marked mergeable: by advice, or since the whole process has opted in? */
bool ksm_areas_are_mergeable(const struct ksm_areas *areas);

/* What an area is to a reader of a report. */
enum ksm_area_kind {
	KSM_AREA_HEAP,	/* [heap] */
	KSM_AREA_STACK, /* [stack] */
	KSM_AREA_ANON,	/* private anonymous, named ([anon:...]) or not */
	KSM_AREA_FILE,	/* private mapping of a file: only pages written since are anonymous */
	KSM_AREA_SHARED,
	KSM_AREA_HUGETLB,
	KSM_AREA_SPECIAL, /* vdso, vvar, devices */
	KSM_AREA_KINDS
};
enum ksm_area_kind ksm_area_kind(const struct ksm_areas *areas, const struct ksm_area *area);
const char *ksm_area_kind_name(enum ksm_area_kind kind);

/* What to call it: its name or, if it has none, its kind. */
const char *ksm_area_label(const struct ksm_areas *areas, const struct ksm_area *area);

#endif
