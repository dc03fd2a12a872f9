/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/inject.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "control/inject_arch.h"
#include "control/inject_code.h"
#include "control/inject_thread.h"

/* Threads that are asked to stop, one after the other, before it is given up. */
#define THREADS_TRIED 8

struct ksm_inject {
	struct ksm_thread thread;
	pid_t pid;
	uint64_t code; /* where to make system calls */
};

/* In memory that caller and tracer share. */
struct outcome {
	bool finished;
	int ret;
	struct ksm_error error;
	unsigned char data[];
};

/* ---------------------------------------------------------------- for the steps */

int ksm_inject_call(struct ksm_inject *inject, long nr, const uint64_t args[6], int64_t *ret_result,
		    struct ksm_error *err)
{
	return ksm_thread_call(&inject->thread, inject->code, nr, args, ret_result, err);
}

int ksm_inject_write(const struct ksm_inject *inject, uint64_t address, const void *data,
		     size_t size, struct ksm_error *err)
{
	struct iovec here = {(void *)(uintptr_t)data, size};
	struct iovec there = {(void *)(uintptr_t)address, size};
	ssize_t done = process_vm_writev(inject->pid, &here, 1, &there, 1, 0);

	if (done == (ssize_t)size)
		return 0;
	return ksm_error_set(err, KSM_ERR_SYSTEM, done < 0 ? errno : EFAULT,
			     "memory of the process could not be written to");
}

/* ---------------------------------------------------------------- which thread */

/* What a thread's status says of its tracer and filters. -ESRCH if it has ended. */
static int read_status(int pid_dir_fd, pid_t tid, long *ret_tracer, bool *ret_has_filter)
{
	static const char state[] = "\nState:\t",
			  tracer[] = "\nTracerPid:", filter[] = "\nSeccomp:";
	struct ksm_str status ksm_auto_str = {0};
	char path[64];
	const char *at;

	snprintf(path, sizeof(path), "task/%d/status", tid);
	if (ksm_read_at(pid_dir_fd, path, 64 << 10, &status, NULL))
		return -ESRCH;
	at = strstr(status.data, state);
	if (!at || at[strlen(state)] == 'Z' || at[strlen(state)] == 'X')
		return -ESRCH;
	at = strstr(status.data, tracer);
	*ret_tracer = at ? strtol(at + strlen(tracer), NULL, 10) : 0;
	at = strstr(status.data, filter);
	*ret_has_filter = at && strtol(at + strlen(filter), NULL, 10);
	return 0;
}

static int traced_error(long tracer, struct ksm_error *err)
{
	return ksm_error_set(err, KSM_ERR_SYSTEM, EBUSY,
			     "process %ld traces it, a debugger for example: end that first",
			     tracer);
}

static int stop_thread(struct ksm_inject *inject, int pid_dir_fd, pid_t tid, struct ksm_error *err)
{
	bool has_filter;
	long tracer;
	int ret;

	if (read_status(pid_dir_fd, tid, &tracer, &has_filter))
		return ksm_error_set(err, KSM_ERR_GONE, ESRCH, "the process has exited");
	if (tracer)
		return traced_error(tracer, err);
	ret = ksm_thread_stop(tid, has_filter, &inject->thread, err);
	/* The kernel refuses a second tracer as it refuses one without rights. */
	if (ret == -EPERM && !read_status(pid_dir_fd, tid, &tracer, &has_filter) && tracer &&
	    tracer != getpid())
		return traced_error(tracer, err);
	return ret;
}

/*
 * A thread that sleeps uninterruptibly, for example in vfork, does not stop, and the first thread may have ended
 * before the others: then another is asked. @err is of the last.
 */
