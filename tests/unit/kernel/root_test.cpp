// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include <csignal>
#include <string>

#include "tests/unit/fake_tree.h"

extern "C" {
#include "base/cleanup.h"
#include "kernel/root.h"
}

namespace
{

std::string Text(const ksm_str &str)
{
	return std::string(str.data ? str.data : "", str.len);
}

TEST(Root, OpensTheMachine)
{
	ksm_root root;
	ksm_error err;

	ASSERT_EQ(ksm_root_open(nullptr, &root, &err), 0) << err.text;
	EXPECT_TRUE(root.is_machine);
	EXPECT_GE(root.proc_fd, 0);
	EXPECT_GE(root.sys_fd, 0);
	ksm_root_close(&root);
	EXPECT_EQ(root.proc_fd, -1);
	EXPECT_EQ(root.sys_fd, -1);
}

TEST(Root, TheMachineByItsPathIsTheMachine)
{
	ksm_auto_root ksm_root root;

	ASSERT_EQ(ksm_root_open("/", &root, nullptr), 0);
	EXPECT_TRUE(root.is_machine);
}

TEST(Root, ACopyIsNotTheMachine)
{
	FakeTree tree;
	ksm_auto_root ksm_root root;
	ksm_auto_str ksm_str release = {};

	tree.File("proc/sys/kernel/osrelease", "6.1.0-9-amd64\n");
	tree.Directory("sys");
	ASSERT_EQ(ksm_root_open(tree.Path().c_str(), &root, nullptr), 0);
	EXPECT_FALSE(root.is_machine);
	EXPECT_GE(root.sys_fd, 0);
	ASSERT_EQ(ksm_root_release(&root, &release, nullptr), 0);
	EXPECT_EQ(Text(release), "6.1.0-9-amd64");
}

TEST(Root, ACopyNeedsNoSysButProc)
{
	FakeTree tree;
	ksm_root root = {};

	root.proc_fd = root.sys_fd = -7;
	root.is_machine = true;
	ksm_error err;

	EXPECT_EQ(ksm_root_open(tree.Path().c_str(), &root, &err), -ENOENT);
	EXPECT_EQ(err.code, KSM_ERR_INVALID);
	EXPECT_NE(std::string(err.text).find("no directory \"proc\""), std::string::npos)
		<< err.text;
	EXPECT_EQ(root.proc_fd, -7);
	tree.Directory("proc");
	ASSERT_EQ(ksm_root_open(tree.Path().c_str(), &root, &err), 0);
	EXPECT_EQ(root.sys_fd, -1);
	EXPECT_EQ(err.code, KSM_ERR_NONE);
	ksm_root_close(&root);
}

TEST(Root, ErrorsCarryPathAndClass)
{
	FakeTree tree;
	ksm_error err;
	int dir = tree.Open(""), fd = -7;

	EXPECT_EQ(ksm_open_at(dir, "a/b", O_RDONLY, &fd, &err), -ENOENT);
	EXPECT_EQ(fd, -7);
	EXPECT_EQ(err.code, KSM_ERR_SYSTEM);
	EXPECT_EQ(err.errnum, ENOENT);
	EXPECT_EQ(err.path, tree.Path("a/b"));
	EXPECT_EQ(std::string(err.text), "no such file or directory: \"" + tree.Path("a/b") + "\"");
	close(dir);
}

TEST(Root, LongPathsAreCutNotOverrun)
{
	FakeTree tree;
	ksm_error err;
	int dir = tree.Open(""), fd;
	std::string name(200, 'n');

	EXPECT_EQ(ksm_open_at(dir, name.c_str(), O_RDONLY, &fd, &err), -ENOENT);
	EXPECT_EQ(strlen(err.path), sizeof(err.path) - 1);
	EXPECT_EQ(std::string(err.path).substr(124), "...");
	close(dir);
}

TEST(Root, ReadsPastTheSizeOfAStepAndAppends)
{
	FakeTree tree;
	std::string big;
	ksm_auto_str ksm_str text = {};
	int dir;

	for (int i = 0; i < 20000; i++)
		big += std::to_string(i) + "\n";
	tree.File("big", big);
	dir = tree.Open("");
	ASSERT_EQ(ksm_str_append(&text, "before", 6), 0);
	ASSERT_EQ(ksm_read_at(dir, "big", 1 << 20, &text, nullptr), 0);
	EXPECT_EQ(Text(text), "before" + big);
	EXPECT_EQ(text.data[text.len], '\0');
	close(dir);
}

TEST(Root, ReadingIsBounded)
{
	FakeTree tree;
	ksm_auto_str ksm_str text = {};
	ksm_error err;
	int dir;

	tree.File("ten", "0123456789");
	dir = tree.Open("");
	ASSERT_EQ(ksm_str_append(&text, "kept", 4), 0);
	EXPECT_EQ(ksm_read_at(dir, "ten", 9, &text, &err), -EFBIG);
	EXPECT_EQ(err.path, tree.Path("ten"));
	EXPECT_STREQ(text.data, "kept");
	EXPECT_EQ(text.len, 4u);
	EXPECT_EQ(ksm_read_at(dir, "ten", 10, &text, &err), 0);
	EXPECT_EQ(Text(text), "kept0123456789");
	// Past the first step of reading too.
	tree.File("long", std::string(100000, 'x'));
	EXPECT_EQ(ksm_read_at(dir, "long", 99999, &text, &err), -EFBIG);
	EXPECT_EQ(Text(text), "kept0123456789");
	EXPECT_EQ(strlen(text.data), text.len);
	EXPECT_EQ(ksm_read_at(dir, ".", 10, &text, &err), -EISDIR);
	EXPECT_EQ(Text(text), "kept0123456789");
	close(dir);
}

TEST(Root, ReadsAnUnboundedSizeToo)
{
	FakeTree tree;
	ksm_auto_str ksm_str text = {};
	int dir;

	tree.File("f", std::string("a\0b", 3));
	dir = tree.Open("");
	ASSERT_EQ(ksm_read_at(dir, "f", SIZE_MAX, &text, nullptr), 0);
	EXPECT_EQ(Text(text), std::string("a\0b", 3));
	close(dir);
}

TEST(Root, NoProcessWithThatPid)
{
	FakeTree tree;
	ksm_auto_root ksm_root root;
	ksm_error err;
	int dir = -7;

	tree.Directory("proc/42");
	ASSERT_EQ(ksm_root_open(tree.Path().c_str(), &root, nullptr), 0);
	EXPECT_EQ(ksm_root_open_pid(&root, 123, &dir, &err), -ESRCH);
	EXPECT_EQ(err.code, KSM_ERR_GONE);
	EXPECT_EQ(err.pid, 123);
	EXPECT_STREQ(err.text, "no process with pid 123");
	EXPECT_EQ(dir, -7);
	for (pid_t pid : {0, -1}) {
		EXPECT_EQ(ksm_root_open_pid(&root, pid, &dir, &err), -EINVAL);
		EXPECT_EQ(err.code, KSM_ERR_INVALID);
	}
	ASSERT_EQ(ksm_root_open_pid(&root, 42, &dir, &err), 0);
	close(dir);
}

TEST(Root, AThreadStandsForAProcessWhoseFirstOneHasEnded)
{
	FakeTree tree;
	ksm_auto_root ksm_root root;
	ksm_auto_str ksm_str text = {};
	ksm_error err;
	int dir, fd;

	tree.File("proc/42/statm", "0 0 0 0 0 0 0\n");
	tree.File("proc/42/task/42/statm", "0 0 0 0 0 0 0\n");
	tree.File("proc/42/task/43/statm", "20 9 1 1 0 3 0\n");
	tree.File("proc/42/task/43/comm", "other\n");
	tree.File("proc/2/statm", "0 0 0 0 0 0 0\n");
	tree.File("proc/2/task/2/statm", "0 0 0 0 0 0 0\n");
	tree.File("proc/2/comm", "kthreadd\n");
	ASSERT_EQ(ksm_root_open(tree.Path().c_str(), &root, nullptr), 0);
	ASSERT_EQ(ksm_root_open_pid(&root, 42, &dir, &err), 0);
	EXPECT_EQ(ksm_read_at(dir, "comm", 64, &text, &err), 0) << err.text;
	EXPECT_EQ(Text(text), "other\n");
	EXPECT_EQ(ksm_open_pid_file(dir, "smaps", "nothing", &fd, &err), -ESRCH);
	EXPECT_EQ(err.pid, 42);
	close(dir);
	ASSERT_EQ(ksm_root_open_pid(&root, 2, &dir, &err), 0);
	text.len = 0;
	EXPECT_EQ(ksm_read_at(dir, "comm", 64, &text, &err), 0) << err.text;
	EXPECT_EQ(Text(text), "kthreadd\n");
	close(dir);
}

TEST(Root, AHandleTellsThatItsProcessIsGone)
{
	ksm_auto_root ksm_root root;
	ksm_error err;
	int dir, fd;
	pid_t child = fork();

	if (!child) {
		pause();
		_exit(0);
	}
	ASSERT_EQ(ksm_root_open(nullptr, &root, nullptr), 0);
	ASSERT_EQ(ksm_root_open_pid(&root, child, &dir, &err), 0);
	EXPECT_FALSE(ksm_pid_is_gone(dir));
	ASSERT_EQ(ksm_open_pid_file(dir, "status", "nothing", &fd, &err), 0);
	close(fd);
	EXPECT_EQ(ksm_open_pid_file(dir, "no_such_file", "nothing", &fd, &err), -ENOENT);
	EXPECT_EQ(err.pid, child);
	kill(child, SIGKILL);
	ASSERT_EQ(waitpid(child, nullptr, 0), child);
	EXPECT_TRUE(ksm_pid_is_gone(dir));
	EXPECT_EQ(ksm_open_pid_file(dir, "status", "nothing", &fd, &err), -ESRCH);
	EXPECT_EQ(err.code, KSM_ERR_GONE);
	EXPECT_EQ(err.pid, child);
	EXPECT_EQ(std::string(err.text), "process " + std::to_string(child) + " has exited");
	close(dir);
}

// Root is refused nothing, so a child gives its rights up first.
TEST(Root, ARefusalNamesTheRight)
{
	FakeTree tree;
	int status;
	pid_t child;

	tree.File("proc/42/status", "Name:\tx\nVmSize:\t4 kB\n");
	tree.File("proc/42/smaps", "");
	tree.File("proc/2/status", "Name:\tkthreadd\n");
	tree.File("proc/2/smaps", "");
	ASSERT_EQ(chmod(tree.Path("proc/2/smaps").c_str(), 0), 0);
	ASSERT_EQ(chmod(tree.Path().c_str(), 0755), 0);
	ASSERT_EQ(chmod(tree.Path("proc/42/smaps").c_str(), 0), 0);
	child = fork();
	if (!child) {
		ksm_root root;
		ksm_error err;
		int dir, fd, rc;

		if (getuid() == 0 && setuid(65534))
			_exit(2);
		if (ksm_root_open(tree.Path().c_str(), &root, nullptr) ||
		    ksm_root_open_pid(&root, 42, &dir, nullptr))
			_exit(3);
		rc = ksm_open_pid_file(dir, "smaps", "magic", &fd, &err);
		if (rc != -EACCES || err.code != KSM_ERR_PERMISSION || err.pid != 42 ||
		    std::string(err.text) != "permission denied: \"" + tree.Path("proc/42/smaps") +
						     "\": reading it takes magic")
			_exit(4);
		// A kernel thread's: no right would help.
		if (ksm_root_open_pid(&root, 2, &dir, nullptr) ||
		    ksm_open_pid_file(dir, "smaps", "magic", &fd, &err) != -ESRCH ||
		    err.code != KSM_ERR_NO_MEMORY || err.pid != 2)
			_exit(5);
		_exit(0);
	}
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Root, ReleaseIsUnamesOwn)
{
	ksm_auto_root ksm_root root;
	ksm_auto_str ksm_str release = {};
	utsname name;

	ASSERT_EQ(ksm_root_open(nullptr, &root, nullptr), 0);
	ASSERT_EQ(ksm_root_release(&root, &release, nullptr), 0);
	ASSERT_EQ(uname(&name), 0);
	EXPECT_EQ(Text(release), name.release);
}

TEST(Root, Yama)
{
	FakeTree tree;
	ksm_auto_root ksm_root root;

	tree.Directory("proc");
	ASSERT_EQ(ksm_root_open(tree.Path().c_str(), &root, nullptr), 0);
	EXPECT_FALSE(ksm_root_yama_restricts(&root));
	for (const char *scope : {"1\n", "2\n", "3\n"}) {
		tree.File("proc/sys/kernel/yama/ptrace_scope", scope);
		EXPECT_TRUE(ksm_root_yama_restricts(&root)) << scope;
	}
	tree.File("proc/sys/kernel/yama/ptrace_scope", "0\n");
	EXPECT_FALSE(ksm_root_yama_restricts(&root));
}

} // namespace
