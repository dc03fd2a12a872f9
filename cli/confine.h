/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rights given up before files of strangers are parsed. */
#ifndef KSM_CLI_CONFINE_H
#define KSM_CLI_CONFINE_H

#include "base/sandbox.h"
#include "cli/cli.h"

/* As ksm_sandbox_enter; an exit status. */
int ksm_cli_confine(const struct ksm_cli *cli, const struct ksm_sandbox *sandbox);
/* The same for arguments that name files and processes, where there is a file among them. */
int ksm_cli_confine_for(const struct ksm_cli *cli, int argc, char **argv, const char *writes);

#endif
