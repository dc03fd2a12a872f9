// SPDX-License-Identifier: GPL-2.0-or-later
// The twin over made-up memory. The figures named "measured" are what the ksmd of a 6.18 kernel counted over
// the same workload, one pass at a time.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <initializer_list>

#include "tests/unit/ksmd/memory.h"

namespace
{

using Figures = std::vector<int64_t>;

// shared, sharing, unshared, volatile, chains, dups
Figures Six(const ksm_counters &c)
{
	return {c.pages_shared,	  c.pages_sharing,	c.pages_unshared,
		c.pages_volatile, c.stable_node_chains, c.stable_node_dups};
}

TEST(Twin, FirstPassOnlyLooks)
{
	Memory memory("6.18");

	Memory::Fill(memory.Add(), 1, 10, 3);
	EXPECT_EQ(Six(memory.Pass()), (Figures{0, 0, 0, 30, 0, 0}));
}

TEST(Twin, MeasuredTenContentsOfThreeCopies)
{
	Memory memory("6.18");

	Memory::Fill(memory.Add(), 1, 10, 3);
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{10, 20, 0, 0, 0, 0}));
}

TEST(Twin, MeasuredLimitOfSharing)
{
	const struct {
		uint64_t copies;
		std::string limit;
		Figures expected;
	} cases[] = {
		{257, "256", {1, 255, 1, 0, 0, 0}},
		{600, "256", {3, 597, 0, 0, 1, 3}},
		{600, "100", {6, 594, 0, 0, 1, 6}},
	};

	for (const auto &c : cases) {
		Memory memory("6.18", {"max_page_sharing=" + c.limit});

		Memory::Fill(memory.Add(), 5, 1, c.copies);
		EXPECT_EQ(Six(memory.Passes(2)), c.expected) << c.copies << " at " << c.limit;
	}
}

// CPU seconds of two passes over so many equal pages in a chain of as many dups as can be; the best of three.
double ChainSeconds(uint64_t copies)
{
	double best = 1e9;

	for (int i = 0; i < 3; i++) {
		Memory memory("6.18", {"max_page_sharing=2"});

		Memory::Fill(memory.Add(), 5, 1, copies);
		clock_t begin = clock();
		memory.Passes(2);
		best = std::min(best, static_cast<double>(clock() - begin) / CLOCKS_PER_SEC);
	}
	return best;
}

// Eight times the pages: 64 times as long if every search walked all dups.
TEST(Twin, ALongChainCostsNoMoreThanAShortOne)
{
	EXPECT_LT(ChainSeconds(80000), 24 * ChainSeconds(10000));
}

TEST(Twin, MeasuredZeroPages)
{
	Memory off("6.18"), on("6.18", {"use_zero_pages=1"});

	Memory::Fill(off.Add(), 0, 1, 700);
	Memory::Fill(on.Add(), 0, 1, 700);
	EXPECT_EQ(Six(off.Passes(2)), (Figures{3, 697, 0, 0, 1, 3}));

	ksm_counters c = on.Passes(2);
	EXPECT_EQ(Six(c), (Figures{0, 0, 0, 700, 0, 0}));
	EXPECT_EQ(c.ksm_zero_pages, 700);
	c = on.Pass();
	EXPECT_EQ(Six(c), (Figures{0, 0, 0, 0, 0, 0}));
	EXPECT_EQ(c.ksm_zero_pages, 700);
	EXPECT_EQ(c.rmap_items, 0);
}

TEST(Twin, WritingToAMergedZeroPageMakesItANewPage)
{
	Memory memory("6.18", {"use_zero_pages=1"});

	memory.Add();
	Memory::Fill(memory.processes[0], 0, 1, 5);
	memory.Passes(3);
	memory.processes[0].begin()->second.content = 9;
	ksm_counters c = memory.Pass();
	EXPECT_EQ(c.ksm_zero_pages, 4);
	EXPECT_EQ(c.rmap_items, 1);
	EXPECT_EQ(c.pages_volatile, 1);
	EXPECT_EQ(memory.Of(0).ksm_zero_pages, 4);
	EXPECT_EQ(memory.Pass().pages_unshared, 1);
}

