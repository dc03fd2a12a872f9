// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "tests/unit/fake_tree.h"

// In C, a function may have the name of a structure.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "control/opt_in.h"
}
#pragma GCC diagnostic pop

namespace
{

class IsOptedIn : public ::testing::Test
{
      protected:
	IsOptedIn()
	{
		tree_.Directory("proc/9");
		tree_.Directory("sys");
		tree_.File("proc/9/status", "Name:\tx\nVmSize:\t8 kB\n");
		EXPECT_EQ(ksm_root_open(tree_.Path().c_str(), &root_, nullptr), 0);
	}
	~IsOptedIn() override
	{
		ksm_root_close(&root_);
	}
	bool Is()
	{
		return ksm_is_opted_in(&root_, 9);
	}
	void Smaps(const std::string &flags)
	{
		tree_.File("proc/9/smaps", "10000-12000 rw-p 00000000 00:00 0\nVmFlags: rd wr\n"
					   "20000-22000 rw-p 00000000 00:00 0\nVmFlags: " +
						   flags + "\n");
	}

	FakeTree tree_;
	struct ksm_root root_ = {};
};

// Before 6.14 and as long as ksmd has not been there, areas tell it.
TEST_F(IsOptedIn, IsToldByAreasWhereKsmStatDoesNot)
{
	tree_.File("proc/9/ksm_stat", "ksm_rmap_items 0\nksm_merging_pages 0\n");
	EXPECT_FALSE(Is());
	Smaps("rd wr mr");
	EXPECT_FALSE(Is());
	Smaps("rd wr mr mg");
	EXPECT_TRUE(Is());
}

TEST_F(IsOptedIn, IsToldByKsmStatAloneSince6_14)
{
	Smaps("rd wr mr mg");
	tree_.File("proc/9/ksm_stat", "ksm_rmap_items 0\nksm_merge_any: no\nksm_mergeable: no\n");
	EXPECT_FALSE(Is());
	Smaps("rd wr mr");
	tree_.File("proc/9/ksm_stat", "ksm_rmap_items 0\nksm_merge_any: no\nksm_mergeable: yes\n");
	EXPECT_TRUE(Is());
}

TEST_F(IsOptedIn, WhoIsGoneIsNot)
{
	EXPECT_FALSE(ksm_is_opted_in(&root_, 8));
}

// Nor is a process of this machine that has its number.
TEST_F(IsOptedIn, ARecordedProcessIsLeftAlone)
{
	const struct ksm_opt_in everything = {true, -1, {}, 0};
	struct ksm_opt_in_result result = {};
	struct ksm_error err = {};

	Smaps("rd wr mr");
	EXPECT_EQ(ksm_opt_in(&root_, 9, &everything, &result, &err), -EOPNOTSUPP);
	EXPECT_EQ(result.n_attempts, 0u);
}

TEST_F(IsOptedIn, WhoHasItsNumberNowIsNotMeant)
{
	struct ksm_opt_in meant = {true, -1, {}, 5};
	struct ksm_opt_in_result result = {};
	struct ksm_error err = {};

	Smaps("rd wr mr");
	tree_.File("proc/9/stat", "9 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 500\n");
	root_.dry_run = true;
	EXPECT_EQ(ksm_opt_in(&root_, 9, &meant, &result, &err), -ESRCH);
	EXPECT_EQ(err.code, KSM_ERR_GONE);
	EXPECT_STREQ(err.text, "process 9 has exited, and another one has its number");
	meant.start_time = 500;
	EXPECT_EQ(ksm_opt_in(&root_, 9, &meant, &result, &err), 0) << err.text;
}

} // namespace
