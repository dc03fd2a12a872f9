/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cerrno>
#include <cmath>
#include <random>
#include <string>

#include <gtest/gtest.h>

extern "C" {
#include "control/boost.h"
#include "control/tune.h"
#include "estimate/pace.h"
}

namespace
{

struct ksm_tune_facts Facts(int64_t pages, double cost = 3e-6)
{
	struct ksm_tune_facts facts = {};

	for (auto field : {KSM_SYSFS_run, KSM_SYSFS_pages_to_scan, KSM_SYSFS_sleep_millisecs,
			   KSM_SYSFS_smart_scan, KSM_SYSFS_advisor_mode, KSM_SYSFS_advisor_max_cpu,
			   KSM_SYSFS_advisor_target_scan_time, KSM_SYSFS_pages_unshared})
		facts.sysfs.valid[field] = true;
	facts.sysfs.value[KSM_SYSFS_run] = 1;
	facts.sysfs.value[KSM_SYSFS_pages_to_scan] = 100;
	facts.sysfs.value[KSM_SYSFS_sleep_millisecs] = 20;
	facts.sysfs.value[KSM_SYSFS_pages_unshared] = pages;
	facts.meminfo.total = 100 << 20;
	facts.meminfo.available = 50 << 20;
	facts.cost.seconds_per_page = cost;
	facts.cost.tick_seconds = 0.004;
	return facts;
}

struct ksm_tuning Tune(const struct ksm_tune_goals &goals, const struct ksm_tune_facts &facts)
{
	struct ksm_tuning tuning = {};
	struct ksm_error err = {};

