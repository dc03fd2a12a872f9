/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KSM's state as its sysfs tells it, and what follows from it. */
#ifndef KSM_REPORT_STATUS_H
#define KSM_REPORT_STATUS_H

#include <json-c/json.h>
#include <stdint.h>

#include "estimate/estimate.h"
#include "kernel/ksm_sysfs.h"

/* Amounts are bytes, KSM_UNKNOWN where the kernel does not tell. */
struct ksm_status {
	struct ksm_sysfs sysfs;
	unsigned int page_size;
	int64_t saved_bytes;	/* (pages_sharing + ksm_zero_pages) pages */
	int64_t general_profit; /* signed; 6.4 */
	int64_t metadata_bytes; /* rmap items: what the kernel took off saved_bytes for the profit */
	double ksmd_cpu_percent; /* of one CPU, over the last interval; NAN if not measured */
};

/* How fast it goes: against a sample before. NAN where that cannot be told. */
struct ksm_rates {
	double pages_scanned; /* a second */
	double pages_skipped;
	double full_scans;
	double pages_sharing; /* how many more a second; signed */
};

/* @seconds between the two. */
void ksm_rates_init(struct ksm_rates *ret_rates, const struct ksm_sysfs *before,
		    const struct ksm_sysfs *now, double seconds);
/* All unknown. */
void ksm_rates_unknown(struct ksm_rates *ret_rates);

/* Works out all but ksmd_cpu_percent, which is NAN then. */
void ksm_status_init(struct ksm_status *ret_status, const struct ksm_sysfs *sysfs,
		     unsigned int page_size);

/* Pages that ksmd keeps track of now, or KSM_UNKNOWN. */
int64_t ksm_status_tracked_pages(const struct ksm_status *status);

/*
 * ksmctl.status/1, or what another @schema begins with; NULL when memory is short. The caller releases it with
 * json_object_put().
 */
json_object *ksm_report_status(const char *schema, const struct ksm_status *status,
			       const struct ksm_rates *rates);

#endif
