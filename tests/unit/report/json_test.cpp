// SPDX-License-Identifier: GPL-2.0-or-later
// Documents as text: read back they are what they were, and one that lacks something is none.
#include <gtest/gtest.h>

#include <cerrno>
#include <cmath>
#include <string>

extern "C" {
#include "base/str.h"
#include "estimate/estimate.h"
#include "report/json.h"
}

namespace
{

std::string Print(json_object *document, int expected = 0)
{
	ksm_str text = {};

	EXPECT_EQ(ksm_json_print(document, &text), expected);
	std::string copy = text.data ? text.data : "";
	ksm_str_free(&text);
	return copy;
}

TEST(Json, IsPrintedWithoutBlanks)
{
	json_object *document = ksm_json_object(), *array = ksm_json_array();

	ksm_json_put(document, "none", nullptr);
	ksm_json_put_number(document, "unknown", KSM_UNKNOWN);
	ksm_json_put_number(document, "least", INT64_MIN + 1);
	ksm_json_put(document, "most", ksm_json_uint(UINT64_MAX));
	ksm_json_put(document, "yes", ksm_json_bool(true));
	ksm_json_put(document, "decimal", ksm_json_decimal(2.0 / 3, 2));
	ksm_json_put(document, "nan", ksm_json_decimal(NAN, 2));
	ksm_json_append(array, ksm_json_int(1));
	ksm_json_append(array, nullptr);
	ksm_json_append(array, ksm_json_object());
	ksm_json_put(document, "array", array);
	ksm_json_put(document, "empty", ksm_json_array());
	EXPECT_EQ(Print(document),
		  "{\"none\":null,\"unknown\":null,\"least\":-9223372036854775807,"
		  "\"most\":18446744073709551615,\"yes\":true,\"decimal\":0.67,\"nan\":null,"
		  "\"array\":[1,null,{}],\"empty\":[]}");
	json_object_put(document);
}

TEST(Json, StringsAreReadBackAsTheyWere)
{
	std::string all;

	for (int c = 1; c < 128; c++)
		all += static_cast<char>(c);
	all += "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7";
	json_object *string = ksm_json_string(all.c_str());
	json_object *back = json_tokener_parse(Print(string).c_str());

	ASSERT_NE(back, nullptr);
	EXPECT_EQ(json_object_get_string(back), all);
	EXPECT_EQ(Print(string).find('\n'), std::string::npos);
	json_object_put(back);
	json_object_put(string);
}

// What is not UTF-8 becomes what stands for that.
TEST(Json, StringsAreUtf8)
{
	json_object *string = ksm_json_string("a\xff\xc3z");

	EXPECT_EQ(Print(string), "\"a\xef\xbf\xbd\xef\xbf\xbdz\"");
	json_object_put(string);
}

TEST(Json, WhatLacksSomethingIsNotPrinted)
{
	json_object *document = ksm_json_object();

	EXPECT_FALSE(ksm_json_was_short());
	// As if the object itself could not be had: the value is taken over all the same.
	ksm_json_put(nullptr, "lost", ksm_json_int(1));
	EXPECT_EQ(Print(document, -ENOMEM), "");
	EXPECT_EQ(Print(document), "{}");
	ksm_json_append(nullptr, ksm_json_int(1));
	EXPECT_TRUE(ksm_json_was_short());
	EXPECT_FALSE(ksm_json_was_short());
	json_object_put(document);
}

// Two bytes of text may take hundreds of memory.
TEST(Json, DocumentsOfOthersHaveLimits)
{
	const auto parse = [](const std::string &text) {
		json_object *document = ksm_json_parse(text.data(), text.size());
		bool is_there = document;

		json_object_put(document);
		return is_there;
	};
	const auto list = [](size_t n, const std::string &value) {
		std::string text = "{\"a\":[0";

		for (size_t i = 0; i < n; i++)
			text += "," + value;
		return text + "]}";
	};

	EXPECT_TRUE(parse(list(1000, "{}")));
	EXPECT_TRUE(parse(list(100000, "{\"a\":1}")));
	EXPECT_FALSE(parse(list(1000000, "{}")));
	EXPECT_FALSE(parse(list(9000000, "1")));
	EXPECT_FALSE(parse("[" + list(1, "{}") + "]"));
	EXPECT_FALSE(parse("{\"a\":"));
	EXPECT_FALSE(parse(""));
	EXPECT_FALSE(parse("{\"a\":" + std::string(40, '[') + std::string(40, ']') + "}"));
}

} // namespace