// Ten contents three times, the child forked from it with five pages of its own more: measured
// (10, 50, 5, 5, 0, 0) after the second pass, the five being pages that parent and child still share.
TEST(Twin, MeasuredForkSharedPagesRefuseThemselves)
{
	Memory memory("6.18", {"smart_scan=0"});

	memory.Add();
	memory.Add();
	Memory::Fill(memory.processes[0], 1, 10, 3);
	Memory::Fill(memory.processes[0], 100, 5);
	uint64_t pfn = 1000;
	for (auto &[number, page] : memory.processes[0]) {
		page.pfn = pfn++;
		page.shared = true;
	}
	memory.processes[1] = memory.processes[0];
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{10, 50, 5, 5, 0, 0}));
	EXPECT_EQ(Six(memory.Passes(3)), (Figures{10, 50, 5, 5, 0, 0}));
}

TEST(Twin, ForkedMappingsOfAKsmPageJoinItPastTheLimit)
{
	Memory memory("6.18", {"max_page_sharing=2"});

	// B is the page that becomes the KSM page when it meets A; C and D map it too.
	memory.Add()[16] = Page{7, 1};
	for (int i = 0; i < 3; i++)
		memory.Add()[16] = Page{7, 2, true};
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{1, 3, 0, 0, 0, 0}));
}

TEST(Twin, StableTreeIsSearchedFirstUpTo610)
{
	Memory old("6.10"), now("6.11");

	for (Memory *memory : {&old, &now}) {
		memory->Add();
		Memory::Fill(memory->processes[0], 1, 1, 2);
		memory->Passes(2);
		Memory::Fill(memory->processes[0], 1, 1, 1);
	}
	EXPECT_EQ(Six(old.Pass()), (Figures{1, 2, 0, 0, 0, 0}));
	EXPECT_EQ(Six(now.Pass()), (Figures{1, 1, 0, 1, 0, 0}));
	EXPECT_EQ(Six(now.Pass()), (Figures{1, 2, 0, 0, 0, 0}));
}

TEST(Twin, ChangingPagesStayVolatile)
{
	Memory memory("6.18", {"smart_scan=0"});
	uint64_t content = 100;

	memory.Add();
	Memory::Fill(memory.processes[0], 1, 4);
	for (int pass = 0; pass < 5; pass++) {
		memory.processes[0][16].content = content++;
		ksm_counters c = memory.Pass();
		EXPECT_EQ(c.pages_volatile, pass == 0 ? 4 : 1);
	}
}

TEST(Twin, AWrittenPageLeavesItsNode)
{
	Memory memory("6.18", {"smart_scan=0"});

	memory.Add();
	Memory::Fill(memory.processes[0], 1, 1, 3);
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{1, 2, 0, 0, 0, 0}));
	memory.processes[0].begin()->second.content = 50;
	EXPECT_EQ(Six(memory.Pass()), (Figures{1, 1, 0, 1, 0, 0}));
	EXPECT_EQ(Six(memory.Pass()), (Figures{1, 1, 1, 0, 0, 0}));
	// And back again: the stable tree has the content still.
	memory.processes[0].begin()->second.content = 1;
	memory.Pass();
	EXPECT_EQ(Six(memory.Pass()), (Figures{1, 2, 0, 0, 0, 0}));
}

