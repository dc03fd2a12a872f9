// SPDX-License-Identifier: GPL-2.0-or-later
// Huge pages that are split: since 6.12 their pages of zeros get the zero page, and are ksmd's no more. The figures named
// "measured" are what the ksmd of a 6.18 kernel counted over the same memory, one pass at a time.
#include <gtest/gtest.h>

#include "tests/unit/ksmd/memory.h"

namespace
{

using Figures = std::vector<int64_t>;

// shared, sharing, unshared, volatile, ksm_zero_pages, rmap_items
Figures Six(const ksm_counters &c)
{
	return {c.pages_shared,	  c.pages_sharing,  c.pages_unshared,
		c.pages_volatile, c.ksm_zero_pages, c.rmap_items};
}

constexpr uint64_t kAt = 512 * 1000;

// A huge page with 100 contents, all else zeros, and a process with five of these.
void PutHuge(Memory &memory, bool is_locked = false)
{
	memory.Add();
	for (uint64_t i = 0; i < 512; i++)
		memory.processes[0][kAt + i] =
			Page{i < 100 ? i + 1 : 0, kAt + i, false, false, true, -1, is_locked};
	Memory::Fill(memory.Add(), 1, 5);
}

TEST(HugePage, MeasuredZerosGoWithTheSplit)
{
	Memory memory("6.18", {"smart_scan=0"});

	PutHuge(memory);
	EXPECT_EQ(Six(memory.Pass()), (Figures{0, 0, 0, 517, 0, 517}));
	// Two of them were visited before they went.
	EXPECT_EQ(Six(memory.Pass()), (Figures{5, 5, 96, 1, 0, 107}));
	EXPECT_EQ(Six(memory.Pass()), (Figures{5, 5, 95, 0, 0, 105}));
	EXPECT_EQ(Six(memory.Passes(3)), (Figures{5, 5, 95, 0, 0, 105}));
	EXPECT_EQ(ksm_twin_huge_pages_split(memory.twin()), 1);
}

TEST(HugePage, MeasuredWithZeroPages)
{
	Memory memory("6.18", {"smart_scan=0", "use_zero_pages=1"});

	PutHuge(memory);
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{5, 5, 96, 0, 0, 106}));
	EXPECT_EQ(Six(memory.Pass()), (Figures{5, 5, 95, 0, 0, 105}));
}

TEST(HugePage, ZerosStayBefore6_12AndInLockedAreas)
{
	for (bool is_locked : {false, true}) {
		Memory memory(is_locked ? "6.18" : "6.11", {"smart_scan=0", "use_zero_pages=1"});

		PutHuge(memory, is_locked);
		EXPECT_EQ(memory.Passes(2).ksm_zero_pages, 412);
	}
}

TEST(HugePage, WhatIsWrittenLaterIsAPageAgain)
{
	Memory memory("6.18", {"smart_scan=0"});

	PutHuge(memory);
	memory.Passes(3);
	memory.processes[0][kAt + 200].content = 7000;
	memory.processes[0][kAt + 300].content = 7001;
	EXPECT_EQ(Six(memory.Pass()), (Figures{5, 5, 95, 2, 0, 107}));
	EXPECT_EQ(Six(memory.Pass()), (Figures{5, 5, 97, 0, 0, 107}));
	// Zeros after the split are a content as any other.
	memory.processes[0][kAt + 200].content = memory.processes[0][kAt + 300].content = 0;
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{6, 6, 95, 0, 0, 107}));
}

TEST(HugePage, OfZerosAloneNothingMerges)
{
	Memory memory("6.18", {"smart_scan=0"});

	memory.Add();
	for (uint64_t i = 0; i < 512; i++)
		memory.processes[0][kAt + i] = Page{0, kAt + i, false, false, true};
	memory.Passes(2);
	EXPECT_EQ(Six(memory.Pass()), (Figures{0, 0, 0, 0, 0, 0}));
}

// One outside finds its twin gone, and keeps its page.
TEST(HugePage, ZerosOutsideAreLeftAlone)
{
	Memory memory("6.18", {"smart_scan=0"});

	PutHuge(memory);
	Memory::Fill(memory.processes[1], 0, 1, 3);
	memory.Passes(2);
	EXPECT_EQ(Six(memory.Passes(2)), (Figures{6, 7, 95, 0, 0, 108}));
}

TEST(HugePage, SettlesOnceTheyAreGone)
{
	Memory memory("6.18");
	bool has_settled = true;

	PutHuge(memory);
	memory.Passes(2);
	ASSERT_EQ(ksm_twin_has_settled(memory.twin(), &has_settled), 0);
	EXPECT_FALSE(has_settled);
	ASSERT_EQ(ksm_twin_repeat(memory.twin(), false), 0);
	ASSERT_EQ(ksm_twin_has_settled(memory.twin(), &has_settled), 0);
	EXPECT_TRUE(has_settled);
}

} // namespace
