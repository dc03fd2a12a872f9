// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/fake_tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <random>
#include <thread>

extern "C" {
#include "source/codec.h"
#include "source/input.h"
}

namespace
{

struct Close {
	void operator()(ksm_input *input) const
	{
		ksm_input_close(&input);
	}
};
using Input = std::unique_ptr<ksm_input, Close>;

// What no compressor can make much of, then what any can.
std::string Content(size_t size)
{
	std::mt19937 random(1);
	std::string content;

	for (size_t i = 0; i < size; i++)
		content += i % 8192 < 4096 ? static_cast<char>(random()) : 'x';
	return content;
}

std::string ReadWhole(const std::string &path)
{
	std::ifstream file(path, std::ios::binary);

	return {std::istreambuf_iterator<char>(file), {}};
}

// Small enough that reading goes on past what was looked at, and in more than one step.
const size_t kSize = 700001;

class InputTest : public testing::Test
{
      protected:
	FakeTree tree_;
	ksm_error error_ = {};

	Input Open(const std::string &name, uint64_t max_size = 0)
	{
		ksm_input *input = nullptr;

		error_ = {};
		if (ksm_input_open(tree_.Path(name).c_str(), max_size, &input, &error_))
			return nullptr;
		return Input(input);
	}

	void Shell(const std::string &command)
	{
		std::string line = "cd '" + tree_.Path() + "' && " + command;

		ASSERT_EQ(system(line.c_str()), 0) << command;
	}

