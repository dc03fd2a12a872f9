// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

extern "C" {
#include "checksum/checksum.h"
}

namespace
{

std::vector<unsigned char> RandomBytes(size_t n, unsigned int seed)
{
	std::mt19937 random(seed);
	std::vector<unsigned char> bytes(n);

	for (auto &byte : bytes)
		byte = static_cast<unsigned char>(random());
	return bytes;
}

// Computed from include/linux/jhash.h of 4.19 and by xxhsum.
TEST(Checksum, ZeroPageHasTheKernelsValues)
{
	std::vector<unsigned char> page(4096);

	EXPECT_EQ(ksm_jhash2(page.data(), 1024, 17), 0x61574272u);
	EXPECT_EQ(ksm_xxh64(page.data(), 4096), UINT64_C(0xac869b6f32d8bbdb));
}

TEST(Checksum, Jhash2TakesEveryTailLength)
{
	auto bytes = RandomBytes(64, 1);
	std::vector<uint32_t> seen;

	for (size_t words = 0; words <= 16; words++) {
		uint32_t hash = ksm_jhash2(bytes.data(), words, 17);

		for (uint32_t other : seen)
			EXPECT_NE(hash, other) << words;
		seen.push_back(hash);
	}
	EXPECT_EQ(ksm_jhash2(bytes.data(), 0, 17), 0xdeadbeefu + 17);
}

TEST(Checksum, Xxh64EqualsTheLibraryAtEveryLength)
{
	for (size_t n = 0; n < 300; n++) {
		auto bytes = RandomBytes(n, static_cast<unsigned int>(n));

		ASSERT_EQ(ksm_xxh64(bytes.data(), n), XXH64(bytes.data(), n, 0)) << n;
	}
	for (size_t n : {4096u, 16384u, 65536u}) {
		auto bytes = RandomBytes(n, static_cast<unsigned int>(n));

		EXPECT_EQ(ksm_xxh64(bytes.data(), n), XXH64(bytes.data(), n, 0)) << n;
	}
}

TEST(Checksum, Xxh64TakesUnalignedInput)
{
	auto bytes = RandomBytes(4100, 7);

	for (size_t shift = 0; shift < 4; shift++)
		EXPECT_EQ(ksm_xxh64(bytes.data() + shift, 4096),
			  XXH64(bytes.data() + shift, 4096, 0));
}

class Summer : public testing::TestWithParam<ksm_checksum_kind>
{
};

TEST_P(Summer, EqualPagesAndOnlyTheseHaveEqualKeys)
{
	struct ksm_summer summer;
	struct ksm_page_sum sums[4];
	auto pages = RandomBytes(4 * 4096, 3);

	std::copy(pages.begin(), pages.begin() + 4096, pages.begin() + 2 * 4096);
	std::fill(pages.begin() + 3 * 4096, pages.end(), 0);
	ASSERT_EQ(ksm_summer_init(&summer, GetParam(), 4096), 0);
	ksm_summer_pages(&summer, pages.data(), 4, sums);

	EXPECT_TRUE(ksm_page_key_equal(sums[0].key, sums[2].key));
	EXPECT_EQ(ksm_page_key_checksum(sums[0].key),
		  GetParam() == KSM_CHECKSUM_JHASH2
			  ? ksm_jhash2(pages.data(), 1024, 17)
			  : static_cast<uint32_t>(XXH64(pages.data(), 4096, 0)));
	EXPECT_FALSE(ksm_page_key_equal(sums[0].key, sums[1].key));
	EXPECT_FALSE(ksm_page_key_equal(sums[0].key, sums[3].key));
	EXPECT_FALSE(sums[0].is_zero);
	EXPECT_TRUE(sums[3].is_zero);
	EXPECT_EQ(ksm_page_key_checksum(sums[3].key),
		  GetParam() == KSM_CHECKSUM_JHASH2 ? 0x61574272u : 0x32d8bbdbu);
}

TEST_P(Summer, OneByteAnywhereMakesAPageNonZero)
{
	struct ksm_summer summer;
	struct ksm_page_sum sum;
	std::vector<unsigned char> page(4096);

	ASSERT_EQ(ksm_summer_init(&summer, GetParam(), 4096), 0);
	for (size_t i : {0u, 1u, 7u, 2048u, 4094u, 4095u}) {
		page[i] = 1;
		ksm_summer_pages(&summer, page.data(), 1, &sum);
		EXPECT_FALSE(sum.is_zero) << i;
		page[i] = 0;
	}
}

size_t pages_checksummed; // by the functions below

void CountXxh64(const void *pages, size_t page_size, size_t n, uint64_t *ret_hashes)
{
	pages_checksummed += n;
	ksm_xxh64_plain(pages, page_size, n, ret_hashes);
}

void CountJhash2(const void *pages, size_t page_size, size_t n, uint32_t *ret_hashes)
{
	pages_checksummed += n;
	ksm_jhash2_plain(pages, page_size, n, ret_hashes);
}

// In every grouping of pages that changed.
TEST_P(Summer, OnlyPagesThatChangedGetANewChecksum)
{
	constexpr size_t page_size = 8192, n = 61;
	struct ksm_summer summer;
	ksm_many many;
	std::mt19937 random(9);
	auto pages = RandomBytes(n * page_size, 4);
	std::vector<ksm_page_sum> sums(n), expected(n);

	ASSERT_EQ(ksm_summer_init(&summer, GetParam(), page_size), 0);
	many = *summer.many;
	many.xxh64 = CountXxh64;
	many.jhash2 = CountJhash2;
	summer.many = &many;
	ksm_summer_pages_again(&summer, pages.data(), n, sums.data());
	for (unsigned int of = 1; of <= 64; of++) {
		size_t changed = 0;

		for (size_t i = 0; i < n; i++) {
			if (random() % of)
				continue;
			if (random() % 4)
				pages[i * page_size + random() % page_size] ^= 0x10;
			else if (random() % 2)
				std::fill_n(pages.begin() + i * page_size, page_size, 0);
			else
				sums[i] = {};
			changed++;
		}
		ksm_summer_pages(&summer, pages.data(), n, expected.data());
		pages_checksummed = 0;
		ksm_summer_pages_again(&summer, pages.data(), n, sums.data());
		EXPECT_LE(pages_checksummed, changed);
		EXPECT_EQ(pages_checksummed == 0, changed == 0);
		for (size_t i = 0; i < n; i++) {
			ASSERT_TRUE(ksm_page_key_equal(sums[i].key, expected[i].key)) << i;
			ASSERT_EQ(sums[i].is_zero, expected[i].is_zero) << i;
		}
	}
}

INSTANTIATE_TEST_SUITE_P(Kinds, Summer, testing::Values(KSM_CHECKSUM_JHASH2, KSM_CHECKSUM_XXHASH));

TEST(PageKey, DiffersBetweenRunsButForTheChecksum)
{
	ksm_summer a, b;
	ksm_page_sum of_a, of_b;
	auto page = RandomBytes(4096, 5);

	ASSERT_EQ(ksm_summer_init(&a, KSM_CHECKSUM_XXHASH, 4096), 0);
	ASSERT_EQ(ksm_summer_init(&b, KSM_CHECKSUM_XXHASH, 4096), 0);
	ksm_summer_pages(&a, page.data(), 1, &of_a);
	ksm_summer_pages(&b, page.data(), 1, &of_b);
	EXPECT_EQ(ksm_page_key_checksum(of_a.key), ksm_page_key_checksum(of_b.key));
	EXPECT_NE(of_a.key.lo >> 32, of_b.key.lo >> 32);
	EXPECT_NE(of_a.key.hi, of_b.key.hi);
}

// Both secrets count: with one alone, the other half could be prepared for.
TEST(PageKey, DependsOnEachSecret)
{
	ksm_summer summer;
	ksm_page_sum before, after;
	auto page = RandomBytes(4096, 6);

	ASSERT_EQ(ksm_summer_init(&summer, KSM_CHECKSUM_XXHASH, 4096), 0);
	ksm_summer_pages(&summer, page.data(), 1, &before);
	summer.block_key[KSM_BLOCK] ^= 1;
	ksm_summer_pages(&summer, page.data(), 1, &after);
	EXPECT_FALSE(ksm_page_key_equal(before.key, after.key));
	summer.block_key[KSM_BLOCK] ^= 1;
	summer.key_secret[0] ^= 1;
	ksm_summer_pages(&summer, page.data(), 1, &after);
	EXPECT_FALSE(ksm_page_key_equal(before.key, after.key));
}

TEST(PageKey, TellsTheOrderOfBlocks)
{
	ksm_summer summer;
	ksm_page_sum sums[2];
	auto pages = RandomBytes(2 * 16384, 8);

	std::copy(pages.begin(), pages.begin() + 16384, pages.begin() + 16384);
	std::swap_ranges(pages.begin() + 16384, pages.begin() + 16384 + 4096,
			 pages.begin() + 16384 + 8192);
	ASSERT_EQ(ksm_summer_init(&summer, KSM_CHECKSUM_XXHASH, 16384), 0);
	ksm_summer_pages(&summer, pages.data(), 2, sums);
	EXPECT_NE(sums[0].key.hi, sums[1].key.hi);
	EXPECT_NE(sums[0].key.lo >> 32, sums[1].key.lo >> 32);
}

// Two pages that XXH3-128 takes for one with one seed in 60: the top bit of two lanes that have keys of a known
// difference. Of 4,000 seeds some 60 would do it.
TEST(PageKey, PreparedPagesDoNotCollide)
{
	std::vector<unsigned char> pages(2 * 4096, 0x11);
	const uint64_t first = UINT64_C(0x1234567800000000), second = first ^ 0x060a0410;
	int as_xxh3 = 0;

	for (size_t page : {0u, 4096u}) {
		std::memcpy(&pages[page], &first, 8);
		std::memcpy(&pages[page + 12 * 64], &second, 8);
	}
	pages[4096 + 7] ^= 0x80;
	pages[4096 + 12 * 64 + 7] ^= 0x80;
	for (uint64_t run = 1; run <= 4000; run++) {
		XXH64_hash_t seed = XXH64(&run, sizeof(run), 0);
		XXH128_hash_t a = XXH3_128bits_withSeed(pages.data(), 4096, seed);
		XXH128_hash_t b = XXH3_128bits_withSeed(pages.data() + 4096, 4096, seed);

		as_xxh3 += XXH128_isEqual(a, b);
	}
	EXPECT_GT(as_xxh3, 10) << "these pages are not what this test needs";
	for (int run = 0; run < 4000; run++) {
		ksm_summer summer;
		ksm_page_sum sums[2];

		ASSERT_EQ(ksm_summer_init(&summer, KSM_CHECKSUM_XXHASH, 4096), 0);
		ksm_summer_pages(&summer, pages.data(), 2, sums);
		ASSERT_NE(sums[0].key.hi, sums[1].key.hi);
		ASSERT_NE(sums[0].key.lo >> 32, sums[1].key.lo >> 32);
	}
}

} // namespace
