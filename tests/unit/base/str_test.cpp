// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <string>

extern "C" {
#include "base/str.h"
}

namespace
{

class Str : public ::testing::Test
{
      protected:
	~Str() override
	{
		ksm_str_free(&str);
	}

	std::string text() const
	{
		return std::string(str.data ? str.data : "", str.len);
	}

	struct ksm_str str = {};
};

std::string escaped(const std::string &text)
{
	struct ksm_str str = {};

	EXPECT_EQ(ksm_str_escape(&str, text.data(), text.size()), 0);
	std::string result(str.data, str.len);
	EXPECT_EQ(str.data[str.len], '\0');
	ksm_str_free(&str);
	return result;
}

TEST_F(Str, AppendsAndEndsInNul)
{
	std::string want;

	for (int i = 0; i < 1000; i++) {
		ASSERT_EQ(ksm_str_append(&str, "ab\0c", 4), 0);
		want.append("ab\0c", 4);
		ASSERT_EQ(str.data[str.len], '\0');
	}
	EXPECT_EQ(text(), want);
}

TEST_F(Str, AppendingNothingMakesAString)
{
	ASSERT_EQ(ksm_str_append(&str, nullptr, 0), 0);
	EXPECT_STREQ(str.data, "");
	EXPECT_EQ(str.len, 0u);
}

TEST_F(Str, RefusesLengthsThatOverflow)
{
	ASSERT_EQ(ksm_str_append(&str, "x", 1), 0);
	EXPECT_EQ(ksm_str_append(&str, "x", SIZE_MAX), -ENOMEM);
	EXPECT_EQ(ksm_str_append(&str, "x", SIZE_MAX - 1), -ENOMEM);
	EXPECT_EQ(text(), "x");
}

TEST_F(Str, PrintfAppends)
{
	ASSERT_EQ(ksm_str_printf(&str, "%d", 12), 0);
	ASSERT_EQ(ksm_str_printf(&str, "-%s", std::string(5000, 'y').c_str()), 0);
	ASSERT_EQ(ksm_str_printf(&str, "%s", ""), 0);
	EXPECT_EQ(text(), "12-" + std::string(5000, 'y'));
}

TEST_F(Str, FreeLeavesAnEmptyStringThatCanBeUsed)
{
	ASSERT_EQ(ksm_str_append(&str, "x", 1), 0);
	ksm_str_free(&str);
	EXPECT_EQ(str.data, nullptr);
	EXPECT_EQ(str.len, 0u);
	ASSERT_EQ(ksm_str_append(&str, "y", 1), 0);
	EXPECT_EQ(text(), "y");
}

TEST(Escape, LeavesOrdinaryTextAlone)
{
	EXPECT_EQ(escaped("node [main] ~"), "node [main] ~");
	EXPECT_EQ(escaped("gr\u00fc\u00df \u4e2d \U0001f600"), "gr\u00fc\u00df \u4e2d \U0001f600");
	EXPECT_EQ(escaped(""), "");
}

TEST(Escape, ControlsBecomeHex)
{
	EXPECT_EQ(escaped("\x1b[31m"), "\\x1b[31m");
	EXPECT_EQ(escaped("a\nb\tc\r"), "a\\x0ab\\x09c\\x0d");
	EXPECT_EQ(escaped(std::string("\0", 1)), "\\x00");
	EXPECT_EQ(escaped("\x7f"), "\\x7f");
	EXPECT_EQ(escaped("\u0085"), "\\xc2\\x85"); // C1: an xterm obeys it in UTF-8 too
	EXPECT_EQ(escaped("\u009b"), "\\xc2\\x9b");
	EXPECT_EQ(escaped("\u00a0"), "\u00a0");
}

TEST(Escape, BackslashesAreDoubledSoThatNothingIsAmbiguous)
{
	EXPECT_EQ(escaped("\\x1b"), "\\\\x1b");
}

TEST(Escape, IsUndone)
{
	auto undone = [](const std::string &text) {
		ksm_str str = {};

		EXPECT_EQ(ksm_str_unescape(&str, text.data(), text.size()), 0);
		std::string back(str.data, str.len);
		ksm_str_free(&str);
		return back;
	};

	for (int a = 1; a < 256; a++)
		for (int b = 1; b < 256; b++) {
			std::string in = {static_cast<char>(a), static_cast<char>(b)};

			ASSERT_EQ(undone(escaped(in)), in);
		}
	EXPECT_EQ(undone(""), "");
	for (const char *text : {"\\", "\\x", "\\x4", "\\x4g", "\\xAB", "\\n", "\\x00"})
		EXPECT_EQ(undone(text), text);
}

TEST(Escape, TextThatReordersOrHidesBecomesHex)
{
	for (const char *unseen : {"\u115f", "\u3164", "\u2800", "\ufe0f", "\U000e0101"})
		EXPECT_EQ(escaped(unseen).substr(0, 2), "\\x") << escaped(unseen);
	EXPECT_EQ(escaped("\u202e"), "\\xe2\\x80\\xae");
	EXPECT_EQ(escaped("\u061c"), "\\xd8\\x9c");
	EXPECT_EQ(escaped("\u200b\u200f"), "\\xe2\\x80\\x8b\\xe2\\x80\\x8f");
	EXPECT_EQ(escaped("\u2028\u2029"), "\\xe2\\x80\\xa8\\xe2\\x80\\xa9");
	EXPECT_EQ(escaped("\u2066\u2069"), "\\xe2\\x81\\xa6\\xe2\\x81\\xa9");
	EXPECT_EQ(escaped("\ufeff"), "\\xef\\xbb\\xbf");
	EXPECT_EQ(escaped("\u2010"), "\u2010");
}

TEST(Escape, WhatIsNotUtf8BecomesHexByteByByte)
{
	EXPECT_EQ(escaped("\xff"), "\\xff");
	EXPECT_EQ(escaped("a\xc3"), "a\\xc3");				// cut off
	EXPECT_EQ(escaped("\xc0\xaf"), "\\xc0\\xaf");			// overlong
	EXPECT_EQ(escaped("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");		// overlong
	EXPECT_EQ(escaped("\xed\xa0\x80"), "\\xed\\xa0\\x80");		// surrogate
	EXPECT_EQ(escaped("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"); // past U+10FFFF
	EXPECT_EQ(escaped("\xe4x\xb8"), "\\xe4x\\xb8");
}

TEST(Escape, EveryResultIsPrintableAndCanBeUndone)
{
	for (int a = 0; a < 256; a++) {
		for (int b = 0; b < 256; b++) {
			std::string in = {static_cast<char>(a), static_cast<char>(b)},
				    out = escaped(in);
			std::string back;

			for (size_t i = 0; i < out.size(); i++) {
				ASSERT_FALSE(static_cast<unsigned char>(out[i]) < 0x20 ||
					     out[i] == 0x7f);
				if (out[i] != '\\') {
					back += out[i];
				} else if (out[i + 1] == '\\') {
					back += '\\';
					i++;
				} else {
					back += static_cast<char>(
						std::stoi(out.substr(i + 2, 2), nullptr, 16));
					i += 3;
				}
			}
			ASSERT_EQ(back, in);
		}
	}
}

TEST(Utf8, KnowsEveryCodePointAndOnlyThose)
{
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		char buf[4];
		size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
		uint32_t got = ~cp;

		if (n == 1)
			buf[0] = static_cast<char>(cp);
		for (size_t i = n; n > 1 && i-- > 0;)
			buf[i] = static_cast<char>(i ? 0x80 | ((cp >> (6 * (n - 1 - i))) & 0x3f)
						     : (0xf00 >> n) | (cp >> (6 * (n - 1))));
		bool is_surrogate = cp >= 0xd800 && cp <= 0xdfff;
		ASSERT_EQ(ksm_utf8_length(buf, n, &got), is_surrogate ? 0 : n) << cp;
		ASSERT_EQ(got, is_surrogate ? ~cp : cp);
		ASSERT_EQ(n > 1 ? ksm_utf8_length(buf, n - 1, &got) : 0, 0u) << "cut off " << cp;
	}
}

TEST(ParseU64, TakesDecimalNumbersOnly)
{
	uint64_t value = 7;

	EXPECT_EQ(ksm_parse_u64("0", 10, &value), 0);
	EXPECT_EQ(value, 0u);
	EXPECT_EQ(ksm_parse_u64("00042", 100, &value), 0);
	EXPECT_EQ(value, 42u);
	EXPECT_EQ(ksm_parse_u64("18446744073709551615", UINT64_MAX, &value), 0);
	EXPECT_EQ(value, UINT64_MAX);
	for (const char *text : {"", " 1", "1 ", "+1", "-1", "0x1", "1e3", "1\n", "one", "1.0"})
		EXPECT_EQ(ksm_parse_u64(text, UINT64_MAX, &value), -EINVAL) << '"' << text << '"';
	EXPECT_EQ(value, UINT64_MAX) << "untouched on failure";
}

TEST(ParseU64, TakesSoManyBytes)
{
	uint64_t value = 7;

	EXPECT_EQ(ksm_parse_u64_of("1234", 2, 100, &value), 0);
	EXPECT_EQ(value, 12u);
	EXPECT_EQ(ksm_parse_u64_of("12\0", 3, 100, &value), -EINVAL);
	EXPECT_EQ(ksm_parse_u64_of("", 0, 100, &value), -EINVAL);
	EXPECT_EQ(ksm_parse_u64_of("99999999999999999999x", 21, UINT64_MAX, &value), -EINVAL);
	EXPECT_EQ(value, 12u);
}

TEST(TakeU64, GoesBehindTheDigits)
{
	const char text[] = "00ffg";
	const char *at = text;
	uint64_t value = 7;

	EXPECT_EQ(ksm_take_u64(&at, text + 5, 16, UINT64_MAX, &value), 0);
	EXPECT_EQ(value, 255u);
	EXPECT_EQ(at, text + 4);
	EXPECT_EQ(ksm_take_u64(&at, text + 5, 16, UINT64_MAX, &value), -EINVAL);
	at = text;
	EXPECT_EQ(ksm_take_u64(&at, text + 3, 10, UINT64_MAX, &value), 0);
	EXPECT_EQ(value, 0u);
	EXPECT_EQ(at, text + 2);
	at = text;
	EXPECT_EQ(ksm_take_u64(&at, text + 4, 16, 254, &value), -ERANGE);
	at = "FF";
	EXPECT_EQ(ksm_take_u64(&at, at + 2, 16, UINT64_MAX, &value), -EINVAL) << "upper case";
}

TEST(ParseU64, KnowsItsBounds)
{
	uint64_t value = 7;

	EXPECT_EQ(ksm_parse_u64("10", 10, &value), 0);
	EXPECT_EQ(ksm_parse_u64("11", 10, &value), -ERANGE);
	EXPECT_EQ(ksm_parse_u64("18446744073709551616", UINT64_MAX, &value), -ERANGE);
	EXPECT_EQ(ksm_parse_u64("99999999999999999999999", UINT64_MAX, &value), -ERANGE);
	EXPECT_EQ(value, 10u);
}

TEST(EditDistance, CountsEdits)
{
	EXPECT_EQ(ksm_edit_distance("", ""), 0u);
	EXPECT_EQ(ksm_edit_distance("scan", "scan"), 0u);
	EXPECT_EQ(ksm_edit_distance("", "scan"), 4u);
	EXPECT_EQ(ksm_edit_distance("scan", ""), 4u);
	EXPECT_EQ(ksm_edit_distance("scn", "scan"), 1u);
	EXPECT_EQ(ksm_edit_distance("scaan", "scan"), 1u);
	EXPECT_EQ(ksm_edit_distance("scam", "scan"), 1u);
	EXPECT_EQ(ksm_edit_distance("scna", "scan"), 1u) << "neighbours swapped";
	EXPECT_EQ(ksm_edit_distance("csna", "scan"), 2u);
	EXPECT_EQ(ksm_edit_distance("kitten", "sitting"), 3u);
	EXPECT_EQ(ksm_edit_distance("stauts", "status"), 1u);
}

TEST(EditDistance, IsTheSameBothWaysAndBoundedForLongStrings)
{
	const std::string longest(63, 'a'), longer(64, 'a');

	EXPECT_EQ(ksm_edit_distance("analyze", "unmerge"), ksm_edit_distance("unmerge", "analyze"));
	EXPECT_EQ(ksm_edit_distance(longest.c_str(), longest.c_str()), 0u);
	EXPECT_EQ(ksm_edit_distance(longest.c_str(), ""), 63u);
	EXPECT_GE(ksm_edit_distance(longer.c_str(), longer.c_str()), 64u);
	EXPECT_GE(ksm_edit_distance("a", longer.c_str()), 64u);
}

TEST(Utf8, IsCutBetweenCharacters)
{
	EXPECT_EQ(ksm_utf8_cut("abc", 10), 3u);
	EXPECT_EQ(ksm_utf8_cut("abc", 2), 2u);
	EXPECT_EQ(ksm_utf8_cut("a\u00fcb", 2), 1u);
	EXPECT_EQ(ksm_utf8_cut("a\u00fcb", 3), 3u);
	EXPECT_EQ(ksm_utf8_cut("a\xff\xc3", 3), 3u) << "what is none is a byte each";
}

} // namespace
