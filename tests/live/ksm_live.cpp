/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ksm_live.h"

#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

static const std::string kSysfs = "/sys/kernel/mm/ksm/";

/* ksmd never wakes up by itself within a test: these are hours. */
static const int64_t kForever = 100 * 3600 * 1000;

void SkipOrFail(const std::string &reason)
{
	const char *require = getenv("KSMCTL_REQUIRE_LIVE");

	if (require && !strcmp(require, "1"))
		FAIL() << "live tests are required here, but: " << reason;
	else
		GTEST_SKIP() << reason;
}

/* Only system calls: the guardian uses it too. False if the kernel refuses. */
static bool Write(const char *path, const std::string &value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = write(fd, value.data(), value.size());
	if (n < 0) {
		int errnum = errno;

		close(fd);
		errno = errnum;
		return false;
	}
	close(fd);
	return n == static_cast<ssize_t>(value.size());
}

/*
 * Some settings are refused with EBUSY as long as a KSM page is mapped, and a process that was killed may take a
 * moment until it is gone.
 */
static bool WriteSetting(const std::string &name, const std::string &value)
{
	for (int i = 0; i < 1000; i++) {
		if (Write((kSysfs + name).c_str(), value))
			return true;
		if (errno != EBUSY)
			return false;
		usleep(10000);
	}
	return false;
}

/* The value as it has to be written: of "[none] scan-time" the word in brackets. */
static std::string ReadSetting(const std::string &name)
{
	std::string text = ReadFile(kSysfs + name);
	size_t open = text.find('['), close = text.find(']');

	if (open != std::string::npos && close != std::string::npos)
		return text.substr(open + 1, close - open - 1);
	while (!text.empty() && isspace(static_cast<unsigned char>(text.back())))
		text.pop_back();
	return text;
}

static Settings ReadSettings()
{
	Settings settings;

	for (const auto &file : fs::directory_iterator(kSysfs))
		if ((fs::status(file).permissions() & fs::perms::owner_write) != fs::perms::none)
			settings[file.path().filename()] = ReadSetting(file.path().filename());
	return settings;
}

/*
 * max_page_sharing and merge_across_nodes can only be written while nothing is merged, pages_to_scan only
 * without an advisor, and a change of advisor sets pages_to_scan: hence the order.
 */
static void WriteSettings(const Settings &settings)
{
	WriteSetting("run", "0");
	WriteSetting("run", "2");
	if (settings.count("advisor_mode"))
		WriteSetting("advisor_mode", "none");
	for (const auto &[name, value] : settings)
		if (name != "run" && name != "advisor_mode")
			WriteSetting(name, value);
	if (settings.count("advisor_mode") && settings.at("advisor_mode") != "none")
		WriteSetting("advisor_mode", settings.at("advisor_mode"));
	WriteSetting("run", settings.at("run"));
}

/* Another process that ksmd looks at: its pages would be in our counters. */
static std::string SomebodyElse()
{
	for (const auto &entry : fs::directory_iterator("/proc")) {
		pid_t pid = atoi(entry.path().filename().c_str());
		std::string stat;

		if (pid <= 0)
			continue;
		stat = ReadFile(entry.path().string() + "/ksm_stat");
		/* Before 6.14 the kernel does not say mergeable, but the areas' flags do. */
		if (stat.find("ksm_merge_any: yes") != std::string::npos ||
		    stat.find("ksm_mergeable: yes") != std::string::npos ||
		    ProcNumber(pid, "ksm_stat", "ksm_rmap_items") > 0 ||
		    (stat.find("ksm_mergeable") == std::string::npos &&
		     ReadFile(entry.path().string() + "/smaps").find(" mg") != std::string::npos))
			return "process " + std::to_string(pid) + " is opted in to KSM already";
	}
	return "";
}

