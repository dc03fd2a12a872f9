/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/read_ahead.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"

#define CHUNKS	    32
#define CHUNK_BYTES (128u << 10)
#define HELPERS_MAX 4

enum state {
	CHUNK_PACKED, /* frames that nobody decodes yet */
	CHUNK_AT_WORK,
	CHUNK_READY,
	CHUNK_FAULTY, /* frames that are damaged, or too much for memory */
};

struct chunk {
	unsigned char *data;
	size_t capacity;
	size_t len;
	size_t used;		  /* the reader's */
	struct ksm_frames frames; /* what it is the content of, where a helper decodes it */
	enum state state;
};

struct ksm_read_ahead {
	struct ksm_decoder *decoder;
	const struct ksm_codec *codec;
	pthread_t thread;
	pthread_t helper[HELPERS_MAX]; /* started by the thread once there are frames for them */
	unsigned int helpers_max;
	unsigned int n_helpers;
	struct ksm_decoder *faulty; /* the reader's, of a chunk that is */
	uint64_t n_read;	    /* bytes of content before the chunk at hand */

	pthread_mutex_t lock; /* for all below, and for the chunks' states */
	pthread_cond_t has_room;
	pthread_cond_t has_chunk;
	pthread_cond_t has_frames;
	bool waits_for_room;
	bool waits_for_chunk;
	struct chunk chunk[CHUNKS];
	struct chunk
		*spare[CHUNKS]; /* the last one that was used first: so few grow to hold frames */
	size_t n_spare;
	struct chunk *ring[CHUNKS];
	uint64_t n_filled; /* or handed to the helpers */
	uint64_t n_used;
	uint64_t n_decoded; /* bytes of content that the decoder has not been told of */
	bool stop;
	bool ended; /* nothing follows on the chunks that are filled but the end or a fault */
	int ret;
	struct ksm_error err;
};

/* ---------------------------------------------------------------- helpers */

static bool unpack(const struct ksm_read_ahead *ahead, struct chunk *chunk)
{
	return !ksm_array_reserve(&chunk->data, &chunk->capacity, chunk->frames.content_max, 1) &&
	       !ksm_frames_unpack(ahead->codec, &chunk->frames, chunk->data, &chunk->len);
}

/* Holds the lock, but while it decodes. */
static void decode(struct ksm_read_ahead *ahead, struct chunk *chunk)
{
	bool is_sound;

	chunk->state = CHUNK_AT_WORK;
	pthread_mutex_unlock(&ahead->lock);
	is_sound = unpack(ahead, chunk);
	pthread_mutex_lock(&ahead->lock);
	chunk->state = is_sound ? CHUNK_READY : CHUNK_FAULTY;
	if (is_sound)
		ahead->n_decoded += chunk->len;
	pthread_cond_broadcast(&ahead->has_chunk);
}

static struct chunk *find_chunk(const struct ksm_read_ahead *ahead, enum state state)
{
	for (uint64_t i = ahead->n_used; i < ahead->n_filled; i++)
		if (ahead->ring[i % CHUNKS]->state == state)
			return ahead->ring[i % CHUNKS];
	return NULL;
}

static void *help(void *data)
{
	struct ksm_read_ahead *ahead = data;

	pthread_mutex_lock(&ahead->lock);
	while (!ahead->stop) {
		struct chunk *chunk = find_chunk(ahead, CHUNK_PACKED);

		if (chunk)
			decode(ahead, chunk);
		else
			pthread_cond_wait(&ahead->has_frames, &ahead->lock);
	}
	pthread_mutex_unlock(&ahead->lock);
	return NULL;
}

static void start_helpers(struct ksm_read_ahead *ahead)
{
	while (ahead->n_helpers < ahead->helpers_max &&
	       !pthread_create(&ahead->helper[ahead->n_helpers], NULL, help, ahead))
		ahead->n_helpers++;
}

/* ---------------------------------------------------------------- the thread */

/* Frames are large: of these there are no more than helpers, the one that is read and the one after it. */
static uint64_t room(const struct ksm_read_ahead *ahead)
{
	return ahead->n_helpers ? ahead->n_helpers + 2 : CHUNKS;
}

/* The chunk to fill next, NULL when it is to stop. */
static struct chunk *wait_for_room(struct ksm_read_ahead *ahead)
{
	struct chunk *chunk = NULL;

	pthread_mutex_lock(&ahead->lock);
	while (!ahead->stop && ahead->n_filled - ahead->n_used >= room(ahead)) {
		ahead->waits_for_room = true;
		pthread_cond_wait(&ahead->has_room, &ahead->lock);
	}
	ahead->waits_for_room = false;
	if (!ahead->stop)
		chunk = ahead->spare[--ahead->n_spare];
	pthread_mutex_unlock(&ahead->lock);
	if (chunk)
		chunk->len = chunk->used = 0;
	return chunk;
}

