/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The methods of opting in that are system calls of the target itself. Not for use outside core/control. */
#ifndef KSM_CONTROL_OPT_IN_INSIDE_H
#define KSM_CONTROL_OPT_IN_INSIDE_H

#include "control/opt_in.h"

/*
 * Tries those of @methods (bits) in order, with one stop of the target, and adds the attempts to the result. 0 if one
 * did it; -ENOTSUP if all were refused; what one failed with that was not; else as ksm_inject_run().
 */
int ksm_opt_in_inside(const struct ksm_root *root, pid_t pid, int pid_dir_fd, bool merge,
		      unsigned int methods, const struct ksm_ranges *ranges,
		      struct ksm_opt_in_result *result, struct ksm_error *err);

#endif
