// SPDX-License-Identifier: GPL-2.0-or-later
// Kdumps as a page source.
#include "tests/unit/source/dump_fixture.h"
#include "tests/unit/source/kdump_builder.h"

namespace
{

class DumpKdumpTest : public DumpTest
{
      protected:
	KdumpBuilder builder_;

	// A guest of 32 pages and, below 4 GiB, the 2 of its firmware.
	void Guest()
	{
		for (uint64_t pfn = 0; pfn < 32; pfn++)
			builder_.pages[pfn] = Page(pfn / 4);
		builder_.pages[0xffffe] = Page(70);
		builder_.pages[0xfffff] = Page(71);
		builder_.release = "6.1.0-56-cloud-amd64";
	}
	std::string Flat()
	{
		return KdumpBuilder::Flatten(KdumpBuilder::Cut(builder_.Build(), 16384));
	}
	Memory Expected(bool with_rom) const
	{
		Memory memory;

		for (const auto &page : builder_.pages)
			if (with_rom || page.first < 32)
				memory[page.first * 4096] = page.second;
		return memory;
	}
	std::string Note(const std::string &name, std::string desc) const
	{
		std::string note(12, '\0');

		builder_.Put(note, 0, name.size() + 1, 4);
		builder_.Put(note, 4, desc.size(), 4);
		desc.resize((desc.size() + 3) / 4 * 4);
		note += name;
		note.resize(12 + (name.size() + 4) / 4 * 4);
		return note + desc;
	}
	void ExpectGuest()
	{
		for (int pass = 0; pass < 2; pass++)
			EXPECT_EQ(ReadOne(), Expected(false));
		EXPECT_EQ(lost_, 0u);
		EXPECT_EQ(Error(), "");
		EXPECT_STREQ(Facts().format, "kdump");
		EXPECT_STREQ(Facts().machine, "x86_64");
		EXPECT_STREQ(Facts().kernel, "6.1.0-56-cloud-amd64");
		EXPECT_STREQ(Facts().page_size_from, "block_size");
		EXPECT_EQ(Facts().bits, 64u);
		EXPECT_FALSE(Facts().has_holes);
		EXPECT_EQ(Facts().pages_data, 34u);
		EXPECT_EQ(Facts().passed_over[KSM_PASSED_NOT], 32u);
		EXPECT_EQ(Facts().passed_over[KSM_PASSED_ROM], 2u);
		EXPECT_EQ(Facts().pages_filtered + Facts().pages_missing, 0u);
		ASSERT_EQ(Space().areas.n, 2u);
		EXPECT_EQ(Space().areas.area[0].end, 32u * 4096);
		EXPECT_EQ(Space().areas.area[1].start, 0xffffe000u);
	}
};

TEST_F(DumpKdumpTest, AFileAndAStreamGiveAGuestsMemoryWithoutItsFirmware)
{
	Guest();
	for (const std::string &content : {builder_.Build(), Flat()}) {
		ASSERT_TRUE(Open(content)) << error_.text;
		EXPECT_FALSE(Space().is_unordered);
		ExpectGuest();
		for (const char *command : {"gzip -1", "zstd -q"}) {
			ASSERT_TRUE(OpenPacked(content, command)) << error_.text;
			EXPECT_TRUE(Space().is_unordered);
			ExpectGuest();
		}
	}
	options_.pages = KSM_PAGES_ALL;
	ASSERT_TRUE(Open(Flat()));
	EXPECT_EQ(ReadOne(), Expected(true));
	ASSERT_TRUE(OpenPacked(Flat()));
	EXPECT_EQ(ReadOne(), Expected(true));
}

TEST_F(DumpKdumpTest, WhatTheDumperLeftOutIsFiltered)
{
	Guest();
	builder_.level = 31;
	builder_.filtered = {32, 33, 40, 41, 42};
	for (bool packed : {false, true}) {
		ASSERT_TRUE(packed ? OpenPacked(Flat()) : Open(Flat()));
		EXPECT_EQ(ReadOne(), Expected(false));
		EXPECT_EQ(Facts().pages_filtered, 5u);
		EXPECT_EQ(Facts().pages_data, 34u);
		EXPECT_EQ(Facts().dump_level, 31);
		EXPECT_EQ(Error(), "");
		// A gap of a few pages does not part an area.
		EXPECT_EQ(Space().areas.n, 2u);
	}
}

TEST_F(DumpKdumpTest, WhatIsCutOffIsMissingAndSaid)
{
	Guest();
	builder_.codecs = {kStored};
	std::string image = builder_.Build();
	image.resize(image.size() - 4096 - 1);
	for (bool packed : {false, true}) {
		ASSERT_TRUE(packed ? OpenPacked(image) : Open(image));
		EXPECT_EQ(ReadOne(), Expected(false));
		EXPECT_EQ(Facts().pages_missing, 2u);
		EXPECT_EQ(Facts().pages_data, 32u);
		EXPECT_EQ(Error(), "ends at byte " + std::to_string(image.size()) +
					   ", 2 pages before its headers say: it was cut off");
	}
	// Within the front there is nothing to hand out.
	ASSERT_TRUE(Open(image.substr(0, 9000)));
	EXPECT_EQ(Error(), "is cut off at byte 9000, within its bitmaps: no page of it is left");
	EXPECT_TRUE(ReadOne().empty());
}

TEST_F(DumpKdumpTest, DamagedPagesAreLostAndCounted)
{
	Guest();
	builder_.share_zero = false;
	std::string image = builder_.Build();
	builder_.Put(image, builder_.descriptors_at + 3 * 24 + 8, 0, 4);
	image[builder_.pages_at + 1] = '\xff'; // the first page's zlib header
	for (bool packed : {false, true}) {
		Memory expected = Expected(false);

		expected.erase(0);
		expected.erase(3 * 4096);
		ASSERT_TRUE(packed ? OpenPacked(image) : Open(image));
		EXPECT_EQ(ReadOne(), expected);
		EXPECT_EQ(lost_, 2u);
		EXPECT_NE(Error().find("damaged"), std::string::npos) << Error();
		EXPECT_EQ(Facts().pages_data, 34u);
	}
}

TEST_F(DumpKdumpTest, OtherMachinesHaveNoFirmwareBelow4GiB)
{
	Guest();
	builder_.machine = "aarch64";
	ASSERT_TRUE(Open(Flat()));
	EXPECT_EQ(ReadOne(), Expected(true));
	EXPECT_EQ(Facts().passed_over[KSM_PASSED_ROM], 0u);
	builder_.machine = "i686";
	builder_.is64 = false;
	builder_.packs = true;
	ASSERT_TRUE(Open(Flat()));
	EXPECT_EQ(Facts().passed_over[KSM_PASSED_ROM], 2u);
	EXPECT_EQ(Facts().bits, 32u);
}

// RAM of Hyper-V goes up to 0xf7ff0000, and its kernel's dump holds nothing else. QEMU's video memory lies there too.
TEST_F(DumpKdumpTest, RamBelow4GiBIsToldFromDevices)
{
	const std::string cpu = Note("CORE", std::string(337, '\1'));

	for (bool is64 : {true, false}) {
		for (bool is_qemus : {false, true}) {
			builder_ = KdumpBuilder();
			builder_.is64 = is64;
			builder_.packs = is_qemus;
			builder_.machine = is64 ? "x86_64" : "i686";
			for (uint64_t pfn : {0xdffff, 0xe0000, 0xf7000, 0xf7001, 0xfec00, 0xfffff})
				builder_.pages[pfn] = Page(pfn & 0x7f);
			builder_.notes = cpu + cpu + (is_qemus ? Note("QEMU", "12345678") : "");
			for (bool packed : {false, true}) {
				ASSERT_TRUE(packed ? OpenPacked(Flat()) : Open(Flat()));
				EXPECT_EQ(ReadOne().count(0xe0000000), 1u);
				EXPECT_EQ(ReadOne().count(0xf7000000), is_qemus ? 0u : 1u);
				EXPECT_EQ(Facts().passed_over[KSM_PASSED_ROM], is_qemus ? 4u : 2u);
			}
		}
	}
}

TEST_F(DumpKdumpTest, SplitPartsAndOtherPageSizesAreRefused)
{
	Guest();
	options_.page_size = 16384;
	ASSERT_TRUE(Open(Flat()));
	EXPECT_EQ(Error(), "has pages of 4096 bytes, each compressed on its own: leave out "
			   "--page-size");
	options_.page_size = 4096;
	ASSERT_TRUE(Open(Flat()));
	EXPECT_EQ(Error(), "");
	options_ = {};
	builder_.split = true;
	builder_.split_end = 10;
	ASSERT_TRUE(Open(Flat()));
	EXPECT_EQ(Error().find("is one part of a split dump"), 0u) << Error();
	EXPECT_TRUE(ReadOne().empty());
	options_.format = "kdump";
	ASSERT_TRUE(Open("something else"));
	EXPECT_EQ(Error(), "is no kdump");
}

TEST_F(DumpKdumpTest, AFileThatShrinksLosesPages)
{
	builder_.codecs = {kStored};
	for (uint64_t pfn = 0; pfn < 64; pfn++)
		builder_.pages[pfn] = Page(pfn + 1);
	for (bool flat : {false, true}) {
		std::string file = flat ? Flat() : builder_.Build();
		Memory expected;

		for (uint64_t pfn = 0; pfn < 61; pfn++)
			expected[pfn * 4096] = Page(pfn + 1);
		ASSERT_TRUE(Open(file));
		std::filesystem::resize_file(tree_.Path("dump"), file.size() - 2 * 4096 - 50);
		EXPECT_TRUE(ReadOne() == expected);
		EXPECT_EQ(lost_, 3u);
	}
}

// QEMU cuts an aarch64 guest so, whatever the size of its pages.
TEST_F(DumpKdumpTest, BlocksMayBeSeveralPages)
{
	Memory expected;

	builder_.machine = "aarch64";
	builder_.block_size = 65536;
	builder_.vmcoreinfo = "OSRELEASE=6.1.0\nPAGESIZE=4096\n";
	builder_.codecs = {kZlib, kStored};
	for (uint64_t block : {0, 1, 2, 3, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52}) {
		builder_.pages[block] = block % 5 ? Pages(16 * block, 16) : Pages(7, 16);
		for (uint64_t i = 0; i < 16; i++)
			expected[(16 * block + i) * 4096] = Page((block % 5 ? 16 * block : 7) + i);
	}
	builder_.filtered = {4};
	for (int way = 0; way < 4; way++) {
		std::string content = way % 2 ? Flat() : builder_.Build();

		ASSERT_TRUE(way < 2 ? Open(content) : OpenPacked(content));
		for (int pass = 0; pass < 2; pass++)
			EXPECT_TRUE(ReadOne() == expected);
		EXPECT_EQ(Error(), "");
		EXPECT_EQ(lost_, 0u);
		EXPECT_EQ(Facts().page_size, 4096u);
		EXPECT_STREQ(Facts().page_size_from, "VMCOREINFO");
		EXPECT_EQ(Facts().pages_data, 17u * 16);
		EXPECT_EQ(Facts().pages_filtered, 16u);
		ASSERT_GE(Space().areas.n, 1u);
		EXPECT_EQ(Space().areas.area[Space().areas.n - 1].end, 53u * 65536);
	}
	// Damage is that of all pages of a block.
	std::string image = builder_.Build();
	builder_.Put(image, builder_.descriptors_at + 24 + 8, 0, 4);
	for (bool packed : {false, true}) {
		ASSERT_TRUE(packed ? OpenPacked(image) : Open(image));
		EXPECT_EQ(ReadOne().size(), 16u * 16);
		EXPECT_EQ(lost_, 16u);
	}
	// Where nothing says so, the user does; or that they are not.
	options_.page_size = 65536;
	ASSERT_TRUE(Open(Flat()));
	EXPECT_EQ(ReadOne().size(), 17u);
	builder_.vmcoreinfo = "PAGESIZE=5000\n";
	options_.page_size = 0;
	ASSERT_TRUE(OpenPacked(Flat()));
	EXPECT_EQ(ReadOne().size(), 17u);
	EXPECT_STREQ(Facts().page_size_from, "block_size");
	options_.page_size = 4096;
	ASSERT_TRUE(OpenPacked(Flat()));
	EXPECT_TRUE(ReadOne() == expected);
}

TEST_F(DumpKdumpTest, PagesThatShareTheirBytesAreLimited)
{
	for (uint64_t pfn = 0; pfn < 100; pfn++)
		builder_.pages[pfn] = std::string(4096, '\0');
	for (bool packed : {false, true}) {
		options_.max_size = 99 * 4096;
		ASSERT_TRUE(packed ? OpenPacked(Flat()) : Open(Flat()));
		EXPECT_TRUE(ReadOne().empty());
		EXPECT_EQ(Space().error.code, KSM_ERR_FORMAT);
		EXPECT_NE(Error().find("raise --max-size to read all"), std::string::npos)
			<< Error();
		options_.max_size = 100 * 4096;
		ASSERT_TRUE(packed ? OpenPacked(Flat()) : Open(Flat()));
		EXPECT_EQ(ReadOne().size(), 100u);
		EXPECT_EQ(Error(), "");
	}
}

TEST_F(DumpKdumpTest, ADumperThatRanOutOfSpaceIsNamed)
{
	Guest();
	builder_.status |= 8;
	ASSERT_TRUE(Open(Flat()));
	EXPECT_EQ(Error(), "says that it is incomplete: its dumper ran out of space");
	EXPECT_EQ(ReadOne(), Expected(false));
}

// The same guest as an ELF dump and as a kdump.
TEST_F(DumpKdumpTest, SamplesOfOneGuestAgree)
{
	const std::string elf = "../shared/samples/bios128M-qemu72.elf.zst";
	const std::string kdump = "../shared/samples/bios128M-qemu72-kdump-zlib.flat.zst";

	if (access(elf.c_str(), R_OK) || access(kdump.c_str(), R_OK))
		GTEST_SKIP() << kdump << " is not there";
	ASSERT_TRUE(OpenPaths({elf, kdump}));
	std::vector<Memory> both = Read();
	EXPECT_EQ(both[0].size(), 32768u);
	EXPECT_TRUE(both[0] == both[1]);
	EXPECT_EQ(Facts(1).passed_over[KSM_PASSED_ROM], 64u);
	EXPECT_EQ(Facts(0).passed_over[KSM_PASSED_ROM], 64u);
	EXPECT_EQ(Error(1), "");
}

} // namespace
