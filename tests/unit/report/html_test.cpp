// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cinttypes>
#include <string>
#include <vector>

#include "tests/unit/estimate/estimate_fixture.h"

extern "C" {
#include "report/estimate_html.h"
#include "report/html.h"
#include "report/html_chart.h"
}

namespace
{

std::string Take(ksm_html &html)
{
	std::string text(html.text.data ? html.text.data : "");

	EXPECT_FALSE(html.is_short_of_memory);
	ksm_str_free(&html.text);
	return text;
}

TEST(HtmlTest, WhatComesFromOutsideIsNoMarkup)
{
	ksm_html html = {};

	ksm_html_put(&html, "<p title=\"%s\">%s</p>", "\"'&<>", "<b>\x1b[31m\xc3\xa4");
	EXPECT_EQ(Take(html),
		  "<p title=\"&quot;&#39;&amp;&lt;&gt;\">&lt;b&gt;\\x1b[31m\xc3\xa4</p>");
	html = {};
	ksm_html_bytes(&html, "a\0<", 3);
	EXPECT_EQ(Take(html), "a\\x00&lt;");
}

TEST(HtmlTest, NumbersAreWrittenAsPrintfDoes)
{
	ksm_html html = {};

	ksm_html_put(&html, "%d %u %zu %" PRId64 " %016" PRIx64 " %.2f%% %s|", -1, 4000000000u,
		     static_cast<size_t>(7), INT64_MIN, UINT64_MAX, 1.005, "s");
	EXPECT_EQ(Take(html), "-1 4000000000 7 -9223372036854775808 ffffffffffffffff 1.00% s|");
}

TEST(HtmlTest, LongLabelsAreCutBetweenLetters)
{
	ksm_html html = {};
	ksm_chart_bar bar = {};
	std::string label, shown;

	for (int i = 0; i < 30; i++) {
		label += "\xc3\xa4";
		shown += i < 26 ? "\xc3\xa4" : "";
	}
	snprintf(bar.label, sizeof(bar.label), "%s", label.c_str());
	bar.to = 7; // is no share
	ksm_chart_bars(&html, "t", &bar, 1);
	std::string text = Take(html);
	EXPECT_NE(text.find(">" + shown + "\xe2\x80\xa6<"), std::string::npos) << text;
	EXPECT_NE(text.find("<desc>" + label), std::string::npos);
	EXPECT_NE(text.find("width=\"100.000%\""), std::string::npos);
	EXPECT_EQ(text.find("700"), std::string::npos);
}

// All there are, "<p>" and "</p>" and "<rect ... />".
std::vector<std::string> Elements(const std::string &page)
{
	std::vector<std::string> elements;

	for (size_t at = 0; (at = page.find('<', at)) != std::string::npos; at++)
		elements.push_back(page.substr(at, page.find('>', at) + 1 - at));
	return elements;
}

class PageTest : public EstimateTest
{
      protected:
	std::string Page()
	{
		ksm_str text = {};

		options_.map = true;
		estimate_ = Run();
		EXPECT_TRUE(estimate_);
		EXPECT_EQ(ksm_report_estimate_html(estimate_.get(), nullptr, &text), 0);
		std::string page(text.data, text.len);
		ksm_str_free(&text);
		return page;
	}