	// All that can be had; the status that ended it in ret_.
	std::string ReadAll(ksm_input *input, size_t step)
	{
		std::string all, piece(step, '\0');
		size_t got = 0;

		while ((ret_ = ksm_input_read(input, piece.data(), step, &got, &error_)) == 0 &&
		       got) {
			all.append(piece, 0, got);
			EXPECT_EQ(ksm_input_offset(input), all.size());
		}
		return all;
	}
	int ret_ = 0;
};

struct Compressor {
	const char *name;
	const char *command;
};

class CompressionTest : public InputTest, public testing::WithParamInterface<Compressor>
{
};

TEST_P(CompressionTest, ContentComesWhole)
{
	std::string content = Content(kSize);

	tree_.File("a", content);
	Shell(std::string(GetParam().command) + " <a >a.dump");
	for (size_t step : {4096, 1000, 300000, 2000000}) {
		Input input = Open("a.dump");

		ASSERT_TRUE(input) << error_.text;
		EXPECT_STREQ(ksm_input_compression(input.get()), GetParam().name);
		EXPECT_STREQ(ksm_input_inner_compression(input.get()), "none");
		EXPECT_FALSE(ksm_input_is_seekable(input.get()));
		EXPECT_EQ(ksm_input_size(input.get()), 0u);
		EXPECT_EQ(ReadAll(input.get(), step), content);
		EXPECT_EQ(ret_, 0) << error_.text;
	}
}

TEST_P(CompressionTest, FramesFollowOneAnother)
{
	std::string content = Content(kSize);

	tree_.File("a", content.substr(0, 300));
	tree_.File("b", content.substr(300));
	tree_.File("empty", "");
	Shell("for f in a empty b; do " + std::string(GetParam().command) +
	      " <$f >>all.dump || exit; done");
	Input input = Open("all.dump");
	ASSERT_TRUE(input) << error_.text;
	EXPECT_EQ(ReadAll(input.get(), 4096), content);
	EXPECT_EQ(ret_, 0) << error_.text;
}

TEST_P(CompressionTest, WhatBreaksOffIsHandedOutFirst)
{
	std::string content = Content(kSize);

	tree_.File("a", content);
	Shell(std::string(GetParam().command) + " <a >a.dump");
	auto size = std::filesystem::file_size(tree_.Path("a.dump"));
	for (uint64_t left : {size - 1, size * 3 / 4, size / 2, uint64_t{40}}) {
		std::filesystem::resize_file(tree_.Path("a.dump"), left);
		Input input = Open("a.dump");
		ASSERT_TRUE(input) << error_.text;
		std::string got = ReadAll(input.get(), 4096);

		EXPECT_EQ(ret_, -EBADMSG);
		EXPECT_EQ(error_.code, KSM_ERR_FORMAT);
		EXPECT_NE(std::string(error_.text).find("byte " + std::to_string(left) + ","),
			  std::string::npos)
			<< error_.text;
		EXPECT_EQ(tree_.Path("a.dump"), error_.path);
		EXPECT_EQ(got, content.substr(0, got.size()));
		// All but what the compressor itself holds together (a block of bzip2: 900 kB).
		if (left > size / 2 && GetParam().name != std::string("bzip2")) {
			EXPECT_GT(got.size(), kSize / 3) << left;
		}
	}
}

TEST_P(CompressionTest, DamageIsTold)
{
	tree_.File("a", Content(kSize));
	Shell(std::string(GetParam().command) + " <a >a.dump && printf 'no such frame' >>a.dump");
	Input input = Open("a.dump");
	ASSERT_TRUE(input) << error_.text;
	EXPECT_EQ(ReadAll(input.get(), 4096), Content(kSize));
	EXPECT_EQ(ret_, -EBADMSG);
	EXPECT_NE(std::string(error_.text).find("damaged near byte"), std::string::npos)
		<< error_.text;
	// And again: it stays that way.
	ReadAll(input.get(), 4096);
	EXPECT_EQ(ret_, -EBADMSG);
}

TEST_P(CompressionTest, OneInAnother)
{
	std::string content = Content(kSize);

	tree_.File("a", content);
	Shell(std::string(GetParam().command) + " <a | gzip -1 >a.gz && gzip -1 <a.gz >a.gz.gz");
	Input input = Open("a.gz");
	ASSERT_TRUE(input) << error_.text;
	EXPECT_STREQ(ksm_input_compression(input.get()), "gzip");
	EXPECT_STREQ(ksm_input_inner_compression(input.get()), GetParam().name);
	EXPECT_EQ(ReadAll(input.get(), 4096), content);
	EXPECT_EQ(ret_, 0) << error_.text;

	EXPECT_FALSE(Open("a.gz.gz"));
	EXPECT_EQ(error_.code, KSM_ERR_FORMAT);
	EXPECT_NE(std::string(error_.text).find("more than twice"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(All, CompressionTest,
			 testing::Values(Compressor{"zstd", "zstd -q -1 -c"},
					 Compressor{"lz4", "lz4 -q -1 -B4 -c"},
					 Compressor{"xz", "xz -0 -c"},
					 Compressor{"gzip", "gzip -1 -c"},
					 Compressor{"bzip2", "bzip2 -1 -c"}),
			 [](const auto &compressor) { return std::string(compressor.param.name); });

TEST_F(InputTest, PlainFiles)
{
	std::string content = Content(kSize), piece(5000, '\0');
	const unsigned char *front;
	size_t got;

	tree_.File("a.zst", content); // no name decides
	Input input = Open("a.zst");
	ASSERT_TRUE(input) << error_.text;
	EXPECT_STREQ(ksm_input_compression(input.get()), "none");
	ASSERT_TRUE(ksm_input_is_seekable(input.get()));
	EXPECT_EQ(ksm_input_size(input.get()), kSize);
	ASSERT_EQ(ksm_input_peek(input.get(), &front, &got, &error_), 0);
	EXPECT_EQ(std::string(reinterpret_cast<const char *>(front), got),
		  content.substr(0, KSM_INPUT_PEEK));
	EXPECT_EQ(ksm_input_offset(input.get()), 0u);
	ASSERT_EQ(ksm_input_read_at(input.get(), 123456, piece.data(), 5000, &got, &error_), 0);
	EXPECT_EQ(piece, content.substr(123456, 5000));
	ASSERT_EQ(ksm_input_read_at(input.get(), kSize - 10, piece.data(), 5000, &got, &error_), 0);
	EXPECT_EQ(got, 10u);
	ASSERT_EQ(ksm_input_read_at(input.get(), UINT64_MAX - 1, piece.data(), 5000, &got, &error_),
		  0);
	EXPECT_EQ(got, 0u);
	EXPECT_EQ(ReadAll(input.get(), 4096), content);
}

TEST_F(InputTest, PeekGoesAlong)
{
	std::string content = Content(kSize), piece(100000, '\0');
	const unsigned char *front;
	size_t got;

	tree_.File("a", content);
	Shell("gzip -1 a");
	Input input = Open("a.gz");
	ASSERT_TRUE(input) << error_.text;
	for (size_t at = 0; at < kSize; at += piece.size()) {
		ASSERT_EQ(ksm_input_peek(input.get(), &front, &got, &error_), 0);
		EXPECT_EQ(std::string(reinterpret_cast<const char *>(front), got),
			  content.substr(at, KSM_INPUT_PEEK));
		ASSERT_EQ(ksm_input_read(input.get(), piece.data(), piece.size(), &got, &error_),
			  0);
		EXPECT_EQ(piece.substr(0, got), content.substr(at, piece.size()));
	}
}

TEST_F(InputTest, HolesAreSeen)
{
	uint64_t start, end;
	int fd = open(tree_.Path("a").c_str(), O_RDWR | O_CREAT, 0600);

	ASSERT_EQ(ftruncate(fd, 1 << 20), 0);
	ASSERT_EQ(pwrite(fd, "x", 1, 65536), 1);
	close(fd);
	Input input = Open("a");
	ASSERT_TRUE(input) << error_.text;
	ASSERT_EQ(ksm_input_stored(input.get(), 0, &start, &end, &error_), 0);
	if (start == 0)
		GTEST_SKIP() << "this file system does not tell of holes";
	EXPECT_EQ(start, 65536u);
	EXPECT_LE(end, 2u * 65536);
	ASSERT_EQ(ksm_input_stored(input.get(), end, &start, &end, &error_), 0);
	EXPECT_EQ(start, 1u << 20);
	EXPECT_EQ(end, 1u << 20);
	ASSERT_EQ(ksm_input_stored(input.get(), UINT64_MAX, &start, &end, &error_), 0);
	EXPECT_EQ(start, 1u << 20);
	// Looking for them leaves the sequence alone.
	EXPECT_EQ(ReadAll(input.get(), 4096).size(), 1u << 20);
}

TEST_F(InputTest, PipesAreStreams)
{
	std::string content = Content(kSize);

	for (bool packed : {false, true}) {
		tree_.File("a", content);
		Shell(packed ? "gzip -1 -c a >b" : "cp a b");
		Shell("rm -f pipe && mkfifo pipe");
		std::thread writer([&] { Shell("cat b >pipe"); });
		Input input = Open("pipe");
		ASSERT_TRUE(input) << error_.text;
		EXPECT_STREQ(ksm_input_compression(input.get()), packed ? "gzip" : "none");
		EXPECT_FALSE(ksm_input_is_seekable(input.get()));
		EXPECT_EQ(ReadAll(input.get(), 4096), content);
		EXPECT_EQ(ret_, 0) << error_.text;
		writer.join();
	}
}

TEST_F(InputTest, ClosingDoesNotWaitForAPipe)
{
	std::promise<void> written, closed;

	tree_.File("a", Content(kSize));
	Shell("zstd -q a && mkfifo pipe");
	std::thread writer([&] {
		std::string packed = ReadWhole(tree_.Path("a.zst"));
		size_t part = packed.size() / 4 * 3;
		int fd = open(tree_.Path("pipe").c_str(), O_WRONLY);

		EXPECT_EQ(write(fd, packed.data(), part), ssize_t(part));
		written.set_value();
		EXPECT_EQ(closed.get_future().wait_for(std::chrono::seconds(20)),
			  std::future_status::ready);
		close(fd);
	});
	Input input = Open("pipe");
	ASSERT_TRUE(input) << error_.text;
	std::string piece(100000, '\0');
	size_t got = 0;
	EXPECT_EQ(ksm_input_read(input.get(), piece.data(), piece.size(), &got, &error_), 0);
	EXPECT_EQ(piece, Content(100000));
	written.get_future().wait();
	input.reset();
	closed.set_value();
	writer.join();
}

TEST_F(InputTest, SizeIsLimited)
{
	tree_.File("a", Content(kSize));
	Shell("zstd -q a");
	EXPECT_FALSE(Open("a", kSize - 1));
	EXPECT_EQ(error_.errnum, EFBIG);
	EXPECT_NE(std::string(error_.text).find("--max-size"), std::string::npos);
	EXPECT_TRUE(Open("a", kSize));

	for (uint64_t max : {uint64_t{kSize - 1}, uint64_t{100}}) {
		Input input = Open("a.zst", max);
		ASSERT_TRUE(input);
		EXPECT_EQ(ReadAll(input.get(), 4096), Content(kSize).substr(0, max));
		EXPECT_EQ(ret_, -EFBIG);
		EXPECT_NE(std::string(error_.text).find("--max-size"), std::string::npos);
	}
	Input input = Open("a.zst", kSize);
	ASSERT_TRUE(input);
	EXPECT_EQ(ReadAll(input.get(), 4096), Content(kSize));
	EXPECT_EQ(ret_, 0);
}

TEST_F(InputTest, LongWindows)
{
	std::string content = Content(kSize);

	tree_.File("a", content);
	Shell("zstd -q --ultra --long=30 --no-progress -1 -c <a >a.zst");
	Input input = Open("a.zst");
	ASSERT_TRUE(input);
	EXPECT_EQ(ReadAll(input.get(), 65536), content);
	EXPECT_EQ(ret_, 0) << error_.text;
}

TEST_F(InputTest, SkippableFrames)
{
	using namespace std::string_literals;

	for (const char *program : {"zstd", "lz4"}) {
		tree_.File("a", Content(kSize));
		tree_.File("a.z", "\x53\x2a\x4d\x18\x04\x00\x00\x00size"s);
		Shell(std::string(program) + " -q -c a >>a.z");
		Input input = Open("a.z");
		ASSERT_TRUE(input) << error_.text;
		EXPECT_STREQ(ksm_input_compression(input.get()), program);
		EXPECT_EQ(ReadAll(input.get(), 4096), Content(kSize));
		EXPECT_EQ(ret_, 0) << error_.text;
	}
}

TEST_F(InputTest, PaddingOfXzComesInFours)
{
	std::string content = Content(kSize);

	tree_.File("a", content.substr(0, 300));
	tree_.File("b", content.substr(300));
	Shell("xz -k a b && mkfifo pipe pipe2");
	// As it may come through a pipe.
	Shell("(cat a.xz; printf '\\0\\0'; sleep 0.1; printf '\\0'; sleep 0.1; printf '\\0'; cat "
	      "b.xz) >pipe &");
	Input input = Open("pipe");
	ASSERT_TRUE(input) << error_.text;
	EXPECT_EQ(ReadAll(input.get(), 4096), content);
	EXPECT_EQ(ret_, 0) << error_.text;
	Shell("(cat b.xz; printf '\\0\\0'; sleep 0.1; printf '\\0\\0') >pipe2 &");
	input = Open("pipe2");
	ASSERT_TRUE(input) << error_.text;
	EXPECT_EQ(ReadAll(input.get(), 4096), content.substr(300));
	EXPECT_EQ(ret_, 0) << error_.text;
	for (const char *files : {"a.xz three b.xz", "b.xz three"}) {
		Shell("printf '\\0\\0\\0' >three && cat " + std::string(files) + " >bad");
		input = Open("bad");
		ASSERT_TRUE(input) << error_.text;
		ReadAll(input.get(), 4096);
		EXPECT_EQ(ret_, -EBADMSG) << files;
	}
}

TEST_F(InputTest, ZerosMayFollowTheLastMember)
{
	std::string content = Content(kSize);

	tree_.File("a", content);
	for (const char *program : {"gzip", "bzip2"}) {
		for (size_t zeros : {1, 511, 300000}) {
			tree_.File("zeros", std::string(zeros, '\0'));
			Shell(std::string(program) + " -c a >a.z && cat a.z a.z zeros >b.z");
			Input input = Open("b.z");
			ASSERT_TRUE(input) << error_.text;
			EXPECT_EQ(ReadAll(input.get(), 4096), content + content);
			EXPECT_EQ(ret_, 0) << error_.text;
		}
		Shell("cat a.z zeros a.z >b.z");
		Input input = Open("b.z");
		ASSERT_TRUE(input) << error_.text;
		EXPECT_EQ(ReadAll(input.get(), 4096), content);
		EXPECT_EQ(ret_, -EBADMSG);
	}
}

TEST_F(InputTest, EmptyAndMissing)
{
	const unsigned char *front;
	size_t got;

	tree_.File("empty", "");
	Input input = Open("empty");
	ASSERT_TRUE(input);
	EXPECT_EQ(ksm_input_peek(input.get(), &front, &got, &error_), 0);
	EXPECT_EQ(got, 0u);
	EXPECT_EQ(ReadAll(input.get(), 10), "");
	EXPECT_EQ(ret_, 0);

	EXPECT_FALSE(Open("nothing"));
	EXPECT_EQ(error_.errnum, ENOENT);
	EXPECT_EQ(tree_.Path("nothing"), error_.path);
	tree_.Directory("directory");
	EXPECT_FALSE(Open("directory"));
	EXPECT_EQ(error_.errnum, EISDIR);
	// A mark without anything behind it.
	tree_.File("bare", "\x28\xb5\x2f\xfd");
	input = Open("bare");
	ASSERT_TRUE(input);
	EXPECT_EQ(ksm_input_peek(input.get(), &front, &got, &error_), -EBADMSG);
	EXPECT_EQ(ReadAll(input.get(), 10), "");
	EXPECT_EQ(ret_, -EBADMSG);
}

TEST(CodecWindow, IsAQuarterOfTheMemoryThatMayBeTaken)
{
	const uint64_t memory =
		static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
	int status = 1;

	EXPECT_LE(ksm_codec_window_max(), memory / 4);
	pid_t child = fork();
	if (child == 0) {
		const struct rlimit limit = {400 << 20, 400 << 20};

		_exit(setrlimit(RLIMIT_AS, &limit) || ksm_codec_window_max() != 100 << 20);
	}
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
}

} // namespace
