/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/fake_tree.h"

extern "C" {
#include "control/journal.h"
#include "control/settings.h"
}

namespace
{

/* A tree of plain files: what the kernel would refuse is checked before. */
class SettingsTest : public ::testing::Test
{
      protected:
	void SetUp() override
	{
		tree_.Directory("proc");
		tree_.Directory("run");
		for (const auto &file : std::vector<std::pair<const char *, const char *>>{
			     {"run", "1"},
			     {"pages_to_scan", "100"},
			     {"sleep_millisecs", "20"},
			     {"merge_across_nodes", "1"},
			     {"max_page_sharing", "256"},
			     {"advisor_mode", "[none] scan-time"},
			     {"advisor_min_pages_to_scan", "500"},
			     {"pages_shared", "0"},
			     {"pages_sharing", "0"}})
			Write(file.first, file.second);
		ASSERT_EQ(ksm_root_open(tree_.Path().c_str(), &root_, &err_), 0);
		root_.changed = [](void *arg, const char *what, const char *text) {
			std::string path = what;
			static_cast<SettingsTest *>(arg)->writes_.push_back(
				path.substr(path.rfind('/') + 1) + "=" + text);
		};
		root_.changed_arg = this;
	}
	void TearDown() override
	{
		ksm_root_close(&root_);
	}
	void Write(const std::string &name, const std::string &text)
	{
		tree_.File("sys/kernel/mm/ksm/" + name, text + "\n");
	}
	/* Our own, of a name that misleads. */
	void WriteStat(int start_time, char state)
	{
		const std::string pid = std::to_string(getpid());

		tree_.File("proc/" + pid + "/stat",
			   pid + " (a) b) " + state +
				   " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 " +
				   std::to_string(start_time) + " 20 21\n");
	}
	int Apply(const std::vector<const char *> &assignments, unsigned int flags = 0)
	{
		struct ksm_settings settings = {};

		writes_.clear();
		for (const char *assignment : assignments)
			EXPECT_EQ(ksm_settings_add(&settings, assignment, &err_), 0) << err_.text;
		return ksm_settings_apply(&root_, &settings, flags, &err_);
	}
	using Writes = std::vector<std::string>;

