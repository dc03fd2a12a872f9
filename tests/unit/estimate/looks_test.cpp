// SPDX-License-Identifier: GPL-2.0-or-later
// What a page looks like: made-up pages on both sides of each rule.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

extern "C" {
#include "estimate/looks.h"
}

namespace
{

constexpr size_t kWords = 512;

std::string Looks(const std::string &page)
{
	return ksm_looks_name(ksm_looks_of(page.data(), page.size()));
}

// The text over and over, from the front, as far as @bytes; zeros behind.
std::string Repeated(const std::string &text, size_t bytes = 4096)
{
	std::string page;

	while (page.size() < bytes)
		page += text;
	page.resize(bytes);
	page.resize(4096);
	return page;
}

std::string OfWords(const std::function<uint64_t(size_t)> &word)
{
	std::string page(4096, '\0');

	for (size_t i = 0; i < kWords; i++) {
		uint64_t w = word(i);

		memcpy(&page[8 * i], &w, sizeof(w));
	}
	return page;
}

std::string OfRandomBytes(unsigned int distinct, size_t bytes = 4096)
{
	std::mt19937_64 random(11);
	std::string page(bytes, '\0');

	for (char &c : page)
		c = static_cast<char>(random() % distinct);
	return page;
}

TEST(Looks, NamesAndTheUnknown)
{
	EXPECT_EQ(ksm_looks_name(KSM_LOOKS_UNKNOWN), nullptr);
	EXPECT_STREQ(ksm_looks_name(KSM_LOOKS_MIXED), "mixed");
}

TEST(Looks, PagesOfOneByte)
{
	std::string page(4096, '\0');

	EXPECT_EQ(Looks(page), "zero");
	EXPECT_EQ(Looks(std::string(4096, 'A')), "one-byte");
	EXPECT_EQ(Looks(std::string(65536, '\xff')), "one-byte");
	for (size_t at : {0u, 1u, 2048u, 4095u}) {
		std::string other = page;

		other[at] = 1;
		EXPECT_EQ(Looks(other), "mixed") << at;
	}
}

TEST(Looks, TextOfAnyScriptAndBetweenZeros)
{
	EXPECT_EQ(Looks(Repeated("Some text, and\ta line.\r\n")), "text");
	EXPECT_EQ(Looks(Repeated("\xd0\xb4\xd0\xb0, \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80\n")),
		  "text");
	EXPECT_EQ(Looks(Repeated("\x1b[31mred\x1b[0m ")), "text");
	EXPECT_EQ(Looks(Repeated(std::string("name\0value\0", 11))), "text");
}

TEST(Looks, TextFillsAnEighthOfThePage)
{
	EXPECT_EQ(Looks(Repeated("words ", 512)), "text");
	EXPECT_EQ(Looks(Repeated("words ", 511)), "mixed");
}

TEST(Looks, TextBearsFiveBytesInAHundredOfAnotherKind)
{
	std::string page(4096, 'x');

	page.replace(0, 204, 204, '\1'); // 4.98%
	EXPECT_EQ(Looks(page), "text");
	page.replace(0, 205, 205, '\1'); // 5.005%
	EXPECT_EQ(Looks(page), "mixed");
}

TEST(Looks, ShortRunsAreNoText)
{
	EXPECT_EQ(Looks(Repeated(std::string("abc\0", 4))), "mixed");
	EXPECT_EQ(Looks(Repeated(std::string("abcd\0", 5))), "text");
	EXPECT_EQ(Looks(Repeated("\xc2\x80\xc2\x9f")), "mixed"); // controls beyond ASCII
	EXPECT_EQ(Looks(Repeated("abcd\xff")), "mixed");	 // 20% is none
	EXPECT_EQ(Looks(Repeated("\x7f\x7f\x7f\x7f"
				 "abcd")),
		  "mixed");
}

TEST(Looks, PointersOfEitherByteOrder)
{
	const std::vector<uint64_t> bases = {
		0x00007f3a12345670, // mmap
		0x000055d0aabbcc00, // a heap
		0x000000c000123450, // Go's heap
		0x0000aaaac1230000, // 48 bits
		0xffff888012345678, // the kernel's memory, and its text
		0xffffffff81234560,
	};

	for (uint64_t base : bases) {
		EXPECT_EQ(Looks(OfWords([&](size_t i) { return base + 8 * i; })), "pointers")
			<< std::hex << base;
		EXPECT_EQ(Looks(OfWords([&](size_t i) { return __builtin_bswap64(base + 8 * i); })),
			  "pointers")
			<< std::hex << base;
	}
}

TEST(Looks, AThirdOfTheWordsArePointers)
{
	auto page = [](size_t pointers, size_t others) {
		return OfWords([=](size_t i) -> uint64_t {
			if (i < pointers)
				return 0x00007f3a12345670 + 16 * i;
			return i < pointers + others ? i * 1000 : 0;
		});
	};

	EXPECT_EQ(Looks(page(32, 64)), "pointers");
	EXPECT_EQ(Looks(page(32, 65)), "mixed"); // fewer than a third of those that are not zero
	EXPECT_EQ(Looks(page(31, 0)), "mixed");	 // fewer than a sixteenth of all
}

TEST(Looks, NumbersAreNoPointers)
{
	auto pair = [](uint32_t low, uint32_t high) {
		return OfWords([=](size_t i) {
			return static_cast<uint64_t>(high + i % 5) << 32 | (low + i % 7 * 4);
		});
	};

	EXPECT_EQ(Looks(pair(0xff00, 4000)), "mixed"); // small ones
	EXPECT_EQ(Looks(pair(0x12344, 3)), "mixed");
	EXPECT_EQ(Looks(pair(1000000, 0xfffffff0)), "pointers"); // the limit of the rule
	EXPECT_EQ(Looks(pair(40, 0xfffffff0)), "mixed");	 // negative ones
	EXPECT_EQ(Looks(OfWords([](size_t i) { return -4 * (i % 9 + 1); })), "mixed");
	EXPECT_EQ(Looks(pair(0x3f000000, 0x3f000000)), "mixed"); // floats
	EXPECT_EQ(Looks(OfWords([](size_t i) {
			  double d = static_cast<double>(i % 100) / 7;
			  uint64_t word;

			  memcpy(&word, &d, sizeof(word));
			  return word;
		  })),
		  "mixed");
	EXPECT_EQ(Looks(OfWords([](size_t i) { return 0x00007f3a12345671 + 8 * (i % 30); })),
		  "mixed"); // odd
}

TEST(Looks, RandomBytesOfPagesOfAnySize)
{
	EXPECT_EQ(Looks(OfRandomBytes(256)), "random");
	EXPECT_EQ(Looks(OfRandomBytes(256, 65536)), "random");
	EXPECT_EQ(Looks(OfRandomBytes(190)), "mixed");
	EXPECT_EQ(Looks(OfRandomBytes(190, 65536)), "mixed");
}

} // namespace
