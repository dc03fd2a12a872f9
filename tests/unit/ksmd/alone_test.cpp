// SPDX-License-Identifier: GPL-2.0-or-later
// Pages that are alone, once nobody asks for single ones any more. Counters are held against the oracle elsewhere.
#include <gtest/gtest.h>

#include "tests/unit/ksmd/memory.h"

namespace
{

struct Walked {
	int64_t plain = 0;
	int alone = 0, rest = 0;
};

Walked Walk(const ksm_twin *twin, uint32_t mm)
{
	ksm_twin_walk alone = ksm_twin_walk_begin(twin, mm), rest = alone;
	Walked walked;

	while (ksm_twin_walk_alone(&alone, &walked.plain))
		walked.alone++;
	while (ksm_twin_walk_rest(&rest))
		walked.rest++;
	return walked;
}

TEST(Alone, OneItemIsLeftForManyOfOneProcess)
{
	Memory memory("6.12");

	memory.Add();
	memory.Add();
	Memory::Fill(memory.processes[0], 1, 5000);
	Memory::Fill(memory.processes[0], 100000, 10, 3);
	Memory::Fill(memory.processes[1], 200000, 3000);
	memory.Pass();
	EXPECT_EQ(ksm_twin_page_end(memory.twin()), 8031);
	ksm_twin_let_go(memory.twin());
	memory.Pass();
	// Of those that are alone, one in twenty may be taken for others.
	EXPECT_GE(ksm_twin_page_end(memory.twin()), 33);
	EXPECT_LE(ksm_twin_page_end(memory.twin()), 33 + 8000 / 20);

	ASSERT_EQ(ksm_twin_repeat(memory.twin(), true), 0);
	Walked first = Walk(memory.twin(), 0), second = Walk(memory.twin(), 1);
	EXPECT_EQ(first.alone + second.alone, 0);
	EXPECT_EQ(first.plain + first.rest, 5030);
	EXPECT_GE(first.rest, 30);
	EXPECT_EQ(second.plain + second.rest, 3000);
	EXPECT_EQ(memory.Of(0).ksm_rmap_items, 5030);
	EXPECT_EQ(memory.Of(1).ksm_rmap_items, 3000);
}

// What ksmd knows of a page decides what it does next: one that is new has another pass before it.
TEST(Alone, ItemsOfOneStateOnlyStandForEachOther)
{
	Memory memory("6.12", {"smart_scan=0"});
	ksm_counters c;

	memory.Add();
	Memory::Fill(memory.processes[0], 1, 20);
	memory.Pass();
	Memory::Fill(memory.processes[0], 100, 30);
	ksm_twin_let_go(memory.twin());
	c = memory.Pass();
	EXPECT_EQ(c.pages_unshared, 20);
	EXPECT_EQ(c.pages_scanned, 70);
	EXPECT_EQ(ksm_twin_page_end(memory.twin()), 3);
	ASSERT_EQ(ksm_twin_repeat(memory.twin(), false), 0);
	ksm_twin_counters(memory.twin(), &c);
	EXPECT_EQ(c.pages_unshared, 50);
	EXPECT_EQ(c.pages_scanned, 120);
}

// Its first visit finds the checksum that a page without a visit has: ksmd takes it for one that did not change.
TEST(Alone, APageWhoseChecksumIs0StandsForNoOther)
{
	Memory memory("6.12");
	ksm_counters c;
	ksm_page page = {};

	memory.Add();
	ASSERT_EQ(ksm_twin_pass_begin(memory.twin()), 0);
	ksm_twin_mm_begin(memory.twin(), 0);
	for (uint64_t number = 16; number < 27; number++) {
		ksm_page_sum sum = Memory::SumOf(Page{number});

		if (number == 16)
			sum.key.lo &= ~UINT64_C(0xffffffff);
		page.address = number * 4096;
		ASSERT_EQ(ksm_page_key_checksum(sum.key) == 0, number == 16);
		ASSERT_EQ(ksm_twin_see(memory.twin(), &page, &sum), 0);
	}
	ksm_twin_mm_end(memory.twin());
	ksm_twin_let_go(memory.twin());
	ASSERT_EQ(ksm_twin_pass_end(memory.twin()), 0);
	ksm_twin_counters(memory.twin(), &c);
	EXPECT_EQ(c.pages_unshared, 1);
	EXPECT_EQ(c.pages_scanned, 11);
	EXPECT_EQ(ksm_twin_page_end(memory.twin()), 3);
}

} // namespace
