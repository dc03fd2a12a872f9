/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that verbs write. */
#ifndef KSM_CLI_FILE_H
#define KSM_CLI_FILE_H

#include "base/str.h"
#include "cli/cli.h"

/*
 * Refuses @output, which the option @writes names, where it is the same file as @input, which @reads names; either may
 * be NULL. What is no file but a terminal or a pipe may well be both. An exit status.
 */
int ksm_cli_check_output(const struct ksm_cli *cli, const char *writes, const char *output,
			 const char *reads, const char *input);

/*
 * Fails where ksm_file_write() would for want of a folder or of rights to it, before work is done that would be lost; @path
 * may be NULL. An exit status; the failure has been told.
 */
int ksm_cli_check_folder(const struct ksm_cli *cli, const char *path);

/* As ksm_file_write(). An exit status; the failure has been told. */
int ksm_cli_write_file(const struct ksm_cli *cli, const char *path, const struct ksm_str *text);

#endif
