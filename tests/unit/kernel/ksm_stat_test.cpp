// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <string>

#include "tests/unit/fake_tree.h"

extern "C" {
#include "base/cleanup.h"
#include "kernel/ksm_stat.h"
#include "kernel/root.h"
}

namespace
{

int Parse(const std::string &text, ksm_stat *stat, ksm_error *err)
{
	return ksm_stat_parse(text.data(), text.size(), stat, err);
}

TEST(KsmStat, BothFormsOfLine)
{
	ksm_stat stat;
	ksm_error err;

	ASSERT_EQ(Parse("ksm_rmap_items 11\n"
			"ksm_zero_pages 22\n"
			"ksm_merging_pages 33\n"
			"ksm_process_profit -4096\n"
			"ksm_merge_any: no\n"
			"ksm_mergeable: yes\n",
			&stat, &err),
		  0)
		<< err.text;
	for (bool valid : stat.valid)
		EXPECT_TRUE(valid);
	EXPECT_EQ(stat.value[KSM_STAT_ksm_rmap_items], 11);
	EXPECT_EQ(stat.value[KSM_STAT_ksm_zero_pages], 22);
	EXPECT_EQ(stat.value[KSM_STAT_ksm_merging_pages], 33);
	EXPECT_EQ(stat.value[KSM_STAT_ksm_process_profit], -4096);
	EXPECT_EQ(stat.value[KSM_STAT_ksm_merge_any], 0);
	EXPECT_EQ(stat.value[KSM_STAT_ksm_mergeable], 1);
}

TEST(KsmStat, MissingIsNotZeroAndUnknownIsPassedOver)
{
	ksm_stat stat;
	ksm_error err;

	ASSERT_EQ(Parse("ksm_future: maybe\nksm_rmap_items_x 5\n\nksm_rmap_items 7", &stat, &err),
		  0);
	for (int i = 0; i < KSM_STAT_N; i++)
		EXPECT_EQ(stat.valid[i], i == KSM_STAT_ksm_rmap_items) << i;
	EXPECT_EQ(stat.value[KSM_STAT_ksm_rmap_items], 7);
	ASSERT_EQ(Parse("", &stat, &err), 0);
	for (bool valid : stat.valid)
		EXPECT_FALSE(valid);
}

TEST(KsmStat, RefusesForeignValues)
{
	ksm_stat stat;
	ksm_error err;

	for (const char *line :
	     {"ksm_rmap_items yes", "ksm_rmap_items", "ksm_rmap_items ", "ksm_rmap_items -1",
	      "ksm_rmap_items  1", "ksm_rmap_items 1 ", "ksm_rmap_items 9223372036854775808",
	      "ksm_rmap_items:1", "ksm_process_profit 9223372036854775808",
	      "ksm_process_profit --1", "ksm_process_profit -", "ksm_mergeable: 1",
	      "ksm_mergeable: yess", "ksm_merge_any 0", "ksm_merge_any:", "ksm_rmap_items 0x1",
	      "ksm_rmap_items 111111111111111111111111111"}) {
		stat.value[0] = 77;
		EXPECT_EQ(Parse("ksm_x 1\n" + std::string(line) + "\n", &stat, &err), -EBADMSG)
			<< line;
		EXPECT_EQ(err.code, KSM_ERR_FORMAT);
		EXPECT_NE(std::string(err.text).find("line 2 "), std::string::npos) << err.text;
		EXPECT_EQ(stat.value[0], 77);
	}
	EXPECT_EQ(Parse(std::string("ksm_rmap_items 1\0002\n", 19), &stat, &err), -EBADMSG);
}

// 6.6 printed its racy count with %lu, 6.7 with %ld.
TEST(KsmStat, ZeroPagesBelowZero)
{
	ksm_stat stat;
	ksm_error err;

	for (const char *line : {"ksm_zero_pages -1\n", "ksm_zero_pages 18446744073709551615\n"}) {
		ASSERT_EQ(Parse(line, &stat, &err), 0) << line;
		EXPECT_EQ(stat.value[KSM_STAT_ksm_zero_pages], -1);
	}
}

/* "yes", "no", or "?" where that is not told. */
std::string OptedIn(const std::string &text)
{
	ksm_stat stat = {};
	bool is_in = false;

	EXPECT_EQ(ksm_stat_parse(text.data(), text.size(), &stat, nullptr), 0);
	return ksm_stat_tells_opt_in(&stat, &is_in) ? is_in ? "yes" : "no" : "?";
}

TEST(KsmStat, TellsOptInAsFarAsItsKernelDoes)
{
	EXPECT_EQ(OptedIn("ksm_rmap_items 0\nksm_merge_any: no\nksm_mergeable: no\n"), "no");
	EXPECT_EQ(OptedIn("ksm_rmap_items 0\nksm_merge_any: yes\nksm_mergeable: yes\n"), "yes");
	EXPECT_EQ(OptedIn("ksm_rmap_items 0\nksm_merge_any: no\nksm_mergeable: yes\n"), "yes");
	EXPECT_EQ(OptedIn("ksm_merging_pages 2\nksm_merge_any: no\nksm_mergeable: no\n"), "yes");
	// Items of those who have opted out stay until ksmd comes by.
	EXPECT_EQ(OptedIn("ksm_rmap_items 7\nksm_merge_any: no\nksm_mergeable: no\n"), "no");
	EXPECT_EQ(OptedIn("ksm_rmap_items 0\nksm_zero_pages 0\nksm_merging_pages 0\n"), "?");
	EXPECT_EQ(OptedIn("ksm_rmap_items 7\nksm_zero_pages 0\nksm_merging_pages 0\n"), "yes");
	EXPECT_EQ(OptedIn("ksm_rmap_items 0\nksm_zero_pages 1\nksm_merging_pages 0\n"), "yes");
	EXPECT_EQ(OptedIn(""), "?");
}

TEST(KsmStat, NamesAreTheKernels)
{
	EXPECT_STREQ(ksm_stat_name(KSM_STAT_ksm_rmap_items), "ksm_rmap_items");
	EXPECT_STREQ(ksm_stat_name(KSM_STAT_ksm_mergeable), "ksm_mergeable");
}

class KsmStatFiles : public testing::Test
{
      protected:
	KsmStatFiles()
	{
		tree.File("9/status", "Name:\tx\n");
		dir = tree.Open("9");
	}
	~KsmStatFiles() override
	{
		close(dir);
	}
	FakeTree tree;
	int dir;
	ksm_stat stat = {};
	ksm_error err = {};
};

TEST_F(KsmStatFiles, Of6_1)
{
	tree.File("9/ksm_stat", "ksm_rmap_items 3\n");
	tree.File("9/ksm_merging_pages", "5\n");
	ASSERT_EQ(ksm_stat_read(dir, &stat, &err), 0) << err.text;
	EXPECT_TRUE(stat.valid[KSM_STAT_ksm_merging_pages]);
	EXPECT_EQ(stat.value[KSM_STAT_ksm_merging_pages], 5);
	EXPECT_EQ(stat.value[KSM_STAT_ksm_rmap_items], 3);
	EXPECT_FALSE(stat.valid[KSM_STAT_ksm_zero_pages]);
}

TEST_F(KsmStatFiles, KsmStatHasTheFirstWord)
{
	tree.File("9/ksm_stat", "ksm_merging_pages 3\n");
	tree.File("9/ksm_merging_pages", "5\n");
	ASSERT_EQ(ksm_stat_read(dir, &stat, &err), 0);
	EXPECT_EQ(stat.value[KSM_STAT_ksm_merging_pages], 3);
}

TEST_F(KsmStatFiles, Of5_19)
{
	tree.File("9/ksm_merging_pages", "5\n");
	ASSERT_EQ(ksm_stat_read(dir, &stat, &err), 0);
	EXPECT_TRUE(stat.valid[KSM_STAT_ksm_merging_pages]);
	EXPECT_EQ(stat.value[KSM_STAT_ksm_merging_pages], 5);
	EXPECT_EQ(err.code, KSM_ERR_NONE);
	tree.File("9/ksm_merging_pages", "five\n");
	EXPECT_EQ(ksm_stat_read(dir, &stat, &err), -EBADMSG);
}

TEST_F(KsmStatFiles, OlderKernelsAndKernelThreadsHaveNothing)
{
	stat.valid[0] = true;
	ASSERT_EQ(ksm_stat_read(dir, &stat, &err), 0) << err.text;
	EXPECT_EQ(err.code, KSM_ERR_NONE);
	for (bool valid : stat.valid)
		EXPECT_FALSE(valid);
	tree.File("9/ksm_stat", "");
	tree.File("9/ksm_merging_pages", "");
	stat.valid[0] = true;
	ASSERT_EQ(ksm_stat_read(dir, &stat, &err), 0) << err.text;
	for (bool valid : stat.valid)
		EXPECT_FALSE(valid);
}

TEST_F(KsmStatFiles, ExitedIsAnError)
{
	std::filesystem::remove_all(tree.Path("9"));
	stat.value[0] = 77;
	EXPECT_EQ(ksm_stat_read(dir, &stat, &err), -ESRCH);
	EXPECT_EQ(err.code, KSM_ERR_GONE);
	EXPECT_EQ(stat.value[0], 77);
}

TEST(KsmStat, ReadsOurOwn)
{
	ksm_auto_root ksm_root root;
	ksm_stat stat;
	ksm_error err;
	int dir;

	ASSERT_EQ(ksm_root_open(nullptr, &root, nullptr), 0);
	ASSERT_EQ(ksm_root_open_pid(&root, getpid(), &dir, nullptr), 0);
	if (faccessat(dir, "ksm_stat", F_OK, 0))
		GTEST_SKIP() << "the kernel has no ksm_stat";
	ASSERT_EQ(ksm_stat_read(dir, &stat, &err), 0) << err.text;
	EXPECT_TRUE(stat.valid[KSM_STAT_ksm_rmap_items]);
	close(dir);
}

// An ordinary user is refused a kernel thread's file, which says nothing anyway.
TEST(KsmStat, AKernelThreadHasNothing)
{
	ksm_auto_root ksm_root root;
	int dir, status;
	pid_t child;

	ASSERT_EQ(ksm_root_open(nullptr, &root, nullptr), 0);
	if (ksm_root_open_pid(&root, 2, &dir, nullptr))
		GTEST_SKIP() << "kernel threads are out of sight (in a container?)";
	child = fork();
	if (!child) {
		ksm_stat stat;
		ksm_error err = {};

		if (getuid() == 0 && setuid(65534))
			_exit(2);
		if (ksm_stat_read(dir, &stat, &err) || err.code != KSM_ERR_NONE)
			_exit(3);
		for (bool valid : stat.valid)
			if (valid)
				_exit(4);
		_exit(0);
	}
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(WEXITSTATUS(status), 0);
	close(dir);
}

} // namespace
