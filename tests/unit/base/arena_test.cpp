// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>

extern "C" {
#include "base/arena.h"
#include "base/cleanup.h"
}

namespace
{

TEST(Arena, ForgetsWhatLiesBeforeAndNothingElse)
{
	const uint32_t n = 10000, end = 7000, size = 24;
	ksm_cleanup(ksm_arena_release) ksm_arena arena;
	uint32_t forgotten = 0;

	ksm_arena_init(&arena, size);
	for (uint32_t i = 1; i <= n; i++) {
		ASSERT_EQ(ksm_arena_alloc(&arena), i);
		*static_cast<uint64_t *>(ksm_arena_at(&arena, i)) = i;
	}
	ksm_arena_forget(&arena, 1, 3000);
	ksm_arena_forget(&arena, 3000, end);
	while (!*static_cast<uint64_t *>(ksm_arena_at(&arena, forgotten + 1)))
		forgotten++;
	EXPECT_LT(forgotten, end);
	EXPECT_GT(forgotten, end - sysconf(_SC_PAGESIZE) / size - 2);
	for (uint32_t i = forgotten + 1; i <= n; i++)
		EXPECT_EQ(*static_cast<uint64_t *>(ksm_arena_at(&arena, i)), i);
}

TEST(Arena, ShrinksAndIsFreshBehindItsEnd)
{
	for (uint32_t end : {1u, 2u, 700u, 90000u, 99999u, 100001u}) {
		ksm_arena arena;

		ksm_arena_init(&arena, 24);
		for (uint32_t i = 1; i <= 100000; i++) {
			uint32_t number = ksm_arena_alloc(&arena);

			memset(ksm_arena_at(&arena, number), 0xff, 24);
		}
		ksm_arena_free(&arena, 100000);
		ksm_arena_shrink(&arena, end);
		for (uint32_t i = 1; i < end && i < 100000; i++)
			ASSERT_EQ(*static_cast<uint8_t *>(ksm_arena_at(&arena, i)), 0xff) << i;
		for (uint32_t i = end; i <= 100000; i++) {
			uint32_t number = ksm_arena_alloc(&arena);
			const auto *at = static_cast<uint8_t *>(ksm_arena_at(&arena, number));

			ASSERT_EQ(number, i);
			ASSERT_TRUE(std::all_of(at, at + 24, [](uint8_t b) { return b == 0; }))
				<< i;
		}
		ksm_arena_release(&arena);
	}
}

} // namespace
