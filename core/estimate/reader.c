/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/reader.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"

/* Batches per thread: one being read, one waiting for its turn, so that none idles for long. */
#define SLOTS_PER_THREAD 3

struct slot {
	struct ksm_read_batch read;
	bool ready;
};

struct ksm_reader {
	struct ksm_page_source *source;
	const struct ksm_summer *summer;
	unsigned int n_threads;
	unsigned int n_running;
	pthread_t *thread;
	struct slot *slot; /* a ring: batch number b is in slot b % n_slots */
	unsigned char *data;
	uint64_t n_slots;

	pthread_mutex_t
		plan; /* held while planning: batches are numbered in the order of planning */

	pthread_mutex_t lock; /* for all below, and for slot.ready */
	pthread_cond_t changed;
	uint64_t planned;  /* batches numbered so far */
	uint64_t consumed; /* batches the caller is done with */
	bool in_hand;	   /* the caller holds batch number `consumed` */
	bool stop;
	bool ended;
	int error;
	struct ksm_error error_info;
};

/* The slot for the next batch once it is free; NULL when reading is to stop. */
static struct slot *wait_for_slot(struct ksm_reader *reader)
{
	struct slot *slot = NULL;

	pthread_mutex_lock(&reader->lock);
	while (!reader->stop && !reader->ended &&
	       reader->planned - reader->consumed == reader->n_slots)
		pthread_cond_wait(&reader->changed, &reader->lock);
	if (!reader->stop && !reader->ended)
		slot = &reader->slot[reader->planned % reader->n_slots];
	pthread_mutex_unlock(&reader->lock);
	return slot;
}

static struct slot *plan(struct ksm_reader *reader)
{
	struct ksm_error err = {0};
	struct slot *slot;
	int ret;

	pthread_mutex_lock(&reader->plan);
	slot = wait_for_slot(reader);
	if (slot) {
		ret = reader->source->ops->next(reader->source, &slot->read.batch, &err);
		pthread_mutex_lock(&reader->lock);
		if (ret == 1) {
			reader->planned++;
		} else {
			reader->ended = true;
			reader->error = ret;
			reader->error_info = err;
			slot = NULL;
		}
		pthread_cond_broadcast(&reader->changed);
		pthread_mutex_unlock(&reader->lock);
	}
	pthread_mutex_unlock(&reader->plan);
	return slot;
}

static void *work(void *data)
{
	struct ksm_reader *reader = data;
	struct slot *slot;

	while ((slot = plan(reader)) != NULL) {
		reader->source->ops->fill(reader->source, &slot->read.batch);
		ksm_summer_pages(reader->summer, slot->read.batch.data, slot->read.batch.n,
				 slot->read.sum);
		pthread_mutex_lock(&reader->lock);
		slot->ready = true;
		pthread_cond_broadcast(&reader->changed);
		pthread_mutex_unlock(&reader->lock);
	}
	return NULL;
}

static void join_threads(struct ksm_reader *reader)
{
	pthread_mutex_lock(&reader->lock);
	reader->stop = true;
	pthread_cond_broadcast(&reader->changed);
	pthread_mutex_unlock(&reader->lock);
	while (reader->n_running)
		pthread_join(reader->thread[--reader->n_running], NULL);
}

int ksm_reader_new(struct ksm_page_source *source, const struct ksm_summer *summer,
		   unsigned int threads, struct ksm_reader **ret_reader, struct ksm_error *err)
{
	struct ksm_reader *reader ksm_auto_reader = calloc(1, sizeof(*reader));

	if (!reader)
		return ksm_error_set(err, KSM_ERR_SYSTEM, ENOMEM, "out of memory");
	pthread_mutex_init(&reader->plan, NULL);
	pthread_mutex_init(&reader->lock, NULL);
	pthread_cond_init(&reader->changed, NULL);
	reader->source = source;
	reader->summer = summer;
	reader->n_threads = threads;
	reader->n_slots = (uint64_t)threads * SLOTS_PER_THREAD;
	reader->thread = calloc(threads, sizeof(*reader->thread));
	reader->slot = calloc(reader->n_slots, sizeof(*reader->slot));
	reader->data = aligned_alloc(4096, reader->n_slots * KSM_BATCH_BYTES);
	if (!reader->thread || !reader->slot || !reader->data)
		return ksm_error_set(err, KSM_ERR_SYSTEM, ENOMEM, "out of memory");
	/* Pages of the targets are no business of a core dump of ours. */
	madvise(reader->data, reader->n_slots * KSM_BATCH_BYTES, MADV_DONTDUMP);
	for (uint64_t i = 0; i < reader->n_slots; i++)
		reader->slot[i].read.batch.data = reader->data + i * KSM_BATCH_BYTES;
	*ret_reader = ksm_no_free(reader);
	return 0;
}

void ksm_reader_free(struct ksm_reader **reader_p)
{
	struct ksm_reader *reader = *reader_p;

	if (!reader)
		return;
	join_threads(reader);
	pthread_cond_destroy(&reader->changed);
	pthread_mutex_destroy(&reader->lock);
	pthread_mutex_destroy(&reader->plan);
	free(reader->thread);
	free(reader->slot);
	free(reader->data);
	free(reader);
	*reader_p = NULL;
}

int ksm_reader_begin_pass(struct ksm_reader *reader, struct ksm_error *err)
{
	int ret = reader->source->ops->rewind(reader->source, err);

	if (ret)
		return ret;
	reader->planned = reader->consumed = 0;
	reader->in_hand = reader->stop = reader->ended = false;
	reader->error = 0;
	for (uint64_t i = 0; i < reader->n_slots; i++)
		reader->slot[i].ready = false;

	for (; reader->n_running < reader->n_threads; reader->n_running++) {
		ret = pthread_create(&reader->thread[reader->n_running], NULL, work, reader);
		if (ret)
			break;
	}
	if (!reader->n_running)
		return ksm_error_set(err, KSM_ERR_SYSTEM, ret, "cannot start a thread: %s",
				     strerror(ret));
	return 0;
}

int ksm_reader_next(struct ksm_reader *reader, struct ksm_read_batch **ret_batch,
		    struct ksm_error *err)
{
	struct slot *slot;
	bool ready;

	pthread_mutex_lock(&reader->lock);
	if (reader->in_hand) {
		reader->slot[reader->consumed % reader->n_slots].ready = false;
		reader->consumed++;
		reader->in_hand = false;
		pthread_cond_broadcast(&reader->changed);
	}
	slot = &reader->slot[reader->consumed % reader->n_slots];
	while (!slot->ready && !(reader->ended && reader->consumed == reader->planned))
		pthread_cond_wait(&reader->changed, &reader->lock);
	ready = slot->ready;
	reader->in_hand = ready;
	pthread_mutex_unlock(&reader->lock);
	if (ready) {
		*ret_batch = &slot->read;
		return 1;
	}
	join_threads(reader);
	if (reader->error && err)
		*err = reader->error_info;
	return reader->error;
}
