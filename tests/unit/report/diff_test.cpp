// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>

#include "tests/unit/estimate/estimate_fixture.h"

extern "C" {
#include "report/diff.h"
#include "report/estimate_html.h"
#include "report/report.h"
}

namespace
{

class DiffTest : public EstimateTest
{
      protected:
	~DiffTest() override
	{
		ksm_diff_free(&diff_);
	}

	json_object *Document()
	{
		Estimate estimate = Run();

		EXPECT_TRUE(estimate);
		return ksm_report_estimate(estimate.get());
	}

	// Of two documents, which are released.
	void Make(json_object *before, json_object *now)
	{
		ksm_diff_free(&diff_);
		EXPECT_EQ(ksm_diff_make(before, now, &diff_), 0);
		json_object_put(before);
		json_object_put(now);
	}

	void Parse(const char *before, const char *now)
	{
		json_object *a = json_tokener_parse(before), *b = json_tokener_parse(now);

		ASSERT_TRUE(a && b);
		Make(a, b);
	}

	std::string Targets() const
	{
		std::string text;

		for (size_t i = 0; i < diff_.n_targets; i++)
			text += std::string(i ? ", " : "") + diff_.target[i].name + " " +
				ksm_diff_state(&diff_.target[i]);
		return text;
	}

	ksm_diff_value Total(const std::string &name) const
	{
		for (size_t i = 0; i < diff_.n_totals; i++)
			if (diff_.total[i].name == name)
				return diff_.total[i];
		ADD_FAILURE() << name;
		return {};
	}

	std::string Headline() const
	{
		ksm_str lines = {};

		for (size_t i = 0; i < ksm_diff_sentences(&diff_); i++) {
			EXPECT_EQ(ksm_diff_sentence(&diff_, i, &lines), 0);
			EXPECT_EQ(ksm_str_append(&lines, "\n", 1), 0);
		}
		std::string text(lines.data);
		ksm_str_free(&lines);
		return text;
	}

