// SPDX-License-Identifier: GPL-2.0-or-later
// Scripts of what programs do, and how the oracle and the twin follow them. The oracle's memory is really merged;
// the twin sees what somebody sees who only reads the same programs where nothing is merged: a second machine,
// the shadow.
#ifndef KSM_TESTS_UNIT_KSMD_ORACLE_PLAY_H
#define KSM_TESTS_UNIT_KSMD_ORACLE_PLAY_H

#include <algorithm>
#include <functional>
#include <iterator>
#include <new>
#include <sstream>
#include <stdexcept>

#include "tests/unit/ksmd/oracle.h"

extern "C" {
#include "ksmd/forest.h"
#include "ksmd/twin.h"
}

namespace oracle
{

struct Op {
	enum Kind { kSpawn, kMap, kWrite, kUnmap, kMove, kFork, kExit, kPass };

	Kind kind;
	size_t process = 0;
	uint64_t page = 0;
	uint64_t content = 0;
	unsigned nid = 0;
};
using Script = std::vector<Op>;

struct Case {
	Setup setup;
	bool pfns = true; // the observer knows physical pages
	Script script;
};

constexpr const char *kOpNames[] = {"spawn", "map",  "write", "unmap",
				    "move",  "fork", "exit",  "pass"};

// An operation a line: "map PROCESS PAGE CONTENT", "write PROCESS PAGE CONTENT", "unmap PROCESS PAGE",
// "move PROCESS PAGE", "fork PROCESS", "exit PROCESS", "spawn", "pass". Processes count from 0; a fork makes the
// next one. A content may have "@NODE" behind it, as the page of move must: where the page comes to lie.
inline bool HasPage(const Op &op)
{
	return op.kind >= Op::kMap && op.kind <= Op::kMove;
}

inline std::string Words(const Case &c)
{
	const Setup &s = c.setup;
	std::ostringstream out;

	out << s.kernel << " smart_scan=" << s.smart_scan << " use_zero_pages=" << s.use_zero_pages
	    << " merge_across_nodes=" << s.merge_across_nodes
	    << " max_page_sharing=" << s.max_page_sharing
	    << " max_kernel_pages=" << s.max_kernel_pages << " checksums=" << s.checksums
	    << " pfns=" << c.pfns << "\n";
	for (const Op &op : c.script) {
		out << "  " << kOpNames[op.kind];
		if (op.kind != Op::kSpawn && op.kind != Op::kPass)
			out << " " << op.process;
		if (HasPage(op))
			out << " " << op.page;
		if (op.kind == Op::kMap || op.kind == Op::kWrite)
			out << " " << op.content;
		if (HasPage(op) && op.kind != Op::kUnmap)
			out << "@" << op.nid;
		out << "\n";
	}
	return out.str();
}

inline Script FromWords(const std::string &words)
{
	std::istringstream in(words);
	std::string name;
	Script script;

	while (in >> name) {
		auto found = std::find(std::begin(kOpNames), std::end(kOpNames), name);
		if (found == std::end(kOpNames))
			throw std::logic_error("no operation: " + name);
		Op op = {static_cast<Op::Kind>(found - std::begin(kOpNames))};
		if (op.kind != Op::kSpawn && op.kind != Op::kPass)
			in >> op.process;
		if (HasPage(op))
			in >> op.page;
		if (op.kind == Op::kMap || op.kind == Op::kWrite)
			in >> op.content;
		if (in.peek() == '@')
			in.ignore() >> op.nid;
		script.push_back(op);
	}
	return script;
}

// ------------------------------------------------------------------------------- the observer

using Mix = std::function<ksm_page_key(uint64_t content, uint32_t checksum)>;

inline uint64_t Scramble(uint64_t x)
{
	x = (x ^ (x >> 31)) * UINT64_C(0x7fb5d329728ea185);
	x = (x ^ (x >> 27)) * UINT64_C(0x81dadef4bc2dd44d);
	return x ^ (x >> 33);
}

inline ksm_page_key ScrambledKey(uint64_t content, uint32_t checksum)
{
	uint64_t x = Scramble(content + 1);

	return {(x << 32) | checksum, Scramble(x + 1)};
}

class Observer
{
      public:
	// @roots: of every forest of the twin; 0 for as many as it likes.
	explicit Observer(const Case &c, Mix mix = ScrambledKey, uint32_t roots = 0)
	    : case_(c), mix_(std::move(mix))
	{
		const Setup &s = c.setup;

		if (ksm_model_init(&model_, s.kernel.c_str(), nullptr, nullptr))
			throw std::runtime_error("no model of " + s.kernel);
		Set("smart_scan", s.smart_scan, model_.profile->has_smart_scan);
		Set("use_zero_pages", s.use_zero_pages, model_.profile->has_use_zero_pages);
		Set("merge_across_nodes", s.merge_across_nodes,
		    model_.profile->has_merge_across_nodes);
		Set("max_page_sharing", s.max_page_sharing, model_.profile->has_max_page_sharing);
		Set("max_kernel_pages", s.max_kernel_pages, model_.profile->has_max_kernel_pages);
		Check(ksm_twin_new(&model_, &twin_));
		if (roots)
			Check(forest_fix_roots(twin_, roots));
	}
	~Observer()
	{
		ksm_twin_free(&twin_);
	}
	Observer(const Observer &) = delete;
	Observer &operator=(const Observer &) = delete;

