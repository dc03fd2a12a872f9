// SPDX-License-Identifier: GPL-2.0-or-later
// What repeats: by how few contents the duplicates are made.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

extern "C" {
#include "estimate/tally.h"
}

namespace
{

using Numbers = std::vector<int64_t>;

Numbers Of(const ksm_concentration &c)
{
	return {c.duplicate_pages, c.repeated_contents, c.contents_for_half,
		c.top_1_pages,	   c.top_10_pages,	c.top_100_pages};
}

// The same from a sorted list.
Numbers Sorted(std::vector<int64_t> copies)
{
	int64_t all = 0, repeated = 0, so_far = 0, half = 0, top_1 = 0, top_10 = 0, top_100 = 0;

	std::sort(copies.rbegin(), copies.rend());
	for (int64_t c : copies)
		all += c - 1;
	for (size_t i = 0; i < copies.size() && copies[i] > 1; i++) {
		int64_t pages = copies[i] - 1;

		half += 2 * so_far < all;
		so_far += pages;
		repeated++;
		top_1 += i < 1 ? pages : 0;
		top_10 += i < 10 ? pages : 0;
		top_100 += i < 100 ? pages : 0;
	}
	return {all, repeated, half, top_1, top_10, top_100};
}

// The first of the contents is that of zeros, if has_zeros.
void Check(const std::vector<int64_t> &copies, bool has_zeros)
{
	ksm_tally tally = {};
	ksm_concentration all, nonzero;

	for (size_t i = 0; i < copies.size(); i++)
		ASSERT_EQ(ksm_tally_count(&tally, copies[i], has_zeros && i == 0), 0);
	ksm_tally_take(&tally, &all, &nonzero);
	EXPECT_EQ(Of(all), Sorted(copies));
	EXPECT_EQ(Of(nonzero), Sorted({copies.begin() + has_zeros, copies.end()}));
	ksm_tally_release(&tally);
}

TEST(Concentration, OfNothingAndOfNoDuplicates)
{
	Check({}, false);
	Check({1, 1, 1}, false);
	Check({1, 1, 1}, true);
}

TEST(Concentration, HalfIsReachedByTheFewest)
{
	Check({4, 4, 2}, false);     // 7 duplicates: two contents
	Check({5, 3, 3}, false);     // 8: the first has just half
	Check({100, 2, 2, 3}, true); // the zeros outweigh all
	Check({2, 100, 2}, true);
}

TEST(Concentration, ZerosAreLeftOutOnceAmongOthersWithAsManyCopies)
{
	Check({7, 7, 7}, true);
	Check({5000, 5000, 5000, 3}, true);
	Check({KSM_TALLY_MANY - 1, KSM_TALLY_MANY, KSM_TALLY_MANY - 1, KSM_TALLY_MANY}, true);
	Check({KSM_TALLY_MANY, KSM_TALLY_MANY - 1, KSM_TALLY_MANY}, true);
}

TEST(Concentration, IsThatOfASortedList)
{
	std::mt19937_64 random(7);

	for (int round = 0; round < 300; round++) {
		std::vector<int64_t> copies(random() % 400);

		for (int64_t &c : copies)
			c = 1 + static_cast<int64_t>(random() % (1u << (random() % 14)));
		Check(copies, !copies.empty() && round % 2);
	}
}

} // namespace
