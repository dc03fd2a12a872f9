// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cerrno>

#include <cstdint>
#include <string>

extern "C" {
#include "base/units.h"
}

namespace
{

std::string bytes(int64_t value)
{
	char buf[32];

	ksm_format_bytes(value, buf);
	return buf;
}

std::string percent(uint64_t part, uint64_t whole)
{
	char buf[32];

	ksm_format_percent(part, whole, buf);
	return buf;
}

TEST(FormatBytes, ChoosesTheUnit)
{
	EXPECT_EQ(bytes(0), "0 B");
	EXPECT_EQ(bytes(1), "1 B");
	EXPECT_EQ(bytes(1023), "1023 B");
	EXPECT_EQ(bytes(1024), "1.0 KiB");
	EXPECT_EQ(bytes(4096), "4.0 KiB");
	EXPECT_EQ(bytes(1536 * 1024), "1.5 MiB");
	EXPECT_EQ(bytes(INT64_C(1) << 30), "1.0 GiB");
	EXPECT_EQ(bytes(INT64_C(1) << 40), "1.0 TiB");
	EXPECT_EQ(bytes(INT64_C(1) << 50), "1.0 PiB");
	EXPECT_EQ(bytes(INT64_MAX), "8.0 EiB");
}

TEST(FormatBytes, NeverShowsFourDigitsBeforeThePoint)
{
	EXPECT_EQ(bytes((1 << 20) - 1), "1.0 MiB");
	EXPECT_EQ(bytes((INT64_C(1) << 30) - 1), "1.0 GiB");
	EXPECT_EQ(bytes(1023 * 1024), "1023.0 KiB");
	EXPECT_EQ(bytes(1023 * 1024 + 920), "1023.9 KiB");
}

TEST(FormatBytes, LossesHaveASign)
{
	EXPECT_EQ(bytes(-1), "-1 B");
	EXPECT_EQ(bytes(-1288490189), "-1.2 GiB");
	EXPECT_EQ(bytes(INT64_MIN), "-8.0 EiB");
}

TEST(FormatPercent, OfNothingIsNoAnswer)
{
	EXPECT_EQ(percent(0, 0), "-");
	EXPECT_EQ(percent(5, 0), "-");
}

TEST(FormatPercent, OneDecimal)
{
	EXPECT_EQ(percent(0, 7), "0.0%");
	EXPECT_EQ(percent(1, 8), "12.5%");
	EXPECT_EQ(percent(7, 7), "100.0%");
	EXPECT_EQ(percent(3, 2), "150.0%");
	EXPECT_EQ(percent(UINT64_MAX, UINT64_MAX), "100.0%");
}

TEST(FormatSeconds, ChoosesTheUnits)
{
	const struct {
		double seconds;
		const char *text;
	} cases[] = {
		{0, "0.00 s"},	     {0.021, "0.02 s"},	  {0.5, "0.5 s"},
		{9.9, "9.9 s"},	     {9.96, "10 s"},	  {59.4, "59 s"},
		{59.6, "1 min 0 s"}, {200, "3 min 20 s"}, {3599.7, "1 h 0 min"},
		{7500, "2 h 5 min"}, {86399, "1 d 0 h"},  {270000, "3 d 3 h"},
	};

	for (const auto &c : cases) {
		char buf[KSM_UNITS_MAX];

		ksm_format_seconds(c.seconds, buf);
		EXPECT_STREQ(buf, c.text) << c.seconds;
	}
}

TEST(Units, BytesAreParsedWithUnits)
{
	const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {{"1", 1},
		    {"4096", 4096},
		    {"4K", 4096},
		    {"4KiB", 4096},
		    {"512M", 512u << 20},
		    {"64G", UINT64_C(64) << 30},
		    {"2TiB", UINT64_C(2) << 40},
		    {"18446744073709551615", UINT64_MAX}};
	uint64_t bytes = 0;

	for (const auto &g : good) {
		EXPECT_EQ(ksm_parse_bytes(g.text, UINT64_MAX, &bytes), 0) << g.text;
		EXPECT_EQ(bytes, g.bytes) << g.text;
	}
	for (const char *bad : {"", "0", "K", "-1", "1k", "1KB", "1 G", "1GG", "1.5G", "x", "G1",
				"18446744073709551616", "16777216T", "99999999999999999999999999"})
		EXPECT_NE(ksm_parse_bytes(bad, UINT64_MAX, &bytes), 0) << bad;
	EXPECT_EQ(ksm_parse_bytes("4G", UINT32_MAX, &bytes), -ERANGE);
	EXPECT_EQ(ksm_parse_bytes("3G", UINT32_MAX, &bytes), 0);
}

} // namespace
