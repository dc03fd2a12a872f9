/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Targets of all kinds: those of other users, those that end, those that are none. */
#include <cerrno>
#include <cstring>
#include <memory>
#include <chrono>
#include <random>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "ksm_live.h"
#include "process.h"
#include "scan.h"
#include "tests/zero_page.h"

namespace
{

const uid_t kNobody = 65534;
const uid_t kSomebody = 65533;

Start As(uid_t uid)
{
	Start start;

	start.uid = uid;
	return start;
}

std::vector<std::string> PlainScan(const std::vector<std::string> &arguments)
{
	std::vector<std::string> argv = {KsmctlPath(), "scan", "--interval=0"};

	argv.insert(argv.end(), arguments.begin(), arguments.end());
	return argv;
}

/* One clear line: the program, the cause, nothing that a terminal obeys. */
void ExpectOneLine(const Output &output)
{
	std::string text = output.err.substr(0, output.err.find("try \"ksmctl"));

	EXPECT_EQ(text.compare(0, 8, "ksmctl: "), 0) << text;
	EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
	EXPECT_EQ(output.err.find('\x1b'), std::string::npos);
}

/* ------------------------------------------------------------------------------- users */

/* All of these need root, to be several users. */
class Users : public ::testing::Test
{
      protected:
	void SetUp() override
	{
		if (geteuid())
			SkipOrFail("acting as other users needs root");
	}
};

TEST_F(Users, OwnProcess)
{
	if (geteuid())
		return;
	Workload workload({"repeat:10:30", "unique:50", "zero:20", "read:400"}, As(kNobody));
	const int64_t read = ReadsMapZeroPage() ? 0 : 400, zeros = 20 + read;
	Scan scan = RunScan({workload.pid()}, {"--set", "smart_scan=0"}, As(kNobody));
	ASSERT_EQ(scan.output.status, 0) << scan.output.err;
	EXPECT_TRUE(scan.document["complete"].Bool());
	/* The workload's own heap and stack are among the eligible areas: a few pages. */
	EXPECT_GE(scan.Total("pages_present"), 370 + read);
	EXPECT_LE(scan.Total("pages_present"), 470 + read);
	EXPECT_GE(scan.Total("pages_shared"), 11);
	EXPECT_GE(scan.Total("pages_sharing"), 290 + zeros - 1 - zeros / 256);
	EXPECT_GE(scan.Total("zero_pages"), zeros);
	EXPECT_LT(scan.Total("zero_pages"), zeros + 40);
	/* Frame numbers are root's: what hangs on them is unknown, not 0. */
	EXPECT_TRUE(scan.document["totals"]["same_pfn_pages"].Null());
	Scan by_root = RunScan({workload.pid()}, {"--set", "smart_scan=0"});
	EXPECT_EQ(scan.Total("pages_sharing"), by_root.Total("pages_sharing"));
	EXPECT_EQ(by_root.Total("same_pfn_pages"), 0);
}

TEST_F(Users, AnotherUsersProcess)
{
	if (geteuid())
		return;
	Workload workload({"repeat:10:30"}, As(kSomebody));
	Output output = RunProgram(PlainScan({std::to_string(workload.pid())}), As(kNobody));
	EXPECT_EQ(output.status, 4);
	EXPECT_NE(output.err.find(std::to_string(workload.pid())), std::string::npos) << output.err;
	EXPECT_NE(output.err.find("CAP_SYS_PTRACE"), std::string::npos) << output.err;
	ExpectOneLine(output);
	Scan scan = RunScan({workload.pid()}, {}, As(kNobody));
	EXPECT_EQ(scan.output.status, 4);
}

TEST_F(Users, OwnAndAnothers)
{
	if (geteuid())
		return;
	Workload own({"repeat:10:30"}, As(kNobody));
	Workload other({"repeat:10:30"}, As(kSomebody));
	Scan scan = RunScan({own.pid(), other.pid()}, {}, As(kNobody));
	EXPECT_EQ(scan.output.status, 3);
	EXPECT_FALSE(scan.document["complete"].Bool());
	EXPECT_GE(scan.Total("pages_sharing"), 290);
	EXPECT_LT(scan.Total("pages_sharing"), 590);
	Json targets = scan.document["targets"];
	ASSERT_EQ(targets.Size(), 2u);
	EXPECT_TRUE(targets.At(0)["complete"].Bool());
	EXPECT_TRUE(targets.At(0)["error"].Null());
	EXPECT_FALSE(targets.At(1)["complete"].Bool());
	EXPECT_EQ(targets.At(1)["error"]["code"].Text(), "permission");
	EXPECT_NE(targets.At(1)["error"]["text"].Text().find("CAP_SYS_PTRACE"), std::string::npos);
	EXPECT_EQ(targets.At(1)["error"]["pid"].Number(), other.pid());
}

/* ------------------------------------------------------------------------------- none at all */

TEST(Targets, UnusableNumbers)
{
	for (const char *word : {"0", "-5", "99999999999", "99999999999999999999999", "4294967297",
				 "abc", "12x", "", " 1", "0x1", "1.5", "+1", "\x1b[31m"}) {
		Output output = RunProgram(PlainScan({"--", word}));

		EXPECT_EQ(output.status, 2) << word << output.err;
		EXPECT_EQ(output.out, "");
		ExpectOneLine(output);
	}
	EXPECT_EQ(RunProgram(PlainScan({})).status, 2);
}

/* Status 1, one line, that names the process and holds @reason. */
void ExpectRefused(pid_t pid, const std::string &reason)
{
	Output output = RunProgram(PlainScan({std::to_string(pid)}));

	EXPECT_EQ(output.status, 1) << output.err;
	EXPECT_NE(output.err.find(std::to_string(pid)), std::string::npos) << output.err;
	EXPECT_NE(output.err.find(reason), std::string::npos) << output.err;
	ExpectOneLine(output);
}

TEST(Targets, NoSuchProcess)
{
	Program program({"true"});
	pid_t pid = program.pid();

	program.Wait();
	ExpectRefused(pid, "no process");
}

TEST(Targets, KernelThread)
{
	if (ReadFile("/proc/2/comm") != "kthreadd\n")
		GTEST_SKIP() << "kernel threads are not visible here";
	ExpectRefused(2, "kernel thread");
}

TEST(Targets, Zombie)
{
	Workload workload({"unique:5"});
	pid_t child = workload.Fork();

	workload.Do("child 0 quit");
	while (ProcNumber(child, "status", "State") >= 0 &&
	       ReadFile("/proc/" + std::to_string(child) + "/stat").find(") Z ") ==
		       std::string::npos)
		usleep(1000);
	ExpectRefused(child, "zombie");
}

TEST(Targets, KsmctlItself)
{
	Output output = RunProgram({"sh", "-c", "exec \"$0\" scan --interval=0 $$", KsmctlPath()});

	EXPECT_EQ(output.status, 1) << output.err;
	EXPECT_NE(output.err.find("itself"), std::string::npos) << output.err;
	ExpectOneLine(output);
}

/* What is none beside what is one: the rest is done. */
TEST(Targets, Mixed)
{
	Workload workload({"repeat:10:30"});
	Program gone({"true"});
	pid_t pid = gone.pid();

	gone.Wait();
	Scan scan = RunScan({pid, workload.pid()}, {});
	EXPECT_EQ(scan.output.status, 3);
	EXPECT_GE(scan.Total("pages_sharing"), 290);
	EXPECT_EQ(scan.document["targets"].At(0)["error"]["code"].Text(), "gone");
}

TEST(Targets, GivenTwice)
{
	Workload workload({"repeat:10:30"});
	Scan once = RunScan({workload.pid()}, {});
	Scan twice = RunScan({workload.pid(), workload.pid()}, {});

	EXPECT_EQ(twice.output.status, 0);
	EXPECT_EQ(twice.document["targets"].Size(), 1u);
	EXPECT_EQ(twice.Total("pages_present"), once.Total("pages_present"));
}

/* A process can call itself what it likes: in a terminal it shows escaped, in JSON as it is. */
TEST(Targets, HostileNames)
{
	for (const char *name : {"\x1b[31mred\x1b[0m", "a\nb\tc\rd", "\"quote\\", "\xff\xfe\x80",
				 "\xc2\x9b"
				 "31m",
				 "\x7f\x01\x02", "..%s%n%d", " ",
				 "\xe2\x80\xae"
				 "abc"}) {
		Workload workload({"--name=" + std::string(name), "repeat:2:5"});
		std::string pid = std::to_string(workload.pid());
		Output text = RunProgram(PlainScan({pid}));

		EXPECT_EQ(text.status, 0) << text.err;
		EXPECT_NE(text.out.find(pid), std::string::npos);
		for (const std::string &out : {text.out, text.err})
			for (unsigned char c : out)
				EXPECT_TRUE(c >= 0x20 || c == '\n')
					<< "byte " << int(c) << " for " << name;
		EXPECT_EQ(text.out.find("\xc2\x9b"), std::string::npos);
		EXPECT_EQ(text.out.find("\x7f"), std::string::npos);
		EXPECT_EQ(text.out.find("\xe2\x80\xae"), std::string::npos);
		Scan scan = RunScan({workload.pid()}, {"--by=process"});
		EXPECT_EQ(scan.output.status, 0);
		for (unsigned char c : scan.output.out)
			EXPECT_TRUE((c >= 0x20 && c < 0x7f) || c == '\n') << "byte " << int(c);
		if (name[0] == '\x1b') {
			EXPECT_EQ(scan.document["targets"].At(0)["name"].Text(), name);
		}
	}
}

/* ------------------------------------------------------------------------------- those that end */

/* How often; sanitizers make each scan several times slower. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
const int kKills = 50;
#else
const int kKills = 200;
#endif

/* Whenever the target dies, the scan ends in good order, and in the mix the other one's part is there. */
TEST(Targets, KilledDuringTheScan)
{
	std::mt19937 random(42);
	Workload stays({"repeat:10:30"});
	int statuses[4] = {0}, gone = 0;

	const std::vector<std::string> areas = {"unique:3000", "protnone:3:9", "thp:1:50"};
	/* Reading takes so little that most kills would come before or after it: some time between passes. */
	const std::vector<std::string> options = {"--passes=3", "--interval=0.01", "--verify"};
	Workload sample(areas);
	/* So long does a scan take when nothing comes in between. */
	std::chrono::duration<double, std::micro> whole = std::chrono::hours(1);

	for (int i = 0; i < 3; i++) {
		auto start = std::chrono::steady_clock::now();

		RunScan({sample.pid(), stays.pid()}, options);
		whole = std::min<decltype(whole)>(whole, std::chrono::steady_clock::now() - start);
	}
	for (int i = 0; i < kKills; i++) {
		Workload target(areas);
		bool alone = i % 4 == 0;
		struct Killer {
			Workload *target;
			std::chrono::steady_clock::time_point at;

			static void Look(void *data)
			{
				Killer *killer = static_cast<Killer *>(data);

				if (killer->target &&
				    std::chrono::steady_clock::now() >= killer->at) {
					kill(killer->target->pid(), SIGKILL);
					killer->target = nullptr;
				}
			}
		} killer = {&target,
			    std::chrono::steady_clock::now() +
				    std::chrono::microseconds(
					    random() % static_cast<int>(whole.count() * 1.8))};
		std::vector<pid_t> pids = {target.pid()};

		if (!alone)
			pids.push_back(stays.pid());
		Output output =
			RunProgram(ScanCommand(pids, options), {}, 120, Killer::Look, &killer);
		Json document = Json::Parse(output.out);

		ASSERT_EQ(output.signal, 0) << output.err;
		ASSERT_TRUE(output.status == 0 || output.status == 1 || output.status == 3)
			<< output.status << output.err;
		ASSERT_TRUE(document.Valid()) << output.out;
		statuses[output.status]++;
		if (alone && output.status == 1)
			continue;
		ASSERT_EQ(document["schema"].Text(), "ksmctl.estimate/1");
		EXPECT_EQ(document["complete"].Bool(), output.status == 0);
		if (!alone) {
			EXPECT_NE(output.status, 1);
			EXPECT_TRUE(document["targets"].At(1)["complete"].Bool());
			EXPECT_GE(document["targets"].At(1)["pages_present"].Number(), 300);
		}
		if (output.status == 3) {
			std::string code = document["targets"].At(0)["error"]["code"].Text();

			/* No memory: it was a zombie already when the scan began. */
			EXPECT_TRUE(code == "gone" || code == "no-memory") << code;
			gone += code == "gone";
		}
	}
	/* Else the moments were not well spread, and the test says nothing. */
	EXPECT_GT(statuses[0], 0);
	EXPECT_GT(gone, kKills / 20);
}

/* ------------------------------------------------------------------------------- those that never rest */

/* Maps, unmaps, forks and execs as fast as it can: whatever a scan comes to see, it ends in good order, and says so. */
TEST(Targets, NeverTheSame)
{
	Program restless({RestlessPath()});
	const std::vector<std::string> choices = {"--verify",	  "--pages=mergeable",
						  "--by=mapping", "--top=3",
						  "--threads=4",  "--max-memory=100K"};
	int seen = 0;

	for (int i = 0; i < kKills / 2; i++) {
		const std::string &choice = choices[static_cast<size_t>(i) % choices.size()];
		Scan scan =
			RunScan({restless.pid()}, {i % 2 ? "--passes=1" : "--passes=3", choice});

		ASSERT_EQ(scan.output.signal, 0) << choice << scan.output.err;
		ASSERT_TRUE(scan.output.status == 0 || scan.output.status == 1 ||
			    scan.output.status == 3)
			<< choice << scan.output.status << scan.output.err;
		if (scan.output.status == 0 || scan.output.status == 3)
			seen += scan.Total("pages_present") > 0;
	}
	EXPECT_GT(seen, 0);
}

/* As many areas as Linux allows unless told otherwise. */
TEST(Targets, ManyAreas)
{
	int ends[2];
	char line[16];

	ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
	Start start;
	start.out = ends[1];
	Program holder({RestlessPath(), "areas", "65000"}, start);
	close(ends[1]);
	ASSERT_GT(read(ends[0], line, sizeof(line)), 0);
	close(ends[0]);
	Scan scan = RunScan({holder.pid()}, {"--by=area", "--passes=2"});
	EXPECT_EQ(scan.output.status, 0) << scan.output.err;
	EXPECT_GE(scan.Total("pages_present"), 65000);
	EXPECT_GE(scan.Total("distinct_pages"), 65000);
}

} // namespace
