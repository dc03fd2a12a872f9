/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <regex.h>

#include <gtest/gtest.h>

extern "C" {
#include "report/metrics.h"
}

namespace
{

/* Whole of @text, with its groups; those that matched nothing are empty. */
bool Matches(const std::string &text, const char *pattern, std::vector<std::string> *ret_group)
{
	regex_t regex;
	regmatch_t match[8];

	EXPECT_EQ(regcomp(&regex, ("^" + std::string(pattern) + "$").c_str(), REG_EXTENDED), 0);
	bool matches = regexec(&regex, text.c_str(), 8, match, 0) == 0;
	regfree(&regex);
	ret_group->clear();
	for (int i = 0; i < 8 && matches; i++)
		ret_group->push_back(match[i].rm_so < 0
					     ? ""
					     : text.substr(static_cast<size_t>(match[i].rm_so),
							   static_cast<size_t>(match[i].rm_eo -
									       match[i].rm_so)));
	return matches;
}

/* What the two formats demand of a text, line by line; the series by name and labels. */
std::map<std::string, std::string> Check(const std::string &text, bool open_metrics)
{
	std::map<std::string, std::string> found, types;
	std::vector<std::string> group;
	std::string family;
	std::istringstream lines(text);
	bool ended = false;

	EXPECT_EQ(text.back(), '\n');
	for (std::string line; std::getline(lines, line);) {
		EXPECT_FALSE(ended) << line;
		if (Matches(line, "# HELP ([a-z_]+) .+", &group)) {
			family = group[1];
			EXPECT_EQ(types.count(family), 0u) << line;
			EXPECT_EQ(family.compare(0, 4, "ksm_"), 0) << line;
		} else if (Matches(line, "# TYPE ([a-z_]+) (gauge|counter)", &group)) {
			EXPECT_EQ(group[1], family);
			types[family] = group[2];
		} else if (Matches(line, "# UNIT ([a-z_]+) (bytes|seconds)", &group)) {
			EXPECT_TRUE(open_metrics) << line;
			EXPECT_EQ(group[1], family);
			EXPECT_EQ(family.substr(family.rfind('_') + 1), group[2]);
		} else if (line == "# EOF") {
			ended = true;
		} else {
			EXPECT_TRUE(
				Matches(line,
					"([a-z_]+)(\\{([a-z]+=\"([^\"\\]|\\\\[\"\\n])*\",?)+\\})? "
					"(-?[0-9]+(\\.[0-9]+)?)",
					&group))
				<< line;
			if (group.empty())
				continue;
			bool counter = types[family] == "counter";
			EXPECT_EQ(group[1], counter && open_metrics ? family + "_total" : family)
				<< line;
			EXPECT_EQ(group[1].size() > 6 &&
					  group[1].substr(group[1].size() - 6) == "_total",
				  counter)
				<< line;
			std::string key = group[1] + group[2];
			EXPECT_EQ(found.count(key), 0u) << "twice: " << line;
			found[key] = group[5];
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
		std::string labels = R"({pid="101",name="a\"b\\c\\x0ad\\x1b[31m\\xff} 1",)"
				     R"(cgroup="/x\\x0a# EOF\\x0ay"})";
		EXPECT_EQ(found["ksm_process_merged_bytes" + labels], "4096");
		EXPECT_EQ(found["ksm_process_profit_bytes" + labels], "4032");
		int profits = 0;
		for (auto &pair : found)
			profits += !pair.first.compare(0, 24, "ksm_process_profit_bytes");
		EXPECT_EQ(profits, 2);
	}
}

/* What a reader of the text makes of a label: the bytes themselves, as systemd and others know them. */
TEST(Metrics, NamesOfUnitsAreWhatTheyAre)
{
	char name[] = "agetty", cgroup[] = R"(/system.slice/system-serial\x2dgetty.slice/\)";
	struct ksm_process_status item = {};
	struct ksm_process_statuses processes = {};

	item.process.name = name;
	item.process.cgroup = cgroup;
	processes.item = &item;
	processes.n = 1;
	auto found = Check(Text(Status(), 1, &processes, false), false);
	EXPECT_EQ(found.count(R"(ksm_process_merged_bytes{pid="0",name="agetty",)"
			      R"(cgroup="/system.slice/system-serial\\x2dgetty.slice/\\"})"),
		  1u);
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

/* Sorted by profit; of those at the end none is known. */
std::set<int> WithMetrics(size_t known, size_t unknown)
{
	std::vector<struct ksm_process_status> items(known + unknown);
	struct ksm_process_statuses processes = {};
	char name[] = "x", cgroup[] = "/";
	std::set<int> pids;

	for (size_t i = 0; i < items.size(); i++) {
		items[i].process.pid = static_cast<pid_t>(i);
		items[i].process.name = name;
		items[i].process.cgroup = cgroup;
		items[i].profit_bytes = i < known ? -static_cast<int64_t>(i) : KSM_UNKNOWN;
	}
	processes.item = items.data();
	processes.n = items.size();
	for (auto &pair : Check(Text(Status(), 1, &processes, false), false))
		if (!pair.first.compare(0, 24, "ksm_process_merged_bytes"))
			pids.insert(std::stoi(pair.first.substr(pair.first.find('"') + 1)));
	return pids;
}

TEST(Metrics, OfManyProcessesThoseThatGainAndLoseMost)
{
	std::set<int> pids = WithMetrics(900, 50);

	EXPECT_EQ(pids.size(), 200u);
	EXPECT_EQ(*std::next(pids.begin(), 99), 99);
	EXPECT_EQ(*std::next(pids.begin(), 100), 800);
	EXPECT_EQ(*pids.rbegin(), 899);
	EXPECT_EQ(*WithMetrics(150, 100).rbegin(), 199);
	EXPECT_EQ(*WithMetrics(0, 250).rbegin(), 199);
	EXPECT_EQ(WithMetrics(199, 0).size(), 199u);
	EXPECT_EQ(WithMetrics(200, 1).size(), 200u);
	EXPECT_TRUE(WithMetrics(0, 0).empty());
}

} // namespace
