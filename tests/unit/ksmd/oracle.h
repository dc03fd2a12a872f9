// SPDX-License-Identifier: GPL-2.0-or-later
// A second ksmd, slow and plain: memory that is really merged, and ksmd's rules as lists over it. It shares
// no code with core/ksmd, which it is there to judge.
//
// Sources: mm/ksm.c of 2.6.32, and its later changes by version. Locks, pins, huge pages, swap, KSM pages that
// the kernel moves and failing allocations are left out: merging fails here only where the rules say so.
#ifndef KSM_TESTS_UNIT_KSMD_ORACLE_H
#define KSM_TESTS_UNIT_KSMD_ORACLE_H

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

extern "C" {
#include "ksmd/counters.h"
}

namespace oracle
{

struct Node;

constexpr uint64_t kZero = 0; // the content of the zero page

// A physical page, and where it is mapped: (process, page number).
struct Frame {
	uint64_t number; // never used twice
	uint64_t content;
	unsigned nid; // the NUMA node
	std::vector<std::pair<size_t, uint64_t>> mappings;
	bool is_ksm = false;
	bool is_zero_page = false; // the kernel's
	Node *node = nullptr;	   // since 2.6.33
};
using FramePtr = std::shared_ptr<Frame>;

// Processes and their page tables. Every operation on what is not there does nothing.
class Machine
{
      public:
	struct Process {
		bool alive = true;
		std::map<uint64_t, FramePtr> pages; // by page number
	};

	void Spawn();
	// Where nothing is mapped.
	void Map(size_t process, uint64_t page, uint64_t content, unsigned nid = 0);
	// A copy, where it takes one, comes to lie on @nid.
	void Write(size_t process, uint64_t page, uint64_t content, unsigned nid = 0);
	// As the kernel migrates a page: to another frame, for all who map it.
	void Move(const FramePtr &frame, unsigned nid);
	void Unmap(size_t process, uint64_t page);
	void Fork(size_t process);
	void Exit(size_t process);

	bool Alive(size_t process) const
	{
		return process < processes.size() && processes[process].alive;
	}
	FramePtr At(size_t process, uint64_t page) const; // null where nothing is
	FramePtr NewFrame(uint64_t content, unsigned nid);
	void Point(size_t process, uint64_t page, const FramePtr &frame);

	std::vector<Process> processes;

      private:
	uint64_t next_number_ = 1;
};

// What ksmd does, as a release and its tunables have it.
struct Setup {
	std::string kernel; // one of those of Kernels()
	bool smart_scan = false;
	bool use_zero_pages = false;
	bool merge_across_nodes = true;
	uint64_t max_page_sharing = 256;
	uint64_t max_kernel_pages = 2000;
	bool full_walks = false; // chains get their full walk in each pass: these lie 2 s apart
	uint64_t checksums =
		1000; // so many different ones: contents that are equal modulo it share theirs
};

const std::vector<std::string> &Kernels();

// The rules of a release, by what it brought.
struct Rules {
	bool v2_6_33, v3_9, v4_11, v4_13, v6_7, v6_11, next;

	explicit Rules(const std::string &kernel);
};

struct Item {
	enum Where { kNowhere, kUnstable, kStable };

	size_t process;
	uint64_t page;
	uint32_t oldchecksum = 0;
	unsigned age = 0;
	unsigned remaining_skips = 0;
	Where where = kNowhere;
	Node *node = nullptr;
};

// Of the stable tree. The length that max_page_sharing bounds is that of the list.
struct Node {
	FramePtr frame; // null in 2.6.32, where only the items know
	uint64_t content;
	std::vector<Item *> items;
};

// One content's place in a stable tree: a node, or a chain of dups from its head on.
struct Place {
	uint64_t content;
	unsigned nid; // whose tree it is, as TreeOf() has it
	std::list<std::unique_ptr<Node>> nodes;
	bool is_chain = false;
	int64_t walked = 0; // the pass of the last full walk
};

class Ksmd
{
      public:
	explicit Ksmd(const Setup &setup) : setup_(setup), rules_(setup.kernel)
	{
	}

	// The machine's operations that ksmd takes note of.
	void Spawn();
	void Fork(size_t process);
	void Exit(size_t process);

	void Pass();

	// Counted anew from the state.
	ksm_counters Counters() const;
	ksm_mm_counters Of(size_t process) const;
	// Chains with one dup left, counted as chains above.
	int64_t ChainsOfOne() const;

	Machine machine;

      private:
	using Items = std::map<uint64_t, Item>;

	void ScanProcess(size_t process);
	bool Skips(Item &item, const Frame &frame);
	void Leave(Item &item);
	void StartAnew(Item &item);
	void Forget(Items &items, Items::iterator begin, Items::iterator end);
	uint32_t Checksum(uint64_t content) const;
	bool HeldStill(Item &item, uint64_t content);
	bool TakesZeroPage(const Item &item, uint64_t content);
	Item *UnstableSearchInsert(Item &item, const FramePtr &frame);

	void Compare(Item &item, const FramePtr &frame);
	unsigned TreeOf(const Frame &frame) const;
	std::list<Place>::iterator Find(uint64_t content, unsigned nid);
	Node *Search(uint64_t content, unsigned nid);
	Node *Insert(const FramePtr &frame);
	Node *ChooseDup(Place &place, bool may_walk);
	bool HasRoom(const Node &node, uint64_t more) const;
	void Free(Node *node);
	void Append(Item &item, Node *node);

	void Compare2632(Item &item, const FramePtr &frame);
	FramePtr KsmFrameOf(const Item &item) const;
	Node *Search2632(uint64_t content);
	void Leave2632(Item &item);
	void Break(const Item &item);

	const Setup setup_;
	const Rules rules_;
	std::list<size_t> order_; // the processes on ksmd's list
	std::map<size_t, Items> items_;
	std::list<Item *> unstable_; // of this pass
	std::list<Place> stable_;
	int64_t full_scans_ = 0, pages_scanned_ = 0, pages_skipped_ = 0;
};

} // namespace oracle

#endif
