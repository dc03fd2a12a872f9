/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts in all of something, from a count in a sample of it. */
#ifndef KSM_BASE_INTERVAL_H
#define KSM_BASE_INTERVAL_H

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

/* What a sample has of something that its elements have more or less of. */
struct ksm_sampled_sum {
	uint64_t n; /* elements that have any */
	double sum;
	double squares; /* sum of these */
};

/*
 * Likewise of a sum: of 50 elements on, by the normal distribution and the variance that D. Horvitz and D. Thompson give
 * (Journal of the American Statistical Association, 1952); of fewer, as many as Poisson's interval allows, each with as
 * much as those found have on average, or 1 if none was.
 */
struct ksm_interval ksm_interval_of_sum(const struct ksm_sampled_sum *sampled, uint32_t sample,
					double exact);

/*
 * Likewise of a sum to which an element can bring anything up to @most, which may be 0. What few elements tell of such a sum is
 * worth as much as of a count of sum * sum / squares elements; below 50 of these, the interval is that of M. Fay and
 * E. Feuer (Statistics in Medicine, 1997), which reckons with an element of @most that was not found.
 */
struct ksm_interval ksm_interval_of_uneven(const struct ksm_sampled_sum *sampled, uint32_t sample,
					   double exact, double most);

#endif
