/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/reader.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* Batches per thread: one being read, others waiting for one before them, so that none idles for long. */
#define SLOTS_PER_THREAD 4

struct slot {
	struct ksm_read_batch read;
	bool is_ready;
};

struct worker {
	struct ksm_reader *reader;
	pthread_t thread;    /* of all but the first, which is the caller's */
	unsigned char *data; /* of the batch at hand: once there are sums, nobody needs it */
};

struct ksm_reader {
	struct ksm_page_source *source;
	const struct ksm_summer *summer;
	struct worker *worker;
	unsigned int n_threads;
	struct slot *slot; /* a ring: batch number b is in slot b % n_slots */
	uint64_t n_slots;
	unsigned char *data;
	uint64_t bytes_per_second; /* at most; 0: no limit */
	ksm_reader_see see;
	ksm_reader_recall recall;
	void *caller_data;

	pthread_mutex_t lock; /* for all below, and for slot.is_ready */
	pthread_cond_t changed;
	unsigned int n_waiting;
	uint64_t planned;    /* batches numbered so far */
	uint64_t seen;	     /* batches that @see is done with */
	int64_t may_plan_at; /* by ksm_now(): when the rate lets the next one be planned */
	bool is_planning;    /* somebody is at it, and so below */
	bool is_seeing;
	bool ended; /* no more batches are planned */
	int error;  /* the first, which ends the pass */
	struct ksm_error error_info;
};

/* Whoever waits looks again. Waking costs more than all else here. */
static void tell(struct ksm_reader *reader)
{
	if (reader->n_waiting)
		pthread_cond_broadcast(&reader->changed);
}

static void fail(struct ksm_reader *reader, int error, const struct ksm_error *info)
{
	reader->ended = true;
	if (reader->error)
		return;
	reader->error = error;
	reader->error_info = *info;
}

/* ---------------------------------------------------------------- what there is to do; all hold the lock */

static bool may_see(const struct ksm_reader *reader)
{
	return !reader->is_seeing && !reader->error &&
	       reader->slot[reader->seen % reader->n_slots].is_ready;
}

static void see_one(struct ksm_reader *reader)
{
	struct slot *slot = &reader->slot[reader->seen % reader->n_slots];
	struct ksm_error err = {0};
	int ret;

	reader->is_seeing = true;
	pthread_mutex_unlock(&reader->lock);
	ret = reader->see(reader->caller_data, &slot->read, &err);
	pthread_mutex_lock(&reader->lock);
	reader->is_seeing = false;
	slot->is_ready = false;
	reader->seen++;
	if (ret)
		fail(reader, ret, &err);
	tell(reader);
}

/* But for the rate. */
static bool may_plan(const struct ksm_reader *reader)
{
	return !reader->is_planning && !reader->ended &&
	       reader->planned - reader->seen < reader->n_slots;
}

static bool is_too_early(const struct ksm_reader *reader)
{
	return reader->bytes_per_second && ksm_now() < reader->may_plan_at;
}

/* What was not read in time is not made up for. */
static void count_against_rate(struct ksm_reader *reader, const struct ksm_batch *batch)
{
	int64_t now;

	if (!reader->bytes_per_second)
		return;
	now = ksm_now();
	if (reader->may_plan_at < now)
		reader->may_plan_at = now;
	reader->may_plan_at += (int64_t)((double)batch->n * reader->source->page_size *
					 (double)KSM_SECOND / (double)reader->bytes_per_second);
}

/* The batch to read; NULL where there is none any more. */
static struct slot *plan(struct worker *worker)
{
	struct ksm_reader *reader = worker->reader;
	struct slot *slot = &reader->slot[reader->planned % reader->n_slots];
	struct ksm_error err = {0};
	int ret;

	slot->read.batch.data = worker->data;
	reader->is_planning = true;
	pthread_mutex_unlock(&reader->lock);
	ret = reader->source->ops->next(reader->source, &slot->read.batch, &err);
	slot->read.is_recalled = ret == 1 && reader->recall &&
				 reader->recall(reader->caller_data, &slot->read);
	pthread_mutex_lock(&reader->lock);
	reader->is_planning = false;
	if (ret == 1) {
		reader->planned++;
		count_against_rate(reader, &slot->read.batch);
	} else if (ret) {
		fail(reader, ret, &err);
	} else {
		reader->ended = true;
	}
	tell(reader);
	return ret == 1 ? slot : NULL;
}

