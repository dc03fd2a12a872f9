// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "tests/unit/fake_tree.h"

extern "C" {
#include "estimate/cost.h"
}

namespace
{

// A machine whose ksmd has taken @ticks of CPU time for @pages.
class Machine
{
      public:
	Machine(long ticks, const std::string &pages)
	{
		tree_.File("proc/7/stat", "7 (ksmd) S 2 0 0 0 -1 2097216 0 0 0 0 0 " +
						  std::to_string(ticks) + " 0 0 25 5 1 0 36 0\n");
		tree_.File("proc/7/status",
			   "Name:\tksmd\nState:\tS (sleeping)\nPPid:\t2\nUid:\t0\t0\t0\t0\n");
		tree_.File("sys/kernel/mm/ksm/run", "1\n");
		tree_.File("sys/kernel/mm/ksm/pages_scanned", pages + "\n");
		EXPECT_EQ(ksm_root_open(tree_.Path().c_str(), &root_, nullptr), 0);
	}
	~Machine()
	{
		ksm_root_close(&root_);
	}

	struct ksm_cost Cost(enum ksm_checksum_kind kind = KSM_CHECKSUM_XXHASH,
			     unsigned int page_size = 4096)
	{
		struct ksm_cost cost = {};

		ksm_cost_measure(&root_, kind, page_size, &cost);
		return cost;
	}

      private:
	FakeTree tree_;
	struct ksm_root root_ = {};
};

TEST(Cost, IsKsmdsOwnWhereItHasScannedEnough)
{
	struct ksm_cost cost = Machine(5 * sysconf(_SC_CLK_TCK), "1000000").Cost();

	EXPECT_DOUBLE_EQ(cost.seconds_per_page, 5e-6);
	EXPECT_STREQ(cost.basis, "ksmd's own CPU time over 1000000 pages since boot");
}

TEST(Cost, IsOfChecksumsWhereKsmdHasNotScannedEnough)
{
	long second = sysconf(_SC_CLK_TCK);

	for (auto [ticks, pages] :
	     {std::pair(second - 1, "1000000"), std::pair(second, "99999"), std::pair(0l, "0")}) {
		struct ksm_cost cost = Machine(ticks, pages).Cost();

		EXPECT_GT(cost.seconds_per_page, 0) << ticks << " " << pages;
		EXPECT_NE(std::string(cost.basis).find("has not scanned enough"), std::string::npos)
			<< cost.basis;
	}
	EXPECT_NE(std::string(Machine(0, "0").Cost(KSM_CHECKSUM_JHASH2).basis).find("its jhash2"),
		  std::string::npos);
}

// Up to the largest page there may be.
TEST(Cost, GrowsWithThePage)
{
	Machine machine(0, "0");

	for (auto kind : {KSM_CHECKSUM_XXHASH, KSM_CHECKSUM_JHASH2})
		EXPECT_GT(machine.Cost(kind, 1 << 20).seconds_per_page,
			  2 * machine.Cost(kind, 4096).seconds_per_page)
			<< ksm_checksum_name(kind);
}

} // namespace
