// SPDX-License-Identifier: GPL-2.0-or-later
// What programs do with their memory.
#include "tests/unit/ksmd/oracle.h"

#include <algorithm>

namespace oracle
{

FramePtr Machine::At(size_t process, uint64_t page) const
{
	if (!Alive(process))
		return nullptr;
	auto it = processes[process].pages.find(page);
	return it == processes[process].pages.end() ? nullptr : it->second;
}

FramePtr Machine::NewFrame(uint64_t content, unsigned nid)
{
	auto frame = std::make_shared<Frame>();

	frame->number = next_number_++;
	frame->content = content;
	frame->nid = nid;
	return frame;
}

void Machine::Point(size_t process, uint64_t page, const FramePtr &frame)
{
	auto &pages = processes[process].pages;
	std::pair<size_t, uint64_t> mapping(process, page);
	auto it = pages.find(page);

	if (it != pages.end()) {
		auto &mappings = it->second->mappings;
		mappings.erase(std::find(mappings.begin(), mappings.end(), mapping));
		pages.erase(it);
	}
	if (frame) {
		frame->mappings.push_back(mapping);
		pages[page] = frame;
	}
}

void Machine::Spawn()
{
	processes.emplace_back();
}

void Machine::Map(size_t process, uint64_t page, uint64_t content, unsigned nid)
{
	if (Alive(process) && !At(process, page))
		Point(process, page, NewFrame(content, nid));
}

void Machine::Move(const FramePtr &frame, unsigned nid)
{
	FramePtr to = NewFrame(frame->content, nid);
	const auto mappings = frame->mappings;

	for (const auto &[process, page] : mappings)
		Point(process, page, to);
}

void Machine::Write(size_t process, uint64_t page, uint64_t content, unsigned nid)
{
	FramePtr frame = At(process, page);

	if (!frame)
		return;
	if (frame->mappings.size() > 1 || frame->is_ksm || frame->is_zero_page)
		Point(process, page, NewFrame(content, nid));
	else
		frame->content = content;
}

void Machine::Unmap(size_t process, uint64_t page)
{
	if (At(process, page))
		Point(process, page, nullptr);
}

void Machine::Fork(size_t process)
{
	if (!Alive(process))
		return;
	Spawn();
	for (const auto &[page, frame] : processes[process].pages)
		Point(processes.size() - 1, page, frame);
}

void Machine::Exit(size_t process)
{
	if (!Alive(process))
		return;
	while (!processes[process].pages.empty())
		Point(process, processes[process].pages.begin()->first, nullptr);
	processes[process].alive = false;
}

} // namespace oracle
