// SPDX-License-Identifier: GPL-2.0-or-later
// Counts and sums told from a sample.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

extern "C" {
#include "base/interval.h"
}

namespace
{

// Of Poisson's: the tables of Garwood, by the quantiles of chi squared.
TEST(Interval, IsGarwoodsBelowFifty)
{
	const struct {
		uint64_t n;
		double low, high;
	} known[] = {{0, 0, 3.689}, {1, 0.0253, 5.572}, {10, 4.795, 18.390}, {49, 36.251, 64.781}};

	for (const auto &k : known) {
		ksm_interval interval = ksm_interval_of(k.n, 1000, 0);

		EXPECT_NEAR(interval.value, 1000.0 * k.n, 1e-6);
		EXPECT_NEAR(interval.low, std::max(1000 * k.low, 1.0 * k.n), 3) << k.n;
		EXPECT_NEAR(interval.high, 1000 * k.high, 3) << k.n;
	}
}

TEST(Interval, HasNoWidthWithoutSampling)
{
	ksm_interval interval = ksm_interval_of(12, 1, 5);

	EXPECT_EQ(interval.value, 17);
	EXPECT_EQ(interval.low, 17);
	EXPECT_EQ(interval.high, 17);
	interval = ksm_interval_of(400, 4, 100); // 400 +- 1.96 * sqrt(300)
	EXPECT_EQ(interval.value, 1700);
	EXPECT_NEAR(interval.low, 4 * (400 - 33.948) + 100, 0.01);
	EXPECT_NEAR(interval.high, 4 * (400 + 33.948) + 100, 0.01);
}

// Of elements with 1 to 9 each, one in 20 is kept, again and again: the true sum is within 95 of 100 intervals.
TEST(Interval, OfASumHasItAsOftenAsItSays)
{
	for (size_t n : {300, 40000}) { // some 15 and some 2000 are kept
		std::mt19937 random(static_cast<unsigned>(n));
		int inside = 0;

		for (int run = 0; run < 1000; run++) {
			ksm_sampled_sum sampled = {};
			double all = 0;

			for (size_t i = 0; i < n; i++) {
				double value = 1 + random() % 9;

				all += value;
				if (random() % 20)
					continue;
				sampled.n++;
				sampled.sum += value;
				sampled.squares += value * value;
			}
			ksm_interval interval = ksm_interval_of_sum(&sampled, 20, 7);

			EXPECT_NEAR(interval.value, 20 * sampled.sum + 7, 1e-6);
			inside += interval.low <= all + 7 && all + 7 <= interval.high;
		}
		EXPECT_GE(inside, 920) << n;
		EXPECT_LE(inside, 990) << n;
	}
}

TEST(Interval, OfASumThatNothingWasFoundOfIsNotNothing)
{
	const ksm_sampled_sum none = {};
	ksm_interval interval = ksm_interval_of_sum(&none, 8, 3);

	EXPECT_EQ(interval.value, 3);
	EXPECT_EQ(interval.low, 3);
	EXPECT_NEAR(interval.high, 3 + 8 * 3.689, 0.01);
	interval = ksm_interval_of_sum(&none, 1, 3);
	EXPECT_EQ(interval.high, 3);
}

// Many elements with 1 and few with 11, of which it may be that none is found.
TEST(Interval, OfAnUnevenSumHasItThoughTheGreatElementsAreFew)
{
	for (size_t great : {10, 20, 200}) {
		for (size_t small : {0, 100, 400}) {
			std::mt19937 random(static_cast<unsigned>(great + small));
			const double all = 11.0 * great + small;
			int inside = 0;

			for (int run = 0; run < 1000; run++) {
				ksm_sampled_sum sampled = {};

				for (size_t i = 0; i < great + small; i++) {
					double value = i < great ? 11 : 1;

					if (random() % 20)
						continue;
					sampled.n++;
					sampled.sum += value;
					sampled.squares += value * value;
				}
				ksm_interval interval = ksm_interval_of_uneven(&sampled, 20, 7, 11);

				EXPECT_NEAR(interval.value, 20 * sampled.sum + 7, 1e-6);
				inside += interval.low <= all + 7 && all + 7 <= interval.high;
			}
			EXPECT_GE(inside, 930) << great << " " << small;
		}
	}
}

TEST(Interval, OfAnUnevenSumOfOnesIsThatOfACount)
{
	for (uint64_t n : {0, 1, 7, 49, 50, 400}) {
		const ksm_sampled_sum ones = {n, double(n), double(n)};
		ksm_interval count = ksm_interval_of(n, 16, 3),
			     sum = ksm_interval_of_uneven(&ones, 16, 3, 1);

		EXPECT_DOUBLE_EQ(sum.low, count.low) << n;
		EXPECT_DOUBLE_EQ(sum.high, count.high) << n;
	}
}

} // namespace
