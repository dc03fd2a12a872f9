/* SPDX-License-Identifier: GPL-2.0-or-later */
/* merge, unmerge and exec on programs that never heard of KSM. Touches no setting of KSM. */
#include <sstream>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "json.h"
#include "ksm_live.h"
#include "process.h"

#ifndef PR_GET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif

namespace
{

bool HasText(pid_t pid, const std::string &file, const std::string &text)
{
	return ReadFile("/proc/" + std::to_string(pid) + "/" + file).find(text) !=
	       std::string::npos;
}

bool IsMergeAny(pid_t pid)
{
	return HasText(pid, "ksm_stat", "ksm_merge_any: yes");
}

bool HasMarkedArea(pid_t pid)
{
	std::istringstream lines(ReadFile("/proc/" + std::to_string(pid) + "/smaps"));

	for (std::string line; std::getline(lines, line);)
		if (!line.compare(0, 8, "VmFlags:") && line.find(" mg") != std::string::npos)
			return true;
	return false;
}

/* Its State, once it is @wanted or does not become so within seconds. */
char StateOnce(pid_t pid, char wanted)
{
	char state = '-';

	for (int i = 0; i < 5000 && state != wanted; i++) {
		std::string status = ReadFile("/proc/" + std::to_string(pid) + "/status");
		size_t at = status.find("\nState:\t");

		state = at == std::string::npos ? '-' : status[at + 8];
		usleep(1000);
	}
	return state;
}

/* Where the area with that name lies; false if there is none. */
bool FindArea(pid_t pid, const std::string &name, unsigned long *start, unsigned long *end)
{
	std::istringstream lines(ReadFile("/proc/" + std::to_string(pid) + "/maps"));

	for (std::string line; std::getline(lines, line);)
		if (line.find(name) != std::string::npos)
			return sscanf(line.c_str(), "%lx-%lx", start, end) == 2;
	return false;
}

class OptIn : public ::testing::Test
{
      protected:
	void SetUp() override
	{
		if (geteuid())
			SkipOrFail("opting others in needs root");
		else if (prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0) < 0)
			SkipOrFail("the kernel has no PR_SET_MEMORY_MERGE");
	}

	/* The document of one target. */
	Json Run(const std::string &verb, pid_t pid, const std::vector<std::string> &more = {},
		 Start start = {})
	{
		std::vector<std::string> argv = {KsmctlPath(), verb, "--json"};

		if (verb == "merge")
			argv.push_back("--trust");
		argv.insert(argv.end(), more.begin(), more.end());
		argv.push_back(std::to_string(pid));
		output_ = RunProgram(argv, start);
		return Json::Parse(output_.out)["targets"].At(0);
	}

	/* In and out again, whole. */
	void MergeAndUnmerge(pid_t pid)
	{
		Json target = Run("merge", pid);
		ASSERT_EQ(output_.status, 0) << output_.err;
		EXPECT_EQ(target["method"].Text(), "prctl");
		EXPECT_EQ(target["tried"].At(0)["method"].Text(), "process_madvise");
		EXPECT_EQ(target["tried"].At(0)["error"].Text(), "EINVAL");
		EXPECT_TRUE(IsMergeAny(pid));
		EXPECT_TRUE(target["result"]["ksm_merge_any"].Bool());
		target = Run("merge", pid);
		EXPECT_EQ(output_.status, 0) << output_.err;
		EXPECT_TRUE(target["already"].Bool());
		target = Run("unmerge", pid);
		ASSERT_EQ(output_.status, 0) << output_.err;
		EXPECT_FALSE(IsMergeAny(pid));
		EXPECT_FALSE(HasMarkedArea(pid));
	}

	Output output_;
};

