/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_top PROCESSES SECONDS ROUNDS PROGRAM... -- PEER...
 *
 * Runs both in turn in terminals of 120x40 beside so many sleeping processes, and prints the medians: CPU seconds of
 * the first and of the second, then their largest resident memory in KiB.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 100

struct figures {
	double cpu[ROUNDS_MAX];
	double memory[ROUNDS_MAX];
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void start_sleepers(int n)
{
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0) {
			perror("fork");
			exit(1);
		}
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			execlp("sleep", "sleep", "100000", (char *)NULL);
			_exit(127);
		}
	}
}

static void read_for(int fd, double seconds)
{
	double end = now() + seconds, left;
	char data[65536];

	while ((left = end - now()) > 0) {
		struct pollfd poll_fd = {fd, POLLIN, 0};

		if (poll(&poll_fd, 1, (int)(left * 1000) + 1) > 0 &&
		    read(fd, data, sizeof(data)) <= 0)
			return;
	}
}

static void run(char **argv, double seconds, double *ret_cpu, double *ret_memory)
{
	struct winsize size = {.ws_row = 40, .ws_col = 120};
	struct rusage usage;
	int fd, status;
	pid_t pid = forkpty(&fd, NULL, NULL, &size);

	if (pid == 0) {
		setenv("TERM", "xterm-256color", 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	read_for(fd, seconds);
	if (pid < 0 || write(fd, "q", 1) != 1) {
		fprintf(stderr, "%s did not run\n", argv[0]);
		exit(1);
	}
	read_for(fd, 1);
	if (wait4(pid, &status, 0, &usage) != pid || !WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "%s failed\n", argv[0]);
		exit(1);
	}
	close(fd);
	*ret_cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	*ret_memory = (double)usage.ru_maxrss;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *value, int n)
{
	qsort(value, (size_t)n, sizeof(*value), compare);
	return value[n / 2];
}

int main(int argc, char **argv)
{
	static struct figures first, second;
	int split = 4, rounds = argc > 3 ? atoi(argv[3]) : 0;

	while (split < argc && strcmp(argv[split], "--") != 0)
		split++;
	if (rounds < 1 || rounds > ROUNDS_MAX || split + 1 >= argc || split == 4)
		return 2;
	argv[split] = NULL;
	start_sleepers(atoi(argv[1]));
	for (int i = 0; i < rounds; i++) {
		run(argv + 4, atof(argv[2]), &first.cpu[i], &first.memory[i]);
		run(argv + split + 1, atof(argv[2]), &second.cpu[i], &second.memory[i]);
	}
	printf("%.3f %.3f %.0f %.0f\n", median(first.cpu, rounds), median(second.cpu, rounds),
	       median(first.memory, rounds), median(second.memory, rounds));
	return 0;
}
