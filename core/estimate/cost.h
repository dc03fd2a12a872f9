/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a page costs ksmd on this machine. */
#ifndef KSM_ESTIMATE_COST_H
#define KSM_ESTIMATE_COST_H

#include "checksum/checksum.h"
#include "kernel/root.h"

struct ksm_cost {
	double seconds_per_page; /* of CPU, for a page that ksmd looks at */
	double tick_seconds; /* of the kernel's timers, 1/HZ; 0: sleeps are as long as asked for */
	char basis[160];     /* where that comes from, for a report */
};

/*
 * From ksmd's own CPU time over the pages that it scanned since boot, where it has scanned enough (and the
 * kernel counts them: 6.6). Else from how fast this machine computes checksums: the kernel's, and as many of a page
 * as ksmd does besides on a machine where both were measured.
 */
void ksm_cost_measure(const struct ksm_root *root, enum ksm_checksum_kind kind,
		      unsigned int page_size, struct ksm_cost *ret_cost);

#endif
