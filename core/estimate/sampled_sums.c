/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/sampled_sums.h"

#include <math.h>

/* Where it is known how many pages there are, only what they have less of is to be told from the sample. */
static void complement(struct ksm_estimate_sums *sums)
{
	sums->physical_pages = sums->pages_present - sums->physical_pages;
	sums->distinct_pages = sums->pages_present - sums->distinct_pages;
	sums->pages_present = 0;
}

static void add_to(struct ksm_sampled_sum *sum, int64_t value)
{
	sum->n += value != 0;
	sum->sum += (double)value;
	sum->squares += (double)value * (double)value;
}

void ksm_sampled_count(struct ksm_sampled_sums *sampled, const struct ksm_estimate_sums *before,
		       const struct ksm_estimate_sums *now, int64_t weight)
{
	struct ksm_estimate_sums added = *now;

#define X(name) added.name = (added.name - before->name) / weight;
	KSM_SAMPLED_SUMS(X)
#undef X
	if (sampled->knows_present)
		complement(&added);
#define X(name) add_to(&sampled->name, added.name);
	KSM_SAMPLED_SUMS(X)
#undef X
}

static struct ksm_interval less(int64_t all, struct ksm_interval interval)
{
	double n = (double)all;

	return (struct ksm_interval){n - interval.value, n - interval.high, n - interval.low};
}

static struct ksm_interval at_most(int64_t all, struct ksm_interval interval)
{
	double n = (double)all;

	return (struct ksm_interval){fmin(interval.value, n), fmin(interval.low, n),
				     fmin(interval.high, n)};
}

void ksm_sampled_take(const struct ksm_sampled_sums *sampled,
		      const struct ksm_estimate_sums *totals, int64_t present,
		      struct ksm_estimate_sample *sample)
{
	struct ksm_estimate_sums sums = *totals;

	if (sampled->knows_present)
		complement(&sums);
#define X(name)                                                           \
	sample->name = ksm_interval_of_sum(&sampled->name, sample->every, \
					   (double)sums.name - sampled->name.sum * sample->every);
	KSM_SAMPLED_SUMS(X)
#undef X
	if (!sampled->knows_present)
		return;
	sample->pages_present = less(present, (struct ksm_interval){0});
	sample->physical_pages = less(present, sample->physical_pages);
	sample->distinct_pages = less(present, sample->distinct_pages);
#define X(name) sample->name = at_most(present, sample->name);
	KSM_SAMPLED_SUMS(X)
#undef X
}

static int64_t within(int64_t present, int64_t pages)
{
	if (pages < 0)
		return 0;
	return pages < present ? pages : present;
}

void ksm_sampled_fit(struct ksm_estimate_sums *sums, int64_t present)
{
	int64_t missing = present - sums->pages_present;

	sums->pages_present += missing;
	sums->physical_pages += missing;
	sums->distinct_pages += missing;
	/* A sample says little of few pages, and not always what can be. */
#define X(name) sums->name = within(present, sums->name);
	KSM_SAMPLED_SUMS(X)
#undef X
}
