// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <cstdio>
#include <string>

#include "tests/unit/fake_tree.h"

extern "C" {
#include "base/cleanup.h"
#include "kernel/areas.h"
#include "kernel/root.h"
}

namespace
{

class Areas : public testing::Test
{
      protected:
	~Areas() override
	{
		ksm_areas_free(&areas);
	}
	int Parse(const std::string &text)
	{
		return ksm_areas_parse(text.data(), text.size(), &areas, &err);
	}
	std::string Name(size_t i)
	{
		return ksm_area_name(&areas, &areas.area[i]);
	}

	ksm_areas areas = {};
	ksm_error err = {};
};

TEST_F(Areas, SmapsOf6_18)
{
	ASSERT_EQ(Parse("55a96f708000-55a96f70a000 r--p 00001000 fe:00 247498                     "
			"/usr/bin/head\n"
			"Size:                  8 kB\n"
			"Shared_Clean:          3 kB\n"
			"Shared_Dirty:          4 kB\n"
			"Anonymous:            12 kB\n"
			"KSM:                   4 kB\n"
			"AnonHugePages:         8 kB\n"
			"Swap:                 16 kB\n"
			"SwapPss:               1 kB\n"
			"THPeligible:           0\n"
			"VmFlags: rd mr mw me \n"
			"7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0    [stack]\n"
			"VmFlags: rd wr mr mw me gd ac mg zz \n"),
		  0)
		<< err.text;
	ASSERT_EQ(areas.n, 2u);
	EXPECT_EQ(areas.area[0].start, 0x55a96f708000u);
	EXPECT_EQ(areas.area[0].end, 0x55a96f70a000u);
	EXPECT_EQ(areas.area[0].offset, 0x1000u);
	EXPECT_EQ(areas.area[0].dev_major, 0xfeu);
	EXPECT_EQ(areas.area[0].dev_minor, 0u);
	EXPECT_EQ(areas.area[0].inode, 247498u);
	EXPECT_EQ(areas.area[0].vm_flags, KSM_VM_READ | KSM_VM_FLAGS_KNOWN);
	EXPECT_EQ(areas.area[0].anonymous, 12u << 10);
	EXPECT_EQ(areas.area[0].swap, 16u << 10);
	EXPECT_EQ(areas.area[0].ksm, 4u << 10);
	EXPECT_EQ(areas.area[0].shared, 7u << 10);
	EXPECT_EQ(areas.area[0].huge, 8u << 10);
	EXPECT_EQ(Name(0), "/usr/bin/head");
	EXPECT_EQ(areas.area[1].vm_flags, KSM_VM_READ | KSM_VM_WRITE | KSM_VM_GROWSDOWN |
						  KSM_VM_MERGEABLE | KSM_VM_FLAGS_KNOWN);
	EXPECT_EQ(areas.area[1].anonymous, 0u);
	EXPECT_EQ(areas.area[1].ksm, KSM_AREA_UNKNOWN);
	EXPECT_EQ(Name(1), "[stack]");
}

TEST_F(Areas, EveryFlag)
{
	static const struct {
		const char *code;
		uint32_t flag;
	} table[] = {
		{"rd", KSM_VM_READ},
		{"wr", KSM_VM_WRITE},
		{"ex", KSM_VM_EXEC},
		{"sh", KSM_VM_SHARED},
		{"ms", KSM_VM_MAYSHARE},
		{"pf", KSM_VM_PFNMAP},
		{"io", KSM_VM_IO},
		{"de", KSM_VM_DONTEXPAND},
		{"ht", KSM_VM_HUGETLB},
		{"mm", KSM_VM_MIXEDMAP},
		{"mg", KSM_VM_MERGEABLE},
		{"dp", KSM_VM_DROPPABLE},
		{"hg", KSM_VM_HUGEPAGE},
		{"nh", KSM_VM_NOHUGEPAGE},
		{"lo", KSM_VM_LOCKED},
		{"dd", KSM_VM_DONTDUMP},
		{"gd", KSM_VM_GROWSDOWN},
		{"sf", KSM_VM_SYNC},
		{"um", KSM_VM_UFFD_MISSING},
		{"ar", KSM_VM_ARCH_1},
		{"zz", 0},
		{"??", 0},
		{"r", 0},
		{"rdx", 0},
		{"\xff\xff", 0},
	};

	for (const auto &row : table) {
		ASSERT_EQ(
			Parse("1000-2000 rwxs 0 0:0 0\nVmFlags: " + std::string(row.code) + " \n"),
			0);
		EXPECT_EQ(areas.area[0].vm_flags, row.flag | KSM_VM_FLAGS_KNOWN) << row.code;
	}
}

TEST_F(Areas, MapsHasThePermissionsAlone)
{
	ASSERT_EQ(Parse("1000-2000 rwxp 00000000 00:00 0 \n"
			"2000-3000 r--s 00000000 00:01 7                          /dev/zero "
			"(deleted)\n"
			"3000-4000 ---p 00000000 00:00 0"),
		  0);
	ASSERT_EQ(areas.n, 3u);
	EXPECT_EQ(areas.area[0].vm_flags, KSM_VM_READ | KSM_VM_WRITE | KSM_VM_EXEC);
	EXPECT_EQ(areas.area[1].vm_flags, KSM_VM_READ | KSM_VM_MAYSHARE);
	EXPECT_EQ(areas.area[2].vm_flags, 0u);
	EXPECT_EQ(Name(0), "");
	EXPECT_EQ(Name(1), "/dev/zero (deleted)");
	EXPECT_EQ(Name(2), "");
}

TEST_F(Areas, NamesAreAsTheFileIsCalled)
{
	ASSERT_EQ(Parse("1000-2000 r--p 0 0:1 2     /a b  c \n"
			"2000-3000 r--p 0 0:1 2     /a\\012VmFlags: mg\\012 (deleted)\n"
			"3000-4000 r--p 0 0:1 2     /back\\slash\\134\\01\\\n"
			"4000-5000 r--p 0 0:1 2     /caf\xc3\xa9\xff\x1b\n"
			"5000-6000 r--p 0 0:1 2     /caf\xc3\xa9\xff\x1b\n"
			"6000-7000 r--p 0 0:0 0     [anon:my pool]\n"),
		  0);
	EXPECT_EQ(Name(0), "/a b  c ");
	EXPECT_EQ(Name(1), "/a\nVmFlags: mg\n (deleted)");
	EXPECT_EQ(Name(2), "/back\\slash\\134\\01\\");
	EXPECT_EQ(Name(3), "/caf\xc3\xa9\xff\x1b");
	EXPECT_EQ(areas.area[3].name, areas.area[4].name);
	EXPECT_EQ(Name(5), "[anon:my pool]");
	EXPECT_EQ(areas.area[1].vm_flags, KSM_VM_READ);
}

TEST_F(Areas, RefusesWhatIsNotAList)
{
	static const struct {
		const char *text;
		const char *says;
	} table[] = {
		{"2000-3000 r--p 0 0:0 0\n1000-2000 r--p 0 0:0 0\n", "line 2 "},
		{"1000-3000 r--p 0 0:0 0\nSize: 4 kB\n2000-4000 r--p 0 0:0 0\n", "line 3 "},
		{"1000-2000 r--p 0 0:0 0\n1000-2000 r--p 0 0:0 0\n", "line 2 "},
		{"1000-1000 r--p 0 0:0 0\n", "empty"},
		{"2000-1000 r--p 0 0:0 0\n", "empty"},
		{"1001-2000 r--p 0 0:0 0\n", "addresses"},
		{"1000-2001 r--p 0 0:0 0\n", "addresses"},
		{"1000-20000000000000000 r--p 0 0:0 0\n", "not an area's"},
		{"1000-2000 r--q 0 0:0 0\n", "not an area's"},
		{"1000-2000 -r-p 0 0:0 0\n", "not an area's"},
		{"1000-2000 r--p\n", "not an area's"},
		{"1000-2000 r--p 0 0:0\n", "not an area's"},
		{"1000-2000 r--p 0 00 0\n", "not an area's"},
		{"1000-2000 r--p 0 0:100000000 0\n", "not an area's"},
		{"1000-2000 r--p 0 0:0 18446744073709551616\n", "not an area's"},
		{"1000-2000 r--p 0 0:0 12x\n", "not an area's"},
		{"1000- r--p 0 0:0 0\n", "not an area's"},
		{"-2000 r--p 0 0:0 0\n", "not an area's"},
		{"Size: 4 kB\n", "before the first area"},
		{"hello\n", "neither"},
		{"\n", "neither"},
		{"1000-2000 r--p 0 0:0 0\n: x\n", "neither"},
		{"1000-2000 r--p 0 0:0 0\nSwap: 4 MB\n", "kB"},
		{"1000-2000 r--p 0 0:0 0\nSwap: -4 kB\n", "kB"},
		{"1000-2000 r--p 0 0:0 0\nSwap: 4 kBit\n", "kB"},
		{"1000-2000 r--p 0 0:0 0\nAnonymous: kB\n", "kB"},
		{"1000-2000 r--p 0 0:0 0\nKSM: 18014398509481984 kB\n", "kB"},
	};

	for (const auto &row : table) {
		ASSERT_EQ(Parse("1000-2000 r--p 0 0:0 0\n"), 0);
		EXPECT_EQ(Parse(row.text), -EBADMSG) << row.text;
		EXPECT_EQ(err.code, KSM_ERR_FORMAT);
		EXPECT_NE(std::string(err.text).find(row.says), std::string::npos)
			<< row.text << err.text;
		EXPECT_EQ(areas.n, 0u);
	}
	EXPECT_EQ(Parse(std::string("1000-2000 r--p 0 0:0 0 /a\0b\n", 28)), -EBADMSG);
}

TEST_F(Areas, ReplacesWhatWasThere)
{
	ASSERT_EQ(Parse("1000-2000 r--p 0 0:0 0 /one\n"), 0);
	ASSERT_EQ(Parse("5000-6000 r--p 0 0:0 0 /two\n"), 0);
	ASSERT_EQ(areas.n, 1u);
	EXPECT_EQ(areas.area[0].start, 0x5000u);
	EXPECT_EQ(Name(0), "/two");
	EXPECT_EQ(areas.names_len, sizeof("") + sizeof("/two"));
	ASSERT_EQ(Parse(""), 0);
	EXPECT_EQ(areas.n, 0u);
}

TEST_F(Areas, FindsByAddress)
{
	ASSERT_EQ(Parse("1000-2000 r--p 0 0:0 0\n2000-4000 r--p 0 0:0 0\n8000-9000 r--p 0 0:0 0\n"),
		  0);
	EXPECT_EQ(ksm_areas_find(&areas, 0xfff), nullptr);
	EXPECT_EQ(ksm_areas_find(&areas, 0x1000), &areas.area[0]);
	EXPECT_EQ(ksm_areas_find(&areas, 0x1fff), &areas.area[0]);
	EXPECT_EQ(ksm_areas_find(&areas, 0x2000), &areas.area[1]);
	EXPECT_EQ(ksm_areas_find(&areas, 0x3fff), &areas.area[1]);
	EXPECT_EQ(ksm_areas_find(&areas, 0x4000), nullptr);
	EXPECT_EQ(ksm_areas_find(&areas, 0x8abc), &areas.area[2]);
	EXPECT_EQ(ksm_areas_find(&areas, 0x9000), nullptr);
	EXPECT_EQ(ksm_areas_find(&areas, UINT64_MAX), nullptr);
}

TEST_F(Areas, EligibleUnlessAFlagForbids)
{
	static const struct {
		const char *codes;
		bool eligible;
	} table[] = {
		{"rd wr mr mw me ac", true},
		{"", true},
		{"rd ex", true},
		{"mg", true},
		{"hg", true},
		{"nh", true},
		{"lo", true},
		{"dd", true},
		{"gd", true},
		{"um", true},
		{"sh", false},
		{"ms", false},
		{"ht", false},
		{"dp", false},
		{"io", false},
		{"de", false},
		{"pf", false},
		{"mm", false},
		{"sf", false},
		{"rd wr mg ms", false},
#if defined(__powerpc64__) || defined(__sparc__)
		{"ar", false},
#else
		{"ar", true},
#endif
	};

	for (const auto &row : table) {
		ASSERT_EQ(
			Parse("1000-2000 rw-p 0 0:0 0\nVmFlags: " + std::string(row.codes) + "\n"),
			0);
		EXPECT_EQ(ksm_area_is_eligible(&areas.area[0]), row.eligible) << row.codes;
	}
	ASSERT_EQ(Parse("1000-2000 rw-s 0 0:1 7 /dev/shm/x\n"), 0);
	EXPECT_FALSE(ksm_area_is_eligible(&areas.area[0]));
	ASSERT_EQ(Parse("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0   [vsyscall]\n"
			"VmFlags: ex \n"),
		  0);
	EXPECT_FALSE(ksm_area_is_eligible(&areas.area[0]));
	// Of sparc64, which maps from there on upwards.
	ASSERT_EQ(Parse("fff8000100000000-fff8000100002000 rw-p 00000000 00:00 0\n"), 0);
	EXPECT_TRUE(ksm_area_is_eligible(&areas.area[0]));
	EXPECT_EQ(ksm_area_kind(&areas, &areas.area[0]), KSM_AREA_ANON);
}

TEST_F(Areas, Kinds)
{
	static const struct {
		const char *line;
		enum ksm_area_kind kind;
		const char *name;
	} table[] = {
		{"1000-2000 rw-p 0 0:0 0 [heap]\n", KSM_AREA_HEAP, "heap"},
		{"1000-2000 rw-p 0 0:0 0 [stack]\n", KSM_AREA_STACK, "stack"},
		{"1000-2000 rw-p 0 0:0 0 [stack:77]\n", KSM_AREA_STACK, "stack"},
		{"1000-2000 rw-p 0 0:0 0\n", KSM_AREA_ANON, "anon"},
		{"1000-2000 rw-p 0 0:0 0 [anon:pool]\n", KSM_AREA_ANON, "anon"},
		{"1000-2000 rw-p 0 8:1 12 /lib/x.so\n", KSM_AREA_FILE, "file"},
		{"1000-2000 rw-s 0 0:1 12 /dev/shm/x\n", KSM_AREA_SHARED, "shared"},
		{"1000-2000 rw-s 0 0:1 12 /dev/zero (deleted)\n", KSM_AREA_SHARED, "shared"},
		{"1000-2000 rw-p 0 0:1 12 /anon_hugepage (deleted)\nVmFlags: rd de ht\n",
		 KSM_AREA_HUGETLB, "hugetlb"},
		{"1000-2000 rw-s 0 0:1 12 /dev/fb0\nVmFlags: rd sh ms io pf\n", KSM_AREA_SPECIAL,
		 "special"},
		{"1000-2000 r-xp 0 0:0 0 [vdso]\n", KSM_AREA_SPECIAL, "special"},
		{"1000-2000 r--p 0 0:0 0 [vvar_vclock]\n", KSM_AREA_SPECIAL, "special"},
	};

	for (const auto &row : table) {
		ASSERT_EQ(Parse(row.line), 0);
		EXPECT_EQ(ksm_area_kind(&areas, &areas.area[0]), row.kind) << row.line;
		EXPECT_STREQ(ksm_area_kind_name(row.kind), row.name);
	}
}

TEST_F(Areas, ManyAreasGrowTheArrays)
{
	std::string text;

	for (unsigned int i = 1; i <= 5000; i++) {
		char line[128];

		snprintf(line, sizeof(line), "%x000-%x000 rw-p 0 8:1 3 /file/%u\nVmFlags: rd\n", i,
			 i + 1, i);
		text += line;
	}
	ASSERT_EQ(Parse(text), 0);
	ASSERT_EQ(areas.n, 5000u);
	EXPECT_EQ(Name(0), "/file/1");
	EXPECT_EQ(Name(4999), "/file/5000");
}

TEST_F(Areas, ReadsOurOwn)
{
	size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
	ksm_auto_root ksm_root root;
	auto *p = static_cast<char *>(mmap(nullptr, 8 * page, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	int dir;

	p[page] = 1;
	// A neighbour with other rights keeps the area apart from what is mapped beside it.
	ASSERT_EQ(mprotect(p, page, PROT_NONE), 0);
	ASSERT_EQ(mprotect(p + 7 * page, page, PROT_NONE), 0);
	ASSERT_EQ(ksm_root_open(nullptr, &root, nullptr), 0);
	ASSERT_EQ(ksm_root_open_pid(&root, getpid(), &dir, nullptr), 0);
	ASSERT_EQ(ksm_areas_read(dir, &areas, &err), 0) << err.text;
	const ksm_area *area = ksm_areas_find(&areas, reinterpret_cast<uintptr_t>(p) + page);
	ASSERT_NE(area, nullptr);
	EXPECT_EQ(area->start, reinterpret_cast<uintptr_t>(p) + page);
	EXPECT_EQ(area->end, reinterpret_cast<uintptr_t>(p) + 7 * page);
	EXPECT_TRUE(area->vm_flags & KSM_VM_WRITE);
	EXPECT_EQ(area->anonymous, page);
	EXPECT_EQ(ksm_area_kind(&areas, area), KSM_AREA_ANON);
	EXPECT_TRUE(ksm_area_is_eligible(area));
	close(dir);
	munmap(p, 8 * page);
}

TEST_F(Areas, FallsBackToMaps)
{
	FakeTree tree;
	int dir;

	tree.File("proc/9/status", "Name:\tx\n");
	tree.File("proc/9/maps", "1000-2000 r--p 0 0:0 0 /from/maps\n");
	dir = tree.Open("proc/9");
	ASSERT_EQ(ksm_areas_read(dir, &areas, &err), 0) << err.text;
	EXPECT_EQ(err.code, KSM_ERR_NONE);
	EXPECT_EQ(Name(0), "/from/maps");
	tree.File("proc/9/smaps", "1000-2000 r--p 0 0:0 0 /from/smaps\n");
	ASSERT_EQ(ksm_areas_read(dir, &areas, &err), 0) << err.text;
	EXPECT_EQ(Name(0), "/from/smaps");
	close(dir);
}

TEST_F(Areas, AKernelThreadHasNone)
{
	FakeTree tree;
	int dir;

	tree.File("proc/9/status", "Name:\tkthreadd\n");
	tree.File("proc/9/smaps", "");
	dir = tree.Open("proc/9");
	EXPECT_EQ(ksm_areas_read(dir, &areas, &err), -ESRCH);
	EXPECT_EQ(err.code, KSM_ERR_NO_MEMORY);
	EXPECT_EQ(err.pid, 9);
	std::filesystem::remove_all(tree.Path("proc/9"));
	EXPECT_EQ(ksm_areas_read(dir, &areas, &err), -ESRCH);
	EXPECT_EQ(err.code, KSM_ERR_GONE);
	close(dir);
}

// No more than Linux allows where vm.max_map_count was raised: each is found, by search and not one after the other.
TEST_F(Areas, AMillion)
{
	const uint64_t n = 1000000;
	std::string text;
	char line[96];

	text.reserve(n * 60);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t start = 0x10000 + i * 0x2000;

		snprintf(line, sizeof(line), "%lx-%lx rw-p 00000000 00:00 0 %s\n",
			 static_cast<unsigned long>(start),
			 static_cast<unsigned long>(start + 0x1000), i % 2 ? "[heap]" : "");
		text += line;
	}
	ASSERT_EQ(Parse(text), 0) << err.text;
	ASSERT_EQ(areas.n, n);
	for (uint64_t i = 0; i < n; i += 997) {
		const ksm_area *area = ksm_areas_find(&areas, 0x10000 + i * 0x2000 + 5);

		ASSERT_EQ(area, &areas.area[i]);
		ASSERT_EQ(ksm_areas_find(&areas, 0x11000 + i * 0x2000), nullptr);
	}
}

} // namespace