/* Without a control group, or with, each method that the kernel has. */
TEST_F(OptIn, EveryMethodForRanges)
{
	if (IsSkipped())
		return;
	Workload workload({"repeat:10:30"});

	for (const char *method : {"self_process_madvise", "madvise"}) {
		Json target = Run("merge", workload.pid(),
				  {"--area=anon", std::string("--method=") + method});
		ASSERT_EQ(output_.status, 0) << output_.err;
		EXPECT_EQ(target["method"].Text(), method);
		EXPECT_GT(target["ranges"].Number(), 0);
		std::string call = Json::Parse(output_.out)["changes"].At(0)["text"].Text();
		EXPECT_EQ(call.find("process_") == 0, method[0] == 's') << call;
		EXPECT_TRUE(HasMarkedArea(workload.pid()));
		EXPECT_FALSE(IsMergeAny(workload.pid()));
		Run("unmerge", workload.pid());
		ASSERT_EQ(output_.status, 0) << output_.err;
		EXPECT_FALSE(HasMarkedArea(workload.pid()));
	}
	Run("merge", workload.pid(), {"--method=process_madvise"});
	EXPECT_EQ(output_.status, 5) << output_.err;
	EXPECT_FALSE(HasMarkedArea(workload.pid()));
}

/* MiB of areas that are marked, or of all. */
long MarkedMib(pid_t pid)
{
	std::istringstream lines(ReadFile("/proc/" + std::to_string(pid) + "/smaps"));
	long kib = 0, marked = 0;

	for (std::string line; std::getline(lines, line);) {
		if (!line.compare(0, 5, "Size:"))
			kib = std::stol(line.substr(5));
		if (!line.compare(0, 8, "VmFlags:") && line.find(" mg") != std::string::npos)
			marked += kib;
	}
	return marked / 1024;
}

/* One call of process_madvise takes 2 GiB less a page. */
TEST_F(OptIn, AreasLargerThanACallTakes)
{
	if (IsSkipped())
		return;
	Workload workload({"repeat:10:30", "untouched:1310720", "unique:512"});

	Json target =
		Run("merge", workload.pid(), {"--area=anon", "--method=self_process_madvise"});
	ASSERT_EQ(output_.status, 0) << output_.err;
	EXPECT_GE(MarkedMib(workload.pid()), 5120 + 1 + 2);
	EXPECT_GE(target["ranges"].Number(), 3);
	target = Run("unmerge", workload.pid(), {"--method=self_process_madvise"});
	ASSERT_EQ(output_.status, 0) << output_.err;
	EXPECT_EQ(MarkedMib(workload.pid()), 0);
}

/* What a call failed with is told, where it is no refusal. */
TEST_F(OptIn, WithoutMemoryForTheCall)
{
	if (IsSkipped())
		return;
	Workload workload({"repeat:10:30"});
	const struct rlimit none = {4096, 4096};

	ASSERT_EQ(prlimit(workload.pid(), RLIMIT_AS, &none, nullptr), 0);
	Json target =
		Run("merge", workload.pid(), {"--area=anon", "--method=self_process_madvise"});
	EXPECT_EQ(output_.status, 1) << output_.err;
	EXPECT_EQ(target["tried"].At(0)["error"].Text(), "ENOMEM");
	EXPECT_EQ(target["error"]["code"].Text(), "system");
	EXPECT_NE(
		target["error"]["text"].Text().find("self_process_madvise: Cannot allocate memory"),
		std::string::npos)
		<< target["error"]["text"].Text();
	Run("merge", workload.pid(), {"--area=anon"});
	EXPECT_EQ(output_.status, 0) << output_.err;
	Run("unmerge", workload.pid());
	EXPECT_EQ(output_.status, 0) << output_.err;
}

TEST_F(OptIn, OnlyTheChosenRange)
{
	if (IsSkipped())
		return;
	Program sleeper({"/bin/sleep", "1000"});
	ASSERT_EQ(StateOnce(sleeper.pid(), 'S'), 'S');
	unsigned long start = 0, end = 0;
	ASSERT_TRUE(FindArea(sleeper.pid(), "[heap]", &start, &end));
	char range[64];
	snprintf(range, sizeof(range), "--range=%lx-%lx", start + 4096, start + 8192);
	Run("merge", sleeper.pid(), {range});
	ASSERT_EQ(output_.status, 0) << output_.err;
	std::string smaps = ReadFile("/proc/" + std::to_string(sleeper.pid()) + "/smaps");
	char head[64];
	snprintf(head, sizeof(head), "\n%08lx-%08lx", start + 4096, start + 8192);
	EXPECT_NE(smaps.find(head), std::string::npos) << smaps.substr(0, 2000);
	int marked = 0;
	for (size_t at = smaps.find(" mg"); at != std::string::npos; at = smaps.find(" mg", at + 1))
		marked++;
	EXPECT_EQ(marked, 1);
}

