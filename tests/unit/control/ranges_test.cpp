/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

extern "C" {
#include "control/ranges.h"
}

namespace
{

using Pairs = std::vector<std::pair<uint64_t, uint64_t>>;

const char kSmaps[] =
	"00010000-00020000 rw-p 00000000 00:00 0 [heap]\nVmFlags: rd wr mr mw me ac mg\n"
	"00030000-00040000 rw-p 00000000 00:00 0\nVmFlags: rd wr mr mw me ac\n"
	"00050000-00060000 rw-s 00000000 00:01 9 /dev/zero (deleted)\nVmFlags: rd wr sh mr mw me "
	"ms\n"
	"00070000-00080000 rw-p 00000000 08:01 5 /usr/lib/libx.so\nVmFlags: rd wr mr mw me ac\n"
	"00090000-000a0000 rw-p 00000000 00:00 0 [stack]\nVmFlags: rd wr mr mw me gd ac mg\n";

class RangesTest : public ::testing::Test
{
      protected:
	void SetUp() override
	{
		ASSERT_EQ(ksm_areas_parse(kSmaps, sizeof(kSmaps) - 1, &areas_, nullptr), 0);
	}
	void TearDown() override
	{
		ksm_areas_free(&areas_);
	}
	Pairs Choose(bool merge, const std::vector<const char *> &names,
		     const std::vector<ksm_area_range> &ranges = {})
	{
		struct ksm_range_choice choice = {names.data(), names.size(), ranges.data(),
						  ranges.size()};
		struct ksm_ranges chosen = {};
		Pairs pairs;

		ret_ = ksm_ranges_choose(&areas_, &choice, merge, &chosen, &err_);
		for (size_t i = 0; i < chosen.n; i++)
			pairs.emplace_back(reinterpret_cast<uintptr_t>(chosen.range[i].iov_base),
					   chosen.range[i].iov_len);
		ksm_ranges_free(&chosen);
		return pairs;
	}

	struct ksm_areas areas_ = {};
	struct ksm_error err_ = {};
	int ret_ = 0;
};

TEST_F(RangesTest, AllThatKsmAccepts)
{
	EXPECT_EQ(Choose(true, {}), (Pairs{{0x10000, 0x10000},
					   {0x30000, 0x10000},
					   {0x70000, 0x10000},
					   {0x90000, 0x10000}}));
	EXPECT_EQ(ret_, 0);
}

TEST_F(RangesTest, AllThatIsMarked)
{
	EXPECT_EQ(Choose(false, {}), (Pairs{{0x10000, 0x10000}, {0x90000, 0x10000}}));
}

TEST_F(RangesTest, ByKindAndName)
{
	EXPECT_EQ(Choose(true, {"heap", "anon"}), (Pairs{{0x10000, 0x10000}, {0x30000, 0x10000}}));
	EXPECT_EQ(Choose(true, {"/usr/lib/libx.so"}), (Pairs{{0x70000, 0x10000}}));
	EXPECT_EQ(Choose(true, {"[stack]"}), (Pairs{{0x90000, 0x10000}}));
}

TEST_F(RangesTest, ByAddress)
{
	/* Over a gap, and over what KSM does not accept. */
	EXPECT_EQ(Choose(true, {}, {{0x18000, 0x32000}, {0x50000, 0x71000}}),
		  (Pairs{{0x18000, 0x8000}, {0x30000, 0x2000}, {0x70000, 0x1000}}));
	EXPECT_EQ(Choose(true, {"stack"}, {{0x10000, 0x11000}}),
		  (Pairs{{0x10000, 0x1000}, {0x90000, 0x10000}}));
}

TEST_F(RangesTest, NothingLeft)
{
	EXPECT_EQ(Choose(true, {"shared"}), Pairs());
	EXPECT_EQ(ret_, -ENOENT);
	EXPECT_EQ(Choose(false, {"anon"}), Pairs());
	EXPECT_EQ(ret_, -ENOENT);
	EXPECT_EQ(Choose(true, {}, {{0x20000, 0x30000}}), Pairs());
	EXPECT_EQ(ret_, -ENOENT);
}

TEST(RangeParseTest, Texts)
{
	struct ksm_area_range range;

	ASSERT_EQ(ksm_range_parse("7f0000-7f1000", 4096, &range, nullptr), 0);
	EXPECT_EQ(range.start, 0x7f0000u);
	EXPECT_EQ(range.end, 0x7f1000u);
	ASSERT_EQ(ksm_range_parse("0x7f0000-0x7f1000", 4096, &range, nullptr), 0);
	EXPECT_EQ(range.end, 0x7f1000u);
	for (const char *text :
	     {"", "-", "1000", "1000-", "-1000", "1000-1000", "2000-1000", " 1000-2000",
	      "1000- 2000", "1000-2000 ", "1000--2000", "1001-2000", "1000-2001", "g-h",
	      "1000-2000-3000", "1000-ffffffffffffffffff000"})
		EXPECT_EQ(ksm_range_parse(text, 4096, &range, nullptr), -EINVAL) << text;
	EXPECT_EQ(ksm_range_parse("1000-2000", 16384, &range, nullptr), -EINVAL);
}

} // namespace
