// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel maps where a page is read that was never written.
#ifndef KSM_TESTS_ZERO_PAGE_H
#define KSM_TESTS_ZERO_PAGE_H

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

// The shared zero page, as every kernel of mainline does; kernels that run as a guest by PVM may give each its own page.
inline bool ReadsMapZeroPage()
{
	const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
	void *area = mmap(nullptr, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	std::ostringstream start;
	std::string line;
	long kib = 0;

	// So that it is an area of its own, whatever lies beside it.
	madvise(area, page, MADV_DONTFORK);
	static_cast<void>(*static_cast<volatile char *>(area));
	std::ifstream smaps("/proc/self/smaps");

	start << std::hex << reinterpret_cast<uintptr_t>(area) << '-';
	while (std::getline(smaps, line) && line.rfind(start.str(), 0) != 0)
		;
	while (std::getline(smaps, line) && sscanf(line.c_str(), "Anonymous: %ld kB", &kib) != 1)
		;
	munmap(area, page);
	return kib == 0;
}

#endif
