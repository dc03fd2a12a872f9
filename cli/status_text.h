/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `ksmctl status` for people. */
#ifndef KSM_CLI_STATUS_TEXT_H
#define KSM_CLI_STATUS_TEXT_H

#include "cli/cli.h"
#include "cli/table.h"
#include "report/status.h"

extern const struct ksm_column ksm_status_columns[];

/* The one line that answers the question. */
void ksm_status_print_headline(const struct ksm_cli *cli, const struct ksm_status *status,
			       const struct ksm_rates *rates, bool bytes);
/* A row per file of sysfs. Returns 0 or a negative errno. */
int ksm_status_print_table(const struct ksm_status *status, const struct ksm_table_options *options,
			   struct ksm_error *err);

#endif
