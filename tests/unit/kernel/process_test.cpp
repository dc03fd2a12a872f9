// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/fake_tree.h"

extern "C" {
#include "base/cleanup.h"
#include "kernel/areas.h"
#include "kernel/cgroup.h"
#include "kernel/domain.h"
#include "kernel/ksm_stat.h"
#include "kernel/process.h"
}

namespace
{

// By which a child tells that it has come so far.
class Signal
{
      public:
	Signal()
	{
		if (pipe(end_))
			abort();
	}
	bool Give()
	{
		return write(end_[1], "x", 1) == 1;
	}
	// Also where the child has ended.
	void Await()
	{
		char byte;

		close(end_[1]);
		while (read(end_[0], &byte, 1) < 0)
			;
		close(end_[0]);
	}

      private:
	int end_[2];
};

// A child that bears @name and waits to be killed, or a zombie.
class Child
{
      public:
	explicit Child(const char *name, bool zombie = false)
	{
		Signal ready;

		pid = fork();
		if (!pid) {
			prctl(PR_SET_NAME, name);
			if (zombie || !ready.Give())
				_exit(0);
			pause();
			_exit(0);
		}
		ready.Await();
		if (zombie) {
			siginfo_t info;

			waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT);
		}
	}
	~Child()
	{
		kill(pid, SIGKILL);
		waitpid(pid, nullptr, 0);
	}
	pid_t pid;
};

// A child whose first thread has ended, while another waits to be killed.
class Headless
{
      public:
	Headless()
	{
		Signal ready;

		pid = fork();
		if (!pid) {
			prctl(PR_SET_NAME, "first");
			std::thread([&] {
				prctl(PR_SET_NAME, "second");
				if (!ready.Give())
					_exit(1);
				pause();
			}).detach();
			syscall(SYS_exit, 0);
		}
		ready.Await();
		while (State() != 'Z')
			usleep(1000);
	}
	~Headless()
	{
		kill(pid, SIGKILL);
		waitpid(pid, nullptr, 0);
	}
	pid_t pid;

      private:
	char State() const
	{
		std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
		std::string text;

		std::getline(stat, text, ')');
		std::getline(stat, text);
		return text.size() > 1 ? text[1] : '-';
	}
};

// A second thread of ours that waits until it is no longer needed.
class Thread
{
      public:
	Thread()
	{
		std::promise<pid_t> started;

		thread_ = std::thread([&] {
			auto end = end_.get_future();

			started.set_value(static_cast<pid_t>(syscall(SYS_gettid)));
			end.wait();
		});
		tid = started.get_future().get();
	}
	~Thread()
	{
		end_.set_value();
		thread_.join();
	}
	pid_t tid;

      private:
	std::promise<void> end_;
	std::thread thread_;
};

class Process : public testing::Test
{
      protected:
	void SetUp() override
	{
		ASSERT_EQ(ksm_root_open(nullptr, &root, &err), 0) << err.text;
	}
	~Process() override
	{
		ksm_processes_free(&list);
		ksm_root_close(&root);
	}
	// The entry of @pid, which there must be one of.
	const ksm_process *Find(pid_t pid)
	{
		const ksm_process *found = nullptr;

		for (size_t i = 0; i < list.n; i++) {
			if (i) {
				EXPECT_LT(list.process[i - 1].pid, list.process[i].pid);
			}
			if (list.process[i].pid == pid)
				found = &list.process[i];
		}
		return found;
	}
	// On the machine as libproc2 tells it, and as the walk over the same /proc does.
	void List(bool by_hand)
	{
		ksm_processes_free(&list);
		root.is_machine = !by_hand;
		ASSERT_EQ(ksm_processes_list(&root, &list, &err), 0) << err.text;
		root.is_machine = true;
	}

	ksm_root root = {-1, -1, -1, 4096, false, false, nullptr, nullptr};
	ksm_processes list = {};
	ksm_error err = {};
};

