/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast ksmd goes, by its settings and the cost of a page. */
#ifndef KSM_ESTIMATE_PACE_H
#define KSM_ESTIMATE_PACE_H

#include "estimate/cost.h"
#include "ksmd/advisor.h"
#include "ksmd/model.h"

/* @model and @cost must outlive it. */
struct ksm_pace {
	const struct ksm_model *model;
	const struct ksm_cost *cost;
	struct ksm_advisor advisor;
	uint64_t pages_to_scan; /* for the next pass: the advisor changes it */
	double seconds;		/* of the passes so far; infinite with pages_to_scan=0 */
	double cpu_seconds;	/* likewise */
};

void ksm_pace_init(struct ksm_pace *pace, const struct ksm_model *model,
		   const struct ksm_cost *cost);

/*
 * A batch that takes @work seconds, and the sleep of @sleep seconds behind it, with timers that tick every @tick
 * seconds (0: as long as asked for).
 */
double ksm_pace_batch_seconds(double sleep, double tick, double work);

/* How long a pass over so many pages would take now. */
double ksm_pace_pass_seconds(const struct ksm_pace *pace, uint64_t pages);

/* Such a pass is over. */
void ksm_pace_take_pass(struct ksm_pace *pace, uint64_t pages);

#endif
