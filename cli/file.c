/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

int ksm_cli_check_output(const struct ksm_cli *cli, const char *writes, const char *output,
			 const char *reads, const char *input)
{
	struct stat out, in;

	if (!output || !input || stat(output, &out) || stat(input, &in))
		return KSM_EXIT_OK;
	if (out.st_dev != in.st_dev || out.st_ino != in.st_ino)
		return KSM_EXIT_OK;
	if (!S_ISREG(out.st_mode) && !S_ISBLK(out.st_mode))
		return KSM_EXIT_OK;
	return ksm_cli_usage(cli,
			     "%s would overwrite \"%.80s\", which is read as %s: name another file",
			     writes, input, reads);
}

int ksm_cli_check_folder(const struct ksm_cli *cli, const char *path)
{
	ksm_auto_free char *resolved = path ? ksm_file_resolve(path) : NULL;
	struct ksm_error err;
	struct stat stat_of;

	if (!path || (!stat(path, &stat_of) && !S_ISREG(stat_of.st_mode)) ||
	    (resolved && !faccessat(AT_FDCWD, dirname(resolved), W_OK | X_OK, AT_EACCESS)))
		return KSM_EXIT_OK;
	ksm_file_error(AT_FDCWD, path, errno, &err);
	return ksm_cli_fail(cli, &err);
}

int ksm_cli_write_file(const struct ksm_cli *cli, const char *path, const struct ksm_str *text)
{
	int ret = ksm_file_write(path, text);
	struct ksm_error err;

	if (!ret)
		return KSM_EXIT_OK;
	ksm_file_error(AT_FDCWD, path, -ret, &err);
	return ksm_cli_fail(cli, &err);
}
