/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that is written to all the time: no number is right, but a band is. A scan looks at it at ksmd's pace
 * and foretells a lowest and a highest value of each counter; then the real ksmd works on the same processes
 * as long again, and the median of its counters must lie in between.
 */
#include <algorithm>
#include <atomic>
#include <cinttypes>
#include <functional>
#include <memory>
#include <thread>

#include <stdlib.h>
#include <unistd.h>

#include "ksm_live.h"
#include "process.h"
#include "scan.h"

namespace
{

constexpr int kPasses = 16;
constexpr int kSleepMilliseconds = 400;
constexpr double kMaxLateness = 0.1;
const char *const kCounters[] = {"pages_shared", "pages_sharing", "pages_unshared",
				 "pages_volatile"};

int64_t Median(const std::vector<Counters> &passes, const std::string &name)
{
	std::vector<int64_t> values;

	for (const Counters &pass : passes)
		values.push_back(pass.at(name));
	std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
	return values[values.size() / 2];
}

/*
 * What a scan foretells, and what ksmd then does. Where other programs keep the CPUs busy, ksmd (nice 5) falls
 * behind its own settings, and sees more changes in a pass than it would by them: that is not what was foretold.
 */
struct Trial {
	Scan scan;
	std::vector<Counters> passes;
	double lateness; /* by what part of the foretold time ksmd took longer */
};

class Busy : public LiveTest
{
      protected:
	/*
	 * @drift: pages by which ksmd's median may lie outside, where a program itself changes that much in half
	 * a minute.
	 */
	void ExpectInsideTheBand(const std::vector<pid_t> &pids, int64_t drift = 0)
	{
		Trial trial = Try(pids);

		for (int i = 0; i < 6 && trial.lateness > kMaxLateness; i++)
			trial = Try(pids);
		ASSERT_LE(trial.lateness, kMaxLateness) << "ksmd gets too little of the CPUs";
		Json bands = trial.scan.document["totals"]["bands"];
		for (const char *name : kCounters) {
			int64_t lowest = bands[name]["lowest"].Number();
			int64_t highest = bands[name]["highest"].Number();
			int64_t median = Median(trial.passes, name);

			printf("%-14s foretold %" PRId64 " to %" PRId64 ", median %" PRId64
			       "; ksmd's median %" PRId64 "\n",
			       name, lowest, highest, bands[name]["median"].Number(), median);
			EXPECT_GE(median, lowest - drift) << name;
			EXPECT_LE(median, highest + drift) << name;
		}
		/* Something merged, and not everything held still: else nothing was tested. */
		EXPECT_GT(bands["pages_sharing"]["highest"].Number(), 0);
		EXPECT_GT(bands["pages_volatile"]["highest"].Number(), 0);
		EXPECT_GT(trial.scan.document["changes"].Size(), 0u);
	}

      private:
	Trial Try(const std::vector<pid_t> &pids)
	{
		std::string sleep = std::to_string(kSleepMilliseconds);
		double seconds;
		Trial trial;

		ksm->Unmerge();
		ksm->Set("use_zero_pages", 0);
		ksm->Set("max_page_sharing", 256);
		trial.scan = RunScan(pids, {"--pages=mergeable", "--interval=ksmd",
					    "--passes=" + std::to_string(kPasses),
					    "--set=pages_to_scan=100000000",
					    "--set=sleep_millisecs=" + sleep});
		EXPECT_EQ(trial.scan.output.status, 0) << trial.scan.output.err;
		trial.passes = ksm->PassesApart(kPasses, kSleepMilliseconds, &seconds);
		/* Nothing merges in the first pass. */
		trial.passes.erase(trial.passes.begin());
		trial.lateness =
			seconds / (kPasses - 1) /
				trial.scan.document["forecast"]["seconds_per_pass"].Real() -
			1;
		printf("ksmd took %+.1f%% of the time foretold\n", trial.lateness * 100);
		return trial;
	}
};

/* Calls @step again and again until it goes. */
class Repeating
{
      public:
	Repeating(std::function<void(int)> step, int milliseconds)
	    : thread_([this, step, milliseconds] {
		      for (int i = 0; !stop_; i++) {
			      step(i);
			      usleep(static_cast<useconds_t>(milliseconds) * 1000);
		      }
	      })
	{
	}
	~Repeating()
	{
		stop_ = true;
		thread_.join();
	}

