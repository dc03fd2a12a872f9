// SPDX-License-Identifier: GPL-2.0-or-later
// Kdumps that kdump_builder.h builds, read whole: as files and as streams.
#ifndef KSM_TESTS_UNIT_SOURCE_KDUMP_FIXTURE_H
#define KSM_TESTS_UNIT_SOURCE_KDUMP_FIXTURE_H

#include "tests/unit/fake_tree.h"
#include "tests/unit/source/kdump_builder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <random>

extern "C" {
#include "source/input.h"
#include "source/kdump.h"
#include "source/page_source.h"
}

// A dump as a whole: what became of each page, and the bytes of those that are there.
struct Read {
	int ret = 0;
	ksm_error error = {};
	ksm_kdump_facts facts = {};
	std::string machine, release;
	std::map<uint64_t, ksm_kdump_class> classes;
	std::map<uint64_t, std::string> pages;
	std::vector<uint64_t> lost;
	ksm_error lost_error = {};

	size_t Count(ksm_kdump_class of_class) const
	{
		size_t n = 0;

		for (const auto &page : classes)
			n += page.second == of_class;
		return n;
	}
};

struct CloseInput {
	void operator()(ksm_input *input) const
	{
		ksm_input_close(&input);
	}
};
struct CloseDump {
	void operator()(ksm_kdump *dump) const
	{
		ksm_kdump_close(&dump);
	}
};
using Input = std::unique_ptr<ksm_input, CloseInput>;
using Dump = std::unique_ptr<ksm_kdump, CloseDump>;

inline std::unique_ptr<ksm_batch> Batch(const ksm_kdump_run &run, unsigned int page_size,
					unsigned char *data)
{
	auto batch = std::make_unique<ksm_batch>();

	batch->data = data;
	for (uint64_t i = 0; i < run.n; i++)
		batch->page[batch->n++].address = (run.pfn + i) * page_size;
	return batch;
}

// False if the page is lost; then why.
inline bool FillOne(const ksm_kdump *dump, uint64_t pfn, unsigned char *page, ksm_error *error)
{
	const ksm_kdump_run run = {KSM_KDUMP_DATA, pfn, 1};
	auto batch = Batch(run, 4096, page);

	ksm_kdump_fill(dump, batch.get());
	*error = batch->error;
	return !(batch->page[0].flags & KSM_PAGE_LOST);
}

inline void TakeRun(const ksm_kdump *dump, const ksm_kdump_run &run, bool is_stream,
		    std::string &data, Read &read)
{
	unsigned int page_size = read.facts.page_size;
	auto *bytes = reinterpret_cast<unsigned char *>(data.data());
	auto batch = Batch(run, page_size, bytes);

	for (uint64_t i = 0; i < run.n; i++) {
		EXPECT_TRUE(read.classes.empty() || read.classes.rbegin()->first < run.pfn + i);
		read.classes[run.pfn + i] = run.kind;
	}
	if (run.kind != KSM_KDUMP_DATA)
		return;
	if (!is_stream)
		ksm_kdump_fill(dump, batch.get());
	for (uint32_t i = 0; i < batch->n; i++) {
		if (batch->page[i].flags & KSM_PAGE_LOST)
			read.lost.push_back(run.pfn + i);
		else
			read.pages[run.pfn + i] = data.substr(i * page_size, page_size);
	}
	if (batch->error.code && !read.lost_error.code)
		read.lost_error = batch->error;
}

inline Read ReadDump(const std::string &path, uint64_t max = KSM_BATCH_PAGES_MAX)
{
	std::string data(KSM_BATCH_BYTES, '\0');
	ksm_kdump_run run;
	ksm_input *input = nullptr;
	ksm_kdump *dump = nullptr;
	Read read;

	read.ret = ksm_input_open(path.c_str(), 0, &input, &read.error);
	Input input_guard(input);
	if (!read.ret)
		read.ret = ksm_kdump_open(input, &dump, &read.error);
	Dump dump_guard(dump);
	if (read.ret)
		return read;
	read.facts = *ksm_kdump_get_facts(dump);
	read.machine = read.facts.machine;
	read.release = read.facts.release;
	max = std::min<uint64_t>(max, KSM_BATCH_BYTES / read.facts.page_size);
	while ((read.ret = ksm_kdump_next(dump, max, reinterpret_cast<unsigned char *>(data.data()),
					  &run, &read.error)) == 1) {
		EXPECT_GE(run.n, 1u);
		EXPECT_LE(run.n, max);
		TakeRun(dump, run, !ksm_input_is_seekable(input), data, read);
	}
	read.facts = *ksm_kdump_get_facts(dump);
	return read;
}

enum Way { kPlain, kFlat, kPlainStream, kFlatStream };

inline std::string Zstd(const std::string &content)
{
	std::string out(ZSTD_compressBound(content.size()), '\0');

	out.resize(ZSTD_compress(out.data(), out.size(), content.data(), content.size(), 1));
	return out;
}

class KdumpTest : public testing::Test
{
      protected:
	FakeTree tree_;
	KdumpBuilder builder_;

	// Data, zero pages, filtered ones and gaps, over more than one piece of the bitmaps.
	void SomePages()
	{
		std::mt19937 random(7);

		for (uint64_t pfn : {0, 1, 2, 5, 6, 63, 64, 65, 200, 32767, 32768, 32769, 70000})
			builder_.pages[pfn] = builder_.Page(static_cast<unsigned char>(pfn % 7));
		std::string noise(builder_.block_size, '\0');
		for (char &c : noise)
			c = static_cast<char>(random());
		builder_.pages[7] = noise;
		for (uint64_t pfn : {3, 4, 66, 32766, 32770, 50000, 70001})
			builder_.filtered.insert(pfn);
	}

	std::string Bytes(Way way)
	{
		std::string image = builder_.Build();

		if (way == kFlat || way == kFlatStream)
			image = KdumpBuilder::Flatten(KdumpBuilder::Cut(image, 5000));
		return way == kPlainStream || way == kFlatStream ? Zstd(image) : image;
	}

	Read ReadBytes(const std::string &bytes, uint64_t max = KSM_BATCH_PAGES_MAX)
	{
		tree_.File("dump", bytes);
		return ReadDump(tree_.Path("dump"), max);
	}

	void ExpectSame(const Read &read)
	{
		ASSERT_EQ(read.ret, 0) << read.error.text;
		EXPECT_EQ(read.pages, builder_.pages);
		EXPECT_EQ(read.Count(KSM_KDUMP_DATA), builder_.pages.size());
		EXPECT_EQ(read.Count(KSM_KDUMP_FILTERED), builder_.filtered.size());
		EXPECT_EQ(read.classes.size(), builder_.pages.size() + builder_.filtered.size());
		EXPECT_EQ(read.facts.pages_dumped, builder_.pages.size());
		EXPECT_FALSE(read.facts.is_cut);
		EXPECT_TRUE(read.lost.empty()) << read.lost_error.text;
		for (uint64_t pfn : builder_.filtered)
			EXPECT_EQ(read.classes.at(pfn), KSM_KDUMP_FILTERED);
	}

	void ExpectRefused(const std::string &bytes, int ret, const std::string &text)
	{
		Read read = ReadBytes(bytes);

		EXPECT_EQ(read.ret, ret) << text;
		EXPECT_NE(std::string(read.error.text).find(text), std::string::npos)
			<< read.error.text;
	}
};

#endif
