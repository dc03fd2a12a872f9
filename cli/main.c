/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/changes.h"
#include "cli/interrupted.h"
#include "cli/options.h"
#include "cli/stop.h"
#include "cli/verbs.h"

/*
 * A standard descriptor that the caller closed would be given to the next file that is opened. Put
 * something there that fails as a closed one does.
 */
static int fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return -1;
	}
	return 0;
}

static int run_verb(struct ksm_cli *cli, const struct ksm_request *request)
{
	struct ksm_error err;
	int status;

	if (ksm_root_open(cli->sysroot, &cli->root, &err))
		return ksm_cli_fail(cli, &err);
	ksm_cli_watch_changes(cli);
	/* restore does so itself. */
	if (cli->verb != &ksm_verb_restore)
		ksm_cli_look_for_interrupted(cli);
	status = cli->verb->run(cli, request->state, request->argc, request->argv);
	ksm_root_close(&cli->root);
	ksm_cli_forget_changes(cli);
	return status;
}

static int run(struct ksm_cli *cli, const struct ksm_request *request)
{
	switch (request->task) {
	case KSM_TASK_RUN:
		return run_verb(cli, request);
	case KSM_TASK_HELP:
		return ksm_help(cli);
	case KSM_TASK_VERSION:
		puts("ksmctl " KSMCTL_VERSION);
		return KSM_EXIT_OK;
	default:
		return ksm_list(cli, request);
	}
}

int main(int argc, char **argv)
{
	struct ksm_cli cli = {0};
	struct ksm_request request;
	int status;

	if (fill_standard_descriptors())
		return KSM_EXIT_FAILED;
	/* A reader that has seen enough is not an error: see ksm_cli_close_stdout(). */
	cli.sigpipe = signal(SIGPIPE, SIG_IGN);
	setlocale(LC_CTYPE, "");

	status = ksm_options_parse(&cli, argc, argv, &request);
	if (status == KSM_EXIT_OK)
		status = run(&cli, &request);
	ksm_request_release(&cli, &request);
	status = ksm_cli_close_stdout(status);
	ksm_cli_raise_stop();
	return status;
}
