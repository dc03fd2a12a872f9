/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a process's writable private memory without looking at it: bench_read PID THREADS PASSES
 *
 * process_vm_readv in pieces of 1 MiB, which threads take in turn, each into a buffer of its own. Prints the pages
 * of one pass.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>

#define PIECE	    (1ul << 20)
#define MAX_THREADS 64

static pid_t pid;
static struct iovec *piece;
static size_t n_pieces;
static unsigned long passes;
static atomic_size_t next;

static int add_area(uint64_t start, uint64_t end)
{
	for (; start < end; start += PIECE) {
		uint64_t left = end - start;
		struct iovec *more = realloc(piece, (n_pieces + 1) * sizeof(*piece));

		if (!more)
			return -1;
		piece = more;
		piece[n_pieces++] =
			(struct iovec){(void *)(uintptr_t)start, left < PIECE ? left : PIECE};
	}
	return 0;
}

static int find_areas(void)
{
	uint64_t start, end;
	char path[64], line[512], perms[5];
	FILE *maps;
	int ret = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "r");
	if (!maps)
		return -1;
	while (!ret && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &start, &end, perms) == 3 &&
		    perms[0] == 'r' && perms[1] == 'w' && perms[3] == 'p')
			ret = add_area(start, end);
	fclose(maps);
	return ret;
}

static void *work(void *data)
{
	struct iovec local = {aligned_alloc(4096, PIECE), PIECE};
	size_t i;

	while (local.iov_base && (i = atomic_fetch_add(&next, 1)) < n_pieces * passes)
		process_vm_readv(pid, &local, 1, &piece[i % n_pieces], 1, 0);
	free(local.iov_base);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[MAX_THREADS];
	unsigned long threads;
	size_t bytes = 0;

	if (argc != 4)
		return 2;
	pid = (pid_t)strtol(argv[1], NULL, 10);
	threads = strtoul(argv[2], NULL, 10);
	passes = strtoul(argv[3], NULL, 10);
	if (threads > MAX_THREADS || find_areas())
		return 1;
	for (unsigned long i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, work, NULL))
			return 1;
	for (unsigned long i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	for (size_t i = 0; i < n_pieces; i++)
		bytes += piece[i].iov_len;
	printf("%zu\n", bytes / 4096);
	free(piece);
	return 0;
}
