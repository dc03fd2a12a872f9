/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cerrno>

#include "tests/unit/fake_tree.h"

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

/* What has the number of an exited process since is not waited for. */
TEST(Settle, AnotherWithItsNumberIsNotMeant)
{
	FakeTree tree;
	struct ksm_root root;
	const pid_t pid = 7;

	for (const char *name :
	     {"full_scans", "pages_shared", "pages_sharing", "pages_unshared", "pages_volatile"})
		tree.File(std::string("sys/kernel/mm/ksm/") + name, "5\n");
	tree.File("sys/kernel/mm/ksm/run", "1\n");
	tree.File("proc/7/stat", "7 (x) S 1 1 1 0 0 0 0 0 0 0 0 0 0 0 20 0 1 0 900 1000 10 0\n");
	tree.File("proc/7/status", "Name:\tx\nVmRSS:\t40 kB\n");
	tree.File("proc/7/statm", "100 10 5 1 0 5 0\n");
	tree.File("proc/7/ksm_stat", "ksm_rmap_items 9\nksm_merging_pages 3\nksm_merge_any: yes\n");
	ASSERT_EQ(ksm_root_open(tree.Path().c_str(), &root, nullptr), 0);
	for (uint64_t start_time : {500u, 900u, 0u}) {
		struct ksm_settle_options options = {};
		struct ksm_settle settle;
		struct ksm_error err = {};

		options.pid = &pid;
		options.n_pids = 1;
		options.start_time = &start_time;
		options.timeout_seconds = 0.01;
		options.stop_fd = -1;
		EXPECT_EQ(ksm_settle_wait(&root, &options, &settle, &err),
			  start_time == 500 ? -ESRCH : -ETIMEDOUT)
			<< err.text;
	}
	ksm_root_close(&root);
}

} // namespace