	// After the next pass, pages that are alone are only counted.
	void LetGo()
	{
		lets_go_ = true;
	}

	void Pass(const Machine &shadow)
	{
		for (; mms_ < shadow.processes.size(); mms_++) {
			uint32_t mm;

			Check(ksm_twin_add_mm(twin_, &mm));
			if (mm != mms_)
				throw std::logic_error("mm numbers do not count from 0");
		}
		Check(ksm_twin_pass_begin(twin_));
		for (uint32_t mm = 0; mm < mms_; mm++) {
			ksm_twin_mm_begin(twin_, mm);
			for (const auto &[page, frame] : shadow.processes[mm].pages)
				See(page, *frame);
			ksm_twin_mm_end(twin_);
		}
		if (lets_go_)
			ksm_twin_let_go(twin_);
		Check(ksm_twin_pass_end(twin_));
	}

	void Repeat(bool smart_scan)
	{
		Check(ksm_twin_repeat(twin_, smart_scan));
	}

	bool HasSettled()
	{
		bool has_settled;

		Check(ksm_twin_has_settled(twin_, &has_settled));
		return has_settled;
	}

	ksm_counters Counters() const
	{
		ksm_counters c;

		ksm_twin_counters(twin_, &c);
		return c;
	}

	ksm_mm_counters Of(uint32_t mm) const
	{
		ksm_mm_counters c;

		ksm_twin_mm_counters(twin_, mm, &c);
		return c;
	}

	// Of an mm: pages that are alone and plain, the keys of others that are alone, and of the rest.
	struct Contents {
		int64_t plain = 0;
		std::vector<uint64_t> alone, rest;

		bool operator==(const Contents &other) const
		{
			return plain == other.plain && alone == other.alone && rest == other.rest;
		}
	};
	Contents ContentsOf(uint32_t mm) const
	{
		ksm_twin_walk alone = ksm_twin_walk_begin(twin_, mm), rest = alone;
		Contents c;

		while (uint32_t page = ksm_twin_walk_alone(&alone, &c.plain))
			c.alone.push_back(ksm_twin_key(twin_, page).lo);
		while (uint32_t page = ksm_twin_walk_rest(&rest))
			c.rest.push_back(ksm_twin_key(twin_, page).lo);
		return c;
	}

	uint32_t Items() const
	{
		return ksm_twin_page_end(twin_) - 1;
	}

      private:
	static void Check(int err)
	{
		if (err)
			throw std::bad_alloc();
	}

	void Set(const std::string &name, uint64_t value, bool has)
	{
		std::string setting = name + "=" + std::to_string(value);

		if (has && ksm_model_set(&model_, setting.c_str(), nullptr))
			throw std::runtime_error("cannot set " + setting);
	}

	void See(uint64_t number, const Frame &frame)
	{
		ksm_page page = {};
		ksm_page_sum sum = {};

		page.address = number * 4096;
		page.nid = static_cast<uint16_t>(frame.nid);
		page.flags = KSM_PAGE_NID;
		if (case_.pfns) {
			page.pfn = frame.number;
			page.flags |= KSM_PAGE_PFN;
			if (frame.mappings.size() > 1)
				page.flags |= KSM_PAGE_SHARED;
		}
		sum.key = mix_(frame.content, 1 + frame.content % case_.setup.checksums);
		sum.is_zero = frame.content == kZero;
		Check(ksm_twin_see(twin_, &page, &sum));
	}

