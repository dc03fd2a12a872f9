// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <ctime>
#include <memory>
#include <vector>

#include "tests/unit/estimate/fake_source.h"

extern "C" {
#include "estimate/estimate.h"
#include "estimate/pace.h"
#include "report/report.h"
#include "source/join.h"
#include "source/sequence.h"
}

namespace
{

struct Free {
	void operator()(ksm_estimate *estimate) const
	{
		ksm_estimate_free(estimate);
	}
};
using Estimate = std::unique_ptr<ksm_estimate, Free>;

class EstimateTest : public testing::Test
{
      protected:
	EstimateTest()
	{
		options_.passes = 2;
		options_.threads = 2;
	}

	Estimate Run(const std::string &kernel = "6.18")
	{
		ksm_estimate *estimate = nullptr;
		ksm_trial trial = {};

		EXPECT_EQ(ksm_model_init(&trial.model, kernel.c_str(), nullptr, nullptr), 0);
		trial.settings = "";
		error_ = {};
		ksm_estimate_run(source_.source(), &trial, 1, &options_, &estimate, &error_);
		return Estimate(estimate);
	}

	FakeSource source_;
	ksm_estimate_options options_ = {};
	ksm_error error_ = {};
};

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
	EXPECT_EQ(e->target[0].self_duplicate_pages, 2);
	EXPECT_EQ(e->target[0].cross_duplicate_pages, 1);
	EXPECT_EQ(e->target[1].self_duplicate_pages, 3);
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
}

