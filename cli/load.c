/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/load.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/number.h"
#include "source/page_source.h"

#define LOWEST_PRIORITY 19

int ksm_load_option(const struct ksm_cli *cli, struct ksm_load *load,
		    const struct ksm_option *option, const char *value, bool *ret_taken)
{
	*ret_taken = true;
	if (strcmp(option->name, "threads") == 0)
		return ksm_cli_take_count(cli, option, value, 1, KSM_THREADS_MAX, &load->threads);
	if (strcmp(option->name, "rate") == 0)
		return ksm_cli_take_bytes(cli, option->name, value, INT64_MAX, &load->rate);
	if (strcmp(option->name, "nice") == 0)
		load->is_nice = true;
	else
		*ret_taken = false;
	return KSM_EXIT_OK;
}

/* Of this thread, and of those that it starts. */
static int be_nice(void)
{
	int idle = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0);

	if (setpriority(PRIO_PROCESS, 0, LOWEST_PRIORITY))
		return -errno;
	return syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, idle) ? -errno : 0;
}

int ksm_load_prepare(const struct ksm_cli *cli, struct ksm_load *load)
{
	struct ksm_error err;
	int ret;

	if (load->rate && load->rate < KSM_BATCH_BYTES)
		return ksm_cli_usage(
			cli, "--rate: memory is read in pieces of %u bytes: give 1M or more",
			KSM_BATCH_BYTES);
	if (!load->threads)
		load->threads = ksm_cli_available_cpus();
	ret = load->is_nice ? be_nice() : 0;
	if (!ret)
		return KSM_EXIT_OK;
	ksm_error_set(&err, KSM_ERR_SYSTEM, -ret, "--nice: the priority cannot be lowered: %s",
		      strerror(-ret));
	return ksm_cli_fail(cli, &err);
}
