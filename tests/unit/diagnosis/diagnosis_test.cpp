/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

extern "C" {
#include "diagnosis/diagnosis.h"
#include "estimate/estimate.h"
}

namespace
{

/* A machine where all is well; a test changes what it is about. */
class DiagnosisTest : public ::testing::Test
{
      protected:
	void SetUp() override
	{
		for (int i = 0; i < KSM_SYSFS_N; i++)
			facts.sysfs.valid[i] = true;
		Set(KSM_SYSFS_run, 1);
		Set(KSM_SYSFS_pages_to_scan, 1000);
		Set(KSM_SYSFS_sleep_millisecs, 20);
		Set(KSM_SYSFS_smart_scan, 1);
		Set(KSM_SYSFS_full_scans, 50);
		Set(KSM_SYSFS_pages_shared, 1000);
		Set(KSM_SYSFS_pages_sharing, 9000);
		Set(KSM_SYSFS_pages_unshared, 2000);
		Set(KSM_SYSFS_general_profit, 36096000);
		Set(KSM_SYSFS_pages_scanned, 500000);
		Set(KSM_SYSFS_max_page_sharing, 256);
		facts.page_size = 4096;
		facts.is_whole = true;
		facts.meminfo.total = UINT64_C(16) << 30;
		facts.meminfo.available = UINT64_C(8) << 30;
		facts.cost.seconds_per_page = 3e-6;
		facts.cost.tick_seconds = 0.004;
		facts.freed_within = facts.freed_together = KSM_UNKNOWN;
		Add("worker", 1000).is_opted_in = true;
	}
	void Set(enum ksm_sysfs_field field, int64_t value)
	{
		facts.sysfs.value[field] = value;
	}
	struct ksm_process_facts &Add(const char *name, uid_t uid)
	{
		size_t i = facts.n_processes;

		processes[i] = {};
		processes[i].pid = static_cast<pid_t>(100 + i);
		processes[i].uid = uid;
		processes[i].name = const_cast<char *>(name);
		processes[i].cgroup = const_cast<char *>("/");
		items[i] = {};
		items[i].process = &processes[i];
		ksm_domain_of(&processes[i], &items[i].domain);
		facts.process = items;
		facts.n_processes++;
		facts.n_opted_in++;
		return items[i];
	}
	/* The codes, with the text of each. */
	std::map<std::string, std::string> Diagnose()
	{
		struct ksm_diagnosis diagnosis;
		std::map<std::string, std::string> found;
		int last = 0;

		EXPECT_EQ(ksm_diagnose(&facts, &diagnosis), 0);
		for (size_t i = 0; i < diagnosis.n; i++) {
			const struct ksm_finding &finding = diagnosis.finding[i];

			EXPECT_NE(finding.text[0], '\0') << finding.code;
			EXPECT_NE(finding.advice[0], '\0') << finding.code;
			EXPECT_GE(finding.severity, last) << "problems come first";
			last = finding.severity;
			found[finding.code] = finding.text;
		}
		ksm_diagnosis_free(&diagnosis);
		return found;
	}
	/* Exactly this, and it speaks of that. */
	void ExpectOnly(const std::string &code, const std::string &text)
	{
		auto found = Diagnose();

		EXPECT_EQ(found.size(), 1u);
		EXPECT_EQ(found.count(code), 1u) << code;
		EXPECT_NE(found[code].find(text), std::string::npos) << found[code];
	}

