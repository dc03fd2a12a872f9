/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that is read front to back, some pieces ahead of who takes them: a decoder, which is slower than all around it, so
 * that those who wait for its content read for it. Nobody has to: what has not been read yet is read when it is taken.
 */
#ifndef KSM_SOURCE_FILE_AHEAD_H
#define KSM_SOURCE_FILE_AHEAD_H

#include <stddef.h>

#include "source/decompress.h"

struct ksm_file_ahead;

/* Up to @len of the file's next bytes, 0 only at the end. Negative errno with @err filled on failure. */
typedef int (*ksm_file_read)(void *data, void *buf, size_t len, size_t *ret_len,
			     struct ksm_error *err);

/* One thread calls @read at a time. -ENOMEM only. */
int ksm_file_ahead_new(ksm_file_read read, void *data, struct ksm_file_ahead **ret_ahead);
void ksm_file_ahead_free(struct ksm_file_ahead **ahead);

/* Reads what there is room for, unless another thread is at it. Whoever takes the bytes is told of faults. */
void ksm_file_ahead_fill(struct ksm_file_ahead *ahead);

/* As ksm_decoder_pull. For one thread. */
int ksm_file_ahead_take(struct ksm_file_ahead *ahead, const unsigned char **ret_bytes,
			size_t *ret_len, struct ksm_error *err);

#endif
