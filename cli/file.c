/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/file.h"

#include <fcntl.h>

#include "base/file.h"

int ksm_cli_write_file(const struct ksm_cli *cli, const char *path, const struct ksm_str *text)
{
	int ret = ksm_file_write(path, text);
	struct ksm_error err;

	if (!ret)
		return KSM_EXIT_OK;
	ksm_file_error(AT_FDCWD, path, -ret, &err);
	return ksm_cli_fail(cli, &err);
}
