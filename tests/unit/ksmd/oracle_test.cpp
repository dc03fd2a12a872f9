// SPDX-License-Identifier: GPL-2.0-or-later
// The twin held against the oracle over random workloads, for every release and setting.
//
// KSMCTL_ORACLE_SEED=N runs only that workload of each test, KSMCTL_ORACLE_RUNS=N that many instead.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <random>

#include "tests/unit/ksmd/oracle_play.h"

extern "C" {
#include "ksmd/key_filter.h"
}

namespace
{

using namespace oracle;

// Drops operations, many at first, for as long as the case still fails.
Case Shrink(Case failing)
{
	for (size_t n = std::max<size_t>(failing.script.size() / 2, 1); n > 0;) {
		bool dropped = false;

		for (size_t at = 0; at + n <= failing.script.size();) {
			Case smaller = failing;
			auto begin = smaller.script.begin() + at;

			smaller.script.erase(begin, begin + n);
			if (FirstDifference(smaller).empty()) {
				at++;
			} else {
				failing = smaller;
				dropped = true;
			}
		}
		if (!dropped || n > 1)
			n /= 2;
	}
	return failing;
}

// ------------------------------------------------------------------------------- random workloads

enum Tier { kStill, kWrites, kEarlyForks, kEverything };

class Generator
{
      public:
	Generator(Tier tier, uint64_t seed) : tier_(tier), random_(seed * 4 + tier)
	{
	}

	Case Make(uint64_t seed)
	{
		Case c;

		c.setup = Setups()[seed % Setups().size()];
		if (c.setup.kernel == "2.6.32" && One(2))
			c.setup.max_kernel_pages = Below(4);
		if (One(4))
			c.setup.checksums = 1 + Below(4);
		if (Rules(c.setup.kernel).v3_9 && One(2)) {
			c.setup.merge_across_nodes = One(4);
			nodes_ = 2 + Below(2);
		}
		c.pfns = tier_ > kWrites || One(2);
		contents_ = One(2) ? 1 + Below(3) : 2 + Below(20);
		pages_ = 1 + Below(One(4) ? 40 : 12);
		distance_ = One(4) ? 50 : 1; // so far apart that few are near each other
		// Once in a while enough for the default limit.
		if (c.setup.max_page_sharing == 256 && One(16)) {
			contents_ = 1 + Below(2);
			pages_ = 600;
		}

		uint64_t processes = 1 + Below(4);
		for (uint64_t i = 0; i < processes; i++)
			Spawn(c.script);
		if (tier_ >= kEarlyForks)
			for (uint64_t n = Below(4); n > 0; n--)
				Change(c.script, true);
		uint64_t passes = 2 + Below(c.setup.smart_scan ? 20 : 8);
		if (pages_ < 10 && One(100)) // the low byte of the pass count wraps, ages end
			passes = 300;
		for (uint64_t i = 0; i < passes; i++) {
			c.script.push_back({Op::kPass});
			if (tier_ == kStill || One(4))
				continue;
			for (uint64_t n = Below(One(4) ? 20 : 5); n > 0; n--)
				Change(c.script, tier_ == kEverything);
		}
		return c;
	}

      private:
	// Every release with every setting that it has.
	static const std::vector<Setup> &Setups()
	{
		static std::vector<Setup> all;

		if (!all.empty())
			return all;
		for (const auto &kernel : Kernels()) {
			const Rules has(kernel);

			for (bool smart : {false, true})
				for (bool zero : {false, true})
					for (uint64_t limit : {2, 3, 4, 256}) {
						if ((smart && !has.v6_7) || (zero && !has.v4_11) ||
						    (limit != 256 && !has.v4_13))
							continue;
						Setup setup;
						setup.kernel = kernel;
						setup.smart_scan = smart;
						setup.use_zero_pages = zero;
						setup.max_page_sharing = limit;
						all.push_back(setup);
					}
		}
		return all;
	}

	uint64_t Below(uint64_t n)
	{
		return random_() % n;
	}

