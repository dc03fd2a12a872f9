/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl exec: runs a program opted in. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli/changes.h"
#include "cli/verbs.h"
#include "kernel/ksm_sysfs.h"

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif

/* As env(1), nice(1) and others that run programs have them. */
enum { EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

static const struct ksm_option exec_options[] = {
	{NULL, 0, NULL, NULL, NULL},
};

static int exec_option(struct ksm_cli *cli, void *state, const struct ksm_option *option,
		       const char *value)
{
	return KSM_EXIT_OK;
}

static int check_kernel(const struct ksm_cli *cli, struct ksm_error *err)
{
	struct ksm_sysfs sysfs;
	int ret = ksm_sysfs_read(&cli->root, &sysfs, err);

	if (ret)
		return ret;
	/* It came with the same kernel as opting in that outlasts exec. */
	if (!sysfs.valid[KSM_SYSFS_smart_scan])
		return ksm_error_set(
			err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
			"this kernel forgets at exec that a process has opted in: 6.7 keeps it; "
			"start the program, then ksmctl merge PID");
	/* A call would be made in the kernel that runs, whatever was recorded. */
	if (!cli->root.is_machine && !cli->dry_run)
		return ksm_error_set(
			err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
			"a recorded machine cannot run a program: leave out --sysroot");
	return 0;
}

static int opt_in(const struct ksm_cli *cli)
{
	struct ksm_error err;

	if (check_kernel(cli, &err))
		return ksm_cli_fail(cli, &err);
	if (!ksm_root_change(&cli->root, "this process", "prctl(PR_SET_MEMORY_MERGE, 1)") ||
	    !prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0))
		return KSM_EXIT_OK;
	if (errno == EINVAL)
		ksm_error_set(&err, KSM_ERR_UNSUPPORTED, EINVAL,
			      "the kernel has no prctl(PR_SET_MEMORY_MERGE): it came with 6.4, and "
			      "needs CONFIG_KSM");
	else
		ksm_error_set(&err, KSM_ERR_SYSTEM, errno, "prctl(PR_SET_MEMORY_MERGE): %s",
			      strerror(errno));
	return ksm_cli_fail(cli, &err);
}

static int exec_run(struct ksm_cli *cli, void *state, int argc, char **argv)
{
	struct ksm_error err;
	int status, errnum;

	if (!argc)
		return ksm_cli_usage(cli, "no program given");
	status = opt_in(cli);
	/* Standard output is the program's, where one is run. */
	if (!status && cli->dry_run)
		return ksm_cli_print_changes(cli, "ksmctl.exec/1");
	if (status)
		return status;
	ksm_cli_flush();
	signal(SIGPIPE, cli->sigpipe);
	execvp(argv[0], argv);
	errnum = errno;
	ksm_error_set(&err, KSM_ERR_SYSTEM, errnum, "\"%.100s\" cannot be run: %s", argv[0],
		      strerror(errnum));
	if (strchr(argv[0], '/'))
		ksm_error_name_path(&err, argv[0]);
	ksm_cli_fail(cli, &err);
	return errnum == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

const struct ksm_verb ksm_verb_exec = {
	.name = "exec",
	.arguments = "[--] COMMAND [ARGUMENT...]",
	.summary = "run a program opted in from its beginning",
	.options = exec_options,
	.flags = KSM_VERB_WRITES | KSM_VERB_COMMAND,
	.state_size = 1,
	.option = exec_option,
	.run = exec_run,
};