/* Holds the lock. */
static void hand_out(struct ksm_read_ahead *ahead, struct chunk *chunk, enum state state)
{
	chunk->state = state;
	ahead->ring[ahead->n_filled++ % CHUNKS] = chunk;
}

/* Frames for the helpers; false where the decoder has to go on. Can be cancelled while it waits for bytes. */
static bool take_frames(struct ksm_read_ahead *ahead, struct chunk *chunk)
{
	int state;
	bool taken;

	if (!ahead->helpers_max)
		return false;
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
	taken = ksm_decoder_take_frames(ahead->decoder, &chunk->frames);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	if (!taken)
		return false;
	if (!ahead->n_helpers)
		start_helpers(ahead);
	pthread_mutex_lock(&ahead->lock);
	hand_out(ahead, chunk, CHUNK_PACKED);
	if (ahead->n_helpers)
		pthread_cond_signal(&ahead->has_frames);
	else
		decode(ahead, chunk);
	pthread_mutex_unlock(&ahead->lock);
	return true;
}

/* Tells the decoder how much content came before what it reads next. */
static void count_decoded(struct ksm_read_ahead *ahead)
{
	pthread_mutex_lock(&ahead->lock);
	while (!ahead->stop &&
	       (find_chunk(ahead, CHUNK_PACKED) || find_chunk(ahead, CHUNK_AT_WORK)))
		pthread_cond_wait(&ahead->has_chunk, &ahead->lock);
	ksm_decoder_count_taken(ahead->decoder, ahead->n_decoded);
	ahead->n_decoded = 0;
	pthread_mutex_unlock(&ahead->lock);
}

/* Likewise. */
static int fill(struct ksm_read_ahead *ahead, struct chunk *chunk, struct ksm_error *err)
{
	int ret, state;

	if (ksm_array_reserve(&chunk->data, &chunk->capacity, CHUNK_BYTES, 1))
		return ksm_error_no_memory(err);
	count_decoded(ahead);
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
	ret = ksm_decoder_read(ahead->decoder, chunk->data, CHUNK_BYTES, &chunk->len, err);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	return ret;
}

/* Waking the reader costs more than it takes to use a chunk up: it sleeps until there are some, or for a while. */
static uint64_t enough(const struct ksm_read_ahead *ahead)
{
	return ahead->n_helpers ? 1 : CHUNKS / 2;
}

/* False at the end, or at a fault. */
static bool fill_and_hand_out(struct ksm_read_ahead *ahead, struct chunk *chunk)
{
	struct ksm_error err = {0};
	int ret = fill(ahead, chunk, &err);
	bool goes_on = !ret && chunk->len;

	pthread_mutex_lock(&ahead->lock);
	if (goes_on) {
		hand_out(ahead, chunk, CHUNK_READY);
	} else {
		ahead->ended = true;
		ahead->ret = ret;
		ahead->err = err;
	}
	if (ahead->waits_for_chunk &&
	    (!goes_on || ahead->n_filled - ahead->n_used >= enough(ahead)))
		pthread_cond_signal(&ahead->has_chunk);
	pthread_mutex_unlock(&ahead->lock);
	return goes_on;
}

static void *work(void *data)
{
	struct ksm_read_ahead *ahead = data;
	bool goes_on = true;
	struct chunk *chunk;
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	while (goes_on && (chunk = wait_for_room(ahead)) != NULL)
		goes_on = take_frames(ahead, chunk) || fill_and_hand_out(ahead, chunk);
	return NULL;
}

/* ---------------------------------------------------------------- beginning and end */

static void release(struct ksm_read_ahead *ahead)
{
	for (size_t i = 0; i < CHUNKS; i++) {
		free(ahead->chunk[i].data);
		free(ahead->chunk[i].frames.data);
	}
	ksm_decoder_free(&ahead->faulty);
	pthread_cond_destroy(&ahead->has_frames);
	pthread_cond_destroy(&ahead->has_chunk);
	pthread_cond_destroy(&ahead->has_room);
	pthread_mutex_destroy(&ahead->lock);
	free(ahead);
}

int ksm_read_ahead_new(struct ksm_decoder *decoder, unsigned int helpers,
		       struct ksm_read_ahead **ret_ahead)
{
	struct ksm_read_ahead *ahead = calloc(1, sizeof(*ahead));
	int ret;

	if (!ahead)
		return -ENOMEM;
	ahead->decoder = decoder;
	ahead->codec = ksm_decoder_codec(decoder);
	ahead->n_read = ksm_decoder_given(decoder);
	ahead->helpers_max = helpers < HELPERS_MAX ? helpers : HELPERS_MAX;
	while (ahead->n_spare < CHUNKS) {
		ahead->spare[ahead->n_spare] = &ahead->chunk[ahead->n_spare];
		ahead->n_spare++;
	}
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->has_room, NULL);
	ksm_cond_init(&ahead->has_chunk);
	pthread_cond_init(&ahead->has_frames, NULL);
	ret = pthread_create(&ahead->thread, NULL, work, ahead);
	if (ret) {
		release(ahead);
		return -ret;
	}
	*ret_ahead = ahead;
	return 0;
}