TEST(Twin, PagesAndProcessesThatGoTakeTheirItemsAlong)
{
	Memory memory("6.18");

	memory.Add();
	memory.Add();
	Memory::Fill(memory.processes[0], 1, 20);
	Memory::Fill(memory.processes[1], 1, 20);
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{20, 20, 0, 0, 0, 0}));
	EXPECT_EQ(memory.Of(1).ksm_merging_pages, 20);
	memory.processes[1].erase(20);
	EXPECT_EQ(Six(memory.Pass()), (Figures{20, 19, 0, 0, 0, 0}));
	memory.processes[1].clear();
	ksm_counters c = memory.Pass();
	EXPECT_EQ(Six(c), (Figures{20, 0, 0, 0, 0, 0}));
	EXPECT_EQ(c.rmap_items, 20);
	EXPECT_EQ(memory.Of(1).ksm_rmap_items, 0);
	memory.processes[0].clear();
	EXPECT_EQ(Six(memory.Pass()), (Figures{0, 0, 0, 0, 0, 0}));
}

TEST(Twin, ADupThatEmptiesLeavesItsChain)
{
	Memory memory("6.18", {"max_page_sharing=2", "smart_scan=0"});

	memory.Add();
	Memory::Fill(memory.processes[0], 1, 1, 6);
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{3, 3, 0, 0, 1, 3}));
	for (auto &[number, page] : memory.processes[0])
		page.content = number < 20 ? 100 + number : 1;
	ksm_counters c = memory.Passes(2);
	EXPECT_EQ(c.pages_shared, 1);
	EXPECT_EQ(c.pages_sharing, 1);
	EXPECT_EQ(c.pages_unshared, 4);
}

// Measured: on a still workload pass 5 skips everything that is not merged; pages_unshared falls to 0.
TEST(Twin, MeasuredSmartScanSkipsOldPages)
{
	Memory memory("6.18");
	const std::vector<int> processed = {1, 2, 3, 4, 6, 9, 14, 23, 32, 41};

	Memory::Fill(memory.Add(), 1, 10);
	int64_t scanned = 0, skipped = 0;
	for (int pass = 1; pass <= 41; pass++) {
		ksm_counters c = memory.Pass();
		bool looks = std::find(processed.begin(), processed.end(), pass) != processed.end();

		scanned += looks ? 10 : 0;
		skipped += looks ? 0 : 10;
		ASSERT_EQ(c.pages_scanned, scanned) << "pass " << pass;
		ASSERT_EQ(c.pages_skipped, skipped) << "pass " << pass;
		ASSERT_EQ(c.pages_unshared, looks && pass > 1 ? 10 : 0) << "pass " << pass;
		ASSERT_EQ(c.pages_volatile, looks && pass > 1 ? 0 : 10) << "pass " << pass;
	}
}

// Twins within one huge page: the first pair only gets it split, the others then merge. Measured over two
// huge pages of 900 contents in turn.
TEST(Twin, MeasuredTwinsInOneHugePageCostAPass)
{
	Memory memory("6.18", {"smart_scan=0"});

	memory.Add();
	for (uint64_t i = 0; i < 1024; i++)
		memory.processes[0][4096 + i] = Page{i % 500 + 1, 512000 + i, false, false, true};
	ksm_counters c = memory.Passes(2);
	// 500 contents: 12 pairs within the first huge page, then the second joins these and pairs the rest.
	EXPECT_EQ(ksm_twin_huge_pages_split(memory.twin()), 2);
	EXPECT_EQ(c.pages_volatile, 1);
	EXPECT_EQ(c.pages_shared + c.pages_sharing + c.pages_unshared, 1023);
	c = memory.Pass();
	EXPECT_EQ(Six(c), (Figures{500, 524, 0, 0, 0, 0}));
}

TEST(Twin, KsmPagesFromBeforeTheScanKeepTheirNodes)
{
	Memory memory("6.18");

	memory.Add();
	for (uint64_t i = 0; i < 300; i++)
		memory.processes[0][100 + i] = Page{3, 77, true, true};
	memory.processes[0][600] = Page{3};
	EXPECT_EQ(Six(memory.Pass()), (Figures{1, 299, 0, 1, 0, 0}));
	// The node is above the limit: the page stays alone.
	EXPECT_EQ(Six(memory.Pass()), (Figures{1, 299, 1, 0, 0, 0}));
}

