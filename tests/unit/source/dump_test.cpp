// SPDX-License-Identifier: GPL-2.0-or-later
// Raw images, LiME's format, what is refused, and several files at once.
#include "tests/unit/source/dump_fixture.h"
#include "tests/unit/source/elf_writer.h"

#include <sys/stat.h>

#include <filesystem>
#include <thread>

extern "C" {
#include "checksum/checksum.h"
#include "estimate/reader.h"
}

namespace
{

std::string Little(uint64_t value, unsigned int size)
{
	std::string bytes;

	for (unsigned int i = 0; i < size; i++)
		bytes += static_cast<char>(value >> 8 * i);
	return bytes;
}

// A range as LiME writes it; the last address is its own.
std::string LimeRange(uint64_t first, const std::string &data, uint32_t version = 1)
{
	return "EMiL" + Little(version, 4) + Little(first, 8) + Little(first + data.size() - 1, 8) +
	       Little(0, 8) + data;
}

class RawTest : public DumpTest
{
};
class LimeTest : public DumpTest
{
};
class DumpSourceTest : public DumpTest
{
};

TEST_F(RawTest, HolesWereNeverTouched)
{
	std::string image = Pages(1, 2) + Page(0) + Page(0) + Page(3) + Page(0) + Page(0) + Page(4);

	ASSERT_TRUE(OpenSparse(image));
	EXPECT_STREQ(Facts().format, "raw");
	EXPECT_STREQ(Facts().page_size_from, "assumed");
	EXPECT_EQ(Error(), "");
	if (!Facts().has_holes)
		GTEST_SKIP() << "this file system does not tell of holes";
	EXPECT_EQ(ReadOne(),
		  (Memory{{0, Page(1)}, {0x1000, Page(2)}, {0x4000, Page(3)}, {0x7000, Page(4)}}));
	EXPECT_EQ(Facts().pages_data, 4u);
	EXPECT_EQ(Facts().pages_hole, 4u);
	ASSERT_EQ(Space().areas.n, 1u);
	EXPECT_EQ(Space().areas.area[0].end, 0x8000u);

	// The same with larger pages: one that is stored in part is data.
	options_.page_size = 8192;
	ASSERT_TRUE(OpenSparse(image));
	EXPECT_EQ(ReadOne(), (Memory{{0, image.substr(0, 8192)},
				     {0x4000, image.substr(0x4000, 8192)},
				     {0x6000, image.substr(0x6000, 8192)}}));
	EXPECT_EQ(Facts().pages_hole, 1u);
	options_.page_size = 0;

	// And written out.
	ASSERT_TRUE(Open(image));
	EXPECT_EQ(ReadOne().size(), 8u);
	EXPECT_FALSE(Facts().has_holes);
}

TEST_F(RawTest, LargeAndSparse)
{
	const uint64_t size = UINT64_C(32) << 30;
	int fd = open(tree_.Path("ram").c_str(), O_RDWR | O_CREAT, 0600);

	ASSERT_EQ(ftruncate(fd, static_cast<off_t>(size)), 0);
	ASSERT_EQ(pwrite(fd, "x", 1, size / 2 + 4096), 1);
	ASSERT_EQ(pwrite(fd, "x", 1, size - 1), 1);
	close(fd);
	ASSERT_TRUE(OpenPaths({tree_.Path("ram")}));
	if (!Facts().has_holes)
		GTEST_SKIP() << "this file system does not tell of holes";
	EXPECT_EQ(Facts().pages_data + Facts().pages_hole, size / 4096);
	Memory memory = ReadOne();
	EXPECT_EQ(memory.count(size / 2 + 4096), 1u);
	EXPECT_EQ(memory.count(size - 4096), 1u);
	EXPECT_LE(memory.size(), 64u);
}

TEST_F(RawTest, DiffSnapshotsStandOnTheirBase)
{
	std::string base = Pages(1, 4) + Page(0) + Page(5),
		    diff = Page(0) + Page(11) + Page(0) + Page(0) + Page(0) + Page(15);
	std::string path = tree_.Path("base");

	Sparse(base, "base");
	ASSERT_TRUE(OpenSparse(diff));
	if (!Facts().has_holes)
		GTEST_SKIP() << "this file system does not tell of holes";
	options_.base = path.c_str();
	ASSERT_TRUE(OpenSparse(diff));
	EXPECT_EQ(ReadOne(), (Memory{{0, Page(1)},
				     {0x1000, Page(11)},
				     {0x2000, Page(3)},
				     {0x3000, Page(4)},
				     {0x5000, Page(15)}}));
	EXPECT_EQ(Facts().pages_data, 5u);
	EXPECT_EQ(Facts().pages_base, 3u);
	EXPECT_EQ(Facts().pages_hole, 1u);

	// A copy that has written zeros where it had holes.
	ASSERT_TRUE(Open(diff));
	EXPECT_NE(Error().find("has no holes"), std::string::npos) << Error();
	EXPECT_TRUE(ReadOne().empty());

	EXPECT_TRUE(OpenSparse(diff + Page(1)));
	EXPECT_NE(Error().find("different guests"), std::string::npos) << Error();
	EXPECT_TRUE(ReadOne().empty());
	options_.format = "raw";
	ASSERT_TRUE(OpenPacked(diff));
	EXPECT_NE(Error().find("compressed"), std::string::npos) << Error();
	options_.format = nullptr;
	ASSERT_TRUE(Open(LimeRange(0, Page(1))));
	EXPECT_NE(Error().find("--base is for those"), std::string::npos) << Error();
	path = tree_.Path("nowhere");
	options_.base = path.c_str();
	ASSERT_TRUE(OpenSparse(diff));
	EXPECT_EQ(Space().error.errnum, ENOENT);
	EXPECT_EQ(path, Space().error.path);
}

TEST_F(RawTest, OnlyWhatMayBeMemoryIsTakenForIt)
{
	// Text of any length, and what is no whole number of pages.
	for (const std::string &content : {std::string(8192, 'a'), Pages(0, 3) + "x"}) {
		options_.format = nullptr;
		ASSERT_TRUE(Open(content));
		EXPECT_NE(Error().find("--format=raw"), std::string::npos) << Error();
		EXPECT_TRUE(ReadOne().empty());
		options_.format = "raw";
		ASSERT_TRUE(Open(content));
		EXPECT_EQ(ReadOne().size(), content.size() / 4096);
		EXPECT_EQ(Facts().passed_over[KSM_PASSED_PARTIAL], content.size() % 4096);
		if (content.size() % 4096)
			EXPECT_EQ(Error().find("ends at byte 12289, within a page"), 0u) << Error();
		else
			EXPECT_EQ(Error(), "");
	}
	// A stream does not tell its length beforehand.
	options_.format = "auto";
	ASSERT_TRUE(OpenPacked(Pages(0, 3)));
	EXPECT_NE(Error().find("--format=raw"), std::string::npos) << Error();
	options_.format = "raw";
	ASSERT_TRUE(OpenPacked(Pages(0, 3) + "x"));
	EXPECT_EQ(ReadOne().size(), 3u);
	EXPECT_EQ(Error().find("ends at byte 12289, within a page"), 0u) << Error();
	EXPECT_EQ(Facts().pages_data, 4u);
	EXPECT_EQ(Facts().pages_missing, 0u);
}

TEST_F(LimeTest, RangesLieWhereTheySay)
{
	std::string file = LimeRange(0x1000, Pages(1, 2) + std::string(0xc00, 'a')) +
			   LimeRange(0x100000, Pages(3, 2)) + LimeRange(0x200400, Pages(0, 2));

	for (bool packed : {false, true}) {
		ASSERT_TRUE(packed ? OpenPacked(file) : Open(file));
		Memory memory = ReadOne();
		EXPECT_EQ(Error(), "");
		EXPECT_STREQ(Facts().format, "lime");
		EXPECT_EQ(memory, (Memory{{0x1000, Page(1)},
					  {0x2000, Page(2)},
					  {0x100000, Page(3)},
					  {0x101000, Page(4)},
					  {0x201000, (Page(0) + Page(1)).substr(0xc00, 4096)}}));
		EXPECT_EQ(Facts().passed_over[KSM_PASSED_PARTIAL], 3u);
		EXPECT_EQ(Facts().bits, 0u);
		EXPECT_EQ(Space().areas.n, 3u);
	}
}

TEST_F(LimeTest, WhatIsBeforeABadRangeIsHandedOut)
{
	std::string good = LimeRange(0x10000, Pages(1, 2));
	std::string bad = LimeRange(0x20000, Page(3));
	size_t at = good.size();
	struct {
		std::string tail, says;
	} cases[] = {
		{LimeRange(0x11000, Page(3)), "begins before"},
		{LimeRange(0x20000, Page(3), 2), "version"},
		{std::string(32, 'x'), "does not begin"},
		{bad.substr(0, 20), "breaks off"},
		{bad.substr(0, 8) + Little(5, 8) + Little(4, 8) + Little(0, 8), "ends before"},
		{bad.substr(0, 8) + Little(0x20000, 8) + Little(UINT64_MAX, 8) + Little(0, 8),
		 "ends before"},
	};

	for (const auto &c : cases) {
		for (bool packed : {false, true}) {
			ASSERT_TRUE(packed ? OpenPacked(good + c.tail) : Open(good + c.tail));
			EXPECT_EQ(ReadOne().size(), 2u);
			EXPECT_NE(Error().find(c.says), std::string::npos) << Error();
			EXPECT_NE(Error().find("byte " + std::to_string(at)), std::string::npos)
				<< Error();
		}
		// Alone, there is nothing to hand out.
		options_.format = "lime";
		ASSERT_TRUE(Open(c.tail));
		EXPECT_LE(ReadOne().size(), 1u);
		options_.format = nullptr;
	}
	// Longer than the file.
	ASSERT_TRUE(Open(good + bad.substr(0, 16) + Little(0xffffffffffff, 8) + Little(0, 8) +
			 Page(3)));
	EXPECT_EQ(ReadOne().size(), 3u);
	EXPECT_EQ(Facts().pages_missing, (0x1000000000000 - 0x21000) / 4096);
}

// Of less than a page no page tells that it is missing, nor of what came behind it.
TEST_F(LimeTest, ACutWithinTheLastPartOfARangeIsTold)
{
	std::string first = LimeRange(0x1000, Pages(1, 2) + std::string(0xc00, 'a'));

	for (size_t gone : {1u, 0xbffu, 0xc00u}) {
		std::string file = first.substr(0, first.size() - gone);

		for (bool packed : {false, true}) {
			ASSERT_TRUE(packed ? OpenPacked(file) : Open(file));
			EXPECT_EQ(ReadOne().size(), 2u);
			EXPECT_EQ(Error(), "ends at byte " + std::to_string(file.size()) +
						   ", before its headers say: it was cut off");
		}
	}
}

TEST_F(LimeTest, EveryCutEndsWithAReason)
{
	std::string file = LimeRange(0x1000, Pages(1, 4)) + LimeRange(0x10000, Pages(5, 4));

	for (size_t size = 0; size < file.size(); size += 97) {
		ASSERT_TRUE(Open(file.substr(0, size)));
		size_t pages = ReadOne().size();
		EXPECT_LE(pages, size / 4096);
		EXPECT_GE(pages + 1, size / 4096);
		// Between two ranges, none is missing.
		EXPECT_NE(Error(), "") << size;
		if (size) {
			EXPECT_NE(Error().find(size < 32 ? "known" : "byte"), std::string::npos)
				<< Error();
		}
	}
}

TEST_F(DumpSourceTest, RefusedByNameAndWithAdvice)
{
	struct {
		std::string front, says;
	} cases[] = {
		{"QEVM", "dump-guest-memory"},
		{"LibvirtQemudSave", "--memory-only"},
		{"MDMP", "gcore"},
		{"PAGEDU64", "Windows"},
		{"PAGEDUMP", "Windows"},
		{"\xd2\xbe\xd2\xbe", ".vmem"},
		{"AVML", "avml-convert"},
		{"ProblemType: Crash", "apport-unpack"},
		{"\x02\x21\x4c\x18", "lz4 -d"},
		{"\x7f"
		 "ELF",
		 "ELF header"},
	};

	for (const auto &c : cases) {
		for (bool packed : {false, true}) {
			std::string content = ElfWriter::Filled(c.front, 8192);

			ASSERT_TRUE(packed ? OpenPacked(content) : Open(content));
			EXPECT_NE(Error().find(c.says), std::string::npos) << Error();
			EXPECT_TRUE(ReadOne().empty());
			EXPECT_EQ(Facts().pages_data, 0u);
		}
	}
	// Unless told otherwise.
	options_.format = "raw";
	ASSERT_TRUE(Open(ElfWriter::Filled("QEVM", 8192)));
	EXPECT_EQ(ReadOne().size(), 2u);
	options_.format = "cake";
	EXPECT_FALSE(Open(""));
	EXPECT_NE(std::string(error_.text).find("\"cake\""), std::string::npos);
}

TEST_F(DumpSourceTest, SeveralFilesAreASpaceEach)
{
	ElfWriter elf;

	elf.Add(0x10000, Pages(1, 300)); // more than a batch
	elf.Process(7, "first", "first");
	tree_.File("a", elf.Build());
	tree_.File("b", "nothing of the kind");
	tree_.File("c", Pages(1, 3) + Pages(0, 1));
	Shell("gzip -1 -c a >a.gz");
	ElfWriter large;
	large.Add(0x10000, Page(1));
	large.Auxv({{AT_PAGESZ, 65536}});
	tree_.File("d", large.Build());
	ASSERT_TRUE(OpenPaths({tree_.Path("a"), tree_.Path("b"), tree_.Path("a.gz"),
			       tree_.Path("nowhere"), tree_.Path("c"), tree_.Path("d")}));
	ASSERT_EQ(source_->n_spaces, 6u);
	EXPECT_EQ(source_->page_size, 4096u);
	auto memory = Read();
	EXPECT_EQ(memory[0].size(), 300u);
	EXPECT_EQ(memory[1].size(), 0u);
	EXPECT_EQ(memory[2], memory[0]);
	EXPECT_EQ(memory[4].size(), 4u);
	EXPECT_EQ(memory[5].size(), 0u);
	EXPECT_STREQ(Space(0).name, "first");
	EXPECT_STREQ(Space(1).name, "b");
	EXPECT_STREQ(Space(2).name, "first");
	EXPECT_EQ(tree_.Path("a.gz"), Space(2).file);
	EXPECT_STREQ(Facts(2).compression, "gzip");
	EXPECT_TRUE(Space(2).is_unordered);
	EXPECT_FALSE(Space(0).is_unordered);
	EXPECT_EQ(Space(3).error.errnum, ENOENT);
	EXPECT_EQ(tree_.Path("nowhere"), Space(3).error.path);
	EXPECT_EQ(tree_.Path("b"), Space(1).error.path);
	EXPECT_EQ(Error(4), "");
	EXPECT_NE(Error(5).find("65536"), std::string::npos) << Error(5);

	Maps("");
	EXPECT_FALSE(OpenPaths({tree_.Path("a"), tree_.Path("c")}));
	EXPECT_NE(std::string(error_.text).find("give one file"), std::string::npos);
}

TEST_F(DumpSourceTest, PipesAreReadOnce)
{
	ElfWriter elf;

	elf.Add(0x10000, Pages(1, 20));
	tree_.File("a", elf.Build());
	Shell("mkfifo pipe");
	std::thread writer([this] { Shell("cat a >pipe"); });
	ASSERT_TRUE(OpenPaths({tree_.Path("pipe")}));
	EXPECT_EQ(ReadOne().size(), 20u);
	EXPECT_EQ(Error(), "");
	writer.join();
	EXPECT_TRUE(ReadOne().empty());
	EXPECT_NE(Error().find("only once"), std::string::npos) << Error();
}

// What a checksum at the end of the stream tells, behind all that a core has.
TEST_F(DumpSourceTest, DamageThatIsToldAtTheEndIsTold)
{
	for (const std::string command :
	     {"gzip -1", "bzip2", "xz -0", "zstd -q --check", "lz4 -q"}) {
		ElfWriter elf;

		elf.Add(0x10000, Pages(1, 100));
		ASSERT_TRUE(OpenPacked(elf.Build(), command));
		EXPECT_EQ(ReadOne().size(), 100u);
		EXPECT_EQ(Error(), "") << command;
		Shell("n=$(stat -c %s packed); head -c $((n - 3)) packed >cut");
		ASSERT_TRUE(OpenPaths({tree_.Path("cut")}));
		EXPECT_LE(ReadOne().size(), 100u);
		EXPECT_NE(Error(), "") << command;
	}
}

// Four pages of that size, and what says so.
std::string CoreOf(unsigned int page_size)
{
	ElfWriter elf;

	elf.machine = EM_AARCH64;
	elf.Auxv({{AT_PAGESZ, page_size}});
	elf.Add(0x100000,
		Page(1, page_size) + Page(2, page_size) + Page(3, page_size) + Page(4, page_size))
		.align = page_size;
	return elf.Build();
}

// By one whose pages are larger or smaller than those that the source has.
TEST_F(DumpSourceTest, AStreamThatIsReplacedIsLeftOut)
{
	for (unsigned int first : {4096u, 65536u}) {
		ASSERT_TRUE(OpenPacked(CoreOf(first)));
		EXPECT_EQ(ReadOne().size(), 4u);
		tree_.File("plain", CoreOf(first == 4096 ? 65536 : 4096));
		Shell("gzip -1 -c <plain >packed");
		EXPECT_TRUE(ReadOne().empty());
		EXPECT_NE(Error().find("was replaced while it was read"), std::string::npos)
			<< Error();
	}
}

// As a caller does that wants bytes again: by address alone, in an order of its own.
TEST_F(DumpSourceTest, PagesCanBeReadAgain)
{
	auto batch = std::make_unique<ksm_batch>();
	std::vector<unsigned char> data(KSM_BATCH_BYTES);
	ElfWriter elf;

	elf.Add(0x10000, Pages(1, 20));
	elf.Add(0x30000, Pages(21, 20));
	for (bool packed : {false, true}) {
		ASSERT_TRUE(packed ? OpenPacked(elf.Build()) : Open(elf.Build()));
		ReadOne();
		*batch = {};
		batch->data = data.data();
		for (uint64_t address : {0x33000, 0x11000, 0x12000, 0x50000})
			batch->page[batch->n++].address = address;
		source_->ops->fill(source_.get(), batch.get());
		for (uint32_t i = 0; i < batch->n; i++)
			EXPECT_EQ((batch->page[i].flags & KSM_PAGE_LOST) != 0, packed || i == 3);
		EXPECT_NE(batch->error.code, KSM_ERR_NONE);
		if (!packed) {
			EXPECT_EQ(std::string(data.begin(), data.begin() + 3 * 4096),
				  Page(24) + Pages(2, 2));
		}
	}
}

// Sums of pages in the order they come in, read by several threads.
// As ksm_reader_see: addresses and keys, in the order they come in.
int TakeSums(void *data, const ksm_read_batch *read, ksm_error *)
{
	auto &sums = *static_cast<std::vector<uint64_t> *>(data);

	for (uint32_t i = 0; i < read->batch.n; i++) {
		EXPECT_FALSE(read->batch.page[i].flags & KSM_PAGE_LOST);
		sums.push_back(read->batch.page[i].address);
		sums.push_back(read->sum[i].key.lo);
	}
	return 0;
}

TEST_F(DumpSourceTest, ThreadsReadBesideOneAnother)
{
	ElfWriter elf;
	ksm_summer summer;
	std::string base = Pages(0, 2000),
		    diff = Page(0) + Pages(5000, 700) + std::string(4096 * 1299, '\0');
	std::string path = tree_.Path("base");

	elf.pad = 17;
	elf.Add(0x10000, Pages(1, 3000));
	elf.Add(0x40000000, Pages(1, 2000));
	tree_.File("a", elf.Build());
	Sparse(base, "base");
	Sparse(diff, "diff");
	Shell("gzip -1 -c a >a.gz");
	ASSERT_EQ(ksm_summer_init(&summer, KSM_CHECKSUM_XXHASH, 4096), 0);
	for (const char *name : {"a", "a.gz", "diff"}) {
		std::vector<std::vector<uint64_t>> runs;

		options_.base = name == std::string("diff") ? path.c_str() : nullptr;
		for (unsigned int threads : {1u, 4u}) {
			ksm_reader *reader = nullptr;
			std::vector<uint64_t> sums;

			ASSERT_TRUE(OpenPaths({tree_.Path(name)}));
			ASSERT_EQ(ksm_reader_new(source_.get(), &summer, threads, 0, &reader,
						 &error_),
				  0);
			ASSERT_EQ(ksm_reader_pass(reader, TakeSums, nullptr, &sums, &error_), 0);
			ksm_reader_free(&reader);
			EXPECT_EQ(Error(), "");
			runs.push_back(sums);
		}
		EXPECT_GE(runs[0].size(), 2 * 1999u);
		EXPECT_EQ(runs[0], runs[1]);
	}
}

TEST_F(DumpSourceTest, AFileThatShrinksLosesPages)
{
	ElfWriter elf;

	elf.Add(0x10000, Pages(1, 20));
	std::string file = elf.Build();
	ASSERT_TRUE(Open(file));
	std::filesystem::resize_file(tree_.Path("dump"), file.size() - 2 * 4096 - 5);
	counts_agree_ = false;
	EXPECT_EQ(ReadOne().size(), 17u);
	EXPECT_GE(lost_, 1u);
	EXPECT_NE(Error().find("changed while"), std::string::npos) << Error();
}

TEST_F(DumpSourceTest, SizeIsLimited)
{
	std::string image = Pages(0, 100);

	options_.max_size = 50 * 4096;
	ASSERT_TRUE(Open(image));
	EXPECT_NE(Error().find("--max-size"), std::string::npos) << Error();
	options_.format = "raw";
	ASSERT_TRUE(OpenPacked(image));
	EXPECT_EQ(ReadOne().size(), 50u);
	EXPECT_NE(Error().find("--max-size"), std::string::npos) << Error();
}

// Windows of many files would be more than memory has.
TEST_F(DumpTest, WhatIsReadToItsEndIsClosed)
{
	auto files_open = [] {
		return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
				     std::filesystem::directory_iterator());
	};
	const ptrdiff_t before = files_open();
	std::vector<std::string> paths;

	tree_.File("plain", Pages(1, 64));
	for (const char *name : {"one.zst", "two.zst", "three.zst"}) {
		Shell(std::string("zstd -q --long=27 -c <plain >") + name);
		paths.push_back(tree_.Path(name));
	}
	options_.format = "raw";
	ASSERT_TRUE(OpenPaths(paths));
	for (int pass = 0; pass < 2; pass++) {
		for (const Memory &memory : Read())
			EXPECT_EQ(memory.size(), 64u);
		EXPECT_EQ(files_open(), before);
		EXPECT_STREQ(Facts(2).compression, "zstd");
	}
}

} // namespace
