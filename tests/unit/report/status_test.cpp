// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <initializer_list>
#include <string>
#include <utility>

extern "C" {
#include "report/report.h"
#include "report/status.h"
}

namespace
{

using Values = std::initializer_list<std::pair<ksm_sysfs_field, int64_t>>;

struct ksm_status status_of(Values values)
{
	struct ksm_sysfs sysfs = {};
	struct ksm_status status;

	for (const auto &value : values) {
		sysfs.value[value.first] = value.second;
		sysfs.valid[value.first] = true;
	}
	ksm_status_init(&status, &sysfs, 4096);
	return status;
}

std::string json(json_object *document)
{
	std::string text = json_object_to_json_string_ext(document, JSON_C_TO_STRING_PLAIN);

	json_object_put(document);
	return text;
}

TEST(Status, AddsZeroPagesToWhatIsSaved)
{
	struct ksm_status status = status_of({{KSM_SYSFS_pages_sharing, 100},
					      {KSM_SYSFS_ksm_zero_pages, 11},
					      {KSM_SYSFS_general_profit, 111 * 4096 - 300 * 64}});

	EXPECT_EQ(status.saved_bytes, 111 * 4096);
	EXPECT_EQ(status.general_profit, 111 * 4096 - 300 * 64);
	EXPECT_EQ(status.metadata_bytes, 300 * 64);
	EXPECT_TRUE(std::isnan(status.ksmd_cpu_percent));
}

TEST(Status, WithoutGeneralProfitMetadataIsUnknownUnlessNothingIsTracked)
{
	Values nothing = {{KSM_SYSFS_pages_shared, 0},
			  {KSM_SYSFS_pages_sharing, 0},
			  {KSM_SYSFS_pages_unshared, 0},
			  {KSM_SYSFS_pages_volatile, 0}};
	Values some = {{KSM_SYSFS_pages_shared, 0},
		       {KSM_SYSFS_pages_sharing, 0},
		       {KSM_SYSFS_pages_unshared, 0},
		       {KSM_SYSFS_pages_volatile, 3}};

	EXPECT_EQ(status_of(nothing).metadata_bytes, 0);
	EXPECT_EQ(status_of(nothing).general_profit, KSM_UNKNOWN);
	EXPECT_EQ(status_of(some).metadata_bytes, KSM_UNKNOWN);
	EXPECT_EQ(status_of({}).metadata_bytes, KSM_UNKNOWN);
}

TEST(Status, ValuesThatDoNotFitTogetherAreUnknown)
{
	EXPECT_EQ(status_of({{KSM_SYSFS_pages_sharing, 1}, {KSM_SYSFS_general_profit, 5000}})
			  .metadata_bytes,
		  KSM_UNKNOWN);
	EXPECT_EQ(status_of({{KSM_SYSFS_general_profit, 5000}}).metadata_bytes, KSM_UNKNOWN);
	EXPECT_EQ(status_of({}).saved_bytes, KSM_UNKNOWN);
	EXPECT_EQ(status_of({{KSM_SYSFS_pages_sharing, INT64_MAX}}).saved_bytes, KSM_UNKNOWN);
	EXPECT_EQ(status_of({{KSM_SYSFS_pages_sharing, INT64_MAX}, {KSM_SYSFS_ksm_zero_pages, 1}})
			  .saved_bytes,
		  KSM_UNKNOWN);
}

TEST(Status, TrackedPagesNeedAllFourCounters)
{
	struct ksm_status some =
		status_of({{KSM_SYSFS_pages_shared, 1}, {KSM_SYSFS_pages_sharing, 2}});
	struct ksm_status all = status_of({{KSM_SYSFS_pages_shared, 1},
					   {KSM_SYSFS_pages_sharing, 2},
					   {KSM_SYSFS_pages_unshared, 3},
					   {KSM_SYSFS_pages_volatile, 4}});

	EXPECT_EQ(ksm_status_tracked_pages(&some), KSM_UNKNOWN);
	EXPECT_EQ(ksm_status_tracked_pages(&all), 10);
}

TEST(Status, DocumentHasWhatWasReadAndNullForTheRest)
{
	struct ksm_status status = status_of({{KSM_SYSFS_run, 1},
					      {KSM_SYSFS_advisor_mode, KSM_ADVISOR_SCAN_TIME},
					      {KSM_SYSFS_pages_sharing, 2}});

	struct ksm_rates rates;

	ksm_rates_unknown(&rates);
	EXPECT_EQ(json(ksm_report_status("ksmctl.status/1", &status, &rates)),
		  "{\"schema\":\"ksmctl.status\\/1\",\"version\":\"" KSMCTL_VERSION "\","
		  "\"sysfs\":{\"run\":1,\"advisor_mode\":\"scan-time\",\"pages_sharing\":2},"
		  "\"page_size\":4096,\"saved_bytes\":8192,\"general_profit\":null,"
		  "\"metadata_bytes\":null,\"ksmd_cpu_percent\":null,"
		  "\"rates\":{\"pages_scanned_per_second\":null,"
		  "\"pages_skipped_per_second\":null,\"full_scans_per_second\":null,"
		  "\"pages_sharing_per_second\":null}}");
	status.ksmd_cpu_percent = 12.3456;
	EXPECT_NE(json(ksm_report_status("ksmctl.status/1", &status, &rates))
			  .find("\"ksmd_cpu_percent\":12.35"),
		  std::string::npos);
}

TEST(Status, Rates)
{
	struct ksm_status before = status_of({{KSM_SYSFS_pages_scanned, 1000},
					      {KSM_SYSFS_full_scans, 9},
					      {KSM_SYSFS_pages_sharing, 50}}),
			  now = status_of({{KSM_SYSFS_pages_scanned, 3000},
					   {KSM_SYSFS_full_scans, 1},
					   {KSM_SYSFS_pages_sharing, 40}});
	struct ksm_rates rates;

	ksm_rates_init(&rates, &before.sysfs, &now.sysfs, 4);
	EXPECT_DOUBLE_EQ(rates.pages_scanned, 500);
	EXPECT_DOUBLE_EQ(rates.pages_sharing, -2.5);
	EXPECT_TRUE(std::isnan(rates.full_scans)); /* began anew */
	EXPECT_TRUE(std::isnan(rates.pages_skipped));
	ksm_rates_init(&rates, &before.sysfs, &now.sysfs, 0);
	EXPECT_TRUE(std::isnan(rates.pages_scanned));
}

TEST(Json, StringsFromOutsideBecomeUtf8)
{
	EXPECT_EQ(json(ksm_json_string("")), "\"\"");
	EXPECT_EQ(json(ksm_json_string("gr\u00fc\u00df")), "\"gr\u00fc\u00df\"");
	EXPECT_EQ(json(ksm_json_string("a\xff\"\n\xe4\xb8")), "\"a\ufffd\\\"\\n\ufffd\ufffd\"");
}

TEST(Json, UnknownIsNull)
{
	EXPECT_EQ(ksm_json_number(KSM_UNKNOWN), nullptr);
	EXPECT_EQ(json(ksm_json_number(0)), "0");
	EXPECT_EQ(json(ksm_json_number(-5)), "-5");
	EXPECT_EQ(json(ksm_json_number(INT64_MAX)), "9223372036854775807");
}

TEST(Json, ErrorsHaveNullForWhatDoesNotApply)
{
	struct ksm_error err;

	ksm_error_set(&err, KSM_ERR_INVALID, 0, "why");
	EXPECT_EQ(json(ksm_report_error(&err)), "{\"code\":\"invalid\",\"errno\":null,\"pid\":null,"
						"\"address\":null,\"path\":null,\"text\":\"why\"}");
	ksm_error_set(&err, KSM_ERR_GONE, 3, "it's");
	err.pid = 7;
	err.address = UINT64_C(0xffffffffff600000);
	strcpy(err.path, "a\xff");
	EXPECT_EQ(json(ksm_report_error(&err)),
		  "{\"code\":\"gone\",\"errno\":3,\"pid\":7,"
		  "\"address\":18446744073699065856,\"path\":\"a\ufffd\","
		  "\"text\":\"it's\"}");
	EXPECT_EQ(json(ksm_report_error_document(&err))
			  .find("{\"schema\":\"ksmctl.error\\/1\",\"version\":"),
		  0u);
}

} // namespace