/* Who opted in as a whole may have left something out, which stays so, and is told. */
TEST_F(OptIn, WhatIsLeftOut)
{
	if (IsSkipped())
		return;
	Workload workload({"repeat:10:30"});
	unsigned long start = 0, end = 0;

	ASSERT_TRUE(FindArea(workload.pid(), "[stack]", &start, &end));
	Run("merge", workload.pid());
	ASSERT_EQ(output_.status, 0) << output_.err;
	Json target = Run("merge", workload.pid());
	EXPECT_TRUE(target["already"].Bool());
	EXPECT_TRUE(target["left_out_bytes"].Null());
	Run("unmerge", workload.pid(), {"--area=stack"});
	ASSERT_EQ(output_.status, 0) << output_.err;
	target = Run("merge", workload.pid());
	ASSERT_EQ(output_.status, 0) << output_.err;
	EXPECT_TRUE(target["already"].Bool());
	EXPECT_EQ(target["left_out_bytes"].Number(), end - start);
	output_ = RunProgram({KsmctlPath(), "merge", "--trust", std::to_string(workload.pid())});
	EXPECT_NE(output_.out.find("already, but for 1 area of "), std::string::npos)
		<< output_.out;
	Run("merge", workload.pid(), {"--area=stack"});
	EXPECT_EQ(output_.status, 0) << output_.err;
	EXPECT_TRUE(Run("merge", workload.pid())["left_out_bytes"].Null());
}

TEST_F(OptIn, ProgramsThatSleep)
{
	if (IsSkipped())
		return;
	int ends[2];
	ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
	Start start;
	start.in = ends[0];
	Program shell({"/bin/sh", "-c", "read line"}, start);
	ASSERT_EQ(StateOnce(shell.pid(), 'S'), 'S');
	MergeAndUnmerge(shell.pid());
	Program python({"/usr/bin/python3", "-c", "import time; time.sleep(1000)"});
	python.WaitUntilIdle(200);
	MergeAndUnmerge(python.pid());
	close(ends[0]);
	close(ends[1]);
}

/* It computes the same again and again until its input ends, and says whether it always was the same. */
TEST_F(OptIn, AProgramThatComputes)
{
	if (IsSkipped())
		return;
	int ends[2];
	ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
	Start start;
	start.in = ends[0];
	Program busy({"/usr/bin/python3", "-c",
		      "import hashlib, select, sys\n"
		      "results = set()\n"
		      "while not select.select([sys.stdin], [], [], 0)[0]:\n"
		      "    h = hashlib.sha256()\n"
		      "    for i in range(20000): h.update(b'%d' % (i * i))\n"
		      "    results.add(h.hexdigest())\n"
		      "sys.exit(len(results) != 1)\n"},
		     start);

	usleep(300000);
	for (int i = 0; i < 10; i++) {
		Run(i % 2 ? "unmerge" : "merge", busy.pid());
		EXPECT_EQ(output_.status, 0) << output_.err;
	}
	close(ends[0]);
	close(ends[1]);
	EXPECT_EQ(busy.Wait(), 0);
}

/* A filter that kills for what the injection does. */
TEST_F(OptIn, AProgramUnderSeccomp)
{
	if (IsSkipped())
		return;
	Program filtered({WithoutPath(), "life-after-opt-in", "/bin/sleep", "1000"});

	ASSERT_EQ(StateOnce(filtered.pid(), 'S'), 'S');
	MergeAndUnmerge(filtered.pid());
	Run("merge", filtered.pid(), {"--area=heap", "--area=stack", "--method=madvise"});
	EXPECT_EQ(output_.status, 0) << output_.err;
	EXPECT_TRUE(HasMarkedArea(filtered.pid()));
	EXPECT_EQ(StateOnce(filtered.pid(), 'S'), 'S');
}