TEST(Twin, The2632CapRefusesNewNodesButLetsPagesJoin)
{
	Memory memory("2.6.32", {"max_kernel_pages=2"});

	memory.Add();
	Memory::Fill(memory.processes[0], 1, 3, 2);
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{2, 2, 1, 1, 0, 0}));
	Memory::Fill(memory.processes[0], 1, 1, 5);
	EXPECT_EQ(memory.Pass().pages_sharing, 7);
}

TEST(Twin, The2632MakesALonePageOrdinaryAgain)
{
	Memory memory("2.6.32");

	memory.Add();
	Memory::Fill(memory.processes[0], 1, 1, 2);
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{1, 1, 0, 0, 0, 0}));
	memory.processes[0].rbegin()->second.content = 9;
	EXPECT_EQ(Six(memory.Pass()), (Figures{0, 0, 0, 2, 0, 0}));
	EXPECT_EQ(Six(memory.Pass()), (Figures{0, 0, 2, 0, 0, 0}));
}

// Both mappings of a KSM page are written to before the next pass: a third page of that content, visited
// first, finds no page to join.
TEST(Twin, APageWhoseMappingsAllWentIsNoTarget)
{
	Memory memory("6.18", {"smart_scan=0"});

	memory.Add()[16] = Page{3};
	Memory::Fill(memory.Add(), 1, 1, 2);
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{1, 1, 1, 0, 0, 0}));
	memory.processes[0][16].content = 1;
	memory.Pass();
	EXPECT_EQ(Six(memory.Pass()), (Figures{1, 2, 0, 0, 0, 0}));
	memory.processes[0][16].content = 3;
	memory.Passes(2);
	memory.processes[0][16].content = 1;
	memory.Pass();
	for (auto &[number, page] : memory.processes[1])
		page.content = 100 + number;
	EXPECT_EQ(Six(memory.Pass()), (Figures{0, 0, 1, 2, 0, 0}));
}

TEST(Twin, NoLimitBefore413)
{
	Memory memory("4.12");

	Memory::Fill(memory.Add(), 1, 1, 5000);
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{1, 4999, 0, 0, 0, 0}));
}

// ------------------------------------------------------------------------------- NUMA nodes

// Pages of content 7, so many on each of the nodes.
void FillNodes(Process &process, std::initializer_list<int> copies)
{
	uint64_t at = process.empty() ? 16 : process.rbegin()->first + 1;
	int nid = 0;

	for (int n : copies) {
		for (int i = 0; i < n; i++)
			process[at + i] = Page{7, 0, false, false, false, nid};
		at += n;
		nid++;
	}
}

TEST(Twin, PagesOfSeveralNodesMergeUnlessToldNotTo)
{
	const struct {
		std::initializer_list<int> copies;
		Figures across, apart;
	} cases[] = {
		{{2, 2}, {1, 3, 0, 0, 0, 0}, {2, 2, 0, 0, 0, 0}},
		{{1, 1}, {1, 1, 0, 0, 0, 0}, {0, 0, 2, 0, 0, 0}},
		{{3, 1, 2}, {1, 5, 0, 0, 0, 0}, {2, 3, 1, 0, 0, 0}},
		{{0, 4}, {1, 3, 0, 0, 0, 0}, {1, 3, 0, 0, 0, 0}},
	};

	for (const auto &c : cases) {
		for (const char *kernel : {"3.9", "4.13", "6.18"}) {
			Memory across(kernel), apart(kernel, {"merge_across_nodes=0"});

			FillNodes(across.Add(), c.copies);
			FillNodes(apart.Add(), c.copies);
			EXPECT_EQ(Six(across.Passes(2)), c.across) << kernel;
			EXPECT_EQ(Six(apart.Passes(2)), c.apart) << kernel;
		}
	}
}

