/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What pages had in the pass before, for those who read them again: most still have it. Not for use outside
 * core/estimate.
 */
#ifndef KSM_ESTIMATE_RECALL_H
#define KSM_ESTIMATE_RECALL_H

#include <pthread.h>
#include <stdbool.h>

#include "estimate/reader.h"
#include "ksmd/twin.h"

struct ksm_recall {
	pthread_mutex_t lock; /* hold it to have the twin see pages of the pass */
	const struct ksm_twin *twin;
	uint32_t begun; /* spaces; the walk is that of the last */
	struct ksm_twin_walk walk;
};

void ksm_recall_init(struct ksm_recall *recall);
void ksm_recall_release(struct ksm_recall *recall);

/* A pass begins, of pages that @twin has seen one of. Its address spaces are those of the source, in order. */
void ksm_recall_pass_begin(struct ksm_recall *recall, const struct ksm_twin *twin);
/* Puts into @read what its pages had; the batches of a pass come in order. */
void ksm_recall_batch(struct ksm_recall *recall, struct ksm_read_batch *read);

#endif
