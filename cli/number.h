/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in the command line. */
#ifndef KSM_CLI_NUMBER_H
#define KSM_CLI_NUMBER_H

#include <stdbool.h>
#include <sys/types.h>

#include "cli/cli.h"

/* Whole of @text: digits, with or without a fraction, from @min to @max. strtod alone takes "0x1p3", "inf" and " 1". */
bool ksm_cli_parse_number(const char *text, double min, double max, double *ret_value);

/* A process number; an exit status. */
int ksm_cli_parse_pid(const struct ksm_cli *cli, const char *text, pid_t *ret_pid);

#endif
