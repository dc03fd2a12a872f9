// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include <csignal>
#include <string>
#include <vector>

#include "tests/unit/fake_tree.h"
#include "tests/zero_page.h"

extern "C" {
#include "base/cleanup.h"
#include "kernel/pagemap.h"
}

namespace
{

class Pagemap : public testing::Test
{
      protected:
	void SetUp() override
	{
		ASSERT_EQ(ksm_root_open(nullptr, &root, &err), 0) << err.text;
		ASSERT_EQ(ksm_pagemap_probe(&root, &facts, &err), 0) << err.text;
	}
	~Pagemap() override
	{
		ksm_pagemap_close(&pagemap);
		ksm_root_close(&root);
		if (area)
			munmap(area, bytes);
	}
	int Open(pid_t pid)
	{
		int dir, rc = ksm_root_open_pid(&root, pid, &dir, &err);

		if (rc)
			return rc;
		rc = ksm_pagemap_open(dir, &facts, static_cast<unsigned int>(page), &pagemap, &err);
		close(dir);
		return rc;
	}
	// An area of small pages that lies apart from all others.
	uint64_t Map(size_t pages)
	{
		bytes = pages * page;
		area = static_cast<char *>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
						MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
		EXPECT_NE(area, MAP_FAILED);
		madvise(area, bytes, MADV_NOHUGEPAGE);
		return reinterpret_cast<uintptr_t>(area);
	}
	void Write(size_t i)
	{
		area[i * page] = 1;
	}
	void Read(size_t i)
	{
		static_cast<void>(*static_cast<volatile char *>(area + i * page));
	}
	// What the scan finds, as page numbers of the area, given out in portions of @max ranges.
	std::vector<size_t> Scan(uint64_t start, uint64_t end, size_t max)
	{
		std::vector<size_t> found;
		std::vector<ksm_range> ranges(max);
		uint64_t next = start;

		while (next < end) {
			uint64_t from = next;
			size_t n = max + 1;

			if (ksm_pagemap_scan(&pagemap, from, end, ranges.data(), max, &n, &next,
					     &err)) {
				ADD_FAILURE() << err.text;
				break;
			}
			EXPECT_LE(n, max);
			EXPECT_GT(next, from);
			for (size_t i = 0; i < n; i++)
				for (uint64_t a = ranges[i].start; a < ranges[i].end; a += page)
					found.push_back((a - reinterpret_cast<uintptr_t>(area)) /
							page);
		}
		EXPECT_EQ(next, end);
		return found;
	}

