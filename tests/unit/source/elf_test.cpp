// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/source/dump_fixture.h"
#include "tests/unit/source/elf_writer.h"

namespace
{

// A process with text, data, heap, shared memory, a stack and a vdso.
ElfWriter Process(bool is_64bit = true, bool is_big = false)
{
	ElfWriter elf;
	uint64_t top = is_64bit ? 0x7fff00000000 : 0xf0000000;

	elf.is_64bit = is_64bit;
	elf.is_big = is_big;
	elf.machine = is_64bit ? (is_big ? EM_PPC64 : EM_X86_64) : (is_big ? EM_PPC : EM_386);
	elf.Add(0x400000, Page(1), 0x4000).flags = PF_R | PF_X; // headers of the text only
	elf.Add(0x404000, Pages(2, 2));				// data
	elf.Add(0x500000, Pages(4, 3) + Page(4) + Page(0));	// heap
	elf.Add(0x600000, Pages(7, 2));				// shared
	elf.Add(0x700000, Pages(9, 2));				// huge
	elf.Add(0x800000, "", 0x5000);				// left out
	elf.Add(top, Pages(11, 2));				// stack
	elf.Add(top + 0x100000, Page(13)).flags = PF_R;
	elf.Add(top + 0x101000, Page(14)).flags = PF_R | PF_X;
	elf.Process(4242, "editor", "editor --all file ", is_big);
	elf.Auxv({{AT_SYSINFO_EHDR, top + 0x101000},
		  {AT_PAGESZ, 4096},
		  {AT_PHDR, 0x400040},
		  {AT_RANDOM, top + 0x1234}});
	elf.Files(4096, {{0x400000, 0x404000, 0, "/usr/bin/editor"},
			 {0x404000, 0x406000, 4, "/usr/bin/editor"},
			 {0x600000, 0x602000, 0, "/dev/zero (deleted)"},
			 {0x700000, 0x702000, 0, "/anon_hugepage (deleted)"}});
	return elf;
}

class ElfTest : public DumpTest
{
      protected:
	Memory Expected(bool is_64bit = true) const
	{
		uint64_t top = is_64bit ? 0x7fff00000000 : 0xf0000000;
		Memory memory;

		memory[0x404000] = Page(2);
		memory[0x405000] = Page(3);
		for (uint64_t i = 0; i < 3; i++)
			memory[0x500000 + i * 4096] = Page(4 + i);
		memory[0x503000] = Page(4);
		memory[0x504000] = Page(0);
		memory[top] = Page(11);
		memory[top + 4096] = Page(12);
		return memory;
	}