/*
 * It has been told to stop. Only where it waits for a pipe it is cancelled: for that the C library allocates memory, and
 * ends the program where there is none.
 */
static void end_thread(struct ksm_read_ahead *ahead)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += KSM_SECOND / 10;
	until.tv_sec += until.tv_nsec / KSM_SECOND;
	until.tv_nsec %= KSM_SECOND;
	if (!pthread_timedjoin_np(ahead->thread, NULL, &until))
		return;
	pthread_cancel(ahead->thread);
	pthread_join(ahead->thread, NULL);
}

void ksm_read_ahead_free(struct ksm_read_ahead **ahead_p)
{
	struct ksm_read_ahead *ahead = *ahead_p;

	if (!ahead)
		return;
	pthread_mutex_lock(&ahead->lock);
	ahead->stop = true;
	pthread_cond_broadcast(&ahead->has_room);
	pthread_cond_broadcast(&ahead->has_chunk);
	pthread_cond_broadcast(&ahead->has_frames);
	pthread_mutex_unlock(&ahead->lock);
	end_thread(ahead);
	while (ahead->n_helpers)
		pthread_join(ahead->helper[--ahead->n_helpers], NULL);
	release(ahead);
	*ahead_p = NULL;
}

/* ---------------------------------------------------------------- the reader */

/* Fewer chunks than are enough may be all that a pipe has for now. */
static void sleep_a_while(struct ksm_read_ahead *ahead)
{
	const struct timespec until = ksm_timespec(ksm_now() + KSM_SECOND / 100);

	pthread_cond_timedwait(&ahead->has_chunk, &ahead->lock, &until);
}

/* The chunk at hand; NULL at the end or at a fault. */
static struct chunk *wait_for_chunk(struct ksm_read_ahead *ahead)
{
	struct chunk *chunk = NULL;

	pthread_mutex_lock(&ahead->lock);
	for (;;) {
		bool is_there = ahead->n_used < ahead->n_filled;

		chunk = is_there ? ahead->ring[ahead->n_used % CHUNKS] : NULL;
		if (chunk ? chunk->state >= CHUNK_READY : ahead->ended)
			break;
		ahead->waits_for_chunk = true;
		sleep_a_while(ahead);
	}
	ahead->waits_for_chunk = false;
	pthread_mutex_unlock(&ahead->lock);
	return chunk;
}

/* Waking costs more than copying a chunk: the thread is let sleep until it has some to fill. */
static void give_back(struct ksm_read_ahead *ahead, struct chunk *chunk)
{
	ahead->n_read += chunk->len;
	pthread_mutex_lock(&ahead->lock);
	ahead->spare[ahead->n_spare++] = chunk;
	ahead->n_used++;
	if (ahead->waits_for_room &&
	    (ahead->n_helpers || ahead->n_filled - ahead->n_used <= CHUNKS / 2))
		pthread_cond_signal(&ahead->has_room);
	pthread_mutex_unlock(&ahead->lock);
}

/* What there is before the fault, then the fault, as if nobody had helped: piece by piece into the chunk. */
static int fill_faulty(struct ksm_read_ahead *ahead, struct chunk *chunk, struct ksm_error *err)
{
	int ret;

	if (ksm_array_reserve(&chunk->data, &chunk->capacity, CHUNK_BYTES, 1) ||
	    (!ahead->faulty && ksm_decoder_new_of_frames(ahead->codec, &chunk->frames,
							 ahead->n_read, &ahead->faulty, NULL)))
		return ksm_error_no_memory(err);
	chunk->used = chunk->len = 0;
	ret = ksm_decoder_read(ahead->faulty, chunk->data, CHUNK_BYTES, &chunk->len, err);
	/* Sound, after all: there was no memory for all of it at once. */
	return !ret && !chunk->len ? ksm_error_no_memory(err) : ret;
}

int ksm_read_ahead_read(struct ksm_read_ahead *ahead, void *buf, size_t len, size_t *ret_len,
			struct ksm_error *err)
{
	struct chunk *chunk;
	int ret = 0;

	*ret_len = 0;
	if (!len)
		return 0;
	chunk = wait_for_chunk(ahead);
	while (chunk && chunk->state == CHUNK_READY && chunk->used == chunk->len) {
		give_back(ahead, chunk);
		chunk = wait_for_chunk(ahead);
	}
	if (!chunk) {
		if (ahead->ret && err)
			*err = ahead->err;
		return ahead->ret;
	}
	if (chunk->used == chunk->len)
		ret = fill_faulty(ahead, chunk, err);
	if (ret)
		return ret;
	if (len > chunk->len - chunk->used)
		len = chunk->len - chunk->used;
	memcpy(buf, chunk->data + chunk->used, len);
	chunk->used += len;
	*ret_len = len;
	return 0;
}
