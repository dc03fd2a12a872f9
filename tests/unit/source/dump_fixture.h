// SPDX-License-Identifier: GPL-2.0-or-later
// Dumps in a directory of their own, read as a source reads them.
#ifndef KSM_TESTS_UNIT_SOURCE_DUMP_FIXTURE_H
#define KSM_TESTS_UNIT_SOURCE_DUMP_FIXTURE_H

#include "tests/unit/fake_tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "base/str.h"
#include "source/dump.h"
}

// A page that is like no other with another number; 0 is zero bytes.
inline std::string Page(uint64_t number, size_t size = 4096)
{
	std::string page(size, '\0');

	for (size_t i = 0; number && i + 8 <= size; i += 8)
		for (size_t j = 0; j < 8; j++)
			page[i + j] =
				static_cast<char>((number * 0x9e3779b97f4a7c15u + i) >> 8 * j);
	return page;
}

inline std::string Pages(uint64_t first, uint64_t n, size_t size = 4096)
{
	std::string pages;

	for (uint64_t i = 0; i < n; i++)
		pages += Page(first + i, size);
	return pages;
}

class DumpTest : public testing::Test
{
      protected:
	struct Close {
		void operator()(ksm_page_source *source) const
		{
			ksm_page_source_close(&source);
		}
	};
	using Source = std::unique_ptr<ksm_page_source, Close>;
	using Memory = std::map<uint64_t, std::string>; // pages by address

	FakeTree tree_;
	ksm_dump_options options_ = {};
	std::string maps_;
	ksm_str maps_text_ = {};
	ksm_error error_ = {};
	Source source_;

	bool OpenPaths(const std::vector<std::string> &paths)
	{
		std::vector<const char *> list;
		ksm_page_source *source = nullptr;

		for (const auto &path : paths)
			list.push_back(path.c_str());
		source_.reset();
		error_ = {};
		if (ksm_dump_source_open(list.data(), list.size(), &options_, &source, &error_))
			return false;
		source_.reset(source);
		return true;
	}
	// For the dumps that are opened from now on.
	void Maps(const std::string &text)
	{
		maps_ = text;
		maps_text_ = {maps_.data(), maps_.size(), 0};
		options_.maps = "smaps";
		options_.maps_text = &maps_text_;
	}
	// One file with this content.
	bool Open(const std::string &content, const std::string &name = "dump")
	{
		tree_.File(name, content);
		return OpenPaths({tree_.Path(name)});
	}
	// The same, compressed.
	bool OpenPacked(const std::string &content, const std::string &command = "gzip -1")
	{
		tree_.File("plain", content);
		Shell(command + " -c <plain >packed");
		return OpenPaths({tree_.Path("packed")});
	}
	// With pages of zeros as holes where they lie on whole blocks of the file.
	bool OpenSparse(const std::string &content, const std::string &name = "sparse")
	{
		Sparse(content, name);
		return OpenPaths({tree_.Path(name)});
	}
	void Sparse(const std::string &content, const std::string &name)
	{
		int fd = open(tree_.Path(name).c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);

		ASSERT_EQ(ftruncate(fd, static_cast<off_t>(content.size())), 0);
		for (size_t at = 0; at < content.size(); at += 4096) {
			std::string block = content.substr(at, 4096);

			if (block.find_first_not_of('\0') == std::string::npos)
				continue;
			ASSERT_EQ(pwrite(fd, block.data(), block.size(), static_cast<off_t>(at)),
				  static_cast<ssize_t>(block.size()));
		}
		close(fd);
	}
	void Shell(const std::string &command) const
	{
		std::string line = "cd '" + tree_.Path() + "' && " + command;

		ASSERT_EQ(system(line.c_str()), 0) << command;
	}

	const ksm_space &Space(size_t i = 0) const
	{
		return source_->space[i];
	}
	const ksm_dump_facts &Facts(size_t i = 0) const
	{
		return *source_->space[i].dump;
	}
	std::string Error(size_t i = 0) const
	{
		return Space(i).error.code ? Space(i).error.text : "";
	}

	// A pass: what of each space counts. Lost pages are left out and counted.
	std::vector<Memory> Read()
	{
		std::vector<Memory> all(source_->n_spaces);
		std::vector<unsigned char> data(KSM_BATCH_BYTES);
		auto batch = std::make_unique<ksm_batch>();
		uint32_t ended = 0;
		int ret;

		lost_ = 0;
		batch->data = data.data();
		EXPECT_EQ(source_->ops->rewind(source_.get(), &error_), 0) << error_.text;
		while ((ret = source_->ops->next(source_.get(), batch.get(), &error_)) == 1) {
			EXPECT_EQ(batch->space, ended);
			source_->ops->fill(source_.get(), batch.get());
			Take(*batch, all[batch->space]);
			ended += batch->ends_space;
		}
		EXPECT_EQ(ret, 0) << error_.text;
		EXPECT_EQ(ended, source_->n_spaces);
		for (uint32_t i = 0; i < source_->n_spaces; i++)
			DropWhatDoesNotCount(i, all[i]);
		return all;
	}
	Memory ReadOne()
	{
		return Read().at(0);
	}
	uint64_t lost_ = 0;
	bool counts_agree_ = true;

      private:
	void Take(const ksm_batch &batch, Memory &memory)
	{
		size_t size = source_->page_size;

		for (uint32_t i = 0; i < batch.n; i++) {
			const ksm_page &page = batch.page[i];

			EXPECT_EQ(page.address % size, 0u);
			EXPECT_EQ(memory.count(page.address), 0u) << page.address;
			if (!source_->space[batch.space].is_unordered && !memory.empty()) {
				EXPECT_GT(page.address, memory.rbegin()->first);
			}
			if (page.flags & KSM_PAGE_LOST)
				lost_++;
			else
				memory[page.address].assign(
					reinterpret_cast<char *>(batch.data) + i * size, size);
		}
	}
	// The facts have to agree with what was handed out.
	void DropWhatDoesNotCount(uint32_t space, Memory &memory)
	{
		const ksm_dump_facts &facts = Facts(space);
		uint64_t passed = 0;

		if (source_->space[space].is_unordered)
			for (auto it = memory.begin(); it != memory.end();)
				it = source_->ops->counts(source_.get(), space, it->first)
					     ? std::next(it)
					     : memory.erase(it);
		for (uint64_t n : facts.passed_over)
			passed += n;
		EXPECT_EQ(passed, facts.pages_data);
		if (counts_agree_) {
			EXPECT_EQ(memory.size() + lost_, facts.passed_over[KSM_PASSED_NOT]);
		}
	}
};

#endif
