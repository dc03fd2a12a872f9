/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON as tests want it: what is missing or of another type fails the test that asks for it. */
#ifndef TESTS_LIVE_JSON_H
#define TESTS_LIVE_JSON_H

#include <cstdint>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <json-c/json.h>

class Json
{
      public:
	/* Exactly one document, with nothing behind it but white space; else it is not Valid(). */
	static Json Parse(const std::string &text)
	{
		json_tokener *tokener = json_tokener_new();
		json_object *object =
			json_tokener_parse_ex(tokener, text.data(), static_cast<int>(text.size()));
		size_t end = json_tokener_get_parse_end(tokener);
		Json json;

		json.valid_ = json_tokener_get_error(tokener) == json_tokener_success &&
			      text.find_first_not_of(" \n", end) == std::string::npos;
		json.root_.reset(object, json_object_put);
		json.object_ = object;
		json_tokener_free(tokener);
		return json;
	}

	bool Valid() const
	{
		return valid_;
	}
	bool Null() const
	{
		return valid_ && !object_;
	}
	bool Has(const char *name) const
	{
		return json_object_is_type(object_, json_type_object) &&
		       json_object_object_get_ex(object_, name, nullptr);
	}
	Json operator[](const char *name) const
	{
		json_object *member = nullptr;
		bool found = json_object_is_type(object_, json_type_object) &&
			     json_object_object_get_ex(object_, name, &member);

		EXPECT_TRUE(found) << "no member '" << name << "'";
		return Inner(member, found);
	}
	Json At(size_t i) const
	{
		EXPECT_LT(i, Size());
		return Inner(i < Size() ? json_object_array_get_idx(object_, i) : nullptr,
			     i < Size());
	}
	size_t Size() const
	{
		return json_object_is_type(object_, json_type_array)
			       ? json_object_array_length(object_)
			       : 0;
	}
	int64_t Number() const
	{
		EXPECT_TRUE(json_object_is_type(object_, json_type_int))
			<< "not a whole number: " << Dump();
		return json_object_get_int64(object_);
	}
	double Real() const
	{
		EXPECT_TRUE(json_object_is_type(object_, json_type_double))
			<< "not a number: " << Dump();
		return json_object_get_double(object_);
	}
	std::string Text() const
	{
		EXPECT_TRUE(json_object_is_type(object_, json_type_string))
			<< "not a string: " << Dump();
		return json_object_is_type(object_, json_type_string)
			       ? json_object_get_string(object_)
			       : "";
	}
	bool Bool() const
	{
		EXPECT_TRUE(json_object_is_type(object_, json_type_boolean))
			<< "not a boolean: " << Dump();
		return json_object_get_boolean(object_);
	}
	std::string Dump() const
	{
		return object_ ? json_object_to_json_string(object_) : "null";
	}

      private:
	Json Inner(json_object *object, bool valid) const
	{
		Json json;

		json.root_ = root_;
		json.object_ = object;
		json.valid_ = valid;
		return json;
	}

	std::shared_ptr<json_object> root_; /* what object_ is part of */
	json_object *object_ = nullptr;
	bool valid_ = false;
};

#endif