	Estimate estimate_;
};

TEST_F(PageTest, HoldsNothingButItsOwnMarkup)
{
	const std::string evil = "</title><script>alert(1)</script><img src=x onerror='a'>\x1b]0;";
	auto &a = source_.Add(evil, 1, evil), &b = source_.Add(evil + "b", 2, evil),
	     &c = source_.Add("c", 2);

	source_.Put(a, 1, 3);
	source_.Put(b, 1, 2);
	source_.Put(c, 1, 2);
	options_.by = KSM_BY_CGROUP;
	options_.top = 3;
	options_.preview = true;
	source_.paint = [](uint32_t, uint64_t, unsigned char *data) {
		memcpy(data, "<script>\0&", 10);
	};
	std::string page = Page();
	EXPECT_EQ(page.find("<img"), std::string::npos);
	EXPECT_EQ(page.find('\x1b'), std::string::npos);
	EXPECT_NE(page.find("&lt;script&gt;\\x00&amp;"), std::string::npos);
	size_t scripts = 0;
	for (size_t at = 0; (at = page.find("<script", at)) != std::string::npos; at++)
		scripts++;
	EXPECT_EQ(scripts, 1u);
	for (const std::string &element : Elements(page))
		for (const char *attribute : {" src=", " href=", " style=", " on"})
			EXPECT_EQ(element.find(attribute), std::string::npos) << element;
}

TEST_F(PageTest, EveryElementIsClosed)
{
	auto &a = source_.Add("a"), &b = source_.Add("b"), &c = source_.Add("c");
	std::vector<std::string> open;

	source_.Put(a, 1, 300);
	source_.Put(b, 1, 2);
	source_.Put(c, 0, 2);
	options_.by = KSM_BY_PROCESS;
	options_.top = 3;
	std::string page = Page();
	page.erase(page.find("<style>"), page.find("</style>") - page.find("<style>") + 8);
	page.erase(page.find("<script>"), page.find("</script>") - page.find("<script>") + 9);
	for (const std::string &element : Elements(page)) {
		bool is_end = element[1] == '/';
		size_t begin = is_end ? 2 : 1;
		std::string name =
			element.substr(begin, element.find_first_of(" />", begin) - begin);
		if (name == "meta" || name == "!doctype" || element[element.size() - 2] == '/')
			continue;
		if (!is_end) {
			open.push_back(name);
			continue;
		}
		ASSERT_FALSE(open.empty()) << name;
		EXPECT_EQ(open.back(), name);
		open.pop_back();
	}
	EXPECT_TRUE(open.empty());
	EXPECT_EQ(page.find("nan"), std::string::npos);
	EXPECT_EQ(page.find("inf"), std::string::npos);
}

TEST_F(PageTest, OfNothingIsAPageToo)
{
	EXPECT_NE(Page().find("nothing to look at"), std::string::npos);
	source_.Add("empty");
	EXPECT_NE(Page().find("nothing to look at"), std::string::npos);
}

TEST_F(PageTest, MapsTellWhatRepeatsWhere)
{
	auto &a = source_.Add("a"), &b = source_.Add("b");

	source_.Put(a, 1, 60); // in both
	source_.Put(a, 2, 60); // here alone
	source_.Put(a, 0, 60);
	for (int i = 0; i < 60; i++)
		source_.Put(a, 100 + i);
	source_.Put(b, 1);
	b.pages[0x200000] = {500, 900, KSM_PAGE_SHARED}; // in both, but one page
	a.pages[0x200000] = {500, 900, KSM_PAGE_SHARED};
	b.pages[0xf000000] = {501, 901, 0}; // far away in the same area
	Page();
	const ksm_map *map = &estimate_->map[0];
	ASSERT_EQ(map->n_areas, 2u);
	EXPECT_EQ(map->area[0].sum.pages[KSM_CLASS_ELSEWHERE], 60);
	EXPECT_EQ(map->area[0].sum.pages[KSM_CLASS_HERE], 60);
	EXPECT_EQ(map->area[0].sum.pages[KSM_CLASS_ZERO], 60);
	EXPECT_EQ(map->area[0].sum.pages[KSM_CLASS_ONCE], 60);
	EXPECT_EQ(map->area[1].sum.pages[KSM_CLASS_ONCE], 1);
	EXPECT_EQ(map->n_cells, map->area[0].n_cells + 1);
	EXPECT_EQ(map->area[0].n_cells, 240u * 240 / 241);
	// In order of addresses: the first cell has two pages, all others one.
	for (uint32_t i = 0; i < map->area[0].n_cells; i++) {
		const int expected[] = {KSM_CLASS_ELSEWHERE, KSM_CLASS_HERE, KSM_CLASS_ZERO,
					KSM_CLASS_ONCE};
		EXPECT_EQ(ksm_map_cell_pages(&map->cell[i]),
			  map->cell[i].pages[expected[(i + 1) / 60]])
			<< i;
	}
	map = &estimate_->map[1];
	ASSERT_EQ(map->n_areas, 2u);
	EXPECT_EQ(map->area[1].n_cells, 2u);
	EXPECT_EQ(map->cell[map->area[1].cell].pages[KSM_CLASS_ONCE], 1);
	EXPECT_EQ(map->cell[map->n_cells - 1].pages[KSM_CLASS_ONCE], 1);
}

} // namespace
