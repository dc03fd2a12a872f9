/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/root.h"

#include <ctype.h>
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"

#define READ_STEP 4096

/* The path in full where the kernel can still tell it: "kernel/mm/ksm/run" alone helps nobody. */
static void full_path(int dir_fd, const char *path, char *ret_path, size_t size)
{
	static const char deleted[] = " (deleted)";
	char link[64], dir[PATH_MAX];
	ssize_t n = -1;

	if (dir_fd >= 0 && path[0] != '/') {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", dir_fd);
		n = readlink(link, dir, sizeof(dir) - 1);
	}
	if (n < 0)
		n = 0;
	dir[n] = '\0';
	if ((size_t)n > strlen(deleted) && !strcmp(dir + n - strlen(deleted), deleted))
		dir[n - (ssize_t)strlen(deleted)] = '\0';
	if (snprintf(ret_path, size, "%s%s%s", dir, dir[0] && path[0] ? "/" : "", path) >=
	    (int)size)
		memcpy(ret_path + size - 4, "...", 4);
}

int ksm_file_error(int dir_fd, const char *path, int errnum, struct ksm_error *err)
{
	if (!err)
		return -errnum;
	ksm_error_set(err, ksm_error_class(errnum), errnum, "%s", "");
	full_path(dir_fd, path, err->path, sizeof(err->path));
	errno = errnum;
	snprintf(err->text, sizeof(err->text), "%m: \"%s\"", err->path);
	err->text[0] = (char)tolower((unsigned char)err->text[0]);
	return -errnum;
}

/* Is @fd the directory that is mounted at @path here? */
static bool is_same_directory(int fd, const char *path)
{
	struct stat here, there;

	return !fstat(fd, &here) && !stat(path, &there) && here.st_dev == there.st_dev &&
	       here.st_ino == there.st_ino;
}

/* AT_PAGESZ of a copy's self/auxv (Linux include/uapi/linux/auxvec.h); a page is 4 to 64 KiB wherever there is KSM. */
static unsigned int read_page_size(int proc_fd)
{
	ksm_auto_str struct ksm_str auxv = {0};
	Elf64_auxv_t entry;

	if (!ksm_read_at(proc_fd, "self/auxv", READ_STEP, &auxv, NULL))
		for (size_t at = 0; at + sizeof(entry) <= auxv.len; at += sizeof(entry)) {
			memcpy(&entry, auxv.data + at, sizeof(entry));
			if (entry.a_type == AT_PAGESZ &&
			    (entry.a_un.a_val == 4096 || entry.a_un.a_val == 16384 ||
			     entry.a_un.a_val == 65536))
				return (unsigned int)entry.a_un.a_val;
		}
	return (unsigned int)sysconf(_SC_PAGESIZE);
}

int ksm_root_open(const char *sysroot, struct ksm_root *ret_root, struct ksm_error *err)
{
	ksm_auto_close int top = -1, proc = -1, sys = -1;
	int flags = O_RDONLY | O_DIRECTORY, rc;

	rc = ksm_open_at(AT_FDCWD, sysroot ? sysroot : "/", flags, &top, err);
	if (rc)
		return rc;
	rc = ksm_open_at(top, "proc", flags, &proc, err);
	if (rc == -ENOENT && sysroot) {
		ksm_error_set(err, KSM_ERR_INVALID, ENOENT,
			      "no directory \"proc\" in \"%.150s\": a sysroot is a directory "
			      "with a copy of /proc, and of /sys beside it",
			      sysroot);
		ksm_error_name_path(err, sysroot);
	}
	if (rc)
		return rc;
	rc = ksm_open_at(top, "sys", flags, &sys, err);
	if (rc && rc != -ENOENT)
		return rc;
	if (err && rc)
		memset(err, 0, sizeof(*err));
	ret_root->is_machine = is_same_directory(proc, "/proc") &&
			       (sys < 0 || is_same_directory(sys, "/sys"));
	ret_root->page_size = ret_root->is_machine ? (unsigned int)sysconf(_SC_PAGESIZE)
						   : read_page_size(proc);
	ret_root->run_fd = openat(top, "run", flags | O_CLOEXEC);
	ret_root->dry_run = false;
	ret_root->changed = NULL;
	ret_root->proc_fd = ksm_no_close(proc);
	ret_root->sys_fd = ksm_no_close(sys);
	return 0;
}

void ksm_root_close(struct ksm_root *root)
{
	if (root->proc_fd >= 0)
		close(root->proc_fd);
	if (root->sys_fd >= 0)
		close(root->sys_fd);
	if (root->run_fd >= 0)
		close(root->run_fd);
	root->proc_fd = root->sys_fd = root->run_fd = -1;
}