// Hostile names too: libproc2 alters them, the list must not.
TEST_F(Process, ListAndGetAgree)
{
	static const char *const names[] = {
		"plain", "a.b?c", "new\nline\\n", "\x1b[31m\xff(x) Z", "\\\\\n", "caf\xc3\xa9"};

	for (const char *name : names) {
		Child child(name);
		ksm_process one;

		ASSERT_EQ(ksm_process_get(&root, child.pid, &one, &err), 0) << err.text;
		EXPECT_EQ(std::string(one.name), name);
		EXPECT_EQ(one.pid, child.pid);
		EXPECT_EQ(one.uid, geteuid());
		EXPECT_TRUE(one.has_memory);
		EXPECT_GT(one.rss_bytes, 0u);
		EXPECT_GT(one.start_time, 0u);
		for (bool by_hand : {false, true}) {
			List(by_hand);
			const ksm_process *found = Find(child.pid);

			ASSERT_NE(found, nullptr);
			EXPECT_EQ(std::string(found->name), name) << by_hand;
			EXPECT_EQ(found->uid, one.uid);
			EXPECT_EQ(found->start_time, one.start_time);
			EXPECT_EQ(found->has_memory, one.has_memory);
			EXPECT_EQ(std::string(found->cgroup), one.cgroup);
			// The kernel sums what its CPUs count apart from time to time.
			EXPECT_NEAR(static_cast<double>(found->rss_bytes),
				    static_cast<double>(one.rss_bytes), 1 << 20);
		}
		ksm_process_free(&one);
	}
}

TEST_F(Process, ListHasOurselvesOnce)
{
	Thread thread;

	for (bool by_hand : {false, true}) {
		List(by_hand);
		ASSERT_NE(Find(getpid()), nullptr);
		EXPECT_EQ(Find(getpid())->state, 'R');
		EXPECT_GT(Find(getpid())->rss_bytes, 1u << 20);
		ASSERT_NE(Find(1), nullptr);
		EXPECT_EQ(Find(thread.tid), nullptr);
	}
}

TEST_F(Process, AZombieHasNoMemory)
{
	Child child("gone", true);
	ksm_process one;

	ASSERT_EQ(ksm_process_get(&root, child.pid, &one, &err), 0) << err.text;
	EXPECT_FALSE(one.has_memory);
	EXPECT_EQ(one.state, 'Z');
	EXPECT_EQ(one.rss_bytes, 0u);
	ksm_process_free(&one);
	for (bool by_hand : {false, true}) {
		List(by_hand);
		ASSERT_NE(Find(child.pid), nullptr);
		EXPECT_FALSE(Find(child.pid)->has_memory);
		EXPECT_EQ(Find(child.pid)->state, 'Z');
	}
}

TEST_F(Process, LivesOnWithoutItsFirstThread)
{
	Headless child;
	ksm_process one;
	ksm_stat stat = {};
	ksm_areas areas = {};
	int dir;

	ASSERT_EQ(ksm_process_get(&root, child.pid, &one, &err), 0) << err.text;
	EXPECT_EQ(one.pid, child.pid);
	EXPECT_STREQ(one.name, "first");
	EXPECT_TRUE(one.has_memory);
	EXPECT_EQ(one.state, 'S');
	for (bool by_hand : {false, true}) {
		List(by_hand);
		const ksm_process *found = Find(child.pid);

		ASSERT_NE(found, nullptr);
		EXPECT_STREQ(found->name, "first");
		EXPECT_TRUE(found->has_memory) << by_hand;
		EXPECT_EQ(found->state, 'S');
		EXPECT_GT(found->rss_bytes, 0u);
	}
	ksm_process_free(&one);
	ASSERT_EQ(ksm_root_open_pid(&root, child.pid, &dir, &err), 0) << err.text;
	EXPECT_FALSE(ksm_pid_is_without_memory(dir));
	EXPECT_EQ(ksm_areas_read(dir, &areas, &err), 0) << err.text;
	EXPECT_GT(areas.n, 0u);
	EXPECT_EQ(ksm_stat_read(dir, &stat, &err), 0) << err.text;
	ksm_areas_free(&areas);
	close(dir);
}

TEST_F(Process, AKernelThreadHasNoMemory)
{
	for (bool by_hand : {false, true}) {
		List(by_hand);
		const ksm_process *found = Find(2);

		if (!found || std::string(found->name) != "kthreadd")
			GTEST_SKIP() << "kernel threads are out of sight (in a container?)";
		EXPECT_FALSE(found->has_memory);
		EXPECT_EQ(found->uid, 0u);
	}
}

TEST_F(Process, AThreadGivesItsProcess)
{
	Thread thread;
	ksm_process one;

	ASSERT_NE(thread.tid, getpid());
	ASSERT_EQ(ksm_process_get(&root, thread.tid, &one, &err), 0) << err.text;
	EXPECT_EQ(one.pid, getpid());
	ksm_process_free(&one);
}

