/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl top as a terminal shows it. */
#include <cmath>
#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "terminal.h"

extern "C" {
#include "report/recording.h"
#include "report/top.h"
}

namespace
{

struct Scratch {
	std::string path;
	Scratch()
	{
		char name[] = "/tmp/ksmctl-screen-XXXXXX";

		path = mkdtemp(name);
	}
	~Scratch()
	{
		std::string command = "rm -rf " + path;

		if (system(command.c_str()))
			fprintf(stderr, "%s stays\n", path.c_str());
	}
};

std::string ReadFile(const std::string &path)
{
	std::ifstream file(path);
	std::stringstream text;

	text << file.rdbuf();
	return text.str();
}

/* A document of the sample @number, in which a service grows and a shell goes. */
std::string Document(int number, int processes = 8)
{
	static const char *const names[] = {"systemd",
					    "qemu-system-x86",
					    "nginx",
					    "sh",
					    "postgres",
					    "evil\\u001b[31mred",
					    "\\u65e5\\u672c\\u8a9e",
					    "python3"};
	std::string text =
		"{\"schema\":\"ksmctl.top/1\",\"version\":\"0.1.0\",\"time\":" +
		std::to_string(1764072000 + 2 * number) +
		",\"page_size\":4096,\"ksmd_cpu_percent\":" + std::to_string(3 + number % 9) +
		",\"rates\":{\"pages_scanned_per_second\":4167.0},\"sysfs\":{\"run\":1,"
		"\"pages_to_scan\":100,\"sleep_millisecs\":20,\"merge_across_nodes\":1,"
		"\"use_zero_pages\":0,\"max_page_sharing\":256,\"smart_scan\":1,"
		"\"advisor_mode\":\"none\",\"full_scans\":" +
		std::to_string(10 + number / 4) +
		",\"pages_shared\":1000,\"pages_sharing\":" + std::to_string(5000 + 700 * number) +
		",\"pages_unshared\":30000,\"pages_volatile\":120,\"general_profit\":" +
		std::to_string((5000 + 700 * number) * 4096ll - 2300000) +
		",\"pages_scanned\":" + std::to_string(900000 + 8334 * number) +
		",\"ksm_zero_pages\":0,\"pages_skipped\":0},\"processes\":[";

	for (int i = 0; i < processes; i++) {
		if (i == 3 && number >= 2)
			continue;
		text += std::string(text.back() == '[' ? "" : ",") +
			"{\"pid\":" + std::to_string(1 + 100 * i) + ",\"ppid\":" +
			std::to_string(i == 0	? 0
				       : i == 4 ? 201
						: 1) +
			",\"name\":\"" + names[i % 8] + "\",\"user\":\"" +
			(i % 3 ? "root" : "alice") + "\",\"cgroup\":\"/system.slice/" +
			std::to_string(i) +
			".service\",\"rss_bytes\":" + std::to_string((i + 1) * 7340032ll);
		if (i != 6)
			text += ",\"ksm_rmap_items\":" + std::to_string(i * 900) +
				",\"ksm_zero_pages\":0,\"ksm_merging_pages\":" +
				std::to_string(i == 1 ? 5000 + 700 * number : i * 11) +
				",\"ksm_process_profit\":" +
				std::to_string((i == 1 ? 5000 + 700 * number : i * 11) * 4096ll -
					       i * 57600) +
				",\"ksm_merge_any\":" + (i == 1 ? "true" : "false") +
				",\"ksm_mergeable\":" + (i % 2 ? "true" : "false");
		text += "}";
	}
	return text + "]}";
}

class TopScreen : public ::testing::Test
{
      protected:
	void SetUp() override
	{
		if (!Terminal::IsAvailable())
			GTEST_SKIP() << "no pseudo terminal is to be had: /dev/pts is not mounted";
	}
	std::string Record(int samples, int processes = 8)
	{
		std::string path = scratch_.path + "/recording";
		struct ksm_recorder *recorder;
		struct ksm_error err;

		unlink(path.c_str());
		EXPECT_EQ(ksm_recorder_open(path.c_str(), &recorder, &err), 0) << err.text;
		for (int i = 0; i < samples; i++) {
			std::string text = Document(i, processes);
			struct ksm_sample sample = {};

			EXPECT_EQ(ksm_top_parse(text.data(), text.size(), &sample, &err), 0)
				<< err.text;
			EXPECT_EQ(ksm_recorder_add(recorder, &sample, &err), 0) << err.text;
			ksm_sample_free(&sample);
		}
		ksm_recorder_close(recorder);
		return path;
	}
	/* Stands still at its third sample. */
	std::unique_ptr<Terminal> Replay(int width, int height,
					 const std::vector<std::string> &options = {},
					 const std::vector<std::string> &environment = {})
	{
		std::vector<std::string> argv = {KsmctlPath(), "top", "--replay=" + Record(6)};

		argv.insert(argv.end(), options.begin(), options.end());
		auto terminal = std::make_unique<Terminal>(argv, width, height, environment);
		EXPECT_TRUE(terminal->WaitFor("/6")) << terminal->Text();
		terminal->Send("Z");
		EXPECT_TRUE(terminal->WaitFor("PAUSED")) << terminal->Text();
		terminal->Send("{");
		EXPECT_TRUE(terminal->WaitFor("PAUSED 1/6")) << terminal->Text();
		terminal->Send("]]");
		EXPECT_TRUE(terminal->WaitFor("PAUSED 3/6")) << terminal->Text();
		return terminal;
	}
	/* UPDATE_GOLDEN=1 writes them instead. */
	void ExpectGolden(Terminal &terminal, const std::string &name)
	{
		std::string path = "tests/screen/golden/" + name + ".txt";

		terminal.Settle();
		if (getenv("UPDATE_GOLDEN"))
			std::ofstream(path) << terminal.Text();
		EXPECT_EQ(terminal.Text(), ReadFile(path)) << name;
	}

