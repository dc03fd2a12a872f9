/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pass over a source by several threads, the caller's among them. What has an order, planning a batch and seeing
 * what was read, is done by whoever comes to it first; reading and summing goes on beside it.
 */
#ifndef KSM_ESTIMATE_READER_H
#define KSM_ESTIMATE_READER_H

#include "base/error.h"
#include "checksum/checksum.h"
#include "source/page_source.h"

struct ksm_reader;

struct ksm_read_batch {
	struct ksm_batch batch;
	struct ksm_page_sum sum[KSM_BATCH_PAGES_MAX]; /* of pages that are not KSM_PAGE_LOST */
	bool is_recalled; /* before they were read, sum had what the pages had in the pass before */
};

/*
 * Is shown the batches of a pass in the order they were planned in: one call at a time, each after all that came
 * before, but not always from the same thread. @read is the reader's, and its bytes are gone by then. A negative errno
 * ends the pass.
 */
typedef int (*ksm_reader_see)(void *data, const struct ksm_read_batch *read, struct ksm_error *err);

/*
 * Is shown each batch between planning and reading, in the order they are planned in, one call at a time, but
 * perhaps while @see is called for one before it. True where it has put sums of the pass before into @read, zeros for
 * pages that had none: reading them again costs less then (ksm_summer_pages_again).
 */
typedef bool (*ksm_reader_recall)(void *data, struct ksm_read_batch *read);

/*
 * @source and @summer must outlive the reader. At least one thread. With a rate (0: none), a pass has never planned
 * more bytes than that by the second, but for one batch.
 */
int ksm_reader_new(struct ksm_page_source *source, const struct ksm_summer *summer,
		   unsigned int threads, uint64_t bytes_per_second, struct ksm_reader **ret_reader,
		   struct ksm_error *err);
void ksm_reader_free(struct ksm_reader **reader);
#define ksm_auto_reader ksm_cleanup(ksm_reader_free)

/*
 * Rewinds the source and goes through all of it. @recall may be NULL. 0, or the negative errno of the source or of @see.
 */
int ksm_reader_pass(struct ksm_reader *reader, ksm_reader_see see, ksm_reader_recall recall,
		    void *data, struct ksm_error *err);

#endif
