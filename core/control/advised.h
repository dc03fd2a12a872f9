/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far process_madvise(2) has come through ranges. One call does MAX_RW_COUNT bytes at the most (2 GiB less a page),
 * ends early at a range that it cannot advise and where a signal comes, and says how many bytes it did.
 *
 * Source: vector_madvise() in mm/madvise.c, import_iovec() in lib/iov_iter.c of 6.13.
 */
#ifndef KSM_CONTROL_ADVISED_H
#define KSM_CONTROL_ADVISED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define KSM_ADVISE_MAX 1024 /* UIO_MAXIOV: ranges of one call */

/* Zero but for the ranges, which are the caller's. */
struct ksm_advised {
	const struct iovec *range;
	size_t n;
	size_t at;	/* the range that is next */
	size_t offset;	/* bytes of it that are done */
	size_t n_whole; /* ranges that were done, and not passed over */
};

/* What the next call is to be given; 0: nothing is left. */
size_t ksm_advised_next(const struct ksm_advised *advised, struct iovec ret_batch[KSM_ADVISE_MAX]);

/*
 * Takes what the call returned, bytes or a negative errno. True to go on, false where that is for good. A range that
 * was unmapped since it was looked up, wholly or in part (ENOMEM), is passed over: the kernel has done what is left.
 */
bool ksm_advised_take(struct ksm_advised *advised, int64_t result);

#endif
