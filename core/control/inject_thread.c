/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/inject_thread.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* Since 4.3, 5.13 and 6.4; not in the headers of every C library. */
#define SUSPEND_SECCOMP	     (1 << 21)
#define GET_RSEQ	     0x420f
#define GET_SYSCALL_DISPATCH 0x4211
#define EVENT_STOP	     128
#define SYSCALL_STOP	     (SIGTRAP | 0x80)

#define STOP_SECONDS  1 /* a thread that is not in the kernel's depths stops within microseconds */
#define ENTRY_SECONDS 5 /* one that can run gets to its next instruction, on a busy machine too */
/* Each puts a frame onto the thread's stack, which may be a small one, and may be the same again (SA_NODEFER). */
#define SIGNALS_MAX  8
#define SIGNALS_MORE 2
#define RESTARTS_MAX 100000 /* of a call that signals interrupt */

/* What the kernel says to itself, never to programs: an interrupted system call is to be restarted. */
enum { ERESTARTSYS = 512, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK = 516 };

enum stop {
	STOP_AT_EVENT,	 /* asked for, or of the whole process by a signal */
	STOP_AT_SIGNAL,	 /* about to be delivered */
	STOP_AT_SYSCALL, /* its entry or its exit */
	STOP_NEVER,	 /* time is up */
};

static int gone(pid_t tid, struct ksm_error *err)
{
	ksm_error_set(err, KSM_ERR_GONE, ESRCH, "the process has exited");
	if (err)
		err->pid = tid;
	return -ESRCH;
}

/* ---------------------------------------------------------------- registers */

static int get_regs(pid_t tid, ksm_regs *ret_regs, struct ksm_error *err)
{
	struct iovec iov = {ret_regs, sizeof(*ret_regs)};

	if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &iov))
		return gone(tid, err);
	if (iov.iov_len == sizeof(*ret_regs) && ksm_arch_is_native(ret_regs))
		return 0;
	return ksm_error_set(err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
			     "is a 32-bit process: it has to be started opted in");
}

static int set_regs(pid_t tid, const ksm_regs *regs, struct ksm_error *err)
{
	struct iovec iov = {(void *)(uintptr_t)regs, sizeof(*regs)};

	return ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &iov) ? gone(tid, err) : 0;
}

/* ---------------------------------------------------------------- stops */

static enum stop kind_of_stop(int status)
{
	if (status >> 16 == EVENT_STOP)
		return STOP_AT_EVENT;
	return WSTOPSIG(status) == SYSCALL_STOP ? STOP_AT_SYSCALL : STOP_AT_SIGNAL;
}

/* @until as of ksm_now_seconds(), 0: for ever. SIGCHLD is blocked, so none is missed between the two calls. */
static int wait_for_stop(pid_t tid, double until, enum stop *ret_stop, int *ret_signal,
			 struct ksm_error *err)
{
	const struct timespec slice = {.tv_nsec = 20000000};
	int status, rc;
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while ((rc = waitpid(tid, &status, __WALL | WNOHANG)) == 0) {
		if (until > 0 && ksm_now_seconds() > until) {
			*ret_stop = STOP_NEVER;
			return 0;
		}
		sigtimedwait(&child, NULL, &slice);
	}
	if (rc < 0 || !WIFSTOPPED(status))
		return gone(tid, err);
	*ret_stop = kind_of_stop(status);
	*ret_signal = *ret_stop == STOP_AT_SIGNAL ? WSTOPSIG(status) : 0;
	return 0;
}

static int go_on(pid_t tid, int request, int signal, struct ksm_error *err)
{
	return ptrace(request, tid, 0, (unsigned long)signal) ? gone(tid, err) : 0;
}

/*
 * Goes on, with @signal if it stopped for one, and stops before the next instruction of its own: any stop takes
 * back what PTRACE_INTERRUPT asked for, so it asks each time.
 */
static int stop_again(pid_t tid, int signal, struct ksm_error *err)
{
	enum stop stop;
	int ret;

	do {
		ret = go_on(tid, PTRACE_INTERRUPT, 0, err)
			      ?: go_on(tid, PTRACE_CONT, signal, err)
			      ?: wait_for_stop(tid, 0, &stop, &signal, err);
	} while (!ret && stop != STOP_AT_EVENT);
	return ret;
}

