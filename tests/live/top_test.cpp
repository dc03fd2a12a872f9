/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dashboard in tmux over the real ksmd: look, scan, opt in, watch it merge, leave. */
#include <memory>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

#include "ksm_live.h"
#include "process.h"

namespace
{

/* A tmux server of our own with one window. */
class Tmux
{
      public:
	explicit Tmux(const std::string &command)
	{
		Do({"-f", "/dev/null", "new-session", "-d", "-s", "top", "-x", "110", "-y", "32",
		    command});
	}
	~Tmux()
	{
		Do({"kill-server"});
	}
	void Press(const std::vector<std::string> &keys)
	{
		std::vector<std::string> arguments = {"send-keys", "-t", "top"};

		arguments.insert(arguments.end(), keys.begin(), keys.end());
		Do(arguments);
	}
	std::string Screen()
	{
		return Do({"capture-pane", "-p", "-t", "top"}).out;
	}
	bool Shows(const std::string &text)
	{
		for (int i = 0; i < 200; i++) {
			if (Screen().find(text) != std::string::npos)
				return true;
			usleep(100000);
		}
		return false;
	}
	/* The words of the line that has @text. */
	std::vector<std::string> Line(const std::string &text)
	{
		std::istringstream lines(Screen());

		for (std::string line; std::getline(lines, line);) {
			if (line.find(text) == std::string::npos)
				continue;
			std::istringstream words(line);
			return {std::istream_iterator<std::string>(words), {}};
		}
		return {};
	}

      private:
	Output Do(const std::vector<std::string> &arguments)
	{
		std::vector<std::string> argv = {"/usr/bin/tmux", "-L", socket_};

		argv.insert(argv.end(), arguments.begin(), arguments.end());
		return RunProgram(argv);
	}

	std::string socket_ = "ksmctl-" + std::to_string(getpid());
};

/* Over KSM, where tmux has a terminal to give. */
std::unique_ptr<LiveKsm> TakeOver(std::string *why)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY);

	*why = "no pseudo terminal is to be had: /dev/pts is not mounted";
	if (fd < 0)
		return nullptr;
	close(fd);
	return std::unique_ptr<LiveKsm>(LiveKsm::TakeOver(why));
}

TEST(Top, FromLookingToMerging)
{
	std::string why;
	std::unique_ptr<LiveKsm> ksm = TakeOver(&why);

	if (!ksm) {
		SkipOrFail(why);
		return;
	}
	Workload workload({"repeat:100:20", "unique:200"});
	std::string pid = std::to_string(workload.pid()), folder = "/tmp/ksmctl-top-" + pid;
	Tmux tmux("export LC_ALL=C.UTF-8 HOME=/nonexistent; stty -g >" + folder + "-before; '" +
		  KsmctlPath() + "' top --rw -d 0.2; stty -g >" + folder +
		  "-after; echo has ended; sleep 1000");

	ASSERT_TRUE(tmux.Shows("PROFIT")) << tmux.Screen();
	EXPECT_TRUE(tmux.Shows("KSM off (run=0)")) << tmux.Screen();
	tmux.Press({"\\", pid, "Enter"});
	ASSERT_TRUE(tmux.Shows("workload")) << tmux.Screen();
	EXPECT_TRUE(tmux.Shows(" none ")) << tmux.Screen();

	tmux.Press({"s"});
	ASSERT_TRUE(tmux.Shows("twice, 1 s apart")) << tmux.Screen();
	tmux.Press({"y"});
	ASSERT_TRUE(tmux.Shows("scanned workload")) << tmux.Screen();
	/* 1900 pages of 4 KiB, and a few of the program's own. */
	EXPECT_TRUE(tmux.Shows(" 7.4") || tmux.Shows(" 7.5")) << tmux.Screen();

	tmux.Press({"m"});
	ASSERT_TRUE(tmux.Shows("process " + pid + ": prctl(PR_SET_MEMORY_MERGE, 1)"))
		<< tmux.Screen();
	EXPECT_EQ(ReadFile("/proc/" + pid + "/ksm_stat").find("ksm_merge_any: yes"),
		  std::string::npos)
		<< "before it was confirmed";
	tmux.Press({"y"});
	ASSERT_TRUE(tmux.Shows(" whole ")) << tmux.Screen();

	ksm->Passes(3);
	EXPECT_TRUE(tmux.Shows("shared 10")) << tmux.Screen();
	EXPECT_TRUE(tmux.Shows("saved 7.")) << tmux.Screen();
	std::vector<std::string> row = tmux.Line("workload");
	ASSERT_GT(row.size(), 5u) << tmux.Screen();
	EXPECT_GE(atoi(row[4].c_str()), 2000) << "MERGING: " << tmux.Screen();

	tmux.Press({"BTab"});
	EXPECT_TRUE(tmux.Shows("prctl(PR_SET_MEMORY_MERGE, 1)")) << tmux.Screen();
	tmux.Press({"q"});
	ASSERT_TRUE(tmux.Shows("has ended")) << tmux.Screen();
	EXPECT_EQ(tmux.Screen().find("PROFIT"), std::string::npos) << tmux.Screen();
	EXPECT_EQ(ReadFile(folder + "-before"), ReadFile(folder + "-after"));
	EXPECT_NE(ReadFile(folder + "-after"), "");
	unlink((folder + "-before").c_str());
	unlink((folder + "-after").c_str());
}

/* A tunable, with what it was before put back by whoever watches over the settings here. */
TEST(Top, SetsATunable)
{
	std::string why;
	std::unique_ptr<LiveKsm> ksm = TakeOver(&why);

	if (!ksm) {
		SkipOrFail(why);
		return;
	}
	ksm->Set("sleep_millisecs", 20);
	Tmux tmux("LC_ALL=C.UTF-8 HOME=/nonexistent '" + KsmctlPath() +
		  "' top --rw -d 0.2; sleep 1000");

	ASSERT_TRUE(tmux.Shows("PROFIT")) << tmux.Screen();
	tmux.Press({"Tab", "Tab", "Down", "Down", "Enter", "C-u", "77", "Enter"});
	ASSERT_TRUE(tmux.Shows("/sys/kernel/mm/ksm/sleep_millisecs: 77")) << tmux.Screen();
	EXPECT_EQ(ReadFile("/sys/kernel/mm/ksm/sleep_millisecs"), "20\n");
	tmux.Press({"y"});
	EXPECT_TRUE(tmux.Shows("every 77 ms")) << tmux.Screen();
	EXPECT_EQ(ReadFile("/sys/kernel/mm/ksm/sleep_millisecs"), "77\n");
	tmux.Press({"Enter", "C-u", "no", "Enter"});
	EXPECT_TRUE(tmux.Shows("sleep_millisecs")) << tmux.Screen();
	EXPECT_EQ(ReadFile("/sys/kernel/mm/ksm/sleep_millisecs"), "77\n");
}

} // namespace