TEST(Histogram, RowsAreBoundedByPowersOfTwo)
{
	ksm_histogram_row histogram[KSM_HISTOGRAM_ROWS] = {};

	for (int64_t copies = 1; copies <= 17; copies++)
		ksm_histogram_count(histogram, copies);
	ksm_histogram_count(histogram, INT64_MAX);
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
		{1, 2, 2, 2 + 1 + 1 + 4}, {0, 1, 1, 3 + 2}, {0, 2, 1, 3 + 1}};
	for (size_t i = 0; i < 3; i++)
		EXPECT_EQ(
			(std::vector<int64_t>{e->pair[i].a, e->pair[i].b,
					      e->pair[i].shared_contents, e->pair[i].shared_pages}),
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

TEST_F(EstimateTest, ChangingPagesDoNotMerge)
{
	auto &a = source_.Add("a");

	source_.Put(a, 1, 4);
	source_.before = [](FakeSource &source, int pass) {
		if (pass == 2)
			source.processes[0].pages[0x10000].content = 1000;
	};
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_EQ(e->totals.changed_pages, 1);
	EXPECT_EQ(e->totals.freed_pages, 2);
	EXPECT_EQ(e->outcome->pass[1].pages_volatile, 1);
}

// One content in 4 pages: two of them are written before every pass from the third on, a third one once.
TEST_F(EstimateTest, MorePassesGiveABand)
{
	auto &a = source_.Add("a");

	source_.Put(a, 1, 4);
	source_.before = [](FakeSource &source, int pass) {
		auto &pages = source.processes[0].pages;

		if (pass >= 3)
			pages[0x10000].content = pages[0x11000].content = 1000 + pass;
		if (pass == 5)
			pages[0x12000].content = 2000;
	};
	options_.passes = 5;
	Estimate e = Run();
	ASSERT_TRUE(e);
	const ksm_outcome &outcome = *e->outcome;
	ASSERT_TRUE(outcome.has_bands);
	const std::vector<int64_t> sharing = {0, 3, 1, 1, 0};
	for (unsigned int i = 0; i < 5; i++)
		EXPECT_EQ(outcome.pass[i].pages_sharing, sharing[i]) << i;
	EXPECT_EQ(outcome.bands.pages_sharing.last, 0);
	EXPECT_EQ(outcome.bands.pages_sharing.lowest, 0);
	EXPECT_EQ(outcome.bands.pages_sharing.median, 1);
	EXPECT_EQ(outcome.bands.pages_sharing.highest, 3);
	EXPECT_EQ(outcome.bands.general_profit.highest, 3 * 4096 - 4 * 64);
	EXPECT_EQ(outcome.bands.general_profit.lowest, -4 * 64);
	ASSERT_EQ(e->n_changes, 1u);
	EXPECT_STREQ(e->change[0].area, "heap");
	EXPECT_EQ(e->change[0].pages_present, 4);
	EXPECT_EQ(e->change[0].changed_pages, 3);
	EXPECT_EQ(e->change[0].changes, 3 + 3 + 1);
	EXPECT_EQ(e->target_pass[1].ksm_merging_pages, 4);
	EXPECT_EQ(e->target_pass[2].ksm_merging_pages, 2);
}

TEST_F(EstimateTest, TheMedianOfAnEvenNumberLiesBetweenTheMiddleTwo)
{
	auto &a = source_.Add("a");

	source_.Put(a, 1, 5);
	source_.before = [](FakeSource &source, int pass) {
		if (pass == 3)
			for (uint64_t address : {0x10000, 0x11000})
				source.processes[0].pages[address].content = address;
	};
	options_.passes = 3;
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_EQ(e->outcome->bands.pages_sharing.highest, 4);
	EXPECT_EQ(e->outcome->bands.pages_sharing.lowest, 2);
	EXPECT_EQ(e->outcome->bands.pages_sharing.median, 3);
	options_.passes = 2;
	EXPECT_FALSE(Run()->outcome->has_bands);
}

// 10 pages, 4 at a time and then 50 ms: 3 sleeps, and 10 ms of work.
TEST_F(EstimateTest, PassesCanFollowAtThePaceOfKsmd)
{
	std::vector<double> begun;
	ksm_estimate *estimate = nullptr;
	ksm_trial trial = {};

	source_.Put(source_.Add("a"), 1, 10);
	source_.before = [&](FakeSource &, int) {
		timespec t;
		clock_gettime(CLOCK_MONOTONIC, &t);
		begun.push_back(static_cast<double>(t.tv_sec) + t.tv_nsec / 1e9);
	};
	ASSERT_EQ(ksm_model_init(&trial.model, "6.18", nullptr, nullptr), 0);
	ASSERT_EQ(ksm_model_set(&trial.model, "pages_to_scan=4", nullptr), 0);
	ASSERT_EQ(ksm_model_set(&trial.model, "sleep_millisecs=50", nullptr), 0);
	trial.settings = "";
	options_.at_ksmd_pace = true;
	options_.interval_seconds = 1000;
	options_.cost.seconds_per_page = 0.001;
	options_.passes = 3;
	ksm_estimate_run(source_.source(), &trial, 1, &options_, &estimate, &error_);
	Estimate e(estimate);
	ASSERT_TRUE(e);
	ASSERT_EQ(begun.size(), 3u);
	// No sooner; later as the machine will have it.
	EXPECT_GE(begun[1] - begun[0], 0.159);
	EXPECT_GE(begun[2] - begun[1], 0.159);
	EXPECT_LT(begun[2] - begun[0], 100);
}

TEST_F(EstimateTest, UnorderedPagesAreSortedOnceItIsKnownWhichCount)
{
	auto &a = source_.Add("a"), &b = source_.Add("b");

	source_.Put(a, 1, 20);
	source_.Put(a, 2, 3);
	source_.Put(a, 3, 2);
	source_.Put(b, 2, 2);
	a.is_unordered = true;
	a.uncounted = {0x10000, 0x11000, FakeSource::Next(a) - 4096};
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_EQ(e->totals.pages_present, 24);
	EXPECT_EQ(e->totals.distinct_pages, 3);
	EXPECT_EQ(e->outcome->pass[1].pages_sharing, 17 + 4);
	EXPECT_EQ(e->outcome->pass[1].pages_unshared, 1);
	EXPECT_EQ(e->target[0].sums.pages_present, 22);
}

TEST_F(EstimateTest, WhatIsStillIsReadOnce)
{
	auto &a = source_.Add("a");
	int reads = 0;

	source_.Put(a, 1, 600);
	source_.Put(a, 0, 5);
	for (int i = 10; i < 60; i++)
		source_.Put(a, i);
	options_.passes = 12;
	source_.before = [&](FakeSource &, int) { reads++; };
	Estimate again = Run();
	ASSERT_TRUE(again);
	EXPECT_EQ(reads, 12);
	reads = 0;
	ksm_page_source *source = source_.source();
	source->is_still = true;
	ksm_trial trial = {};
	ksm_estimate *estimate = nullptr;
	trial.settings = "";
	ASSERT_EQ(ksm_model_init(&trial.model, "6.18", nullptr, nullptr), 0);
	ASSERT_EQ(ksm_estimate_run(source, &trial, 1, &options_, &estimate, &error_), 0);
	Estimate once(estimate);
	EXPECT_EQ(reads, 1);
	for (unsigned int i = 0; i < 12; i++) {
		EXPECT_EQ(memcmp(&once->outcome->pass[i], &again->outcome->pass[i],
				 sizeof(ksm_counters)),
			  0)
			<< i;
		EXPECT_EQ(memcmp(&once->target_pass[i], &again->target_pass[i],
				 sizeof(ksm_mm_counters)),
			  0)
			<< i;
	}
}

TEST_F(EstimateTest, JoinedSourcesAreOne)
{
	FakeSource other;
	ksm_page_source *joined = nullptr;
	ksm_estimate *estimate = nullptr;
	ksm_trial trial = {};

	source_.Put(source_.Add("a"), 1, 10);
	source_.Put(source_.Add("b"), 2, 10);
	auto &c = other.Add("c");
	other.Put(c, 1, 5);
	other.Put(c, 3, 1);
	c.is_unordered = true;
	c.uncounted = {0x10000};
	other.Put(other.Add("d"), 2, 5);
	source_.source()->is_still = true;
	trial.settings = "";
	ASSERT_EQ(ksm_model_init(&trial.model, "6.18", nullptr, nullptr), 0);
	ASSERT_EQ(ksm_source_join(source_.source(), other.source(), &joined, &error_), 0);
	EXPECT_FALSE(joined->is_still);
	ASSERT_EQ(ksm_estimate_run(joined, &trial, 1, &options_, &estimate, &error_), 0);
	Estimate e(estimate);
	ASSERT_EQ(e->n_targets, 4u);
	EXPECT_STREQ(e->target[3].space->name, "d");
	EXPECT_EQ(e->totals.pages_present, 30);
	EXPECT_EQ(e->target[2].sums.pages_present, 5);
	EXPECT_EQ(e->outcome->pass[1].pages_sharing, 13 + 14);
	EXPECT_EQ(e->target[2].cross_duplicate_pages, 1);
	ksm_page_source_close(&joined);
}

TEST_F(EstimateTest, ASequenceIsOneSpaceAtDifferentTimes)
{
	FakeSource then;
	ksm_page_source *parts[2], *sequence = nullptr;
	ksm_estimate *estimate = nullptr;
	ksm_trial trial = {};
	auto &before = then.Add("before"), &after = source_.Add("after");

	then.Put(before, 1, 6);
	source_.Put(after, 1, 4);
	after.pages[0x10000].content = 9;   // changed
	after.pages[0x20000] = {1, 77, 0};  // came
	after.pages[0x100000] = {1, 78, 0}; // came, elsewhere
	before.is_unordered = true;
	trial.settings = "";
	ASSERT_EQ(ksm_model_init(&trial.model, "6.18", nullptr, nullptr), 0);
	parts[0] = then.source();
	parts[1] = source_.source();
	ASSERT_EQ(ksm_source_sequence(parts, 2, &sequence, &error_), 0);
	ASSERT_EQ(ksm_estimate_run(sequence, &trial, 1, &options_, &estimate, &error_), 0);
	Estimate e(estimate);
	ASSERT_EQ(e->n_targets, 1u);
	EXPECT_STREQ(e->target[0].space->name, "after");
	EXPECT_EQ(e->outcome->pass[1].pages_sharing, 2);
	EXPECT_EQ(e->outcome->pass[1].pages_volatile, 3);
	ASSERT_EQ(e->n_changes, 2u);
	EXPECT_STREQ(e->change[0].area, "heap");
	EXPECT_EQ(e->change[0].changed_pages, 1);
	EXPECT_EQ(e->change[0].new_pages, 1);
	EXPECT_EQ(e->change[0].gone_pages, 2);
	EXPECT_STREQ(e->change[1].area, "anon");
	EXPECT_EQ(e->change[1].new_pages, 1);
	EXPECT_EQ(e->change[1].gone_pages, 0);
	ksm_page_source_close(&sequence);
}

TEST_F(EstimateTest, PagesOfTwoSizesAreNotJoined)
{
	FakeSource other;
	ksm_page_source *joined = nullptr, *second = other.source();

	second->page_size = 16384;
	EXPECT_EQ(ksm_source_join(source_.source(), second, &joined, &error_), -EINVAL);
	EXPECT_EQ(error_.code, KSM_ERR_INVALID);
	EXPECT_EQ(joined, nullptr);
}

TEST(Pace, ASleepEndsWithATick)
{
	ksm_model model;
	ksm_cost cost = {};
	ksm_pace pace;
	// From batch to batch of a page, in ms, as measured with ksmd of 6.18 at 250 Hz.
	const std::vector<std::pair<int, double>> measured = {
		{1, 8},	    {5, 12},	{10, 16},   {20, 24},	{50, 56},   {100, 104},
		{200, 204}, {400, 416}, {630, 640}, {640, 672}, {700, 704}, {1000, 1024}};

	ASSERT_EQ(ksm_model_init(&model, "6.18", nullptr, nullptr), 0);
	ASSERT_EQ(ksm_model_set(&model, "pages_to_scan=100", nullptr), 0);
	cost.seconds_per_page = 0.0000024;
	cost.tick_seconds = 0.004;
	for (auto [sleep, ms] : measured) {
		std::string setting = "sleep_millisecs=" + std::to_string(sleep);

		ASSERT_EQ(ksm_model_set(&model, setting.c_str(), nullptr), 0);
		ksm_pace_init(&pace, &model, &cost);
		EXPECT_NEAR(ksm_pace_pass_seconds(&pace, 99) * 1000, ms, 0.001) << setting;
		EXPECT_NEAR(ksm_pace_pass_seconds(&pace, 1001) * 1000, 11 * ms, 0.001) << setting;
		// One more batch finds out that the pass is over.
		EXPECT_NEAR(ksm_pace_pass_seconds(&pace, 1000) * 1000, 11 * ms, 0.001) << setting;
	}
	// Work of 10 ms goes two ticks beyond the one that began it.
	ASSERT_EQ(ksm_model_set(&model, "sleep_millisecs=20", nullptr), 0);
	cost.seconds_per_page = 0.0001;
	ksm_pace_init(&pace, &model, &cost);
	EXPECT_NEAR(ksm_pace_pass_seconds(&pace, 100) * 1000, 32 + 24, 0.001);
	ASSERT_EQ(ksm_model_set(&model, "sleep_millisecs=0", nullptr), 0);
	EXPECT_NEAR(ksm_pace_pass_seconds(&pace, 100) * 1000, 10, 0.001);
}

TEST_F(EstimateTest, OnePassCountsEverythingAsStill)
{
	source_.Put(source_.Add("a"), 1, 4);
	options_.passes = 1;
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_EQ(e->outcome->pass[0].pages_sharing, 0);
	EXPECT_EQ(e->totals.freed_pages, 3);
	ASSERT_EQ(e->n_warnings, 1u);
	EXPECT_STREQ(e->warning[0].code, "one-pass");
}

TEST_F(EstimateTest, LostPagesMakeTheTargetIncompleteAndSayWhy)
{
	auto &a = source_.Add("a"), &b = source_.Add("b");

	source_.Put(a, 1, 20);
	source_.Put(b, 1, 20);
	a.pages[0x12000].lost = a.pages[0x13000].lost = true;
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_FALSE(e->complete);
	EXPECT_FALSE(e->target[0].complete);
	EXPECT_EQ(e->target[0].lost_pages, 2);
	EXPECT_STREQ(e->target[0].error.text, "made to be lost");
	EXPECT_EQ(e->target[0].error.pid, 100);
	EXPECT_TRUE(e->target[1].complete);
	EXPECT_EQ(e->totals.pages_present, 38);
}

TEST_F(EstimateTest, AFailingSourceEndsTheRunWithItsError)
{
	source_.Put(source_.Add("a"), 1, 100);
	source_.fail_at_batch = 3;
	EXPECT_FALSE(Run());
	EXPECT_EQ(error_.errnum, EIO);
	EXPECT_STREQ(error_.text, "made to fail");
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
	EXPECT_EQ(e->outcome[2].freed_pages, 9 + 599);
	EXPECT_EQ(e->outcome[2].pass[1].stable_node_dups, 0);
	EXPECT_EQ(e->totals.freed_pages, e->outcome[0].freed_pages);
}

TEST_F(EstimateTest, ForecastAddsUpSleepAndWork)
{
	options_.cost.seconds_per_page = 0.001;
	source_.Put(source_.Add("a"), 1, 1000);
	Estimate e = Run();
	ASSERT_TRUE(e);
	const ksm_forecast &forecast = e->outcome->forecast;
	// 10 batches of 100 pages and one that finds the end, 20 ms of sleep each, and a second of work.
	EXPECT_NEAR(forecast.seconds_per_pass, 1.22, 1e-9);
	EXPECT_EQ(forecast.passes_to_settle, 2);
	EXPECT_NEAR(forecast.seconds_to_settle, 2.44, 1e-9);
	EXPECT_NEAR(forecast.ksmd_cpu_seconds, 2.0, 1e-9);
}

TEST_F(EstimateTest, ForecastCountsThePassThatForkNeedsMore)
{
	auto &a = source_.Add("parent"), &b = source_.Add("child");

	a.pages[0x10000] = b.pages[0x10000] = {1, 70, KSM_PAGE_SHARED};
	source_.Put(source_.Add("other"), 1);
	EXPECT_EQ(Run()->outcome->forecast.passes_to_settle, 3);
}

TEST_F(EstimateTest, ForecastOfNothingToDoAndOfNoPace)
{
	ksm_estimate *estimate = nullptr;
	ksm_trial trial = {};

	source_.Put(source_.Add("a"), 1, 10);
	ASSERT_EQ(ksm_model_init(&trial.model, "6.18", nullptr, nullptr), 0);
	ASSERT_EQ(ksm_model_set(&trial.model, "pages_to_scan=0", nullptr), 0);
	trial.settings = "";
	ASSERT_EQ(ksm_estimate_run(source_.source(), &trial, 1, &options_, &estimate, nullptr), 0);
	Estimate e(estimate);
	EXPECT_TRUE(std::isinf(e->outcome->forecast.seconds_per_pass));
	EXPECT_TRUE(std::isinf(e->outcome->forecast.seconds_to_settle));
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

} // namespace
