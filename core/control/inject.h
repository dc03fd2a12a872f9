/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls run inside another process, through ptrace: one thread is stopped, sent through a `syscall`
 * instruction that the process has already, and put back as it was. No code is written into the target, and no
 * signal is used, so that what it blocks, ignores or handles stays as it is.
 *
 * Between the registers being set and put back the target depends on its tracer. So that is a process of its
 * own, out of reach of what ends the caller: if the caller is killed, the tracer finishes, which takes some
 * microseconds, or as long as the system call takes. Only what kills the tracer itself in that time leaves the
 * target with registers that are not its own.
 *
 * What the target can notice: its thread stands still meanwhile, and the calls that signal(7) names as failing
 * with EINTR when a process is stopped and continued, such as epoll_wait, may do so. Others go on as if never
 * interrupted; on aarch64 a wait with a timeout begins anew.
 *
 * Sources: ptrace(2); kernel/ptrace.c, kernel/signal.c (get_signal) and arch/{x86,arm64}/kernel/signal.c of 6.12.
 */
#ifndef KSM_CONTROL_INJECT_H
#define KSM_CONTROL_INJECT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "kernel/root.h"

struct ksm_inject;

/*
 * What is to be done while a thread of the target stands still. Runs in the tracer, a child of the caller: only
 * @shared gets back to the caller. 0 or a negative errno with @err filled.
 */
typedef int (*ksm_inject_steps)(struct ksm_inject *inject, void *shared, struct ksm_error *err);

/*
 * Stops a thread of @pid, whose directory in /proc is @pid_dir_fd, and runs @steps. @shared, @size bytes, is copied to the tracer and back.
 *
 * -ESRCH (KSM_ERR_GONE or KSM_ERR_NO_MEMORY), -EPERM (KSM_ERR_PERMISSION: which right is missing, also where a
 * seccomp filter of the target would have to be suspended), -EBUSY where another tracer has it, no thread of it
 * comes to a stop, or the one that did is frozen by its control group, -EOPNOTSUPP for a 32-bit process or a machine
 * that is not known. Nothing has been done then.
 * What @steps return is returned as it is; -EIO if the tracer was killed.
 */
int ksm_inject_run(const struct ksm_root *root, pid_t pid, int pid_dir_fd, ksm_inject_steps steps,
		   void *shared, size_t size, struct ksm_error *err);

/*
 * One system call in the target, by the number that it has on this machine. @ret_result is what the kernel
 * returns: a negative errno where it failed. Signals that come meanwhile are delivered, and the call made again
 * where they interrupted it. Waits for as long as the call takes. Fails only with the target: -ESRCH if it died, -EINTR
 * if so many signals come that their handlers might overflow its stack.
 */
int ksm_inject_call(struct ksm_inject *inject, long nr, const uint64_t args[6], int64_t *ret_result,
		    struct ksm_error *err);

/*
 * The same for one that takes back what an earlier one made: it is made even where signals have ended those. What comes
 * of it nobody asks.
 */
void ksm_inject_clean(struct ksm_inject *inject, long nr, const uint64_t args[6]);

/* Writes to memory of the target, which should be what it got for this (an injected mmap). */
int ksm_inject_write(const struct ksm_inject *inject, uint64_t address, const void *data,
		     size_t size, struct ksm_error *err);

#endif
