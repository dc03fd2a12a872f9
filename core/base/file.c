/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

static int write_all(int fd, const struct ksm_str *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t n = write(fd, text->data + done, text->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		done += (size_t)n;
	}
	return 0;
}

char *ksm_file_resolve(const char *path)
{
	char *resolved = realpath(path, NULL);
	struct stat link;

	if (!resolved && errno == ENOENT && lstat(path, &link))
		resolved = strdup(path);
	return resolved;
}

/* Is the file this program's output already? Its descriptor then, else -1. */
static int own_output(const struct stat *file)
{
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		struct stat output;

		if (!fstat(fd, &output) && output.st_dev == file->st_dev &&
		    output.st_ino == file->st_ino)
			return fd;
	}
	return -1;
}

static int write_to_special(const char *path, const struct ksm_str *text)
{
	ksm_auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : write_all(fd, text);
}

static int replace(const char *path, const struct ksm_str *text)
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash - path) + 1 : 0, ret;
	ksm_auto_str struct ksm_str name = {0};
	ksm_auto_close int fd = -1;

	if (ksm_str_printf(&name, "%.*s.ksmctl.%d", folder, path, getpid()))
		return -ENOMEM;
	fd = open(name.data, O_WRONLY | O_CLOEXEC | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return -errno;
	ret = write_all(fd, text);
	if (!ret && (fsync(fd) || rename(name.data, path)))
		ret = -errno;
	if (ret)
		unlink(name.data);
	return ret;
}

int ksm_file_write(const char *path, const struct ksm_str *text)
{
	ksm_auto_free char *resolved = NULL;
	struct stat file;
	int output;

	if (!stat(path, &file)) {
		if (!S_ISREG(file.st_mode))
			return write_to_special(path, text);
		output = own_output(&file);
		if (output >= 0)
			return write_all(output, text);
	}
	resolved = ksm_file_resolve(path);
	return resolved ? replace(resolved, text) : -errno;
}