static void read_one(struct worker *worker)
{
	struct ksm_reader *reader = worker->reader;
	struct slot *slot = plan(worker);
	struct ksm_read_batch *read;

	if (!slot)
		return;
	read = &slot->read;
	pthread_mutex_unlock(&reader->lock);
	reader->source->ops->fill(reader->source, &read->batch);
	if (read->is_recalled)
		ksm_summer_pages_again(reader->summer, read->batch.data, read->batch.n, read->sum);
	else
		ksm_summer_pages(reader->summer, read->batch.data, read->batch.n, read->sum);
	pthread_mutex_lock(&reader->lock);
	slot->is_ready = true;
	tell(reader);
}

/* Until something has changed or, if it is only the rate that forbids to plan, does no longer. */
static void wait_for_work(struct ksm_reader *reader)
{
	const struct timespec until = ksm_timespec(reader->may_plan_at);

	reader->n_waiting++;
	if (may_plan(reader))
		pthread_cond_timedwait(&reader->changed, &reader->lock, &until);
	else
		pthread_cond_wait(&reader->changed, &reader->lock);
	reader->n_waiting--;
}

/* What others read and see still, they see to the end. */
static void *work(void *data)
{
	struct worker *worker = data;
	struct ksm_reader *reader = worker->reader;

	pthread_mutex_lock(&reader->lock);
	while (!reader->ended || may_see(reader)) {
		if (may_see(reader))
			see_one(reader);
		else if (may_plan(reader) && !is_too_early(reader))
			read_one(worker);
		else
			wait_for_work(reader);
	}
	pthread_mutex_unlock(&reader->lock);
	return NULL;
}

/* ---------------------------------------------------------------- the whole */

int ksm_reader_new(struct ksm_page_source *source, const struct ksm_summer *summer,
		   unsigned int threads, uint64_t bytes_per_second, struct ksm_reader **ret_reader,
		   struct ksm_error *err)
{
	struct ksm_reader *reader ksm_auto_reader = calloc(1, sizeof(*reader));

	if (!reader)
		return ksm_error_no_memory(err);
	pthread_mutex_init(&reader->lock, NULL);
	ksm_cond_init(&reader->changed);
	reader->source = source;
	reader->summer = summer;
	reader->n_threads = threads;
	reader->bytes_per_second = bytes_per_second;
	reader->n_slots = (uint64_t)threads * SLOTS_PER_THREAD;
	reader->worker = calloc(threads, sizeof(*reader->worker));
	reader->slot = calloc(reader->n_slots, sizeof(*reader->slot));
	reader->data = aligned_alloc(4096, (size_t)threads * KSM_BATCH_BYTES);
	if (!reader->worker || !reader->slot || !reader->data)
		return ksm_error_no_memory(err);
	/* Pages of the targets are no business of a core dump of ours. */
	madvise(reader->data, (size_t)threads * KSM_BATCH_BYTES, MADV_DONTDUMP);
	for (unsigned int i = 0; i < threads; i++) {
		reader->worker[i].reader = reader;
		reader->worker[i].data = reader->data + (size_t)i * KSM_BATCH_BYTES;
	}
	*ret_reader = ksm_no_free(reader);
	return 0;
}

void ksm_reader_free(struct ksm_reader **reader_p)
{
	struct ksm_reader *reader = *reader_p;

	if (!reader)
		return;
	pthread_cond_destroy(&reader->changed);
	pthread_mutex_destroy(&reader->lock);
	free(reader->worker);
	free(reader->slot);
	free(reader->data);
	free(reader);
	*reader_p = NULL;
}

int ksm_reader_pass(struct ksm_reader *reader, ksm_reader_see see, ksm_reader_recall recall,
		    void *data, struct ksm_error *err)
{
	unsigned int n_started = 1;
	int ret = reader->source->ops->rewind(reader->source, err);

	if (ret)
		return ret;
	reader->see = see;
	reader->recall = recall;
	reader->caller_data = data;
	reader->planned = reader->seen = 0;
	reader->ended = false;
	reader->error = 0;
	for (uint64_t i = 0; i < reader->n_slots; i++)
		reader->slot[i].is_ready = false;

	/* Where threads are short, fewer do. */
	while (n_started < reader->n_threads &&
	       !pthread_create(&reader->worker[n_started].thread, NULL, work,
			       &reader->worker[n_started]))
		n_started++;
	work(&reader->worker[0]);
	while (--n_started)
		pthread_join(reader->worker[n_started].thread, NULL);
	/* Idle now, when the twin takes the most memory. */
	madvise(reader->data, reader->n_threads * KSM_BATCH_BYTES, MADV_DONTNEED);
	if (reader->error && err)
		*err = reader->error_info;
	return reader->error;
}