	Scratch scratch_;
};

TEST_F(TopScreen, Golden)
{
	static const struct {
		int width, height;
	} sizes[] = {{40, 10}, {80, 24}, {132, 43}, {300, 80}};

	for (const auto &size : sizes) {
		std::unique_ptr<Terminal> terminal = Replay(size.width, size.height);
		ExpectGolden(*terminal, "processes-" + std::to_string(size.width));
	}
}

TEST_F(TopScreen, GoldenOfOtherScreens)
{
	std::unique_ptr<Terminal> terminal = Replay(80, 24);

	terminal->Send("t");
	ExpectGolden(*terminal, "tree");
	terminal->Send("t\033OS!^q"); /* F4 */
	ExpectGolden(*terminal, "filter");
	terminal->Send("\r\033");
	terminal->Settle();
	terminal->Send("\t");
	ExpectGolden(*terminal, "areas");
	terminal->Send("\t");
	ExpectGolden(*terminal, "tunables");
	terminal->Send("\t");
	ExpectGolden(*terminal, "log");
	terminal->Send("\tgg");
	ExpectGolden(*terminal, "by-name");
	terminal->Send("g?");
	ExpectGolden(*terminal, "help");
}

TEST_F(TopScreen, Ascii)
{
	std::unique_ptr<Terminal> terminal = Replay(80, 24, {"--ascii"});

	terminal->Send("t");
	ExpectGolden(*terminal, "ascii");
	for (unsigned char byte : terminal->Text())
		ASSERT_LT(byte, 0x80);
	/* xterm repeats characters by a sequence that libvterm does not know. */
	std::unique_ptr<Terminal> plain = Replay(80, 24, {}, {"LC_ALL=C", "TERM=screen-256color"});
	plain->Send("t");
	ExpectGolden(*plain, "ascii");
}

TEST_F(TopScreen, ColoursOnlyWhereTheyAreWanted)
{
	EXPECT_TRUE(Replay(80, 24)->HasColors());
	EXPECT_FALSE(Replay(80, 24, {}, {"NO_COLOR=1"})->HasColors());
	EXPECT_FALSE(Replay(80, 24, {"--color=never"})->HasColors());
}

TEST_F(TopScreen, ResizesToWhatItWouldHaveDrawn)
{
	std::unique_ptr<Terminal> terminal = Replay(80, 24);

	for (auto size : {std::pair<int, int>{40, 10}, {132, 43}, {20, 5}, {300, 80}, {80, 24}}) {
		terminal->Resize(size.first, size.second);
		terminal->Settle();
	}
	ExpectGolden(*terminal, "processes-80");
}

/* As found: settings, screen, cursor and mouse. */
void ExpectLeft(const Terminal &terminal, const struct termios &before)
{
	struct termios after = terminal.Settings();

	EXPECT_EQ(after.c_lflag, before.c_lflag);
	EXPECT_EQ(after.c_iflag, before.c_iflag);
	EXPECT_EQ(after.c_oflag, before.c_oflag);
	EXPECT_FALSE(terminal.IsAlternate());
	EXPECT_TRUE(terminal.IsCursorVisible());
	EXPECT_FALSE(terminal.ReportsMouse());
}

/* The settings of a terminal that nobody has touched. */
struct termios Untouched()
{
	Terminal terminal({"/bin/sleep", "100"}, 80, 24);

