/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scanning leaves its target alone: not a page, not a count, not a moment of its time. */
#include <cstring>
#include <memory>
#include <sstream>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksm_live.h"
#include "process.h"
#include "scan.h"

namespace
{

std::string Proc(pid_t pid, const char *file)
{
	return ReadFile("/proc/" + std::to_string(pid) + "/" + file);
}

/*
 * smaps without Pss and the KSM line, which also tell of other processes, and without Referenced, which is
 * about reading. Pss of the areas at hand is checked by their pages.
 */
std::string Areas(pid_t pid)
{
	std::istringstream lines(Proc(pid, "smaps"));
	std::string areas;

	for (std::string line; std::getline(lines, line);)
		if (line.compare(0, 3, "Pss") != 0 && line.compare(0, 11, "Referenced:") != 0 &&
		    line.find("Shared_Clean") && line.find("Private_Clean"))
			areas += line + "\n";
	return areas;
}

/* Which page is where, by its frame: a page that was copied, moved or faulted in shows. */
std::string Frames(Workload *workload, int n_areas)
{
	int fd = open(("/proc/" + std::to_string(workload->pid()) + "/pagemap").c_str(), O_RDONLY);
	std::string all;

	for (int i = 0; i < n_areas; i++) {
		std::istringstream where(workload->Do("where " + std::to_string(i)));
		uint64_t address = 0, pages = 0;

		where >> std::hex >> address >> std::dec >> pages;
		std::vector<uint64_t> entries(pages);
		if (pread(fd, entries.data(), pages * 8, address / sysconf(_SC_PAGESIZE) * 8) !=
		    static_cast<ssize_t>(pages * 8))
			ADD_FAILURE() << "pagemap cannot be read";
		all.append(reinterpret_cast<char *>(entries.data()), pages * 8);
	}
	close(fd);
	return all;
}

/* minflt, cminflt, majflt, cmajflt, utime, stime, and how often it got or gave up a CPU. */
std::string Activity(pid_t pid)
{
	std::string stat = Proc(pid, "stat");
	std::istringstream fields(stat.substr(stat.rfind(')') + 1));
	std::string field, activity;

	for (int i = 3; i <= 15 && fields >> field; i++)
		if (i >= 10)
			activity += field + " ";
	for (const char *name : {"VmRSS", "VmPTE", "VmHWM", "VmSwap", "voluntary_ctxt_switches",
				 "nonvoluntary_ctxt_switches"})
		activity += std::string(name) + " " +
			    std::to_string(ProcNumber(pid, "status", name)) + "\n";
	return activity + Proc(pid, "schedstat");
}

/* Looks at the state again and again while the scan runs. */
struct Watch {
	pid_t pid;
	int looks = 0;
	std::string states;

