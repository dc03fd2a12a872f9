// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/unit/fake_tree.h"

extern "C" {
#include "ksmd/model.h"
}

namespace
{

const ksm_profile *ProfileOf(const char *kernel)
{
	ksm_model model;

	return ksm_model_init(&model, kernel, nullptr, nullptr) ? nullptr : model.profile;
}

TEST(Model, TakesTheNewestRowThatIsNotYounger)
{
	const struct {
		const char *kernel, *row;
	} cases[] = {
		{"2.6.32", "2.6.32"}, {"2.6.39", "2.6.33"},	 {"3.8.13", "2.6.33"},
		{"3.9", "3.9"},	      {"4.11", "4.11"},		 {"4.19.300", "4.13"},
		{"5.0", "5.0"},	      {"5.15.1-generic", "5.0"}, {"6.6", "5.0"},
		{"6.7", "6.7"},	      {"6.10.14", "6.8"},	 {"6.11", "6.11"},
		{"6.12", "6.12"},     {"6.18.1", "6.12"},	 {"7.1", "6.12"},
		{"10.0", "6.12"},     {"next", "next"},
	};

	for (const auto &c : cases) {
		ASSERT_NE(ProfileOf(c.kernel), nullptr) << c.kernel;
		EXPECT_STREQ(ProfileOf(c.kernel)->kernel, c.row) << c.kernel;
	}
}

TEST(Model, KnowsWhereItsKnowledgeEnds)
{
	for (const char *kernel : {"2.6.32", "6.18.44-x", "7.1", "7.1.99", "next"}) {
		ksm_model model;

		ASSERT_EQ(ksm_model_init(&model, kernel, nullptr, nullptr), 0) << kernel;
		EXPECT_FALSE(ksm_model_is_beyond(&model)) << kernel;
	}
	for (const char *kernel : {"7.2", "7.2.0-rc1", "8.0", "10.0"}) {
		ksm_model model;

		ASSERT_EQ(ksm_model_init(&model, kernel, nullptr, nullptr), 0) << kernel;
		EXPECT_TRUE(ksm_model_is_beyond(&model)) << kernel;
	}
}

// ksm_init_max_kernel_pages() of that kernel, whose meminfo has no MemAvailable yet.
TEST(Model, The2632MakesAQuarterOfMemoryKsmPages)
{
	FakeTree tree;
	ksm_root root;
	ksm_model model;

	tree.File("proc/meminfo", "MemTotal:        4119744 kB\nMemFree:         99 kB\n");
	ASSERT_EQ(ksm_root_open(tree.Path().c_str(), &root, nullptr), 0);
	root.page_size = 4096;
	ASSERT_EQ(ksm_model_init(&model, "2.6.32", &root, nullptr), 0);
	EXPECT_EQ(ksm_model_get(&model, KSM_SYSFS_max_kernel_pages), 257484);
	root.page_size = 65536;
	ASSERT_EQ(ksm_model_init(&model, "2.6.32", &root, nullptr), 0);
	EXPECT_EQ(ksm_model_get(&model, KSM_SYSFS_max_kernel_pages), 16092);
	ASSERT_EQ(ksm_model_init(&model, "2.6.33", &root, nullptr), 0);
	EXPECT_FALSE(ksm_model_has(&model, KSM_SYSFS_max_kernel_pages));
	ksm_root_close(&root);
	ASSERT_EQ(ksm_model_init(&model, "2.6.32", nullptr, nullptr), 0);
	EXPECT_EQ(ksm_model_get(&model, KSM_SYSFS_max_kernel_pages), 0);
}

TEST(Model, RefusesWhatIsNoKernelWithKsm)
{
	for (const char *kernel : {"", "6", "2.6.31", "2.4.20", "x.y", "-1.2", "newest"}) {
		ksm_model model;
		ksm_error err;

		EXPECT_EQ(ksm_model_init(&model, kernel, nullptr, &err), -EINVAL) << kernel;
		EXPECT_EQ(err.code, KSM_ERR_INVALID) << kernel;
	}
}

TEST(Model, RowsAreInOrderAndEachChangesSomething)
{
	size_t n;
	const ksm_profile *profiles = ksm_profiles(&n);

	ASSERT_GE(n, 8u);
	for (size_t i = 0; i < n; i++) {
		EXPECT_EQ(ProfileOf(profiles[i].kernel), &profiles[i]);
		EXPECT_GT(strlen(profiles[i].changes), 0u);
	}
}

TEST(Model, SetChecksNameVersionAndBounds)
{
	ksm_model model;
	ksm_error err;

	ASSERT_EQ(ksm_model_init(&model, "6.18", nullptr, nullptr), 0);
	EXPECT_EQ(ksm_model_set(&model, "max_page_sharing=512", &err), 0);
	EXPECT_EQ(ksm_model_get(&model, KSM_SYSFS_max_page_sharing), 512);
	for (const char *bad :
	     {"max_page_sharing=1", "max_page_sharing=", "max_page_sharing", "=1", "smart_scan=2",
	      "smart_scan=-1", "smart_scan=0x1", "run=1", "pages_shared=4", "max_kernel_pages=5",
	      "nonsense=1", "smart_scan =1", "smart_scan= 1"}) {
		err = {};
		EXPECT_EQ(ksm_model_set(&model, bad, &err), -EINVAL) << bad;
		EXPECT_EQ(err.code, KSM_ERR_INVALID) << bad;
		EXPECT_GT(strlen(err.text), 10u) << bad;
	}
	EXPECT_EQ(ksm_model_get(&model, KSM_SYSFS_max_page_sharing), 512);

	ASSERT_EQ(ksm_model_init(&model, "4.9", nullptr, nullptr), 0);
	EXPECT_EQ(ksm_model_set(&model, "smart_scan=0", &err), -EINVAL);
	EXPECT_NE(strstr(err.text, "6.7"), nullptr) << err.text;
}

TEST(Model, RunningReadsReleaseAndTunables)
{
	FakeTree tree;
	ksm_root root;
	ksm_model model;

	tree.File("proc/sys/kernel/osrelease", "6.8.0-45-generic\n");
	tree.File("sys/kernel/mm/ksm/smart_scan", "0\n");
	tree.File("sys/kernel/mm/ksm/max_page_sharing", "99\n");
	tree.File("sys/kernel/mm/ksm/pages_shared", "7\n");
	ASSERT_EQ(ksm_root_open(tree.Path().c_str(), &root, nullptr), 0);
	ASSERT_EQ(ksm_model_init(&model, "running", &root, nullptr), 0);
	ksm_root_close(&root);
	EXPECT_STREQ(model.kernel, "6.8.0-45-generic");
	EXPECT_STREQ(model.profile->kernel, "6.8");
	EXPECT_EQ(ksm_model_get(&model, KSM_SYSFS_smart_scan), 0);
	EXPECT_EQ(ksm_model_get(&model, KSM_SYSFS_max_page_sharing), 99);
	EXPECT_EQ(ksm_model_get(&model, KSM_SYSFS_use_zero_pages), 0);
	EXPECT_FALSE(model.tunables.valid[KSM_SYSFS_pages_shared]);
}

// A 5.14 with smart scan brought to it, and without NUMA.
TEST(Model, RunningHasWhatSysfsHas)
{
	FakeTree tree;
	ksm_root root;
	ksm_model model;

	tree.File("proc/sys/kernel/osrelease", "5.14.0-611.el9.x86_64\n");
	tree.File("sys/kernel/mm/ksm/run", "1\n");
	tree.File("sys/kernel/mm/ksm/smart_scan", "1\n");
	tree.File("sys/kernel/mm/ksm/use_zero_pages", "1\n");
	tree.File("sys/kernel/mm/ksm/max_page_sharing", "256\n");
	ASSERT_EQ(ksm_root_open(tree.Path().c_str(), &root, nullptr), 0);
	ASSERT_EQ(ksm_model_init(&model, "running", &root, nullptr), 0);
	ksm_root_close(&root);
	EXPECT_STREQ(model.profile->kernel, "5.0");
	EXPECT_TRUE(ksm_model_has(&model, KSM_SYSFS_smart_scan));
	EXPECT_EQ(ksm_model_get(&model, KSM_SYSFS_smart_scan), 1);
	EXPECT_FALSE(ksm_model_has(&model, KSM_SYSFS_merge_across_nodes));
	EXPECT_FALSE(ksm_model_has(&model, KSM_SYSFS_advisor_mode));
	EXPECT_EQ(ksm_model_get(&model, KSM_SYSFS_pages_to_scan), 100);
	EXPECT_EQ(ksm_model_set(&model, "smart_scan=0", nullptr), 0);
	EXPECT_EQ(ksm_model_set(&model, "merge_across_nodes=0", nullptr), -EINVAL);
	// By its version alone it is what its release was.
	ASSERT_EQ(ksm_model_init(&model, "5.14", nullptr, nullptr), 0);
	EXPECT_FALSE(ksm_model_has(&model, KSM_SYSFS_smart_scan));
	EXPECT_TRUE(ksm_model_has(&model, KSM_SYSFS_merge_across_nodes));
}

TEST(Model, PagesToScanBeginsAnewWithAnotherAdvisor)
{
	ksm_model before, model;

	ASSERT_EQ(ksm_model_init(&before, "6.18", nullptr, nullptr), 0);
	before.tunables.value[KSM_SYSFS_pages_to_scan] = 4000;
	model = before;
	ksm_model_switch_advisor(&model, &before);
	EXPECT_EQ(ksm_model_get(&model, KSM_SYSFS_pages_to_scan), 4000);
	// In any order.
	ASSERT_EQ(ksm_model_set(&model, "advisor_mode=scan-time", nullptr), 0);
	ASSERT_EQ(ksm_model_set(&model, "advisor_min_pages_to_scan=700", nullptr), 0);
	ksm_model_switch_advisor(&model, &before);
	EXPECT_EQ(ksm_model_get(&model, KSM_SYSFS_pages_to_scan), 700);
	before = model;
	ASSERT_EQ(ksm_model_set(&model, "advisor_mode=none", nullptr), 0);
	ksm_model_switch_advisor(&model, &before);
	EXPECT_EQ(ksm_model_get(&model, KSM_SYSFS_pages_to_scan), 100);
	// What was set stays.
	ASSERT_EQ(ksm_model_set(&model, "pages_to_scan=9", nullptr), 0);
	ksm_model_switch_advisor(&model, &before);
	EXPECT_EQ(ksm_model_get(&model, KSM_SYSFS_pages_to_scan), 9);
	// Kernels without an advisor.
	ASSERT_EQ(ksm_model_init(&before, "6.1", nullptr, nullptr), 0);
	model = before;
	ksm_model_switch_advisor(&model, &before);
	EXPECT_EQ(ksm_model_get(&model, KSM_SYSFS_pages_to_scan), 100);
}

} // namespace
