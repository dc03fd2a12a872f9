/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that never is what it was: it maps, writes, protects and unmaps memory, splits what it has into many areas,
 * forks children that do the same for a moment, and replaces its program by itself, all as fast as it can.
 *
 *   restless            until it is killed, or its parent ends
 *   restless areas N    holds N areas of a page each and rests, after "ready"
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE   4096
#define PLACES 64

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One of: new memory, contents that others have too, a hole in the middle, another protection, nothing. */
static void stir(unsigned char *place[PLACES], size_t pages[PLACES])
{
	int i = rand() % PLACES;
	size_t at = pages[i] ? (size_t)rand() % pages[i] : 0;

	if (!place[i]) {
		pages[i] = 1 + (size_t)rand() % 600;
		place[i] = mmap(NULL, pages[i] * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (place[i] == MAP_FAILED)
			place[i] = NULL;
		else
			for (size_t page = 0; page < pages[i]; page++)
				memset(place[i] + page * PAGE, rand() % 50, PAGE);
		return;
	}
	switch (rand() % 4) {
	case 0:
		munmap(place[i], pages[i] * PAGE);
		place[i] = NULL;
		break;
	case 1:
		madvise(place[i] + at * PAGE, PAGE, MADV_DONTNEED);
		break;
	case 2:
		mprotect(place[i] + at * PAGE, PAGE, rand() % 2 ? PROT_READ : PROT_NONE);
		break;
	default:
		mmap(place[i] + at * PAGE, PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	}
}

static void stir_for(double seconds)
{
	unsigned char *place[PLACES] = {NULL};
	size_t pages[PLACES] = {0};

	for (double end = now() + seconds; now() < end;)
		stir(place, pages);
}

static void hold_areas(long n)
{
	for (long i = 0; i < n; i++) {
		char *page =
			mmap(NULL, PAGE,
			     i % 2 ? PROT_READ | PROT_WRITE : PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (page == MAP_FAILED)
			exit(1);
		memcpy(page, &i, sizeof(i));
	}
	puts("ready");
	fflush(stdout);
	pause();
}

int main(int argc, char **argv)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	srand((unsigned int)getpid() ^ (unsigned int)(now() * 1e6));
	if (argc == 3 && strcmp(argv[1], "areas") == 0) {
		hold_areas(strtol(argv[2], NULL, 10));
		return 0;
	}
	for (int i = 0; i < 3; i++) {
		pid_t child = fork();

		if (child == 0) {
			stir_for(0.01);
			_exit(0);
		}
		stir_for(0.01);
		if (child > 0)
			waitpid(child, NULL, 0);
	}
	execv("/proc/self/exe", argv);
	return 1;
}
