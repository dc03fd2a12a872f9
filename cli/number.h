/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in the command line. */
#ifndef KSM_CLI_NUMBER_H
#define KSM_CLI_NUMBER_H

#include <stdbool.h>
#include <sys/types.h>

#include "cli/cli.h"

/* Whole of @text: digits, with or without a fraction, from @min to @max. strtod alone takes "0x1p3", "inf" and " 1". */
bool ksm_cli_parse_number(const char *text, double min, double max, double *ret_value);

/* The value of an option, a whole number from @min to @max; an exit status. */
int ksm_cli_take_count(const struct ksm_cli *cli, const struct ksm_option *option,
		       const char *value, uint64_t min, uint64_t max, unsigned int *ret_count);

/* The same of an amount of bytes, which may have a unit: "64G". */
int ksm_cli_take_bytes(const struct ksm_cli *cli, const char *option, const char *value,
		       uint64_t max, uint64_t *ret_bytes);

#define KSM_THREADS_MAX 256

/* As many threads as are of use, KSM_THREADS_MAX at most. */
unsigned int ksm_cli_available_cpus(void);

/* Digits alone: where processes and files can be named, a process. */
bool ksm_cli_is_number(const char *text);
/* A process number; an exit status. */
int ksm_cli_parse_pid(const struct ksm_cli *cli, const char *text, pid_t *ret_pid);

#endif