	FakeTree tree_;
	struct ksm_root root_ = {};
	struct ksm_error err_ = {};
	Writes writes_;
};

TEST_F(SettingsTest, TheKernelsOrder)
{
	root_.dry_run = true;
	EXPECT_EQ(Apply({"run=0", "sleep_millisecs=5", "pages_to_scan=7", "max_page_sharing=9"}),
		  0);
	EXPECT_EQ(writes_,
		  (Writes{"pages_to_scan=7", "sleep_millisecs=5", "max_page_sharing=9", "run=0"}));
	/* Its own value before the advisor is turned on: that takes it over. */
	EXPECT_EQ(Apply({"advisor_mode=scan-time", "advisor_min_pages_to_scan=900"}), 0);
	EXPECT_EQ(writes_, (Writes{"advisor_min_pages_to_scan=900", "advisor_mode=scan-time"}));
	Write("advisor_mode", "none [scan-time]");
	EXPECT_EQ(Apply({"pages_to_scan=900", "advisor_mode=none"}), 0);
	EXPECT_EQ(writes_, (Writes{"advisor_mode=none", "pages_to_scan=900"}));
	EXPECT_EQ(Apply({"pages_to_scan=900"}), -EINVAL);
	/* What is so already is neither checked nor written. */
	EXPECT_EQ(Apply({"pages_to_scan=100", "run=1"}), 0);
	EXPECT_EQ(writes_, Writes());
}

TEST_F(SettingsTest, WhatTakesUnmerging)
{
	root_.dry_run = true;
	Write("pages_shared", "3");
	EXPECT_EQ(Apply({"max_page_sharing=9", "sleep_millisecs=5"}), -EBUSY);
	EXPECT_EQ(writes_, Writes());
	EXPECT_EQ(Apply({"merge_across_nodes=0"}), -EBUSY);
	EXPECT_EQ(Apply({"max_page_sharing=256"}), 0);
	EXPECT_EQ(Apply({"merge_across_nodes=0"}, KSM_SETTINGS_UNMERGE_FIRST), 0);
	EXPECT_EQ(writes_, (Writes{"run=2", "merge_across_nodes=0", "run=1"}));
	EXPECT_EQ(Apply({"merge_across_nodes=0", "run=0"}, KSM_SETTINGS_UNMERGE_FIRST), 0);
	EXPECT_EQ(writes_, (Writes{"run=2", "merge_across_nodes=0", "run=0"}));
	/* Not for a value that asks for nothing of the kind. */
	EXPECT_EQ(Apply({"sleep_millisecs=5"}, KSM_SETTINGS_UNMERGE_FIRST), 0);
	EXPECT_EQ(writes_, (Writes{"sleep_millisecs=5"}));
	tree_.File("proc/meminfo", "MemTotal: 9 kB\nMemFree: 1 kB\nMemAvailable: 400 kB\n"
				   "Buffers: 0 kB\nCached: 0 kB\n");
	Write("pages_sharing", "200");
	EXPECT_EQ(Apply({"merge_across_nodes=0"}, KSM_SETTINGS_UNMERGE_FIRST), -ENOMEM);
	EXPECT_EQ(Apply({"run=2"}), -ENOMEM);
	EXPECT_EQ(Apply({"run=2"}, KSM_SETTINGS_FORCE), 0);
	EXPECT_EQ(Apply({"run=0"}), 0);
	EXPECT_EQ(Apply({"merge_across_nodes=0"}, KSM_SETTINGS_UNMERGE_FIRST | KSM_SETTINGS_FORCE),
		  0);
}

TEST_F(SettingsTest, WhatTheKernelLacks)
{
	EXPECT_EQ(Apply({"sleep_millisecs=5", "smart_scan=1"}), -EOPNOTSUPP);
	EXPECT_EQ(err_.code, KSM_ERR_UNSUPPORTED);
	EXPECT_EQ(writes_, Writes());
}

TEST_F(SettingsTest, SavedAndParsed)
{
	struct ksm_str text = {};
	struct ksm_settings settings, again;
	struct ksm_sysfs sysfs;

	ASSERT_EQ(ksm_sysfs_read(&root_, &sysfs, nullptr), 0);
	ksm_settings_take(&sysfs, &settings);
	ASSERT_EQ(ksm_settings_print(&settings, &text), 0);
	EXPECT_STREQ(text.data, "run=1\npages_to_scan=100\nsleep_millisecs=20\n"
				"merge_across_nodes=1\nmax_page_sharing=256\nadvisor_mode=none\n"
				"advisor_min_pages_to_scan=500\n");
	ASSERT_EQ(ksm_settings_parse(text.data, text.len, &again, nullptr), 0);
	for (int i = 0; i < KSM_SYSFS_N; i++)
		EXPECT_TRUE(again.given[i] == settings.given[i] &&
			    (!again.given[i] || again.value[i] == settings.value[i]));
	ksm_str_free(&text);
	/* While the advisor sets the pages, they cannot be set back. */
	Write("advisor_mode", "none [scan-time]");
	ASSERT_EQ(ksm_sysfs_read(&root_, &sysfs, nullptr), 0);
	ksm_settings_take(&sysfs, &settings);
	EXPECT_FALSE(settings.given[KSM_SYSFS_pages_to_scan]);
}

TEST_F(SettingsTest, TextThatIsNone)
{
	struct ksm_settings settings;
	const std::string nul("run=1\0=1", 8);

	for (const std::string &text : {std::string("run"), std::string("run=9"), std::string("=1"),
					std::string("nonsense=1"), nul, std::string(500, 'x'),
					std::string("# ok\n\nrun=1\n run=0\n")}) {
		EXPECT_EQ(ksm_settings_parse(text.data(), text.size(), &settings, &err_), -EBADMSG)
			<< text;
		EXPECT_NE(std::string(err_.text).find("line "), std::string::npos) << err_.text;
	}
	EXPECT_NE(std::string(err_.text).find("line 4"), std::string::npos) << err_.text;
	ASSERT_EQ(ksm_settings_parse("run=0\r\n# x\n\nrun=1  \n", 20, &settings, nullptr), 0);
	EXPECT_EQ(settings.value[KSM_SYSFS_run], 1);
}

/* ------------------------------------------------------------------------------- the journal */

TEST_F(SettingsTest, AJournalIsKeptUntilTheEnd)
{
	struct ksm_settings settings = {};
	struct ksm_journal journal;
	std::string pid = std::to_string(getpid());

	WriteStat(4711, 'S');
	EXPECT_EQ(ksm_journal_find(&root_, &journal, nullptr), 0);
	EXPECT_EQ(ksm_journal_check(&root_, &err_), 0);
	Write("sleep_millisecs", "77");
	ASSERT_EQ(ksm_settings_add(&settings, "sleep_millisecs=77", nullptr), 0);
	ASSERT_EQ(ksm_journal_begin(&root_, "merge", &settings, &err_), 0) << err_.text;
	Write("sleep_millisecs", "20");
	ASSERT_EQ(ksm_journal_find(&root_, &journal, &err_), 1) << err_.text;
	EXPECT_EQ(journal.pid, getpid());
	EXPECT_EQ(journal.start_time, 4711u);
	EXPECT_STREQ(journal.verb, "merge");
	EXPECT_TRUE(journal.is_alive);
	EXPECT_EQ(journal.settings.value[KSM_SYSFS_sleep_millisecs], 77);
	/* One at a time. */
	EXPECT_EQ(ksm_journal_check(&root_, &err_), -EBUSY);
	EXPECT_EQ(ksm_journal_begin(&root_, "tune", &settings, &err_), -EBUSY);
	EXPECT_NE(std::string(err_.text).find(pid), std::string::npos) << err_.text;
	/* Another process of the number is another process. */
	WriteStat(4712, 'S');
	ASSERT_EQ(ksm_journal_find(&root_, &journal, nullptr), 1);
	EXPECT_FALSE(journal.is_alive);
	EXPECT_EQ(ksm_journal_begin(&root_, "tune", &settings, &err_), -EBUSY);
	EXPECT_NE(std::string(err_.text).find("--interrupted"), std::string::npos) << err_.text;
	ASSERT_EQ(ksm_journal_recover(&root_, &journal, &err_), 1) << err_.text;
	EXPECT_EQ(writes_, (Writes{"sleep_millisecs=77"}));
	EXPECT_EQ(ksm_journal_find(&root_, &journal, nullptr), 0);
	ASSERT_EQ(ksm_journal_begin(&root_, "merge", &settings, &err_), 0) << err_.text;
	ksm_journal_end(&root_);
	EXPECT_EQ(ksm_journal_find(&root_, &journal, nullptr), 0);
}

/* Who read before another put its own back would make that one's settings the last word. */
TEST_F(SettingsTest, AJournalIsOfWhatIsThereNow)
{
	struct ksm_settings settings = {};
	struct ksm_journal journal;

	ASSERT_EQ(ksm_settings_add(&settings, "pages_to_scan=5000", nullptr), 0);
	EXPECT_EQ(ksm_journal_begin(&root_, "merge", &settings, &err_), -EBUSY);
	EXPECT_EQ(ksm_journal_find(&root_, &journal, nullptr), 0);
	Write("advisor_mode", "none [scan-time]");
	EXPECT_EQ(ksm_journal_begin(&root_, "merge", &settings, &err_), 0) << err_.text;
}

TEST_F(SettingsTest, AJournalThatFailsToRestoreStays)
{
	struct ksm_settings settings = {};
	struct ksm_journal journal;

	ASSERT_EQ(ksm_settings_add(&settings, "smart_scan=1", nullptr), 0);
	ASSERT_EQ(ksm_journal_begin(&root_, "merge", &settings, &err_), 0) << err_.text;
	ASSERT_EQ(ksm_journal_find(&root_, &journal, nullptr), 1);
	EXPECT_LT(ksm_journal_recover(&root_, &journal, &err_), 0);
	EXPECT_EQ(ksm_journal_find(&root_, &journal, nullptr), 1);
}

TEST_F(SettingsTest, AJournalThatSomebodyElsePutBackIsNotPutBackAgain)
{
	struct ksm_settings settings = {};
	struct ksm_journal journal, other;

	Write("sleep_millisecs", "77");
	ASSERT_EQ(ksm_settings_add(&settings, "sleep_millisecs=77", nullptr), 0);
	ASSERT_EQ(ksm_journal_begin(&root_, "merge", &settings, &err_), 0) << err_.text;
	Write("sleep_millisecs", "20");
	WriteStat(4711, 'S');
	ASSERT_EQ(ksm_journal_find(&root_, &journal, nullptr), 1);
	ASSERT_FALSE(journal.is_alive);
	ASSERT_EQ(ksm_journal_recover(&root_, &journal, &err_), 1) << err_.text;
	writes_.clear();
	EXPECT_EQ(ksm_journal_recover(&root_, &journal, &err_), 0);
	/* Nor is the other's own journal removed. */
	Write("sleep_millisecs", "5");
	ASSERT_EQ(ksm_settings_add(&settings, "sleep_millisecs=5", nullptr), 0);
	ASSERT_EQ(ksm_journal_begin(&root_, "tune", &settings, &err_), 0) << err_.text;
	EXPECT_EQ(ksm_journal_recover(&root_, &journal, &err_), 0);
	EXPECT_EQ(writes_, Writes{});
	ASSERT_EQ(ksm_journal_find(&root_, &other, nullptr), 1);
	EXPECT_STREQ(other.verb, "tune");
}

TEST_F(SettingsTest, WhoPutsBackIsAlone)
{
	struct ksm_settings settings = {};
	struct ksm_journal journal;
	const std::string path = tree_.Path() + "/run/ksmctl";
	int ret = -1;

	Write("sleep_millisecs", "77");
	ASSERT_EQ(ksm_settings_add(&settings, "sleep_millisecs=77", nullptr), 0);
	ASSERT_EQ(ksm_journal_begin(&root_, "merge", &settings, &err_), 0) << err_.text;
	Write("sleep_millisecs", "20");
	WriteStat(4711, 'S');
	ASSERT_EQ(ksm_journal_find(&root_, &journal, nullptr), 1);
	int first = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_EQ(flock(first, LOCK_EX), 0);
	std::thread second([&] { ret = ksm_journal_recover(&root_, &journal, nullptr); });
	usleep(100000);
	ksm_journal_end(&root_);
	close(first);
	second.join();
	EXPECT_EQ(ret, 0);
	EXPECT_EQ(writes_, Writes{});
}

TEST_F(SettingsTest, AZombieIsNotAtWork)
{
	struct ksm_settings settings = {};
	struct ksm_journal journal;

	WriteStat(4711, 'S');
	ASSERT_EQ(ksm_settings_add(&settings, "run=1", nullptr), 0);
	ASSERT_EQ(ksm_journal_begin(&root_, "merge", &settings, &err_), 0) << err_.text;
	for (char state : std::string("SRDTZX")) {
		WriteStat(4711, state);
		ASSERT_EQ(ksm_journal_find(&root_, &journal, nullptr), 1);
		EXPECT_EQ(journal.is_alive, state != 'Z' && state != 'X') << state;
	}
	tree_.File("proc/" + std::to_string(getpid()) + "/stat", "");
	ASSERT_EQ(ksm_journal_find(&root_, &journal, nullptr), 1);
	EXPECT_FALSE(journal.is_alive);
}

TEST_F(SettingsTest, JournalsThatAreNone)
{
	struct ksm_journal journal;

	for (const std::string &text :
	     {std::string(), std::string("ksmctl-journal 1 5 6 merge"), std::string("run=1\n"),
	      std::string("ksmctl-journal 2 5 6 merge\n"),
	      std::string("ksmctl-journal 1 -5 6 merge\n"),
	      std::string("ksmctl-journal 1 5 6 MERGE\n"),
	      std::string("ksmctl-journal 1 5 6 merge x\n"),
	      std::string("ksmctl-journal 1 5 6 merge\nrun=7\n"),
	      "ksmctl-journal 1 5 6 " + std::string(40, 'a') + "\n"})
		EXPECT_EQ(ksm_journal_parse(text.data(), text.size(), &journal, nullptr), -EBADMSG)
			<< text;
	std::string good = "ksmctl-journal 1 5 6 merge\nrun=1\n";
	EXPECT_EQ(ksm_journal_parse(good.data(), good.size(), &journal, nullptr), 0);
}

} // namespace
