// SPDX-License-Identifier: GPL-2.0-or-later
// Going through what a twin has seen, while it sees more.
#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <vector>

#include "tests/unit/ksmd/memory.h"

namespace
{

// Who plans what to read is ahead of the pass, in which pages come and go.
TEST(Twin, AWalkAheadOfAPassFindsWhatPagesHad)
{
	constexpr size_t ahead = 40;
	std::mt19937 random(1);
	Memory memory("6.12");
	std::vector<Process> before(2);

	memory.Add();
	memory.Add();
	for (int pass = 0; pass < 10; pass++) {
		for (auto &process : memory.processes) {
			for (uint64_t number = 16; number < 616; number++) {
				unsigned int what = random() % 6;

				if (what == 0)
					process.erase(number);
				else if (what == 1)
					process[number] = Page{random() % 200};
			}
		}
		ASSERT_EQ(ksm_twin_pass_begin(memory.twin()), 0);
		for (uint32_t mm = 0; mm < before.size(); mm++) {
			ksm_twin_walk walk = ksm_twin_walk_begin(memory.twin(), mm);
			std::deque<uint64_t> planned;
			const auto see = [&](size_t left) {
				for (; planned.size() > left; planned.pop_front())
					memory.See(mm, planned[0],
						   memory.processes[mm][planned[0]]);
			};

			ksm_twin_mm_begin(memory.twin(), mm);
			for (const auto &[number, page] : memory.processes[mm]) {
				auto had = before[mm].find(number);
				ksm_page_sum sum;

				ASSERT_EQ(ksm_twin_walk_find(&walk, number * 4096, &sum),
					  had != before[mm].end());
				if (had != before[mm].end()) {
					ksm_page_sum expected = Memory::SumOf(had->second);

					ASSERT_TRUE(ksm_page_key_equal(sum.key, expected.key));
					ASSERT_EQ(sum.is_zero, expected.is_zero);
				}
				planned.push_back(number);
				see(ahead);
			}
			see(0);
			ksm_twin_mm_end(memory.twin());
		}
		ASSERT_EQ(ksm_twin_pass_end(memory.twin()), 0);
		before = memory.processes;
	}
}

} // namespace
