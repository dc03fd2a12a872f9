/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts in all of something, from a count in a sample of it. */
#ifndef KSM_FLEET_INTERVAL_H
#define KSM_FLEET_INTERVAL_H

#include <stdint.h>

struct ksm_interval {
	double value;
	double low; /* 95 of 100 such intervals have the true count in them */
	double high;
};

/*
 * @sampled were found, each kept with probability 1/@sample, beside @exact that are kept in any case. From 50 on by
 * the normal distribution, below by the exact interval of Poisson's (F. Garwood, Biometrika 1936). There are no fewer
 * than were found.
 */
struct ksm_interval ksm_interval_of(uint64_t sampled, uint32_t sample, uint64_t exact);

#endif
