/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cmath>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

extern "C" {
#include "report/metrics.h"
}

namespace
{

/* What the two formats demand of a text, line by line; the series by name and labels. */
std::map<std::string, std::string> Check(const std::string &text, bool open_metrics)
{
	static const std::regex help("# HELP ([a-z_]+) [^\\n]+"),
		unit("# UNIT ([a-z_]+) (bytes|seconds)"), type("# TYPE ([a-z_]+) (gauge|counter)"),
		series("([a-z_]+)(\\{([a-z]+=\"([^\"\\\\]|\\\\[\"\\\\n])*\",?)+\\})? "
		       "(-?[0-9]+(\\.[0-9]+)?)");
	std::map<std::string, std::string> found, types;
	std::string family;
	std::istringstream lines(text);
	std::smatch match;
	bool ended = false;

	EXPECT_EQ(text.back(), '\n');
	for (std::string line; std::getline(lines, line);) {
		EXPECT_FALSE(ended) << line;
		if (std::regex_match(line, match, help)) {
			family = match[1];
			EXPECT_EQ(types.count(family), 0u) << line;
			EXPECT_EQ(family.compare(0, 4, "ksm_"), 0) << line;
		} else if (std::regex_match(line, match, type)) {
			EXPECT_EQ(match[1], family);
			types[family] = match[2];
		} else if (std::regex_match(line, match, unit)) {
			EXPECT_TRUE(open_metrics) << line;
			EXPECT_EQ(match[1], family);
			EXPECT_EQ(family.substr(family.rfind('_') + 1), match[2]);
		} else if (line == "# EOF") {
			ended = true;
		} else {
			EXPECT_TRUE(std::regex_match(line, match, series)) << line;
			std::string name = match[1];
			bool counter = types[family] == "counter";
			EXPECT_EQ(name, counter && open_metrics ? family + "_total" : family)
				<< line;
			EXPECT_EQ(name.size() > 6 && name.substr(name.size() - 6) == "_total",
				  counter)
				<< line;
			std::string key = name + std::string(match[2]);
			EXPECT_EQ(found.count(key), 0u) << "twice: " << line;
			found[key] = match[5];
		}
	}
	EXPECT_EQ(ended, open_metrics);
	return found;
}

struct ksm_status Status()
{
	struct ksm_sysfs sysfs = {};
	struct ksm_status status;

	for (auto pair : std::map<enum ksm_sysfs_field, int64_t>{{KSM_SYSFS_run, 1},
								 {KSM_SYSFS_pages_shared, 10},
								 {KSM_SYSFS_pages_sharing, 30},
								 {KSM_SYSFS_general_profit, -5000},
								 {KSM_SYSFS_full_scans, 7}}) {
		sysfs.valid[pair.first] = true;
		sysfs.value[pair.first] = pair.second;
	}
	ksm_status_init(&status, &sysfs, 4096);
	return status;
}

std::string Text(const struct ksm_status &status, double seconds,
		 const struct ksm_process_statuses *processes, bool open_metrics)
{
	struct ksm_str str = {};
	std::string text;

	EXPECT_EQ(ksm_report_metrics(&status, seconds, processes, open_metrics, &str), 0);
	text = str.data;
	ksm_str_free(&str);
	return text;
}

TEST(Metrics, WhatIsKnownAndNothingElse)
{
	struct ksm_status status = Status();

	for (bool open_metrics : {false, true}) {
		auto found = Check(Text(status, 12.5, nullptr, open_metrics), open_metrics);
		EXPECT_EQ(found["ksm_saved_bytes"], "122880");
		EXPECT_EQ(found["ksm_profit_bytes"], "-5000");
		EXPECT_EQ(found["ksm_shared_bytes"], "40960");
		EXPECT_EQ(found["ksm_full_scans_total"], "7");
		EXPECT_EQ(found["ksm_ksmd_cpu_seconds_total"], "12.50");
		EXPECT_EQ(found["ksm_tunable{name=\"run\"}"], "1");
		EXPECT_EQ(found.count("ksm_skipped_pages_total"), 0u);
		EXPECT_EQ(found.count("ksm_zero_bytes"), 0u);
	}
	EXPECT_EQ(
		Check(Text(status, NAN, nullptr, false), false).count("ksm_ksmd_cpu_seconds_total"),
		0u);
}

TEST(Metrics, HostileNamesOfProcesses)
{
	std::string name = "a\"b\\c\nd\x1b[31m\xff} 1", cgroup = "/x\n# EOF\ny";
	struct ksm_process_status item[3] = {};
	struct ksm_process_statuses processes = {};

	for (int i = 0; i < 3; i++) {
		item[i].process.pid = 100 + i;
		item[i].process.name = name.data();
		item[i].process.cgroup = cgroup.data();
		item[i].merged_bytes = 4096 * i;
		item[i].cost_bytes = 64;
		item[i].profit_bytes = i ? 4096 * i - 64 : KSM_UNKNOWN;
	}
	processes.item = item;
	processes.n = 3;
	for (bool open_metrics : {false, true}) {
		auto found = Check(Text(Status(), 1, &processes, open_metrics), open_metrics);
		std::string labels = R"({pid="101",name="a\"b\\\\c\\x0ad\\x1b[31m\\xff} 1",)"
				     R"(cgroup="/x\\x0a# EOF\\x0ay"})";
		EXPECT_EQ(found["ksm_process_merged_bytes" + labels], "4096");
		EXPECT_EQ(found["ksm_process_profit_bytes" + labels], "4032");
		int profits = 0;
		for (auto &pair : found)
			profits += !pair.first.compare(0, 24, "ksm_process_profit_bytes");
		EXPECT_EQ(profits, 2);
	}
}

TEST(Metrics, NoMoreProcessesThanIsGoodForADatabase)
{
	std::vector<struct ksm_process_status> items(1000);
	struct ksm_process_statuses processes = {};
	char name[] = "x", cgroup[] = "/";

	for (size_t i = 0; i < items.size(); i++) {
		items[i].process.pid = static_cast<pid_t>(i + 1);
		items[i].process.name = name;
		items[i].process.cgroup = cgroup;
	}
	processes.item = items.data();
	processes.n = items.size();
	size_t n = 0;
	for (auto &pair : Check(Text(Status(), 1, &processes, false), false))
		n += !pair.first.compare(0, 24, "ksm_process_merged_bytes");
	EXPECT_EQ(n, 200u);
}

} // namespace
