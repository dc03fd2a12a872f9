/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A decoder in a thread of its own, at most some chunks ahead of who reads what it gives. Where there are several frames of
 * moderate size, helpers may decode these side by side, each holding one of them whole.
 */
#ifndef KSM_SOURCE_READ_AHEAD_H
#define KSM_SOURCE_READ_AHEAD_H

#include <stddef.h>

#include "base/error.h"
#include "source/decompress.h"

struct ksm_read_ahead;

/*
 * From now on only the thread uses @decoder, until ksm_read_ahead_free(): that ends it, even where it waits for a
 * pipe that nobody writes to. -ENOMEM or -EAGAIN where there is no memory or no thread to be had. There are 4 helpers at
 * most.
 */
int ksm_read_ahead_new(struct ksm_decoder *decoder, unsigned int helpers,
		       struct ksm_read_ahead **ret_ahead);
void ksm_read_ahead_free(struct ksm_read_ahead **ahead);

/* As ksm_decoder_read(), but any number of bytes may come while there are more, and at least one. */
int ksm_read_ahead_read(struct ksm_read_ahead *ahead, void *buf, size_t len, size_t *ret_len,
			struct ksm_error *err);

#endif
