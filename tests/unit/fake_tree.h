// SPDX-License-Identifier: GPL-2.0-or-later
// A temporary directory with files in it, to stand for / with its proc and sys.
#ifndef TESTS_UNIT_FAKE_TREE_H
#define TESTS_UNIT_FAKE_TREE_H

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

class FakeTree
{
      public:
	FakeTree()
	{
		std::string pattern =
			(std::filesystem::temp_directory_path() / "ksm-XXXXXX").string();

		if (!mkdtemp(pattern.data()))
			abort();
		path_ = pattern;
	}
	~FakeTree()
	{
		std::error_code ignored;

		std::filesystem::remove_all(path_, ignored);
	}
	FakeTree(const FakeTree &) = delete;
	FakeTree &operator=(const FakeTree &) = delete;

	std::string Path(const std::string &name = "") const
	{
		return name.empty() ? path_ : path_ + "/" + name;
	}
	void Directory(const std::string &name) const
	{
		std::filesystem::create_directories(Path(name));
	}
	void File(const std::string &name, const std::string &content) const
	{
		std::filesystem::create_directories(
			std::filesystem::path(Path(name)).parent_path());
		std::ofstream(Path(name), std::ios::binary | std::ios::trunc) << content;
	}
	// A handle on a directory of the tree, which the tree closes not.
	int Open(const std::string &name) const
	{
		return open(Path(name).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}

      private:
	std::string path_;
};

#endif