      private:
	std::atomic<bool> stop_{false};
	std::thread thread_;
};

class Writer : public Busy, public ::testing::WithParamInterface<int>
{
};

/*
 * 1200 pages of 300 contents. Every 17 ms or so ten more become unique, and ten that have been so for 50 steps
 * become what they were: at any time 500 are unique, and since the pass before, some 240 have just become so
 * and as many ceased to be.
 */
TEST_P(Writer, OfKnownRate)
{
	if (!ksm)
		return;
	ksm->Set("smart_scan", GetParam());
	Workload workload({"--seed=5", "repeat:300:4", "--opt-in=madvise"});
	auto write = [&](int step, int behind, const std::string &seed) {
		int first = (step + 120 - behind) % 120 * 10;

		workload.Do("change 0 " + std::to_string(first) + " 10" + seed);
	};
	Repeating writer(
		[&](int step) {
			write(step, 0, " " + std::to_string(1000 + step));
			write(step, 50, " 5");
		},
		17);
	/* One step more or less may fall into a pass. */
	ExpectInsideTheBand({workload.pid()}, 10);
}

INSTANTIATE_TEST_SUITE_P(SmartScan, Writer, ::testing::Values(0, 1));

/* ------------------------------------------------------------------------------- programs */

/*
 * In a suite of its own: tests/integration/run installs what these need. Without smart scan: a program that
 * writes a merged page as it was gets a copy of it, which nobody can see who only reads. Without smart scan that
 * copy merges again in the next pass; with it, it may have to wait for eight.
 */
class BusyPrograms : public Busy
{
      protected:
	void SetUp() override
	{
		Busy::SetUp();
		if (ksm)
			ksm->Set("smart_scan", 0);
	}
	static Start OptedIn()
	{
		Start start;

		start.merge_any = true;
		return start;
	}
	static bool Works(const std::string &program)
	{
		return RunProgram({program, "--version"}).status == 0;
	}
};

/*
 * Each replaces the buffers of a map, one after the other: what one of them has, the others have as well. A buffer
 * lives about ten passes. Where most change within two, ksmd's unstable tree is out of order by the end of a pass,
 * and it finds fewer than a scan foretells: ksmctl-model(7) says how many.
 */
TEST_F(BusyPrograms, NodeChurnsAMap)
{
	const char *const script =
		"const map = new Map(); let i = 0;"
		"const put = () => { for (let n = 0; n < 20; n++, i++)"
		" map.set(i % 1000, Buffer.alloc(16384).fill('value ' + i % 7 + ' ')); };"
		"for (let n = 0; n < 50; n++) put();"
		"setInterval(put, 100)";

	if (!ksm)
		return;
	if (!Works("node"))
		return SkipOrFail("node is not installed");
	std::vector<std::unique_ptr<Program>> nodes;
	std::vector<pid_t> pids;
	for (int i = 0; i < 3; i++) {
		nodes.push_back(std::make_unique<Program>(
			std::vector<std::string>{"node", "-e", script}, OptedIn()));
		pids.push_back(nodes.back()->pid());
	}
	/* Until its garbage collector has found its pace. */
	sleep(20);
	/* Of some 30,000: where V8 puts the ends of its buffers, and so which of them are alike, wanders. */
	ExpectInsideTheBand(pids, 500);
}

TEST_F(BusyPrograms, RedisUnderRedisBenchmark)
{
	if (!ksm)
		return;
	if (!Works("redis-server") || !Works("redis-benchmark"))
		return SkipOrFail("redis-server or redis-benchmark is not installed");
	char scratch[] = "/tmp/ksmctl-busy-XXXXXX";
	ASSERT_NE(mkdtemp(scratch), nullptr);
	std::string socket = std::string(scratch) + "/socket";
	{
		Program server({"redis-server", "--port", "0", "--unixsocket", socket, "--save", "",
				"--dir", scratch},
			       OptedIn());
		for (int i = 0; i < 200 && access(socket.c_str(), F_OK); i++)
			usleep(50000);
		/* Every key is there before anything is measured: then its memory changes, but grows no more. */
		EXPECT_EQ(RunProgram({"redis-benchmark", "-s", socket, "-q", "-t", "set", "-n",
				      "600000", "-r", "40000", "-d", "700", "-P", "16"})
				  .status,
			  0);
		/* With pauses: ksmd must get through. */
		Program load(
			{"sh", "-c",
			 "while redis-benchmark -s \"$0\" -q -t set -n 4000 -r 40000 -d 700 -c 4;"
			 " do sleep 0.2; done",
			 socket});
		/* Its allocator gives back what it does not need any more after ten seconds, in steps. */
		sleep(25);
		ExpectInsideTheBand({server.pid()}, 40);
	}
	unlink(socket.c_str());
	rmdir(scratch);
}

} // namespace