int ksm_open_at(int dir_fd, const char *path, int flags, int *ret_fd, struct ksm_error *err)
{
	int fd;

	do {
		fd = openat(dir_fd, path, flags | O_CLOEXEC | O_NOCTTY, 0600);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return ksm_file_error(dir_fd, path, errno, err);
	*ret_fd = fd;
	return 0;
}

/* Stops once there are more than @max bytes. */
static int read_all(int fd, size_t max, struct ksm_str *text)
{
	size_t start = text->len;

	for (;;) {
		size_t left = max - (text->len - start);
		ssize_t n;

		if (text->len > SIZE_MAX / 2 ||
		    ksm_array_reserve(&text->data, &text->capacity, text->len + READ_STEP + 1, 1))
			return -ENOMEM;
		n = read(fd, text->data + text->len, text->capacity - text->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		if ((size_t)n > left)
			return -EFBIG;
		text->len += (size_t)n;
	}
}

int ksm_read_fd(int fd, size_t max, struct ksm_str *ret_text, struct ksm_error *err)
{
	size_t len = ret_text->len;
	int rc = read_all(fd, max, ret_text);

	if (rc)
		ret_text->len = len;
	if (ret_text->data)
		ret_text->data[ret_text->len] = '\0';
	return rc ? ksm_file_error(fd, "", -rc, err) : 0;
}

int ksm_read_at(int dir_fd, const char *path, size_t max, struct ksm_str *ret_text,
		struct ksm_error *err)
{
	ksm_auto_close int fd = -1;
	int rc = ksm_open_at(dir_fd, path, O_RDONLY, &fd, err);

	return rc ? rc : ksm_read_fd(fd, max, ret_text, err);
}

int ksm_root_check_machine(const struct ksm_root *root, struct ksm_error *err)
{
	if (root->is_machine)
		return 0;
	return ksm_error_set(err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
			     "a recorded process cannot be made to do anything");
}

/* Asked of every process of a list, so not by status, which costs the kernel a multiple of this. */
static bool has_nothing_mapped(int dir_fd)
{
	ksm_auto_str struct ksm_str statm = {0};

	return !ksm_read_at(dir_fd, "statm", READ_STEP, &statm, NULL) && statm.len &&
	       !strncmp(statm.data, "0 ", 2);
}

/* The directory of a thread of the process that has memory; -1 if there is none. */
static int open_living_thread(int pid_dir_fd)
{
	int task_fd = openat(pid_dir_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC), found = -1;
	DIR *task = task_fd < 0 ? NULL : fdopendir(task_fd);
	struct dirent *entry;

	while (task && found < 0 && (entry = readdir(task))) {
		ksm_auto_close int fd = -1;

		if (isdigit((unsigned char)entry->d_name[0]) &&
		    !ksm_open_at(task_fd, entry->d_name, O_RDONLY | O_DIRECTORY, &fd, NULL) &&
		    !has_nothing_mapped(fd))
			found = ksm_no_close(fd);
	}
	if (task)
		closedir(task);
	else if (task_fd >= 0)
		close(task_fd);
	return found;
}

int ksm_root_open_pid(const struct ksm_root *root, pid_t pid, int *ret_dir_fd,
		      struct ksm_error *err)
{
	ksm_auto_close int dir_fd = -1;
	char name[16];
	int thread, rc;

	if (pid <= 0)
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				     "%d is no pid: a pid is a positive number", pid);
	snprintf(name, sizeof(name), "%d", pid);
	rc = ksm_open_at(root->proc_fd, name, O_RDONLY | O_DIRECTORY, &dir_fd, err);
	if (rc == -ENOENT || rc == -ESRCH)
		rc = ksm_error_set(err, KSM_ERR_GONE, ESRCH, "no process with pid %d", pid);
	if (rc && err)
		err->pid = pid;
	if (rc)
		return rc;
	thread = has_nothing_mapped(dir_fd) ? open_living_thread(dir_fd) : -1;
	*ret_dir_fd = thread < 0 ? ksm_no_close(dir_fd) : thread;
	return 0;
}

/* The number in the name of a /proc/PID or /proc/PID/task/TID directory; 0 if it cannot be told. */
static pid_t pid_of_dir(int pid_dir_fd)
{
	static const char task[] = "/task";
	char path[128], *name;
	uint64_t pid;

	full_path(pid_dir_fd, "", path, sizeof(path));
	name = strrchr(path, '/');
	if (name && name - path >= (ptrdiff_t)strlen(task) &&
	    !memcmp(name - strlen(task), task, strlen(task))) {
		name[-(ptrdiff_t)strlen(task)] = '\0';
		name = strrchr(path, '/');
	}
	return name && !ksm_parse_u64(name + 1, INT_MAX, &pid) ? (pid_t)pid : 0;
}

bool ksm_pid_is_gone(int pid_dir_fd)
{
	return faccessat(pid_dir_fd, "status", F_OK, 0) != 0 && (errno == ENOENT || errno == ESRCH);
}

/* Only what has an mm has lines that begin with Vm, and everybody may read them. */
bool ksm_pid_is_without_memory(int pid_dir_fd)
{
	ksm_auto_str struct ksm_str status = {0};

	return !ksm_read_at(pid_dir_fd, "status", 65536, &status, NULL) && status.len &&
	       !strstr(status.data, "\nVm");
}

int ksm_pid_no_memory_error(int pid_dir_fd, struct ksm_error *err)
{
	pid_t pid = pid_of_dir(pid_dir_fd);

	if (ksm_pid_is_gone(pid_dir_fd))
		ksm_error_set(err, KSM_ERR_GONE, ESRCH, "process %d has exited", pid);
	else
		ksm_error_set(err, KSM_ERR_NO_MEMORY, ESRCH,
			      "process %d has no memory of its own: it is a kernel thread, or has "
			      "exited and waits for its parent",
			      pid);
	if (err)
		err->pid = pid;
	return -ESRCH;
}

int ksm_open_pid_file(int pid_dir_fd, const char *name, const char *right, int *ret_fd,
		      struct ksm_error *err)
{
	int rc = ksm_open_at(pid_dir_fd, name, O_RDONLY, ret_fd, err);

	/* The files of a process without memory belong to root, which is beside the point. */
	if (rc == -ESRCH || (rc == -ENOENT && ksm_pid_is_gone(pid_dir_fd)) ||
	    ((rc == -EACCES || rc == -EPERM) && ksm_pid_is_without_memory(pid_dir_fd)))
		return ksm_pid_no_memory_error(pid_dir_fd, err);
	if (!rc || !err)
		return rc;
	err->pid = pid_of_dir(pid_dir_fd);
	if (rc == -EACCES || rc == -EPERM)
		snprintf(err->text, sizeof(err->text),
			 "permission denied: \"%s\": reading it takes %s", err->path, right);
	return rc;
}

bool ksm_root_change(const struct ksm_root *root, const char *what, const char *text)
{
	if (root->changed)
		root->changed(root->changed_arg, what, text);
	return !root->dry_run;
}

static int write_error(const struct ksm_root *root, const char *path, int errnum,
		       struct ksm_error *err)
{
	int ret = ksm_file_error(root->sys_fd, path, errnum, err);

	if (err && err->code == KSM_ERR_PERMISSION)
		snprintf(err->text, sizeof(err->text),
			 "\"%s\" is not yours to write: that takes being root", err->path);
	return ret;
}

int ksm_root_write(const struct ksm_root *root, const char *path, const char *text,
		   struct ksm_error *err)
{
	size_t len = strlen(text);
	char full[PATH_MAX];
	ssize_t written;
	int fd;

	full_path(root->sys_fd, path, full, sizeof(full));
	if (!root->dry_run) {
		fd = openat(root->sys_fd, path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0)
			return write_error(root, path, errno, err);
		written = write(fd, text, len);
		if (written != (ssize_t)len) {
			int errnum = written < 0 ? errno : EIO;

			close(fd);
			return write_error(root, path, errnum, err);
		}
		if (close(fd))
			return write_error(root, path, errno, err);
	}
	ksm_root_change(root, full, text);
	return 0;
}

int ksm_root_release(const struct ksm_root *root, struct ksm_str *ret_release,
		     struct ksm_error *err)
{
	int rc = ksm_read_at(root->proc_fd, "sys/kernel/osrelease", 256, ret_release, err);

	if (rc)
		return rc;
	if (ret_release->len && ret_release->data[ret_release->len - 1] == '\n')
		ret_release->data[--ret_release->len] = '\0';
	return 0;
}

bool ksm_root_yama_restricts(const struct ksm_root *root)
{
	ksm_auto_str struct ksm_str text = {0};

	return !ksm_read_at(root->proc_fd, "sys/kernel/yama/ptrace_scope", 64, &text, NULL) &&
	       text.len && text.data[0] >= '1' && text.data[0] <= '9';
}
