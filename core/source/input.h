/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a file: as they lie there, or as what the compression around them holds (zstd, lz4, xz, gzip,
 * bzip2, one around another). Compressed bytes come once, from front to back, and are kept nowhere.
 */
#ifndef KSM_SOURCE_INPUT_H
#define KSM_SOURCE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* So much of the front can always be looked at without consuming it; bytes. */
#define KSM_INPUT_PEEK 65536

struct ksm_input;

/*
 * Opens @path; what compresses it is told by its magic, never by its name. No more than @max_size bytes of
 * content are handed out (-EFBIG past that, which names --max-size); 0: no limit. A pipe is read like
 * compressed bytes. KSM_ERR_FORMAT for compression nested more than once. The caller closes it.
 */
int ksm_input_open(const char *path, uint64_t max_size, struct ksm_input **ret_input,
		   struct ksm_error *err);
/* That error, for what holds more in another way; without a path. */
int ksm_input_too_large(uint64_t max_size, struct ksm_error *err);
void ksm_input_close(struct ksm_input **input);
#define ksm_auto_input ksm_cleanup(ksm_input_close)

/* "none", "zstd", "lz4", "xz", "gzip" or "bzip2": the outermost; and what is inside that. */
const char *ksm_input_compression(const struct ksm_input *input);
const char *ksm_input_inner_compression(const struct ksm_input *input);

/* Can it not be opened once more from its beginning (a pipe, a terminal)? */
bool ksm_input_is_pipe(const struct ksm_input *input);
/* Can it be read at any place (an uncompressed file)? Its size in bytes then; for others 0. */
bool ksm_input_is_seekable(const struct ksm_input *input);
uint64_t ksm_input_size(const struct ksm_input *input);

/* The first up to KSM_INPUT_PEEK bytes, the input's; fewer only where there are no more. */
int ksm_input_peek(struct ksm_input *input, const unsigned char **ret_data, size_t *ret_len,
		   struct ksm_error *err);

/* Bytes handed out by ksm_input_read so far: where the next one lies in the content. */
uint64_t ksm_input_offset(const struct ksm_input *input);

/*
 * The next @len bytes; fewer at the end of the content and before a fault, which the next call then returns:
 * a compressed stream that breaks off or is damaged is -EBADMSG (KSM_ERR_FORMAT) with the offset in the text,
 * a window that would take more than a quarter of the machine's memory (codec.h) -EFBIG.
 */
int ksm_input_read(struct ksm_input *input, void *buf, size_t len, size_t *ret_len,
		   struct ksm_error *err);

/* Seekable inputs only. Safe for many threads at a time; fewer than @len only at the end. */
int ksm_input_read_at(const struct ksm_input *input, uint64_t offset, void *buf, size_t len,
		      size_t *ret_len, struct ksm_error *err);

/*
 * The next stretch of stored bytes at or after @offset (SEEK_DATA, SEEK_HOLE); what is between is a hole and
 * reads as zeros. Both are the size of the file when nothing is stored from @offset on. Where holes cannot be
 * told, everything is stored.
 */
int ksm_input_stored(const struct ksm_input *input, uint64_t offset, uint64_t *ret_start,
		     uint64_t *ret_end, struct ksm_error *err);

#endif
