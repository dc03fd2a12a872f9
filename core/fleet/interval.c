/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/interval.h"

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

struct ksm_interval ksm_interval_of(uint64_t sampled, uint32_t sample, uint64_t exact)
{
	double n = (double)sampled, low, high, spread;

	if (sample <= 1) {
		low = high = n;
	} else if (sampled >= NORMAL_FROM) {
		spread = QUANTILE * sqrt(n * (1 - 1.0 / sample));
		low = (n - spread) * sample;
		high = (n + spread) * sample;
	} else {
		low = sampled ? mean_of(sampled - 1, 1 - TAIL) * sample : 0;
		high = mean_of(sampled, TAIL) * sample;
	}
	if (low < n)
		low = n;
	return (struct ksm_interval){n * (sample ? sample : 1) + (double)exact, low + (double)exact,
				     high + (double)exact};
}