	bool One(uint64_t of)
	{
		return Below(of) == 0;
	}

	uint64_t Content()
	{
		return One(8) ? 1000 + Below(100000) : Below(contents_);
	}

	uint64_t Page()
	{
		return 16 + Below(pages_ + 4) * distance_;
	}

	unsigned Node()
	{
		return nodes_ > 1 ? Below(nodes_) : 0;
	}

	void Spawn(Script &script)
	{
		uint64_t process = processes_++;

		script.push_back({Op::kSpawn});
		for (uint64_t i = 0; i < pages_; i++)
			if (!One(8))
				script.push_back(
					{Op::kMap, process, 16 + i * distance_, Content(), Node()});
	}

	void Change(Script &script, bool forks)
	{
		size_t process = Below(processes_);

		switch (Below(16)) {
		case 0:
			if (processes_ < 12)
				Spawn(script);
			break;
		case 1: // somebody stays: without a process there is no pass
			if (process > 0 && tier_ != kStill)
				script.push_back({Op::kExit, process});
			break;
		case 2:
		case 3:
			if (forks && processes_ < 12) {
				script.push_back({Op::kFork, process});
				processes_++;
			}
			break;
		case 4:
		case 5:
			script.push_back({Op::kUnmap, process, Page()});
			break;
		case 6:
		case 7:
		case 8:
			script.push_back({Op::kMap, process, Page(), Content(), Node()});
			break;
		default:
			if (nodes_ > 1 && One(4))
				script.push_back({Op::kMove, process, Page(), 0, Node()});
			else
				script.push_back({Op::kWrite, process, Page(), Content(), Node()});
			break;
		}
	}