	ksm_root root = {-1, -1, -1, 4096, false, false, nullptr, nullptr};
	ksm_pagemap_facts facts = {};
	ksm_pagemap pagemap = {-1, 0, false, false, 0};
	ksm_error err = {};
	size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
	char *area = nullptr;
	size_t bytes = 0;
};

TEST_F(Pagemap, FactsAgreeWithThemselves)
{
	utsname name;
	unsigned int major = 0, minor = 0;

	EXPECT_EQ(facts.zero_pfn != 0, facts.has_pfn && ReadsMapZeroPage());
	ASSERT_EQ(uname(&name), 0);
	ASSERT_EQ(sscanf(name.release, "%u.%u", &major, &minor), 2);
	if (major > 6 || (major == 6 && minor >= 7)) {
		EXPECT_TRUE(facts.has_scan);
	}
}

TEST_F(Pagemap, PlainReadGivesTheTouchedPages)
{
	uint64_t start = Map(64), entries[64];
	size_t n = 0;

	for (size_t i : {3, 4, 5, 20, 63})
		Write(i);
	for (size_t i : {0, 6, 40})
		Read(i);
	ASSERT_EQ(Open(getpid()), 0) << err.text;
	ASSERT_EQ(ksm_pagemap_read(&pagemap, start, 64, entries, &n, &err), 0) << err.text;
	ASSERT_EQ(n, 64u);
	for (size_t i = 0; i < 64; i++) {
		bool written = (i >= 3 && i <= 5) || i == 20 || i == 63;
		bool read = i == 0 || i == 6 || i == 40;

		EXPECT_EQ((entries[i] & KSM_PM_PRESENT) != 0, written || read) << i;
		EXPECT_FALSE(entries[i] & KSM_PM_SWAP) << i;
		if (written) {
			EXPECT_FALSE(entries[i] & KSM_PM_FILE) << i;
		}
		if (facts.has_pfn && (written || read)) {
			EXPECT_EQ((entries[i] & KSM_PM_PFN) == facts.zero_pfn,
				  read && ReadsMapZeroPage())
				<< i;
		}
		if (!facts.has_pfn) {
			EXPECT_EQ(entries[i] & KSM_PM_PFN, 0u);
		}
	}
	EXPECT_EQ(ksm_pagemap_read(&pagemap, start + 8, 1, entries, &n, &err), -EINVAL);
}

TEST_F(Pagemap, ScanGivesTheWrittenPagesAndNoZeroPage)
{
	uint64_t start = Map(512), next;
	const bool maps_zero_page = ReadsMapZeroPage();
	std::vector<size_t> own;
	ksm_range range;
	size_t n;

	if (!facts.has_scan)
		GTEST_SKIP() << "no PAGEMAP_SCAN: it takes 6.7";
	for (size_t i = 0; i < 512; i++) {
		if (i % 3 == 1 || (i > 400 && i < 450)) {
			Write(i);
			own.push_back(i);
		} else if (i % 3 == 2) {
			Read(i);
			if (!maps_zero_page)
				own.push_back(i);
		}
	}
	ASSERT_EQ(Open(getpid()), 0) << err.text;
	for (size_t max : {1, 2, 7, 127, 128, 129, 1000})
		EXPECT_EQ(Scan(start, start + bytes, max), own) << max;
	EXPECT_EQ(Scan(start + 4 * page, start + 5 * page, 8), std::vector<size_t>{4});
	EXPECT_EQ(Scan(start + 3 * page, start + 4 * page, 8), std::vector<size_t>{});
	EXPECT_EQ(Scan(start + 2 * page, start + 4 * page, 8),
		  maps_zero_page ? std::vector<size_t>{} : std::vector<size_t>{2});
	// No room: nothing is passed over.
	ASSERT_EQ(ksm_pagemap_scan(&pagemap, start, start + bytes, &range, 0, &n, &next, &err), 0);
	EXPECT_EQ(n, 0u);
	EXPECT_EQ(next, start);
	// One range for pages in a row, whatever its length.
	ASSERT_EQ(ksm_pagemap_scan(&pagemap, start + 401 * page, start + 450 * page, &range, 1, &n,
				   &next, &err),
		  0);
	ASSERT_EQ(n, 1u);
	EXPECT_EQ(range.start, start + 401 * page);
	EXPECT_EQ(range.end, start + 450 * page);
}

// Longer than the kernel's own buffer for one step (512 ranges).
TEST_F(Pagemap, ScanOfManyRanges)
{
	uint64_t start = Map(8192);
	std::vector<size_t> written;

	if (!facts.has_scan)
		GTEST_SKIP() << "no PAGEMAP_SCAN: it takes 6.7";
	for (size_t i = 0; i < 8192; i += 2) {
		Write(i);
		written.push_back(i);
	}
	ASSERT_EQ(Open(getpid()), 0) << err.text;
	EXPECT_EQ(Scan(start, start + bytes, 10000), written);
	EXPECT_EQ(Scan(start, start + bytes, 300), written);
}

TEST_F(Pagemap, ScanOfOneRangeOverManyPageTables)
{
	uint64_t start = Map(4096), next;
	ksm_range ranges[4];
	size_t n;

	if (!facts.has_scan)
		GTEST_SKIP() << "no PAGEMAP_SCAN: it takes 6.7";
	for (size_t i = 0; i < 4096; i++)
		Write(i);
	ASSERT_EQ(Open(getpid()), 0) << err.text;
	ASSERT_EQ(ksm_pagemap_scan(&pagemap, start, start + bytes, ranges, 4, &n, &next, &err), 0);
	ASSERT_EQ(n, 1u);
	EXPECT_EQ(ranges[0].start, start);
	EXPECT_EQ(ranges[0].end, start + bytes);
}

TEST_F(Pagemap, ScanLeavesFilesOut)
{
	FILE *file = tmpfile();
	int fd = fileno(file);

	if (!facts.has_scan)
		GTEST_SKIP() << "no PAGEMAP_SCAN: it takes 6.7";
	bytes = 8 * page;
	ASSERT_EQ(ftruncate(fd, static_cast<off_t>(bytes)), 0);
	area = static_cast<char *>(
		mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
	ASSERT_NE(area, MAP_FAILED);
	for (size_t i = 0; i < 8; i++)
		Read(i);
	Write(2);
	Write(5);
	ASSERT_EQ(Open(getpid()), 0) << err.text;
	EXPECT_EQ(Scan(reinterpret_cast<uintptr_t>(area), reinterpret_cast<uintptr_t>(area) + bytes,
		       8),
		  (std::vector<size_t>{2, 5}));
	fclose(file);
}

// Reading a huge page that was never written maps the huge zero page.
TEST_F(Pagemap, HugeZeroPageIsNoAnonymousPage)
{
	const size_t huge = 2u << 20;
	uint64_t start, entries[512];
	size_t n;

	bytes = 2 * huge;
	area = static_cast<char *>(
		mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	ASSERT_NE(area, MAP_FAILED);
	start = (reinterpret_cast<uintptr_t>(area) + huge - 1) & ~(huge - 1);
	if (page != 4096 || madvise(reinterpret_cast<void *>(start), huge, MADV_HUGEPAGE))
		GTEST_SKIP() << "no huge pages of 2 MiB here";
	static_cast<void>(*reinterpret_cast<volatile char *>(start));
	ASSERT_EQ(Open(getpid()), 0) << err.text;
	ASSERT_EQ(ksm_pagemap_read(&pagemap, start, 512, entries, &n, &err), 0);
	if (!(entries[1] & KSM_PM_PRESENT))
		GTEST_SKIP()
			<< "the kernel mapped a small page: huge pages or their zero page are off";
	if (!facts.has_scan)
		GTEST_SKIP() << "no PAGEMAP_SCAN: it takes 6.7";
	if (!ReadsMapZeroPage())
		GTEST_SKIP() << "the kernel maps a page of one's own where one reads";
	EXPECT_EQ(Scan(start, start + huge, 4), std::vector<size_t>{});
	*reinterpret_cast<char *>(start) = 1;
	EXPECT_EQ(Scan(start, start + page, 4).size(), 1u);
}

TEST_F(Pagemap, KernelHalfHasNothing)
{
	ksm_range range;
	uint64_t next;
	size_t n;

	if (!facts.has_scan)
		GTEST_SKIP() << "no PAGEMAP_SCAN: it takes 6.7";
	ASSERT_EQ(Open(getpid()), 0);
	ASSERT_EQ(ksm_pagemap_scan(&pagemap, 0xffffffffff600000, 0xffffffffff601000, &range, 1, &n,
				   &next, &err),
		  0)
		<< err.text;
	EXPECT_EQ(n, 0u);
	EXPECT_EQ(next, 0xffffffffff601000u);
}

TEST_F(Pagemap, AliveUntilExit)
{
	pid_t child = fork();
	uint64_t entry, start;
	size_t n = 9;

	if (!child) {
		pause();
		_exit(0);
	}
	start = Map(1);
	ASSERT_EQ(Open(child), 0) << err.text;
	EXPECT_TRUE(ksm_pagemap_is_alive(&pagemap));
	kill(child, SIGKILL);
	ASSERT_EQ(waitpid(child, nullptr, 0), child);
	EXPECT_FALSE(ksm_pagemap_is_alive(&pagemap));
	ASSERT_EQ(ksm_pagemap_read(&pagemap, start, 1, &entry, &n, &err), 0);
	EXPECT_EQ(n, 0u);
	if (facts.has_scan) {
		EXPECT_TRUE(Scan(0x1000, UINT64_C(1) << 46, 4).empty());
	}
}

TEST_F(Pagemap, NotAliveOnceAnotherProgramRuns)
{
	int go[2], done[2];
	char byte;

	ASSERT_EQ(pipe2(go, O_CLOEXEC), 0);
	ASSERT_EQ(pipe2(done, O_CLOEXEC), 0);
	pid_t child = fork();
	if (!child) {
		if (read(go[0], &byte, 1) == 1)
			execl("/bin/sleep", "sleep", "60", nullptr);
		_exit(1);
	}
	close(done[1]);
	ASSERT_EQ(Open(child), 0) << err.text;
	EXPECT_TRUE(ksm_pagemap_is_alive(&pagemap));
	ASSERT_EQ(write(go[1], "x", 1), 1);
	// The end of file comes when exec has closed the other end.
	EXPECT_EQ(read(done[0], &byte, 1), 0);
	ASSERT_EQ(kill(child, 0), 0);
	EXPECT_FALSE(ksm_pagemap_is_alive(&pagemap));
	ksm_pagemap_close(&pagemap);
	ASSERT_EQ(Open(child), 0) << err.text;
	EXPECT_TRUE(ksm_pagemap_is_alive(&pagemap));
	kill(child, SIGKILL);
	waitpid(child, nullptr, 0);
	for (int fd : {go[0], go[1], done[0]})
		close(fd);
}

TEST_F(Pagemap, AZombieHasNone)
{
	pid_t child = fork();
	siginfo_t info;

	if (!child)
		_exit(0);
	ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
	// Kernels differ in whether the file can be opened.
	if (Open(child))
		EXPECT_EQ(err.code, KSM_ERR_NO_MEMORY) << err.text;
	else
		EXPECT_FALSE(ksm_pagemap_is_alive(&pagemap));
	waitpid(child, nullptr, 0);
	ksm_pagemap_close(&pagemap);
	EXPECT_EQ(Open(child), -ESRCH);
	EXPECT_EQ(err.code, KSM_ERR_GONE);
}

TEST_F(Pagemap, ACopyIsReadAsItStands)
{
	FakeTree tree;
	std::vector<uint64_t> content(16), entries(16);
	ksm_auto_root ksm_root copy;
	ksm_pagemap_facts copied;
	size_t n;
	int dir;

	for (size_t i = 0; i < 16; i++)
		content[i] = KSM_PM_PRESENT | (100 + i);
	tree.File("proc/9/pagemap", std::string(reinterpret_cast<char *>(content.data()), 16 * 8));
	tree.File("proc/9/status", "");
	ASSERT_EQ(ksm_root_open(tree.Path().c_str(), &copy, nullptr), 0);
	ASSERT_EQ(ksm_pagemap_probe(&copy, &copied, &err), 0) << err.text;
	EXPECT_FALSE(copied.has_scan);
	EXPECT_TRUE(copied.has_pfn);
	EXPECT_EQ(copied.zero_pfn, 0u);
	dir = tree.Open("proc/9");
	ASSERT_EQ(ksm_pagemap_open(dir, &copied, 4096, &pagemap, &err), 0);
	ASSERT_EQ(ksm_pagemap_read(&pagemap, 3 * 4096, 4, entries.data(), &n, &err), 0);
	EXPECT_EQ(n, 4u);
	EXPECT_EQ(entries[0], KSM_PM_PRESENT | 103);
	EXPECT_EQ(entries[3], KSM_PM_PRESENT | 106);
	ASSERT_EQ(ksm_pagemap_read(&pagemap, 12 * 4096, 16, entries.data(), &n, &err), 0);
	EXPECT_EQ(n, 4u);
	std::filesystem::remove(tree.Path("proc/9/pagemap"));
	EXPECT_EQ(ksm_pagemap_open(dir, &copied, 4096, &pagemap, &err), -ENOENT);
	close(dir);
}

} // namespace
