/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `merge --wait`: forecast, opt in, wait until settled, and hold the one against the other. */
#ifndef KSM_CLI_MERGE_WAIT_H
#define KSM_CLI_MERGE_WAIT_H

#include <json-c/json.h>

#include "cli/merge.h"
#include "control/settle.h"
#include "kernel/ksm_sysfs.h"

#define KSM_BOOST_DEFAULT 50.0 /* percent of a CPU */

struct ksm_merge_wait {
	double timeout; /* seconds; 0: none */
	double boost;	/* percent of a CPU; 0: none */
	/* What a forecast says of the machine, and what became of it; KSM_UNKNOWN where there is none. */
	int64_t shared, sharing, zero;
	int64_t shared_then, sharing_then, zero_then;
	int64_t *merged; /* forecast for each target: pages that merge, zero pages as well */
	struct ksm_settle settle;
	bool settled;
	struct ksm_error boost_error; /* why, once it had settled, settings could not be put back */
};

/*
 * Forecasts what the targets, and those that have opted in before, will come to. Nothing of it is known (and that is
 * said) where they cannot be read, or with @whole false, when only parts are opted in. An exit status.
 */
int ksm_merge_forecast(const struct ksm_cli *cli, const struct ksm_merge_targets *targets,
		       bool whole, struct ksm_merge_wait *wait);

/* Waits, with a boost if one is wanted, which ends in any case. An exit status; reports what went wrong. */
int ksm_merge_wait(const struct ksm_cli *cli, struct ksm_merge_targets *targets,
		   struct ksm_merge_wait *wait);

void ksm_merge_wait_print(const struct ksm_merge_targets *targets,
			  const struct ksm_merge_wait *wait);
/* Into a document of merge, with its "targets". */
void ksm_merge_wait_json(const struct ksm_merge_targets *targets, const struct ksm_merge_wait *wait,
			 json_object *document);
void ksm_merge_wait_release(struct ksm_merge_wait *wait);

#endif