	const Case &case_;
	Mix mix_;
	ksm_model model_;
	ksm_twin *twin_ = nullptr;
	uint32_t mms_ = 0;
	bool lets_go_ = false;
};

// ------------------------------------------------------------------------------- running a workload

// The counters of both sides after a pass, as text, side by side where they differ.
inline std::string Difference(const Ksmd &ksmd, const Observer &observer)
{
	std::ostringstream out;
	ksm_counters o = ksmd.Counters(), t = observer.Counters();

	// The kernel lets a chain with one dup left fall together when a search walks through it: before 6.11
	// only one in passes 2 s apart that may join the dup. The twin does with any search for its content.
	int64_t collapsed = o.stable_node_chains - t.stable_node_chains;
	if (collapsed > 0 && collapsed <= ksmd.ChainsOfOne()) {
		o.stable_node_chains -= collapsed;
		o.stable_node_dups -= collapsed;
	}

#define X(name)               \
	if (o.name != t.name) \
		out << "  " #name ": oracle " << o.name << ", twin " << t.name << "\n";
	KSM_COUNTERS(X)
#undef X
	for (size_t i = 0; i < ksmd.machine.processes.size(); i++) {
		ksm_mm_counters om = ksmd.Of(i), tm = observer.Of(i);

#define X(name)                                                                           \
	if (om.name != tm.name)                                                           \
		out << "  process " << i << " " #name ": oracle " << om.name << ", twin " \
		    << tm.name << "\n";
		X(ksm_rmap_items)
		X(ksm_merging_pages)
		X(ksm_zero_pages)
#undef X
	}
	return out.str();
}

// A script played to the real machine with the oracle's ksmd, and to its shadow.
class Play
{
      public:
	explicit Play(const Case &c) : ksmd(c.setup), case_(c)
	{
	}

	// One operation; those that the observer could not tell from none are left out.
	void Do(const Op &op)
	{
		bool there = shadow.At(op.process, op.page) != nullptr;

		switch (op.kind) {
		case Op::kSpawn:
			ksmd.Spawn();
			shadow.Spawn();
			break;
		case Op::kMap:
			// Where physical pages are known, the new one tells.
			if (there || (!case_.pfns && Was(op)))
				break;
			real().Map(op.process, op.page, op.content, op.nid);
			shadow.Map(op.process, op.page, op.content, op.nid);
			break;
		case Op::kWrite:
			if (there && !Was(op) &&
			    shadow.At(op.process, op.page)->content != op.content)
				Write(op);
			break;
		case Op::kUnmap:
			// A process without a page looks as if it had exited.
			if (!there || shadow.processes[op.process].pages.size() == 1)
				break;
			real().Unmap(op.process, op.page);
			shadow.Unmap(op.process, op.page);
			break;
		case Op::kMove:
			if (there && IsUnmerged(op))
				Move(op);
			break;
		case Op::kFork:
			if (!shadow.Alive(op.process))
				break;
			ksmd.Fork(op.process);
			shadow.Fork(op.process);
			before_.push_back(before_[op.process]);
			break;
		case Op::kExit:
			ksmd.Exit(op.process);
			shadow.Exit(op.process);
			break;
		case Op::kPass:
			WriteUnknowables();
			ksmd.Pass();
			Remember();
			break;
		}
		before_.resize(shadow.processes.size());
	}

	Ksmd ksmd;
	Machine shadow;
	uint64_t forks_known = 0, forks_unknown = 0; // merged pages of new children

      private:
	Machine &real()
	{
		return ksmd.machine;
	}

	// A page written in place stays where it is; only if neither can be does the copy choose.
	void Write(const Op &op)
	{
		FramePtr here = shadow.At(op.process, op.page),
			 there = real().At(op.process, op.page);
		bool both = here->mappings.size() > 1 &&
			    (there->mappings.size() > 1 || there->is_ksm || there->is_zero_page);
		unsigned nid = both ? op.nid : here->nid;

		real().Write(op.process, op.page, op.content, nid);
		shadow.Write(op.process, op.page, op.content, nid);
	}

