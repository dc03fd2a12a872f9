// SPDX-License-Identifier: GPL-2.0-or-later
// Memory made up for the twin: processes with pages of numbered contents, driven pass by pass.
#ifndef KSM_TESTS_UNIT_KSMD_MEMORY_H
#define KSM_TESTS_UNIT_KSMD_MEMORY_H

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

extern "C" {
#include "ksmd/twin.h"
}

// Content 0 is the zero page.
struct Page {
	uint64_t content;
	uint64_t pfn = 0;    // 0: one of its own that nobody else maps
	bool shared = false; // the kernel says that it is mapped more than once
	bool ksm = false;
	bool huge = false; // part of the huge page that its PFN lies in
	int nid = -1;	   // the NUMA node that it lies on; -1: unknown
	bool locked = false;
};

using Process = std::map<uint64_t, Page>; // by page number

class Memory
{
      public:
	explicit Memory(const std::string &kernel, const std::vector<std::string> &settings = {})
	{
		if (ksm_model_init(&model_, kernel.c_str(), nullptr, nullptr))
			throw std::runtime_error("no model of " + kernel);
		for (const auto &setting : settings)
			if (ksm_model_set(&model_, setting.c_str(), nullptr))
				throw std::runtime_error("cannot set " + setting);
		if (ksm_twin_new(&model_, &twin_))
			throw std::bad_alloc();
	}
	~Memory()
	{
		ksm_twin_free(&twin_);
	}
	Memory(const Memory &) = delete;
	Memory &operator=(const Memory &) = delete;

	Process &Add()
	{
		uint32_t mm;

		if (ksm_twin_add_mm(twin_, &mm))
			throw std::bad_alloc();
		processes.emplace_back();
		return processes.back();
	}

	// @copies pages of each of the contents first .. first + contents - 1, behind what is there.
	static void Fill(Process &process, uint64_t first, uint64_t contents, uint64_t copies = 1)
	{
		uint64_t at = process.empty() ? 16 : process.rbegin()->first + 1;

		for (uint64_t copy = 0; copy < copies; copy++)
			for (uint64_t content = first; content < first + contents; content++)
				process[at++] = Page{content};
	}

	ksm_counters Pass()
	{
		ksm_counters counters;

		Check(ksm_twin_pass_begin(twin_));
		for (uint32_t mm = 0; mm < processes.size(); mm++) {
			ksm_twin_mm_begin(twin_, mm);
			for (const auto &[number, page] : processes[mm])
				See(mm, number, page);
			ksm_twin_mm_end(twin_);
		}
		Check(ksm_twin_pass_end(twin_));
		ksm_twin_counters(twin_, &counters);
		return counters;
	}

	ksm_counters Passes(int n)
	{
		ksm_counters counters{};

		for (int i = 0; i < n; i++)
			counters = Pass();
		return counters;
	}

	ksm_mm_counters Of(uint32_t mm) const
	{
		ksm_mm_counters counters;

		ksm_twin_mm_counters(twin_, mm, &counters);
		return counters;
	}

	ksm_twin *twin() const
	{
		return twin_;
	}

	static ksm_page_sum SumOf(const Page &page)
	{
		ksm_page_sum sum = {};

		sum.key.lo = Mix(page.content + 1) | 1; // the checksum in it is not 0
		sum.key.hi = Mix(sum.key.lo);
		sum.is_zero = page.content == 0;
		return sum;
	}

	void See(uint32_t mm, uint64_t number, const Page &page)
	{
		struct ksm_page visited = {};
		struct ksm_page_sum sum = SumOf(page);

		visited.address = number * 4096;
		visited.pfn = page.pfn ? page.pfn : (uint64_t{mm} << 24 | number) + (1 << 30);
		visited.flags = KSM_PAGE_PFN;
		if (page.shared)
			visited.flags |= KSM_PAGE_SHARED;
		if (page.ksm)
			visited.flags |= KSM_PAGE_KSM;
		if (page.huge)
			visited.flags |= KSM_PAGE_HUGE;
		if (page.locked)
			visited.flags |= KSM_PAGE_LOCKED;
		if (page.nid >= 0) {
			visited.flags |= KSM_PAGE_NID;
			visited.nid = static_cast<uint16_t>(page.nid);
		}
		Check(ksm_twin_see(twin_, &visited, &sum));
	}

	std::vector<Process> processes;

      private:
	static void Check(int err)
	{
		if (err)
			throw std::bad_alloc();
	}

	static uint64_t Mix(uint64_t x)
	{
		x = (x ^ (x >> 31)) * UINT64_C(0x7fb5d329728ea185);
		x = (x ^ (x >> 27)) * UINT64_C(0x81dadef4bc2dd44d);
		return x ^ (x >> 33);
	}

	struct ksm_model model_;
	struct ksm_twin *twin_ = nullptr;
};

#endif
