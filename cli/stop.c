/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/stop.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>
#include <time.h>

static int stop_fd = -1;

/* Without those that the program was started to ignore: under nohup, or in the background of a script. */
static void stop_signals(sigset_t *ret_set)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action;

	sigemptyset(ret_set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!sigaction(signals[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(ret_set, signals[i]);
}

int ksm_cli_stop_fd(void)
{
	sigset_t set;

	if (stop_fd < 0) {
		stop_signals(&set);
		stop_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
		/* Without the descriptor nobody would see them. */
		if (stop_fd >= 0)
			sigprocmask(SIG_BLOCK, &set, NULL);
	}
	return stop_fd;
}

void ksm_cli_raise_stop(void)
{
	const struct timespec at_once = {0};
	sigset_t set;
	int signal;

	if (stop_fd < 0)
		return;
	stop_signals(&set);
	signal = sigtimedwait(&set, NULL, &at_once);
	if (signal < 0)
		return;
	raise(signal);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}
