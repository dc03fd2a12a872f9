/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which parts of a process are to be opted in or out. */
#ifndef KSM_CONTROL_RANGES_H
#define KSM_CONTROL_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "base/error.h"
#include "kernel/areas.h"

struct ksm_area_range {
	uint64_t start, end; /* bytes, multiples of the page size */
};

/* What a user asked for: all of it where neither is given. */
struct ksm_range_choice {
	const char *const *area; /* "heap", "stack", "anon", or a name as in smaps; the caller's */
	size_t n_areas;
	const struct ksm_area_range *range;
	size_t n_ranges;
};

/* As the kernel's calls take them: addresses of the target. Zero-initialise. */
struct ksm_ranges {
	struct iovec *range;
	size_t n;
	size_t capacity;
};

/* "7f00-7f80", hexadecimal as in maps, with or without 0x. KSM_ERR_INVALID. */
int ksm_range_parse(const char *text, uint64_t page_size, struct ksm_area_range *ret_range,
		    struct ksm_error *err);

/*
 * The parts chosen of those areas that KSM accepts (@merge) or that are marked mergeable now. KSM_ERR_INVALID where
 * nothing is left of a choice, with what there is. The caller frees with ksm_ranges_free().
 */
int ksm_ranges_choose(const struct ksm_areas *areas, const struct ksm_range_choice *choice,
		      bool merge, struct ksm_ranges *ret_ranges, struct ksm_error *err);
void ksm_ranges_free(struct ksm_ranges *ranges);

#endif