static std::string NoKsm()
{
	if (geteuid())
		return "driving ksmd needs root";
	if (!fs::exists(kSysfs + "run"))
		return "this kernel has no KSM (CONFIG_KSM)";
	if (access((kSysfs + "run").c_str(), W_OK))
		return "/sys/kernel/mm/ksm is read-only here";
	if (!fs::exists(kSysfs + "general_profit"))
		return "this kernel is older than 6.4: it does not say how many rmap items there "
		       "are";
	return "";
}

static int TakeLock()
{
	int fd = open("/run/lock/ksmctl-live.lock", O_CREAT | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		fd = open("/tmp/ksmctl-live.lock", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	for (int i = 0; fd >= 0 && i < 6000; i++) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return fd;
		std::this_thread::sleep_for(std::chrono::milliseconds(100));
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/*
 * In a process of its own: waits for word that all is well, or for the end of the pipe, which comes when
 * the test is gone in whatever way. It holds the lock as well, so nobody starts before all is put back.
 */
[[noreturn]] static void Guard(int pipe, int lock, const Settings &settings)
{
	char word;

	setsid();
	for (int sig : {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGQUIT})
		signal(sig, SIG_IGN);
	pipe = fcntl(pipe, F_DUPFD, 100);
	lock = fcntl(lock, F_DUPFD, 100);
	/* It must not hold open what others wait for the end of. */
	close_range(0, 99, 0);
	close_range(std::max(pipe, lock) + 1, ~0u, 0);
	if (read(pipe, &word, 1) != 1)
		WriteSettings(settings);
	_exit(0);
}

LiveKsm *LiveKsm::TakeOver(std::string *ret_why_not)
{
	int lock;

	*ret_why_not = NoKsm();
	if (!ret_why_not->empty())
		return nullptr;
	lock = TakeLock();
	if (lock < 0) {
		*ret_why_not = "another live test held the lock for ten minutes";
		return nullptr;
	}
	/* Perhaps it is only passing by. That hope is had once. */
	static int patience = 300;
	while (!(*ret_why_not = SomebodyElse()).empty() && patience-- > 0)
		std::this_thread::sleep_for(std::chrono::milliseconds(100));
	if (!ret_why_not->empty()) {
		close(lock);
		return nullptr;
	}
	return new LiveKsm(lock);
}

LiveKsm::LiveKsm(int lock) : saved_(ReadSettings()), lock_(lock)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		abort();
	guardian_ = fork();
	if (guardian_ < 0)
		abort();
	if (!guardian_) {
		close(ends[1]);
		Guard(ends[0], lock_, saved_);
	}
	close(ends[0]);
	guardian_pipe_ = ends[1];

	if (saved_.count("advisor_mode"))
		WriteSetting("advisor_mode", "none");
	Set("pages_to_scan", 100000000);
	Unmerge();
}

LiveKsm::~LiveKsm()
{
	WriteSettings(saved_);
	EXPECT_EQ(ReadSettings(), saved_) << "the settings of /sys/kernel/mm/ksm were not put back";
	if (write(guardian_pipe_, "+", 1) != 1)
		ADD_FAILURE() << "the guardian is gone";
	close(guardian_pipe_);
	waitpid(guardian_, nullptr, 0);
	close(lock_);
}

void LiveKsm::Set(const std::string &name, int64_t value)
{
	EXPECT_TRUE(WriteSetting(name, std::to_string(value)))
		<< name << "=" << value << ": " << strerror(errno);
	EXPECT_EQ(ReadSetting(name), std::to_string(value)) << name;
}

/*
 * ksmd to where run=1 wakes it. Writing run waits for the pass in progress, if any, to end; but ksmd may be
 * sleeping between two passes, for sleep_millisecs, and only a new value of that ends such a sleep. With
 * run=0 it then makes no pass.
 */
void LiveKsm::Rest()
{
	Set("run", 0);
	sleep_millisecs_ = sleep_millisecs_ == kForever ? kForever + 1 : kForever;
	Set("sleep_millisecs", sleep_millisecs_);
}

void LiveKsm::Unmerge()
{
	Rest();
	/* Takes effect only as a change, and drops processes that have ended. */
	Set("run", 2);
	Set("run", 0);
	scanned_before_ = skipped_before_ = 0;
	Counters counters = Read();
	scanned_before_ = counters["pages_scanned"];
	skipped_before_ = counters["pages_skipped"];
}

/*
 * With run=1 ksmd makes one pass (pages_to_scan is more than all pages, and a batch ends with the pass), and
 * then sleeps for hours. sleep_millisecs, which would wake it again, changes only while run is 0, so there
 * can never be a second pass. There may be none, if ksmd was between reading run and falling asleep when
 * Rest() woke it: then it is put to rest and started again.
 */
Counters LiveKsm::OnePass()
{
	int64_t before = Read()["full_scans"];
	auto start = Clock::now();
	Counters after;

	do {
		auto attempt = Clock::now();

		Rest();
		Set("run", 1);
		while (Read()["full_scans"] == before &&
		       Clock::now() - attempt < std::chrono::seconds(2))
			std::this_thread::sleep_for(std::chrono::milliseconds(1));
		/* Waits for a pass that has begun. */
		Set("run", 0);
		after = Read();
	} while (after["full_scans"] == before && Clock::now() - start < std::chrono::seconds(60));
	EXPECT_EQ(after["full_scans"], before + 1) << "ksmd made no pass: is anything opted in?";
	return after;
}

Counters LiveKsm::Passes(int n)
{
	Counters counters;

	for (int i = 0; i < n; i++)
		counters = OnePass();
	return counters;
}

std::vector<Counters> LiveKsm::PassesApart(int n, int sleep_millisecs, double *ret_seconds)
{
	std::vector<Counters> passes;
	auto end = Clock::now() + std::chrono::seconds(60 + n * sleep_millisecs / 100);
	int64_t done = Read()["full_scans"];
	auto first = Clock::now(), last = first;

	Rest();
	Set("run", 1);
	Set("sleep_millisecs", sleep_millisecs);
	while (passes.size() < static_cast<size_t>(n) && Clock::now() < end) {
		Counters now = Read();

		if (now["full_scans"] != done) {
			last = Clock::now();
			if (passes.empty())
				first = last;
			passes.push_back(now);
		}
		done = now["full_scans"];
		std::this_thread::sleep_for(std::chrono::milliseconds(1));
	}
	Rest();
	*ret_seconds = std::chrono::duration<double>(last - first).count();
	EXPECT_EQ(passes.size(), static_cast<size_t>(n)) << "ksmd does not get through its passes";
	return passes;
}

Counters LiveKsm::Read() const
{
	static const char *const names[] = {
		"full_scans",	  "pages_scanned",	"pages_skipped",    "pages_shared",
		"pages_sharing",  "pages_unshared",	"pages_volatile",   "ksm_zero_pages",
		"general_profit", "stable_node_chains", "stable_node_dups",
	};
	Counters counters;
	int64_t merged;

	for (const char *name : names)
		if (fs::exists(kSysfs + name))
			counters[name] = atoll(ReadSetting(name).c_str());
	if (counters.count("pages_scanned"))
		counters["pages_scanned"] -= scanned_before_;
	if (counters.count("pages_skipped"))
		counters["pages_skipped"] -= skipped_before_;
	/* general_profit = merged pages * page size - rmap items * 64 (on 64-bit kernels) */
	merged = counters["pages_sharing"] +
		 (counters.count("ksm_zero_pages") ? counters["ksm_zero_pages"] : 0);
	counters["rmap_items"] = (merged * sysconf(_SC_PAGESIZE) - counters["general_profit"]) / 64;
	return counters;
}

void LiveTest::SetUp()
{
	std::string why_not;

	ksm = LiveKsm::TakeOver(&why_not);
	if (!ksm)
		SkipOrFail(why_not);
}

void LiveTest::TearDown()
{
	delete ksm;
	ksm = nullptr;
}
