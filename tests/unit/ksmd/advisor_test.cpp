// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

extern "C" {
#include "ksmd/advisor.h"
}

namespace
{

class AdvisorTest : public testing::Test
{
      protected:
	AdvisorTest()
	{
		EXPECT_EQ(ksm_model_init(&model_, "6.18", nullptr, nullptr), 0);
	}

	ksm_model model_;
	ksm_advisor advisor_ = {};
};

// By hand: scan time 400 s against a target of 200 s gives factor 50; the first change of 100% weighs 30.
// 500 * 100 / 50 * 30 / 100 = 300; 2% CPU makes 250 pages a percent, so at least 2500.
TEST_F(AdvisorTest, FirstScan)
{
	EXPECT_EQ(ksm_advisor_next(&advisor_, &model_, 500, 400.9, 8), 2500u);
	EXPECT_EQ(advisor_.change, 30u);
	EXPECT_EQ(advisor_.last_scan_time, 400u);
}

TEST_F(AdvisorTest, NeverAboveTheMaximum)
{
	EXPECT_EQ(ksm_advisor_next(&advisor_, &model_, 100000, 4000, 40), 30000u);
}

// 5000 pages at 50% make 100 a percent: at most 70 times that.
TEST_F(AdvisorTest, NeverAboveTheCpuBudget)
{
	advisor_ = {300, 400};
	EXPECT_EQ(ksm_advisor_next(&advisor_, &model_, 5000, 400, 200), 7000u);
}

TEST_F(AdvisorTest, TheMinimumIsNoLowerBound)
{
	// One page a percent: ten pages at least, whatever advisor_min_pages_to_scan says.
	EXPECT_EQ(ksm_advisor_next(&advisor_, &model_, 50, 0.2, 0.5), 10u);
}

TEST_F(AdvisorTest, SettlesNearTheTarget)
{
	// 2,000,000 pages of 20 us are 40 s of work: 20% of a CPU at the target of 200 s.
	double pages = 2e6, seconds = 0;
	uint64_t pages_to_scan = 500;

	for (int scan = 0; scan < 60; scan++) {
		seconds = pages / static_cast<double>(pages_to_scan) * 0.02 + pages * 20e-6;
		pages_to_scan =
			ksm_advisor_next(&advisor_, &model_, pages_to_scan, seconds, pages * 20e-6);
	}
	EXPECT_GT(seconds, 150);
	EXPECT_LT(seconds, 260);
}

} // namespace
