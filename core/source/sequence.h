/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One address space at different times: dumps of it, one after the other. */
#ifndef KSM_SOURCE_SEQUENCE_H
#define KSM_SOURCE_SEQUENCE_H

#include "source/page_source.h"

/*
 * One space: pass 1 reads that of @parts[0], pass 2 that of @parts[1], and so on; further passes read the last
 * again. Each part has one space. All are the sequence's from then on, and closed by it, on failure too.
 * KSM_ERR_INVALID if page sizes differ.
 */
int ksm_source_sequence(struct ksm_page_source *const *parts, size_t n,
			struct ksm_page_source **ret_source, struct ksm_error *err);

#endif