static int stop_any_thread(struct ksm_inject *inject, int pid_dir_fd, struct ksm_error *err)
{
	int ret = stop_thread(inject, pid_dir_fd, inject->pid, err);
	struct dirent *entry;
	int fd = -1, tried = 1;
	DIR *dir = NULL;

	if (ret == -EBUSY || ret == -ESRCH)
		fd = openat(pid_dir_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		dir = fdopendir(fd);
	while (dir && (ret == -EBUSY || ret == -ESRCH) && tried < THREADS_TRIED &&
	       (entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid <= 0 || tid == inject->pid)
			continue;
		tried++;
		ret = stop_thread(inject, pid_dir_fd, tid, err);
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return ret;
}

/* ---------------------------------------------------------------- the tracer */

static int check_machine(const struct ksm_root *root, struct ksm_error *err)
{
	if (!root->is_machine)
		return ksm_error_set(err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
				     "a recorded process cannot be made to do anything");
	if (!ksm_arch_is_known)
		return ksm_error_set(err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
				     "system calls in other processes are known for x86-64 and "
				     "aarch64 only");
	return 0;
}

/* What ends or stops the caller does neither to the tracer, nor does anybody wait for its output. */
static void leave_caller(void)
{
	sigset_t all;
	int null;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_PDEATHSIG, 0);
	prctl(PR_SET_NAME, "ksmctl-tracer");
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		dup2(null, fd);
}

static int trace(pid_t pid, int pid_dir_fd, ksm_inject_steps steps, void *shared,
		 struct ksm_error *err)
{
	struct ksm_inject inject = {.pid = pid};
	struct ksm_error ignored;
	int ret;

	if (ksm_pid_is_without_memory(pid_dir_fd))
		return ksm_pid_no_memory_error(pid_dir_fd, err);
	ret = stop_any_thread(&inject, pid_dir_fd, err);
	if (ret)
		return ret;
	/*
	 * By now nobody else can have its number: it is the one whose directory was opened, or that is gone. And only
	 * now its memory is no longer that of the program before an exec.
	 */
	if (ksm_pid_is_gone(pid_dir_fd))
		ret = ksm_error_set(err, KSM_ERR_GONE, ESRCH, "the process has exited");
	else
		ret = ksm_inject_find_code(pid_dir_fd, &inject.code, err)
			      ?: steps(&inject, shared, err);
	ksm_thread_release(&inject.thread, ret ? &ignored : err);
	return ret;
}

/* ---------------------------------------------------------------- the caller */

static int wait_for_tracer(pid_t tracer, const struct outcome *outcome, struct ksm_error *err)
{
	int status;

	while (waitpid(tracer, &status, 0) < 0 && errno == EINTR)
		;
	if (outcome->finished) {
		if (outcome->ret && err)
			*err = outcome->error;
		return outcome->ret;
	}
	return ksm_error_set(err, KSM_ERR_SYSTEM, EIO,
			     "the process that traced it was killed: look whether it runs on");
}

int ksm_inject_run(const struct ksm_root *root, pid_t pid, ksm_inject_steps steps, void *shared,
		   size_t size, struct ksm_error *err)
{
	ksm_auto_close int pid_dir_fd = -1;
	struct outcome *outcome;
	pid_t tracer;
	int ret = check_machine(root, err) ?: ksm_root_open_pid(root, pid, &pid_dir_fd, err);

	if (ret)
		return ret;
	outcome = mmap(NULL, sizeof(*outcome) + size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcome == MAP_FAILED)
		return ksm_error_set(err, KSM_ERR_SYSTEM, ENOMEM, "out of memory");
	memcpy(outcome->data, shared, size);
	tracer = fork();
	if (tracer == 0) {
		leave_caller();
		outcome->ret = trace(pid, pid_dir_fd, steps, outcome->data, &outcome->error);
		outcome->finished = true;
		_exit(0);
	}
	if (tracer < 0)
		ret = ksm_error_set(err, KSM_ERR_SYSTEM, errno, "no process could be started");
	else
		ret = wait_for_tracer(tracer, outcome, err);
	if (ret && err)
		err->pid = pid;
	memcpy(shared, outcome->data, size);
	munmap(outcome, sizeof(*outcome) + size);
	return ret;
}