	static void Look(void *data)
	{
		Watch *watch = static_cast<Watch *>(data);
		std::string stat = Proc(watch->pid, "stat");
		char state = stat[stat.rfind(')') + 2];

		watch->looks++;
		if (watch->states.find(state) == std::string::npos)
			watch->states += state;
		if (ProcNumber(watch->pid, "status", "TracerPid") != 0)
			watch->states += " traced";
	}
};

const std::vector<std::string> kAreas = {
	"unique:300", "repeat:10:30",  "zero:50",	"untouched:200", "read:100",
	"sparse:50",  "protnone:5:10", "cowfile:60:20", "shared:30",	 "thp:2:700",
};

void ExpectUndisturbed(Workload *workload, const std::vector<pid_t> &pids,
		       const std::vector<std::string> &options)
{
	int n_areas = static_cast<int>(kAreas.size());
	pid_t pid = workload->pid();
	std::string frames = Frames(workload, n_areas);
	std::string areas = Areas(pid);
	Watch watch = {pid, 0, ""};

	usleep(20000); /* until it sleeps again */
	std::string activity = Activity(pid);
	int64_t pss = ProcNumber(pid, "smaps_rollup", "Pss_Anon");
	int64_t ksm = ProcNumber(pid, "smaps_rollup", "KSM");
	Output output = RunProgram(ScanCommand(pids, options), {}, 120, Watch::Look, &watch);
	EXPECT_EQ(output.status, 0) << output.err;
	EXPECT_GT(Json::Parse(output.out)["totals"]["pages_present"].Number(), 500);
	EXPECT_EQ(Activity(pid), activity);
	EXPECT_EQ(Areas(pid), areas);
	EXPECT_EQ(ProcNumber(pid, "smaps_rollup", "Pss_Anon"), pss);
	EXPECT_EQ(ProcNumber(pid, "smaps_rollup", "KSM"), ksm);
	EXPECT_GT(watch.looks, 3);
	EXPECT_EQ(watch.states, "S");
	/* Last, since asking the workload where its areas are wakes it. */
	EXPECT_TRUE(Frames(workload, n_areas) == frames)
		<< "pages were copied, moved or faulted in";
}

/* Needs root for frame numbers, but not ksmd: with the machine's own settings, whatever they are. */
class Harmless : public ::testing::Test
{
      protected:
	void SetUp() override
	{
		if (geteuid())
			SkipOrFail("seeing page frames needs root");
	}
};

TEST_F(Harmless, OrdinaryMemory)
{
	if (geteuid())
		return;
	Workload workload(kAreas);
	ExpectUndisturbed(&workload, {workload.pid()}, {"--passes=3"});
	EXPECT_EQ(ProcNumber(workload.pid(), "ksm_stat", "ksm_rmap_items"), 0);
	EXPECT_EQ(ProcNumber(workload.pid(), "ksm_stat", "ksm_merging_pages"), 0);
}

/* Pages that fork shares stay shared: some ways to read them would give each process its own copy. */
TEST_F(Harmless, MemorySharedByFork)
{
	if (geteuid())
		return;
	Workload workload(kAreas);
	pid_t child = workload.Fork();
	ExpectUndisturbed(&workload, {workload.pid(), child}, {"--passes=2", "--verify"});
	ExpectUndisturbed(&workload, {child}, {"--passes=2", "--verify"});
}

/*
 * A process with huge pages, and a child of it that has got its own first page of each: pagemap then calls the parent's
 * exclusive as a whole.
 */
pid_t HugePagesSharedInPart(pid_t *ret_child)
{
	constexpr size_t huge = 2 << 20, n = 4;
	int ready[2];
	pid_t pid;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (pid == 0) {
		auto *area =
			static_cast<char *>(mmap(nullptr, (n + 1) * huge, PROT_READ | PROT_WRITE,
						 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		area += (huge - reinterpret_cast<uintptr_t>(area) % huge) % huge;
		madvise(area, n * huge, MADV_HUGEPAGE);
		for (size_t page = 0; page < n * huge / 4096; page++)
			memcpy(area + page * 4096, &page, sizeof(page));
		pid_t child = fork();
		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (size_t i = 0; i < n; i++)
				area[i * huge] = 'x';
			child = getpid();
			if (write(ready[1], &child, sizeof(child)) != sizeof(child))
				_exit(1);
		}
		for (;;)
			pause();
	}
	if (read(ready[0], ret_child, sizeof(*ret_child)) != sizeof(*ret_child))
		*ret_child = -1;
	close(ready[0]);
	close(ready[1]);
	return pid;
}

TEST_F(Harmless, HugePagesSharedByForkInPart)
{
	if (geteuid())
		return;
	pid_t child, pid = HugePagesSharedInPart(&child);
	ASSERT_GT(pid, 0);
	ASSERT_GT(child, 0);
	int64_t huge = ProcNumber(pid, "smaps_rollup", "AnonHugePages");
	int64_t shared = ProcNumber(pid, "smaps_rollup", "Shared_Dirty");

	if (huge) {
		Scan scan = RunScan({pid, child}, {"--passes=2", "--verify"});
		EXPECT_EQ(scan.output.status, 0) << scan.output.err;
		EXPECT_GE(scan.Total("same_pfn_pages"), 2 * 4 * 511);
		EXPECT_EQ(ProcNumber(pid, "smaps_rollup", "AnonHugePages"), huge);
		EXPECT_EQ(ProcNumber(pid, "smaps_rollup", "Shared_Dirty"), shared);
	} else {
		SkipOrFail("there are no huge pages to be had");
	}
	kill(pid, SIGKILL);
	waitpid(pid, nullptr, 0);
}

class HarmlessToMerged : public LiveTest
{
};

/* Pages that KSM has merged stay merged: the same ways to read would unmerge them. */
TEST_F(HarmlessToMerged, Scan)
{
	if (!ksm)
		return;
	ksm->Set("smart_scan", 0);
	std::vector<std::string> arguments = kAreas;
	arguments.push_back("--opt-in=madvise");
	Workload workload(arguments);
	Counters before = ksm->Passes(3);
	ASSERT_GT(ProcNumber(workload.pid(), "smaps_rollup", "KSM"), 0);
	ExpectUndisturbed(&workload, {workload.pid()}, {"--passes=3", "--verify"});
	Counters after = ksm->OnePass();
	EXPECT_EQ(after["pages_shared"], before["pages_shared"]);
	EXPECT_EQ(after["pages_sharing"], before["pages_sharing"]);
	EXPECT_EQ(after["pages_volatile"], before["pages_volatile"]);
}

/* Nor does a scan change anything of the machine's settings, or opt anything in. */
TEST_F(HarmlessToMerged, Settings)
{
	if (!ksm)
		return;
	ksm->Set("smart_scan", 0);
	Workload opted_in({"repeat:5:5", "--opt-in=madvise"});
	Workload other({"repeat:5:5"});
	Counters before = ksm->Read();
	Scan scan = RunScan({opted_in.pid(), other.pid()}, {"--set", "max_page_sharing=7"});
	ASSERT_EQ(scan.output.status, 0) << scan.output.err;
	EXPECT_GE(scan.Total("pages_sharing"), 45 - 45 / 7 - 1);
	EXPECT_EQ(ksm->Read(), before);
	EXPECT_EQ(ReadFile("/sys/kernel/mm/ksm/max_page_sharing"), "256\n");
	EXPECT_EQ(ReadFile("/sys/kernel/mm/ksm/run"), "0\n");
	Counters after = ksm->Passes(2);
	EXPECT_EQ(after["rmap_items"], 25);
}

} // namespace
