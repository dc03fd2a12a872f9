/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/recall.h"

void ksm_recall_init(struct ksm_recall *recall)
{
	*recall = (struct ksm_recall){0};
	pthread_mutex_init(&recall->lock, NULL);
}

void ksm_recall_release(struct ksm_recall *recall)
{
	pthread_mutex_destroy(&recall->lock);
}

void ksm_recall_pass_begin(struct ksm_recall *recall, const struct ksm_twin *twin)
{
	recall->twin = twin;
	recall->begun = 0;
}

void ksm_recall_batch(struct ksm_recall *recall, struct ksm_read_batch *read)
{
	const struct ksm_batch *batch = &read->batch;

	pthread_mutex_lock(&recall->lock);
	if (batch->space >= recall->begun) {
		recall->begun = batch->space + 1;
		recall->walk = ksm_twin_walk_begin(recall->twin, batch->space);
	}
	for (uint32_t i = 0; i < batch->n; i++)
		if (!ksm_twin_walk_find(&recall->walk, batch->page[i].address, &read->sum[i]))
			read->sum[i] = (struct ksm_page_sum){0};
	pthread_mutex_unlock(&recall->lock);
}
