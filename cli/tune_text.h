/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `tune` decided, for people and for scripts. */
#ifndef KSM_CLI_TUNE_TEXT_H
#define KSM_CLI_TUNE_TEXT_H

#include <json-c/json.h>

#include "cli/cli.h"
#include "control/tune.h"

void ksm_tune_print(const struct ksm_tuning *tuning, const struct ksm_tune_facts *facts,
		    unsigned int page_size, bool explain);

/* ksmctl.tune/1, with the changes so far. */
json_object *ksm_tune_json(struct ksm_cli *cli, const struct ksm_tune_goals *goals,
			   const struct ksm_tuning *tuning, const struct ksm_tune_facts *facts);

#endif