	Tier tier_;
	std::mt19937_64 random_;
	uint64_t contents_ = 1, pages_ = 1, distance_ = 1, processes_ = 0, nodes_ = 1;
};

uint64_t FromEnvironment(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value && *value ? strtoull(value, nullptr, 10) : otherwise;
}

void Hold(Tier tier, uint64_t runs)
{
	uint64_t first = FromEnvironment("KSMCTL_ORACLE_SEED", 0);

	runs = getenv("KSMCTL_ORACLE_SEED") ? 1 : FromEnvironment("KSMCTL_ORACLE_RUNS", runs);
	for (uint64_t seed = first; seed < first + runs; seed++) {
		Case c = Generator(tier, seed).Make(seed);

		if (FirstDifference(c).empty())
			continue;
		Case small = Shrink(c);
		FAIL() << "KSMCTL_ORACLE_SEED=" << seed << "\n"
		       << Words(small) << FirstDifference(small);
	}
}

TEST(Oracle, StillMemory)
{
	Hold(kStill, 3000);
}

TEST(Oracle, WritesMapsUnmapsAndExits)
{
	Hold(kWrites, 3000);
}

TEST(Oracle, ForksBeforeAnythingIsMerged)
{
	Hold(kEarlyForks, 3000);
}

TEST(Oracle, ForksAtAnyTime)
{
	Hold(kEverything, 6000);
}

// Scripts that a twin once counted otherwise.
TEST(Oracle, WhatWasWrongBefore)
{
	const struct {
		const char *what, *kernel;
		bool smart_scan, use_zero_pages;
		uint64_t max_page_sharing, max_kernel_pages, checksums;
		const char *script;
	} cases[] = {
		{"the items of who exited leave first", "4.13", false, false, 2, 2000, 1000,
		 "spawn map 0 20 9 spawn map 1 22 9 pass map 0 25 9 pass exit 1 pass"},
		{"a zero page by fork", "6.11", false, true, 256, 2000, 1000,
		 "spawn map 0 16 0 pass pass fork 0 pass write 1 16 5 pass exit 0 pass pass"},
		{"a lone page mapped by fork", "2.6.32", false, false, 256, 2000, 1000,
		 "spawn map 0 16 4 spawn map 1 16 4 pass pass fork 1 exit 0 pass"},
		{"the checksum is lost with its node", "2.6.32", false, false, 256, 2000, 3,
		 "spawn map 0 16 6 map 0 17 6 pass pass write 0 17 12 pass"},
		{"stale nodes count as kernel pages", "2.6.32", false, false, 256, 1, 1000,
		 "spawn map 0 17 11 map 0 18 11 map 0 26 9 map 0 39 9 map 0 40 11 map 0 43 3 "
		 "map 0 44 3 map 0 49 3 pass pass write 0 40 14 write 0 17 12 pass"},
		{"a KSM page mapped only by who is no item yet", "6.11", true, false, 4, 2000, 1000,
		 "spawn map 0 16 7 map 0 19 1 pass pass pass write 0 19 7 fork 0 pass pass exit 1 "
		 "pass"},
		{"the page to be the KSM page was written to", "6.11", true, false, 4, 2000, 1000,
		 "spawn map 0 16 2 map 0 18 2 map 0 19 2 map 0 23 2 spawn map 1 16 2 map 1 20 2 "
		 "map 1 23 2 map 1 25 2 fork 0 pass pass write 2 19 0 write 0 19 1 pass "
		 "write 0 19 2 pass"},
		{"a page mapped anew finds its node as full as it left it", "6.7", false, false, 2,
		 2000, 1000, "spawn map 0 23 1 map 0 25 1 pass pass unmap 0 25 map 0 25 1 pass"},
		{"a zero page mapped anew", "6.11", false, true, 256, 2000, 1000,
		 "spawn map 0 16 0 map 0 17 0 pass pass unmap 0 17 map 0 17 0 pass pass pass"},
		{"a fork of what had merged away from a KSM page", "6.11", true, false, 3, 2000,
		 1000,
		 "spawn map 0 16 3 map 0 21 3 map 0 31 1 map 0 44 3 map 0 46 3 fork 0 pass pass "
		 "write 0 31 3 fork 0 exit 1 pass pass"},
	};

	for (const auto &c : cases) {
		Case played;

		played.setup.kernel = c.kernel;
		played.setup.smart_scan = c.smart_scan;
		played.setup.use_zero_pages = c.use_zero_pages;
		played.setup.max_page_sharing = c.max_page_sharing;
		played.setup.max_kernel_pages = c.max_kernel_pages;
		played.setup.checksums = c.checksums;
		played.script = FromWords(c.script);
		EXPECT_EQ(FirstDifference(played), "") << c.what;
	}
}

// What is left out of ForksAtAnyTime must not be most of it.
TEST(Oracle, MostForksOfMergedPagesCanBeKnown)
{
	uint64_t known = 0, unknown = 0;

	for (uint64_t seed = 0; seed < 300; seed++) {
		Case c = Generator(kEverything, seed).Make(seed);
		Play play(c);

		for (const Op &op : c.script)
			play.Do(op);
		known += play.forks_known;
		unknown += play.forks_unknown;
	}
	EXPECT_GT(known, 2 * unknown) << unknown;
}

// Which dup of a chain a page joins depends on the clock: the fullest one in a full walk, which a chain gets at
// most every 2 s, else the first with room. On still memory no counter tells.
TEST(Oracle, OnStillMemoryTheClockDoesNotMatter)
{
	for (uint64_t seed = 0; seed < 1000; seed++) {
		Case c = Generator(kStill, seed).Make(seed);

		c.setup.full_walks = true;
		EXPECT_EQ(FirstDifference(c), "") << seed << "\n" << Words(c);
	}
}

// ------------------------------------------------------------------------------- keys

// Other keys, other trees: some in the order of contents, some split evenly, some not at all.
const std::vector<Mix> &Mixes()
{
	static const std::vector<Mix> mixes = {
		ScrambledKey,
		[](uint64_t content, uint32_t checksum) {
			return ksm_page_key{checksum, content};
		},
		[](uint64_t content, uint32_t checksum) {
			return ksm_page_key{checksum, ~content};
		},
		[](uint64_t content, uint32_t checksum) {
			return ksm_page_key{content << 32 | checksum, 7};
		},
		[](uint64_t content, uint32_t checksum) {
			return ksm_page_key{checksum, content << 32};
		},
	};
	return mixes;
}

using Observers = std::vector<std::unique_ptr<Observer>>;

// Shows one workload to all, and compares the counters after each pass.
void ExpectAllEqual(const Case &c, const Observers &observers)
{
	Play play(c);

	for (const Op &op : c.script) {
		play.Do(op);
		if (op.kind != Op::kPass)
			continue;
		for (const auto &observer : observers)
			observer->Pass(play.shadow);
		ksm_counters first = observers[0]->Counters();
		for (size_t i = 1; i < observers.size(); i++) {
			ksm_counters other = observers[i]->Counters();

			ASSERT_EQ(memcmp(&first, &other, sizeof(first)), 0) << i << "\n"
									    << Words(c);
			for (uint32_t mm = 0; mm < play.shadow.processes.size(); mm++) {
				ksm_mm_counters a = observers[0]->Of(mm), b = observers[i]->Of(mm);

				ASSERT_EQ(memcmp(&a, &b, sizeof(a)), 0) << i << "\n" << Words(c);
			}
		}
	}
}

TEST(Oracle, CountersDoNotDependOnKeys)
{
	for (uint64_t seed = 0; seed < 400; seed++) {
		Case c = Generator(kEverything, seed).Make(seed);
		Observers observers;

		for (const Mix &mix : Mixes())
			observers.push_back(std::make_unique<Observer>(c, mix));
		ExpectAllEqual(c, observers);
		if (HasFatalFailure())
			return;
	}
}

TEST(Oracle, CountersDoNotDependOnTheNumberOfTrees)
{
	for (uint64_t seed = 0; seed < 1200; seed++) {
		Case c = Generator(seed % 2 ? kEverything : kWrites, seed).Make(seed);
		Observers observers;

		for (uint32_t roots : {0u, 1u, 2u, 16u, 4096u})
			observers.push_back(std::make_unique<Observer>(c, ScrambledKey, roots));
		ExpectAllEqual(c, observers);
		if (HasFatalFailure())
			return;
	}
}

// So many contents that the trees are split anew: three pages of each, two to a node.
TEST(Oracle, CountersDoNotDependOnSplitting)
{
	constexpr int64_t contents = 9000;
	Case c;
	Machine memory;

	c.setup.kernel = "6.11";
	c.setup.max_page_sharing = 2;
	c.setup.checksums = UINT32_MAX;
	memory.Spawn();
	for (uint64_t i = 0; i < 3 * contents; i++)
		memory.Map(0, 16 + i, 1 + i % contents);
	for (const Mix &mix : Mixes()) {
		Observer observer(c, mix);

		for (int pass = 1; pass <= 4; pass++) {
			observer.Pass(memory);
			ksm_counters k = observer.Counters();
			EXPECT_EQ(k.pages_shared, pass > 1 ? contents : 0);
			EXPECT_EQ(k.pages_sharing, pass > 1 ? contents : 0);
			EXPECT_EQ(k.pages_unshared, pass > 1 ? contents : 0);
			EXPECT_EQ(k.rmap_items, 3 * contents);
		}
	}
}

std::vector<int64_t> Merging(const Observer &observer)
{
	ksm_counters c = observer.Counters();

	return {c.pages_shared, c.pages_sharing, c.ksm_zero_pages};
}

// At some point of a workload: nothing merges or unmerges in further passes, as smart scan makes them or whole.
TEST(Oracle, WhatHasSettledStaysSo)
{
	int settled = 0, unsettled = 0;

	for (uint64_t seed = 0; seed < 1200; seed++) {
		Case c = Generator(static_cast<Tier>(seed % 4), seed).Make(seed);
		Observer observer(c, ScrambledKey, seed % 8 ? 0 : 1);
		Play play(c);
		size_t passes = 0, last = 1 + seed % 7;

		for (const Op &op : c.script) {
			if (passes == last)
				break;
			play.Do(op);
			if (op.kind == Op::kPass) {
				observer.Pass(play.shadow);
				passes++;
			}
		}
		if (!observer.HasSettled()) {
			unsettled++;
			continue;
		}
		settled++;
		std::vector<int64_t> before = Merging(observer);
		for (int i = 0; i < 24; i++) {
			observer.Repeat(i < 20);
			ASSERT_EQ(Merging(observer), before) << "seed " << seed << "\n" << Words(c);
			ASSERT_TRUE(observer.HasSettled()) << "seed " << seed;
		}
	}
	EXPECT_GT(settled, 100);
	EXPECT_GT(unsettled, 100);
}

void ExpectSame(const Observer &all, const Observer &less, uint32_t n_mms, const std::string &where)
{
	ksm_counters a = all.Counters(), b = less.Counters();

	ASSERT_EQ(memcmp(&a, &b, sizeof(a)), 0) << where;
	for (uint32_t mm = 0; mm < n_mms; mm++) {
		ksm_mm_counters c = all.Of(mm), d = less.Of(mm);

		ASSERT_EQ(memcmp(&c, &d, sizeof(c)), 0) << where;
		ASSERT_EQ(all.ContentsOf(mm), less.ContentsOf(mm)) << where;
	}
}

// From any pass of a workload on: who keeps one page for many that are alone counts as who keeps them all.
TEST(Oracle, PagesThatAreAloneCanBeLetGo)
{
	uint32_t kept = 0, had = 0;

	for (uint64_t seed = 0; seed < 2400; seed++) {
		Case c = Generator(static_cast<Tier>(seed % 4), seed).Make(seed);
		uint32_t roots = seed % 8 ? 0 : 1;
		Observer all(c, ScrambledKey, roots), less(c, ScrambledKey, roots);
		Play play(c);
		size_t left = 1 + seed % 7;

		for (const Op &op : c.script) {
			play.Do(op);
			if (op.kind != Op::kPass)
				continue;
			if (left == 1)
				less.LetGo();
			all.Pass(play.shadow);
			less.Pass(play.shadow);
			if (--left == 0)
				break;
		}
		if (left)
			continue;
		for (int i = 0; i < 24; i++) {
			std::string where =
				"seed " + std::to_string(seed) + ", " + std::to_string(i);

			ExpectSame(all, less, play.shadow.processes.size(),
				   where + "\n" + Words(c));
			ASSERT_EQ(all.HasSettled(), less.HasSettled()) << where;
			if (HasFatalFailure())
				return;
			all.Repeat(i < 20);
			less.Repeat(i < 20);
		}
		kept += less.Items();
		had += all.Items();
	}
	EXPECT_LT(kept, had - had / 10);
}

// What is equal to no other is told so, or taken for one that may not be; never the other way round.
TEST(KeyFilter, NeverTakesARepeatedKeyForOneAlone)
{
	for (uint64_t n : {1u, 10u, 3000u, 100000u}) {
		key_filter filter = {};
		uint64_t not_told = 0;

		ASSERT_EQ(key_filter_reset(&filter, n + n / 16 * 3 + 3), 0);
		for (uint64_t i = 0; i < n; i++)
			for (uint64_t copies = i % 16 ? 1 : 2 + i / 16 % 3; copies > 0; copies--)
				key_filter_add(&filter, ScrambledKey(i, 1));
		for (uint64_t i = 0; i < n; i++) {
			bool is_alone = key_filter_is_alone(&filter, ScrambledKey(i, 1));

			EXPECT_FALSE(i % 16 == 0 && is_alone) << i;
			not_told += i % 16 && !is_alone;
		}
		EXPECT_LE(not_told, n / 20 + 1);
		EXPECT_GE(filter.repeated, (n + 15) / 16);
		key_filter_release(&filter);
	}
}

} // namespace