/* Whoever has a filter of his own cannot suspend another's. */
TEST_F(OptIn, SeccompWithoutTheRight)
{
	if (IsSkipped())
		return;
	Start nobody;
	nobody.uid = 65534;
	Program filtered({WithoutPath(), "pagemap-scan", "/bin/sleep", "1000"}, nobody);
	ASSERT_EQ(StateOnce(filtered.pid(), 'S'), 'S');
	Run("merge", filtered.pid(), {}, nobody);
	EXPECT_EQ(output_.status, 4) << output_.out;
	EXPECT_NE(output_.err.find("seccomp"), std::string::npos) << output_.err;
	EXPECT_FALSE(IsMergeAny(filtered.pid()));
	EXPECT_EQ(StateOnce(filtered.pid(), 'S'), 'S');
}

TEST_F(OptIn, AStoppedProgram)
{
	if (IsSkipped())
		return;
	Program sleeper({"/bin/sleep", "1000"});
	ASSERT_EQ(StateOnce(sleeper.pid(), 'S'), 'S');
	kill(sleeper.pid(), SIGSTOP);
	ASSERT_EQ(StateOnce(sleeper.pid(), 'T'), 'T');
	MergeAndUnmerge(sleeper.pid());
	EXPECT_EQ(StateOnce(sleeper.pid(), 'T'), 'T');
	kill(sleeper.pid(), SIGCONT);
	EXPECT_EQ(StateOnce(sleeper.pid(), 'S'), 'S');
}

/* A control group of its own (version 2); "" where there can be none. */
std::string MakeGroup(const std::string &name)
{
	std::istringstream mounts(ReadFile("/proc/mounts"));
	std::string device, path, type;

	for (std::string line; std::getline(mounts, line);) {
		std::istringstream(line) >> device >> path >> type;
		if (type == "cgroup2" && mkdir((path + "/" + name).c_str(), 0700) == 0)
			return path + "/" + name;
	}
	return "";
}

bool WriteTo(const std::string &path, const std::string &text)
{
	int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 &&
		       write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());

	if (fd >= 0)
		close(fd);
	return written;
}

/* As with "docker pause": it stops when asked to, but cannot go on to a call. */
TEST_F(OptIn, AFrozenProgram)
{
	if (IsSkipped())
		return;
	std::string group = MakeGroup("ksmctl-test-" + std::to_string(getpid()));
	if (group.empty())
		GTEST_SKIP() << "no control groups of version 2 can be made here";
	{
		Program counter({"/bin/sh", "-c", "while :; do :; done"});
		bool is_frozen = WriteTo(group + "/cgroup.procs", std::to_string(counter.pid())) &&
				 WriteTo(group + "/cgroup.freeze", "1");
		EXPECT_TRUE(is_frozen);
		for (int i = 0; i < 5000 && ReadFile(group + "/cgroup.events").find("frozen 1") ==
						    std::string::npos;
		     i++)
			usleep(1000);
		Json target = Run("merge", counter.pid());
		EXPECT_EQ(output_.status, 1) << output_.err;
		EXPECT_NE(target["error"]["text"].Text().find("is frozen"), std::string::npos)
			<< output_.out;
		EXPECT_EQ(ProcNumber(counter.pid(), "status", "TracerPid"), 0);
		EXPECT_FALSE(IsMergeAny(counter.pid()));
		EXPECT_TRUE(WriteTo(group + "/cgroup.freeze", "0"));
		MergeAndUnmerge(counter.pid());
	}
	EXPECT_EQ(rmdir(group.c_str()), 0);
}

TEST_F(OptIn, ManyThreadsBusyInSystemCalls)
{
	if (IsSkipped())
		return;
	Program busy({"/usr/bin/python3", "-c",
		      "import os, threading\n"
		      "def work():\n"
		      "    while True:\n"
		      "        fd = os.open('/dev/zero', os.O_RDONLY)\n"
		      "        os.read(fd, 1)\n"
		      "        os.close(fd)\n"
		      "for i in range(4): threading.Thread(target=work).start()\n"});
	usleep(300000);
	for (int i = 0; i < 5; i++)
		MergeAndUnmerge(busy.pid());
	/* None of them had an error: the kernel's count of threads. */
	EXPECT_TRUE(HasText(busy.pid(), "status", "\nThreads:\t5\n"));
}

