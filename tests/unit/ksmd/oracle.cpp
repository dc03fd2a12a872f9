// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/ksmd/oracle.h"

#include <algorithm>
#include <stdexcept>

namespace oracle
{

static void Require(bool holds, const char *what)
{
	if (!holds)
		throw std::logic_error(std::string("oracle: ") + what);
}

// ------------------------------------------------------------------------------- rules

const std::vector<std::string> &Kernels()
{
	static const std::vector<std::string> kernels = {"2.6.32", "2.6.33", "3.9",  "4.11", "4.13",
							 "5.0",	   "6.7",    "6.11", "next"};
	return kernels;
}

Rules::Rules(const std::string &kernel)
{
	const auto &all = Kernels();
	auto place = [&](const char *name) { return std::find(all.begin(), all.end(), name); };
	auto own = place(kernel.c_str());

	Require(own != all.end(), "unknown kernel");
	v2_6_33 = own >= place("2.6.33");
	v3_9 = own >= place("3.9");
	v4_11 = own >= place("4.11");
	v4_13 = own >= place("4.13");
	v6_7 = own >= place("6.7");
	v6_11 = own >= place("6.11");
	next = own >= place("next");
}

// ------------------------------------------------------------------------------- a pass

void Ksmd::Spawn()
{
	machine.Spawn();
	order_.push_back(machine.processes.size() - 1);
}

void Ksmd::Fork(size_t process)
{
	if (!machine.Alive(process))
		return;
	machine.Fork(process);
	order_.push_back(machine.processes.size() - 1);
}

// Between passes the cursor is the head of the list: whoever exits is moved to the front of it, for the next
// pass to begin with its items.
void Ksmd::Exit(size_t process)
{
	if (!machine.Alive(process))
		return;
	machine.Exit(process);
	order_.remove(process);
	order_.push_front(process);
}

void Ksmd::Pass()
{
	unstable_.clear();
	for (auto it = order_.begin(); it != order_.end();) {
		size_t process = *it;
		bool gone = !machine.Alive(process);

		ScanProcess(process);
		it = gone ? order_.erase(it) : std::next(it);
	}
	full_scans_++;
}

void Ksmd::ScanProcess(size_t process)
{
	auto &items = items_[process];
	const auto pages = machine.processes[process].pages; // merging changes the table

	auto cursor = items.begin();
	for (const auto &[page, unused] : pages) {
		// An earlier page of this pass may have replaced it: what counts is what is mapped now.
		FramePtr frame = machine.At(process, page);
		if (frame->is_zero_page)
			continue;
		auto found = items.lower_bound(page);
		Forget(items, cursor, found);
		if (found == items.end() || found->first != page) {
			Item item;
			item.process = process;
			item.page = page;
			found = items.emplace_hint(found, page, item);
		}
		cursor = std::next(found);

		Item &item = found->second;
		if (!rules_.v2_6_33 && item.where != Item::kStable)
			Leave(item);
		if (Skips(item, *frame)) {
			pages_skipped_++;
			Leave(item);
			continue;
		}
		pages_scanned_++;
		if (rules_.v2_6_33)
			Compare(item, frame);
		else
			Compare2632(item, frame);
	}
	Forget(items, cursor, items.end());
}

bool Ksmd::Skips(Item &item, const Frame &frame)
{
	if (!rules_.v6_7 || !setup_.smart_scan || frame.is_ksm)
		return false;
	if (rules_.next && item.where == Item::kStable)
		return false;

	unsigned age = item.age;
	item.age = std::min(age + 1, 255u);
	if (age < 3)
		return false;
	if (item.remaining_skips > 0) {
		item.remaining_skips--;
		return true;
	}
	item.remaining_skips = age <= 3 ? 1 : age <= 5 ? 2 : age <= 8 ? 4 : 8;
	return false;
}

// Takes an item out of whichever tree it is in.
void Ksmd::Leave(Item &item)
{
	if (item.where == Item::kUnstable)
		unstable_.remove(&item);
	if (item.where == Item::kStable) {
		if (!rules_.v2_6_33) {
			Leave2632(item);
		} else if (item.node->frame->mappings.empty()) {
			Free(item.node);
		} else {
			auto &list = item.node->items;
			list.erase(std::find(list.begin(), list.end(), &item));
		}
	}
	if (item.where == Item::kStable)
		StartAnew(item);
	item.where = Item::kNowhere;
	item.node = nullptr;
}

void Ksmd::StartAnew(Item &item)
{
	if (!rules_.next)
		return;
	item.oldchecksum = 0;
	item.age = item.remaining_skips = 0;
}

void Ksmd::Forget(Items &items, Items::iterator begin, Items::iterator end)
{
	for (auto it = begin; it != end; it++)
		Leave(it->second);
	items.erase(begin, end);
}

// Never 0, the checksum that a new item has.
uint32_t Ksmd::Checksum(uint64_t content) const
{
	return 1 + static_cast<uint32_t>(content % setup_.checksums);
}

bool Ksmd::HeldStill(Item &item, uint64_t content)
{
	bool same = item.oldchecksum == Checksum(content);

	item.oldchecksum = Checksum(content);
	return same;
}

bool Ksmd::TakesZeroPage(const Item &item, uint64_t content)
{
	if (!rules_.v4_11 || !setup_.use_zero_pages || content != kZero)
		return false;
	FramePtr zero =
		machine.NewFrame(kZero, 0); // one for each mapping is as good as one for all
	zero->is_zero_page = true;
	machine.Point(item.process, item.page, zero);
	return true;
}

// The item of this pass with equal content. Otherwise null, and the new one is in the tree unless its very page
// is there already.
Item *Ksmd::UnstableSearchInsert(Item &item, const FramePtr &frame)
{
	for (Item *other : unstable_) {
		FramePtr page = machine.At(other->process, other->page);

		Require(page != nullptr, "a page went during the pass");
		if (TreeOf(*page) != TreeOf(*frame))
			continue;
		if (page == frame)
			return nullptr;
		if (page->content == frame->content)
			return other;
	}
	item.where = Item::kUnstable;
	unstable_.push_back(&item);
	return nullptr;
}

// ------------------------------------------------------------------------------- since 2.6.33

void Ksmd::Compare(Item &item, const FramePtr &frame)
{
	if (frame->is_ksm) {
		Require(frame->node != nullptr, "a KSM page without a node");
		if (item.where == Item::kStable && item.node == frame->node)
			return;
		// Mapped by fork: it joins whatever the limit says.
		Leave(item);
		Append(item, frame->node);
		return;
	}

	if (rules_.v6_11) {
		Leave(item);
		if (!HeldStill(item, frame->content) || TakesZeroPage(item, frame->content))
			return;
	}
	Node *node = Search(frame->content, TreeOf(*frame));
	Leave(item);
	if (node) {
		machine.Point(item.process, item.page, node->frame);
		Append(item, node);
		return;
	}
	if (!rules_.v6_11 &&
	    (!HeldStill(item, frame->content) || TakesZeroPage(item, frame->content)))
		return;

	Item *other = UnstableSearchInsert(item, frame);
	if (!other)
		return;
	// The scanned page itself becomes the KSM page, for all who map it.
	Require(!machine.At(other->process, other->page)->is_ksm,
		"a KSM page in the unstable tree");
	frame->is_ksm = true;
	machine.Point(other->process, other->page, frame);
	Leave(*other);
	node = Insert(frame);
	Append(*other, node);
	Append(item, node);
}

// Each node has trees of its own, unless all share those of node 0.
unsigned Ksmd::TreeOf(const Frame &frame) const
{
	return rules_.v3_9 && !setup_.merge_across_nodes ? frame.nid : 0;
}

std::list<Place>::iterator Ksmd::Find(uint64_t content, unsigned nid)
{
	return std::find_if(stable_.begin(), stable_.end(), [&](const Place &place) {
		return place.content == content && place.nid == nid;
	});
}

// May a page join it, and leave room for @more?
bool Ksmd::HasRoom(const Node &node, uint64_t more) const
{
	if (!rules_.v4_13)
		return true;
	return !node.items.empty() && node.items.size() + more < setup_.max_page_sharing;
}

// The node that a page of this content may join, or null.
//
// The kernel walks down its tree to get here, and on its way frees the stale nodes of other contents, and
// treats the chains of others as ChooseDup() does. Which it meets depends on the order of contents, so this
// leaves it out. What that may change:
// - stable_node_chains and stable_node_dups: a chain with one dup left falls together when a search passes,
//   not only one for its content; a chain with none left goes only when a search passes, not at once
// - up to 4.3, a search that walks into a stale node gives up: a page that would join its node now waits
//   until the next pass, or merges anew
// - 2.6.32: nodes freed early count no longer against max_kernel_pages
// - since 4.13, in passes 2 s apart: a dup may be moved to the head of its chain earlier
Node *Ksmd::Search(uint64_t content, unsigned nid)
{
	auto place = Find(content, nid);

	if (place == stable_.end())
		return nullptr;
	Node *node = nullptr;
	if (place->is_chain) {
		node = ChooseDup(*place, true);
	} else {
		node = place->nodes.front().get();
		if (node->frame->mappings.empty()) {
			Free(node);
			node = nullptr;
		}
	}
	return node && HasRoom(*node, 0) ? node : nullptr;
}

// Null if all dups were stale, and then the chain is gone; before 6.11 also if none has room.
Node *Ksmd::ChooseDup(Place &place, bool may_walk)
{
	Node *found = nullptr;
	std::vector<Node *> dups;
	size_t alive = 0;
	bool walk = may_walk && setup_.full_walks && place.walked < full_scans_;

	if (walk)
		place.walked = full_scans_;
	for (const auto &dup : place.nodes)
		dups.push_back(dup.get());
	for (Node *dup : dups) {
		if (dup->frame->mappings.empty()) {
			Free(dup); // with the last one the place goes
			continue;
		}
		alive++;
		bool better = HasRoom(*dup, 0) && (!found || !HasRoom(*found, 0) ||
						   dup->items.size() > found->items.size());
		if (better || (rules_.v6_11 && !found))
			found = dup;
		if (found && HasRoom(*found, 0) && !walk)
			break;
	}
	if (!found)
		return nullptr;
	if (rules_.v6_11 ? place.nodes.size() == 1 : walk && alive == 1) {
		place.is_chain = false;
	} else if (place.nodes.front().get() != found && HasRoom(*found, 1)) {
		auto it = std::find_if(place.nodes.begin(), place.nodes.end(),
				       [&](const auto &dup) { return dup.get() == found; });
		place.nodes.splice(place.nodes.begin(), place.nodes, it);
	}
	return found;
}

Node *Ksmd::Insert(const FramePtr &frame)
{
	auto node = std::make_unique<Node>();
	Node *ret = node.get();

	node->frame = frame;
	node->content = frame->content;
	frame->node = ret;

	auto place = Find(frame->content, TreeOf(*frame));
	if (place != stable_.end() && place->is_chain)
		ChooseDup(*place, false);
	else if (place != stable_.end() && place->nodes.front()->frame->mappings.empty())
		Free(place->nodes.front().get());
	place = Find(frame->content, TreeOf(*frame));
	if (place == stable_.end()) {
		stable_.emplace_back();
		place = std::prev(stable_.end());
		place->content = frame->content;
		place->nid = TreeOf(*frame);
	} else {
		Require(rules_.v4_13, "two nodes of one content");
		if (!place->is_chain)
			place->walked = full_scans_;
		place->is_chain = true;
	}
	place->nodes.push_front(std::move(node));
	return ret;
}

// A stale node: its page is gone.
void Ksmd::Free(Node *node)
{
	for (Item *item : node->items) {
		item->where = Item::kNowhere;
		item->node = nullptr;
		StartAnew(*item);
	}
	auto place = Find(node->content, TreeOf(*node->frame));
	place->nodes.remove_if([&](const auto &dup) { return dup.get() == node; });
	if (place->nodes.empty())
		stable_.erase(place);
}

void Ksmd::Append(Item &item, Node *node)
{
	item.where = Item::kStable;
	item.node = node;
	node->items.push_back(&item);
}

// ------------------------------------------------------------------------------- 2.6.32

// The page of an item of the stable tree, if it is a KSM page still.
FramePtr Ksmd::KsmFrameOf(const Item &item) const
{
	FramePtr frame = machine.At(item.process, item.page);

	return frame && frame->is_ksm ? frame : nullptr;
}

// The old checksum shares its memory with a pointer of the stable tree: it is lost.
void Ksmd::Leave2632(Item &item)
{
	Node *node = item.node;

	node->items.erase(std::find(node->items.begin(), node->items.end(), &item));
	item.oldchecksum = 0;
	item.where = Item::kNowhere;
	if (node->items.empty())
		stable_.erase(Find(node->content, 0));
}

// Takes the stale items off the head of the node; null if that was all of it.
Node *Ksmd::Search2632(uint64_t content)
{
	auto place = Find(content, 0);

	if (place == stable_.end())
		return nullptr;
	Node *node = place->nodes.front().get();
	for (size_t left = node->items.size(); left > 0; left--) {
		if (KsmFrameOf(*node->items.front()))
			return node;
		Leave(*node->items.front());
	}
	return nullptr;
}

void Ksmd::Break(const Item &item)
{
	FramePtr frame = machine.At(item.process, item.page);

	if (frame->is_ksm)
		machine.Point(item.process, item.page,
			      machine.NewFrame(frame->content, frame->nid));
}

void Ksmd::Compare2632(Item &item, const FramePtr &frame)
{
	if (frame->is_ksm && item.where == Item::kStable) {
		if (frame->mappings.size() == 1) {
			Break(item);
			Leave(item);
			item.oldchecksum = Checksum(frame->content);
		}
		return;
	}
	Leave(item);
	if (Node *node = Search2632(frame->content)) {
		FramePtr kernel_page = KsmFrameOf(*node->items.front());

		// A KSM page has no reverse mapping: it cannot be replaced by another one.
		if (frame->is_ksm && frame != kernel_page)
			return;
		machine.Point(item.process, item.page, kernel_page);
		item.where = Item::kStable;
		item.node = node;
		node->items.insert(node->items.begin() + 1, &item);
		return;
	}
	if (frame->is_ksm)
		Break(item);
	if (!HeldStill(item, frame->content))
		return;
	Require(!frame->is_ksm, "a KSM page by fork that held still");

	Item *other = UnstableSearchInsert(item, frame);
	if (!other)
		return;
	if (setup_.max_kernel_pages && setup_.max_kernel_pages <= stable_.size())
		return;
	FramePtr kernel_page = machine.NewFrame(frame->content, frame->nid);
	kernel_page->is_ksm = true;
	machine.Point(item.process, item.page, kernel_page);
	machine.Point(other->process, other->page, kernel_page);
	Leave(*other);
	Require(Find(frame->content, 0) == stable_.end(), "two nodes of one content");
	stable_.emplace_back();
	stable_.back().content = frame->content;
	stable_.back().nid = 0;
	stable_.back().nodes.push_back(std::make_unique<Node>());
	Node *node = stable_.back().nodes.front().get();
	node->content = frame->content;
	Append(*other, node);
	Append(item, node);
}

// ------------------------------------------------------------------------------- counters

ksm_counters Ksmd::Counters() const
{
	ksm_counters c{};

	c.full_scans = full_scans_;
	c.pages_scanned = pages_scanned_;
	c.pages_skipped = pages_skipped_;
	for (const auto &place : stable_) {
		c.stable_node_chains += place.is_chain;
		c.stable_node_dups += place.is_chain ? place.nodes.size() : 0;
		for (const auto &node : place.nodes) {
			c.pages_shared += !node->items.empty();
			c.pages_sharing += std::max<int64_t>(node->items.size(), 1) - 1;
		}
	}
	for (const auto &[process, items] : items_)
		for (const auto &[page, item] : items) {
			c.rmap_items++;
			c.pages_unshared += item.where == Item::kUnstable;
		}
	c.pages_volatile = std::max<int64_t>(
		c.rmap_items - c.pages_shared - c.pages_sharing - c.pages_unshared, 0);
	for (size_t i = 0; i < machine.processes.size(); i++)
		c.ksm_zero_pages += Of(i).ksm_zero_pages;
	return c;
}

ksm_mm_counters Ksmd::Of(size_t process) const
{
	ksm_mm_counters c{};
	auto items = items_.find(process);

	if (items != items_.end())
		for (const auto &[page, item] : items->second) {
			c.ksm_rmap_items++;
			c.ksm_merging_pages += item.where == Item::kStable;
		}
	for (const auto &[page, frame] : machine.processes[process].pages)
		c.ksm_zero_pages += frame->is_zero_page;
	return c;
}

int64_t Ksmd::ChainsOfOne() const
{
	return std::count_if(stable_.begin(), stable_.end(), [](const Place &place) {
		return place.is_chain && place.nodes.size() == 1;
	});
}

} // namespace oracle
