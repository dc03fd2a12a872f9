/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that verbs write. */
#ifndef KSM_CLI_FILE_H
#define KSM_CLI_FILE_H

#include "base/str.h"
#include "cli/cli.h"

/* As ksm_file_write(). An exit status; the failure has been told. */
int ksm_cli_write_file(const struct ksm_cli *cli, const char *path, const struct ksm_str *text);

#endif