static int first_stop(pid_t tid, struct ksm_error *err)
{
	enum stop stop;
	int signal, ret;

	ret = go_on(tid, PTRACE_INTERRUPT, 0, err)
		      ?: wait_for_stop(tid, ksm_now_seconds() + STOP_SECONDS, &stop, &signal, err);
	if (ret || stop == STOP_AT_EVENT)
		return ret;
	if (stop == STOP_AT_SIGNAL)
		return stop_again(tid, signal, err);
	return ksm_error_set(
		err, KSM_ERR_SYSTEM, EBUSY,
		"none of its threads comes to a stop: they wait for a disk, for a child of "
		"vfork or for a CPU; try again");
}

/* ---------------------------------------------------------------- restartable sequences */

static bool read_memory(pid_t tid, uint64_t address, void *ret_data, size_t size)
{
	struct iovec here = {ret_data, size}, there = {(void *)(uintptr_t)address, size};

	return process_vm_readv(tid, &here, 1, &there, 1, 0) == (ssize_t)size;
}

/*
 * Of a thread that was stopped in a restartable sequence (rseq(2), 4.18): where it has to go on to abort it, else 0. The
 * kernel would do this on the way back, since the thread has been off its CPU; but it forgets the sequence when it
 * finds the thread elsewhere. Before 5.13 it does not tell where sequences are.
 */
static uint64_t find_abort(pid_t tid, const ksm_regs *regs)
{
	struct {
		uint64_t area;
		uint32_t size, signature, flags, pad;
	} rseq = {0};
	struct {
		uint32_t version, flags;
		uint64_t start, len, abort;
	} sequence = {0};
	uint64_t at = 0;

	if (ptrace(GET_RSEQ, tid, sizeof(rseq), &rseq) == sizeof(rseq) && rseq.area &&
	    read_memory(tid, rseq.area + 8, &at, sizeof(at)) && at &&
	    read_memory(tid, at, &sequence, sizeof(sequence)) &&
	    ksm_arch_pc(regs) - sequence.start < sequence.len)
		return sequence.abort;
	return 0;
}

static int take_regs(struct ksm_thread *thread, struct ksm_error *err)
{
	int ret = get_regs(thread->tid, &thread->saved, err);
	uint64_t abort = ret ? 0 : find_abort(thread->tid, &thread->saved);

	if (abort)
		ksm_arch_set_pc(&thread->saved, abort);
	return ret;
}

/* ---------------------------------------------------------------- begin and end */

static int seize_error(int errnum, struct ksm_error *err)
{
	if (errnum == ESRCH)
		return ksm_error_set(err, KSM_ERR_GONE, ESRCH, "the process has exited");
	if (errnum == EPERM)
		return ksm_error_set(
			err, KSM_ERR_PERMISSION, EPERM,
			"must not be traced: that takes being root, or CAP_SYS_PTRACE");
	return ksm_error_set(err, KSM_ERR_SYSTEM, errnum, "cannot be traced: %s", strerror(errnum));
}

/* A filter may kill for a system call that it does not know. */
static int seize(pid_t tid, bool has_filter, struct ksm_error *err)
{
	unsigned long options = PTRACE_O_TRACESYSGOOD;

	if (!ptrace(PTRACE_SEIZE, tid, 0, options | (has_filter ? SUSPEND_SECCOMP : 0)))
		return 0;
	if (!has_filter || (errno != EPERM && errno != EINVAL))
		return seize_error(errno, err);
	if (ptrace(PTRACE_SEIZE, tid, 0, options))
		return seize_error(errno, err);
	return ksm_error_set(
		err, KSM_ERR_PERMISSION, EPERM,
		"has a seccomp filter, which might kill it for the call: to suspend it "
		"takes CAP_SYS_ADMIN, no filter of one's own, and a kernel with "
		"CONFIG_CHECKPOINT_RESTORE");
}

/* Emulators such as wine get system calls as signals, unless they come from some place (5.11, told since 6.4). */
static int check_dispatch(pid_t tid, struct ksm_error *err)
{
	struct {
		uint64_t mode, selector, offset, len;
	} dispatch = {0};

	if (ptrace(GET_SYSCALL_DISPATCH, tid, sizeof(dispatch), &dispatch) || !dispatch.mode)
		return 0;
	return ksm_error_set(err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
			     "catches its own system calls (syscall user dispatch)");
}

int ksm_thread_stop(pid_t tid, bool has_filter, struct ksm_thread *ret_thread,
		    struct ksm_error *err)
{
	struct ksm_thread thread = {.tid = tid, .signals_left = SIGNALS_MAX};
	int ret = seize(tid, has_filter, err) ?: first_stop(tid, err);

