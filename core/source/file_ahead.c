/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/file_ahead.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* One that is taken, and others. */
#define PIECES 5

struct piece {
	size_t len;
	unsigned char data[KSM_DECODER_PIECE];
};

struct ksm_file_ahead {
	ksm_file_read read;
	void *data;
	pthread_mutex_t reading; /* who reads the file has it */
	pthread_mutex_t lock;	 /* for what follows */
	uint64_t n_read;	 /* pieces, and so below: a ring of them */
	uint64_t n_taken;
	struct piece piece[PIECES];
};

int ksm_file_ahead_new(ksm_file_read read, void *data, struct ksm_file_ahead **ret_ahead)
{
	struct ksm_file_ahead *ahead = malloc(sizeof(*ahead));

	if (!ahead)
		return -ENOMEM;
	ahead->read = read;
	ahead->data = data;
	ahead->n_read = ahead->n_taken = 0;
	pthread_mutex_init(&ahead->reading, NULL);
	pthread_mutex_init(&ahead->lock, NULL);
	*ret_ahead = ahead;
	return 0;
}

void ksm_file_ahead_free(struct ksm_file_ahead **ahead)
{
	if (!*ahead)
		return;
	pthread_mutex_destroy(&(*ahead)->lock);
	pthread_mutex_destroy(&(*ahead)->reading);
	free(*ahead);
	*ahead = NULL;
}

/* The piece to read into; NULL where all are full. */
static struct piece *find_room(struct ksm_file_ahead *ahead)
{
	struct piece *piece = NULL;

	pthread_mutex_lock(&ahead->lock);
	if (ahead->n_read - ahead->n_taken < PIECES - 1)
		piece = &ahead->piece[ahead->n_read % PIECES];
	pthread_mutex_unlock(&ahead->lock);
	return piece;
}

/* Holds reading. */
static int read_piece(struct ksm_file_ahead *ahead, struct piece *piece, struct ksm_error *err)
{
	int ret = ahead->read(ahead->data, piece->data, sizeof(piece->data), &piece->len, err);

	if (ret || !piece->len)
		return ret;
	pthread_mutex_lock(&ahead->lock);
	ahead->n_read++;
	pthread_mutex_unlock(&ahead->lock);
	return 0;
}

void ksm_file_ahead_fill(struct ksm_file_ahead *ahead)
{
	struct ksm_error ignored;
	struct piece *piece;

	if (pthread_mutex_trylock(&ahead->reading))
		return;
	while ((piece = find_room(ahead)) != NULL)
		if (read_piece(ahead, piece, &ignored) || !piece->len)
			break;
	pthread_mutex_unlock(&ahead->reading);
}

static bool take(struct ksm_file_ahead *ahead, const unsigned char **ret_bytes, size_t *ret_len)
{
	bool is_there;

	pthread_mutex_lock(&ahead->lock);
	is_there = ahead->n_taken < ahead->n_read;
	if (is_there) {
		const struct piece *piece = &ahead->piece[ahead->n_taken++ % PIECES];

		*ret_bytes = piece->data;
		*ret_len = piece->len;
	}
	pthread_mutex_unlock(&ahead->lock);
	return is_there;
}

int ksm_file_ahead_take(struct ksm_file_ahead *ahead, const unsigned char **ret_bytes,
			size_t *ret_len, struct ksm_error *err)
{
	int ret = 0;

	if (take(ahead, ret_bytes, ret_len))
		return 0;
	*ret_len = 0;
	pthread_mutex_lock(&ahead->reading);
	if (!take(ahead, ret_bytes, ret_len)) {
		ret = read_piece(ahead, find_room(ahead), err);
		if (!ret)
			take(ahead, ret_bytes, ret_len);
	}
	pthread_mutex_unlock(&ahead->reading);
	return ret;
}
