// SPDX-License-Identifier: GPL-2.0-or-later
// The process source over a copy of /proc, made up here.
#include <gtest/gtest.h>

#include <memory>

#include "tests/unit/fake_tree.h"

extern "C" {
#include "source/process.h"
}

namespace
{

constexpr uint64_t kStart = 0x10000;

class ProcessSource : public testing::Test
{
      protected:
	ProcessSource()
	{
		tree_.File("proc/7/stat",
			   "7 (seven) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1 65536 16\n");
		tree_.File("proc/7/status", "Name:\tseven\nState:\tS "
					    "(sleeping)\nTgid:\t7\nPid:\t7\nUid:"
					    "\t0\t0\t0\t0\nVmSize:\t64 kB\nVmRSS:\t64 kB\n");
		tree_.File("proc/7/comm", "seven\n");
		tree_.File("proc/7/cgroup", "0::/\n");
		tree_.File("proc/7/mem", "");
	}

	// Present pages of these frames from kStart on.
	void Frames(const std::vector<uint64_t> &frames)
	{
		std::string entries(kStart / 4096 * 8, '\0');
		char area[100];

		for (uint64_t pfn : frames) {
			uint64_t entry = UINT64_C(1) << 63 | UINT64_C(1) << 56 | pfn;

			entries.append(reinterpret_cast<const char *>(&entry), sizeof(entry));
		}
		tree_.File("proc/7/pagemap", entries);
		snprintf(area, sizeof(area), "%08lx-%08lx rw-p 00000000 00:00 0 \n",
			 static_cast<unsigned long>(kStart),
			 static_cast<unsigned long>(kStart + frames.size() * 4096));
		tree_.File("proc/7/maps", area);
		tree_.File("proc/7/smaps", area);
	}

	// The pages of one pass.
	std::vector<ksm_page> Pages()
	{
		ksm_process_source_options options = {};
		ksm_page_source *source = nullptr;
		auto batch = std::make_unique<ksm_batch>();
		std::vector<ksm_page> pages;
		const pid_t pid = 7;
		ksm_root root;
		ksm_error err = {};

		EXPECT_EQ(ksm_root_open(tree_.Path().c_str(), &root, nullptr), 0);
		EXPECT_EQ(ksm_process_source_open(&root, &pid, 1, &options, &source, &err), 0)
			<< err.text;
		if (source) {
			EXPECT_EQ(source->ops->rewind(source, &err), 0);
			while (source->ops->next(source, batch.get(), &err) == 1)
				pages.insert(pages.end(), batch->page, batch->page + batch->n);
			EXPECT_EQ(source->space[0].error.code, KSM_ERR_NONE)
				<< source->space[0].error.text;
			unknown_ = source->unknown & (KSM_UNKNOWN_NODES | KSM_UNKNOWN_SOME_NODES);
			ksm_page_source_close(&source);
		}
		ksm_root_close(&root);
		return pages;
	}

	// A zone that is all there.
	static std::string Zone(int nid, uint64_t start, uint64_t spanned)
	{
		return "Node " + std::to_string(nid) + ", zone   Normal\n        spanned  " +
		       std::to_string(spanned) + "\n        present  " + std::to_string(spanned) +
		       "\n  start_pfn:           " + std::to_string(start) + "\n";
	}

	// The node of each page, -1 where it is not known.
	static std::vector<int> NodesOf(const std::vector<ksm_page> &pages)
	{
		std::vector<int> nodes;

		for (const auto &page : pages)
			nodes.push_back(page.flags & KSM_PAGE_NID ? page.nid : -1);
		return nodes;
	}

	FakeTree tree_;
	unsigned int unknown_ = 0;
};

TEST_F(ProcessSource, TellsTheNodesOfPages)
{
	tree_.File("proc/zoneinfo", Zone(0, 100, 100) + Zone(2, 200, 50));
	Frames({100, 199, 200, 249, 150});
	auto pages = Pages();
	ASSERT_EQ(pages.size(), 5u);
	EXPECT_EQ(pages[2].pfn, 200u);
	EXPECT_EQ(NodesOf(pages), (std::vector<int>{0, 0, 2, 2, 0}));
	EXPECT_EQ(unknown_, 0u);
}

TEST_F(ProcessSource, SaysThatNodesOfSomePagesAreUnknown)
{
	tree_.File("proc/zoneinfo", Zone(0, 100, 150) + Zone(1, 200, 100));
	Frames({199, 200, 250, 300});
	EXPECT_EQ(NodesOf(Pages()), (std::vector<int>{0, -1, 1, -1}));
	EXPECT_EQ(unknown_, unsigned{KSM_UNKNOWN_SOME_NODES});
}

TEST_F(ProcessSource, SaysNothingOfNodesWhereThereIsOne)
{
	tree_.File("proc/zoneinfo", Zone(0, 100, 100));
	Frames({100, 300});
	EXPECT_EQ(NodesOf(Pages()), (std::vector<int>{-1, -1}));
	EXPECT_EQ(unknown_, 0u);
}

TEST_F(ProcessSource, SaysThatItKnowsNoNodes)
{
	Frames({100});
	EXPECT_EQ(NodesOf(Pages()), std::vector<int>{-1});
	EXPECT_EQ(unknown_, unsigned{KSM_UNKNOWN_NODES});
	tree_.File("proc/zoneinfo", "nonsense\n");
	EXPECT_EQ(NodesOf(Pages()), std::vector<int>{-1});
	EXPECT_EQ(unknown_, unsigned{KSM_UNKNOWN_NODES});
}

} // namespace
