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
#include "kernel/process.h"

/* Threads that are asked to stop, one after the other, before it is given up. */
#define THREADS_TRIED 8

struct ksm_inject {
	struct ksm_thread thread;
	uint64_t code; /* where to make system calls */
};

struct target {
	pid_t pid;
	int dir_fd;  /* its directory in proc, or that of a thread which has its memory */
	int task_fd; /* of its threads */
	ksm_inject_steps steps;
};

/* In memory that caller and tracer share. */
struct outcome {
	bool has_stopped; /* the thread came to a stop: the steps may have begun */
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

void ksm_inject_clean(struct ksm_inject *inject, long nr, const uint64_t args[6])
{
	int64_t ignored;

	ksm_thread_allow_more(&inject->thread);
	ksm_thread_call(&inject->thread, inject->code, nr, args, &ignored, NULL);
}

int ksm_inject_write(const struct ksm_inject *inject, uint64_t address, const void *data,
		     size_t size, struct ksm_error *err)
{
	struct iovec here = {(void *)(uintptr_t)data, size};
	struct iovec there = {(void *)(uintptr_t)address, size};
	ssize_t done = process_vm_writev(inject->thread.tid, &here, 1, &there, 1, 0);

	if (done == (ssize_t)size)
		return 0;
	return ksm_error_set(err, KSM_ERR_SYSTEM, done < 0 ? errno : EFAULT,
			     "memory of the process could not be written to");
}

/* ---------------------------------------------------------------- which thread */

static int exited_error(struct ksm_error *err)
{
	return ksm_error_set(err, KSM_ERR_GONE, ESRCH, "the process has exited");
}

/* Of a process whose first thread has ended, the handle is on one of its threads. */
static int open_threads(int pid_dir_fd, int *ret_task_fd, struct ksm_error *err)
{
	struct ksm_error why;
	int ret = ksm_open_at(pid_dir_fd, "task", O_RDONLY | O_DIRECTORY, ret_task_fd, &why);

	if (ret == -ENOENT)
		ret = ksm_open_at(pid_dir_fd, "..", O_RDONLY | O_DIRECTORY, ret_task_fd, &why);
	if (ret == -ENOENT || ret == -ESRCH)
		return exited_error(err);
	if (ret && err)
		*err = why;
	return ret;
}

/* What a thread's status says of its tracer and filters. -ESRCH if it has ended. */
static int read_status(int task_fd, pid_t tid, long *ret_tracer, bool *ret_has_filter)
{
	static const char state[] = "\nState:\t",
			  tracer[] = "\nTracerPid:", filter[] = "\nSeccomp:";
	struct ksm_str status ksm_auto_str = {0};
	char path[64];
	const char *at;

	snprintf(path, sizeof(path), "%d/status", tid);
	if (ksm_read_at(task_fd, path, 64 << 10, &status, NULL))
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

/*
 * A thread that never leaves the kernel, as those of io_uring and vhost: it stops when asked to, and makes no call.
 * PF_IO_WORKER (5.12) and PF_USER_WORKER (6.4) of linux/sched.h.
 */
static bool is_worker(int task_fd, pid_t tid)
{
	struct ksm_str stat ksm_auto_str = {0};
	const char *flags = NULL;
	char path[32];

	snprintf(path, sizeof(path), "%d/stat", tid);
	if (!ksm_read_at(task_fd, path, 4096, &stat, NULL) && stat.len)
		flags = ksm_stat_field(stat.data, 9);
	return flags && strtoul(flags, NULL, 10) & (0x10 | 0x4000);
}

static int stop_thread(struct ksm_inject *inject, int task_fd, pid_t tid, struct ksm_error *err)
{
	bool has_filter;
	long tracer;
	int ret;

	if (read_status(task_fd, tid, &tracer, &has_filter))
		return exited_error(err);
	if (tracer)
		return traced_error(tracer, err);
	ret = ksm_thread_stop(tid, has_filter, &inject->thread, err);
	if (ret != -EPERM)
		return ret;
	/* The kernel refuses a second tracer, and one of a thread that ends, as it refuses one without rights. */
	if (read_status(task_fd, tid, &tracer, &has_filter))
		return exited_error(err);
	return tracer && tracer != getpid() ? traced_error(tracer, err) : ret;
}

/* ---------------------------------------------------------------- the tracer */

static int check_arch(struct ksm_error *err)
{
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

static int trace(const struct target *target, pid_t tid, struct outcome *outcome)
{
	struct ksm_inject inject = {0};
	struct ksm_error *err = &outcome->error, ignored;
	int ret;

	if (ksm_pid_is_without_memory(target->dir_fd))
		return ksm_pid_no_memory_error(target->dir_fd, err);
	ret = stop_thread(&inject, target->task_fd, tid, err);
	if (ret)
		return ret;
	outcome->has_stopped = true;
	/*
	 * By now nobody else can have its number: it is the one whose directory was opened, or that is gone. And only
	 * now its memory is no longer that of the program before an exec.
	 */
	if (ksm_pid_is_gone(target->dir_fd))
		ret = exited_error(err);
	else
		ret = ksm_inject_find_code(target->dir_fd, &inject.code, err)
			      ?: target->steps(&inject, outcome->data, err);
	ksm_thread_release(&inject.thread, ret ? &ignored : err);
	return ret;
}

/* ---------------------------------------------------------------- the caller */

static int wait_for_tracer(pid_t tracer, struct outcome *outcome)
{
	int status;

	while (waitpid(tracer, &status, 0) < 0 && errno == EINTR)
		;
	if (outcome->finished)
		return outcome->ret;
	return ksm_error_set(&outcome->error, KSM_ERR_SYSTEM, EIO,
			     "the process that traced it was killed: look whether it runs on");
}

static int run_tracer(const struct target *target, pid_t tid, struct outcome *outcome)
{
	pid_t tracer;

	outcome->finished = false;
	tracer = fork();
	if (tracer < 0)
		return ksm_error_set(&outcome->error, KSM_ERR_SYSTEM, errno,
				     "no process could be started");
	if (tracer == 0) {
		leave_caller();
		outcome->ret = trace(target, tid, outcome);
		outcome->finished = true;
		_exit(0);
	}
	return wait_for_tracer(tracer, outcome);
}

/*
 * A thread that sleeps uninterruptibly, for example in vfork, does not stop, and the first thread may have ended
 * before the others: then another is asked. Each by a tracer of its own, since only the end of its tracer lets go
 * of a thread that has been asked to stop and has not yet. What is told is of the last.
 */
static int run_in_any_thread(const struct target *target, struct outcome *outcome)
{
	int ret = run_tracer(target, target->pid, outcome);
	struct dirent *entry;
	int fd, tried = 1;
	DIR *dir;

	if (outcome->has_stopped || (ret != -EBUSY && ret != -ESRCH))
		return ret;
	fd = openat(target->task_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	while (dir && !outcome->has_stopped && (ret == -EBUSY || ret == -ESRCH) &&
	       tried < THREADS_TRIED && (entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid <= 0 || tid == target->pid || is_worker(target->task_fd, tid))
			continue;
		tried++;
		ret = run_tracer(target, tid, outcome);
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return ret;
}

int ksm_inject_run(const struct ksm_root *root, pid_t pid, int pid_dir_fd, ksm_inject_steps steps,
		   void *shared, size_t size, struct ksm_error *err)
{
	ksm_auto_close int task_fd = -1;
	struct outcome *outcome;
	int ret = ksm_root_check_machine(root, err)
			  ?: check_arch(err)
			  ?: open_threads(pid_dir_fd, &task_fd, err);

	if (ret)
		return ret;
	outcome = mmap(NULL, sizeof(*outcome) + size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcome == MAP_FAILED)
		return ksm_error_no_memory(err);
	memcpy(outcome->data, shared, size);
	ret = run_in_any_thread(&(struct target){pid, pid_dir_fd, task_fd, steps}, outcome);
	if (ret && err) {
		*err = outcome->error;
		err->pid = pid;
	}
	memcpy(shared, outcome->data, size);
	munmap(outcome, sizeof(*outcome) + size);
	return ret;
}
