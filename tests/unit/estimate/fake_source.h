// SPDX-License-Identifier: GPL-2.0-or-later
// A page source over made-up processes: what each page holds is told by a number.
#ifndef KSM_TESTS_UNIT_ESTIMATE_FAKE_SOURCE_H
#define KSM_TESTS_UNIT_ESTIMATE_FAKE_SOURCE_H

#include <cerrno>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

extern "C" {
#include "source/page_source.h"
}

struct FakePage {
	uint64_t content; // 0: zero bytes
	uint64_t pfn;
	uint32_t flags; // beside KSM_PAGE_PFN
	bool lost = false;
	int nid = -1; // -1: unknown
};

struct FakeProcess {
	std::string name, cgroup;
	uid_t uid = 0;
	bool has_uid = true;
	std::map<uint64_t, FakePage> pages; // by address
	bool is_unordered = false;	    // handed out from the last to the first
	std::set<uint64_t> uncounted;	    // addresses, of one that is unordered
	bool is_refused = false;	    // without pages, and with an error
};

class FakeSource
{
      public:
	std::deque<FakeProcess> processes;
	std::map<uint64_t, uint64_t> mapcounts;	       // by PFN
	std::function<void(FakeSource &, int)> before; // called before each pass
	int fail_at_batch = -1;
	bool may_restart = true;
	// Called for each page that is read, to make its bytes others.
	std::function<void(uint32_t space, uint64_t address, unsigned char *data)> paint;

	FakeSource()
	{
		static const ksm_page_source_ops ops = {Rewind,	 Next,	 Fill,	    Close,
							nullptr, Counts, MayRestart};

		holder_.source.ops = &ops;
		holder_.source.live = &holder_.source;
		holder_.source.page_size = 4096;
		holder_.self = this;
	}
	~FakeSource()
	{
		FreeAreas();
	}

	FakeProcess &Add(const std::string &name, uid_t uid = 0, const std::string &cgroup = "")
	{
		FakeProcess &process = processes.emplace_back();

		process.name = name;
		process.cgroup = cgroup;
		process.uid = uid;
		return process;
	}

	// A page of its own at the next address.
	void Put(FakeProcess &process, uint64_t content, int n = 1)
	{
		for (int i = 0; i < n; i++)
			process.pages[Next(process)] = {content, next_pfn_++, 0};
	}

	static uint64_t Next(const FakeProcess &process)
	{
		return process.pages.empty() ? 0x10000 : process.pages.rbegin()->first + 4096;
	}

	ksm_page_source *source()
	{
		FreeAreas();
		spaces_.assign(processes.size(), {});
		for (size_t i = 0; i < processes.size(); i++) {
			spaces_[i].pid = static_cast<pid_t>(100 + i);
			spaces_[i].name = processes[i].name.c_str();
			spaces_[i].cgroup = processes[i].cgroup.c_str();
			spaces_[i].uid = processes[i].uid;
			spaces_[i].has_uid = processes[i].has_uid;
			spaces_[i].is_unordered = processes[i].is_unordered;
			if (processes[i].is_refused)
				ksm_error_set(&spaces_[i].error, KSM_ERR_PERMISSION, EPERM,
					      "made to be refused");
			Map(i, "00010000-00100000 rw-p 00000000 00:00 0 [heap]\n"
			       "00100000-10000000 rw-p 00000000 00:00 0 \n");
		}
		holder_.source.space = spaces_.data();
		holder_.source.n_spaces = static_cast<uint32_t>(spaces_.size());
		if (!mapcounts.empty())
			holder_.source.mapcount = Mapcount;
		return &holder_.source;
	}

	// What a process has as its areas from now on.
	void Map(size_t space, const std::string &maps)
	{
		ksm_areas_free(&spaces_[space].areas);
		ksm_areas_parse(maps.data(), maps.size(), &spaces_[space].areas, nullptr);
	}

      private:
	void FreeAreas()
	{
		for (auto &space : spaces_)
			ksm_areas_free(&space.areas);
	}

