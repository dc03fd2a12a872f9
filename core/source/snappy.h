/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libsnappy, which is loaded when the first page is met that takes it. It brings the C++ runtime: linked, that would be
 * a fifth of the time of each start of ksmctl, and a tenth of its memory. Not for use outside core/source.
 */
#ifndef KSM_SOURCE_SNAPPY_H
#define KSM_SOURCE_SNAPPY_H

#include <stddef.h>

#include "base/error.h"

/* 0, -EBADMSG for data that do not unpack to a page, or with @err filled -ENOENT where there is no such library. */
int ksm_snappy_unpack(const unsigned char *in, size_t size, unsigned char *out, size_t page_size,
		      struct ksm_error *err);

#endif
