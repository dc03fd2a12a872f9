// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <string>
#include <vector>

#include "tests/unit/fake_tree.h"

extern "C" {
#include "base/cleanup.h"
#include "kernel/page_flags.h"
#include "kernel/pagemap.h"
}

namespace
{

class PageFlags : public testing::Test
{
      protected:
	PageFlags()
	{
		tree.Directory("proc");
		EXPECT_EQ(ksm_root_open(tree.Path().c_str(), &root, nullptr), 0);
	}
	~PageFlags() override
	{
		ksm_page_flags_close(flags);
		ksm_root_close(&root);
	}
	// Entry i is base + i.
	void Set(const std::string &name, uint64_t base, size_t n)
	{
		std::string bytes;

		for (size_t i = 0; i < n; i++) {
			uint64_t entry = base + i;

			bytes.append(reinterpret_cast<char *>(&entry), sizeof(entry));
		}
		tree.File("proc/" + name, bytes);
	}

	FakeTree tree;
	ksm_root root;
	ksm_page_flags *flags = nullptr;
	ksm_error err = {};
	uint64_t value = 77;
};

// More windows than are kept, in an order that makes them drive each other out.
TEST_F(PageFlags, EveryFrameHasItsOwn)
{
	const size_t n = 40000;

	Set("kpageflags", 1000000, n);
	Set("kpagecount", 2000000, n);
	ASSERT_EQ(ksm_page_flags_open(&root, &flags, &err), 0) << err.text;
	for (size_t i = 0; i < n; i++) {
		uint64_t pfn = i * 7919 % n;

		ASSERT_EQ(ksm_page_flags_get(flags, pfn, &value, &err), 0);
		ASSERT_EQ(value, 1000000 + pfn);
		ASSERT_EQ(ksm_page_flags_mapcount(flags, n - 1 - pfn, &value, &err), 0);
		ASSERT_EQ(value, 2000000 + n - 1 - pfn);
	}
}

TEST_F(PageFlags, PastTheEnd)
{
	Set("kpageflags", 5, 37);
	Set("kpagecount", 5, 37);
	ASSERT_EQ(ksm_page_flags_open(&root, &flags, &err), 0);
	EXPECT_EQ(ksm_page_flags_get(flags, 36, &value, &err), 0);
	EXPECT_EQ(value, 41u);
	for (uint64_t pfn : {UINT64_C(37), UINT64_C(64), UINT64_C(1) << 55, UINT64_MAX}) {
		EXPECT_EQ(ksm_page_flags_get(flags, pfn, &value, &err), -ENXIO) << pfn;
		EXPECT_EQ(value, 41u);
	}
}

TEST_F(PageFlags, AnswersDoNotGrowOld)
{
	Set("kpageflags", 100, 10);
	ASSERT_EQ(ksm_page_flags_open(&root, &flags, &err), 0);
	ASSERT_EQ(ksm_page_flags_get(flags, 3, &value, &err), 0);
	EXPECT_EQ(value, 103u);
	Set("kpageflags", 200, 10);
	usleep(50000);
	ASSERT_EQ(ksm_page_flags_get(flags, 3, &value, &err), 0);
	EXPECT_EQ(value, 203u);
}

TEST_F(PageFlags, MissingFiles)
{
	EXPECT_EQ(ksm_page_flags_open(&root, &flags, &err), -EOPNOTSUPP);
	EXPECT_EQ(err.code, KSM_ERR_UNSUPPORTED);
	EXPECT_EQ(flags, nullptr);
	Set("kpageflags", 5, 37);
	ASSERT_EQ(ksm_page_flags_open(&root, &flags, &err), 0);
	EXPECT_EQ(ksm_page_flags_mapcount(flags, 3, &value, &err), -EOPNOTSUPP);
	EXPECT_EQ(value, 77u);
}

TEST_F(PageFlags, OfTheMachine)
{
	ksm_auto_root ksm_root machine;
	ksm_pagemap_facts facts;
	ksm_pagemap pagemap;
	uint64_t entry;
	size_t n, page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
	int dir, rc;

	ASSERT_EQ(ksm_root_open(nullptr, &machine, nullptr), 0);
	rc = ksm_page_flags_open(&machine, &flags, &err);
	if (geteuid() != 0) {
		EXPECT_TRUE(rc == -EACCES || rc == -EPERM) << rc;
		EXPECT_EQ(err.code, KSM_ERR_PERMISSION);
		EXPECT_NE(std::string(err.text).find("root"), std::string::npos) << err.text;
		return;
	}
	ASSERT_EQ(rc, 0) << err.text;
	ASSERT_EQ(ksm_pagemap_probe(&machine, &facts, &err), 0);
	if (!facts.has_pfn)
		GTEST_SKIP() << "root without CAP_SYS_ADMIN: no PFNs";
	auto *p = static_cast<char *>(
		mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	p[0] = 1;
	ASSERT_EQ(ksm_root_open_pid(&machine, getpid(), &dir, nullptr), 0);
	ASSERT_EQ(ksm_pagemap_open(dir, &facts, static_cast<unsigned int>(page), &pagemap, &err),
		  0);
	ASSERT_EQ(ksm_pagemap_read(&pagemap, reinterpret_cast<uintptr_t>(p), 1, &entry, &n, &err),
		  0);
	ASSERT_EQ(ksm_page_flags_get(flags, entry & KSM_PM_PFN, &value, &err), 0);
	EXPECT_TRUE(value & KSM_KPF_ANON);
	EXPECT_FALSE(value & (KSM_KPF_KSM | KSM_KPF_ZERO_PAGE));
	ASSERT_EQ(ksm_page_flags_mapcount(flags, entry & KSM_PM_PFN, &value, &err), 0);
	EXPECT_EQ(value, 1u);
	if (facts.zero_pfn) {
		ASSERT_EQ(ksm_page_flags_get(flags, facts.zero_pfn, &value, &err), 0);
		EXPECT_TRUE(value & KSM_KPF_ZERO_PAGE);
	}
	ksm_pagemap_close(&pagemap);
	close(dir);
	munmap(p, page);
}

} // namespace
