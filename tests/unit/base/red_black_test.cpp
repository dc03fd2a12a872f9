// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <random>
#include <set>

extern "C" {
#include "base/arena.h"
#include "base/red_black.h"
}

namespace
{

struct Element {
	uint32_t value;
	struct ksm_rb_node node;
};

class RedBlack : public testing::Test
{
      protected:
	RedBlack()
	{
		ksm_arena_init(&arena_, sizeof(Element));
	}
	~RedBlack() override
	{
		ksm_arena_release(&arena_);
	}

	Element &At(uint32_t number)
	{
		return *static_cast<Element *>(ksm_arena_at(&arena_, number));
	}

	uint32_t Insert(uint32_t value)
	{
		uint32_t number = ksm_arena_alloc(&arena_), parent = 0;
		unsigned int side = 0;

		At(number).value = value;
		for (uint32_t walk = root_; walk; walk = At(walk).node.child[side]) {
			parent = walk;
			side = value > At(walk).value;
		}
		ksm_rb_insert(space_, &root_, number, parent, side);
		return number;
	}

	// Returns the black height; checks order, parents and colours on the way.
	int Check(uint32_t number, uint32_t parent, std::vector<uint32_t> &order)
	{
		if (!number)
			return 1;
		const auto &node = At(number).node;
		bool red = !(node.parent_color & 1);

		EXPECT_EQ(node.parent_color >> 1, parent);
		if (red && parent) {
			EXPECT_TRUE(At(parent).node.parent_color & 1) << "two red nodes in a row";
		}
		int left = Check(node.child[0], number, order);
		order.push_back(At(number).value);
		int right = Check(node.child[1], number, order);
		EXPECT_EQ(left, right) << "black heights differ";
		return left + !red;
	}

	void ExpectHolds(const std::set<uint32_t> &values)
	{
		std::vector<uint32_t> order;

		Check(root_, 0, order);
		EXPECT_EQ(order, std::vector<uint32_t>(values.begin(), values.end()));
	}

	struct ksm_arena arena_;
	struct ksm_rb_space space_ = {&arena_, offsetof(Element, node)};
	uint32_t root_ = 0;
};

TEST_F(RedBlack, StaysBalancedThroughRandomInsertsAndErases)
{
	std::mt19937 random(1);
	std::set<uint32_t> values;
	std::vector<uint32_t> numbers;

	for (int step = 0; step < 6000; step++) {
		// Grow for a while, then shrink, and so on: all shapes of deletion occur.
		bool grow = numbers.empty() || (random() % 100 < (step / 1000 % 2 ? 35u : 65u));

		if (grow) {
			uint32_t value = random() % 100000;

			if (values.insert(value).second)
				numbers.push_back(Insert(value));
		} else {
			size_t pick = random() % numbers.size();
			uint32_t number = numbers[pick];

			values.erase(At(number).value);
			ksm_rb_erase(space_, &root_, number);
			ksm_arena_free(&arena_, number);
			numbers[pick] = numbers.back();
			numbers.pop_back();
		}
		if (step % 50 == 0)
			ExpectHolds(values);
		if (HasFailure())
			FAIL() << "at step " << step;
	}
	for (uint32_t number : numbers)
		ksm_rb_erase(space_, &root_, number);
	EXPECT_EQ(root_, 0u);
}

TEST_F(RedBlack, AscendingOrderDoesNotDegenerate)
{
	std::set<uint32_t> values;
	int depth = 0;

	for (uint32_t value = 0; value < 4096; value++) {
		Insert(value);
		values.insert(value);
	}
	ExpectHolds(values);
	for (uint32_t walk = root_; walk; walk = At(walk).node.child[1])
		depth++;
	EXPECT_LE(depth, 2 * 13);
}

TEST_F(RedBlack, ReplaceKeepsTheShape)
{
	std::set<uint32_t> values;

	for (uint32_t value = 0; value < 100; value++) {
		Insert(value * 2);
		values.insert(value * 2);
	}
	for (uint32_t number = 1; number <= 100; number++) {
		uint32_t other = ksm_arena_alloc(&arena_);

		At(other).value = At(number).value;
		ksm_rb_replace(space_, &root_, number, other);
	}
	ExpectHolds(values);
}

TEST(Arena, GivesZeroedElementsAndTakesThemBack)
{
	struct ksm_arena arena;

	ksm_arena_init(&arena, 24);
	uint32_t first = ksm_arena_alloc(&arena);
	ASSERT_NE(first, 0u);
	memset(ksm_arena_at(&arena, first), 0xff, 24);
	ksm_arena_free(&arena, first);
	uint32_t again = ksm_arena_alloc(&arena);
	EXPECT_EQ(again, first);
	for (int i = 0; i < 24; i++)
		EXPECT_EQ(static_cast<char *>(ksm_arena_at(&arena, again))[i], 0);

	// Growing keeps what is there.
	*static_cast<uint32_t *>(ksm_arena_at(&arena, again)) = 42;
	for (int i = 0; i < 100000; i++)
		ASSERT_NE(ksm_arena_alloc(&arena), 0u);
	EXPECT_EQ(*static_cast<uint32_t *>(ksm_arena_at(&arena, again)), 42u);
	ksm_arena_release(&arena);
}

} // namespace
