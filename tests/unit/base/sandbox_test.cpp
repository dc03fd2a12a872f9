// SPDX-License-Identifier: GPL-2.0-or-later
// What is left to a process that has given up its rights, each tried in a child.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern "C" {
#include "base/sandbox.h"
}

namespace
{

class SandboxTest : public testing::Test
{
      protected:
	void SetUp() override
	{
		if (KSM_UNCONFINED)
			GTEST_SKIP() << "this build is not confined";
		char name[] = "/tmp/ksmctl-sandbox-XXXXXX";
		ASSERT_NE(mkdtemp(name), nullptr);
		directory_ = name;
	}
	void TearDown() override
	{
		if (!directory_.empty()) {
			EXPECT_EQ(system(("rm -r " + directory_).c_str()), 0);
		}
	}

	// Whether @can is true in the sandbox; a child that dies cannot.
	static bool Can(const ksm_sandbox &sandbox, const std::function<bool()> &can)
	{
		pid_t pid = fork();
		int status = 0;

		if (pid == 0)
			_exit(ksm_sandbox_enter(&sandbox) ? 2 : !can());
		EXPECT_EQ(waitpid(pid, &status, 0), pid);
		EXPECT_TRUE(WIFEXITED(status)) << status;
		EXPECT_NE(WEXITSTATUS(status), 2);
		return WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}

	static bool Opens(const std::string &path, int flags)
	{
		int fd = open(path.c_str(), flags | O_CLOEXEC, 0600);

		if (fd >= 0)
			close(fd);
		return fd >= 0;
	}

	std::string directory_;
};

TEST_F(SandboxTest, LeavesReadingAndThreads)
{
	const ksm_sandbox sandbox = {};

	EXPECT_TRUE(Can(sandbox, [] { return Opens("/proc/self/status", O_RDONLY); }));
	EXPECT_TRUE(Can(sandbox, [] {
		int made = 0;

		std::thread([&made] { made = 1; }).join();
		return made == 1;
	}));
	EXPECT_TRUE(Can(sandbox, [] {
		char *large = static_cast<char *>(malloc(64 << 20));

		large[32 << 20] = 1;
		free(large);
		return isatty(1) || errno != ENOSYS;
	}));
}

TEST_F(SandboxTest, LeavesNothingThatChangesOrReachesAnything)
{
	const ksm_sandbox sandbox = {};
	const std::string file = directory_ + "/file";
	pid_t self = getpid();

	for (int flags : {O_WRONLY | O_CREAT, O_RDWR, O_RDONLY | O_CREAT, O_RDONLY | O_TRUNC})
		EXPECT_FALSE(Can(sandbox, [&] { return Opens(file, flags); })) << flags;
	EXPECT_NE(access(file.c_str(), F_OK), 0);
	EXPECT_FALSE(Can(sandbox, [] { return socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }));
	EXPECT_FALSE(Can(sandbox, [] {
		pid_t child = fork();

		if (child == 0)
			_exit(0);
		return child > 0;
	}));
	EXPECT_FALSE(Can(sandbox, [] {
		execl("/bin/true", "true", nullptr);
		return false;
	}));
	EXPECT_FALSE(Can(sandbox, [&] { return mkdir((directory_ + "/d").c_str(), 0700) == 0; }));
	EXPECT_FALSE(Can(sandbox, [self] { return kill(self, 0) == 0; }));
	EXPECT_FALSE(
		Can(sandbox, [] { return unlink("/tmp/no-such-file") == 0 || errno != ENOSYS; }));
	EXPECT_FALSE(Can(sandbox, [&] {
		char byte;
		iovec to = {&byte, 1}, from = {&byte, 1};

		return process_vm_readv(self, &to, 1, &from, 1, 0) == 1 || errno != ENOSYS;
	}));
	EXPECT_TRUE(Can(sandbox, [] { return prctl(PR_GET_DUMPABLE) < 0 && errno == ENOSYS; }));
}

// Only where Landlock is there too is another directory out of reach.
TEST_F(SandboxTest, LeavesTheOneFileThatIsToBeWritten)
{
	const std::string file = directory_ + "/page.html", part = file + ".1",
			  other = "/tmp/ksmctl-sandbox-other." + std::to_string(getpid());
	const ksm_sandbox sandbox = {false, file.c_str()};

	EXPECT_TRUE(Can(sandbox, [&] {
		return Opens(part, O_WRONLY | O_CREAT | O_EXCL) &&
		       rename(part.c_str(), file.c_str()) == 0;
	}));
	EXPECT_EQ(access(file.c_str(), F_OK), 0);
	EXPECT_FALSE(Can(sandbox, [] { return socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }));
	if (syscall(SYS_landlock_create_ruleset, nullptr, 0, 1) < 1)
		GTEST_SKIP() << "this kernel has no Landlock";
	EXPECT_FALSE(Can(sandbox, [&] { return Opens(other, O_WRONLY | O_CREAT); }));
	unlink(other.c_str());
}

TEST_F(SandboxTest, LeavesProcessesToThoseWhoReadThem)
{
	const ksm_sandbox sandbox = {true, nullptr};
	static char byte = 7;
	pid_t self = getpid();

	EXPECT_TRUE(Can(sandbox, [self] {
		char copy = 0;
		iovec to = {&copy, 1}, from = {&byte, 1};

		return process_vm_readv(self, &to, 1, &from, 1, 0) == 1 && copy == 7;
	}));
	EXPECT_FALSE(Can(sandbox, [self] { return kill(self, 0) == 0; }));
}

} // namespace