TEST_F(Process, NoSuchProcess)
{
	ksm_process one = {};
	pid_t gone;

	{
		Child child("short");
		gone = child.pid;
	}
	EXPECT_EQ(ksm_process_get(&root, gone, &one, &err), -ESRCH);
	EXPECT_EQ(err.code, KSM_ERR_GONE);
	EXPECT_EQ(err.pid, gone);
	EXPECT_EQ(std::string(err.text), "no process with pid " + std::to_string(gone));
	EXPECT_EQ(one.name, nullptr);
}

TEST(ProcessCopy, IsWalked)
{
	FakeTree tree;
	ksm_auto_root ksm_root root;
	ksm_cleanup(ksm_processes_free) ksm_processes list = {};
	ksm_error err = {};

	tree.File("proc/300/status",
		  "Name:\tthree\nState:\tS (sleeping)\nTgid:\t300\nUid:\t1\t2\t3\t4\n"
		  "VmSize:\t  9 kB\nVmRSS:\t    7 kB\n");
	tree.File("proc/300/stat", "300 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 "
				   "18446744073709551615 20 21\n");
	tree.File("proc/20/stat", "20 () I 1 2\n"); // cut off
	tree.File("proc/300/cgroup", "0::/user.slice/a b\\x2d.scope\n");
	tree.File("proc/20/status", "Name:\t\nState:\tI (idle)\nUid:\t0\t0\t0\t0\n");
	tree.File("proc/self/status", "Name:\tno\n");
	tree.File("proc/version", "x");
	tree.Directory("proc/77"); // vanished while it was copied
	ASSERT_EQ(ksm_root_open(tree.Path().c_str(), &root, nullptr), 0);
	ASSERT_EQ(ksm_processes_list(&root, &list, &err), 0) << err.text;
	ASSERT_EQ(list.n, 2u);
	EXPECT_EQ(list.process[0].pid, 20);
	EXPECT_STREQ(list.process[0].name, "");
	EXPECT_STREQ(list.process[0].cgroup, "");
	EXPECT_FALSE(list.process[0].has_memory);
	EXPECT_EQ(list.process[0].start_time, 0u);
	EXPECT_EQ(list.process[1].pid, 300);
	EXPECT_EQ(list.process[1].start_time, UINT64_MAX);
	EXPECT_EQ(list.process[1].uid, 2u);
	EXPECT_EQ(list.process[1].state, 'S');
	EXPECT_TRUE(list.process[1].has_memory);
	EXPECT_EQ(list.process[1].rss_bytes, 7u << 10);
	EXPECT_STREQ(list.process[1].cgroup, "/user.slice/a b\\x2d.scope");
}

// v2 beside v1: the container's own path is in the controllers of v1.
TEST(ProcessCopy, ContainersOfAHybridHostAreApart)
{
	FakeTree tree;
	ksm_auto_root ksm_root root;
	ksm_cleanup(ksm_processes_free) ksm_processes list = {};
	ksm_domain domain[2];

	for (const char *pid : {"7", "8"}) {
		const std::string dir = std::string("proc/") + pid;

		tree.File(dir + "/status", "Name:\tx\nState:\tS\nUid:\t0\t0\t0\t0\nVmRSS:\t9 kB\n");
		tree.File(dir + "/cgroup", "12:memory:/docker/" + std::string(64, *pid) +
						   "\n1:name=systemd:/docker/" +
						   std::string(64, *pid) +
						   "\n0::/system.slice/containerd.service\n");
	}
	ASSERT_EQ(ksm_root_open(tree.Path().c_str(), &root, nullptr), 0);
	ASSERT_EQ(ksm_processes_list(&root, &list, nullptr), 0);
	ASSERT_EQ(list.n, 2u);
	for (size_t i = 0; i < 2; i++)
		ksm_domain_of(&list.process[i], &domain[i]);
	EXPECT_EQ(domain[0].kind, KSM_DOMAIN_CONTAINER);
	EXPECT_FALSE(ksm_domain_equal(&domain[0], &domain[1]));
	EXPECT_TRUE(ksm_cgroup_is_below(list.process[0].cgroup,
					("/docker/" + std::string(64, '7')).c_str()));
}

