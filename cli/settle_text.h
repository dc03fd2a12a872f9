/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How waiting for ksmd is shown, by `wait` and `merge --wait`. */
#ifndef KSM_CLI_SETTLE_TEXT_H
#define KSM_CLI_SETTLE_TEXT_H

#include <json-c/json.h>

#include "cli/cli.h"
#include "control/settle.h"

/* Where a line of progress stands; zero-initialise but for cli. */
struct ksm_settle_line {
	const struct ksm_cli *cli;
	bool is_shown;
};

/* Shows how far it is, if that is wanted and it takes more than a second. */
void ksm_settle_show(struct ksm_settle_line *line, const struct ksm_settle *settle);
void ksm_settle_end_line(struct ksm_settle_line *line);

/* "settled after 5 full scans in 12 s" */
void ksm_settle_print(const struct ksm_settle *settle, bool settled);

/* "settled", "full_scans", "seconds", "before", "after" into a document. */
void ksm_settle_json(const struct ksm_settle *settle, bool settled, json_object *document);

#endif