	ksm_diff diff_ = {};
};

TEST_F(DiffTest, OfAnEstimateWithItselfIsNone)
{
	source_.Put(source_.Add("a"), 1, 3);
	Make(Document(), Document());
	for (size_t i = 0; i < diff_.n_totals; i++)
		EXPECT_EQ(ksm_diff_change(&diff_.total[i]), 0) << diff_.total[i].name;
	EXPECT_EQ(diff_.n_settings, 0u);
	EXPECT_EQ(Targets(), "100 a same");
	EXPECT_EQ(Headline(), "KSM would free 8.0 KiB, before 8.0 KiB: no change\n"
			      "It looked at 12.0 KiB, before 12.0 KiB: no change\n");
}

TEST_F(DiffTest, TellsWhatGrewAndShrank)
{
	auto &a = source_.Add("a", 1);
	source_.Put(a, 1, 4);
	source_.Put(source_.Add("b", 2), 2, 5);
	options_.by = KSM_BY_USER;
	json_object *before = Document();
	source_.processes.pop_back();
	a.pages.erase(0x10000);
	source_.Put(source_.Add("c", 3), 3);
	Make(before, Document());
	EXPECT_EQ(Total("freed").before, 7 * 4096);
	EXPECT_EQ(Total("freed").now, 2 * 4096);
	EXPECT_EQ(Total("present").now, 4 * 4096);
	// Process 101 is another program now, and the only one left on both sides.
	EXPECT_EQ(Targets(), "100 a same, 101 c same");
	EXPECT_EQ(ksm_diff_change(&diff_.target[0].freed), -4096);
	ASSERT_EQ(diff_.n_groups, 3u);
	EXPECT_STREQ(ksm_diff_state(&diff_.group[2]), "gone");
	EXPECT_EQ(diff_.group[2].freed.before, 4 * 4096);
	EXPECT_EQ(diff_.group[2].freed.now, KSM_UNKNOWN);
	EXPECT_EQ(ksm_diff_change(&diff_.group[2].freed), KSM_UNKNOWN);
	EXPECT_NE(Headline().find("20.0 KiB less"), std::string::npos);
}

TEST_F(DiffTest, TargetsAreFoundAgain)
{
	Parse("{\"targets\": [{\"pid\": 1, \"name\": \"a\"}, {\"pid\": 2, \"name\": \"a\"}, "
	      "{\"pid\": 3, \"name\": \"b\"}]}",
	      "{\"targets\": [{\"pid\": 7, \"name\": \"a\"}, {\"pid\": 2, \"name\": \"a\"}, "
	      "{\"pid\": 8, \"name\": \"c\"}, {\"pid\": 9, \"name\": \"d\"}]}");
	EXPECT_EQ(Targets(), "7 a same, 2 a same, 8 c new, 9 d new, 3 b gone");
	Parse("{\"targets\": [{\"file\": \"old.core\", \"name\": \"\"}]}",
	      "{\"targets\": [{\"file\": \"new.core\", \"name\": \"\"}]}");
	EXPECT_EQ(Targets(), "new.core same");
	Parse("{\"targets\": [{\"file\": \"x\"}, {\"file\": \"y\"}]}",
	      "{\"targets\": [{\"file\": \"y\"}, {\"file\": \"z\"}, {\"file\": \"v\"}]}");
	EXPECT_EQ(Targets(), "y same, z new, v new, x gone");
}

TEST_F(DiffTest, PagesOfAnotherSizeAreBytes)
{
	Parse("{\"page_size\": 4096, \"totals\": {\"pages_present\": 4, \"freed_bytes\": 5}, "
	      "\"model\": {\"tunables\": {\"max_page_sharing\": 256}}}",
	      "{\"page_size\": 65536, \"totals\": {\"pages_present\": 1, \"freed_bytes\": 6}, "
	      "\"model\": {\"kernel\": \"6.18\", \"tunables\": {\"smart_scan\": 1}}}");
	EXPECT_EQ(Total("present").before, 16384);
	EXPECT_EQ(Total("present").now, 65536);
	EXPECT_EQ(Total("freed").before, 5);
	EXPECT_EQ(Total("zeros").now, KSM_UNKNOWN);
	EXPECT_NE(Headline().find("page_size is 65536, before 4096"), std::string::npos);
	EXPECT_NE(Headline().find("kernel is 6.18, before absent"), std::string::npos);
	EXPECT_NE(Headline().find("smart_scan is 1, before absent"), std::string::npos);
	EXPECT_NE(Headline().find("max_page_sharing is absent, before 256"), std::string::npos);
}

TEST_F(DiffTest, TellsThatOneIsOfASample)
{
	const char *all = "{\"sample\": null}", *sample = "{\"sample\": {\"every\": 4}}";

	Parse(all, sample);
	EXPECT_NE(Headline().find("sample_every is 4, before absent"), std::string::npos);
	Parse(sample, all);
	EXPECT_NE(Headline().find("sample_every is absent, before 4"), std::string::npos);
	Parse(sample, sample);
	EXPECT_EQ(diff_.n_settings, 0u);
}

TEST_F(DiffTest, WhatIsNotAsItShouldBeIsUnknown)
{
	for (const char *other :
	     {"{}", "{\"totals\": 1, \"targets\": {}, \"groups\": 7, \"model\": []}",
	      "{\"page_size\": -1, \"totals\": {\"pages_present\": \"x\", \"distinct_pages\": 3}}",
	      "{\"page_size\": 9223372036854775807, \"totals\": {\"pages_present\": 3}}",
	      "{\"targets\": [1, null, {\"pid\": \"x\", \"name\": 3}, []], \"groups\": [null]}"}) {
		source_.processes.clear();
		source_.Put(source_.Add("a"), 1, 3);
		Make(json_tokener_parse(other), Document());
		EXPECT_EQ(Total("present").before, KSM_UNKNOWN) << other;
		EXPECT_EQ(ksm_diff_change(&diff_.total[0]), KSM_UNKNOWN) << other;
		EXPECT_NE(Headline().find("before unknown\n"), std::string::npos);
		json_object_put(ksm_report_diff(&diff_));
	}
}

TEST_F(DiffTest, OnlyAnEstimateIsRead)
{
	char path[] = "/tmp/ksm-diff-XXXXXX";
	int fd = mkstemp(path);
	json_object *document = nullptr;
	ksm_error error = {};

	ASSERT_GE(fd, 0);
	for (const std::string &text :
	     {std::string(), std::string("{"), std::string("[1]"), std::string("{\"schema\": 1}"),
	      std::string("{\"schema\": \"ksmctl.status/1\"}"), std::string(100000, '[')}) {
		ASSERT_EQ(ftruncate(fd, 0), 0);
		ASSERT_EQ(pwrite(fd, text.data(), text.size(), 0),
			  static_cast<ssize_t>(text.size()));
		EXPECT_LT(ksm_diff_read(path, &document, &error), 0) << text.substr(0, 40);
		EXPECT_EQ(error.code, KSM_ERR_FORMAT);
	}
	EXPECT_EQ(document, nullptr);
	const std::string good = "{\"schema\": \"ksmctl.estimate/1\"}";
	ASSERT_EQ(pwrite(fd, good.data(), good.size(), 0), static_cast<ssize_t>(good.size()));
	ASSERT_EQ(ftruncate(fd, static_cast<off_t>(good.size())), 0);
	EXPECT_EQ(ksm_diff_read(path, &document, &error), 0);
	json_object_put(document);
	close(fd);
	unlink(path);
	EXPECT_EQ(ksm_diff_read(path, &document, &error), -ENOENT);
}

TEST_F(DiffTest, NamesOfOthersAreNoMarkup)
{
	ksm_str text = {};

	source_.Put(source_.Add("a"), 1, 3);
	options_.map = true;
	Estimate estimate = Run();
	Make(json_tokener_parse("{\"targets\": [{\"name\": \"<script>\"}, {\"name\": \"<b>\"}], "
				"\"model\": {\"kernel\": \"<i>\"}}"),
	     ksm_report_estimate(estimate.get()));
	ASSERT_EQ(ksm_report_estimate_html(estimate.get(), &diff_, &text), 0);
	std::string page(text.data);
	ksm_str_free(&text);
	EXPECT_NE(page.find("What has changed"), std::string::npos);
	EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos);
	EXPECT_EQ(page.find("<b>"), std::string::npos);
	EXPECT_EQ(page.find("<i>"), std::string::npos);
}

} // namespace