	// Have all who share the page for the observer the same page still, and no KSM page?
	bool IsUnmerged(const Op &op)
	{
		FramePtr here = shadow.At(op.process, op.page),
			 there = real().At(op.process, op.page);

		if (there->is_ksm || there->is_zero_page ||
		    there->mappings.size() != here->mappings.size())
			return false;
		return std::all_of(here->mappings.begin(), here->mappings.end(), [&](auto &at) {
			return real().At(at.first, at.second) == there;
		});
	}

	void Move(const Op &op)
	{
		real().Move(real().At(op.process, op.page), op.nid);
		shadow.Move(shadow.At(op.process, op.page), op.nid);
	}

	// A page that is written back to its content of the last pass looks as if it had never changed, and so
	// does one mapped anew where physical pages are not known.
	bool Was(const Op &op) const
	{
		if (op.process >= before_.size())
			return false;
		auto it = before_[op.process].find(op.page);
		return it != before_[op.process].end() && it->second == op.content;
	}

	void Remember()
	{
		for (size_t i = 0; i < shadow.processes.size(); i++) {
			before_[i].clear();
			for (const auto &[page, frame] : shadow.processes[i].pages)
				before_[i][page] = frame->content;
		}
		seen_ = shadow.processes.size();
	}

	// What is the page of a process forked since the last pass, if it had been merged before? The observer
	// sees the page that it would be had nothing been merged, and can only conclude from what other addresses
	// with that page are known to be. It cannot where there are none any more (the parent wrote, unmapped or
	// exited since), or where they are different pages by now (some of those that an earlier fork had left
	// sharing it were merged and others were not, or with another KSM page).
	bool IsUnknownFork(size_t process, uint64_t page)
	{
		auto frame = real().At(process, page);
		bool any = false;

		if (process < seen_)
			return false;
		for (const auto &[other, at] : shadow.At(process, page)->mappings) {
			if (other >= seen_)
				continue;
			auto others = real().At(other, at);
			if (others != frame && !(others->is_zero_page && frame->is_zero_page))
				return true;
			any = true;
		}
		return !any && (frame->is_ksm || frame->is_zero_page);
	}

	// 2.6.32 makes a copy of a KSM page with one mapping left: of that too the observer sees only the page
	// that it would be, which it may share since a fork before the merge.
	bool IsCopy(size_t process, uint64_t page)
	{
		auto frame = real().At(process, page);

		if (case_.setup.kernel != "2.6.32" || frame->is_ksm)
			return false;
		for (const auto &[other, at] : shadow.At(process, page)->mappings) {
			auto others = real().At(other, at);
			if (others != frame && !others->is_ksm)
				return true;
		}
		return false;
	}

	// Before a pass, a page that the observer cannot know gets a content of its own.
	void WriteUnknowables()
	{
		for (size_t i = 0; i < shadow.processes.size(); i++) {
			const auto pages = shadow.processes[i].pages;

			for (const auto &[page, unused] : pages) {
				auto frame = real().At(i, page);
				bool is_merged = frame->is_ksm || frame->is_zero_page;

				if (IsUnknownFork(i, page) || IsCopy(i, page)) {
					Write({Op::kWrite, i, page, unique_++, 0});
					forks_unknown += is_merged;
				} else if (i >= seen_ && is_merged) {
					forks_known++;
				}
			}
		}
	}

	const Case &case_;
	std::vector<std::map<uint64_t, uint64_t>> before_; // contents at the last pass
	size_t seen_ = 0;				   // processes at the last pass
	uint64_t unique_ = 1 << 24;
};

// The first difference between the oracle and the twin, or "".
inline std::string FirstDifference(const Case &c)
{
	Play play(c);
	Observer observer(c);
	int pass = 0;

	for (const Op &op : c.script) {
		play.Do(op);
		if (op.kind != Op::kPass)
			continue;
		pass++;
		observer.Pass(play.shadow);
		std::string difference = Difference(play.ksmd, observer);
		if (!difference.empty())
			return "after pass " + std::to_string(pass) + ":\n" + difference;
	}
	return "";
}

} // namespace oracle

#endif
