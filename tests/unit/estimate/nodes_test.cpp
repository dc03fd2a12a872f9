// SPDX-License-Identifier: GPL-2.0-or-later
// Estimates of memory on several NUMA nodes, with pages merging across them and not.
#include <gtest/gtest.h>

#include "tests/unit/estimate/estimate_fixture.h"

namespace
{

class EstimateOfNodes : public testing::Test
{
      protected:
	// Pages of their own on a node.
	void Put(FakeProcess &process, uint64_t content, int nid, int n = 1)
	{
		for (int i = 0; i < n; i++) {
			uint64_t at = FakeSource::Next(process);

			source_.Put(process, content);
			process.pages[at].nid = nid;
		}
	}

	// One reading, a trial for each.
	Estimate Run(const std::vector<const char *> &settings, unsigned passes = 2)
	{
		std::vector<ksm_trial> trials(settings.size());
		ksm_estimate_options options = {};
		ksm_estimate *estimate = nullptr;

		options.passes = passes;
		options.threads = 2;
		for (size_t i = 0; i < trials.size(); i++) {
			trials[i].settings = settings[i];
			EXPECT_EQ(ksm_model_init(&trials[i].model, "6.18", nullptr, nullptr), 0);
			if (*settings[i]) {
				EXPECT_EQ(ksm_model_set(&trials[i].model, settings[i], nullptr), 0);
			}
		}
		EXPECT_EQ(ksm_estimate_run(source_.source(), trials.data(), trials.size(), &options,
					   &estimate, nullptr),
			  0);
		return Estimate(estimate);
	}

	static std::string Codes(const Estimate &e)
	{
		std::string codes;

		for (size_t i = 0; i < e->n_warnings; i++)
			codes += std::string(i ? " " : "") + e->warning[i].code;
		return codes;
	}

