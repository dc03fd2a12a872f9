/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <gtest/gtest.h>

extern "C" {
#include "control/settle.h"
}

namespace
{

struct ksm_settle_sample At(int64_t scans, int64_t merging = 0, size_t alive = 1, int64_t run = 1)
{
	struct ksm_settle_sample sample = {};

	sample.full_scans = scans;
	sample.merging_pages = merging;
	sample.n_alive = alive;
	sample.run = run;
	return sample;
}

enum ksm_settle_verdict Take(struct ksm_settle &settle, const struct ksm_settle_sample &sample,
			     uint64_t wanted = 0, size_t n_pids = 1)
{
	return ksm_settle_take(&settle, &sample, wanted, n_pids);
}

/* The scan in which a change is seen is not over: two whole ones have to follow. */
TEST(Settle, TwoWholeScansWithoutAChange)
{
	struct ksm_settle settle = {};

	for (int64_t scans : {10, 11, 12})
		EXPECT_EQ(Take(settle, At(scans)), KSM_SETTLE_GOES_ON) << scans;
	EXPECT_EQ(Take(settle, At(12, 5)), KSM_SETTLE_GOES_ON);
	EXPECT_EQ(Take(settle, At(14, 5)), KSM_SETTLE_GOES_ON);
	EXPECT_EQ(Take(settle, At(15, 5)), KSM_SETTLE_DONE);
}

TEST(Settle, ManyScansBetweenTwoLooks)
{
	struct ksm_settle settle = {};

	Take(settle, At(0));
	/* It may have changed in the last of them. */
	EXPECT_EQ(Take(settle, At(50, 7)), KSM_SETTLE_GOES_ON);
	EXPECT_EQ(Take(settle, At(52, 7)), KSM_SETTLE_GOES_ON);
	EXPECT_EQ(Take(settle, At(60, 7)), KSM_SETTLE_DONE);
}

TEST(Settle, NumberOfScans)
{
	struct ksm_settle settle = {};

	EXPECT_EQ(Take(settle, At(5), 3), KSM_SETTLE_GOES_ON);
	EXPECT_EQ(Take(settle, At(7, 1), 3), KSM_SETTLE_GOES_ON);
	EXPECT_EQ(Take(settle, At(8, 2), 3), KSM_SETTLE_DONE);
}

TEST(Settle, WhatEndsIt)
{
	struct ksm_settle settle = {};

	Take(settle, At(5));
	EXPECT_EQ(Take(settle, At(6, 0, 1, 0)), KSM_SETTLE_STOPPED);
	settle = {};
	Take(settle, At(5));
	EXPECT_EQ(Take(settle, At(0)), KSM_SETTLE_STOPPED); /* run=2 */
	settle = {};
	Take(settle, At(5, 0, 2));
	EXPECT_EQ(Take(settle, At(6, 0, 1), 0, 2), KSM_SETTLE_GOES_ON);
	EXPECT_EQ(settle.changed_at, 6);
	EXPECT_EQ(Take(settle, At(7, 0, 0), 0, 2), KSM_SETTLE_ALL_GONE);
}

} // namespace
