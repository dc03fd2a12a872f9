/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which pages a process has, without touching one: the PAGEMAP_SCAN ioctl (6.7) skips what is not there,
 * and /proc/PID/pagemap gives one 64-bit entry per page.
 * Source: Documentation/admin-guide/mm/pagemap.rst, include/uapi/linux/fs.h of 6.12.
 */
#ifndef KSM_KERNEL_PAGEMAP_H
#define KSM_KERNEL_PAGEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "kernel/root.h"

#define KSM_PM_PRESENT (UINT64_C(1) << 63)
#define KSM_PM_SWAP    (UINT64_C(1) << 62)
#define KSM_PM_FILE \
	(UINT64_C(1) << 61) /* of a file, or shared anonymous; 6.18: the huge zero page too */
#define KSM_PM_EXCLUSIVE (UINT64_C(1) << 56) /* mapped once; 4.2 */
#define KSM_PM_PFN	 ((UINT64_C(1) << 55) - 1)

/* Pages start..end (bytes, end exclusive). */
struct ksm_range {
	uint64_t start;
	uint64_t end;
	bool is_huge; /* mapped by one entry for many pages; only a scan tells */
};

/* An address space's pagemap. The handle stays with the mm it was opened on, past an exec. */
struct ksm_pagemap {
	int fd;
	unsigned int page_size; /* bytes */
	bool has_scan;		/* PAGEMAP_SCAN works here */
	bool has_pfn; /* entries carry PFNs: the opener has CAP_SYS_ADMIN (or it is a copy) */
	uint64_t
		zero_pfn; /* the shared zero page of one page's size; 0 if unknown, or if reads map none */
};

/* What is the same for every process of a machine. */
struct ksm_pagemap_facts {
	bool has_scan;
	bool has_pfn;
	uint64_t zero_pfn;
};

/*
 * Finds out by looking at a page of our own. On a --sysroot copy: no PAGEMAP_SCAN, PFNs as they stand, no
 * zero PFN. -EOPNOTSUPP where the kernel has no pagemap (CONFIG_PROC_PAGE_MONITOR).
 */
int ksm_pagemap_probe(const struct ksm_root *root, struct ksm_pagemap_facts *ret_facts,
		      struct ksm_error *err);

int ksm_pagemap_open(int pid_dir_fd, const struct ksm_pagemap_facts *facts, unsigned int page_size,
		     struct ksm_pagemap *ret_pagemap, struct ksm_error *err);
void ksm_pagemap_close(struct ksm_pagemap *pagemap);

/*
 * Present anonymous pages, without the shared zero page, in [start, end): up to @max ranges to @ret_ranges,
 * their count to @ret_n, and where to go on to @ret_next (== end when done). Needs has_scan. An address space
 * that is gone has no pages. From 6.7 to 6.15 the kernel takes the huge zero page for an anonymous one
 * ("fix PAGE_IS_PFNZERO detection for the huge zero folio"): KSM_KPF_ZERO_PAGE tells.
 */
int ksm_pagemap_scan(const struct ksm_pagemap *pagemap, uint64_t start, uint64_t end,
		     struct ksm_range *ret_ranges, size_t max, size_t *ret_n, uint64_t *ret_next,
		     struct ksm_error *err);

/*
 * @n entries from the page at @start on. *ret_n < n when the address space is gone (exit or exec) or ends
 * there; 0 entries always mean gone.
 */
int ksm_pagemap_read(const struct ksm_pagemap *pagemap, uint64_t start, size_t n,
		     uint64_t *ret_entries, size_t *ret_n, struct ksm_error *err);

/* Is the address space still that of a living process? Cheap: one entry is read. */
bool ksm_pagemap_is_alive(const struct ksm_pagemap *pagemap);

#endif
