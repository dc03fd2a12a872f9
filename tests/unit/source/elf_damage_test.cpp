// SPDX-License-Identifier: GPL-2.0-or-later
// ELF cores that are cut off, damaged, or made to cost more than they are.
#include <thread>

#include "tests/unit/source/elf_fixture.h"

namespace
{

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

TEST_F(ElfTest, ACutOfLessThanAPageIsTold)
{
	ElfWriter elf;

	elf.Add(0x10000, Pages(1, 200));
	elf.Add(0x200000, Page(300) + std::string(0x800, 'a'));
	std::string file = elf.Build();
	for (size_t cut : {0u, 0x700u}) {
		std::string part = file.substr(0, file.size() - cut);
		std::string told = cut ? "ends at byte " + std::to_string(part.size()) +
						   ", before its headers say: it was cut off"
				       : "";

		ASSERT_TRUE(Open(part));
		EXPECT_EQ(ReadOne().size(), 201u);
		EXPECT_EQ(Error(), told);
		ASSERT_TRUE(OpenPacked(part));
		EXPECT_EQ(ReadOne().size(), 201u);
		EXPECT_EQ(Error(), told);
		Shell("rm -f pipe; mkfifo pipe");
		std::thread writer([this] { Shell("cat plain >pipe"); });
		ASSERT_TRUE(OpenPaths({tree_.Path("pipe")}));
		EXPECT_EQ(ReadOne().size(), 201u);
		EXPECT_EQ(Error(), told);
		writer.join();
	}
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
