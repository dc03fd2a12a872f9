// SPDX-License-Identifier: GPL-2.0-or-later
// What several passes tell: change, bands, pace and forecast.
#include <gtest/gtest.h>

#include <cmath>
#include <ctime>
#include <vector>

#include "tests/unit/estimate/estimate_fixture.h"

extern "C" {
#include "estimate/pace.h"
}

namespace
{

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

// Pages stay where they are, and the heap becomes an anonymous area around them.
TEST_F(EstimateTest, PagesOfAnAreaThatBecomesAnotherAreNew)
{
	source_.Put(source_.Add("a"), 1, 4);
	source_.before = [](FakeSource &source, int pass) {
		if (pass == 2)
			source.Map(0, "00010000-10000000 rw-p 00000000 00:00 0 \n");
	};
	Estimate e = Run();
	ASSERT_TRUE(e);
	ASSERT_EQ(e->n_changes, 2u);
	EXPECT_STREQ(e->change[0].area, "anon");
	EXPECT_EQ(e->change[0].pages_present, 4);
	EXPECT_EQ(e->change[0].new_pages, 4);
	EXPECT_EQ(e->change[0].gone_pages, 0);
	EXPECT_STREQ(e->change[1].area, "heap");
	EXPECT_EQ(e->change[1].new_pages, 0);
	EXPECT_EQ(e->change[1].gone_pages, 4);
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

TEST_F(EstimateTest, AKernelBeyondTheModelIsTold)
{
	source_.Put(source_.Add("a"), 1, 4);
	Estimate e = Run("7.2.1");
	ASSERT_TRUE(e);
	ASSERT_EQ(e->n_warnings, 1u);
	EXPECT_STREQ(e->warning[0].code, "new-kernel");
	EXPECT_NE(std::string(e->warning[0].text).find("\"7.2.1\""), std::string::npos);
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

} // namespace
