// SPDX-License-Identifier: GPL-2.0-or-later
// Where memory does not suffice: a sample, held against the estimate from all pages.
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/estimate/estimate_fixture.h"

extern "C" {
#include "base/str.h"
#include "estimate/advice.h"
#include "estimate/presence.h"
#include "estimate/sample.h"
#include "report/headline.h"
}

namespace
{

// So much that about a fifth of the pages of Fill() can be held.
constexpr uint64_t kLittle = 700000;

class SampleTest : public EstimateTest
{
      protected:
	// Three processes: zeros, a few contents of many pages, pairs and more across them, and what is there once.
	void Fill()
	{
		std::mt19937 random(1);
		uint64_t next = 1;

		for (const char *name : {"a", "b", "c"})
			source_.Add(name);
		auto put = [&](uint64_t content) {
			source_.Put(source_.processes[random() % 3], content);
		};
		for (int i = 0; i < 450; i++)
			put(0);
		for (int c = 0; c < 3; c++, next++)
			for (int i = 0; i < 150; i++)
				put(next);
		for (int c = 0; c < 1500; c++, next++)
			for (int i = 0; i < 2 + c % 4; i++)
				put(next);
		for (int i = 0; i < 5000; i++)
			put(next++);
		last_content_ = next;
	}

	// A fifth of the pages that are there once is new before each pass.
	void LetSomeChange()
	{
		source_.before = [this](FakeSource &source, int) {
			for (FakeProcess &process : source.processes)
				for (auto &page : process.pages)
					if (page.second.content > 1503 &&
					    page.first / 4096 % 5 == 0)
						page.second.content = last_content_++;
		};
	}

