/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `ksmctl status` for people. */
#ifndef KSM_CLI_STATUS_TEXT_H
#define KSM_CLI_STATUS_TEXT_H

#include "cli/cli.h"
#include "cli/table.h"
#include "report/sample.h"

extern const struct ksm_column ksm_status_columns[];

/* How long a full scan takes, over enough of them for that to be true; zeros before the first sample. */
struct ksm_scan_pace {
	bool has_begun;
	int64_t full_scans; /* when it was last told, and by then */
	double time;
	double seconds; /* of one scan; 0 if not known */
};

void ksm_scan_pace_add(struct ksm_scan_pace *pace, const struct ksm_sample *sample);

/* The one line that answers the question; of which the samples up to it tell @pace. */
void ksm_status_print_headline(const struct ksm_cli *cli, const struct ksm_sample *sample,
			       const struct ksm_scan_pace *pace, bool bytes);
/* A row per file of sysfs. Returns 0 or a negative errno. */
int ksm_status_print_table(const struct ksm_status *status, const struct ksm_table_options *options,
			   struct ksm_error *err);

#endif
