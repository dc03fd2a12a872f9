/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pass over a source by several threads: each plans a batch in its turn, then reads and sums it beside the
 * others. The batches come out in the order they were planned in.
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
};

/* @source and @summer must outlive the reader. Starts no pass yet. */
int ksm_reader_new(struct ksm_page_source *source, const struct ksm_summer *summer,
		   unsigned int threads, struct ksm_reader **ret_reader, struct ksm_error *err);
void ksm_reader_free(struct ksm_reader **reader);
#define ksm_auto_reader ksm_cleanup(ksm_reader_free)

/* Rewinds the source and starts the threads. */
int ksm_reader_begin_pass(struct ksm_reader *reader, struct ksm_error *err);
/*
 * The next batch of the pass, the reader's until the next call. 1 for a batch, 0 at the end of the pass, or
 * the negative errno of the source. After anything but 1 the threads are gone.
 */
int ksm_reader_next(struct ksm_reader *reader, struct ksm_read_batch **ret_batch,
		    struct ksm_error *err);

#endif
