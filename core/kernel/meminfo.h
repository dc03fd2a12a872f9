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
	uint64_t free;	    /* in no use at all */
	uint64_t available; /* MemAvailable (3.14): what programs can have without swapping */
	uint64_t cached;    /* page cache and buffers */
};

/* -EBADMSG for a text without MemTotal or MemAvailable. */
int ksm_meminfo_parse(const char *text, struct ksm_meminfo *ret_meminfo, struct ksm_error *err);
int ksm_meminfo_read(const struct ksm_root *root, struct ksm_meminfo *ret_meminfo,
		     struct ksm_error *err);

#endif
