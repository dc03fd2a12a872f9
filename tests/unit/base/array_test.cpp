// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>

extern "C" {
#include "base/array.h"
}

// AddressSanitizer would end the program where reallocarray refuses an overflow.
extern "C" const char *__asan_default_options();
extern "C" const char *__asan_default_options()
{
	return "allocator_may_return_null=1";
}

namespace
{

TEST(Array, GrowsAndKeepsWhatItHolds)
{
	uint32_t *array = nullptr;
	size_t n = 0, capacity = 0, moves = 0;

	for (; n < 100000; n++) {
		size_t before = capacity;

		ASSERT_EQ(ksm_array_reserve(&array, &capacity, n + 1, sizeof(*array)), 0);
		ASSERT_GT(capacity, n);
		moves += capacity != before;
		array[n] = static_cast<uint32_t>(n * 7);
	}
	for (size_t i = 0; i < n; i++)
		ASSERT_EQ(array[i], i * 7);
	EXPECT_LT(moves, 40u) << "amortised";
	free(array);
}

TEST(Array, DoesNothingWhereThereIsRoom)
{
	char *array = nullptr;
	size_t capacity = 0;

	ASSERT_EQ(ksm_array_reserve(&array, &capacity, 0, 1), 0);
	EXPECT_EQ(array, nullptr);
	ASSERT_EQ(ksm_array_reserve(&array, &capacity, 1000, 1), 0);
	char *before = array;
	EXPECT_EQ(capacity, 1000u);
	ASSERT_EQ(ksm_array_reserve(&array, &capacity, 1000, 1), 0);
	EXPECT_EQ(array, before);
	EXPECT_EQ(capacity, 1000u);
	free(array);
}

TEST(Array, RefusesSizesThatOverflow)
{
	uint64_t *array = nullptr;
	size_t capacity = 0;

	ASSERT_EQ(ksm_array_reserve(&array, &capacity, 3, sizeof(*array)), 0);
	uint64_t *before = array;
	size_t old = capacity;
	EXPECT_EQ(ksm_array_reserve(&array, &capacity, SIZE_MAX / 8 + 2, sizeof(*array)), -ENOMEM);
	EXPECT_EQ(ksm_array_reserve(&array, &capacity, SIZE_MAX, sizeof(*array)), -ENOMEM);
	EXPECT_EQ(array, before);
	EXPECT_EQ(capacity, old);
	free(array);
}

} // namespace
