// SPDX-License-Identifier: GPL-2.0-or-later
// What was never read is unknown in a document and on a page, not 0.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/estimate/estimate_fixture.h"

extern "C" {
#include "report/estimate_html.h"
#include "report/report.h"
}

namespace
{

class UnreadTest : public EstimateTest
{
      protected:
	UnreadTest()
	{
		source_.Put(source_.Add("read"), 1, 3);
		source_.Add("refused").is_refused = true;
		auto &lost = source_.Add("lost");
		source_.Put(lost, 1, 2);
		for (auto &page : lost.pages)
			page.second.lost = true;
		source_.Add("empty");
	}
};

TEST_F(UnreadTest, IsNullInTheDocument)
{
	Estimate e = Run();
	ASSERT_TRUE(e);
	json_object *document = ksm_report_estimate(e.get());
	json_object *targets = json_object_object_get(document, "targets");
	json_object *pass =
		json_object_array_get_idx(json_object_object_get(document, "passes"), 0);
	auto text = [](json_object *array, size_t target, const char *name) {
		json_object *value = nullptr, *object = json_object_array_get_idx(array, target);

		EXPECT_TRUE(json_object_object_get_ex(object, name, &value)) << name;
		return std::string(value ? json_object_get_string(value) : "null");
	};

	for (const char *name :
	     {"pages_present", "distinct_pages", "duplicate_pages", "zero_pages",
	      "zero_duplicate_pages", "changed_pages", "merged_pages", "freed_bytes",
	      "ksm_rmap_items", "ksm_merging_pages", "ksm_zero_pages", "ksm_process_profit",
	      "self_duplicate_pages", "cross_duplicate_pages", "swapped_pages"}) {
		EXPECT_NE(text(targets, 0, name), "null") << name;
		EXPECT_EQ(text(targets, 1, name), "null") << name;
		EXPECT_EQ(text(targets, 2, name), "null") << name;
		EXPECT_EQ(text(targets, 3, name), "0") << name;
	}
	EXPECT_EQ(text(targets, 0, "lost_pages"), "0");
	EXPECT_EQ(text(targets, 1, "lost_pages"), "null");
	EXPECT_EQ(text(targets, 2, "lost_pages"), "2");
	targets = json_object_object_get(pass, "targets");
	EXPECT_EQ(text(targets, 0, "ksm_rmap_items"), "3");
	EXPECT_EQ(text(targets, 1, "ksm_rmap_items"), "null");
	json_object_put(document);
}

TEST_F(UnreadTest, IsADashOnThePage)
{
	Estimate e = Run();
	ASSERT_TRUE(e);
	ksm_str text = {};
	ASSERT_EQ(ksm_report_estimate_html(e.get(), nullptr, &text), 0);
	std::string page(text.data, text.len);
	ksm_str_free(&text);
	size_t refused = page.find("made to be refused");
	ASSERT_NE(refused, std::string::npos);
	std::string row = page.substr(page.rfind("<tr>", refused), 2000);
	row.resize(row.find("</tr>"));
	EXPECT_NE(row.find(">-</td>"), std::string::npos) << row;
	EXPECT_EQ(row.find("0 B"), std::string::npos) << row;
}

} // namespace
