/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What memory the machine has, from /proc/meminfo (proc(5)). */
#ifndef KSM_KERNEL_MEMINFO_H
#define KSM_KERNEL_MEMINFO_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "kernel/root.h"

struct ksm_meminfo {
	uint64_t total;	    /* bytes, as all */
	uint64_t available; /* what programs can have without swapping */
};

/*
 * MemAvailable, or before 3.14 what is free or cached, as free(1) counted it then. -EBADMSG for a text without MemTotal,
 * or without both MemAvailable and MemFree.
 */
int ksm_meminfo_parse(const char *text, struct ksm_meminfo *ret_meminfo, struct ksm_error *err);
/* MemTotal alone, in bytes, which every kernel has; 0 where it is not told. */
uint64_t ksm_meminfo_total(const struct ksm_root *root);
int ksm_meminfo_read(const struct ksm_root *root, struct ksm_meminfo *ret_meminfo,
		     struct ksm_error *err);

#endif
