/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The promise: what scan says beforehand is what ksmd then counts, each counter, pass by pass. The areas are
 * opted in while ksmd rests, so that scan can be told to look at exactly what ksmd will look at.
 */
#include <algorithm>
#include <cstring>
#include <memory>

#include "ksm_live.h"
#include "process.h"
#include "scan.h"
#include "tests/zero_page.h"

namespace
{

const char *const kCounters[] = {
	"full_scans",	      "pages_scanned",	  "pages_skipped",  "pages_shared",
	"pages_sharing",      "pages_unshared",	  "pages_volatile", "ksm_zero_pages",
	"stable_node_chains", "stable_node_dups", "rmap_items",
};

/* Each process's own counters, against its ksm_stat now. */
void ExpectSameTargets(const Json &targets)
{
	for (size_t i = 0; i < targets.Size(); i++) {
		pid_t pid = static_cast<pid_t>(targets.At(i)["pid"].Number());

		for (const char *name : {"ksm_rmap_items", "ksm_merging_pages", "ksm_zero_pages",
					 "ksm_process_profit"})
			EXPECT_EQ(targets.At(i)[name].Number(), ProcNumber(pid, "ksm_stat", name))
				<< name << " of process " << i;
	}
}

/* All counters of all passes as the scan foretold them, against the kernel's, one pass at a time. */
void ExpectSamePasses(LiveKsm *ksm, const Scan &scan)
{
	Json passes = scan.document["passes"];

	for (size_t i = 0; i < passes.Size(); i++) {
		Counters kernel = ksm->OnePass();

		for (const char *name : kCounters) {
			if (!kernel.count(name))
				continue;
			EXPECT_EQ(passes.At(i)[name].Number(), kernel[name])
				<< name << " in pass " << i + 1;
		}
		EXPECT_EQ(passes.At(i)["general_profit"].Number(), kernel["general_profit"]);
		ExpectSameTargets(passes.At(i)["targets"]);
	}
	EXPECT_EQ(scan.Total("general_profit"),
		  passes.At(passes.Size() - 1)["general_profit"].Number());
	ExpectSameTargets(scan.document["targets"]);
}

/* ------------------------------------------------------------------------------- known contents */

struct Case {
	const char *name;
	std::vector<std::vector<std::string>> processes;
	int passes;
	std::map<std::string, int64_t> settings;
	bool forks; /* the first process, and again before the last one starts */
};

void PrintTo(const Case &c, std::ostream *out)
{
	*out << ::testing::PrintToString(c.processes) << ", " << c.passes << " passes";
}

const std::vector<std::string> kEverything = {
	"unique:50",	"repeat:10:7",	 "repeat:3:20@9",  "zero:40",
	"protnone:5:4", "cowfile:40:20", "read:100",	   "shared:30",
	"sparse:25",	"untouched:64",	 "protnone:3:2@9",
};
const std::vector<std::string> kMany = {"repeat:1:600", "repeat:7:300@3", "zero:500", "unique:100"};

const Case kCases[] = {
	{"Everything", {kEverything}, 2, {}, false},
	{"SettledAfterMorePasses", {kEverything}, 5, {}, false},
	{"TwoProcesses", {kEverything, kEverything}, 3, {}, false},
	{"SixProcesses",
	 {kEverything, kMany, kEverything, {"unique:500"}, kMany, {"unique:300", "zero:9"}},
	 3,
	 {},
	 false},
	{"MaxPageSharing2", {kMany, kEverything}, 4, {{"max_page_sharing", 2}}, false},
	{"MaxPageSharing3", {kMany, kMany, kEverything}, 4, {{"max_page_sharing", 3}}, false},
	{"MaxPageSharing100", {kMany, kMany, kMany}, 4, {{"max_page_sharing", 100}}, false},
	{"MaxPageSharing256", {kMany, kMany, kMany}, 4, {{"max_page_sharing", 256}}, false},
	{"OneAboveTheLimit", {{"repeat:1:257"}}, 3, {}, false},
	{"ZeroPage", {kEverything, kMany}, 4, {{"use_zero_pages", 1}}, false},
	{"SmartScan", {kEverything, kMany}, 20, {{"smart_scan", 1}}, false},
	{"Forked", {{"repeat:10:3", "unique:5"}}, 4, {}, true},
	{"ForkedAmongOthers", {kEverything, kMany, kEverything}, 4, {}, true},
	{"ForkedBeyondTheLimit",
	 {{"repeat:4:30", "zero:20"}, {"repeat:4:30", "unique:9"}},
	 4,
	 {{"max_page_sharing", 8}},
	 true},
	{"HugePages", {{"thp:4:1024"}, {"thp:4:1024@0"}}, 3, {}, false},
	/* Twins inside one huge page: the first merge only splits it, and comes a pass later. */
	{"HugePageTwins", {{"thp:2:900"}, {"thp:1:100", "unique:20"}}, 4, {}, false},
};

class ScanCase : public LiveTest, public ::testing::WithParamInterface<Case>
{
};

TEST_P(ScanCase, CountsAsTheKernelWill)
{
	const Case &c = GetParam();
	std::vector<std::unique_ptr<Workload>> workloads;
	std::vector<pid_t> pids;
	std::map<std::string, int64_t> settings = {
		{"smart_scan", 0}, {"use_zero_pages", 0}, {"max_page_sharing", 256}};

	if (!ksm)
		return;
	for (const auto &[name, value] : c.settings)
		settings[name] = value;
	for (const auto &[name, value] : settings)
		ksm->Set(name, value);
	for (size_t i = 0; i < c.processes.size(); i++) {
		std::vector<std::string> arguments = c.processes[i];

		if (c.forks && i > 0 && i + 1 == c.processes.size())
			pids.push_back(workloads[0]->Fork());
		arguments.push_back("--opt-in=madvise");
		workloads.push_back(std::make_unique<Workload>(arguments));
		pids.push_back(workloads[i]->pid());
		if (c.forks && i == 0)
			pids.push_back(workloads[0]->Fork());
	}
	Scan scan = RunScan(pids, {"--pages=mergeable", "--kernel=running",
				   "--passes=" + std::to_string(c.passes)});
	ASSERT_EQ(scan.output.status, 0) << scan.output.err;
	EXPECT_EQ(scan.output.err, "");
	EXPECT_EQ(scan.document["schema"].Text(), "ksmctl.estimate/1");
	EXPECT_TRUE(scan.document["complete"].Bool());
	ExpectSamePasses(ksm, scan);
}

std::string CaseName(const ::testing::TestParamInfo<Case> &test)
{
	return test.param.name;
}

INSTANTIATE_TEST_SUITE_P(Workloads, ScanCase, ::testing::ValuesIn(kCases), CaseName);

class ScanTest : public LiveTest
{
};

/* Against what is known beforehand, not against the kernel: both could see nothing. */
TEST_F(ScanTest, KnownContents)
{
	if (!ksm)
		return;
	Workload workload({"unique:50", "repeat:10:7", "zero:40", "read:100", "shared:30",
			   "protnone:5:4", "cowfile:40:20", "untouched:64", "--opt-in=madvise"});
	const int64_t zeros = ReadsMapZeroPage() ? 40 : 40 + 100;
	Scan scan = RunScan({workload.pid()}, {"--pages=mergeable", "--set", "smart_scan=0"});
	ASSERT_EQ(scan.output.status, 0) << scan.output.err;
	EXPECT_EQ(scan.Total("pages_present"), 50 + 70 + zeros + 20 + 20);
	EXPECT_EQ(scan.Total("distinct_pages"), 50 + 10 + 1 + 5 + 1);
	EXPECT_EQ(scan.Total("duplicate_pages"), 60 + zeros - 1 + 15 + 19);
	EXPECT_EQ(scan.Total("zero_pages"), zeros);
	EXPECT_EQ(scan.Total("pages_shared"), 10 + 1 + 5 + 1);
	EXPECT_EQ(scan.Total("pages_sharing"), 60 + zeros - 1 + 15 + 19);
	EXPECT_EQ(scan.Total("pages_unshared"), 50);
	EXPECT_EQ(scan.Total("pages_volatile"), 0);
	EXPECT_EQ(scan.Total("already_merged_pages"), 0);
	EXPECT_EQ(scan.Total("same_pfn_pages"), 0);
	EXPECT_EQ(scan.Total("freed_bytes"), (60 + zeros - 1 + 15 + 19) * sysconf(_SC_PAGESIZE));
}

/* --set and the options of the command line count, not the machine's settings. */
TEST_F(ScanTest, TunablesOfTheModel)
{
	if (!ksm)
		return;
	Workload workload({"repeat:1:600", "zero:10", "--opt-in=madvise"});
	Scan asked =
		RunScan({workload.pid()}, {"--pages=mergeable", "--set", "smart_scan=0", "--set",
					   "max_page_sharing=100", "--set", "use_zero_pages=1"});
	ksm->Set("smart_scan", 0);
	ksm->Set("max_page_sharing", 100);
	ksm->Set("use_zero_pages", 1);
	Scan found = RunScan({workload.pid()}, {"--pages=mergeable"});
	ksm->Set("max_page_sharing", 256);
	Scan set =
		RunScan({workload.pid()}, {"--pages=mergeable", "--set", "max_page_sharing=100"});
	ksm->Set("max_page_sharing", 100);
	EXPECT_EQ(asked.document["passes"].Dump(), found.document["passes"].Dump());
	EXPECT_EQ(asked.document["passes"].Dump(), set.document["passes"].Dump());
	ExpectSamePasses(ksm, asked);
}

std::string WithoutHuge(std::string totals)
{
	size_t begin = totals.find("\"huge_pages_split\""), end = totals.find(',', begin);

	return begin == std::string::npos ? totals : totals.erase(begin, end - begin);
}

/* Older ways to find and read pages find and read the same. */
TEST_F(ScanTest, OlderKernels)
{
	if (!ksm)
		return;
	ksm->Set("smart_scan", 0);
	std::vector<std::string> arguments = kEverything;
	arguments.push_back("thp:2:700");
	arguments.push_back("--opt-in=madvise");
	Workload workload(arguments);
	std::vector<pid_t> pids = {workload.pid(), workload.Fork()};
	Scan with = RunScan(pids, {"--pages=mergeable"});
	EXPECT_GT(with.Total("pages_sharing"), 1000);
	for (const char *what :
	     {"pagemap-scan", "process-vm-readv", "pagemap-scan,process-vm-readv"}) {
		std::vector<std::string> argv = ScanCommand(pids, {"--pages=mergeable"});

		argv.insert(argv.begin(), {WithoutPath(), what});
		Output output = RunProgram(argv);
		EXPECT_EQ(output.status, 0) << output.err;
		Json without = Json::Parse(output.out);
		/* Only PAGEMAP_SCAN tells of huge pages; what is not known is null. */
		bool knows_huge = !strstr(what, "pagemap-scan");
		EXPECT_EQ(without["totals"]["huge_pages_split"].Null(), !knows_huge) << what;
		EXPECT_EQ(WithoutHuge(without["totals"].Dump()),
			  WithoutHuge(with.document["totals"].Dump()))
			<< what;
		EXPECT_EQ(without["targets"].Dump(), with.document["targets"].Dump()) << what;
	}
}

/* Memory that changes between the passes does not merge, neither here nor there. */
TEST_F(ScanTest, ChangingPagesDoNotCount)
{
	if (!ksm)
		return;
	ksm->Set("smart_scan", 0);
	Workload workload({"repeat:10:10", "unique:20", "--opt-in=madvise"});
	struct Changer {
		Workload *workload;
		static void Change(void *self)
		{
			/* Equal to each other, but always new: only what holds still counts. */
			static_cast<Changer *>(self)->workload->Do("change 0 0 30");
		}
	} changer = {&workload};
	Output output =
		RunProgram(ScanCommand({workload.pid()},
				       {"--pages=mergeable", "--kernel=running", "--interval=0.5"}),
			   {}, 120, Changer::Change, &changer);
	Json document = Json::Parse(output.out);
	ASSERT_EQ(output.status, 0) << output.err;
	ksm->OnePass();
	workload.Do("change 0 0 30");
	Counters kernel = ksm->OnePass();
	for (const char *name :
	     {"pages_shared", "pages_sharing", "pages_unshared", "pages_volatile"})
		EXPECT_EQ(document["totals"][name].Number(), kernel[name]) << name;
	EXPECT_EQ(kernel["pages_sharing"], 60);
	EXPECT_EQ(kernel["pages_volatile"], 30);
}

/* What is merged already is seen as such, and promises nothing more. */
TEST_F(ScanTest, AfterRealMerging)
{
	if (!ksm)
		return;
	ksm->Set("smart_scan", 0);
	Workload a({"repeat:10:7", "unique:50", "zero:40", "--opt-in=madvise"});
	Workload b({"repeat:10:7", "unique:50", "protnone:2:5", "--opt-in=madvise"});
	std::vector<pid_t> pids = {a.pid(), b.pid()};
	Scan before = RunScan(pids, {"--pages=mergeable", "--kernel=running"});
	EXPECT_EQ(before.Total("already_merged_pages"), 0);
	EXPECT_GT(before.Total("freed_bytes"), 0);
	Counters kernel = ksm->Passes(3);
	ASSERT_GT(kernel["pages_sharing"], 0);
	Scan after = RunScan(pids, {"--pages=mergeable", "--kernel=running"});
	ASSERT_EQ(after.output.status, 0) << after.output.err;
	EXPECT_EQ(after.Total("already_merged_pages"),
		  kernel["pages_shared"] + kernel["pages_sharing"]);
	EXPECT_EQ(after.Total("freed_bytes"), 0);
	EXPECT_EQ(before.Total("freed_bytes"), kernel["pages_sharing"] * sysconf(_SC_PAGESIZE));
	EXPECT_EQ(after.Total("pages_present"), before.Total("pages_present"));
	EXPECT_EQ(after.Total("distinct_pages"), before.Total("distinct_pages"));

	/* Half of it is new again: only that counts. */
	b.Do("change 0 0 70 1");
	after = RunScan(pids, {"--pages=mergeable", "--kernel=running"});
	EXPECT_EQ(after.Total("already_merged_pages"),
		  kernel["pages_shared"] + kernel["pages_sharing"] - 70);
	EXPECT_EQ(after.Total("freed_bytes"), 70 * sysconf(_SC_PAGESIZE));
}

/* A child has its parent's merged pages before ksmd has ever looked at it. */
TEST_F(ScanTest, ForkAfterRealMerging)
{
	if (!ksm)
		return;
	ksm->Set("smart_scan", 0);
	Workload workload({"repeat:10:7", "--opt-in=madvise"});
	ksm->Passes(2);
	pid_t child = workload.Fork();
	Scan scan = RunScan({workload.pid(), child}, {"--pages=mergeable", "--kernel=running"});
	ASSERT_EQ(scan.output.status, 0) << scan.output.err;
	EXPECT_EQ(scan.Total("already_merged_pages"), 140);
	EXPECT_EQ(scan.Total("freed_bytes"), 0);
	Counters kernel = ksm->OnePass();
	EXPECT_EQ(scan.Total("pages_shared"), kernel["pages_shared"]);
	EXPECT_EQ(scan.Total("pages_sharing"), kernel["pages_sharing"]);
}

/* ------------------------------------------------------------------------------- real programs */

class ScanOfPrograms : public LiveTest
{
      protected:
	void Expect(const std::vector<std::vector<std::string>> &commands)
	{
		std::vector<std::unique_ptr<Program>> programs;
		std::vector<pid_t> pids;

		ksm->Set("smart_scan", 0);
		for (const auto &argv : commands) {
			Start start;

			start.merge_any = true;
			programs.push_back(std::make_unique<Program>(argv, start));
			pids.push_back(programs.back()->pid());
		}
		for (const auto &program : programs)
			program->WaitUntilIdle();
		Scan scan = RunScan(pids, {"--pages=mergeable", "--kernel=running"});
		ASSERT_EQ(scan.output.status, 0) << scan.output.err;
		EXPECT_GT(scan.Total("pages_present"), 500);
		Counters kernel = ksm->Passes(2);
		EXPECT_GT(kernel["pages_sharing"], 0);
		EXPECT_EQ(scan.Total("pages_shared"), kernel["pages_shared"]);
		EXPECT_EQ(scan.Total("pages_sharing"), kernel["pages_sharing"]);
		EXPECT_EQ(scan.Total("pages_unshared"), kernel["pages_unshared"]);
		EXPECT_EQ(scan.Total("rmap_items"), kernel["rmap_items"]);
	}
};

const char *const kPython = "import time\n"
			    "data = [str(i) * 9 for i in range(20000)]\n"
			    "time.sleep(100000)";
const char *const kPerl = "my %h = map { $_ => \"x\" x 500 } 1..5000; sleep 100000";
const char *const kNode = "const a = Array.from({length: 20000}, (_, i) => 'x' + i);"
			  "setInterval(() => a.length, 100000000)";

/* Is it there, and does it start? */
bool Works(const std::string &program, const std::string &option)
{
	return RunProgram({program, option}).status == 0;
}

TEST_F(ScanOfPrograms, Python)
{
	if (!ksm)
		return;
	if (!Works("python3", "--version"))
		return SkipOrFail("python3 is not installed");
	Expect({{"python3", "-c", kPython}, {"python3", "-c", kPython}});
}

TEST_F(ScanOfPrograms, Perl)
{
	if (!ksm)
		return;
	if (!Works("perl", "-v"))
		return SkipOrFail("perl is not installed");
	Expect({{"perl", "-e", kPerl}, {"perl", "-e", kPerl}, {"perl", "-e", kPerl}});
}

TEST_F(ScanOfPrograms, ThreeOfAKind)
{
	if (!ksm)
		return;
	if (!Works("python3", "--version") || !Works("perl", "-v"))
		return SkipOrFail("python3 or perl is not installed");
	std::vector<std::vector<std::string>> commands = {{"python3", "-c", kPython},
							  {"perl", "-e", kPerl}};
	if (Works("node", "--version"))
		commands.push_back({"node", "-e", kNode});
	else
		commands.push_back({"perl", "-e", kPerl});
	Expect(commands);
}

} // namespace
