// SPDX-License-Identifier: GPL-2.0-or-later
// Dumps that others wrote. The numbers were counted apart from this program: program headers and notes with
// eu-readelf, pages with a few lines of Python (distinct MD5 sums over the stored bytes of each PT_LOAD).
#include "tests/unit/source/dump_fixture.h"

#include <algorithm>
#include <set>

namespace
{

struct Sample {
	const char *file;
	const char *compression;
	const char *format;
	const char *machine;
	unsigned int bits;
	bool is_big;
	int pid;
	const char *page_size_from;
	uint64_t data, filtered, eligible, file_backed, special;
	uint64_t distinct, zero; // of all data
};

const Sample kSamples[] = {
	{"drgn.crashme.core.zst", "zstd", "elf-core", "x86_64", 64, false, 18759, "AT_PAGESZ", 71,
	 536, 52, 12, 7, 33, 39},
	{"drgn.crashme_pie_no_headers.core.zst", "zstd", "elf-core", "x86_64", 64, false, 18940,
	 "AT_PAGESZ", 67, 540, 52, 8, 7, 29, 39},
	{"eu.backtrace.i386.core.bz2", "bzip2", "elf-core", "i386", 32, false, 23100, "AT_PAGESZ",
	 2126, 193, 2124, 1, 1, 16, 2111},
	// No NT_FILE: what cannot be written is taken for a file's.
	{"eu.backtrace.s390x.core.bz2", "bzip2", "elf-core", "s390x", 64, true, 58545, "AT_PAGESZ",
	 2627, 192, 2625, 2, 0, 16, 2612},
	{"eu.backtrace.x86_64.core.bz2", "bzip2", "elf-core", "x86_64", 64, false, 23096,
	 "AT_PAGESZ", 2133, 214, 2129, 1, 3, 22, 2112},
	{"eu.test-core.core.bz2", "bzip2", "elf-core", "x86_64", 64, false, 4246, "AT_PAGESZ", 60,
	 1487, 50, 7, 3, 26, 35},
	// QEMU calls a guest that has not left real mode an i386. 64 pages of BIOS.
	{"bios128M-qemu72.elf.zst", "zstd", "elf-guest", "i386", 64, false, 0, "assumed", 32832, 0,
	 32768, 0, 0, 92, 32725},
};

class SamplesTest : public DumpTest, public testing::WithParamInterface<Sample>
{
      protected:
	static std::string Path()
	{
		return std::string("../shared/samples/") + GetParam().file;
	}

	void Check()
	{
		const Sample &sample = GetParam();
		const ksm_dump_facts &facts = Facts();

		EXPECT_EQ(Error(), "");
		EXPECT_STREQ(facts.format, sample.format);
		EXPECT_STREQ(facts.machine, sample.machine);
		EXPECT_EQ(facts.bits, sample.bits);
		EXPECT_EQ(facts.is_big_endian, sample.is_big);
		EXPECT_EQ(facts.pid, sample.pid);
		EXPECT_EQ(facts.page_size, 4096u);
		EXPECT_STREQ(facts.page_size_from, sample.page_size_from);
		EXPECT_EQ(facts.pages_data, sample.data);
		EXPECT_EQ(facts.pages_filtered, sample.filtered);
		EXPECT_EQ(facts.pages_missing, 0u);
		EXPECT_EQ(facts.pages_hole, 0u);
	}
};

TEST_P(SamplesTest, AreRead)
{
	const Sample &sample = GetParam();

	if (access(Path().c_str(), R_OK))
		GTEST_SKIP() << Path() << " is not there";
	ASSERT_TRUE(OpenPaths({Path()}));
	EXPECT_EQ(ReadOne().size(), sample.eligible);
	Check();
	EXPECT_STREQ(Facts().compression, sample.compression);
	EXPECT_EQ(Facts().passed_over[KSM_PASSED_NOT], sample.eligible);
	EXPECT_EQ(Facts().passed_over[KSM_PASSED_FILE], sample.file_backed);
	EXPECT_EQ(Facts().passed_over[KSM_PASSED_SPECIAL], sample.special);
}

TEST_P(SamplesTest, StreamAndFileAreTheSame)
{
	const Sample &sample = GetParam();
	std::set<std::string> distinct;
	uint64_t zero = 0;

	if (access(Path().c_str(), R_OK))
		GTEST_SKIP() << Path() << " is not there";
	options_.pages = KSM_PAGES_ALL;
	ASSERT_TRUE(OpenPaths({Path()}));
	Memory streamed = ReadOne();
	Check();
	EXPECT_EQ(streamed.size(), sample.data);
	for (const auto &page : streamed) {
		distinct.insert(page.second);
		zero += page.second == Page(0);
	}
	EXPECT_EQ(distinct.size(), sample.distinct);
	EXPECT_EQ(zero, sample.zero);

	std::string program = sample.compression == std::string("zstd") ? "zstd" : "bzip2";
	Shell(program + " -dc '" + std::filesystem::absolute(Path()).string() + "' | cat >plain");
	ASSERT_TRUE(OpenPaths({tree_.Path("plain")}));
	EXPECT_FALSE(Space().is_unordered);
	EXPECT_TRUE(ReadOne() == streamed);
	Check();
}

INSTANTIATE_TEST_SUITE_P(All, SamplesTest, testing::ValuesIn(kSamples), [](const auto &sample) {
	std::string name = sample.param.file;

	std::replace_if(
		name.begin(), name.end(), [](char c) { return !isalnum(c); }, '_');
	return name;
});

} // namespace