TEST(Twin, NodesHaveTheirOwnChains)
{
	Memory across("6.18", {"max_page_sharing=2"});
	Memory apart("6.18", {"max_page_sharing=2", "merge_across_nodes=0"});

	FillNodes(across.Add(), {4, 5});
	FillNodes(apart.Add(), {4, 5});
	EXPECT_EQ(Six(across.Passes(2)), (Figures{4, 4, 1, 0, 1, 4}));
	EXPECT_EQ(Six(apart.Passes(2)), (Figures{4, 4, 1, 0, 2, 4}));
	// A chain falls together on its own.
	auto &process = apart.processes[0];
	process.erase(16);
	process.erase(17);
	process.erase(18);
	process.erase(19);
	EXPECT_EQ(Six(apart.Passes(2)), (Figures{2, 2, 1, 0, 1, 2}));
}

// There is one zero page for all nodes.
TEST(Twin, ZeroPagesOfAllNodesMergeWithTheZeroPage)
{
	Memory memory("6.18", {"use_zero_pages=1", "merge_across_nodes=0"});

	memory.Add();
	FillNodes(memory.processes[0], {1, 1, 1});
	for (auto &[number, page] : memory.processes[0])
		page.content = 0;
	ksm_counters c = memory.Passes(3);
	EXPECT_EQ(c.ksm_zero_pages, 3);
	EXPECT_EQ(c.rmap_items, 0);
}

TEST(Twin, APageThatMovesJoinsTheTreesOfItsNode)
{
	Memory memory("6.18", {"merge_across_nodes=0", "smart_scan=0"});

	memory.Add();
	FillNodes(memory.processes[0], {3, 1});
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{1, 2, 1, 0, 0, 0}));
	// A single page is moved and merges there: its checksum was kept.
	memory.processes[0][19].nid = 0;
	memory.processes[0][19].pfn = 77;
	EXPECT_EQ(Six(memory.Pass()), (Figures{1, 3, 0, 0, 0, 0}));
	// One that was merged is seen elsewhere: it is a page of its own again.
	memory.processes[0][16].nid = 1;
	memory.processes[0][16].pfn = 78;
	EXPECT_EQ(Six(memory.Pass()), (Figures{1, 2, 1, 0, 0, 0}));
}

TEST(Twin, KsmPagesFromBeforeLieOnTheirNodes)
{
	Memory memory("6.18", {"merge_across_nodes=0"});

	memory.Add();
	for (uint64_t i = 0; i < 4; i++)
		memory.processes[0][100 + i] = Page{7, 70 + i % 2, true, true, false, int(i % 2)};
	FillNodes(memory.processes[0], {1, 1, 1});
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{2, 4, 1, 0, 0, 0}));
}

TEST(Twin, PagesOfUnknownNodesMergeAmongThemselves)
{
	Memory memory("6.18", {"merge_across_nodes=0"});

	Memory::Fill(memory.Add(), 7, 1, 3);
	FillNodes(memory.processes[0], {2, 1});
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{2, 3, 1, 0, 0, 0}));
}

TEST(Twin, Before39NodesDoNotMatter)
{
	Memory memory("3.8");

	FillNodes(memory.Add(), {1, 1});
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{1, 1, 0, 0, 0, 0}));
}

// ------------------------------------------------------------------------------- repeating

TEST(Twin, RepeatSettlesWhatForkLeft)
{
	Memory memory("6.18");
	ksm_counters c;

	// A and B share a page; C is its twin: after two passes B is left over.
	memory.Add()[16] = Page{7, 1, true};
	memory.Add()[16] = Page{7, 1, true};
	memory.Add()[16] = Page{7, 2};
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{1, 1, 0, 1, 0, 0}));
	ASSERT_EQ(ksm_twin_repeat(memory.twin(), false), 0);
	ksm_twin_counters(memory.twin(), &c);
	EXPECT_EQ(Six(c), (Figures{1, 2, 0, 0, 0, 0}));
}

