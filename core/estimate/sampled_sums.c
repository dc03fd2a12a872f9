/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/sampled_sums.h"

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
}

void ksm_sampled_fit(struct ksm_estimate_sums *sums, int64_t present)
{
	int64_t missing = present - sums->pages_present;

	sums->pages_present += missing;
	sums->physical_pages += missing;
	sums->distinct_pages += missing;
	/* Of a target with few pages a sample says little, and not always what can be. */
	if (sums->physical_pages < 0)
		sums->physical_pages = 0;
	if (sums->distinct_pages < 0)
		sums->distinct_pages = 0;
}
