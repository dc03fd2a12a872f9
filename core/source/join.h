/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two page sources as one: dumps beside running processes. */
#ifndef KSM_SOURCE_JOIN_H
#define KSM_SOURCE_JOIN_H

#include "source/page_source.h"

/*
 * The spaces of @first, then those of @second; both are the joined source's from then on, and closed by it, on
 * failure too. KSM_ERR_INVALID if their page sizes differ.
 */
int ksm_source_join(struct ksm_page_source *first, struct ksm_page_source *second,
		    struct ksm_page_source **ret_source, struct ksm_error *err);

#endif