TEST(Twin, RepeatLeavesChangedPagesOut)
{
	Memory memory("6.18");
	ksm_counters c;

	memory.Add();
	Memory::Fill(memory.processes[0], 1, 2);
	memory.Passes(2);
	memory.processes[0].begin()->second.content = 2;
	memory.Pass();
	ASSERT_EQ(ksm_twin_repeat(memory.twin(), false), 0);
	ksm_twin_counters(memory.twin(), &c);
	EXPECT_EQ(c.pages_shared, 0);
}

int CountChanged(const ksm_twin *twin)
{
	ksm_twin_walk walk = ksm_twin_walk_begin(twin, 0);
	int changed = 0;

	while (uint32_t page = ksm_twin_walk_next(&walk)) {
		ksm_twin_page seen;

		ksm_twin_get_page(twin, page, &seen);
		changed += seen.changed;
	}
	return changed;
}

// Smart scan may leave pages out in the very pass in which they changed.
TEST(Twin, PagesThatChangedBeforeTheLastPassMerge)
{
	for (const char *smart_scan : {"smart_scan=1", "smart_scan=0"}) {
		Memory memory("6.18", {smart_scan});
		ksm_counters c;

		memory.Add();
		Memory::Fill(memory.processes[0], 1, 10);
		memory.Passes(10);
		for (auto &[number, page] : memory.processes[0])
			page.content = 11;
		memory.Pass();
		EXPECT_EQ(CountChanged(memory.twin()), 10) << smart_scan;
		memory.Passes(2);
		EXPECT_EQ(CountChanged(memory.twin()), 0) << smart_scan;
		ASSERT_EQ(ksm_twin_repeat(memory.twin(), false), 0);
		ASSERT_EQ(ksm_twin_repeat(memory.twin(), false), 0);
		ksm_twin_counters(memory.twin(), &c);
		EXPECT_EQ(Six(c), (Figures{1, 9, 0, 0, 0, 0})) << smart_scan;
	}
}

TEST(Twin, ZeroPagesThatAreWrittenToHaveChanged)
{
	for (const char *use_zero_pages : {"use_zero_pages=0", "use_zero_pages=1"}) {
		Memory memory("6.18", {"smart_scan=0", use_zero_pages});

		memory.Add();
		for (uint64_t i = 0; i < 10; i++)
			memory.processes[0][16 + i] = Page{0};
		memory.Passes(4);
		EXPECT_EQ(CountChanged(memory.twin()), 0) << use_zero_pages;
		for (auto &[number, page] : memory.processes[0])
			page.content = 5;
		memory.Pass();
		EXPECT_EQ(CountChanged(memory.twin()), 10) << use_zero_pages;
	}
}

// As where a ksmd is at work while it is read: written to, and merged anew with another content.
TEST(Twin, AddressesThatMoveToAnotherKsmPageJoinItsNode)
{
	Memory memory("6.18", {"smart_scan=0"});

	for (uint64_t process = 0; process < 2; process++) {
		memory.Add();
		for (uint64_t i = 0; i < 6; i++)
			memory.processes[process][16 + i] =
				Page{1 + process, 100 + process, true, true};
	}
	EXPECT_EQ(Six(memory.Pass()), (Figures{2, 10, 0, 0, 0, 0}));
	for (uint64_t i = 0; i < 3; i++)
		memory.processes[0][16 + i] = Page{2, 101, true, true};
	EXPECT_EQ(Six(memory.Pass()), (Figures{2, 10, 0, 0, 0, 0}));
}

TEST(Twin, The2632FreesANodeBeforeItLooksForOne)
{
	Memory memory("2.6.32");

	memory.Add()[16] = Page{1, 100, false, true};
	memory.Add();
	EXPECT_EQ(Six(memory.Pass()), (Figures{1, 0, 0, 0, 0, 0}));
	// A copy of equal bytes in its place, and another address that maps the KSM page.
	memory.processes[0][16] = Page{1, 300};
	memory.processes[1][16] = Page{1, 100, false, true};
	EXPECT_EQ(Six(memory.Pass()), (Figures{1, 0, 0, 1, 0, 0}));
}

} // namespace
