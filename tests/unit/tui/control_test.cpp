/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "fake.h"
#include "tests/unit/fake_tree.h"

extern "C" {
#include "tui/actions.h"
}

namespace
{

class ControlTest : public ::testing::Test
{
      protected:
	ControlTest() : screen_(100, 30), sample_(Processes())
	{
		tui_take_sample(&screen_.tui, sample_.get(), nullptr);
		screen_.Draw();
	}
	static std::vector<FakeProcess> Processes()
	{
		std::vector<FakeProcess> processes;

		for (pid_t pid = 1; pid <= 50; pid++) {
			FakeProcess process;

			process.pid = pid;
			process.name = "p" + std::to_string(pid);
			process.profit = 1000 - pid;
			processes.push_back(process);
		}
		return processes;
	}

	FakeScreen screen_;
	FakeSample sample_;
};

TEST_F(ControlTest, Moves)
{
	EXPECT_EQ(screen_.Cursor(), 1);
	screen_.Press(TUI_KEY_DOWN);
	screen_.Press('j');
	EXPECT_EQ(screen_.Cursor(), 3);
	screen_.Press(TUI_KEY_END);
	EXPECT_EQ(screen_.Cursor(), 50);
	screen_.Press(TUI_KEY_DOWN);
	EXPECT_EQ(screen_.Cursor(), 50);
	screen_.Press(TUI_KEY_HOME);
	screen_.Press(TUI_KEY_UP);
	EXPECT_EQ(screen_.Cursor(), 1);
	screen_.Press(TUI_KEY_PAGE_DOWN);
	EXPECT_EQ(screen_.Cursor(), 1 + screen_.tui.hits.table_height);
}

TEST_F(ControlTest, EveryKeyOfTheTableDoesSomething)
{
	const struct tui_binding *binding;
	size_t n;

	binding = tui_bindings(&n);
	for (size_t i = 0; i < n; i++)
		for (int screen = 0; screen < TUI_SCREENS; screen++)
			for (int k = 0; k < 3 && binding[i].key[k]; k++) {
				if (!(binding[i].screens & 1u << screen))
					continue;
				EXPECT_EQ(tui_command_of(binding[i].key[k],
							 static_cast<enum tui_screen>(screen)),
					  binding[i].command)
					<< "two meanings of " << binding[i].help;
			}
	/* Letters that sort must be free on the screen that has them. */
	for (int id = 0; id < TUI_COLS; id++) {
		int letter = tui_column_at(static_cast<enum tui_column_id>(id))->letter;

		if (letter) {
			EXPECT_EQ(tui_command_of(letter, TUI_PROCESSES), TUI_DO_NOTHING) << letter;
		}
	}
}

/* As mdoc writes them. */
std::string Escaped(const std::string &keys)
{
	std::string text;

	for (char ch : keys) {
		if (ch == '\\')
			text += "\\e";
		else if (ch == '[' || ch == ']')
			text += ch == '[' ? "\\(lB" : "\\(rB";
		else if (ch == '?' || ch == ',' || ch == '.')
			text += std::string("\\&") + ch;
		else
			text += ch;
	}
	return text;
}

TEST_F(ControlTest, TheManualHasEveryKeyAndLetter)
{
	std::ifstream file("man/ksmctl-top.1");
	std::stringstream page;
	const struct tui_binding *binding;
	size_t n;

	page << file.rdbuf();
	ASSERT_FALSE(page.str().empty()) << "run from the top of the tree";
	binding = tui_bindings(&n);
	for (size_t i = 0; i < n; i++) {
		char keys[32];

		tui_binding_keys(&binding[i], keys, sizeof(keys));
		EXPECT_NE(page.str().find("\n.It Ic " + Escaped(keys) + "\n"), std::string::npos)
			<< keys;
	}
	for (int id = 0; id < TUI_COLS; id++) {
		const struct tui_column *column =
			tui_column_at(static_cast<enum tui_column_id>(id));

		EXPECT_NE(page.str().find(std::string("\n.It Li ") + column->title + "\n"),
			  std::string::npos);
		if (column->letter) {
			EXPECT_NE(page.str().find(std::string("(") + column->letter + ")"),
				  std::string::npos)
				<< column->title;
		}
	}
}

TEST_F(ControlTest, SearchIsIncremental)
{
	screen_.Press(TUI_KEY_DOWN);
	screen_.Press('/');
	screen_.Press('p');
	EXPECT_EQ(screen_.Cursor(), 2) << "the one it stands on has it";
	screen_.Type("33");
	EXPECT_EQ(screen_.Cursor(), 33);
	screen_.Press(TUI_KEY_BACKSPACE);
	EXPECT_EQ(screen_.Cursor(), 3);
	screen_.Press(TUI_KEY_ESCAPE);
	EXPECT_EQ(screen_.Cursor(), 2);
	screen_.Type("/p4");
	screen_.Press(TUI_KEY_ENTER);
	EXPECT_EQ(screen_.Cursor(), 4);
	screen_.Press('n');
	EXPECT_EQ(screen_.Cursor(), 40);
	screen_.Type("/nobody");
	EXPECT_NE(std::string(screen_.tui.message).find("nobody"), std::string::npos);
}

TEST_F(ControlTest, FilterShowsAtOnceAndEscapeTakesItAway)
{
	screen_.Type("\\!^p1.$");
	EXPECT_EQ(screen_.tui.view.n, 10u);
	screen_.Press('(');
	EXPECT_EQ(screen_.tui.view.n, 10u) << "while it is no expression, the last one holds";
	EXPECT_TRUE(screen_.tui.message_is_bad);
	screen_.Press(TUI_KEY_BACKSPACE);
	screen_.Press(TUI_KEY_ENTER);
	EXPECT_EQ(screen_.tui.view.n, 10u);
	screen_.Press(TUI_KEY_ESCAPE);
	EXPECT_EQ(screen_.tui.view.n, 50u);
	screen_.Type("Ualice\r");
	EXPECT_EQ(screen_.tui.view.n, 0u);
	EXPECT_EQ(screen_.Cursor(), 0);
	screen_.Press(TUI_KEY_DOWN);
	screen_.Draw();
	screen_.Press(TUI_KEY_ESCAPE);
	EXPECT_EQ(screen_.tui.view.n, 50u);
}

TEST_F(ControlTest, ALongInput)
{
	screen_.Press('/');
	for (int i = 0; i < 500; i++) {
		screen_.Press(0x65e5);
		screen_.Press('x');
	}
	screen_.Draw();
	EXPECT_LT(strlen(screen_.tui.text), static_cast<size_t>(TUI_INPUT_MAX));
	for (int i = 0; i < 300; i++)
		screen_.Press(TUI_KEY_BACKSPACE);
	EXPECT_STREQ(screen_.tui.text, "");
}

TEST_F(ControlTest, Sorting)
{
	screen_.Press('D');
	EXPECT_EQ(screen_.tui.choice.sort, TUI_COL_PID);
	screen_.Press('D');
	EXPECT_TRUE(screen_.tui.choice.reverse);
	screen_.Press('>');
	EXPECT_EQ(screen_.tui.choice.sort, TUI_COL_USER);
	screen_.Press(TUI_KEY_F + 6);
	screen_.Press(TUI_KEY_HOME);
	screen_.Press(TUI_KEY_DOWN);
	screen_.Press(TUI_KEY_DOWN);
	screen_.Press(TUI_KEY_ENTER);
	EXPECT_EQ(screen_.tui.choice.sort, TUI_COL_NAME);
	EXPECT_EQ(screen_.tui.mode, TUI_NORMAL);
}

TEST_F(ControlTest, ReadOnlyUnlessAsked)
{
	for (int key : {'m', 'u'}) {
		EXPECT_EQ(screen_.Press(key).kind, TUI_WANTS_NOTHING);
		EXPECT_NE(std::string(screen_.tui.message).find("--rw"), std::string::npos);
	}
	screen_.Press(TUI_KEY_TAB);
	screen_.Press(TUI_KEY_TAB);
	EXPECT_EQ(screen_.tui.screen, TUI_TUNABLES);
	screen_.Press(TUI_KEY_ENTER);
	EXPECT_EQ(screen_.tui.mode, TUI_NORMAL);
	EXPECT_EQ(screen_.Press('s').kind, TUI_WANTS_NOTHING);
}

TEST_F(ControlTest, AsksBeforeItDoes)
{
	struct tui_request request;

	screen_.tui.may_write = true;
	screen_.Press(TUI_KEY_DOWN);
	request = screen_.Press('m');
	EXPECT_EQ(request.kind, TUI_WANTS_MERGE);
	EXPECT_EQ(request.pid, 2);
	EXPECT_FALSE(request.confirmed);
	for (int key : {static_cast<int>('n'), static_cast<int>(TUI_KEY_ESCAPE)}) {
		tui_ask(&screen_.tui, &request);
		tui_ask_line(&screen_.tui, "prctl(PR_SET_MEMORY_MERGE, 1)");
		std::vector<std::string> lines = screen_.Draw();
		bool shown = false;
		for (const std::string &line : lines)
			shown |= line.find("prctl(PR_SET_MEMORY_MERGE, 1)") != std::string::npos;
		EXPECT_TRUE(shown);
		EXPECT_EQ(screen_.Press('x').kind, TUI_WANTS_NOTHING);
		EXPECT_EQ(screen_.Press(TUI_KEY_ENTER).kind, TUI_WANTS_NOTHING);
		EXPECT_EQ(screen_.tui.mode, TUI_CONFIRM);
		EXPECT_EQ(screen_.Press(key).kind, TUI_WANTS_NOTHING);
		EXPECT_EQ(screen_.tui.mode, TUI_NORMAL);
	}
	tui_ask(&screen_.tui, &request);
	request = screen_.Press('y');
	EXPECT_EQ(request.kind, TUI_WANTS_MERGE);
	EXPECT_EQ(request.pid, 2);
	EXPECT_TRUE(request.confirmed);
}

/* A question that was not to be seen is not answered. */
TEST_F(ControlTest, AsksNothingWhereItIsTooSmall)
{
	struct tui_request request;

	screen_.tui.may_write = true;
	request = screen_.Press('m');
	tui_ask(&screen_.tui, &request);
	screen_.Resize(20, 5);
	screen_.Draw();
	EXPECT_EQ(screen_.Press('y').kind, TUI_WANTS_NOTHING);
	screen_.Resize(100, 30);
	screen_.Draw();
	EXPECT_EQ(screen_.Press('y').kind, TUI_WANTS_NOTHING);
}

TEST_F(ControlTest, TellsWhatAScanCostsBeforeItBegins)
{
	struct tui_request request;

	screen_.Press(TUI_KEY_DOWN);
	EXPECT_EQ(screen_.Press('s').kind, TUI_WANTS_NOTHING);
	ASSERT_EQ(screen_.tui.mode, TUI_CONFIRM);
	ASSERT_EQ(screen_.tui.n_confirm, 3u);
	EXPECT_NE(std::string(screen_.tui.confirm[0]).find("(2):"), std::string::npos);
	EXPECT_NE(std::string(screen_.tui.confirm[1]).find("twice"), std::string::npos);
	EXPECT_EQ(screen_.Press('n').kind, TUI_WANTS_NOTHING);
	screen_.Press('s');
	request = screen_.Press('y');
	EXPECT_EQ(request.kind, TUI_WANTS_SCAN);
	EXPECT_EQ(request.pid, 2);
	screen_.Press(TUI_KEY_TAB); // the screen of areas says it of itself
	ASSERT_EQ(screen_.tui.screen, TUI_AREAS);
	request = screen_.Press('s');
	EXPECT_EQ(request.kind, TUI_WANTS_SCAN);
	EXPECT_EQ(request.pid, 2);
}

TEST_F(ControlTest, ATunable)
{
	struct tui_request request;

	screen_.tui.may_write = true;
	screen_.Press(TUI_KEY_BACK_TAB);
	screen_.Press(TUI_KEY_BACK_TAB);
	screen_.Draw();
	screen_.Press(TUI_KEY_DOWN);
	screen_.Press('e');
	EXPECT_STREQ(screen_.tui.text, "100");
	screen_.Press('u' & 0x1f);
	screen_.Type("4000");
	request = screen_.Press(TUI_KEY_ENTER);
	EXPECT_EQ(request.kind, TUI_WANTS_SET);
	EXPECT_STREQ(request.text, "pages_to_scan=4000");
	EXPECT_FALSE(request.confirmed);
}

TEST_F(ControlTest, WhatHasExitedIsLeftAlone)
{
	FakeSample later({});

	screen_.tui.may_write = true;
	tui_take_sample(&screen_.tui, later.get(), sample_.get());
	EXPECT_EQ(screen_.Cursor(), 1);
	EXPECT_EQ(screen_.Press('m').kind, TUI_WANTS_NOTHING);
	EXPECT_NE(std::string(screen_.tui.message).find("exited"), std::string::npos);
}

/* The number of a process that has exited is another one's. */
TEST_F(ControlTest, WhatHasItsNumberIsLeftAlone)
{
	FakeProcess process;
	struct ksm_root root;
	struct tui_request request;

	ASSERT_EQ(ksm_root_open(nullptr, &root, nullptr), 0);
	process.pid = getpid();
	process.start_time = 1;
	FakeSample sample({process});
	screen_.tui.may_write = true;
	tui_take_sample(&screen_.tui, sample.get(), nullptr);
	request = screen_.Press('m');
	EXPECT_EQ(request.start_time, 1u);
	for (bool confirmed : {false, true}) {
		request.confirmed = confirmed;
		tui_act(&screen_.tui, &root, &request);
		EXPECT_NE(std::string(screen_.tui.message).find("another one has its number"),
			  std::string::npos)
			<< screen_.tui.message;
		EXPECT_EQ(screen_.tui.mode, TUI_NORMAL);
	}
	screen_.Press('s');
	EXPECT_EQ(screen_.Press('y').start_time, 1u);
	ksm_root_close(&root);
}

/* Nobody agrees to what is not to be seen. */
TEST_F(ControlTest, AQuestionNeedsItsLines)
{
	FakeScreen low(80, 10);

	for (int lines : {4, 5}) {
		tui_ask(&low.tui, &low.tui.request);
		for (int i = 0; i < lines; i++)
			tui_ask_line(&low.tui, ("line " + std::to_string(i)).c_str());
		low.tui.sample = sample_.get();
		low.Draw();
		EXPECT_EQ(low.tui.mode, lines == 4 ? TUI_CONFIRM : TUI_NORMAL);
	}
	EXPECT_NE(std::string(low.tui.message).find("nothing was changed"), std::string::npos);
}

/* What is set while another ksmctl has changed settings for a time does not last. */
TEST_F(ControlTest, SaysThatAnotherPutsBackWhatWas)
{
	FakeTree tree;
	struct ksm_root root;
	struct tui_request request = {};
	std::string stat;

	std::getline(std::ifstream("/proc/self/stat"), stat);
	std::istringstream fields(stat.substr(stat.rfind(')') + 2));
	std::string start;
	for (int i = 3; i <= 22; i++)
		fields >> start;
	tree.File("proc/" + std::to_string(getpid()) + "/stat", stat + "\n");
	tree.File("sys/kernel/mm/ksm/run", "1\n");
	tree.File("sys/kernel/mm/ksm/sleep_millisecs", "20\n");
	tree.File("run/ksmctl/journal", "ksmctl-journal 1 " + std::to_string(getpid()) + " " +
						start + " merge\nsleep_millisecs=50\n");
	chmod(tree.Path("run/ksmctl/journal").c_str(), 0600);
	chmod(tree.Path("run/ksmctl").c_str(), 0755);
	ASSERT_EQ(ksm_root_open(tree.Path().c_str(), &root, nullptr), 0);
	request.kind = TUI_WANTS_SET;
	for (const char *value : {"20", "30"}) {
		snprintf(request.text, sizeof(request.text), "sleep_millisecs=%s", value);
		tui_act(&screen_.tui, &root, &request);
		if (std::string(value) == "20") {
			EXPECT_EQ(screen_.tui.mode, TUI_NORMAL) << "there is nothing to do";
			continue;
		}
		ASSERT_EQ(screen_.tui.n_confirm, 2u);
		EXPECT_NE(std::string(screen_.tui.confirm[1]).find("puts back what was"),
			  std::string::npos);
	}
	ksm_root_close(&root);
}

TEST_F(ControlTest, PaceHasLimits)
{
	for (int i = 0; i < 40; i++)
		screen_.Press('+');
	EXPECT_DOUBLE_EQ(screen_.tui.config.delay, 0.1);
	for (int i = 0; i < 40; i++)
		screen_.Press('-');
	EXPECT_DOUBLE_EQ(screen_.tui.config.delay, 3600);
}

TEST_F(ControlTest, Mouse)
{
	struct tui_mouse mouse = {5, screen_.tui.hits.table_y + 6, TUI_MOUSE_LEFT};

	tui_press(&screen_.tui, TUI_KEY_MOUSE, &mouse);
	EXPECT_EQ(screen_.Cursor(), 7);
	mouse.y = screen_.tui.hits.table_y - 1;
	tui_press(&screen_.tui, TUI_KEY_MOUSE, &mouse);
	EXPECT_EQ(screen_.tui.choice.sort, TUI_COL_PID);
	EXPECT_EQ(screen_.Cursor(), 7);
	mouse.button = TUI_MOUSE_WHEEL_DOWN;
	tui_press(&screen_.tui, TUI_KEY_MOUSE, &mouse);
	EXPECT_EQ(screen_.Cursor(), 10);
	mouse = {1, screen_.tui.hits.bar_y, TUI_MOUSE_LEFT};
	tui_press(&screen_.tui, TUI_KEY_MOUSE, &mouse);
	EXPECT_EQ(screen_.tui.mode, TUI_HELP);
}

TEST_F(ControlTest, ProgressOfAPass)
{
	auto sysfs = [](int full_scans, int scanned) {
		return "\"full_scans\":" + std::to_string(full_scans) +
		       ",\"pages_scanned\":" + std::to_string(scanned) +
		       ",\"pages_shared\":100,\"pages_sharing\":500,\"pages_unshared\":400,\"pages_"
		       "volatile\":0";
	};
	FakeScreen screen(100, 30);
	FakeSample first({}, 10, sysfs(3, 5000)), second({}, 11, sysfs(4, 5900)),
		third({}, 13, sysfs(4, 6400)), fourth({}, 15, sysfs(5, 6900));

	tui_take_sample(&screen.tui, first.get(), nullptr);
	EXPECT_TRUE(std::isnan(tui_pass_progress(&screen.tui))) << "its begin was not seen";
	tui_take_sample(&screen.tui, second.get(), first.get());
	EXPECT_DOUBLE_EQ(tui_pass_progress(&screen.tui), 0);
	tui_take_sample(&screen.tui, third.get(), second.get());
	EXPECT_DOUBLE_EQ(tui_pass_progress(&screen.tui), 0.5);
	EXPECT_DOUBLE_EQ(screen.tui.pass.seconds, 0);
	tui_take_sample(&screen.tui, fourth.get(), third.get());
	EXPECT_DOUBLE_EQ(screen.tui.pass.seconds, 4);
}

TEST(Config, ComesBackAsItWas)
{
	struct tui_config config, back;
	struct ksm_str text = {};
	unsigned int bad;

	tui_config_init(&config);
	config.column[TUI_COL_CGROUP] = config.meter[TUI_METER_PAGES] = false;
	config.graph = TUI_GRAPH_BLOCK;
	config.sort = TUI_COL_COST;
	config.reverse = config.tree = config.concerned_only = true;
	config.grouping = TUI_BY_CGROUP;
	config.delay = 2.5;
	ASSERT_EQ(tui_config_print(&config, &text), 0);
	tui_config_init(&back);
	tui_config_parse(text.data, &back, &bad);
	EXPECT_EQ(bad, 0u);
	EXPECT_EQ(memcmp(config.column, back.column, sizeof(config.column)), 0);
	EXPECT_EQ(memcmp(config.meter, back.meter, sizeof(config.meter)), 0);
	EXPECT_EQ(back.graph, TUI_GRAPH_BLOCK);
	EXPECT_EQ(back.sort, TUI_COL_COST);
	EXPECT_TRUE(back.reverse && back.tree && back.concerned_only);
	EXPECT_EQ(back.grouping, TUI_BY_CGROUP);
	EXPECT_DOUBLE_EQ(back.delay, 2.5);
	ksm_str_free(&text);
}

TEST(Config, WhatCannotBeIsNamedAndLeftOut)
{
	struct tui_config config;
	unsigned int bad;

	tui_config_init(&config);
	tui_config_parse("# mine\n\nsort=pid\ncolumns=pid,nonsense\ndelay=0\n", &config, &bad);
	EXPECT_EQ(bad, 4u);
	EXPECT_EQ(config.sort, TUI_COL_PID);
	EXPECT_TRUE(config.column[TUI_COL_NAME]);
	EXPECT_DOUBLE_EQ(config.delay, 1);
	for (const char *line :
	     {"sort", "=", "x=1", "reverse=2", "graph=pie", "delay=1x", "group="}) {
		tui_config_parse(line, &config, &bad);
		EXPECT_EQ(bad, 1u) << line;
	}
	tui_config_parse(std::string(5000, 'x').c_str(), &config, &bad);
	EXPECT_EQ(bad, 1u);
}

TEST(TopDocument, ComesBackAsItWas)
{
	FakeProcess process;
	process.pid = 42;
	process.ppid = 7;
	process.name = "a \"name\"\n\u00e4";
	process.merging = 3;
	process.any = true;
	FakeSample sample({process}, 1234.5);
	ASSERT_NE(sample.get(), nullptr) << sample.error();
	json_object *document = ksm_report_top(sample.get());
	std::string text = json_object_to_json_string_ext(document, JSON_C_TO_STRING_PLAIN);
	json_object_put(document);
	struct ksm_sample back = {};
	struct ksm_error err;
	ASSERT_EQ(ksm_top_parse(text.data(), text.size(), &back, &err), 0) << err.text;
	EXPECT_DOUBLE_EQ(back.time, 1234.5);
	ASSERT_EQ(back.processes.n, 1u);
	EXPECT_EQ(back.processes.item[0].process.ppid, 7);
	EXPECT_EQ(back.processes.item[0].process.name, process.name);
	EXPECT_EQ(back.processes.item[0].merged_bytes, 3 * 4096);
	EXPECT_STREQ(back.processes.item[0].opt_in, "whole");
	EXPECT_EQ(back.status.general_profit, 1000);
	document = ksm_report_top(&back);
	EXPECT_EQ(text, json_object_to_json_string_ext(document, JSON_C_TO_STRING_PLAIN));
	json_object_put(document);
	ksm_sample_free(&back);
}

TEST(TopDocument, RefusesWhatIsNone)
{
	const std::string good = "{\"schema\":\"ksmctl.top/1\",\"time\":1,\"page_size\":4096,"
				 "\"rates\":{},\"sysfs\":{},\"processes\":[]}";
	struct ksm_sample sample = {};
	struct ksm_error err;

	ASSERT_EQ(ksm_top_parse(good.data(), good.size(), &sample, &err), 0) << err.text;
	ksm_sample_free(&sample);
	for (size_t len = 0; len < good.size(); len++)
		EXPECT_EQ(ksm_top_parse(good.data(), len, &sample, &err), -EBADMSG) << len;
	for (std::pair<std::string, std::string> change :
	     {std::pair<std::string, std::string>{"top/1", "status/1"},
	      {"4096", "0"},
	      {"4096", "\"\""},
	      {"\"time\":1", "\"time\":1e999"},
	      {"{}", "[]"},
	      {"[]", "[1]"},
	      {"[]", "[{}]"},
	      {"[]", "[{\"pid\":0}]"},
	      {"[]", "[{\"pid\":99999999999}]"}}) {
		std::string text = good;
		text.replace(text.find(change.first), change.first.size(), change.second);
		EXPECT_EQ(ksm_top_parse(text.data(), text.size(), &sample, &err), -EBADMSG) << text;
	}
}

} // namespace
