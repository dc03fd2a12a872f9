// SPDX-License-Identifier: GPL-2.0-or-later
// Sums over what a source holds, and the document made of them.
#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/estimate/estimate_fixture.h"

extern "C" {
#include "report/report.h"
}

namespace
{

TEST_F(EstimateTest, SumsAddUp)
{
	auto &a = source_.Add("a"), &b = source_.Add("b");

	source_.Put(a, 1, 3); // 3 copies in a
	source_.Put(a, 2);    // once in each
	source_.Put(b, 2);
	source_.Put(a, 3);    // alone
	source_.Put(b, 0, 4); // zero
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_TRUE(e->complete);
	EXPECT_EQ(e->totals.pages_present, 10);
	EXPECT_EQ(e->totals.distinct_pages, 4);
	EXPECT_EQ(e->totals.duplicate_pages, 6);
	EXPECT_EQ(e->totals.zero_pages, 4);
	EXPECT_EQ(e->totals.zero_duplicate_pages, 3);
	EXPECT_EQ(e->target[0].sums.zero_duplicate_pages, 0);
	const std::vector<std::pair<int64_t, int64_t>> histogram = {{1, 1}, {1, 2}, {2, 7}, {0, 0}};
	for (size_t i = 0; i < histogram.size(); i++) {
		EXPECT_EQ(e->histogram[i].contents, histogram[i].first) << i;
		EXPECT_EQ(e->histogram[i].copies, histogram[i].second) << i;
	}
	EXPECT_EQ(e->concentration.duplicate_pages, 6);
	EXPECT_EQ(e->concentration.top_1_pages, 3);
	EXPECT_EQ(e->nonzero_concentration.duplicate_pages, 3);
	EXPECT_EQ(e->nonzero_concentration.contents_for_half, 1);
	EXPECT_EQ(e->totals.same_pfn_pages, 0);
	EXPECT_EQ(e->totals.merged_pages, 9);
	EXPECT_EQ(e->totals.freed_pages, 6);
	EXPECT_EQ(e->outcome->pass[1].pages_sharing, 6);
	EXPECT_EQ(e->outcome->metadata_bytes, 640);
	EXPECT_EQ(e->outcome->general_profit, 6 * 4096 - 640);
	EXPECT_EQ(e->target[0].sums.duplicate_pages, 2);
	EXPECT_EQ(e->target[0].cross_duplicate_pages, 1);
	EXPECT_EQ(e->target[1].sums.duplicate_pages, 3);
	EXPECT_EQ(e->target[1].cross_duplicate_pages, 1);
	EXPECT_EQ(e->target[0].sums.freed_pages + e->target[1].sums.freed_pages, 6);
	EXPECT_EQ(e->target[1].ksm_process_profit, 5 * 4096 - 5 * 64);
}

TEST_F(EstimateTest, NothingDependsOnTheNumberOfThreads)
{
	for (int p = 0; p < 5; p++) {
		auto &process = source_.Add("p" + std::to_string(p), 0, p % 2 ? "/odd" : "/even");

		for (uint64_t i = 0; i < 200; i++)
			source_.Put(process, i * 7919 % 61);
	}
	options_.top = 10;
	options_.by = KSM_BY_CGROUP;
	std::string first;
	for (unsigned int threads : {1u, 2u, 3u, 8u}) {
		options_.threads = threads;
		Estimate e = Run();
		ASSERT_TRUE(e);
		e->elapsed_seconds = 0;
		json_object *document = ksm_report_estimate(e.get());
		std::string text = json_object_to_json_string(document);
		json_object_put(document);
		if (first.empty())
			first = text;
		EXPECT_EQ(text, first) << threads << " threads";
	}
}

TEST_F(EstimateTest, ForkSharedPagesAreOnePhysicalPage)
{
	auto &a = source_.Add("parent"), &b = source_.Add("child");

	a.pages[0x10000] = b.pages[0x10000] = {1, 70, KSM_PAGE_SHARED};
	a.pages[0x11000] = b.pages[0x11000] = {2, 71, KSM_PAGE_SHARED};
	source_.Put(a, 2);
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_EQ(e->totals.pages_present, 5);
	EXPECT_EQ(e->totals.physical_pages, 3);
	EXPECT_EQ(e->totals.same_pfn_pages, 4);
	EXPECT_EQ(e->totals.duplicate_pages, 1);
	// Content 1 is one page already: nothing to free. Content 2 has two, and three mappings.
	EXPECT_EQ(e->totals.freed_pages, 1);
	EXPECT_EQ(e->totals.merged_pages, 3);
}

// Where nodes are full, the two mappings of a page come to different ones.
TEST_F(EstimateTest, OfForkSharedPagesOneStaysForEachNode)
{
	auto &a = source_.Add("parent"), &b = source_.Add("child");
	const int pages = 30;

	for (uint64_t i = 0; i < pages; i++)
		a.pages[0x10000 + i * 4096] =
			b.pages[0x10000 + i * 4096] = {1, 70 + i, KSM_PAGE_SHARED};
	for (int max : {2, 3, 4, 5, 7, 256}) {
		std::string setting = "max_page_sharing=" + std::to_string(max);
		Estimate e = Run("6.18", setting.c_str());
		ASSERT_TRUE(e);
		const ksm_counters &last = e->outcome->pass[1];
		// The last one may find none with room, and nobody to make a new one with.
		int64_t left = 2 * pages - last.pages_shared - last.pages_sharing;

		EXPECT_LE(left, 1) << max;
		EXPECT_EQ(e->totals.freed_pages, pages - last.pages_shared - left) << max;
	}
}

TEST_F(EstimateTest, APageWithMappingsOutsideTheTargetsIsNotFreed)
{
	auto &a = source_.Add("a");

	a.pages[0x10000] = {1, 70, KSM_PAGE_SHARED};
	a.pages[0x11000] = {1, 71, KSM_PAGE_SHARED};
	source_.Put(a, 1);
	source_.mapcounts = {{70, 2}, {71, 1}};
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_EQ(e->totals.duplicate_pages, 2);
	EXPECT_EQ(e->totals.merged_pages, 3);
	// 70 stays for its other mapping; one of the other two stays as the KSM page.
	EXPECT_EQ(e->totals.freed_pages, 1);
}

TEST_F(EstimateTest, PagesMergedAlreadyFreeNothing)
{
	auto &a = source_.Add("a");

	for (uint64_t i = 0; i < 10; i++)
		a.pages[0x10000 + i * 4096] = {1, 70, KSM_PAGE_SHARED | KSM_PAGE_KSM};
	source_.Put(a, 1);
	source_.mapcounts = {{70, 10}};
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_EQ(e->totals.already_merged_pages, 10);
	EXPECT_EQ(e->totals.freed_pages, 1) << "the one page that joins";
	EXPECT_EQ(e->outcome->pass[1].pages_shared, 1);
	EXPECT_EQ(e->outcome->pass[1].pages_sharing, 10);
}

TEST_F(EstimateTest, TheLimitOfSharingCostsAPageForEachNode)
{
	source_.Put(source_.Add("a"), 9, 600);
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_EQ(e->outcome->pass[1].pages_shared, 3);
	EXPECT_EQ(e->totals.freed_pages, 597);
	EXPECT_EQ(e->totals.duplicate_pages, 599);
}

TEST_F(EstimateTest, ZeroPagesAreAllFreedWithUseZeroPages)
{
	ksm_estimate *estimate = nullptr;
	ksm_trial trial = {};

	source_.Put(source_.Add("a"), 0, 5);
	ASSERT_EQ(ksm_model_init(&trial.model, "6.18", nullptr, nullptr), 0);
	ASSERT_EQ(ksm_model_set(&trial.model, "use_zero_pages=1", nullptr), 0);
	trial.settings = "";
	ASSERT_EQ(ksm_estimate_run(source_.source(), &trial, 1, &options_, &estimate, nullptr), 0);
	Estimate e(estimate);
	EXPECT_EQ(e->totals.freed_pages, 5);
	EXPECT_EQ(e->outcome->pass[1].ksm_zero_pages, 5);
	// Their rmap items go one pass later.
	EXPECT_EQ(e->outcome->metadata_bytes, 5 * 64);
	EXPECT_EQ(e->outcome->settled_metadata_bytes, 0);
	EXPECT_EQ(e->outcome->general_profit, 5 * (4096 - 64));
}

TEST(Histogram, RowsAreBoundedByPowersOfTwo)
{
	ksm_histogram_row histogram[KSM_HISTOGRAM_ROWS] = {};

	for (int64_t copies = 1; copies <= 17; copies++)
		ksm_histogram_count(histogram, copies, 1);
	ksm_histogram_count(histogram, INT64_MAX, 1);
	const std::vector<int64_t> contents = {1, 1, 2, 4, 8, 1, 0};
	for (unsigned int row = 0; row < contents.size(); row++)
		EXPECT_EQ(histogram[row].contents, contents[row]) << row;
	EXPECT_EQ(histogram[63].contents, 1);
	EXPECT_EQ(histogram[3].copies, 5 + 6 + 7 + 8);
	EXPECT_EQ(ksm_histogram_from(0), 1);
	EXPECT_EQ(ksm_histogram_from(3), 5);
	EXPECT_EQ(ksm_histogram_to(3), 8);
}

TEST_F(EstimateTest, PairsCountWhatTwoTargetsHaveInCommon)
{
	auto &a = source_.Add("a"), &b = source_.Add("b"), &c = source_.Add("c");

	source_.Put(a, 1, 3); // in all three
	source_.Put(b, 1, 2);
	source_.Put(c, 1, 1);
	source_.Put(b, 2, 1); // in two
	source_.Put(c, 2, 4);
	source_.Put(a, 3, 5); // in one
	Estimate e = Run();
	ASSERT_TRUE(e);
	ASSERT_EQ(e->n_pairs, 3u);
	const std::vector<std::vector<int64_t>> expected = {
		{1, 2, 2, 2 + 1 + 1 + 4, 2}, {0, 1, 1, 3 + 2, 1}, {0, 2, 1, 3 + 1, 1}};
	for (size_t i = 0; i < 3; i++)
		EXPECT_EQ((std::vector<int64_t>{e->pair[i].a, e->pair[i].b,
						e->pair[i].shared_contents, e->pair[i].shared_pages,
						e->pair[i].freeable_pages}),
			  expected[i])
			<< i;
}

TEST_F(EstimateTest, NoPairsOfOneTargetOrOfTooMany)
{
	source_.Put(source_.Add("a"), 1, 3);
	EXPECT_EQ(Run()->n_pairs, 0u);
	for (int i = 0; i < 63; i++)
		source_.Put(source_.Add("b"), 1);
	EXPECT_EQ(Run()->n_pairs, 64u * 63 / 2);
	source_.Put(source_.Add("c"), 1);
	EXPECT_EQ(Run()->n_pairs, 0u);
}

TEST_F(EstimateTest, ProgressCanEndTheRun)
{
	source_.Put(source_.Add("a"), 1, 100);
	options_.progress = [](void *, unsigned int, uint64_t pages) {
		return pages > 20 ? -EINTR : 0;
	};
	EXPECT_FALSE(Run());
	EXPECT_EQ(error_.errnum, EINTR);
}

TEST_F(EstimateTest, TrialsRunOverOneReading)
{
	ksm_estimate *estimate = nullptr;
	ksm_trial trials[3] = {};
	auto &a = source_.Add("a");

	source_.Put(a, 0, 10);
	source_.Put(a, 1, 600);
	for (auto &trial : trials) {
		ASSERT_EQ(ksm_model_init(&trial.model, "6.18", nullptr, nullptr), 0);
		trial.settings = "";
	}
	ASSERT_EQ(ksm_model_set(&trials[1].model, "use_zero_pages=1", nullptr), 0);
	ASSERT_EQ(ksm_model_set(&trials[2].model, "max_page_sharing=1000", nullptr), 0);
	int reads = 0;
	source_.before = [&](FakeSource &, int) { reads++; };
	ASSERT_EQ(ksm_estimate_run(source_.source(), trials, 3, &options_, &estimate, nullptr), 0);
	Estimate e(estimate);
	EXPECT_EQ(reads, 2);
	ASSERT_EQ(e->n_outcomes, 3u);
	EXPECT_EQ(e->outcome[0].freed_pages, 9 + 597);
	EXPECT_EQ(e->outcome[1].freed_pages, 10 + 597);
	EXPECT_EQ(e->outcome[1].pass[1].ksm_zero_pages, 10);
	EXPECT_EQ(e->outcome[0].settled_metadata_bytes, 610 * 64);
	EXPECT_EQ(e->outcome[1].settled_metadata_bytes, 600 * 64);
	EXPECT_EQ(e->outcome[2].freed_pages, 9 + 599);
	EXPECT_EQ(e->outcome[2].pass[1].stable_node_dups, 0);
	EXPECT_EQ(e->totals.freed_pages, e->outcome[0].freed_pages);
}

TEST_F(EstimateTest, GroupsPartitionThePages)
{
	auto &a = source_.Add("a", 1000000, "/x"), &b = source_.Add("b", 1000001, "/x"),
	     &c = source_.Add("c", 1000001, "/y");

	source_.Put(a, 1, 3);
	source_.Put(b, 1, 2);
	source_.Put(c, 2, 4);
	c.pages[0x200000] = {2, 4, 0};
	for (auto by : {KSM_BY_PROCESS, KSM_BY_AREA, KSM_BY_MAPPING, KSM_BY_CGROUP, KSM_BY_USER}) {
		options_.by = by;
		Estimate e = Run();
		ASSERT_TRUE(e);
		int64_t present = 0, freed = 0;
		for (size_t i = 0; i < e->n_groups; i++) {
			present += e->group[i].sums.pages_present;
			freed += e->group[i].sums.freed_pages;
		}
		EXPECT_EQ(present, 10) << ksm_group_by_name(by);
		EXPECT_EQ(freed, 8) << ksm_group_by_name(by);
	}
	options_.by = KSM_BY_USER;
	Estimate e = Run();
	ASSERT_TRUE(e);
	ASSERT_EQ(e->n_groups, 2u);
	EXPECT_STREQ(e->group[0].name, "1000001");
	EXPECT_EQ(e->group[0].sums.distinct_pages, 2);
	EXPECT_EQ(e->group[0].sums.duplicate_pages, 5);
	options_.by = KSM_BY_AREA;
	e = Run();
	ASSERT_EQ(e->n_groups, 2u);
	EXPECT_STREQ(e->group[0].name, "heap");
	EXPECT_STREQ(e->group[1].name, "anon");
	EXPECT_EQ(e->group[1].sums.pages_present, 1);
}

TEST_F(EstimateTest, GroupsTellWhoSharesWithWhom)
{
	auto &a = source_.Add("a", 1000000), &b = source_.Add("b", 1000001),
	     &c = source_.Add("c", 1000001);

	source_.Put(a, 1, 3); // of both users
	source_.Put(b, 1);
	source_.Put(c, 1);
	source_.Put(b, 2); // of one
	source_.Put(c, 2);
	source_.Put(a, 3); // of both, but by fork
	b.pages[FakeSource::Next(b)] = a.pages.rbegin()->second;
	a.pages.rbegin()->second.flags = b.pages.rbegin()->second.flags = KSM_PAGE_SHARED;
	options_.by = KSM_BY_USER;
	Estimate e = Run();
	ASSERT_TRUE(e);
	ASSERT_EQ(e->n_groups, 2u);
	for (size_t i = 0; i < 2; i++) {
		EXPECT_EQ(e->group[i].sums.duplicate_pages, 2) << i;
		EXPECT_EQ(e->group[i].cross_duplicate_pages, 2) << i;
	}
	ASSERT_EQ(e->n_group_pairs, 1u);
	EXPECT_EQ(e->group_pair[0].a, 0u);
	EXPECT_EQ(e->group_pair[0].b, 1u);
	EXPECT_EQ(e->group_pair[0].shared_contents, 2);
	EXPECT_EQ(e->group_pair[0].shared_pages, 3 + 2 + 1 + 1);
	EXPECT_EQ(e->group_pair[0].freeable_pages, 1);
	EXPECT_EQ(e->n_pairs, 3u);
}

TEST_F(EstimateTest, CrossingIsWhatNoOwnerFreesAlone)
{
	auto &a = source_.Add("a", 1), &b = source_.Add("b", 1), &c = source_.Add("c", 2);
	std::string id(64, 'a');

	source_.Put(a, 1, 3);
	source_.Put(b, 1, 2);
	source_.Put(c, 1);
	source_.Put(b, 2);
	source_.Put(c, 2, 4);
	source_.Put(c, 3, 7);
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_EQ(e->totals.freed_pages, 5 + 4 + 6);
	EXPECT_EQ(e->crossing_pages[KSM_OWNER_TARGET], 2 + 1);
	EXPECT_EQ(e->crossing_pages[KSM_OWNER_USER], 1 + 1);
	EXPECT_EQ(e->crossing_pages[KSM_OWNER_DOMAIN], 1 + 1);
	b.cgroup = "/docker/" + id;
	EXPECT_EQ(Run()->crossing_pages[KSM_OWNER_USER], 1 + 1);
	EXPECT_EQ(Run()->crossing_pages[KSM_OWNER_DOMAIN], 2 + 1);
	// Two KSM pages of 256 mappings, whether the 400 are of one user or of two.
	source_.Put(a, 4, 200);
	source_.Put(c, 4, 200);
	EXPECT_EQ(Run()->crossing_pages[KSM_OWNER_USER], 1 + 1 + 0);
}

// From 6.12 on, zeros of a huge page that is split for others are free, and neither merged nor of any cost.
TEST_F(EstimateTest, ZerosOfASplitHugePageAreFreed)
{
	auto &a = source_.Add("a"), &b = source_.Add("b");

	for (uint64_t i = 0; i < 512; i++)
		a.pages[0x200000 + i * 4096] = {i < 100 ? i + 1 : 0, 512000 + i, KSM_PAGE_HUGE};
	for (uint64_t content = 1; content <= 5; content++)
		source_.Put(b, content);
	for (auto &[kernel, merged] : {std::pair("6.18", 10), std::pair("6.11", 10 + 412)}) {
		Estimate e = Run(kernel, "smart_scan=0");

		ASSERT_TRUE(e);
		EXPECT_EQ(e->totals.merged_pages, merged) << kernel;
		EXPECT_EQ(e->totals.freed_pages, merged == 10 ? 5 + 412 : 5 + 410);
		EXPECT_EQ(e->crossing_pages[KSM_OWNER_TARGET], 5);
		EXPECT_EQ(e->outcome->settled_metadata_bytes, 64 * (merged == 10 ? 105 : 517));
	}
}

// With limits of sharing, one page of a content can be left over: it is somebody's all the same.
TEST_F(EstimateTest, CrossingCountsWhatIsLeftOver)
{
	auto &a = source_.Add("a", 1), &b = source_.Add("b", 2);
	const struct {
		int a, b, limit;
	} cases[] = {{1, 2, 2}, {2, 1, 2}, {2, 3, 2}, {4, 4, 7}, {1, 7, 7}, {8, 7, 7}, {3, 4, 7}};

	for (auto &copies : cases) {
		a.pages.clear();
		b.pages.clear();
		source_.Put(a, 1, copies.a);
		source_.Put(b, 1, copies.b);
		Estimate e =
			Run("6.18", ("max_page_sharing=" + std::to_string(copies.limit)).c_str());
		auto freed = [&](int n) { return n - (n + copies.limit - 1) / copies.limit; };

		ASSERT_TRUE(e);
		EXPECT_EQ(e->totals.freed_pages, freed(copies.a + copies.b));
		EXPECT_EQ(e->crossing_pages[KSM_OWNER_USER],
			  freed(copies.a + copies.b) - freed(copies.a) - freed(copies.b))
			<< copies.a << " " << copies.b << " " << copies.limit;
	}
}

// What is merged already saves nothing more, whoever has it.
TEST_F(EstimateTest, CrossingIsOfWhatIsStillToBeFreed)
{
	auto &a = source_.Add("a", 1), &b = source_.Add("b", 2);

	source_.Put(a, 1);
	a.pages.begin()->second.flags = KSM_PAGE_KSM;
	b.pages[0x10000] = a.pages.begin()->second;
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_EQ(e->totals.freed_pages, 0);
	EXPECT_EQ(e->crossing_pages[KSM_OWNER_USER], 0);
	source_.Put(b, 1, 2);
	e = Run();
	EXPECT_EQ(e->totals.freed_pages, 2);
	EXPECT_EQ(e->crossing_pages[KSM_OWNER_USER], 1);
}

TEST_F(EstimateTest, CrossingWithoutOwnersIsUnknown)
{
	auto &a = source_.Add("a", 1), &b = source_.Add("b", 2), &gone = source_.Add("gone", 3);

	source_.Put(a, 1);
	source_.Put(b, 1);
	gone.has_uid = false;
	EXPECT_EQ(Run()->crossing_pages[KSM_OWNER_USER], 1);
	b.has_uid = false;
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_EQ(e->crossing_pages[KSM_OWNER_TARGET], 1);
	EXPECT_EQ(e->crossing_pages[KSM_OWNER_USER], KSM_UNKNOWN);
	EXPECT_EQ(e->crossing_pages[KSM_OWNER_DOMAIN], KSM_UNKNOWN);
}

// With use_zero_pages a page of zeros needs nobody's else.
TEST_F(EstimateTest, CrossingLeavesOutTheZeroPage)
{
	source_.Put(source_.Add("a", 1), 0, 2);
	source_.Put(source_.Add("b", 2), 0, 2);
	EXPECT_EQ(Run()->crossing_pages[KSM_OWNER_USER], 1);
	ksm_estimate *estimate = nullptr;
	ksm_trial trial = {};
	ASSERT_EQ(ksm_model_init(&trial.model, "6.18", nullptr, nullptr), 0);
	ASSERT_EQ(ksm_model_set(&trial.model, "use_zero_pages=1", nullptr), 0);
	trial.settings = "";
	ASSERT_EQ(ksm_estimate_run(source_.source(), &trial, 1, &options_, &estimate, nullptr), 0);
	EXPECT_EQ(estimate->totals.freed_pages, 4);
	EXPECT_EQ(estimate->crossing_pages[KSM_OWNER_USER], 0);
	ksm_estimate_free(estimate);
}

TEST_F(EstimateTest, TopListsTheHeaviestInOrder)
{
	auto &a = source_.Add("a"), &b = source_.Add("b");

	for (uint64_t content = 1; content <= 30; content++)
		source_.Put(a, content, static_cast<int>(content * 7 % 31));
	source_.Put(b, 9, 100);
	options_.top = 3;
	Estimate e = Run();
	ASSERT_TRUE(e);
	ASSERT_EQ(e->n_contents, 3u);
	EXPECT_EQ(e->content[0].copies, 101);
	EXPECT_EQ(e->content[0].targets, 2);
	EXPECT_EQ(e->content[0].space, 0u);
	EXPECT_EQ(e->content[1].copies, 30);
	EXPECT_EQ(e->content[2].copies, 29);
}

TEST_F(EstimateTest, VerifyReadsEveryRepeatedPageAgain)
{
	auto &a = source_.Add("a"), &b = source_.Add("b");

	source_.Put(a, 1, 5);
	source_.Put(b, 1, 2);
	source_.Put(b, 2);
	options_.verify = true;
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_EQ(e->verified_pages, 7);
	EXPECT_EQ(e->mismatched_pages, 0);
}

TEST_F(EstimateTest, NoTargetsGiveZeros)
{
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_EQ(e->totals.pages_present, 0);
	EXPECT_TRUE(e->complete);
}

TEST_F(EstimateTest, UnknownsAreNullInTheDocument)
{
	auto &a = source_.Add("a");

	source_.Put(a, 1, 2);
	source_.source()->unknown = KSM_UNKNOWN_PFN | KSM_UNKNOWN_KSM_PAGES;
	Estimate e = Run();
	ASSERT_TRUE(e);
	json_object *document = ksm_report_estimate(e.get()), *totals = nullptr, *value = document;
	ASSERT_TRUE(json_object_object_get_ex(document, "totals", &totals));
	EXPECT_TRUE(json_object_object_get_ex(totals, "same_pfn_pages", &value));
	EXPECT_EQ(value, nullptr);
	EXPECT_TRUE(json_object_object_get_ex(totals, "already_merged_pages", &value));
	EXPECT_EQ(value, nullptr);
	json_object_put(document);
}

// No sooner: how much later is a matter of the machine.
TEST_F(EstimateTest, ReadsNoMoreThanTheRate)
{
	constexpr int pages = 256, batch_pages = 7;

	source_.Put(source_.Add("a"), 1, pages);
	options_.passes = 1;
	options_.bytes_per_second = 4 << 20;
	for (unsigned int threads : {1u, 3u}) {
		options_.threads = threads;
		Estimate estimate = Run();
		ASSERT_TRUE(estimate);
		EXPECT_EQ(estimate->totals.pages_present, pages);
		EXPECT_GE(estimate->elapsed_seconds,
			  (pages - batch_pages) * 4096.0 / options_.bytes_per_second);
	}
}

} // namespace