	void ExpectProcess(bool is_64bit)
	{
		const ksm_dump_facts &facts = Facts();

		EXPECT_EQ(Error(), "");
		EXPECT_STREQ(facts.format, "elf-core");
		EXPECT_EQ(facts.page_size, 4096u);
		EXPECT_STREQ(facts.page_size_from, "AT_PAGESZ");
		EXPECT_EQ(facts.pid, 4242);
		EXPECT_STREQ(facts.command, "editor");
		EXPECT_STREQ(facts.arguments, "editor --all file");
		EXPECT_STREQ(facts.executable, "/usr/bin/editor");
		EXPECT_STREQ(Space().name, "editor");
		EXPECT_EQ(Space().pid, 0);
		EXPECT_EQ(facts.bits, is_64bit ? 64u : 32u);
		EXPECT_TRUE(facts.has_areas);
		EXPECT_EQ(facts.pages_data, 16u);
		EXPECT_EQ(facts.pages_filtered, 3u + 5u);
		EXPECT_EQ(facts.pages_missing, 0u);
		EXPECT_EQ(facts.pages_hole, 0u);
		EXPECT_FALSE(facts.has_holes);
		EXPECT_EQ(facts.passed_over[KSM_PASSED_NOT], 9u);
		EXPECT_EQ(facts.passed_over[KSM_PASSED_FILE], 1u);
		EXPECT_EQ(facts.passed_over[KSM_PASSED_SHARED], 2u);
		EXPECT_EQ(facts.passed_over[KSM_PASSED_HUGETLB], 2u);
		EXPECT_EQ(facts.passed_over[KSM_PASSED_SPECIAL], 2u);
	}
};

TEST_F(ElfTest, EveryClassAndByteOrder)
{
	for (bool is_64bit : {true, false}) {
		for (bool is_big : {false, true}) {
			ElfWriter elf = Process(is_64bit, is_big);

			ASSERT_TRUE(Open(elf.Build()));
			EXPECT_EQ(ReadOne(), Expected(is_64bit));
			ExpectProcess(is_64bit);
			EXPECT_STREQ(Facts().machine, is_64bit ? (is_big ? "ppc64" : "x86_64")
							       : (is_big ? "ppc" : "i386"));
			EXPECT_EQ(Facts().is_big_endian, is_big);
			// And again: a pass can be repeated.
			EXPECT_EQ(ReadOne(), Expected(is_64bit));
		}
	}
}

TEST_F(ElfTest, StreamsAreReadTheSame)
{
	for (bool notes_last : {false, true}) {
		ElfWriter elf = Process();

		elf.notes_last = notes_last;
		elf.pad = 0x28;
		for (const char *command : {"gzip -1", "zstd -q"}) {
			ASSERT_TRUE(OpenPacked(elf.Build(), command));
			EXPECT_TRUE(Space().is_unordered);
			EXPECT_TRUE(source_->is_still);
			EXPECT_EQ(ReadOne(), Expected());
			ExpectProcess(true);
			EXPECT_EQ(ReadOne(), Expected());
			ExpectProcess(true);
		}
	}
}

TEST_F(ElfTest, AreasCarryNamesAndKinds)
{
	ASSERT_TRUE(Open(Process().Build()));
	const ksm_areas &areas = Space().areas;
	std::string kinds;

	for (size_t i = 0; i < areas.n; i++)
		kinds += std::string(ksm_area_kind_name(ksm_area_kind(&areas, &areas.area[i]))) +
			 ":" + ksm_area_name(&areas, &areas.area[i]) + " ";
	EXPECT_EQ(kinds, "file:/usr/bin/editor file:/usr/bin/editor anon: "
			 "shared:/dev/zero (deleted) hugetlb:/anon_hugepage (deleted) anon: "
			 "stack:[stack] special:[vvar] special:[vdso] ");
	EXPECT_EQ(areas.area[1].offset, 0x4000u);
	for (size_t i = 0; i < areas.n; i++)
		EXPECT_FALSE(areas.area[i].vm_flags & KSM_VM_FLAGS_KNOWN);
	EXPECT_TRUE(source_->unknown & KSM_UNKNOWN_VM_FLAGS);
}

TEST_F(ElfTest, AllPagesAreThoseOfEveryArea)
{
	options_.pages = KSM_PAGES_ALL;
	ASSERT_TRUE(Open(Process().Build()));
	EXPECT_EQ(ReadOne().size(), 16u);
	EXPECT_EQ(Facts().pages_data, 16u);
}

TEST_F(ElfTest, WithoutNotesWhatCanBeWrittenCounts)
{
	ElfWriter elf = Process();

	elf.notes.clear();
	ASSERT_TRUE(Open(elf.Build()));
	Memory memory = ReadOne();
	EXPECT_EQ(memory.size(), 13u);
	EXPECT_EQ(memory.count(0x400000), 0u);
	EXPECT_FALSE(Facts().has_areas);
	EXPECT_STREQ(Facts().page_size_from, "p_align");
	EXPECT_STREQ(Space().name, "dump");
}

TEST_F(ElfTest, MapsAreExact)
{
	static const char smaps[] = "00404000-00406000 rw-p 00004000 08:01 7 /usr/bin/editor\n"
				    "Anonymous:             0 kB\nVmFlags: rd wr mr mw me ac\n"
				    "00500000-00502000 rw-p 00000000 00:00 0 [heap]\n"
				    "Anonymous:             8 kB\nVmFlags: rd wr mr mw me ac mg\n"
				    "00502000-00505000 rw-p 00000000 00:00 0 \n"
				    "Anonymous:            12 kB\nVmFlags: rd wr mr mw me ac\n";

	tree_.File("smaps", smaps);
	std::string maps = tree_.Path("smaps");
	options_.maps = maps.c_str();
	ASSERT_TRUE(Open(Process().Build()));
	EXPECT_EQ(ReadOne().size(), 5u);
	EXPECT_EQ(Facts().passed_over[KSM_PASSED_FILE], 2u);
	EXPECT_EQ(Facts().passed_over[KSM_PASSED_UNLISTED], 9u);
	EXPECT_FALSE(source_->unknown & KSM_UNKNOWN_VM_FLAGS);
	EXPECT_EQ(Space().areas.n, 3u);

	options_.pages = KSM_PAGES_MERGEABLE;
	ASSERT_TRUE(Open(Process().Build()));
	Memory memory = ReadOne();
	EXPECT_EQ(memory.size(), 2u);
	EXPECT_EQ(memory.count(0x501000), 1u);
	EXPECT_EQ(Facts().passed_over[KSM_PASSED_UNMARKED], 3u);
	ASSERT_TRUE(OpenPacked(Process().Build()));
	EXPECT_EQ(ReadOne(), memory);
}

TEST_F(ElfTest, MergeableNeedsMaps)
{
	options_.pages = KSM_PAGES_MERGEABLE;
	EXPECT_FALSE(Open(Process().Build()));
	EXPECT_NE(std::string(error_.text).find("--maps"), std::string::npos);

	// A list of areas that has no flags is not enough.
	tree_.File("maps", "00404000-00406000 rw-p 00004000 08:01 7 /usr/bin/editor\n");
	std::string maps = tree_.Path("maps");
	options_.maps = maps.c_str();
	ASSERT_TRUE(Open(Process().Build()));
	EXPECT_NE(Error().find("VmFlags"), std::string::npos) << Error();
	EXPECT_TRUE(ReadOne().empty());
}

TEST_F(ElfTest, FourClassesAreKeptApart)
{
	ElfWriter elf;

	elf.align_data = true;
	// 2 of data, 2 never touched, 1 of data, 3 left out; and 1 more, then cut off.
	elf.Add(0x10000, Pages(1, 2) + Page(0) + Page(0) + Page(3), 0x8000);
	elf.Add(0x20000, Pages(4, 3));
	elf.Process(1, "a", "a");
	std::string file = elf.Build();

	for (bool cut : {false, true}) {
		if (cut)
			file.resize(file.size() - 2 * 4096 + 100);
		ASSERT_TRUE(OpenSparse(file));
		if (!Facts().has_holes)
			GTEST_SKIP() << "this file system does not tell of holes";
		Memory memory = ReadOne();
		EXPECT_EQ(memory.size(), cut ? 4u : 6u);
		EXPECT_EQ(memory.count(0x12000), 0u);
		EXPECT_EQ(Facts().pages_data, cut ? 4u : 6u);
		EXPECT_EQ(Facts().pages_hole, 2u);
		EXPECT_EQ(Facts().pages_filtered, 3u);
		EXPECT_EQ(Facts().pages_missing, cut ? 2u : 0u);
		EXPECT_EQ(Error().find("ends at byte " + std::to_string(file.size())) !=
				  std::string::npos,
			  cut)
			<< Error();
	}
	// Where gcore could not read, nobody dropped what was never touched.
	elf = Process();
	elf.align_data = true;
	elf.loads.back().data = Page(0);
	ASSERT_TRUE(OpenSparse(elf.Build()));
	EXPECT_EQ(Facts().pages_hole, 2u);
	EXPECT_TRUE(Facts().has_holes);
	elf.loads[2].data = Pages(4, 5);
	ASSERT_TRUE(OpenSparse(elf.Build()));
	EXPECT_EQ(Facts().pages_hole, 1u);
	EXPECT_FALSE(Facts().has_holes);
	// Written out, they are zeros like any.
	ASSERT_TRUE(Open(file));
	EXPECT_EQ(Facts().pages_hole, 0u);
	EXPECT_EQ(Facts().pages_data, 6u);
}

TEST_F(ElfTest, PagesAreCutByAddressNotByPlace)
{
	for (uint64_t pad : {1, 0x468, 4095}) {
		ElfWriter elf = Process();

		elf.pad = pad;
		ASSERT_TRUE(Open(elf.Build()));
		EXPECT_EQ(ReadOne(), Expected());
	}
	// A stretch that begins and ends within a page.
	ElfWriter elf;
	elf.Add(0x10800, std::string(0x800, 'a') + Pages(1, 2) + std::string(0x10, 'b'), 0x5000);
	elf.Add(0x20010, std::string(0x20, 'c'));
	ASSERT_TRUE(Open(elf.Build()));
	EXPECT_EQ(ReadOne(), (Memory{{0x11000, Page(1)}, {0x12000, Page(2)}}));
	EXPECT_EQ(Facts().passed_over[KSM_PASSED_PARTIAL], 3u);
	EXPECT_EQ(Facts().pages_data, 5u);
	EXPECT_EQ(Facts().pages_filtered, 1u);
	ASSERT_TRUE(OpenPacked(elf.Build()));
	EXPECT_EQ(ReadOne(), (Memory{{0x11000, Page(1)}, {0x12000, Page(2)}}));
}

TEST_F(ElfTest, APageInPartsCountsOnce)
{
	ElfWriter elf;

	elf.Add(0x10000, Pages(1, 2) + std::string(0x10, 'a'));
	elf.Add(0x12020, std::string(0x10, 'b'));
	elf.Add(0x12800, std::string(0x800, 'c') + Page(3));
	ASSERT_TRUE(Open(elf.Build()));
	EXPECT_EQ(ReadOne(), (Memory{{0x10000, Page(1)}, {0x11000, Page(2)}, {0x13000, Page(3)}}));
	EXPECT_EQ(Facts().passed_over[KSM_PASSED_PARTIAL], 1u);
	EXPECT_EQ(Facts().pages_data, 4u);
}

TEST_F(ElfTest, AnAddressCountsOnce)
{
	for (bool packed : {false, true}) {
		ElfWriter elf;

		elf.Add(0x10000, Pages(1, 4));
		elf.Add(0x12000, Pages(5, 4)); // the first two are there already
		elf.Add(0x11000, Page(9));     // whole in the first
		elf.Add(0x10000, Page(10));
		std::string file = elf.Build();
		ASSERT_TRUE(packed ? OpenPacked(file) : Open(file));
		Memory memory = ReadOne();
		ASSERT_EQ(memory.size(), 6u);
		EXPECT_EQ(memory[0x10000], Page(1));
		EXPECT_EQ(memory[0x13000], Page(4));
		EXPECT_EQ(memory[0x14000], Page(7));
		EXPECT_EQ(Facts().pages_data, 6u);
	}
}

// What headers leave out may be there by others.
TEST_F(ElfTest, WhatIsFilteredIsNowhere)
{
	ElfWriter elf;

	elf.Add(0x10000, "", 0x8000);
	elf.Add(0x12000, Page(1), 0x800);
	elf.Add(0x15000, Page(2), 0x2800);
	elf.Add(0x16000, "", 0x4000);
	elf.Add(0x30000, "", 0x1000);
	ASSERT_TRUE(Open(elf.Build()));
	EXPECT_EQ(ReadOne().size(), 2u);
	EXPECT_EQ(Facts().pages_filtered, 10u - 2u + 1u);
}

TEST_F(ElfTest, ManyHeadersAreCountedApart)
{
	for (bool section_last : {false, true}) {
		for (bool is_64bit : {true, false}) {
			ElfWriter elf = Process(is_64bit);

			elf.xnum = true;
			elf.section_last = section_last;
			ASSERT_TRUE(Open(elf.Build()));
			EXPECT_EQ(ReadOne(), Expected(is_64bit));
			ExpectProcess(is_64bit);
		}
	}
}

// radare2 has such a file: every header points at one page.
TEST_F(ElfTest, AHundredThousandAliases)
{
	ElfWriter elf;
	const uint64_t n = 131070;

	elf.Add(0x10000, Page(1));
	for (uint64_t i = 1; i < n; i++) {
		elf.Add(0x10000 + i * 0x2000, "").alias = 0;
	}
	std::string file = elf.Build();
	for (int pass = 0; pass < 2; pass++) {
		ASSERT_TRUE(pass ? OpenPacked(file) : Open(file));
		auto memory = std::make_unique<Memory>(ReadOne());
		EXPECT_EQ(memory->size(), n);
		EXPECT_EQ((*memory)[0x10000 + (n - 1) * 0x2000], Page(1));
		EXPECT_EQ(Error(), "");
	}
	// All of the table behind the page.
	elf.table_last = true;
	for (int pass = 0; pass < 2; pass++) {
		ASSERT_TRUE(pass ? OpenPacked(elf.Build()) : Open(elf.Build()));
		EXPECT_EQ(Read()[0].size(), n);
		EXPECT_EQ(Error(), "");
	}
	elf.table_last = false;
	// Behind the data, of a stream or in a file that was cut off: the table's end tells.
	elf.section_last = true;
	elf.Process(1, "a", "a");
	file = elf.Build();
	ASSERT_TRUE(OpenPacked(file));
	EXPECT_EQ(Read()[0].size(), n);
	EXPECT_EQ(Error(), "");
	file.resize(file.size() - 10);
	ASSERT_TRUE(Open(file));
	EXPECT_EQ(Facts().pages_data, n);
}

TEST_F(ElfTest, ClaimsAreLimited)
{
	ElfWriter elf;

	elf.Add(0x10000, Pages(1, 256));
	for (uint64_t i = 1; i < 10000; i++) {
		elf.Add(0x10000 + i * 0x100000, "").alias = 0;
	}
	std::string file = elf.Build();
	ASSERT_TRUE(Open(file));
	EXPECT_NE(Error().find("--max-size"), std::string::npos) << Error();
	EXPECT_TRUE(ReadOne().empty());
	options_.max_size = file.size() * 2;
	ASSERT_TRUE(Open(file));
	EXPECT_NE(Error().find("--max-size"), std::string::npos) << Error();
}

TEST_F(ElfTest, PageSizeIsTheDumps)
{
	ElfWriter elf;

	elf.machine = EM_AARCH64;
	elf.Add(0x10000, Pages(1, 32)).align = 4096;
	elf.Auxv({{AT_PAGESZ, 65536}});
	elf.Files(16384, {});
	for (bool packed : {false, true}) {
		ASSERT_TRUE(packed ? OpenPacked(elf.Build()) : Open(elf.Build()));
		EXPECT_EQ(source_->page_size, 65536u);
		EXPECT_STREQ(Facts().page_size_from, "AT_PAGESZ");
		EXPECT_EQ(ReadOne().size(), 2u);
	}
	options_.page_size = 8192;
	ASSERT_TRUE(Open(elf.Build()));
	EXPECT_STREQ(Facts().page_size_from, "--page-size");
	EXPECT_EQ(ReadOne().size(), 16u);
	options_.page_size = 0;

	// Whatever comes first.
	elf.notes.clear();
	elf.Files(16384, {});
	ASSERT_TRUE(Open(elf.Build()));
	EXPECT_STREQ(Facts().page_size_from, "NT_FILE");
	EXPECT_EQ(Facts().page_size, 16384u);
	elf.Auxv({{AT_PAGESZ, 65536}});
	ASSERT_TRUE(Open(elf.Build()));
	EXPECT_STREQ(Facts().page_size_from, "AT_PAGESZ");
	EXPECT_EQ(Facts().page_size, 65536u);

	elf.notes.clear();
	elf.loads[0].align = 1;
	ASSERT_TRUE(Open(elf.Build()));
	EXPECT_STREQ(Facts().page_size_from, "assumed");
	elf.machine = EM_SPARCV9;
	ASSERT_TRUE(Open(elf.Build()));
	EXPECT_EQ(Facts().page_size, 8192u);

	elf.Auxv({{AT_PAGESZ, 5000}});
	ASSERT_TRUE(Open(elf.Build()));
	EXPECT_NE(Error().find("5000"), std::string::npos) << Error();

	// Of a stream it may come too late.
	elf.notes.clear();
	elf.Auxv({{AT_PAGESZ, 65536}});
	elf.notes_last = true;
	elf.machine = EM_AARCH64;
	ASSERT_TRUE(OpenPacked(elf.Build()));
	EXPECT_TRUE(ReadOne().empty());
	EXPECT_NE(Error().find("--page-size=65536"), std::string::npos) << Error();
	options_.page_size = 65536;
	ASSERT_TRUE(OpenPacked(elf.Build()));
	EXPECT_EQ(ReadOne().size(), 2u);
	EXPECT_EQ(Error(), "");
	options_.page_size = 5000;
	EXPECT_FALSE(Open(elf.Build()));
}

// As QEMU's dump-guest-memory does, with and without paging.
TEST_F(ElfTest, GuestsAreReadByPhysicalAddress)
{
	ElfWriter elf;

	elf.odd_ehsize = true;
	elf.pad = 5;
	elf.Note("CORE", NT_PRSTATUS, std::string(336, '\0'));
	elf.Note("QEMU", 0, std::string(440, '\0'));
	elf.Note("VMCOREINFO", 0, "OSRELEASE=6.1.0-56-cloud-amd64\nPAGESIZE=4096\nX=1\n");
	elf.Add(0, Pages(1, 4));
	auto &alias = elf.Add(0xffff888000001000, Pages(2, 2));
	alias.physical = 0x1000;
	alias.alias = 0;
	elf.Add(0xffffffff81000000, "", 0x3000).physical = 0x100000;
	elf.loads.back().offset = UINT64_MAX;
	auto &rom = elf.Add(0xfffc0000, Pages(6, 2));
	rom.physical = 0xfffc0000;
	auto &high = elf.Add(0x100000000, Page(8));
	high.physical = 0x100000000;

	for (bool packed : {false, true}) {
		ASSERT_TRUE(packed ? OpenPacked(elf.Build()) : Open(elf.Build()));
		Memory memory = ReadOne();
		EXPECT_EQ(Error(), "");
		EXPECT_STREQ(Facts().format, "elf-guest");
		EXPECT_STREQ(Facts().page_size_from, "VMCOREINFO");
		EXPECT_STREQ(Facts().kernel, "6.1.0-56-cloud-amd64");
		EXPECT_EQ(Facts().pages_filtered, 3u);
		EXPECT_EQ(Facts().passed_over[KSM_PASSED_ROM], 2u);
		EXPECT_EQ(memory, (Memory{{0, Page(1)},
					  {0x1000, Page(2)},
					  {0x2000, Page(3)},
					  {0x3000, Page(4)},
					  {0x100000000, Page(8)}}));
	}
}

TEST_F(ElfTest, VirtualBoxsCoresAreGuests)
{
	ElfWriter elf;

	elf.Note("VBCORE", 0xb00, std::string(24, '\0'));
	elf.Add(0, Pages(1, 2));
	ASSERT_TRUE(Open(elf.Build()));
	EXPECT_STREQ(Facts().format, "elf-guest");
	EXPECT_EQ(ReadOne().size(), 2u);
}

TEST_F(ElfTest, GuestsWithoutNotesHavePhysicalAddresses)
{
	ElfWriter elf;

	elf.Add(0, Page(1)).physical = 0x100000;
	ASSERT_TRUE(Open(elf.Build()));
	EXPECT_STREQ(Facts().format, "elf-guest");
	EXPECT_EQ(ReadOne(), (Memory{{0x100000, Page(1)}}));
	// A process that only says so at the end of a stream cannot be told in time.
	elf.Process(1, "a", "a");
	elf.notes_last = true;
	ASSERT_TRUE(Open(elf.Build()));
	EXPECT_STREQ(Facts().format, "elf-core");
	EXPECT_EQ(ReadOne(), (Memory{{0, Page(1)}}));
	ASSERT_TRUE(OpenPacked(elf.Build()));
	EXPECT_TRUE(ReadOne().empty());
	EXPECT_NE(Error().find("unpack it first"), std::string::npos) << Error();
}

TEST_F(ElfTest, EveryCutEndsWithAReason)
{
	for (bool notes_last : {false, true}) {
		ElfWriter elf = Process();

		elf.notes_last = notes_last;
		elf.pad = 3;
		std::string file = elf.Build();
		size_t last = 0;

		for (size_t size = 0; size < file.size(); size += 97) {
			ASSERT_TRUE(Open(file.substr(0, size)));
			size_t pages = ReadOne().size();
			EXPECT_NE(Error(), "") << size;
			if (size && size != file.size()) {
				EXPECT_NE(Error().find("byte"), std::string::npos) << Error();
			}
			EXPECT_LE(pages, 16u);
			last = pages;

			// A stream may end there as well.
			if (size % 5 == 0) {
				ASSERT_TRUE(OpenPacked(file.substr(0, size)));
				EXPECT_EQ(ReadOne().size(), pages) << size;
				EXPECT_NE(Error(), "") << size;
			}
		}
		EXPECT_GE(last, 9u);
	}
}

TEST_F(ElfTest, EveryCutOfTheCompressedEndsWithAReason)
{
	std::string file = Process().Build();

	tree_.File("plain", file);
	Shell("zstd -q --no-check -B4096 -c plain >packed || zstd -q -c plain >packed");
	auto size = std::filesystem::file_size(tree_.Path("packed"));
	for (uint64_t left = 0; left < size; left += 97) {
		Shell("head -c " + std::to_string(left) + " packed >cut");
		ASSERT_TRUE(OpenPaths({tree_.Path("cut")}));
		ReadOne();
		EXPECT_NE(Error(), "") << left;
	}
}

TEST_F(ElfTest, HeadersThatMakeNoSense)
{
	ElfWriter elf = Process();

	elf.type = ET_DYN;
	ASSERT_TRUE(Open(elf.Build()));
	EXPECT_NE(Error().find("program or library, not a core"), std::string::npos) << Error();

	// Past the end of memory, of the file and of both.
	elf = ElfWriter();
	elf.Add(UINT64_MAX - 4095, Pages(1, 2));
	elf.Add(0x10000, "", UINT64_MAX);
	elf.Add(0x20000, Page(3)).offset = UINT64_MAX - 100;
	elf.Add(0x30000, Page(4)).offset = INT64_MAX;
	for (bool packed : {false, true}) {
		ASSERT_TRUE(packed ? OpenPacked(elf.Build()) : Open(elf.Build()));
		ReadOne();
		EXPECT_GE(Facts().pages_missing, 1u);
		EXPECT_NE(Error(), "");
	}

	// Notes that reach into the data: of a stream, the data are worth more.
	elf = Process();
	elf.notes += elf.Number(5, 4) + elf.Number(300000, 4) + elf.Number(1, 4);
	elf.notes_reach = 400000;
	elf.Add(0x20000000, Pages(20, 100));
	for (bool packed : {false, true}) {
		ASSERT_TRUE(packed ? OpenPacked(elf.Build()) : Open(elf.Build()));
		EXPECT_EQ(ReadOne().size(), 109u);
		EXPECT_NE(Error().find("notes break off"), std::string::npos) << Error();
	}

	// Notes of which the lengths lie.
	for (uint32_t length : {0xffffffffu, 0x7fffffffu, 1000u}) {
		elf = Process();
		elf.notes = elf.Number(5, 4) + elf.Number(length, 4) + elf.Number(NT_AUXV, 4) +
			    elf.notes;
		ASSERT_TRUE(Open(elf.Build()));
		ReadOne();
	}
	elf = Process();
	elf.notes.clear();
	elf.Note("CORE", NT_FILE, elf.Word(UINT64_MAX / 24 + 1) + elf.Word(4096));
	ASSERT_TRUE(Open(elf.Build()));
	EXPECT_NE(Error().find("NT_FILE"), std::string::npos) << Error();
	// Names that end early, or not at all.
	elf.notes.clear();
	elf.Note("CORE", NT_FILE,
		 elf.Word(2) + elf.Word(4096) + elf.Word(0x404000) + elf.Word(0x406000) +
			 elf.Word(0) + elf.Word(0x500000) + elf.Word(0x505000) + elf.Word(0) +
			 "/tmp/x");
	ASSERT_TRUE(Open(elf.Build()));
	/* What no file is listed for is anonymous memory. */
	EXPECT_EQ(ReadOne().size(), 16u);
	EXPECT_EQ(Error(), "");
}

} // namespace