	uint64_t last_content_ = 0;
};

std::map<std::string, std::pair<int64_t, ksm_interval>> Sums(const ksm_estimate &estimate)
{
	std::map<std::string, std::pair<int64_t, ksm_interval>> sums;

#define X(name) sums[#name] = {estimate.totals.name, estimate.sample.name};
	KSM_SAMPLED_SUMS(X)
#undef X
	return sums;
}

TEST_F(SampleTest, IsNotTakenWhereMemorySuffices)
{
	Fill();
	Estimate all = Run();
	ASSERT_TRUE(all);

	options_.memory_bytes = 64 << 20;
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_EQ(e->sample.every, 1u);
	EXPECT_EQ(memcmp(&e->totals, &all->totals, sizeof(e->totals)), 0);
	EXPECT_EQ(e->outcome->pass[1].pages_sharing, all->outcome->pass[1].pages_sharing);
}

// Every run draws a key of its own, and so another sample: of 100, some 95 have the truth in an interval, and fewer than
// 80 not once in a million.
TEST_F(SampleTest, HasTheTruthInItsIntervals)
{
	std::map<std::string, int> inside;
	const int kRuns = 100;

	for (bool changes : {false, true}) {
		source_.processes.clear();
		Fill();
		if (changes)
			LetSomeChange();
		options_.memory_bytes = 0;
		Estimate all = Run();
		ASSERT_TRUE(all);
		inside.clear();
		options_.memory_bytes = kLittle;
		for (int run = 0; run < kRuns; run++) {
			Estimate e = Run();

			ASSERT_TRUE(e) << error_.text;
			ASSERT_GT(e->sample.every, 3u);
			ASSERT_EQ(e->sample.heavy_copies, 64);
			EXPECT_EQ(e->totals.zero_pages, 450);
			EXPECT_EQ(e->totals.pages_present, all->totals.pages_present);
			for (const auto &sum : Sums(*e)) {
				int64_t truth = Sums(*all)[sum.first].first;
				const ksm_interval &interval = sum.second.second;

				EXPECT_NEAR(interval.value, double(sum.second.first), 0.5)
					<< sum.first;
				inside[sum.first] += interval.low <= double(truth) &&
						     double(truth) <= interval.high;
			}
		}
		for (const auto &sum : inside)
			EXPECT_GE(sum.second, 80) << sum.first << changes;
	}
}

// A sample of more pages than its share would tell that more of them are shared, or change, than there are.
TEST_F(SampleTest, TellsOfNoPagesThatThereAreNot)
{
	auto &a = source_.Add("parent"), &b = source_.Add("child");

	for (uint64_t i = 0; i < 6000; i++)
		a.pages[0x10000 + i * 4096] =
			b.pages[0x10000 + i * 4096] = {i + 1, i + 1, KSM_PAGE_SHARED};
	options_.memory_bytes = kLittle;
	for (int run = 0; run < 20; run++) {
		Estimate e = Run();

		ASSERT_TRUE(e) << error_.text;
		ASSERT_GT(e->sample.every, 3u);
		for (const auto &sum : Sums(*e)) {
			EXPECT_LE(sum.second.first, 12000) << sum.first;
			EXPECT_LE(sum.second.second.high, 12000) << sum.first;
		}
		for (uint32_t i = 0; i < 2; i++)
			EXPECT_LE(e->target[i].sums.physical_pages, 6000);
	}
}

// On average, what each sample tells is what there is: counters, targets, pairs, groups, histogram.
TEST_F(SampleTest, IsRightOnAverage)
{
	std::map<std::string, double> mean, truth;
	const int kRuns = 60;
	auto add = [](std::map<std::string, double> &to, const ksm_estimate &e, double by) {
		const ksm_counters &last = e.outcome->pass[e.outcome->n_passes - 1];

#define X(name) to["counter " #name] += by * double(last.name);
		KSM_COUNTERS(X)
#undef X
		for (uint32_t i = 0; i < e.n_targets; i++) {
			std::string name = "target " + std::to_string(i);

			to[name + " freed"] += by * double(e.target[i].sums.freed_pages);
			to[name + " distinct"] += by * double(e.target[i].sums.distinct_pages);
			to[name + " cross"] += by * double(e.target[i].cross_duplicate_pages);
			to[name + " merging"] +=
				by * double(e.target[i].counters.ksm_merging_pages);
		}
		for (size_t i = 0; i < e.n_pairs; i++)
			to["pair " + std::to_string(e.pair[i].a) + std::to_string(e.pair[i].b)] +=
				by * double(e.pair[i].shared_pages + e.pair[i].freeable_pages);
		for (size_t i = 0; i < e.n_groups; i++)
			to[std::string("group ") + e.group[i].name] +=
				by * double(e.group[i].sums.merged_pages);
		for (int row = 0; row < 3; row++)
			to["row " + std::to_string(row)] += by * double(e.histogram[row].copies);
		to["repeated"] += by * double(e.concentration.repeated_contents);
		to["crossing"] += by * double(e.crossing_pages[KSM_OWNER_TARGET]);
		to["metadata"] += by * double(e.outcome->metadata_bytes);
	};

	Fill();
	LetSomeChange();
	options_.by = KSM_BY_PROCESS;
	options_.passes = 3;
	Estimate all = Run();
	ASSERT_TRUE(all);
	add(truth, *all, 1);
	options_.memory_bytes = kLittle;
	for (int run = 0; run < kRuns; run++)
		add(mean, *Run(), 1.0 / kRuns);
	EXPECT_GT(truth["counter pages_volatile"], 500);
	EXPECT_NEAR(mean["counter full_scans"], 3, 1e-6);
	for (const auto &value : truth)
		EXPECT_NEAR(mean[value.first], value.second, 0.08 * value.second + 1)
			<< value.first;
}

// What is repeated most is not told from the sample.
TEST_F(SampleTest, ListsHeavyContentsAsTheyAre)
{
	Fill();
	options_.top = 4;
	Estimate all = Run();
	ASSERT_TRUE(all);

	options_.memory_bytes = kLittle;
	Estimate e = Run();
	ASSERT_TRUE(e);
	ASSERT_EQ(e->n_contents, 4u);
	for (int i = 0; i < 4; i++) {
		EXPECT_EQ(e->content[i].copies, all->content[i].copies);
		EXPECT_EQ(e->content[i].address, all->content[i].address);
	}
}

TEST_F(SampleTest, GivesTheSameAdvice)
{
	const bool nobody[3] = {};
	ksm_advice advice[2] = {};

	Fill();
	options_.holdings = true;
	for (uint64_t memory : {uint64_t(0), kLittle}) {
		options_.memory_bytes = memory;
		Estimate e = Run();
		ASSERT_TRUE(e);
		ASSERT_EQ(ksm_advise(e.get(), nobody, false, &advice[memory != 0]), 0);
	}
	ASSERT_EQ(advice[0].n, 1u);
	ASSERT_EQ(advice[1].n, 1u);
	EXPECT_EQ(advice[1].group[0].n, advice[0].group[0].n);
	EXPECT_NEAR(double(advice[1].group[0].freed_bytes), double(advice[0].group[0].freed_bytes),
		    0.35 * double(advice[0].group[0].freed_bytes));
	for (ksm_advice &one : advice)
		ksm_advice_free(&one);
}

TEST_F(SampleTest, OfPagesThatComeInNoOrderHasAnIntervalOfThoseTooMany)
{
	Fill();
	for (FakeProcess &process : source_.processes)
		process.is_unordered = true;
	options_.passes = 1;
	Estimate all = Run();
	ASSERT_TRUE(all);

	options_.memory_bytes = kLittle;
	Estimate e = Run();
	ASSERT_TRUE(e);
	ASSERT_GT(e->sample.every, 3u);
	EXPECT_NEAR(e->sample.pages_present.value, double(all->totals.pages_present),
		    0.35 * double(all->totals.pages_present));
	EXPECT_NE(e->sample.pages_present.low, e->sample.pages_present.high);
}

// Memory that grows from pass to pass begins to be sampled when it must be.
TEST_F(SampleTest, BeginsWhenMemoryHasGrown)
{
	source_.Add("a");
	source_.before = [](FakeSource &source, int pass) {
		source.Put(source.processes[0], static_cast<uint64_t>(pass), 2000);
	};
	options_.passes = 4;
	options_.memory_bytes = 1400000; // 6000 pages
	Estimate e = Run();
	EXPECT_FALSE(e); // all of it is heavy
	EXPECT_NE(std::string(error_.text).find("give --max-memory="), std::string::npos)
		<< error_.text;
	source_.processes[0].pages.clear();
	source_.before = [](FakeSource &source, int pass) {
		for (uint64_t i = 0; i < 2000; i++)
			source.Put(source.processes[0], static_cast<uint64_t>(pass) * 2000 + i);
	};
	e = Run();
	ASSERT_TRUE(e) << error_.text;
	EXPECT_GT(e->sample.every, 1u);
	EXPECT_EQ(e->n_changes, 0u);
	EXPECT_EQ(e->totals.pages_present, static_cast<int64_t>(source_.processes[0].pages.size()));
}

TEST_F(SampleTest, SaysWhatItTakesWhereThereIsTooMuchToLookAtWhole)
{
	std::string text;

	source_.Put(source_.Add("a"), 0, 20000);
	options_.memory_bytes = kLittle;
	EXPECT_FALSE(Run());
	EXPECT_EQ(error_.errnum, E2BIG);
	text = error_.text;
	// What it names is enough.
	size_t at = text.find("--max-memory=");
	ASSERT_NE(at, std::string::npos) << text;
	options_.memory_bytes = strtoull(text.c_str() + at + 13, nullptr, 10) << 20;
	EXPECT_TRUE(Run());
}

TEST_F(SampleTest, CannotBeTakenOfWhatIsReadOnce)
{
	Fill();
	source_.may_restart = false;
	options_.memory_bytes = kLittle;
	EXPECT_FALSE(Run());
	EXPECT_NE(std::string(error_.text).find("read only once"), std::string::npos)
		<< error_.text;
}

TEST_F(SampleTest, IsNamedInTheHeadline)
{
	ksm_str lines = {};

	Fill();
	options_.memory_bytes = kLittle;
	Estimate e = Run();
	ASSERT_TRUE(e);
	ASSERT_EQ(ksm_report_headline(e.get(), &lines), 0);
	EXPECT_EQ(std::string(lines.data).find("KSM would free about "), 0u) << lines.data;
	EXPECT_NE(std::string(lines.data)
			  .find("one in " + std::to_string(e->sample.every) + " was looked at"),
		  std::string::npos)
		<< lines.data;
	ksm_str_free(&lines);
}

// ------------------------------------------------------------------------------- its parts

TEST(Sample, TakesAllOfAContentOrNothing)
{
	ksm_sample sample;
	std::mt19937_64 random(1);
	std::vector<ksm_page_sum> sums(40000);
	uint64_t pages;
	size_t taken = 0;

	ksm_sample_init(&sample);
	ASSERT_EQ(ksm_sample_begin(&sample, 10000), 0);
	for (ksm_page_sum &sum : sums) {
		sum = {{random(), random()}, false};
		ksm_sample_count(&sample, &sum);
	}
	sums[0].is_zero = true;
	ASSERT_EQ(ksm_sample_decide(&sample, 10000, &pages), 0);
	EXPECT_EQ(sample.every, 5u); // 10000 of 40000 might be a page too many
	EXPECT_EQ(pages, 0u);
	for (const ksm_page_sum &sum : sums) {
		ksm_stratum stratum = ksm_sample_stratum(&sample, &sum);

		if (ksm_sample_takes(&sample, &sum, stratum)) {
			taken++;
			EXPECT_EQ(stratum, sum.is_zero ? KSM_STRATUM_WHOLE : KSM_STRATUM_SAMPLE);
		}
	}
	EXPECT_NEAR(double(taken), 8000, 4 * 80);
	ksm_sample_release(&sample);
}

TEST(Presence, KnowsThePassBefore)
{
	std::mt19937 random(1);
	ksm_presence presence = {};
	std::vector<std::vector<bool>> before(3, std::vector<bool>(200)), now;

	for (int pass = 0; pass < 20; pass++) {
		now.assign(3, std::vector<bool>(200));
		ksm_presence_pass_begin(&presence);
		for (uint32_t space = 0; space < 3; space++) {
			for (size_t page = 0; page < 200; page++) {
				bool was_there;

				now[space][page] = random() % 4 != 0;
				if (!now[space][page])
					continue;
				ASSERT_EQ(ksm_presence_see(&presence, space, page * 4096, 4096,
							   &was_there),
					  0);
				ASSERT_EQ(was_there, before[space][page])
					<< pass << " " << space << " " << page;
			}
		}
		before = now;
	}
	ksm_presence_release(&presence);
}

} // namespace