/* Its files are those of a zombie; the process lives, and has memory. */
TEST_F(OptIn, WithoutItsFirstThread)
{
	if (IsSkipped())
		return;
	Program headless({"/usr/bin/python3", "-c",
			  "import ctypes, sys, threading, time\n"
			  "keep = bytearray(b'k' * (64 * 4096))\n"
			  "threading.Thread(target=time.sleep, args=(1000,)).start()\n"
			  "ctypes.CDLL(None).syscall(int(sys.argv[1]), 0)\n",
			  std::to_string(SYS_exit)});
	std::string pid = std::to_string(headless.pid());
	ASSERT_EQ(StateOnce(headless.pid(), 'Z'), 'Z');

	Output scan = RunProgram({KsmctlPath(), "scan", "--json", pid});
	EXPECT_EQ(scan.status, 0) << scan.err;
	EXPECT_GE(Json::Parse(scan.out)["totals"]["duplicate_pages"].Number(), 62);
	Json target = Run("merge", headless.pid());
	EXPECT_EQ(output_.status, 0) << output_.err;
	EXPECT_EQ(target["method"].Text(), "prctl");
	EXPECT_TRUE(target["result"]["ksm_merge_any"].Bool());
	Output status = RunProgram({KsmctlPath(), "status", "-p", "--json"});
	EXPECT_NE(status.out.find("\"pid\":" + pid + ","), std::string::npos) << status.out;
	target = Run("unmerge", headless.pid());
	EXPECT_EQ(output_.status, 0) << output_.err;
	EXPECT_FALSE(target["result"]["ksm_merge_any"].Bool());
	Run("merge", headless.pid(), {"--area=anon"});
	EXPECT_EQ(output_.status, 0) << output_.err;
	Run("unmerge", headless.pid());
	EXPECT_EQ(output_.status, 0) << output_.err;
}

TEST_F(OptIn, OfAnotherUser)
{
	if (IsSkipped())
		return;
	Start nobody, somebody;
	nobody.uid = 65534;
	somebody.uid = 65533;
	Program sleeper({"/bin/sleep", "1000"}, nobody);
	ASSERT_EQ(StateOnce(sleeper.pid(), 'S'), 'S');
	Run("merge", sleeper.pid(), {}, somebody);
	EXPECT_EQ(output_.status, 4) << output_.out;
	EXPECT_NE(output_.err.find("CAP_SYS_PTRACE"), std::string::npos) << output_.err;
	EXPECT_FALSE(IsMergeAny(sleeper.pid()));
	/* Their owner may, where Yama lets him. */
	Run("merge", sleeper.pid(), {}, nobody);
	std::string scope = ReadFile("/proc/sys/kernel/yama/ptrace_scope");
	if (scope.empty() || scope[0] == '0')
		EXPECT_TRUE(output_.status == 0 && IsMergeAny(sleeper.pid())) << output_.err;
	else
		EXPECT_EQ(output_.status, 4) << output_.err;
}

TEST_F(OptIn, AcrossUsersAsksForTrust)
{
	if (IsSkipped())
		return;
	Start nobody;
	nobody.uid = 65534;
	Program own({"/bin/sleep", "1000"}), other({"/bin/sleep", "1000"}, nobody);
	ASSERT_EQ(StateOnce(own.pid(), 'S'), 'S');
	ASSERT_EQ(StateOnce(other.pid(), 'S'), 'S');
	std::vector<std::string> both = {std::to_string(own.pid()), std::to_string(other.pid())};
	Output output = RunProgram({KsmctlPath(), "merge", both[0], both[1]});
	EXPECT_EQ(output.status, 1);
	EXPECT_NE(output.err.find("--trust"), std::string::npos) << output.err;
	EXPECT_FALSE(IsMergeAny(own.pid()));
	output = RunProgram({KsmctlPath(), "merge", "--trust", both[0]});
	EXPECT_EQ(output.status, 0) << output.err;
	/* One of them has opted in: the other would merge with it. */
	output = RunProgram({KsmctlPath(), "merge", both[1]});
	EXPECT_EQ(output.status, 1);
	EXPECT_NE(output.err.find("user 0"), std::string::npos) << output.err;
	EXPECT_FALSE(IsMergeAny(other.pid()));
	output = RunProgram({KsmctlPath(), "merge", "--trust", both[0], both[1]});
	EXPECT_EQ(output.status, 0) << output.err;
	EXPECT_TRUE(IsMergeAny(other.pid()));
}

