/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a process has an instruction that makes a system call. Not for use outside core/control. */
#ifndef KSM_CONTROL_INJECT_CODE_H
#define KSM_CONTROL_INJECT_CODE_H

#include <stdint.h>

#include "base/error.h"

/*
 * The address of one, in the vdso or else in a private executable mapping of a file, of the process behind a
 * /proc/PID handle. -ENOENT (KSM_ERR_UNSUPPORTED) if there is none.
 */
int ksm_inject_find_code(int pid_dir_fd, uint64_t *ret_address, struct ksm_error *err);

#endif
