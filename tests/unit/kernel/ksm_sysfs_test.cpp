// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <set>
#include <string>

#include "tests/unit/fake_tree.h"

extern "C" {
#include "base/cleanup.h"
#include "kernel/ksm_sysfs.h"
}

namespace
{

const std::set<std::string> kOf2_6_32 = {
	"full_scans",	 "pages_shared", "pages_sharing",   "pages_unshared",	"pages_volatile",
	"pages_to_scan", "run",		 "sleep_millisecs", "max_kernel_pages",
};
const std::set<std::string> kOf4_13 = {
	"full_scans",
	"pages_shared",
	"pages_sharing",
	"pages_unshared",
	"pages_volatile",
	"pages_to_scan",
	"run",
	"sleep_millisecs",
	"merge_across_nodes",
	"use_zero_pages",
	"max_page_sharing",
	"stable_node_chains",
	"stable_node_dups",
	"stable_node_chains_prune_millisecs",
};
const std::set<std::string> kSince6_4 = {
	"general_profit",
	"ksm_zero_pages",
	"pages_scanned",
	"smart_scan",
	"pages_skipped",
	"advisor_mode",
	"advisor_max_cpu",
	"advisor_min_pages_to_scan",
	"advisor_max_pages_to_scan",
	"advisor_target_scan_time",
};

TEST(KsmSysfsSum, RmapItemsAreTheFourCounters)
{
	ksm_sysfs sysfs = {};

	EXPECT_EQ(ksm_sysfs_rmap_items(&sysfs), 0);
	for (int i = 0; i < KSM_SYSFS_N; i++)
		sysfs.value[i] = 1000;
	sysfs.value[KSM_SYSFS_pages_shared] = 1;
	sysfs.value[KSM_SYSFS_pages_sharing] = 20;
	sysfs.value[KSM_SYSFS_pages_unshared] = 300;
	sysfs.value[KSM_SYSFS_pages_volatile] = 4000;
	EXPECT_EQ(ksm_sysfs_rmap_items(&sysfs), 4321);
	sysfs.value[KSM_SYSFS_pages_volatile] = INT64_MAX - 100;
	EXPECT_EQ(ksm_sysfs_rmap_items(&sysfs), INT64_MAX);
}

class KsmSysfs : public testing::Test
{
      protected:
	KsmSysfs()
	{
		tree.Directory("proc");
		tree.Directory("sys");
	}
	~KsmSysfs() override
	{
		ksm_root_close(&root);
	}
	void Set(const std::string &name, const std::string &text)
	{
		tree.File("sys/kernel/mm/ksm/" + name, text);
	}
	int Read()
	{
		if (root.proc_fd >= 0)
			ksm_root_close(&root);
		EXPECT_EQ(ksm_root_open(tree.Path().c_str(), &root, nullptr), 0);
		return ksm_sysfs_read(&root, &sysfs, &err);
	}
	// Every file holds a number of its own, so that none is taken for another.
	void Check(const std::set<std::string> &names)
	{
		for (const auto &name : names)
			Set(name,
			    name == "advisor_mode"
				    ? "none [scan-time]\n"
				    : std::to_string(1000 + ksm_sysfs_find(name.c_str())) + "\n");
		ASSERT_EQ(Read(), 0) << err.text;
		EXPECT_EQ(err.code, KSM_ERR_NONE);
		for (int i = 0; i < KSM_SYSFS_N; i++) {
			auto field = static_cast<ksm_sysfs_field>(i);
			bool there = names.count(ksm_sysfs_name(field)) != 0;

			EXPECT_EQ(sysfs.valid[i], there) << ksm_sysfs_name(field);
			EXPECT_EQ(sysfs.value[i], !there ? 0
						  : field == KSM_SYSFS_advisor_mode
							  ? KSM_ADVISOR_SCAN_TIME
							  : 1000 + i)
				<< ksm_sysfs_name(field);
		}
	}