	EXPECT_EQ(ksm_tune(&goals, &facts, &tuning, &err), 0) << err.text;
	return tuning;
}

/* How long a pass over @pages takes with these settings, by the model of ksmd's pace. */
double PassSeconds(const struct ksm_tuning &tuning, const struct ksm_tune_facts &facts,
		   int64_t pages)
{
	double batch = static_cast<double>(tuning.settings.value[KSM_SYSFS_pages_to_scan]);
	double sleep = static_cast<double>(tuning.settings.value[KSM_SYSFS_sleep_millisecs]) / 1000;

	return static_cast<double>(pages) / batch *
	       ksm_pace_batch_seconds(sleep, facts.cost.tick_seconds,
				      batch * facts.cost.seconds_per_page);
}

TEST(Tune, KeepsTheScanTimeUnlessCpuIsShort)
{
	std::mt19937 random(3);

	for (int i = 0; i < 5000; i++) {
		int64_t pages = 1 + static_cast<int64_t>(random() % 20000000);
		struct ksm_tune_facts facts =
			Facts(pages, 1e-7 * static_cast<double>(1 + random() % 200));
		struct ksm_tune_goals goals = {};

		goals.scan_seconds = 1 + static_cast<double>(random() % 3000);
		goals.max_cpu = random() % 2 ? 1 + static_cast<double>(random() % 60) : 0;
		struct ksm_tuning tuning = Tune(goals, facts);
		double seconds = PassSeconds(tuning, facts, pages);
		double cpu =
			100 * static_cast<double>(pages) * facts.cost.seconds_per_page / seconds;

		ASSERT_TRUE(tuning.settings.given[KSM_SYSFS_pages_to_scan]);
		ASSERT_NEAR(tuning.scan_seconds, seconds, 1e-6 * seconds);
		if (goals.max_cpu > 0 && tuning.settings.value[KSM_SYSFS_pages_to_scan] > 1) {
			ASSERT_LE(cpu, goals.max_cpu * 1.001) << pages << " " << goals.scan_seconds;
		}
		if (!tuning.is_limited && goals.max_cpu <= 0 &&
		    facts.cost.seconds_per_page * static_cast<double>(pages) <
			    0.8 * goals.scan_seconds) {
			ASSERT_LE(seconds, goals.scan_seconds * 1.0001)
				<< pages << " " << facts.cost.seconds_per_page;
		}
	}
}

TEST(Tune, FewPagesMakeLongSleeps)
{
	struct ksm_tune_goals goals = {};

	goals.scan_seconds = 100;
	struct ksm_tuning tuning = Tune(goals, Facts(1000));
	EXPECT_EQ(tuning.settings.value[KSM_SYSFS_sleep_millisecs], 1000);
	EXPECT_GE(tuning.settings.value[KSM_SYSFS_pages_to_scan], 10);
	EXPECT_LE(tuning.scan_seconds, 100.001);
}

TEST(Tune, TheAdvisorIsTurnedOffOrUsed)
{
	struct ksm_tune_facts facts = Facts(100000);
	struct ksm_tune_goals goals = {};
	struct ksm_error err;
	struct ksm_tuning tuning;

	facts.sysfs.value[KSM_SYSFS_advisor_mode] = KSM_ADVISOR_SCAN_TIME;
	goals.scan_seconds = 100;
	tuning = Tune(goals, facts);
	EXPECT_TRUE(tuning.settings.given[KSM_SYSFS_advisor_mode]);
	EXPECT_EQ(tuning.settings.value[KSM_SYSFS_advisor_mode], KSM_ADVISOR_NONE);
	goals.advisor = true;
	goals.max_cpu = 33.5;
	tuning = Tune(goals, facts);
	EXPECT_EQ(tuning.settings.value[KSM_SYSFS_advisor_target_scan_time], 100);
	EXPECT_EQ(tuning.settings.value[KSM_SYSFS_advisor_max_cpu], 33);
	EXPECT_FALSE(tuning.settings.given[KSM_SYSFS_pages_to_scan]);
	EXPECT_DOUBLE_EQ(tuning.scan_seconds, 100);
	EXPECT_DOUBLE_EQ(tuning.cpu_percent, 0.3);
	EXPECT_FALSE(tuning.is_limited);
	// 300 s of CPU in 100: what it may have is less.
	facts.sysfs.value[KSM_SYSFS_pages_unshared] = 100000000;
	tuning = Tune(goals, facts);
	EXPECT_DOUBLE_EQ(tuning.scan_seconds, 300 / 0.33);
	EXPECT_DOUBLE_EQ(tuning.cpu_percent, 33);
	EXPECT_TRUE(tuning.is_limited);
	facts.sysfs.valid[KSM_SYSFS_advisor_mode] = false;
	EXPECT_EQ(ksm_tune(&goals, &facts, &tuning, &err), -EOPNOTSUPP);
	goals = {};
	EXPECT_EQ(ksm_tune(&goals, &facts, &tuning, &err), -EINVAL);
}

/* Memory that KSM itself gives back must not make it pause and start again and again. */
TEST(Tune, FreeMemoryHasABand)
{
	struct ksm_tune_facts facts = Facts(100000);
	struct ksm_tune_goals goals = {};
	int changes = 0;

	goals.free_target = 20;
	for (double available :
	     {30.0, 26.0, 24.0, 22.0, 20.5, 19.9, 20.5, 22.0, 24.9, 25.1, 24.0, 21.0}) {
		facts.meminfo.available = static_cast<uint64_t>(available * (1 << 20));
		struct ksm_tuning tuning = Tune(goals, facts);
		int64_t run = tuning.settings.value[KSM_SYSFS_run];

		EXPECT_EQ(tuning.runs, run == 1);
		if (available < 20) {
			EXPECT_EQ(run, 1) << available;
		} else if (available > 25) {
			EXPECT_EQ(run, 0) << available;
		}
		changes += run != facts.sysfs.value[KSM_SYSFS_run];
		facts.sysfs.value[KSM_SYSFS_run] = run;
	}
	EXPECT_EQ(changes, 3);
}

/* A pace that is left alone can be told all the same, unless the advisor changes it. */
TEST(Tune, ThePaceThatHoldsIsTold)
{
	struct ksm_tune_facts facts = Facts(100000);
	struct ksm_tune_goals goals = {};

	goals.free_target = 60;
	struct ksm_tuning tuning = Tune(goals, facts);
	EXPECT_TRUE(tuning.runs);
	EXPECT_FALSE(tuning.settings.given[KSM_SYSFS_pages_to_scan]);
	/* 100 pages, and a sleep of 20 ms that ends with the tick after. */
	EXPECT_NEAR(tuning.scan_seconds, 1000 * 0.024, 1e-6);
	EXPECT_NEAR(tuning.cpu_percent, 100 * 100 * 3e-6 / 0.024, 1e-6);
	facts.sysfs.value[KSM_SYSFS_advisor_mode] = KSM_ADVISOR_SCAN_TIME;
	tuning = Tune(goals, facts);
	EXPECT_TRUE(std::isnan(tuning.scan_seconds));
	EXPECT_TRUE(std::isnan(tuning.cpu_percent));
	facts.sysfs.value[KSM_SYSFS_advisor_mode] = KSM_ADVISOR_NONE;
	facts.sysfs.value[KSM_SYSFS_pages_to_scan] = 0;
	EXPECT_TRUE(std::isnan(Tune(goals, facts).scan_seconds));
}

TEST(Tune, NoiseIsNotWorthAWrite)
{
	struct ksm_tune_facts facts = Facts(500000);
	struct ksm_tune_goals goals = {};
	int writes = 0;
	std::mt19937 random(4);

	goals.scan_seconds = 100;
	for (int i = 0; i < 1000; i++) {
		facts.sysfs.value[KSM_SYSFS_pages_unshared] =
			500000 + static_cast<int64_t>(random() % 30000);
		facts.cost.seconds_per_page = 3e-6 + 1e-9 * static_cast<double>(random() % 300);
		struct ksm_tuning tuning = Tune(goals, facts);
		if (!ksm_tune_is_worth(&tuning, &facts.sysfs))
			continue;
		writes++;
		for (int f = 0; f < KSM_SYSFS_N; f++)
			if (tuning.settings.given[f])
				facts.sysfs.value[f] = tuning.settings.value[f];
	}
	EXPECT_EQ(writes, 1);
	facts.sysfs.value[KSM_SYSFS_pages_unshared] = 1000000;
	struct ksm_tuning tuning = Tune(goals, facts);
	EXPECT_TRUE(ksm_tune_is_worth(&tuning, &facts.sysfs));
}

TEST(Tune, StepsAsKsmtunedTakesThem)
{
	struct ksm_tune_facts facts = Facts(100000);
	struct ksm_tune_goals goals = {};
	const std::string conf = "KSM_NPAGES_BOOST=300\nKSM_NPAGES_MAX=650\nKSM_SLEEP_MSEC=10\n";

	facts.meminfo.total = UINT64_C(32) << 30;
	facts.meminfo.available = UINT64_C(1) << 30;
	ASSERT_EQ(ksm_tune_parse(conf.data(), conf.size(), &goals, nullptr), 0);
	EXPECT_EQ(goals.free_target, 20);
	EXPECT_EQ(goals.free_bytes, 2048 * 1024);
	for (int64_t expected : {400, 650, 650}) {
		struct ksm_tuning tuning = Tune(goals, facts);
		EXPECT_EQ(tuning.settings.value[KSM_SYSFS_pages_to_scan], expected);
		EXPECT_EQ(tuning.settings.value[KSM_SYSFS_sleep_millisecs], 10);
		facts.sysfs.value[KSM_SYSFS_pages_to_scan] = expected;
	}
	facts.meminfo.available = UINT64_C(20) << 30;
	EXPECT_EQ(Tune(goals, facts).settings.value[KSM_SYSFS_pages_to_scan], 600);
	EXPECT_EQ(Tune(goals, facts).settings.value[KSM_SYSFS_run], 0);
}

int64_t PagesAfterLooks(const struct ksm_tune_goals &goals, struct ksm_tune_facts facts, int looks)
{
	for (int i = 0; i < looks; i++) {
		struct ksm_tuning tuning = Tune(goals, facts);

		if (!ksm_tune_is_worth(&tuning, &facts.sysfs))
			continue;
		for (int f = 0; f < KSM_SYSFS_N; f++)
			if (tuning.settings.given[f])
				facts.sysfs.value[f] = tuning.settings.value[f];
	}
	return facts.sysfs.value[KSM_SYSFS_pages_to_scan];
}

TEST(Tune, SmallStepsAddUp)
{
	struct ksm_tune_facts facts = Facts(100000);
	struct ksm_tune_goals goals = {};
	const std::string conf = "KSM_NPAGES_BOOST=300\nKSM_NPAGES_MAX=10000\n";

	ASSERT_EQ(ksm_tune_parse(conf.data(), conf.size(), &goals, nullptr), 0);
	facts.meminfo.available = 1 << 20;
	EXPECT_EQ(PagesAfterLooks(goals, facts, 40), 10000);
	facts.meminfo.available = 50 << 20;
	facts.sysfs.value[KSM_SYSFS_pages_to_scan] = 1250;
	EXPECT_EQ(PagesAfterLooks(goals, facts, 3), 1100);
	EXPECT_EQ(PagesAfterLooks(goals, facts, 40), 64);
	/* At its end there is nothing to write. */
	facts.sysfs.value[KSM_SYSFS_pages_to_scan] = 64;
	facts.sysfs.value[KSM_SYSFS_run] = 0;
	facts.sysfs.value[KSM_SYSFS_sleep_millisecs] =
		Tune(goals, facts).settings.value[KSM_SYSFS_sleep_millisecs];
	struct ksm_tuning tuning = Tune(goals, facts);
	EXPECT_FALSE(ksm_tune_is_worth(&tuning, &facts.sysfs));
}

TEST(Tune, AThresholdOfZeroIsNeverReached)
{
	struct ksm_tune_facts facts = Facts(100000);

	facts.meminfo.total = UINT64_C(16) << 30;
	facts.meminfo.available = UINT64_C(1) << 30;
	for (const std::string conf :
	     {"KSM_THRES_COEF=0\nKSM_NPAGES_BOOST=300\n",
	      "KSM_NPAGES_BOOST=300\nKSM_THRES_COEF=0\n",
	      "KSM_NPAGES_BOOST=300\nKSM_THRES_COEF=0\nKSM_THRES_CONST=0\n"}) {
		struct ksm_tune_goals goals = {};

		ASSERT_EQ(ksm_tune_parse(conf.data(), conf.size(), &goals, nullptr), 0);
		EXPECT_EQ(goals.free_target, 0) << conf;
		EXPECT_FALSE(Tune(goals, facts).runs) << conf;
		EXPECT_EQ(Tune(goals, facts).settings.value[KSM_SYSFS_run], 0) << conf;
	}
}

TEST(Tune, WhatMayChangeIsPutBackAndNothingElse)
{
	std::mt19937 random(5);

	for (int i = 0; i < 2000; i++) {
		struct ksm_tune_facts facts = Facts(static_cast<int64_t>(random() % 1000000));
		struct ksm_tune_goals goals = {};
		struct ksm_settings before;

		facts.sysfs.valid[KSM_SYSFS_use_zero_pages] = true;
		facts.sysfs.valid[KSM_SYSFS_max_page_sharing] = true;
		facts.sysfs.value[KSM_SYSFS_run] = random() % 2;
		facts.sysfs.value[KSM_SYSFS_advisor_target_scan_time] = 200;
		goals.scan_seconds = random() % 2 ? 1 + static_cast<double>(random() % 500) : 0;
		goals.max_cpu = random() % 2 ? 1 : 0;
		goals.free_target = goals.scan_seconds <= 0 || random() % 2 ? 60 : 0;
		goals.advisor = random() % 2;
		goals.steps.given = random() % 2;
		goals.steps.max = 9;
		ksm_tune_before(&goals, &facts.sysfs, &before);
		facts.sysfs.value[KSM_SYSFS_advisor_mode] = random() % 2;
		struct ksm_tuning tuning = Tune(goals, facts);
		for (int f = 0; f < KSM_SYSFS_N; f++)
			if (tuning.settings.given[f]) {
				EXPECT_TRUE(before.given[f])
					<< ksm_sysfs_name(static_cast<ksm_sysfs_field>(f));
			}
		EXPECT_FALSE(before.given[KSM_SYSFS_use_zero_pages]);
		EXPECT_FALSE(before.given[KSM_SYSFS_max_page_sharing]);
		bool has_pace = goals.scan_seconds > 0 || goals.max_cpu > 0 || goals.steps.given;
		EXPECT_EQ(before.given[KSM_SYSFS_sleep_millisecs], has_pace && !goals.advisor);
		EXPECT_EQ(before.given[KSM_SYSFS_advisor_mode], has_pace || goals.advisor);
	}
}

TEST(TuneConf, BothKindsOfNames)
{
	const std::string conf = "# pace\nscan-time = 200\n";
	const std::string text =
		"# pace\nscan-time=200 # s\n  max-cpu=12.5\t# of one\n\nadvisor=1\n"
		"KSM_MONITOR_INTERVAL=\"30\"\nKSM_THRES_CONST=2048\n"
		"LOGFILE=/var/log/ksmtuned\nDEBUG=1\nfree-target='5'\r\n";
	struct ksm_tune_goals goals = {};
	struct ksm_error err;

	ASSERT_EQ(ksm_tune_parse(text.data(), text.size(), &goals, &err), 0) << err.text;
	EXPECT_EQ(goals.scan_seconds, 200);
	EXPECT_EQ(goals.max_cpu, 12.5);
	EXPECT_EQ(goals.watch_seconds, 30);
	EXPECT_EQ(goals.free_bytes, 2048 * 1024);
	EXPECT_EQ(goals.free_target, 5);
	EXPECT_TRUE(goals.advisor);
	EXPECT_FALSE(goals.steps.given);
	/* No blanks around the sign, as in a shell. */
	EXPECT_EQ(ksm_tune_parse(conf.data(), conf.size(), &goals, nullptr), -EBADMSG);
}

TEST(TuneConf, WhatIsRefused)
{
	for (const std::string text :
	     {"scan-time", "scan-time=", "scan-time=x", "scan-time=1e3", "scan-time=-1",
	      "max-cpu=101", "max-cpu=$CPU", "max-cpu=`nproc`", "speed=1", "=1",
	      "KSM_NPAGES_DECAY=50", "KSM_NPAGES_MIN=10\nKSM_NPAGES_MAX=5\n", "free-target=nan",
	      "free-target=0x10"}) {
		struct ksm_tune_goals goals = {};
		struct ksm_error err;

		goals.max_cpu = 7;
		EXPECT_EQ(ksm_tune_parse(text.data(), text.size(), &goals, &err), -EBADMSG) << text;
		EXPECT_EQ(goals.max_cpu, 7) << text;
	}
	struct ksm_error err;
	struct ksm_tune_goals goals = {};
	const std::string third = "\n# x\nspeed=1\n", nul("max-cpu=1\0", 10), big(1000, 'x');
	EXPECT_EQ(ksm_tune_parse(third.data(), third.size(), &goals, &err), -EBADMSG);
	EXPECT_NE(std::string(err.text).find("line 3"), std::string::npos) << err.text;
	EXPECT_EQ(ksm_tune_parse(nul.data(), nul.size(), &goals, nullptr), -EBADMSG);
	EXPECT_EQ(ksm_tune_parse(big.data(), big.size(), &goals, nullptr), -EBADMSG);
}

/* ------------------------------------------------------------------------------- the boost */

TEST(Boost, ComesToItsBudgetFromAnywhere)
{
	/* A ksmd whose page costs what nobody foretold. */
	for (double cost : {2e-7, 3e-6, 5e-5})
		for (double budget : {5.0, 30.0, 80.0}) {
			struct ksm_cost assumed = {};
			double percent = 0;

			assumed.seconds_per_page = 3e-6;
			assumed.tick_seconds = 0.004;
			struct ksm_boost_pace pace = ksm_boost_first(budget, &assumed);
			uint64_t pages = pace.pages_to_scan;
			for (int i = 0; i < 20; i++) {
				double work = static_cast<double>(pages) * cost;
				percent = 100 * work / (work + 0.024);
				pages = ksm_boost_next(pages, percent, budget);
			}
			EXPECT_NEAR(percent, budget, 0.12 * budget) << cost;
		}
}

TEST(Boost, StaysWithinReason)
{
	struct ksm_cost cost = {};

	cost.seconds_per_page = 3e-6;
	cost.tick_seconds = 0.004;
	EXPECT_EQ(ksm_boost_first(100, &cost).sleep_millisecs, 0u);
	EXPECT_EQ(ksm_boost_first(50, &cost).sleep_millisecs, 20u);
	/* Half of the time is work: as much as the sleep of 24 ms. */
	EXPECT_NEAR(static_cast<double>(ksm_boost_first(50, &cost).pages_to_scan), 8000, 10);
	EXPECT_EQ(ksm_boost_next(1000, 0, 50), 4000u);
	EXPECT_EQ(ksm_boost_next(1000, 100, 1), 250u);
	EXPECT_EQ(ksm_boost_next(1000, 48, 50), 1000u);
	EXPECT_EQ(ksm_boost_next(10000000, 0, 50), 10000000u);
	EXPECT_EQ(ksm_boost_next(16, 100, 1), 16u);
}

} // namespace