	struct ksm_facts facts = {};
	struct ksm_process processes[8];
	struct ksm_process_facts items[8];
};

TEST_F(DiagnosisTest, AllIsWell)
{
	EXPECT_TRUE(Diagnose().empty());
}

TEST_F(DiagnosisTest, Stopped)
{
	Set(KSM_SYSFS_run, 2);
	ExpectOnly("stopped", "run=2");
}

TEST_F(DiagnosisTest, Nobody)
{
	facts.n_processes = facts.n_opted_in = 0;
	for (auto field : {KSM_SYSFS_pages_shared, KSM_SYSFS_pages_sharing,
			   KSM_SYSFS_pages_unshared, KSM_SYSFS_general_profit})
		Set(field, 0);
	ExpectOnly("nobody", "no process");
	/* Where others may have, and it is not ours to see. */
	facts.n_unreadable = 5;
	EXPECT_TRUE(Diagnose().empty());
}

TEST_F(DiagnosisTest, Loss)
{
	Set(KSM_SYSFS_general_profit, -4096);
	ExpectOnly("loss", "costs more");
}

TEST_F(DiagnosisTest, Domains)
{
	Add("worker", 1000).is_opted_in = true;
	EXPECT_TRUE(Diagnose().empty());
	Add("other", 1001).is_opted_in = true;
	ExpectOnly("domains", "user 1000, user 1001)");
	facts.freed_within = 1 << 20;
	facts.freed_together = 3 << 20;
	ExpectOnly("domains", "2.0 MiB of the 3.0 MiB");
	Add("kvm", 1000).is_opted_in = true;
	ExpectOnly("domains", "3 users");
}

TEST_F(DiagnosisTest, UnmergeMemory)
{
	facts.meminfo.available = 9000 * 4096 - 1;
	ExpectOnly("unmerge-memory", "run out");
}

TEST_F(DiagnosisTest, Pace)
{
	Set(KSM_SYSFS_pages_to_scan, 1);
	Set(KSM_SYSFS_sleep_millisecs, 1000);
	ExpectOnly("slow", "3 h");
}

TEST_F(DiagnosisTest, SmartScan)
{
	Set(KSM_SYSFS_pages_skipped, 400000);
	EXPECT_TRUE(Diagnose().empty());
	Set(KSM_SYSFS_pages_volatile, 20000);
	ExpectOnly("smart-scan", "400000");
	Set(KSM_SYSFS_smart_scan, 0);
	ExpectOnly("volatile", "too fast");
}

TEST_F(DiagnosisTest, MaxPageSharing)
{
	Set(KSM_SYSFS_stable_node_chains, 2);
	Set(KSM_SYSFS_stable_node_dups, 12);
	ExpectOnly("max-page-sharing", "40.0 KiB");
}

TEST_F(DiagnosisTest, NumaNodes)
{
	Set(KSM_SYSFS_merge_across_nodes, 0);
	EXPECT_TRUE(Diagnose().empty());
	facts.n_nodes = 2;
	ExpectOnly("numa-nodes", "each of 2");
	Set(KSM_SYSFS_merge_across_nodes, 1);
	EXPECT_TRUE(Diagnose().empty());
}

TEST_F(DiagnosisTest, Others)
{
	facts.ksmtuned = 77;
	ExpectOnly("ksmtuned", "77");
	facts.ksmtuned = 0;
	facts.uksmd = 78;
	ExpectOnly("uksmd", "78");
	facts.uksmd = 0;
	facts.huge_always = true;
	ExpectOnly("huge-pages", "split");
	facts.huge_always = false;
	facts.sysfs.valid[KSM_SYSFS_advisor_mode] = false;
	ExpectOnly("old-kernel", "6.8");
	facts.sysfs.valid[KSM_SYSFS_smart_scan] = false;
	ExpectOnly("old-kernel", "6.7");
	facts.sysfs.valid[KSM_SYSFS_general_profit] = false;
	ExpectOnly("old-kernel", "6.4");
}

TEST_F(DiagnosisTest, Guests)
{
	struct ksm_process_facts &guest = Add("qemu-system-x86", 1000);

	facts.n_opted_in--;
	guest.shared = 1 << 30;
	guest.anonymous = 20 << 20;
	ExpectOnly("shared-memory", "1.0 GiB");
	guest.shared = 0;
	guest.hugetlb = 1 << 30;
	ExpectOnly("hugetlb", "hugetlb");
	guest.hugetlb = 0;
	guest.anonymous = 1 << 30;
	EXPECT_TRUE(Diagnose().empty());
}

TEST_F(DiagnosisTest, ProcessesAskedFor)
{
	struct ksm_process_facts &process = items[0];

	process.was_asked_for = true;
	process.stat.valid[KSM_STAT_ksm_process_profit] = true;
	process.stat.value[KSM_STAT_ksm_process_profit] = -640;
	ExpectOnly("process-loss", "640 B");
	process.stat.value[KSM_STAT_ksm_process_profit] = 1;
	process.swap = 100 << 20;
	ExpectOnly("swap", "100.0 MiB");
	process.swap = 0;
	process.is_opted_in = false;
	process.anonymous = 5 << 20;
	ExpectOnly("not-opted-in", "5.0 MiB");
}

} // namespace
