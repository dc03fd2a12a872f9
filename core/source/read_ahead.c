/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/read_ahead.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNKS	    8
#define CHUNK_BYTES (128u << 10)

struct chunk {
	unsigned char *data;
	size_t len;
	size_t used; /* the reader's */
};

struct ksm_read_ahead {
	struct ksm_decoder *decoder;
	pthread_t thread;
	unsigned char *data;
	struct chunk chunk[CHUNKS]; /* a ring */

	pthread_mutex_t lock; /* for all below */
	pthread_cond_t has_room;
	pthread_cond_t has_chunk;
	bool waits_for_room;
	bool waits_for_chunk;
	uint64_t n_filled;
	uint64_t n_used;
	bool stop;
	bool ended; /* nothing follows on the chunks that are filled but the end or a fault */
	int ret;
	struct ksm_error err;
};

/* The chunk to fill next, NULL when it is to stop. */
static struct chunk *wait_for_room(struct ksm_read_ahead *ahead)
{
	struct chunk *chunk = NULL;

	pthread_mutex_lock(&ahead->lock);
	while (!ahead->stop && ahead->n_filled - ahead->n_used == CHUNKS) {
		ahead->waits_for_room = true;
		pthread_cond_wait(&ahead->has_room, &ahead->lock);
	}
	ahead->waits_for_room = false;
	if (!ahead->stop)
		chunk = &ahead->chunk[ahead->n_filled % CHUNKS];
	pthread_mutex_unlock(&ahead->lock);
	return chunk;
}

/* Can be cancelled while it waits for bytes, and nowhere else. */
static int fill(struct ksm_read_ahead *ahead, struct chunk *chunk, struct ksm_error *err)
{
	int ret, state;

	chunk->len = chunk->used = 0;
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
	ret = ksm_decoder_read(ahead->decoder, chunk->data, CHUNK_BYTES, &chunk->len, err);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	return ret;
}

static void *work(void *data)
{
	struct ksm_read_ahead *ahead = data;
	struct chunk *chunk;
	bool goes_on = true;
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	while (goes_on && (chunk = wait_for_room(ahead)) != NULL) {
		struct ksm_error err = {0};
		int ret = fill(ahead, chunk, &err);

		goes_on = !ret && chunk->len;
		pthread_mutex_lock(&ahead->lock);
		if (goes_on) {
			ahead->n_filled++;
		} else {
			ahead->ended = true;
			ahead->ret = ret;
			ahead->err = err;
		}
		if (ahead->waits_for_chunk)
			pthread_cond_signal(&ahead->has_chunk);
		pthread_mutex_unlock(&ahead->lock);
	}
	return NULL;
}

static void release(struct ksm_read_ahead *ahead)
{
	pthread_cond_destroy(&ahead->has_chunk);
	pthread_cond_destroy(&ahead->has_room);
	pthread_mutex_destroy(&ahead->lock);
	free(ahead->data);
	free(ahead);
}

int ksm_read_ahead_new(struct ksm_decoder *decoder, struct ksm_read_ahead **ret_ahead)
{
	struct ksm_read_ahead *ahead = calloc(1, sizeof(*ahead));
	int ret;

	if (!ahead || !(ahead->data = malloc(CHUNKS * CHUNK_BYTES))) {
		free(ahead);
		return -ENOMEM;
	}
	ahead->decoder = decoder;
	for (size_t i = 0; i < CHUNKS; i++)
		ahead->chunk[i].data = ahead->data + i * CHUNK_BYTES;
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->has_room, NULL);
	pthread_cond_init(&ahead->has_chunk, NULL);
	ret = pthread_create(&ahead->thread, NULL, work, ahead);
	if (ret) {
		release(ahead);
		return -ret;
	}
	*ret_ahead = ahead;
	return 0;
}

void ksm_read_ahead_free(struct ksm_read_ahead **ahead_p)
{
	struct ksm_read_ahead *ahead = *ahead_p;

	if (!ahead)
		return;
	pthread_mutex_lock(&ahead->lock);
	ahead->stop = true;
	pthread_cond_signal(&ahead->has_room);
	pthread_mutex_unlock(&ahead->lock);
	pthread_cancel(ahead->thread);
	pthread_join(ahead->thread, NULL);
	release(ahead);
	*ahead_p = NULL;
}

/* The chunk at hand; NULL at the end or at a fault. */
static struct chunk *wait_for_chunk(struct ksm_read_ahead *ahead)
{
	struct chunk *chunk = NULL;

	pthread_mutex_lock(&ahead->lock);
	while (ahead->n_filled == ahead->n_used && !ahead->ended) {
		ahead->waits_for_chunk = true;
		pthread_cond_wait(&ahead->has_chunk, &ahead->lock);
	}
	ahead->waits_for_chunk = false;
	if (ahead->n_filled != ahead->n_used)
		chunk = &ahead->chunk[ahead->n_used % CHUNKS];
	pthread_mutex_unlock(&ahead->lock);
	return chunk;
}

/* Waking costs more than copying a chunk: the thread is let sleep until it has some to fill. */
static void give_back(struct ksm_read_ahead *ahead)
{
	pthread_mutex_lock(&ahead->lock);
	ahead->n_used++;
	if (ahead->waits_for_room && ahead->n_filled - ahead->n_used <= CHUNKS / 2)
		pthread_cond_signal(&ahead->has_room);
	pthread_mutex_unlock(&ahead->lock);
}

int ksm_read_ahead_read(struct ksm_read_ahead *ahead, void *buf, size_t len, size_t *ret_len,
			struct ksm_error *err)
{
	struct chunk *chunk = len ? wait_for_chunk(ahead) : NULL;

	if (!chunk && len && ahead->ret) {
		if (err)
			*err = ahead->err;
		return ahead->ret;
	}
	if (!chunk)
		len = 0;
	else if (len > chunk->len - chunk->used)
		len = chunk->len - chunk->used;
	if (len) {
		memcpy(buf, chunk->data + chunk->used, len);
		chunk->used += len;
		if (chunk->used == chunk->len)
			give_back(ahead);
	}
	*ret_len = len;
	return 0;
}
