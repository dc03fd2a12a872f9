// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include "base/file.h"
}

namespace
{

namespace fs = std::filesystem;

class FileWrite : public ::testing::Test
{
      protected:
	void SetUp() override
	{
		char name[] = "/tmp/ksmctl-file-XXXXXX";

		ASSERT_NE(mkdtemp(name), nullptr);
		dir_ = name;
	}
	void TearDown() override
	{
		fs::remove_all(dir_);
	}
	int Write(const std::string &path, std::string text)
	{
		ksm_str str = {};

		str.data = text.data();
		str.len = text.size();
		return ksm_file_write(path.c_str(), &str);
	}
	static std::string Read(const std::string &path)
	{
		std::ifstream file(path);
		std::stringstream text;

		text << file.rdbuf();
		return text.str();
	}
	size_t Files() const
	{
		return static_cast<size_t>(
			std::distance(fs::directory_iterator(dir_), fs::directory_iterator()));
	}
	std::string dir_;
};

TEST_F(FileWrite, IsItsOwnersAloneAndReplacesWhatWasThere)
{
	const std::string path = dir_ + "/report";
	struct stat stat_of;

	ASSERT_EQ(Write(path, "first and longer"), 0);
	ASSERT_EQ(chmod(path.c_str(), 0644), 0);
	ASSERT_EQ(Write(path, "second"), 0);
	EXPECT_EQ(Read(path), "second");
	ASSERT_EQ(stat(path.c_str(), &stat_of), 0);
	EXPECT_EQ(stat_of.st_mode & 07777, 0600u);
	EXPECT_EQ(Files(), 1u);
}

TEST_F(FileWrite, LeavesWhatWasThereWhereItDoesNotFit)
{
	const std::string path = dir_ + "/report";
	struct rlimit before, little = {100, 100};

	ASSERT_EQ(Write(path, "as it was"), 0);
	ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
	little.rlim_max = before.rlim_max;
	auto handler = signal(SIGXFSZ, SIG_IGN);
	ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &little), 0);
	int ret = Write(path, std::string(1000, 'x'));
	ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, handler);
	EXPECT_EQ(ret, -EFBIG);
	EXPECT_EQ(Read(path), "as it was");
	EXPECT_EQ(Files(), 1u);
}

TEST_F(FileWrite, FollowsLinks)
{
	const std::string target = dir_ + "/target", link = dir_ + "/link", lost = dir_ + "/lost";

	ASSERT_EQ(Write(target, "first"), 0);
	fs::create_symlink("target", link);
	fs::create_symlink("nowhere", lost);
	EXPECT_EQ(Write(link, "second"), 0);
	EXPECT_TRUE(fs::is_symlink(link));
	EXPECT_EQ(Read(target), "second");
	EXPECT_EQ(Write(lost, "text"), -ENOENT);
	EXPECT_EQ(Files(), 3u);
	const std::string longest = dir_ + "/" + std::string(NAME_MAX, 'x');
	EXPECT_EQ(Write(longest, "text"), 0);
	EXPECT_EQ(Read(longest), "text");
}

// As /dev/stdout is: nothing may take its place.
TEST_F(FileWrite, WritesToItsOwnOutput)
{
	const std::string path = dir_ + "/output";

	/* ThreadSanitizer's _exit() writes out what the C library holds. */
	fflush(nullptr);
	pid_t child = fork();
	if (child == 0) {
		int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);

		dup2(fd, STDOUT_FILENO);
		_exit(write(fd, "before ", 7) != 7 || Write("/proc/self/fd/1", "and after"));
	}
	int status;
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
	EXPECT_EQ(Read(path), "before and after");
	EXPECT_EQ(Files(), 1u);
}

TEST_F(FileWrite, TellsWhy)
{
	EXPECT_EQ(Write(dir_ + "/missing/report", "text"), -ENOENT);
	EXPECT_EQ(Write("/dev/full", "text"), -ENOSPC);
	EXPECT_EQ(Write("/dev/null", "text"), 0);
	EXPECT_EQ(Files(), 0u);
}

} // namespace
