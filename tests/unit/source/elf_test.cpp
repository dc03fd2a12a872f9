// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/source/elf_fixture.h"

namespace
{

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

	Maps(smaps);
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

// A folder of huge pages has its whole name.
TEST_F(ElfTest, HugePagesAreWhereTheyAreMounted)
{
	const std::pair<const char *, size_t> files[] = {{"/mnt/huge/guest", 0},
							 {"/mnt/hugedisk/guest", 2},
							 {"/run/hugepages/kvm/guest", 0}};

	for (auto &[name, pages] : files) {
		ElfWriter elf;

		elf.Auxv({{AT_PAGESZ, 4096}});
		elf.Files(4096, {{0x600000, 0x602000, 0, name}});
		elf.Add(0x600000, Pages(1, 2));
		ASSERT_TRUE(Open(elf.Build()));
		EXPECT_EQ(Facts().passed_over[KSM_PASSED_HUGETLB], 2 - pages) << name;
	}
}

TEST_F(ElfTest, MergeableNeedsMaps)
{
	options_.pages = KSM_PAGES_MERGEABLE;
	EXPECT_FALSE(Open(Process().Build()));
	EXPECT_NE(std::string(error_.text).find("--maps"), std::string::npos);

	// A list of areas that has no flags is not enough.
	Maps("00404000-00406000 rw-p 00004000 08:01 7 /usr/bin/editor\n");
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

// Libraries, and what is mapped beside them, lie in the upper half there.
TEST_F(ElfTest, MappingsOfSparc64AreMemory)
{
	ElfWriter elf;

	elf.machine = EM_SPARCV9;
	elf.is_big = true;
	elf.Auxv({{AT_PAGESZ, 8192}});
	elf.Add(0x100000, Page(1, 8192));
	elf.Add(0xfff8000100000000, Page(2, 8192));
	for (bool packed : {false, true}) {
		ASSERT_TRUE(packed ? OpenPacked(elf.Build()) : Open(elf.Build()));
		EXPECT_EQ(ReadOne(),
			  (Memory{{0x100000, Page(1, 8192)}, {0xfff8000100000000, Page(2, 8192)}}));
		EXPECT_EQ(Facts().passed_over[KSM_PASSED_SPECIAL], 0u);
	}
}

// Some write where files are mapped from in bytes.
TEST_F(ElfTest, FilesMayHaveOffsetsInBytes)
{
	ElfWriter elf;

	elf.Add(0x10000, Pages(1, 4));
	elf.Files(1, {{0x10000, 0x14000, 0x3000, "/usr/bin/x"}});
	for (bool has_auxv : {false, true}) {
		if (has_auxv)
			elf.Auxv({{AT_PAGESZ, 4096}});
		for (bool packed : {false, true}) {
			ASSERT_TRUE(packed ? OpenPacked(elf.Build()) : Open(elf.Build()));
			EXPECT_EQ(ReadOne().size(), 4u);
			EXPECT_EQ(Error(), "");
			EXPECT_STREQ(Facts().page_size_from, has_auxv ? "AT_PAGESZ" : "p_align");
			ASSERT_EQ(Space().areas.n, 1u);
			EXPECT_EQ(Space().areas.area[0].offset, 0x3000u);
		}
	}
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

// QEMU and VirtualBox dump devices as well, each in a load of its own; a kernel dumps its RAM, wherever that is.
TEST_F(ElfTest, RamBelow4GiBIsToldFromDevices)
{
	const std::string info = "PAGESIZE=4096\n";

	for (const char *writer : {"QEMU", "VBCORE", "VMCOREINFO"}) {
		bool is_kernels = !strcmp(writer, "VMCOREINFO");
		ElfWriter elf;

		elf.Note("CORE", NT_PRSTATUS, std::string(336, '\0'));
		elf.Note("VMCOREINFO", 0, info);
		elf.Note(writer, 0, info);
		for (uint64_t address : {0xdfffe000, 0xf7000000, 0xfec00000, 0xfffff000})
			elf.Add(address, Pages(1, address == 0xdfffe000 ? 4 : 1)).physical =
				address;
		ASSERT_TRUE(Open(elf.Build()));
		EXPECT_EQ(ReadOne().size(), is_kernels ? 5u : 4u) << writer;
		EXPECT_EQ(Facts().passed_over[KSM_PASSED_ROM], is_kernels ? 2u : 3u) << writer;
		EXPECT_EQ(Space().areas.area[0].end, 0xe0002000u);
	}
}

// QEMU has a note of its own for x86 alone; it gives no flags, and physical addresses twice.
TEST_F(ElfTest, GuestsOfOtherMachinesAreToldByTheirHeaders)
{
	for (uint16_t machine : {EM_AARCH64, EM_S390, EM_PPC64, EM_RISCV}) {
		const uint64_t base = machine == EM_AARCH64 ? 0x40000000 : 0;
		ElfWriter elf;

		elf.machine = machine;
		elf.is_big = machine == EM_S390;
		elf.Note("CORE", NT_PRSTATUS, std::string(392, '\0'));
		elf.Note("LINUX", NT_S390_TIMER, std::string(8, '\0'));
		for (uint64_t address : {base, base + 0x100000}) {
			auto &load = elf.Add(address, Pages(1, 3));

			load.physical = address;
			load.flags = load.align = 0;
		}
		for (bool packed : {false, true}) {
			ASSERT_TRUE(packed ? OpenPacked(elf.Build()) : Open(elf.Build()));
			EXPECT_EQ(ReadOne().size(), 6u) << machine;
			EXPECT_STREQ(Facts().format, "elf-guest");
			EXPECT_EQ(Error(), "");
		}
		elf.Note("CORE", NT_SIGINFO, std::string(128, '\0'));
		ASSERT_TRUE(Open(elf.Build()));
		EXPECT_STREQ(Facts().format, "elf-core");
	}
}

TEST_F(ElfTest, WithoutFlagsAndPhysicalAddressesItIsAProcess)
{
	ElfWriter elf;

	elf.Add(0x10000, Pages(1, 3)).flags = 0;
	ASSERT_TRUE(Open(elf.Build()));
	EXPECT_STREQ(Facts().format, "elf-core");
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

} // namespace
