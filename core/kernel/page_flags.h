/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel knows of a physical page: /proc/kpageflags and /proc/kpagecount, indexed by PFN, for root.
 * Source: include/uapi/linux/kernel-page-flags.h, Documentation/admin-guide/mm/pagemap.rst.
 */
#ifndef KSM_KERNEL_PAGE_FLAGS_H
#define KSM_KERNEL_PAGE_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "kernel/root.h"

#define KSM_KPF_ANON	  (UINT64_C(1) << 12)
#define KSM_KPF_HUGE	  (UINT64_C(1) << 17)
#define KSM_KPF_KSM	  (UINT64_C(1) << 21)
#define KSM_KPF_THP	  (UINT64_C(1) << 22)
#define KSM_KPF_ZERO_PAGE (UINT64_C(1) << 24)

/*
 * Reads in small windows around the PFN asked for and keeps some of them for up to 20 ms, so that no answer
 * is older than that. An answer still costs some 0.2 us of the kernel's time, a third of what reading a page
 * does. Not for use by two threads at once.
 */
struct ksm_page_flags;

/* -EPERM or -EACCES without root; -EOPNOTSUPP where the kernel does not have the file. */
int ksm_page_flags_open(const struct ksm_root *root, struct ksm_page_flags **ret_flags,
			struct ksm_error *err);
void ksm_page_flags_close(struct ksm_page_flags *flags);

/* -ENXIO for a PFN past the end of memory. */
int ksm_page_flags_get(struct ksm_page_flags *flags, uint64_t pfn, uint64_t *ret_kpf,
		       struct ksm_error *err);
/* How many page table entries map it. */
int ksm_page_flags_mapcount(struct ksm_page_flags *flags, uint64_t pfn, uint64_t *ret_count,
			    struct ksm_error *err);

#endif