	FakeTree tree;
	ksm_root root = {-1, -1, -1, 4096, false, false, nullptr, nullptr};
	ksm_sysfs sysfs = {};
	ksm_error err = {};
};

TEST_F(KsmSysfs, Of2_6_32)
{
	Check(kOf2_6_32);
}

TEST_F(KsmSysfs, Of4_13)
{
	Check(kOf4_13);
}

TEST_F(KsmSysfs, Of6_18)
{
	std::set<std::string> names = kOf4_13;

	names.insert(kSince6_4.begin(), kSince6_4.end());
	Check(names);
}

TEST_F(KsmSysfs, EveryFieldBelongsToAnEra)
{
	std::set<std::string> all = kOf2_6_32;

	all.insert(kOf4_13.begin(), kOf4_13.end());
	all.insert(kSince6_4.begin(), kSince6_4.end());
	EXPECT_EQ(all.size(), static_cast<size_t>(KSM_SYSFS_N));
	for (int i = 0; i < KSM_SYSFS_N; i++) {
		auto field = static_cast<ksm_sysfs_field>(i);

		EXPECT_TRUE(all.count(ksm_sysfs_name(field))) << ksm_sysfs_name(field);
		EXPECT_EQ(ksm_sysfs_find(ksm_sysfs_name(field)), i);
	}
	EXPECT_EQ(ksm_sysfs_find("pages"), -1);
	EXPECT_STREQ(ksm_sysfs_since(KSM_SYSFS_max_page_sharing), "4.13");
	EXPECT_STREQ(ksm_advisor_mode_name(KSM_ADVISOR_NONE), "none");
	EXPECT_STREQ(ksm_advisor_mode_name(KSM_ADVISOR_SCAN_TIME), "scan-time");
}

TEST_F(KsmSysfs, NoKsm)
{
	sysfs.value[0] = 77;
	EXPECT_EQ(Read(), -EOPNOTSUPP);
	EXPECT_EQ(err.code, KSM_ERR_UNSUPPORTED);
	EXPECT_NE(std::string(err.text).find("CONFIG_KSM"), std::string::npos) << err.text;
	EXPECT_EQ(sysfs.value[0], 77);
	std::filesystem::remove(tree.Path("sys"));
	EXPECT_EQ(Read(), -EOPNOTSUPP);
	tree.Directory("sys/kernel/mm/ksm");
	EXPECT_EQ(Read(), 0);
	for (bool valid : sysfs.valid)
		EXPECT_FALSE(valid);
}

TEST_F(KsmSysfs, Garbage)
{
	static const struct {
		const char *name;
		std::string text;
	} table[] = {
		{"pages_shared", ""},
		{"pages_shared", "\n"},
		{"pages_shared", "many\n"},
		{"pages_shared", "-1\n"},
		{"pages_shared", "1\n\n"},
		{"pages_shared", " 1\n"},
		{"pages_shared", "1 2\n"},
		{"pages_shared", "9223372036854775808\n"},
		{"pages_shared", std::string("1\0\n", 3)},
		{"general_profit", "--1\n"},
		{"general_profit", "-\n"},
		{"advisor_mode", "some\n"},
		{"advisor_mode", "none scan-time\n"},
		{"advisor_mode", "[some] scan-time\n"},
		{"advisor_mode", "]none[\n"},
		{"advisor_mode", "[nope] none\n"},
		{"advisor_mode", "[none\n"},
	};

	for (const auto &row : table) {
		Set(row.name, row.text);
		sysfs.value[0] = 77;
		EXPECT_EQ(Read(), -EBADMSG) << row.name << ": " << row.text;
		EXPECT_EQ(err.code, KSM_ERR_FORMAT);
		EXPECT_NE(std::string(err.text).find(row.name), std::string::npos) << err.text;
		EXPECT_EQ(sysfs.value[0], 77);
		std::filesystem::remove(tree.Path("sys/kernel/mm/ksm/" + std::string(row.name)));
	}
	Set("pages_shared", std::string(5000, '1'));
	EXPECT_EQ(Read(), -EFBIG);
}

TEST_F(KsmSysfs, SignsAndModes)
{
	Set("general_profit", "-123456789012\n");
	Set("ksm_zero_pages", "-1\n");
	Set("advisor_mode", "[none] scan-time\n");
	Set("run", "4");
	ASSERT_EQ(Read(), 0) << err.text;
	EXPECT_EQ(sysfs.value[KSM_SYSFS_general_profit], -123456789012);
	EXPECT_EQ(sysfs.value[KSM_SYSFS_ksm_zero_pages], -1);
	EXPECT_TRUE(sysfs.valid[KSM_SYSFS_advisor_mode]);
	EXPECT_EQ(sysfs.value[KSM_SYSFS_advisor_mode], KSM_ADVISOR_NONE);
	EXPECT_EQ(sysfs.value[KSM_SYSFS_run], 0) << "while memory goes offline";
	Set("run", "5");
	ASSERT_EQ(Read(), 0) << err.text;
	EXPECT_EQ(sysfs.value[KSM_SYSFS_run], 1);
}

/* A tree of plain files, once the mode was written to it. */
TEST_F(KsmSysfs, AModeWithoutBrackets)
{
	for (int mode : {KSM_ADVISOR_NONE, KSM_ADVISOR_SCAN_TIME}) {
		Set("advisor_mode", std::string(ksm_advisor_mode_name((ksm_advisor_mode)mode)));
		ASSERT_EQ(Read(), 0) << err.text;
		EXPECT_EQ(sysfs.value[KSM_SYSFS_advisor_mode], mode);
	}
}

TEST_F(KsmSysfs, AFileThatCannotBeReadIsAnError)
{
	tree.Directory("sys/kernel/mm/ksm/pages_shared");
	EXPECT_EQ(Read(), -EISDIR);
	EXPECT_EQ(err.path, tree.Path("sys/kernel/mm/ksm/pages_shared"));
}

} // namespace
