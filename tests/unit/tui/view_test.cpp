/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <gtest/gtest.h>
#include <set>

#include "fake.h"

namespace
{

FakeProcess Process(pid_t pid, const std::string &name, int64_t profit = 0, pid_t ppid = 0)
{
	FakeProcess process;

	process.pid = pid;
	process.name = name;
	process.profit = profit;
	process.ppid = ppid;
	process.any = profit != 0;
	return process;
}

class TopView : public ::testing::Test
{
      protected:
	~TopView() override
	{
		tui_view_free(&view_);
	}
	std::vector<pid_t> Build(const FakeSample &sample, const FakeSample *before = nullptr)
	{
		std::vector<pid_t> pids;

		EXPECT_EQ(tui_view_build(&view_, &choice_, sample.get(),
					 before ? before->get() : nullptr, nullptr, 0),
			  0);
		for (size_t i = 0; i < view_.n; i++)
			pids.push_back(view_.row[i].pid);
		return pids;
	}
	void Filter(const char *text)
	{
		snprintf(choice_.filter, sizeof(choice_.filter), "%s", text);
	}

	struct tui_view view_ = {};
	struct tui_choice choice_ = {TUI_COL_PROFIT, false, false, false,
				     TUI_NO_GROUPS,  "",    "",	   ""};
};

TEST_F(TopView, Order)
{
	FakeProcess hidden = Process(7, "hidden");
	hidden.is_readable = false;
	FakeSample sample({Process(3, "b", 10), Process(1, "a", -5), Process(2, "C", 10), hidden});

	EXPECT_EQ(Build(sample), (std::vector<pid_t>{2, 3, 1, 7}));
	choice_.reverse = true;
	/* What is unknown stays last. */
	EXPECT_EQ(Build(sample), (std::vector<pid_t>{1, 2, 3, 7}));
	choice_ = {TUI_COL_NAME, false, false, false, TUI_NO_GROUPS, "", "", ""};
	EXPECT_EQ(Build(sample), (std::vector<pid_t>{1, 3, 2, 7}));
	choice_.sort = TUI_COL_PID;
	EXPECT_EQ(Build(sample), (std::vector<pid_t>{1, 2, 3, 7}));
}

TEST_F(TopView, Filters)
{
	FakeProcess other = Process(12, "nginx", 5);
	other.user = "www";
	other.cgroup = "/system.slice/nginx.service";
	FakeSample sample({Process(1, "init"), Process(2, "Nginx-helper", 1), other});

	Filter("NGINX");
	EXPECT_EQ(Build(sample), (std::vector<pid_t>{12, 2}));
	EXPECT_EQ(view_.hidden, 1u);
	Filter("!^nginx$");
	EXPECT_EQ(Build(sample), (std::vector<pid_t>{12}));
	Filter("!(");
	EXPECT_EQ(Build(sample).size(), 3u);
	char reason[100];
	EXPECT_NE(tui_filter_error("!(", reason, sizeof(reason)), nullptr);
	EXPECT_EQ(tui_filter_error("!a|b", reason, sizeof(reason)), nullptr);
	Filter("1");
	EXPECT_EQ(Build(sample), (std::vector<pid_t>{1})) << "pids match whole";
	Filter("");
	strcpy(choice_.user, "www");
	EXPECT_EQ(Build(sample), (std::vector<pid_t>{12}));
	*choice_.user = '\0';
	strcpy(choice_.cgroup, "/system.slice");
	EXPECT_EQ(Build(sample), (std::vector<pid_t>{12}));
	*choice_.cgroup = '\0';
	choice_.concerned_only = true;
	EXPECT_EQ(Build(sample), (std::vector<pid_t>{12, 2}));
}

TEST_F(TopView, NewAndGone)
{
	FakeSample before({Process(1, "a", 2), Process(2, "b", 1)}),
		now({Process(1, "a", 2), Process(3, "c", 3)});

	EXPECT_EQ(Build(now, &before), (std::vector<pid_t>{3, 1, 2}));
	EXPECT_TRUE(view_.row[0].is_new);
	EXPECT_FALSE(view_.row[1].is_new || view_.row[1].is_gone);
	EXPECT_TRUE(view_.row[2].is_gone);
	Build(now);
	EXPECT_FALSE(view_.row[0].is_new) << "nobody knows what was before the first sample";
}

TEST_F(TopView, APidOfTwoProcessesInTurn)
{
	FakeProcess first = Process(7, "first", 1), second = Process(7, "second", 1);
	const struct tui_potential potential = {7, 100, 4096};

	first.start_time = 100;
	second.start_time = 200;
	FakeSample before({Process(1, "a", 2), first}), now({Process(1, "a", 2), second});
	view_.follow = true;
	ASSERT_EQ(tui_view_build(&view_, &choice_, before.get(), nullptr, &potential, 1), 0);
	EXPECT_EQ(view_.row[1].potential, 4096);
	tui_view_move(&view_, 1, 10);
	ASSERT_EQ(tui_view_build(&view_, &choice_, now.get(), before.get(), &potential, 1), 0);
	ASSERT_EQ(view_.n, 3u);
	for (size_t i = 1; i < 3; i++) {
		const struct tui_row *row = &view_.row[i];
		bool is_first = row->start_time == 100;

		EXPECT_STREQ(row->name, is_first ? "first" : "second");
		EXPECT_EQ(row->is_gone, is_first);
		EXPECT_EQ(row->is_new, !is_first);
		EXPECT_EQ(row->potential, KSM_UNKNOWN);
		EXPECT_EQ(view_.cursor == i, is_first);
	}
}

TEST_F(TopView, Groups)
{
	FakeProcess own = Process(1, "sh", 4), mine = Process(2, "sh", 6),
		    hidden = Process(3, "sh"), other = Process(4, "vi", 3);
	hidden.is_readable = false;
	own.cgroup = mine.cgroup = "/a";
	FakeSample sample({own, mine, hidden, other});

	choice_.grouping = TUI_BY_NAME;
	Build(sample);
	ASSERT_EQ(view_.n, 2u);
	EXPECT_STREQ(view_.row[0].name, "sh");
	EXPECT_EQ(view_.row[0].members, 3u);
	EXPECT_EQ(view_.row[0].profit, 10);
	EXPECT_EQ(view_.row[0].rss, 3 << 20);
	EXPECT_STREQ(view_.row[0].user, "root");
	choice_.grouping = TUI_BY_CGROUP;
	Build(sample);
	ASSERT_EQ(view_.n, 2u);
	EXPECT_STREQ(view_.row[0].name, "/a");
	EXPECT_EQ(view_.row[0].members, 2u);
	EXPECT_EQ(view_.row[1].profit, 3);
}

TEST_F(TopView, WhatIsGoneIsInNoSum)
{
	FakeSample before({Process(1, "sh", 4), Process(2, "sh", 6), Process(3, "vi", 9)}),
		now({Process(1, "sh", 4)});

	choice_.grouping = TUI_BY_NAME;
	Build(now, &before);
	ASSERT_EQ(view_.n, 1u);
	EXPECT_EQ(view_.row[0].members, 1u);
	EXPECT_EQ(view_.row[0].profit, 4);
	EXPECT_EQ(view_.row[0].rss, 1 << 20);
	EXPECT_FALSE(view_.row[0].is_gone);
}

TEST_F(TopView, Tree)
{
	FakeSample sample({Process(1, "init", 0), Process(10, "a", 5, 1), Process(11, "b", 9, 1),
			   Process(20, "a1", 7, 10), Process(21, "a2", 8, 10),
			   Process(30, "alone", 99, 7777)});

	choice_.tree = true;
	EXPECT_EQ(Build(sample), (std::vector<pid_t>{30, 1, 11, 10, 21, 20}));
	EXPECT_EQ(view_.row[1].depth, 0);
	EXPECT_EQ(view_.row[2].depth, 1);
	EXPECT_EQ(view_.row[4].depth, 2);
	EXPECT_FALSE(view_.row[2].last & 2);
	EXPECT_TRUE(view_.row[3].last & 2);
	EXPECT_TRUE(view_.row[5].last & 4);
}

/* From a recording: parents that are their own children, numbers that occur twice, a chain of any length. */
TEST_F(TopView, TreesThatAreNone)
{
	FakeSample circle({Process(1, "a", 1, 3), Process(2, "b", 1, 1), Process(3, "c", 1, 2),
			   Process(4, "d", 1, 4), Process(5, "e", 1, 2), Process(5, "e", 1, 2)});
	choice_.tree = true;
	EXPECT_EQ(Build(circle).size(), 6u);
	std::vector<FakeProcess> chain;
	for (pid_t pid = 1; pid <= 20000; pid++)
		chain.push_back(Process(pid, "x", 0, pid - 1));
	std::vector<pid_t> pids = Build(FakeSample(chain));
	ASSERT_EQ(pids.size(), chain.size());
	EXPECT_EQ(pids.back(), 20000);
}

TEST_F(TopView, TheCursorStaysWithItsProcess)
{
	std::mt19937 random(3);
	std::set<pid_t> alive;

	for (pid_t pid = 1; pid <= 40; pid++)
		alive.insert(pid);
	view_.follow = true;
	view_.pid = 20;
	for (int round = 0; round < 3000; round++) {
		std::vector<FakeProcess> processes;
		for (pid_t pid = 1; pid <= 60; pid++)
			if (pid == 20 || random() % 2)
				processes.push_back(Process(pid,
							    std::string(1, 'a' + random() % 26),
							    random() % 100 - 50, random() % 60));
		choice_.sort = static_cast<enum tui_column_id>(random() % TUI_COLS);
		choice_.reverse = random() % 2;
		choice_.tree = random() % 2;
		Build(FakeSample(processes));
		ASSERT_LT(view_.cursor, view_.n);
		ASSERT_EQ(view_.row[view_.cursor].pid, 20);
		tui_view_scroll(&view_, 7);
		ASSERT_LE(view_.first, view_.cursor);
		ASSERT_LT(view_.cursor, view_.first + 7);
	}
	/* Gone: it stays where it was. */
	size_t at = view_.cursor;
	Build(FakeSample({Process(1, "a"), Process(2, "b")}));
	EXPECT_EQ(view_.cursor, std::min<size_t>(at, 1));
}

TEST_F(TopView, TheCursorStaysWithItsGroup)
{
	const std::string pods = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod";
	std::vector<FakeProcess> processes = {Process(1, "a"), Process(2, "b"), Process(3, "c")};

	for (FakeProcess &process : processes)
		process.cgroup = pods + process.name + ".slice";
	FakeSample sample(processes);
	choice_.grouping = TUI_BY_CGROUP;
	choice_.sort = TUI_COL_NAME;
	view_.follow = true;
	Build(sample);
	ASSERT_EQ(view_.n, 3u);
	tui_view_move(&view_, 1, 10);
	Build(sample);
	EXPECT_EQ(view_.cursor, 1u);
}

TEST_F(TopView, Search)
{
	FakeSample sample({Process(1, "cat"), Process(2, "dog"), Process(3, "Catfish")});

	choice_.sort = TUI_COL_PID;
	Build(sample);
	EXPECT_TRUE(tui_view_search(&view_, "CAT", false));
	EXPECT_EQ(view_.pid, 1);
	EXPECT_TRUE(tui_view_search(&view_, "cat", true));
	EXPECT_EQ(view_.pid, 3);
	EXPECT_TRUE(tui_view_search(&view_, "cat", true));
	EXPECT_EQ(view_.pid, 1) << "around";
	EXPECT_FALSE(tui_view_search(&view_, "bird", false));
	EXPECT_EQ(view_.pid, 1);
}

} // namespace
