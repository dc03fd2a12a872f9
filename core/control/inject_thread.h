/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One thread under ptrace: stopped, sent through system calls, let go. Not for use outside core/control. */
#ifndef KSM_CONTROL_INJECT_THREAD_H
#define KSM_CONTROL_INJECT_THREAD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "control/inject_arch.h"

struct ksm_thread {
	pid_t tid;
	ksm_regs saved;	  /* as it was stopped with, and will go on with */
	int signals_left; /* that may still be delivered: their handlers run once it is let go */
};

/*
 * Stops a thread; the calling process has to block all signals. With @has_filter its seccomp filter is suspended
 * while it is traced.
 *
 * -EBUSY if it does not come to a stop: nothing has been done then but that it is traced until the caller exits.
 * -ESRCH, -EPERM, -EOPNOTSUPP as for ksm_inject_run().
 */
int ksm_thread_stop(pid_t tid, bool has_filter, struct ksm_thread *ret_thread,
		    struct ksm_error *err);

/* As ksm_inject_call(), by the instruction at @code. The thread has its own registers again afterwards. */
int ksm_thread_call(struct ksm_thread *thread, uint64_t code, long nr, const uint64_t args[6],
		    int64_t *ret_result, struct ksm_error *err);

/* For calls that take back what earlier ones made: they are not to fail for signals that came before. */
void ksm_thread_allow_more(struct ksm_thread *thread);

/* Lets it go on as if nothing had been. Fills @err only if it died meanwhile. */
void ksm_thread_release(struct ksm_thread *thread, struct ksm_error *err);

#endif
