/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `ksmctl status -p`: a table by process. */
#ifndef KSM_CLI_STATUS_PROCESSES_H
#define KSM_CLI_STATUS_PROCESSES_H

#include "cli/cli.h"
#include "cli/table.h"
#include "report/processes.h"

extern const struct ksm_column ksm_status_process_columns[];

/* 0 or a negative errno. */
int ksm_status_print_processes(const struct ksm_process_statuses *statuses,
			       const struct ksm_table_options *options, struct ksm_error *err);

#endif
