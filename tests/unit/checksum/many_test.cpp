// SPDX-License-Identifier: GPL-2.0-or-later
// Every implementation that this processor supports, against the reference; the others are skipped by name.
#include <gtest/gtest.h>
#include <xxhash.h>

#include <cstring>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <vector>

extern "C" {
#include "checksum/checksum.h"
#include "checksum/many.h"
}

namespace
{

constexpr size_t kMostPages = 17;
constexpr size_t kPageSizes[] = {4096, 8192, 12288, 16384, 20480, 65536, 1 << 20};

// Pages not aligned to anything: no implementation may ask for it.
std::vector<unsigned char> RandomPages(size_t page_size, size_t n)
{
	std::mt19937_64 random(page_size + n);
	std::vector<unsigned char> bytes(page_size * n + 8);

	for (size_t i = 0; i + 8 <= bytes.size(); i += 8) {
		uint64_t word = random();

		std::memcpy(&bytes[i], &word, sizeof(word));
	}
	bytes.resize(page_size * n + 1);
	return bytes;
}

class Many : public testing::TestWithParam<const ksm_many *>
{
      protected:
	void SetUp() override
	{
		if (!GetParam()->is_supported())
			GTEST_SKIP() << "this processor lacks " << GetParam()->name;
	}
};

TEST_P(Many, Xxh64OfAnyNumberOfPagesEqualsTheLibrary)
{
	for (size_t page_size : kPageSizes) {
		auto bytes = RandomPages(page_size, kMostPages);
		const unsigned char *pages = bytes.data() + 1;

		for (size_t n = 0; n <= kMostPages; n++) {
			std::vector<uint64_t> hashes(kMostPages + 1, 42);

			GetParam()->xxh64(pages, page_size, n, hashes.data());
			for (size_t i = 0; i < n; i++)
				ASSERT_EQ(hashes[i], XXH64(pages + i * page_size, page_size, 0))
					<< page_size << " " << n << " " << i;
			EXPECT_EQ(hashes[n], 42u) << page_size << " " << n;
		}
	}
}

TEST_P(Many, Jhash2OfAnyNumberOfPagesEqualsThatOfOne)
{
	for (size_t page_size : kPageSizes) {
		auto bytes = RandomPages(page_size, kMostPages);
		const unsigned char *pages = bytes.data() + 1;

		for (size_t n = 0; n <= kMostPages; n++) {
			std::vector<uint32_t> hashes(kMostPages + 1, 42);

			GetParam()->jhash2(pages, page_size, n, hashes.data());
			for (size_t i = 0; i < n; i++)
				ASSERT_EQ(hashes[i],
					  ksm_jhash2(pages + i * page_size, page_size / 4, 17))
					<< page_size << " " << n << " " << i;
			EXPECT_EQ(hashes[n], 42u) << page_size << " " << n;
		}
	}
}

// These two after the definitions in many.h.
void NhByDefinition(const unsigned char *block, const unsigned char *key, uint64_t *sums)
{
	for (size_t s = 0; s < 3; s++) {
		sums[s] = 0;
		for (size_t at = 0; at < KSM_BLOCK; at += 8) {
			uint32_t m[2], k[2];

			std::memcpy(m, block + at, 8);
			std::memcpy(k, key + s * KSM_BLOCK_SHIFT + at, 8);
			m[0] += k[0];
			m[1] += k[1];
			sums[s] += static_cast<uint64_t>(m[0]) * m[1];
		}
	}
	sums[3] = 0;
}

void ClnhByDefinition(const unsigned char *block, const unsigned char *key, uint64_t *sums)
{
	for (size_t s = 0; s < 2; s++) {
		sums[2 * s] = sums[2 * s + 1] = 0;
		for (size_t at = 0; at < KSM_BLOCK; at += 16) {
			uint64_t m[2], k[2];

			std::memcpy(m, block + at, 16);
			std::memcpy(k, key + s * KSM_BLOCK_SHIFT + at, 16);
			for (size_t bit = 0; bit < 64; bit++) {
				if (!((m[0] ^ k[0]) >> bit & 1))
					continue;
				sums[2 * s] ^= (m[1] ^ k[1]) << bit;
				sums[2 * s + 1] ^= bit ? (m[1] ^ k[1]) >> (64 - bit) : 0;
			}
		}
	}
}

bool HasClnh(const ksm_many *many)
{
	return std::string(many->name).find("_clmul") != std::string::npos;
}

TEST_P(Many, TheHashOfABlockIsWhatItsDefinitionSays)
{
	struct alignas(64) Key {
		unsigned char bytes[KSM_BLOCK_KEY_BYTES];
	} key;

	for (size_t round = 0; round < 50; round++) {
		auto bytes = RandomPages(4096, 3 + round);
		uint64_t expected[KSM_BLOCK_SUMS], sums[KSM_BLOCK_SUMS];

		std::memcpy(key.bytes, bytes.data() + 4000, sizeof(key.bytes));
		if (round == 0) // the greatest products there are
			std::fill(bytes.begin(), bytes.begin() + 4097, 0xff),
				std::memset(key.bytes, 0, sizeof(key.bytes));
		(HasClnh(GetParam()) ? ClnhByDefinition : NhByDefinition)(bytes.data() + 1,
									  key.bytes, expected);
		GetParam()->hash_block(bytes.data() + 1, key.bytes, sums);
		for (size_t s = 0; s < KSM_BLOCK_SUMS; s++)
			ASSERT_EQ(sums[s], expected[s]) << round << " " << s;
	}
}

TEST_P(Many, SummerHasTheSameSumsOfManyPagesAsOfOne)
{
	for (ksm_checksum_kind kind : {KSM_CHECKSUM_JHASH2, KSM_CHECKSUM_XXHASH}) {
		for (size_t page_size : {4096u, 16384u, 65536u}) {
			ksm_page_sum sums[kMostPages], expected[kMostPages];
			auto bytes = RandomPages(page_size, kMostPages);
			ksm_summer summer;

			std::fill(bytes.begin() + page_size, bytes.begin() + 3 * page_size, 0);
			ASSERT_EQ(ksm_summer_init(&summer, kind,
						  static_cast<unsigned int>(page_size)),
				  0);
			summer.many = GetParam();
			ksm_summer_pages(&summer, bytes.data(), kMostPages, sums);
			for (size_t i = 0; i < kMostPages; i++) {
				const unsigned char *page = bytes.data() + i * page_size;

				ksm_summer_pages(&summer, page, 1, &expected[i]);
				EXPECT_TRUE(ksm_page_key_equal(sums[i].key, expected[i].key));
				EXPECT_EQ(sums[i].is_zero, i == 1 || i == 2) << i;
				EXPECT_EQ(expected[i].is_zero, i == 1 || i == 2) << i;
				EXPECT_EQ(
					ksm_page_key_checksum(sums[i].key),
					kind == KSM_CHECKSUM_JHASH2
						? ksm_jhash2(page, page_size / 4, 17)
						: static_cast<uint32_t>(XXH64(page, page_size, 0)));
			}
		}
	}
}

std::vector<const ksm_many *> All()
{
	std::vector<const ksm_many *> all;

	for (size_t i = 0; i < ksm_many_table_size; i++)
		all.push_back(&ksm_many_table[i]);
	return all;
}

INSTANTIATE_TEST_SUITE_P(Implementations, Many, testing::ValuesIn(All()),
			 [](const testing::TestParamInfo<const ksm_many *> &many) {
				 return std::string(many.param->name);
			 });

TEST(ManyTable, TheBestIsSupportedAndTheLastAlwaysIs)
{
	EXPECT_TRUE(ksm_many_best()->is_supported());
	EXPECT_TRUE(ksm_many_table[ksm_many_table_size - 1].is_supported());
	EXPECT_STREQ(ksm_many_table[ksm_many_table_size - 1].name, "plain");
	for (const ksm_many *many = ksm_many_table; many != ksm_many_best(); many++)
		EXPECT_FALSE(many->is_supported()) << many->name;
}

} // namespace
