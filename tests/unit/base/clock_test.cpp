// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

extern "C" {
#include "base/clock.h"
}

namespace
{

constexpr int64_t kHour = 3600 * KSM_SECOND;

TEST(ClockTest, SleepsUntilAStepLater)
{
	int64_t begin = ksm_now(), when = begin;

	ksm_sleep_step(&when, KSM_SECOND / 100);
	EXPECT_GE(ksm_now() - begin, KSM_SECOND / 100);
	EXPECT_GE(when - begin, KSM_SECOND / 100);
}

TEST(ClockTest, WhoIsALittleLateKeepsStep)
{
	int64_t begin = ksm_now() - kHour - kHour / 4, when = begin;

	ksm_sleep_step(&when, kHour);
	EXPECT_EQ(when, begin + kHour);
}

TEST(ClockTest, WhoHasMissedStepsMakesUpForNone)
{
	int64_t begin = ksm_now(), when = begin - 5 * kHour;

	ksm_sleep_step(&when, kHour);
	EXPECT_GE(when, begin);
	EXPECT_LE(when, ksm_now());
}

} // namespace
