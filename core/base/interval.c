/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/interval.h"

#include <math.h>

#define NORMAL_FROM 50
#define QUANTILE    1.96
#define TAIL	    0.025

/* Probability of @n or fewer where @mean are expected. */
static double poisson_cdf(uint64_t n, double mean)
{
	double term = exp(-mean), sum = term;

	for (uint64_t i = 1; i <= n; i++) {
		term *= mean / (double)i;
		sum += term;
	}
	return sum;
}

/* The mean at which @n or fewer come with @probability: it falls as the mean grows. */
static double mean_of(uint64_t n, double probability)
{
	double low = 0, high = 2 * NORMAL_FROM + 50;

	for (int i = 0; i < 60; i++) {
		double middle = (low + high) / 2;

		if (poisson_cdf(n, middle) > probability)
			low = middle;
		else
			high = middle;
	}
	return low;
}

struct ksm_interval ksm_interval_of_sum(const struct ksm_sampled_sum *sampled, uint32_t sample,
					double exact)
{
	double low, high;

	if (sample <= 1) {
		low = high = sampled->sum;
	} else if (sampled->n >= NORMAL_FROM) {
		double spread = QUANTILE * sqrt(sampled->squares * (1 - 1.0 / sample));

		low = (sampled->sum - spread) * sample;
		high = (sampled->sum + spread) * sample;
	} else {
		double each = sampled->n ? sampled->sum / (double)sampled->n : 1;

		low = sampled->n ? mean_of(sampled->n - 1, 1 - TAIL) * each * sample : 0;
		high = mean_of(sampled->n, TAIL) * each * sample;
	}
	if (low < sampled->sum)
		low = sampled->sum;
	return (struct ksm_interval){sampled->sum * (sample ? sample : 1) + exact, low + exact,
				     high + exact};
}

/* In so many equal elements a sum is as uncertain as in these. */
static uint64_t equal_elements(double sum, double squares)
{
	return squares > 0 ? (uint64_t)(sum * sum / squares) : 0;
}

struct ksm_interval ksm_interval_of_uneven(const struct ksm_sampled_sum *sampled, uint32_t sample,
					   double exact, double most)
{
	struct ksm_interval interval = ksm_interval_of_sum(sampled, sample, exact);
	uint64_t n = equal_elements(sampled->sum, sampled->squares), n_more;
	double more = sampled->sum + most;

	if (sample <= 1 || n >= NORMAL_FROM)
		return interval;
	n_more = equal_elements(more, sampled->squares + most * most);
	interval.low = interval.high = exact;
	if (n)
		interval.low += fmax(sampled->sum,
				     sampled->sum / (double)n * mean_of(n - 1, 1 - TAIL) * sample);
	if (n_more)
		interval.high += more / (double)n_more * mean_of(n_more - 1, TAIL) * sample;
	return interval;
}

struct ksm_interval ksm_interval_of(uint64_t sampled, uint32_t sample, uint64_t exact)
{
	const struct ksm_sampled_sum ones = {
		.n = sampled,
		.sum = (double)sampled,
		.squares = (double)sampled,
	};

	return ksm_interval_of_sum(&ones, sample, (double)exact);
}
