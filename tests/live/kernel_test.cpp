/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the real ksmd counts on memory of known contents: the ground that all other live tests stand on. */
#include <csignal>
#include <fstream>
#include <memory>

#include <sys/wait.h>
#include <unistd.h>

#include "ksm_live.h"
#include "process.h"
#include "tests/zero_page.h"

namespace
{

struct Case {
	const char *name;
	std::vector<std::string> areas;
	bool forks;
	std::map<std::string, int64_t> settings;
	int passes;
	std::map<std::string, int64_t> expected;
};

void PrintTo(const Case &c, std::ostream *out)
{
	*out << ::testing::PrintToString(c.areas) << ", pass " << c.passes;
}

std::map<std::string, int64_t> Pages(int64_t shared, int64_t sharing, int64_t unshared,
				     int64_t volatile_, int64_t chains = 0, int64_t dups = 0)
{
	return {{"pages_shared", shared},	{"pages_sharing", sharing},
		{"pages_unshared", unshared},	{"pages_volatile", volatile_},
		{"stable_node_chains", chains}, {"stable_node_dups", dups}};
}

std::map<std::string, int64_t> With(std::map<std::string, int64_t> map, const std::string &name,
				    int64_t value)
{
	map[name] = value;
	return map;
}

const Case kCases[] = {
	{"Repeat", {"repeat:10:3"}, false, {}, 2, Pages(10, 20, 0, 0)},
	{"OnePass", {"repeat:10:3", "unique:5"}, false, {}, 1, Pages(0, 0, 0, 35)},
	{"Unique", {"unique:50"}, false, {}, 2, Pages(0, 0, 50, 0)},
	/* What is the same physical page in both cannot merge with itself. */
	{"Fork", {"repeat:10:3", "unique:5"}, true, {}, 2, Pages(10, 50, 5, 5)},
	{"Zero", {"zero:700"}, false, {}, 2, Pages(3, 697, 0, 0, 1, 3)},
	{"ZeroPage",
	 {"zero:700"},
	 false,
	 {{"use_zero_pages", 1}},
	 2,
	 With(Pages(0, 0, 0, 700), "ksm_zero_pages", 700)},
	{"ZeroPageLater",
	 {"zero:700"},
	 false,
	 {{"use_zero_pages", 1}},
	 3,
	 With(Pages(0, 0, 0, 0), "ksm_zero_pages", 700)},
	/* The page one above max_page_sharing needs a second one like it. */
	{"OneAboveTheLimit", {"repeat:1:257"}, false, {}, 2, Pages(1, 255, 1, 0)},
	{"ThreeNodes", {"repeat:1:600"}, false, {}, 2, Pages(3, 597, 0, 0, 1, 3)},
	{"LowerLimit",
	 {"repeat:1:600"},
	 false,
	 {{"max_page_sharing", 100}},
	 2,
	 Pages(6, 594, 0, 0, 1, 6)},
	{"OnlyRead",
	 {"read:100", "repeat:1:2"},
	 false,
	 {},
	 2,
	 ReadsMapZeroPage() ? Pages(1, 1, 0, 0) : Pages(2, 100, 0, 0)},
	{"PrivateFile", {"cowfile:40:20"}, false, {}, 2, Pages(1, 19, 0, 0)},
	{"ProtNone", {"protnone:3:3"}, false, {}, 2, Pages(3, 6, 0, 0)},
	{"SharedMemory", {"shared:20", "repeat:1:2"}, false, {}, 2, Pages(1, 1, 0, 0)},
	{"HugePages", {"thp:2:512"}, false, {}, 2, Pages(512, 512, 0, 0)},
	/* A skipped page is neither shared nor unshared. */
	{"SmartScan",
	 {"unique:20", "repeat:2:2"},
	 false,
	 {{"smart_scan", 1}},
	 5,
	 With(Pages(2, 2, 0, 20), "pages_skipped", 20)},
};

class Kernel : public LiveTest, public ::testing::WithParamInterface<Case>
{
};

TEST_P(Kernel, CountsAsExpected)
{
	const Case &c = GetParam();
	Counters counters;

	if (!ksm)
		return;
	ksm->Set("smart_scan", 0);
	ksm->Set("use_zero_pages", 0);
	ksm->Set("max_page_sharing", 256);
	for (const auto &[name, value] : c.settings)
		ksm->Set(name, value);
	std::vector<std::string> arguments = c.areas;
	arguments.push_back("--opt-in=madvise");
	Workload workload(arguments);
	if (c.forks)
		workload.Fork();
	counters = ksm->Passes(c.passes);
	for (const auto &[name, value] : c.expected)
		EXPECT_EQ(counters[name], value) << name;
}

std::string CaseName(const ::testing::TestParamInfo<Case> &test)
{
	return test.param.name;
}

INSTANTIATE_TEST_SUITE_P(Workloads, Kernel, ::testing::ValuesIn(kCases), CaseName);

class KernelTest : public LiveTest
{
};

/* Every call is one pass, however the machine is loaded; nothing happens between two calls. */
TEST_F(KernelTest, OnePassIsOnePass)
{
	if (!ksm)
		return;
	ksm->Set("smart_scan", 0);
	Workload workload({"--opt-in=madvise", "unique:2000", "repeat:10:10"});
	for (int i = 1; i <= 200; i++) {
		Counters counters = ksm->OnePass();

		ASSERT_EQ(counters["full_scans"], i);
		ASSERT_EQ(counters["pages_shared"], i < 2 ? 0 : 10);
		ASSERT_EQ(ksm->Read(), counters);
	}
}

/* Seeds make contents: equal ones are shared between processes, others are not. */
TEST_F(KernelTest, ProcessesShareBySeed)
{
	if (!ksm)
		return;
	ksm->Set("smart_scan", 0);
	Workload a({"--opt-in=madvise", "--seed=1", "unique:30"});
	Workload b({"--opt-in=madvise", "--seed=1", "unique:40"});
	Workload c({"--opt-in=madvise", "--seed=2", "unique:50"});
	Counters counters = ksm->Passes(2);
	EXPECT_EQ(counters["pages_shared"], 30);
	EXPECT_EQ(counters["pages_sharing"], 30);
	EXPECT_EQ(counters["pages_unshared"], 60);
	EXPECT_EQ(ProcNumber(a.pid(), "ksm_stat", "ksm_merging_pages"), 30);
	EXPECT_EQ(ProcNumber(c.pid(), "ksm_stat", "ksm_merging_pages"), 0);
}

/* What the workload's commands do to its memory. */
TEST_F(KernelTest, WorkloadObeys)
{
	if (!ksm)
		return;
	ksm->Set("smart_scan", 0);
	Workload workload({"unique:20", "repeat:1:10@7", "untouched:10@7"});
	workload.Do("mergeable");
	Counters counters = ksm->Passes(2);
	EXPECT_EQ(counters["pages_shared"], 1);
	EXPECT_EQ(counters["pages_sharing"], 9);
	EXPECT_EQ(counters["pages_unshared"], 20);

	workload.Do("alike 2 0 5 0"); /* as area 1: of the same set */
	workload.Do("change 1 0 4");
	workload.Do("clear 0 0 6");
	workload.Do("unmap 0 6 3");
	workload.Do("drop 0 9 1");
	counters = ksm->Passes(2);
	EXPECT_EQ(counters["pages_shared"], 3); /* the old content, the changed one, zeros */
	EXPECT_EQ(counters["pages_sharing"], 10 + 3 + 5);
	EXPECT_EQ(counters["pages_unshared"], 10);
	EXPECT_EQ(counters["rmap_items"], 31);

	workload.Do("change 1 0 4 1");
	workload.Do("remap 0 0 20");
	counters = ksm->Passes(2);
	EXPECT_EQ(counters["pages_shared"], 1);
	EXPECT_EQ(counters["pages_sharing"], 14);
	EXPECT_EQ(counters["pages_unshared"], 20);

	workload.Do("unmergeable");
	EXPECT_EQ(ProcNumber(workload.pid(), "smaps_rollup", "KSM"), 0);
}

TEST_F(KernelTest, WholeProcessesAreOptedIn)
{
	if (!ksm)
		return;
	ksm->Set("smart_scan", 0);
	Workload workload({"--opt-in=prctl", "repeat:5:5"});
	Counters counters = ksm->Passes(2);
	EXPECT_GE(counters["pages_shared"], 5);
	EXPECT_GE(counters["pages_sharing"], 20);
	EXPECT_GT(counters["rmap_items"], 25);
}

/* A test that dies, of whatever, leaves the settings as they were, and nothing merged. */
TEST_F(KernelTest, GuardianPutsSettingsBack)
{
	static const std::string run = "/sys/kernel/mm/ksm/run";
	static const std::string millisecs = "/sys/kernel/mm/ksm/sleep_millisecs";
	int ready[2];
	std::string before;
	char c;
	pid_t pid;

	if (!ksm)
		return;
	delete ksm;
	ksm = nullptr;
	before = ReadFile(millisecs);
	ASSERT_EQ(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		std::string why_not;
		LiveKsm *child = LiveKsm::TakeOver(&why_not);

		if (!child)
			_exit(1);
		child->Set("run", 1);
		if (write(ready[1], "+", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	ASSERT_EQ(read(ready[0], &c, 1), 1);
	EXPECT_NE(ReadFile(millisecs), before);
	kill(pid, SIGKILL);
	waitpid(pid, nullptr, 0);
	close(ready[0]);
	/* The lock comes free when the guardian is done. */
	std::string why_not;
	ksm = LiveKsm::TakeOver(&why_not);
	ASSERT_TRUE(ksm) << why_not;
	delete ksm;
	ksm = nullptr;
	EXPECT_EQ(ReadFile(millisecs), before);
	EXPECT_EQ(ReadFile(run), "0\n");
}

} // namespace