	if (ret)
		return ret;
	ret = check_dispatch(tid, err) ?: take_regs(&thread, err);
	if (ret) {
		ptrace(PTRACE_DETACH, tid, 0, 0);
		return ret;
	}
	*ret_thread = thread;
	return 0;
}

void ksm_thread_allow_more(struct ksm_thread *thread)
{
	thread->signals_left += SIGNALS_MORE;
}

void ksm_thread_release(struct ksm_thread *thread, struct ksm_error *err)
{
	/* A system call is restarted where signals are looked for, so that is where it is left. */
	if (!stop_again(thread->tid, 0, err) && ptrace(PTRACE_DETACH, thread->tid, 0, 0))
		gone(thread->tid, err);
}

/* ---------------------------------------------------------------- a call */

static bool is_interrupted(int64_t result)
{
	return result == -ERESTARTSYS || result == -ERESTARTNOINTR || result == -ERESTARTNOHAND ||
	       result == -ERESTART_RESTARTBLOCK;
}

/* To the next entry or exit of a system call, or the next signal; @until as for wait_for_stop(). */
static int to_syscall(pid_t tid, double until, enum stop *ret_stop, int *ret_signal,
		      struct ksm_error *err)
{
	int ret;

	do {
		ret = go_on(tid, PTRACE_SYSCALL, 0, err)
			      ?: wait_for_stop(tid, until, ret_stop, ret_signal, err);
	} while (!ret && *ret_stop == STOP_AT_EVENT);
	return ret;
}

/*
 * Where a call is entered, or a signal comes before. A thread that the freezer of control groups holds stops when it is
 * asked to, but goes no further: it is asked once more, which is an event then.
 */
static int to_entry(pid_t tid, enum stop *ret_stop, int *ret_signal, struct ksm_error *err)
{
	int ret = to_syscall(tid, ksm_now_seconds() + ENTRY_SECONDS, ret_stop, ret_signal, err);

	if (ret || *ret_stop != STOP_NEVER)
		return ret;
	return go_on(tid, PTRACE_INTERRUPT, 0, err)
		       ?: wait_for_stop(tid, 0, ret_stop, ret_signal, err);
}

/* 1: the call was made; 0: a signal came before, and has been delivered. The registers are its own again. */
static int try_call(struct ksm_thread *thread, const ksm_regs *prepared, int64_t *ret_result,
		    struct ksm_error *err)
{
	pid_t tid = thread->tid;
	enum stop stop = STOP_NEVER;
	ksm_regs regs;
	int signal = 0, ret;

	ret = set_regs(tid, prepared, err) ?: to_entry(tid, &stop, &signal, err);
	if (ret)
		return ret;
	if (stop == STOP_AT_EVENT)
		return set_regs(tid, &thread->saved, err)
			       ?: ksm_error_set(err, KSM_ERR_SYSTEM, EBUSY,
						"does not run: its control group is frozen, as by "
						"\"docker pause\"");
	if (stop == STOP_AT_SIGNAL) {
		thread->signals_left--;
		return set_regs(tid, &thread->saved, err) ?: stop_again(tid, signal, err)
			?: take_regs(thread, err);
	}
	ret = to_syscall(tid, 0, &stop, &signal, err) ?: get_regs(tid, &regs, err)
		?: set_regs(tid, &thread->saved, err);
	if (ret)
		return ret;
	*ret_result = ksm_arch_result(&regs);
	return 1;
}

int ksm_thread_call(struct ksm_thread *thread, uint64_t code, long nr, const uint64_t args[6],
		    int64_t *ret_result, struct ksm_error *err)
{
	for (int i = 0; i < RESTARTS_MAX && thread->signals_left > 0; i++) {
		ksm_regs prepared = ksm_arch_prepare(&thread->saved, code, nr, args);
		int64_t result = 0;
		int ret = try_call(thread, &prepared, &result, err);

		if (ret < 0)
			return ret;
		if (ret && !is_interrupted(result)) {
			*ret_result = result;
			return 0;
		}
		if (ret)
			ret = stop_again(thread->tid, 0, err) ?: take_regs(thread, err);
		if (ret)
			return ret;
	}
	return ksm_error_set(err, KSM_ERR_SYSTEM, EINTR,
			     "so many signals come in between that its stack might not hold them");
}
