/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way to /proc and /sys: two directory handles, from the machine itself or from a copy of the two
 * trees below another directory (`--sysroot`), and the one function that writes below /sys.
 */
#ifndef KSM_KERNEL_ROOT_H
#define KSM_KERNEL_ROOT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

struct ksm_root {
	int proc_fd;
	int sys_fd;
	int run_fd;		/* /run, or run beside the other two; -1 if there is none */
	unsigned int page_size; /* bytes: as proc/self/auxv says, in a copy without that as here */
	bool is_machine; /* the running machine's own trees, not a copy of some or another's mounted here */
	bool dry_run; /* nothing is changed, only told */
	/* Told of each change that was made or, with dry_run, would be; may be NULL. See below. */
	void (*changed)(void *arg, const char *what, const char *text);
	void *changed_arg;
};

/*
 * Opens /proc and /sys, or @sysroot/proc and @sysroot/sys. A missing sys tree is no error here (sys_fd is
 * then -1): whoever needs it says so. The caller closes with ksm_root_close().
 */
int ksm_root_open(const char *sysroot, struct ksm_root *ret_root, struct ksm_error *err);
void ksm_root_close(struct ksm_root *root);
#define ksm_auto_root ksm_cleanup(ksm_root_close)

/*
 * Opens or reads below a directory handle. Errors carry the path and the class of the errno. Reading is
 * bounded to @max bytes (-EFBIG past that) and appends to @ret_text as it is, NUL-terminated, without
 * regard to the size that stat reports (0 for files of /proc).
 */
int ksm_open_at(int dir_fd, const char *path, int flags, int *ret_fd, struct ksm_error *err);
int ksm_read_fd(int fd, size_t max, struct ksm_str *ret_text, struct ksm_error *err);
int ksm_read_at(int dir_fd, const char *path, size_t max, struct ksm_str *ret_text,
		struct ksm_error *err);

/* Fills @err for a call on @path below @dir_fd that failed with @errnum (positive), and returns -@errnum. */
int ksm_file_error(int dir_fd, const char *path, int errnum, struct ksm_error *err);

/* -EOPNOTSUPP for a copy, as a process of this machine may have the number of a recorded one. */
int ksm_root_check_machine(const struct ksm_root *root, struct ksm_error *err);

/*
 * A handle on /proc/PID. It never leads to another process, even if the number is used again. -ESRCH
 * (KSM_ERR_GONE) if there is no such process.
 *
 * Where the first thread of the process has ended and others live, it is one on /proc/PID/task/TID of one of those: the
 * files of the first say then that there is no memory (exit_mm() in kernel/exit.c), those of the others are the same
 * but for what is of the thread alone. There is no task below it.
 */
int ksm_root_open_pid(const struct ksm_root *root, pid_t pid, int *ret_dir_fd,
		      struct ksm_error *err);

/*
 * Opens a file below a /proc/PID handle for reading. -ESRCH is KSM_ERR_GONE, or KSM_ERR_NO_MEMORY where the
 * process is there but has none; -ENOENT is a kernel without the file. @right is what reading takes, for
 * the text of a refusal.
 */
int ksm_open_pid_file(int pid_dir_fd, const char *name, const char *right, int *ret_fd,
		      struct ksm_error *err);

/* Has the process behind a /proc/PID handle gone, reaped and all? */
bool ksm_pid_is_gone(int pid_dir_fd);

/* Is it a kernel thread, or a process that has exited and is not reaped? */
bool ksm_pid_is_without_memory(int pid_dir_fd);

/* -ESRCH and which of the two it is: KSM_ERR_GONE or KSM_ERR_NO_MEMORY. */
int ksm_pid_no_memory_error(int pid_dir_fd, struct ksm_error *err);

/*
 * The one function that writes below /sys: @text to @path ("kernel/mm/ksm/run"), in one piece. Afterwards, and
 * with dry_run instead, `changed` is told the path in full and the text.
 */
int ksm_root_write(const struct ksm_root *root, const char *path, const char *text,
		   struct ksm_error *err);

/*
 * For changes that are no file: tells `changed` what ("process 12") and how ("prctl(PR_SET_MEMORY_MERGE, 1)").
 * True if it is to be made, which then is up to the caller; false with dry_run.
 */
bool ksm_root_change(const struct ksm_root *root, const char *what, const char *text);

/* The kernel's release as in uname -r (/proc/sys/kernel/osrelease), without the newline. */
int ksm_root_release(const struct ksm_root *root, struct ksm_str *ret_release,
		     struct ksm_error *err);

/* True where Yama lets only ancestors and CAP_SYS_PTRACE read another process's memory. */
bool ksm_root_yama_restricts(const struct ksm_root *root);

#endif
