/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

static int file_fails(const struct ksm_cli *cli, const char *path)
{
	struct ksm_error err;

	ksm_file_error(AT_FDCWD, path, errno ? errno : EIO, &err);
	return ksm_cli_fail(cli, &err);
}

static bool write_all(int fd, const struct ksm_str *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t n = write(fd, text->data + done, text->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

int ksm_cli_write_file(const struct ksm_cli *cli, const char *path, const struct ksm_str *text)
{
	ksm_auto_str struct ksm_str name = {0};
	ksm_auto_close int fd = -1;
	struct stat stat_of;
	bool is_special = !stat(path, &stat_of) && !S_ISREG(stat_of.st_mode);

	if (ksm_str_printf(&name, is_special ? "%s" : "%s.%d", path, getpid()))
		return ksm_cli_no_memory(cli);
	fd = open(name.data, O_WRONLY | O_CLOEXEC | (is_special ? 0 : O_CREAT | O_EXCL), 0600);
	if (fd < 0)
		return file_fails(cli, path);
	if (write_all(fd, text) && (is_special || (!fsync(fd) && !rename(name.data, path))))
		return KSM_EXIT_OK;
	file_fails(cli, path);
	if (!is_special)
		unlink(name.data);
	return KSM_EXIT_FAILED;
}
