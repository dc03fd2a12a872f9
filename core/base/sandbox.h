/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving up rights before bytes of strangers are parsed: capabilities(7), seccomp(2) and Landlock (5.13), for the whole
 * of this process and for good.
 */
#ifndef KSM_BASE_SANDBOX_H
#define KSM_BASE_SANDBOX_H

#include <stdbool.h>

struct ksm_sandbox {
	bool reads_processes; /* memory of other processes */
	/* A file that is still to be written, through another in its directory; or NULL. */
	const char *writes;
};

/*
 * To be called while there is one thread. Afterwards files can be opened for reading, by root those of others too, and
 * threads started; all that could change something beside @writes, start a program or reach another machine fails. What
 * this kernel does not have of it is left out, and so is the filter of system calls on others than x86-64 and AArch64.
 * A negative errno if a capability could not be given up.
 */
int ksm_sandbox_enter(const struct ksm_sandbox *sandbox);

#endif