	FakeSource source_;
};

TEST_F(EstimateOfNodes, OnePageStaysForEachNodeAndContent)
{
	auto &a = source_.Add("a"), &b = source_.Add("b");

	Put(a, 1, 0, 3);
	Put(b, 1, 1, 2);
	Put(b, 1, 2);
	Put(a, 2, 0);
	Put(b, 2, 1);
	Estimate e = Run({"", "merge_across_nodes=0"});
	ASSERT_TRUE(e);
	EXPECT_EQ(e->outcome[0].freed_pages, 5 + 1);
	EXPECT_EQ(e->outcome[0].merged_pages, 6 + 2);
	EXPECT_EQ(e->outcome[1].freed_pages, 2 + 1);
	EXPECT_EQ(e->outcome[1].merged_pages, 3 + 2);
	EXPECT_EQ(e->outcome[1].pass[1].pages_shared, 2);
	EXPECT_EQ(e->outcome[1].pass[1].pages_sharing, 3);
	EXPECT_EQ(e->outcome[1].pass[1].pages_unshared, 3);
	EXPECT_EQ(Codes(e), "");
}

// What contents there are is the same whatever merges.
TEST_F(EstimateOfNodes, ContentsAreCountedAcrossNodes)
{
	auto &a = source_.Add("a");

	Put(a, 1, 0, 2);
	Put(a, 1, 1, 2);
	for (const char *setting : {"", "merge_across_nodes=0"}) {
		Estimate e = Run({setting});

		ASSERT_TRUE(e);
		EXPECT_EQ(e->totals.distinct_pages, 1) << setting;
		EXPECT_EQ(e->totals.duplicate_pages, 3) << setting;
		EXPECT_EQ(e->totals.freed_pages, *setting ? 2 : 3) << setting;
	}
}

TEST_F(EstimateOfNodes, PagesMergedAlreadyStayOnTheirNodes)
{
	auto &a = source_.Add("a");

	for (uint64_t i = 0; i < 4; i++) {
		int nid = static_cast<int>(i % 2);

		a.pages[0x10000 + i * 4096] = {1, 70 + i % 2, KSM_PAGE_SHARED | KSM_PAGE_KSM, false,
					       nid};
	}
	source_.mapcounts = {{70, 2}, {71, 2}};
	Put(a, 1, 0);
	Put(a, 1, 1);
	Put(a, 1, 2);
	Put(a, 1, 2);
	Estimate e = Run({"merge_across_nodes=0"});
	ASSERT_TRUE(e);
	EXPECT_EQ(e->totals.freed_pages, 1 + 1 + 1);
}

// A page on node 1 that fork shares is freed with all its mappings, or not at all.
TEST_F(EstimateOfNodes, ForkedPagesGoAsOne)
{
	auto &a = source_.Add("parent"), &b = source_.Add("child");

	a.pages[0x10000] = b.pages[0x10000] = {1, 70, KSM_PAGE_SHARED, false, 1};
	Put(a, 1, 0);
	EXPECT_EQ(Run({"merge_across_nodes=0"})->totals.freed_pages, 0);
	EXPECT_EQ(Run({"merge_across_nodes=1"})->totals.freed_pages, 1);
	Put(b, 1, 1);
	EXPECT_EQ(Run({"merge_across_nodes=0"})->totals.freed_pages, 1);
	EXPECT_EQ(Run({"merge_across_nodes=1"})->totals.freed_pages, 2);
}

// Of a content that is left once, one trial has a KSM page and the other has not: it is alone only for that.
TEST_F(EstimateOfNodes, WhatIsAloneInOneTrialIsCountedInAll)
{
	auto &a = source_.Add("a"), &b = source_.Add("b");

	Put(a, 1, 0);
	Put(a, 2, 0);
	Put(b, 1, 1);
	source_.before = [&](FakeSource &, int pass) {
		if (pass % 3 == 0)
			b.pages.begin()->second = {3, 900, 0, false, 1};
	};
	for (bool is_first : {true, false}) {
		std::vector<const char *> settings = {"merge_across_nodes=0",
						      "merge_across_nodes=1"};

		if (is_first)
			std::swap(settings[0], settings[1]);
		b.pages.begin()->second = {1, 800, 0, false, 1};
		Estimate e = Run(settings, 3);
		ASSERT_TRUE(e);
		EXPECT_EQ(e->totals.pages_present, 3);
		EXPECT_EQ(e->outcome[!is_first].merged_pages, 1) << is_first;
		EXPECT_EQ(e->outcome[is_first].merged_pages, 0) << is_first;
	}
}

TEST_F(EstimateOfNodes, WarnsOfUnknownNodesOnlyWhereTheyMatter)
{
	source_.Put(source_.Add("a"), 1, 2);
	source_.source()->unknown = KSM_UNKNOWN_NODES;
	EXPECT_EQ(Codes(Run({""})), "");
	EXPECT_EQ(Codes(Run({"merge_across_nodes=1", "smart_scan=0"})), "");
	EXPECT_EQ(Codes(Run({"merge_across_nodes=0"})), "no-nodes");
	EXPECT_EQ(Codes(Run({"", "merge_across_nodes=0"})), "no-nodes");
	EXPECT_EQ(Run({"merge_across_nodes=0"})->totals.freed_pages, 1);
	source_.source()->unknown = KSM_UNKNOWN_SOME_NODES;
	EXPECT_EQ(Codes(Run({""})), "");
	EXPECT_EQ(Codes(Run({"merge_across_nodes=0"})), "some-nodes");
	source_.source()->unknown = 0;
	EXPECT_EQ(Codes(Run({"merge_across_nodes=0"})), "");
}

TEST_F(EstimateOfNodes, WarningsAreWhole)
{
	source_.Put(source_.Add("a"), 1, 2);
	source_.source()->unknown = KSM_UNKNOWN_NODES | KSM_UNKNOWN_SOME_NODES;
	Estimate e = Run({"merge_across_nodes=0"});
	ASSERT_TRUE(e);
	ASSERT_EQ(e->n_warnings, 2u);
	for (size_t i = 0; i < 2; i++)
		EXPECT_LT(strlen(e->warning[i].text), sizeof(e->warning[i].text) - 1);
}

} // namespace