	return terminal.Settings();
}

TEST_F(TopScreen, LeavesTheTerminalAsItWas)
{
	struct termios before = Untouched();
	std::unique_ptr<Terminal> terminal = Replay(80, 24);

	EXPECT_TRUE(terminal->IsAlternate());
	EXPECT_TRUE(terminal->ReportsMouse());
	EXPECT_FALSE(terminal->IsCursorVisible());
	terminal->Send("q");
	EXPECT_EQ(terminal->WaitForEnd(), 0);
	ExpectLeft(*terminal, before);
	for (int number : {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGSEGV, SIGABRT}) {
		terminal = Replay(80, 24);
		kill(terminal->pid(), number);
		EXPECT_EQ(terminal->WaitForEnd(), 128 + number);
		ExpectLeft(*terminal, before);
	}
	terminal = Replay(80, 24);
	terminal->Send("\003"); /* ^C */
	EXPECT_EQ(terminal->WaitForEnd(), 128 + SIGINT);
	ExpectLeft(*terminal, before);
}

/* Whoever has no controlling terminal gets no signal. */
TEST_F(TopScreen, EndsWithItsTerminal)
{
	for (const char *command : {"", "trap '' HUP; setsid -w "}) {
		Terminal terminal(
			{"/bin/sh", "-c",
			 command + KsmctlPath() + " top --replay=" + Record(1) + "; exit 7"},
			80, 24);

		ASSERT_TRUE(terminal.WaitFor("1/1")) << terminal.Text();
		terminal.HangUp();
		EXPECT_EQ(terminal.WaitForEnd(), *command ? 7 : 128 + SIGHUP);
	}
}

/* By ^Z, under a shell that has jobs. */
TEST_F(TopScreen, StopsAndGoesOn)
{
	struct termios before = Untouched();
	std::string command =
		KsmctlPath() + " top --replay=" + Record(1) + "; echo has stopped; read x; fg";
	Terminal terminal({"/bin/bash", "-mc", command}, 80, 24);

	ASSERT_TRUE(terminal.WaitFor("1/1")) << terminal.Text();
	terminal.Send("Z");
	ASSERT_TRUE(terminal.WaitFor("PAUSED 1/1")) << terminal.Text();
	terminal.Settle();
	std::string text = terminal.Text();
	terminal.Send("\032");
	ASSERT_TRUE(terminal.WaitFor("has stopped")) << terminal.Text();
	ExpectLeft(terminal, before);
	terminal.Send("\r");
	EXPECT_TRUE(terminal.WaitFor("PAUSED 1/1")) << terminal.Text();
	terminal.Settle();
	EXPECT_TRUE(terminal.IsAlternate());
	EXPECT_EQ(terminal.Text(), text);
	terminal.Send("q");
	EXPECT_EQ(terminal.WaitForEnd(), 0) << terminal.Text();
	ExpectLeft(terminal, before);
}

TEST_F(TopScreen, ReplayStepsAndJumps)
{
	std::unique_ptr<Terminal> terminal = Replay(80, 24);

	terminal->Send("[");
	EXPECT_TRUE(terminal->WaitFor("PAUSED 2/6")) << terminal->Text();
	terminal->Send("}");
	EXPECT_TRUE(terminal->WaitFor("PAUSED 6/6")) << terminal->Text();
	terminal->Send("]");
	EXPECT_TRUE(terminal->WaitFor("there is no sample behind this one")) << terminal->Text();
	terminal->Send("s");
	EXPECT_TRUE(terminal->WaitFor("this is a recording")) << terminal->Text();
	terminal->Send("{++++Z");
	EXPECT_TRUE(terminal->WaitFor("6/6")) << "it goes on by itself: " << terminal->Text();
	EXPECT_TRUE(terminal->WaitFor("the end of the recording")) << terminal->Text();
}

/* Whatever is cut off, what is whole is shown, or the file refused; in the end the terminal is well. */
TEST_F(TopScreen, ARecordingCutAnywhere)
{
	std::string whole = ReadFile(Record(3)), path = scratch_.path + "/cut";

	for (size_t len = 0; len < whole.size(); len += 53) {
		std::ofstream(path, std::ios::trunc) << whole.substr(0, len);
		Terminal terminal({KsmctlPath(), "top", "-n", "1", "--replay=" + path}, 80, 24),
			batch({KsmctlPath(), "top", "-b", "--replay=" + path}, 80, 24);
		int status = terminal.WaitForEnd();

		EXPECT_TRUE(status == 0 || status == 1) << len << ": " << status << terminal.Text();
		EXPECT_FALSE(terminal.IsAlternate());
		status = batch.WaitForEnd();
		EXPECT_TRUE(status == 0 || status == 1 || status == 3) << len << ": " << status;
	}
	/* Or changed: of what is whole, too, nothing else is shown. */
	for (size_t at = 0; at < whole.size(); at += 31) {
		std::string changed = whole;

		changed[at] ^= 0x55;
		std::ofstream(path, std::ios::trunc) << changed;
		Terminal batch({KsmctlPath(), "top", "-b", "--replay=" + path}, 80, 24);
		int status = batch.WaitForEnd();
		EXPECT_TRUE(status == 0 || status == 1 || status == 3) << at << ": " << status;
	}
}

TEST_F(TopScreen, FiveThousandProcesses)
{
	std::string path = Record(3, 5000);
	Terminal terminal({KsmctlPath(), "top", "--replay=" + path}, 120, 40);

	ASSERT_TRUE(terminal.WaitFor("qemu-system")) << terminal.Text();
	terminal.Send("Zt");
	terminal.Settle();
	terminal.Send("\033OF"); /* End */
	terminal.Settle();
	EXPECT_TRUE(terminal.WaitFor("PAUSED"));
	terminal.Send("tD\033OF");
	EXPECT_TRUE(terminal.WaitFor("499901")) << terminal.Text();
	terminal.Send("q");
	EXPECT_EQ(terminal.WaitForEnd(), 0) << terminal.Text();
}

TEST_F(TopScreen, SavesWhatWasSetUp)
{
	std::string config = scratch_.path + "/config";
	mkdir(config.c_str(), 0700);
	{
		std::unique_ptr<Terminal> terminal =
			Replay(80, 24, {}, {"XDG_CONFIG_HOME=" + config});

		terminal->Send("R"); /* by RSS */
		terminal->Settle();
		terminal->Send("\033OQ"); /* F2 */
		EXPECT_TRUE(terminal->WaitFor("SETUP"));
		terminal->Send("\033OB "); /* USER goes */
		terminal->Settle();
		terminal->Send("W");
		EXPECT_TRUE(terminal->WaitFor("saved to " + config)) << terminal->Text();
	}
	std::string text = ReadFile(config + "/ksmctl/top.conf");
	EXPECT_NE(text.find("\nsort=rss\n"), std::string::npos) << text;
	std::unique_ptr<Terminal> terminal = Replay(80, 24, {}, {"XDG_CONFIG_HOME=" + config});
	terminal->Settle();
	EXPECT_NE(text.find("columns=pid,name"), std::string::npos) << text;
	std::ofstream(config + "/ksmctl/top.conf", std::ios::app) << "nonsense\n";
	Terminal other({KsmctlPath(), "top", "--replay=" + Record(2)}, 80, 24,
		       {"XDG_CONFIG_HOME=" + config});
	EXPECT_TRUE(other.WaitFor("top.conf, line")) << other.Text();
}

/* Over a tree with nothing in it but what a kernel of then had. */
TEST_F(TopScreen, AnOldKernel)
{
	Terminal terminal({KsmctlPath(), "--sysroot=tests/cli/trees/2.6.32", "top"}, 80, 24);

	EXPECT_TRUE(terminal.WaitFor("KSM o")) << terminal.Text();
	EXPECT_TRUE(terminal.WaitFor("profit -")) << terminal.Text();
	EXPECT_TRUE(terminal.WaitFor("advisor -") || terminal.WaitFor("no processes"))
		<< terminal.Text();
	terminal.Send("q");
	EXPECT_EQ(terminal.WaitForEnd(), 0) << terminal.Text();
}

/* Processes come and go between two reads of the real /proc. */
TEST_F(TopScreen, ProcessesThatDieInBetween)
{
	Terminal churn({"/bin/sh", "-c", "while :; do /bin/true; /bin/true; done"}, 10, 3);
	Terminal terminal({KsmctlPath(), "top", "-d", "0.1", "-n", "40"}, 80, 24);

	EXPECT_EQ(terminal.WaitForEnd(), 0) << terminal.Text();
	EXPECT_EQ(terminal.Written().find("ksmctl:"), std::string::npos) << terminal.Written();
}

/* What is waited for already becomes shorter, too. */
TEST_F(TopScreen, ANewPaceHoldsAtOnce)
{
	Terminal terminal({KsmctlPath(), "top", "-d", "3600", "-n", "2"}, 80, 24);

	ASSERT_TRUE(terminal.WaitFor("every 3600s")) << terminal.Text();
	terminal.Send(std::string(16, '+'));
	EXPECT_EQ(terminal.WaitForEnd(), 0) << terminal.Text();
}

/* While it is asked about a process another one comes, to the line that it was on. */
TEST_F(TopScreen, ScansWhatItAskedAbout)
{
	std::string program = scratch_.path + "/askedabout";

	ASSERT_EQ(system(("cp /bin/sleep " + program).c_str()), 0);
	Terminal first({program, "60"}, 10, 3);
	Terminal terminal({KsmctlPath(), "top", "-d", "0.2"}, 100, 24);
	ASSERT_TRUE(terminal.WaitFor("KSM o")) << terminal.Text();
	/* The newest comes first. */
	terminal.Send("\033OSaskedabout\r" + std::string(2, 'D'));
	ASSERT_TRUE(terminal.WaitFor(std::to_string(first.pid()))) << terminal.Text();
	terminal.Send("s");
	ASSERT_TRUE(terminal.WaitFor("(" + std::to_string(first.pid()) + "):")) << terminal.Text();
	Terminal second({program, "60"}, 10, 3);
	ASSERT_TRUE(terminal.WaitFor(std::to_string(second.pid()))) << terminal.Text();
	terminal.Send("y");
	EXPECT_TRUE(terminal.WaitFor("scanned askedabout (" + std::to_string(first.pid()) + ")"))
		<< terminal.Text();
	terminal.Send("q");
	EXPECT_EQ(terminal.WaitForEnd(), 0) << terminal.Text();
}

} // namespace