TEST(ProcessCopy, ABrokenStatusIsAnError)
{
	FakeTree tree;
	ksm_auto_root ksm_root root;
	ksm_processes list = {};
	ksm_error err = {};

	tree.Directory("proc");
	ASSERT_EQ(ksm_root_open(tree.Path().c_str(), &root, nullptr), 0);
	for (const char *status :
	     {"", "\n", "Name:\tx\nState:\tS\n", "Name:\tx\nState:\tS\nUid:\t1\n",
	      "Name:\tx\nState:\t\nUid:\t1\t1\t1\t1\n", "State:\tS\nUid:\t1\t1\t1\t1\n",
	      "Name:\tx\nState:\tS\nUid:\t1\t99999999999\t1\t1\n"}) {
		tree.File("proc/5/status", status);
		EXPECT_EQ(ksm_processes_list(&root, &list, &err), -EBADMSG) << status;
		EXPECT_EQ(err.code, KSM_ERR_FORMAT);
		EXPECT_EQ(err.pid, 5);
		EXPECT_EQ(list.process, nullptr);
	}
}

TEST(ProcessCgroup, TheLineThatSaysMost)
{
	static const struct {
		std::vector<const char *> lines;
		const char *path;
	} table[] = {
		{{"0::/a"}, "/a"},
		{{"0::/"}, "/"},
		{{"1:cpu:/v1", "0::/v2"}, "/v2"},
		{{"0::/v2", "1:cpu:/v1"}, "/v2"},
		{{"1:cpu:/long/path", "0::/v2"}, "/long/path"},
		{{"1:cpu:/", "0::/"}, "/"},
		{{"12:memory:/docker/0123", "0::/system.slice/containerd.service"}, "/docker/0123"},
		{{"0::/system.slice/containerd.service", "1:name=systemd:/lxc/web"}, "/lxc/web"},
		{{"0::/lxc.payload.web", "4:freezer:/lxc/web"}, "/lxc.payload.web"},
		{{"2:cpu:/", "1:name=systemd:/x/y", "0::/"}, "/x/y"},
		{{"2:cpu:/a", "1:name=systemd:/a/b", "3:memory:/a"}, "/a/b"},
		{{"0::/a:b"}, "/a:b"},
		{{"garbage", ":", "", "1:x"}, nullptr},
	};

	for (const auto &row : table) {
		ksm_cgroup_choice choice = {};

		for (const char *line : row.lines)
			ksm_cgroup_consider(&choice, line);
		EXPECT_STREQ(choice.path, row.path) << row.lines[0];
	}
}

TEST(ProcessUser, NamesAndNumbers)
{
	uid_t uid = 77;
	ksm_error err = {};
	char *name = ksm_user_name(0);

	EXPECT_STREQ(name, "root");
	free(name);
	ASSERT_EQ(getpwuid(3999999999u), nullptr);
	name = ksm_user_name(3999999999u);
	EXPECT_STREQ(name, "3999999999");
	free(name);
	EXPECT_EQ(ksm_user_id("root", &uid, &err), 0);
	EXPECT_EQ(uid, 0u);
	EXPECT_EQ(ksm_user_id("3999999999", &uid, &err), 0);
	EXPECT_EQ(uid, 3999999999u);
	for (const char *user : {"no such user", "", "-1", "4294967295", "4294967296", "1x"}) {
		EXPECT_EQ(ksm_user_id(user, &uid, &err), -ENOENT) << user;
		EXPECT_EQ(err.code, KSM_ERR_INVALID);
		EXPECT_EQ(uid, 3999999999u);
	}
}

TEST(Cgroup, IsBelow)
{
	EXPECT_TRUE(ksm_cgroup_is_below("/a.slice/b.service", "/a.slice"));
	EXPECT_TRUE(ksm_cgroup_is_below("/a.slice/b.service", "/a.slice/"));
	EXPECT_TRUE(ksm_cgroup_is_below("/a.slice", "/a.slice"));
	EXPECT_TRUE(ksm_cgroup_is_below("/a.slice/b", "/sys/fs/cgroup/a.slice"));
	EXPECT_TRUE(ksm_cgroup_is_below("/a", "/"));
	EXPECT_FALSE(ksm_cgroup_is_below("/a.slice2", "/a.slice"));
	EXPECT_FALSE(ksm_cgroup_is_below("/a", "/a/b"));
	EXPECT_FALSE(ksm_cgroup_is_below("", "/a"));
}

} // namespace