/* Each verb that changes something says what is missing, and changes nothing. */
TEST_F(OptIn, OrdinaryUsersChangeNothing)
{
	if (IsSkipped())
		return;
	Start nobody;
	nobody.uid = 65534;
	Program sleeper({"/bin/sleep", "1000"});
	ASSERT_EQ(StateOnce(sleeper.pid(), 'S'), 'S');
	std::string pid = std::to_string(sleeper.pid());
	Output before = RunProgram({KsmctlPath(), "save"}, nobody);
	ASSERT_EQ(before.status, 0) << before.err;
	std::string path = "/tmp/ksmctl-ordinary-" + std::to_string(getpid());
	FILE *file = fopen(path.c_str(), "w");
	ASSERT_NE(file, nullptr);
	fputs("run=1\nsleep_millisecs=4711\n", file);
	fclose(file);
	chmod(path.c_str(), 0644);
	for (const std::vector<std::string> &arguments : std::vector<std::vector<std::string>>{
		     {"merge", "--trust", pid},
		     {"unmerge", pid},
		     {"set", "sleep_millisecs=4711"},
		     {"set", "smart_scan=0", "sleep_millisecs=4711", "run=1"},
		     {"restore", path},
		     {ReadFile("/sys/kernel/mm/ksm/run") == "1\n" ? "stop" : "start"},
		     {"tune", "--max-cpu=3"},
		     {"tune", "--max-cpu=3", "--watch=1", "--keep"}}) {
		std::vector<std::string> argv = {KsmctlPath()};
		argv.insert(argv.end(), arguments.begin(), arguments.end());
		Output output = RunProgram(argv, nobody);
		EXPECT_EQ(output.status, 4) << arguments[0] << ": " << output.err << output.out;
		EXPECT_NE(output.err.find("root"), std::string::npos) << output.err;
	}
	unlink(path.c_str());
	EXPECT_EQ(RunProgram({KsmctlPath(), "save"}, nobody).out, before.out);
	EXPECT_FALSE(IsMergeAny(sleeper.pid()));
	EXPECT_FALSE(HasMarkedArea(sleeper.pid()));
	for (const char *verb : {"status", "doctor", "get", "save"})
		EXPECT_EQ(RunProgram({KsmctlPath(), verb}, nobody).status, 0) << verb;
}

TEST_F(OptIn, SomeOfThemFail)
{
	if (IsSkipped())
		return;
	Program sleeper({"/bin/sleep", "1000"});
	ASSERT_EQ(StateOnce(sleeper.pid(), 'S'), 'S');
	Output output =
		RunProgram({KsmctlPath(), "merge", "--trust", "2", std::to_string(sleeper.pid())});
	EXPECT_EQ(output.status, 3);
	EXPECT_NE(output.err.find("kernel thread"), std::string::npos) << output.err;
	EXPECT_NE(output.out.find("opted in by prctl"), std::string::npos) << output.out;
	EXPECT_TRUE(IsMergeAny(sleeper.pid()));
}

TEST_F(OptIn, Exec)
{
	if (IsSkipped())
		return;
	Output output = RunProgram(
		{KsmctlPath(), "exec", "--", "/bin/sh", "-c", "cat /proc/self/ksm_stat; exit 9"});
	EXPECT_EQ(output.status, 9);
	EXPECT_NE(output.out.find("ksm_merge_any: yes"), std::string::npos) << output.out;
}

} // namespace