	struct Holder {
		ksm_page_source source = {};
		FakeSource *self = nullptr;
	} holder_;
	std::vector<ksm_space> spaces_;
	uint64_t next_pfn_ = 5000;
	int pass_ = 0, batches_ = 0;
	size_t at_ = 0;
	uint64_t address_ = 0;

	static FakeSource &Of(ksm_page_source *source)
	{
		return *reinterpret_cast<Holder *>(source)->self;
	}

	static int Rewind(ksm_page_source *source, ksm_error *)
	{
		FakeSource &self = Of(source);

		self.at_ = 0;
		self.address_ = 0;
		self.pass_++;
		if (self.before)
			self.before(self, self.pass_);
		return 0;
	}

	static int Next(ksm_page_source *source, ksm_batch *batch, ksm_error *err)
	{
		FakeSource &self = Of(source);

		if (self.batches_++ == self.fail_at_batch)
			return ksm_error_set(err, KSM_ERR_SYSTEM, EIO, "made to fail");
		if (self.at_ == self.processes.size())
			return 0;
		if (self.processes[self.at_].is_unordered)
			return NextBackwards(self, batch);
		const auto &pages = self.processes[self.at_].pages;
		auto it = pages.lower_bound(self.address_);

		batch->space = static_cast<uint32_t>(self.at_);
		batch->error.code = KSM_ERR_NONE;
		// Small batches, so that a few pages already take several.
		for (batch->n = 0; it != pages.end() && batch->n < 7; ++it) {
			const FakePage &page = it->second;
			ksm_page &planned = batch->page[batch->n++];

			planned = {it->first, page.pfn, page.flags | KSM_PAGE_PFN, 0};
			if (page.nid < 0)
				continue;
			planned.flags |= KSM_PAGE_NID;
			planned.nid = static_cast<uint16_t>(page.nid);
		}
		batch->ends_space = it == pages.end();
		if (batch->ends_space) {
			self.at_++;
			self.address_ = 0;
		} else {
			self.address_ = it->first;
		}
		return 1;
	}

	static int NextBackwards(FakeSource &self, ksm_batch *batch)
	{
		const auto &pages = self.processes[self.at_].pages;
		auto it = self.address_ ? pages.lower_bound(self.address_) : pages.end();

		batch->space = static_cast<uint32_t>(self.at_);
		batch->error.code = KSM_ERR_NONE;
		for (batch->n = 0; it != pages.begin() && batch->n < 7;) {
			--it;
			batch->page[batch->n++] = {it->first, 0, 0, 0};
			self.address_ = it->first;
		}
		batch->ends_space = it == pages.begin();
		if (batch->ends_space) {
			self.at_++;
			self.address_ = 0;
		}
		return 1;
	}

	static bool MayRestart(ksm_page_source *source)
	{
		return Of(source).may_restart;
	}

	static bool Counts(ksm_page_source *source, uint32_t space, uint64_t address)
	{
		return !Of(source).processes[space].uncounted.count(address);
	}

	static void Fill(ksm_page_source *source, ksm_batch *batch)
	{
		FakeSource &self = Of(source);

		for (uint32_t i = 0; i < batch->n; i++) {
			const FakePage &page =
				self.processes[batch->space].pages.at(batch->page[i].address);
			unsigned char *data = batch->data + i * 4096u;

			if (page.lost) {
				batch->page[i].flags |= KSM_PAGE_LOST;
				ksm_error_set(&batch->error, KSM_ERR_SYSTEM, EFAULT,
					      "made to be lost");
				continue;
			}
			memset(data, 0, 4096);
			memcpy(data + 2000, &page.content, sizeof(page.content));
			if (self.paint)
				self.paint(batch->space, batch->page[i].address, data);
		}
	}

	static int Mapcount(ksm_page_source *source, uint64_t pfn, uint64_t *ret_count)
	{
		auto it = Of(source).mapcounts.find(pfn);

		*ret_count = it == Of(source).mapcounts.end() ? 1 : it->second;
		return 0;
	}

	static void Close(ksm_page_source *)
	{
	}
};

#endif
