/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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

int ksm_file_write(const char *path, const struct ksm_str *text)
{
	ksm_auto_str struct ksm_str name = {0};
	ksm_auto_close int fd = -1;
	struct stat stat_of;
	bool is_special = !stat(path, &stat_of) && !S_ISREG(stat_of.st_mode);
	int ret;

	if (ksm_str_printf(&name, is_special ? "%s" : "%s.%d", path, getpid()))
		return -ENOMEM;
	fd = open(name.data, O_WRONLY | O_CLOEXEC | (is_special ? 0 : O_CREAT | O_EXCL), 0600);
	if (fd < 0)
		return -errno;
	ret = write_all(fd, text);
	if (is_special)
		return ret;
	if (!ret && (fsync(fd) || rename(name.data, path)))
		ret = -errno;
	if (ret)
		unlink(name.data);
	return ret;
}
