// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/source/kdump_fixture.h"

#include <thread>
#include <tuple>

namespace
{

class KdumpWays : public KdumpTest,
		  public testing::WithParamInterface<std::tuple<std::vector<KdumpCodec>, Way>>
{
};

TEST_P(KdumpWays, GiveEveryPageOnce)
{
	builder_.codecs = std::get<0>(GetParam());
	SomePages();
	std::string bytes = Bytes(std::get<1>(GetParam()));
	ExpectSame(ReadBytes(bytes));
	ExpectSame(ReadBytes(bytes, 1));
	ExpectSame(ReadBytes(bytes, 3));
}

INSTANTIATE_TEST_SUITE_P(
	Codecs, KdumpWays,
	testing::Combine(
		testing::Values(std::vector<KdumpCodec>{kStored}, std::vector<KdumpCodec>{kZlib},
				std::vector<KdumpCodec>{kLzo}, std::vector<KdumpCodec>{kSnappy},
				std::vector<KdumpCodec>{kZstd},
				std::vector<KdumpCodec>{kStored, kZlib, kLzo, kSnappy, kZstd}),
		testing::Values(kPlain, kFlat, kPlainStream, kFlatStream)));

TEST_F(KdumpTest, PagesThatShareTheirBytesAreAllThere)
{
	for (uint64_t pfn = 0; pfn < 3000; pfn++)
		builder_.pages[pfn] = builder_.Page(pfn % 10 ? 0 : 1 + pfn % 200);
	for (Way way : {kPlain, kFlat, kPlainStream, kFlatStream})
		ExpectSame(ReadBytes(Bytes(way)));
	// 2700 descriptors lead to one place.
	EXPECT_LT(builder_.Build().size(), 200000u);
}

TEST_F(KdumpTest, IsToldByItsMagic)
{
	SomePages();
	std::string plain = Bytes(kPlain), flat = Bytes(kFlat);
	auto recognise = [](const std::string &bytes, size_t len) {
		return ksm_kdump_recognise(reinterpret_cast<const unsigned char *>(bytes.data()),
					   len);
	};

	EXPECT_TRUE(recognise(plain, 16));
	EXPECT_TRUE(recognise(flat, 16));
	EXPECT_FALSE(recognise(plain, 7));
	EXPECT_FALSE(recognise(flat, 15));
	EXPECT_FALSE(recognise("\x7f"
			       "ELF____________",
			       16));
	EXPECT_FALSE(recognise("makedumpfile.c__", 16));
}

TEST_F(KdumpTest, EveryHeaderVersionByteOrderAndWordSize)
{
	SomePages();
	builder_.level = 31;
	builder_.release = "5.10.0-test";
	builder_.vmcoreinfo = "OSRELEASE=6.6.6\nPAGESIZE=4096\nSYMBOL(x)=1\n";
	for (int form = 0; form < 6; form++) {
		for (int version = 1; version <= 6; version++) {
			builder_.big = form % 2;
			builder_.is64 = form < 2;
			builder_.packs = form >= 4;
			builder_.machine = form < 2 ? (form ? "s390x" : "x86_64")
						    : (form < 4 ? "armv7l" : "i686");
			builder_.version = version;
			SCOPED_TRACE(testing::Message()
				     << "form " << form << " version " << version);
			for (Way way : {kPlain, kFlat, kPlainStream, kFlatStream}) {
				Read read = ReadBytes(Bytes(way));

				ExpectSame(read);
				EXPECT_EQ(read.facts.is_64bit, builder_.is64);
				EXPECT_EQ(read.facts.is_big_endian, builder_.big);
				EXPECT_EQ(read.facts.version, version);
				EXPECT_EQ(read.facts.dump_level, 31);
				EXPECT_EQ(read.machine, builder_.machine);
				EXPECT_EQ(read.release, "5.10.0-test");
				EXPECT_EQ(read.facts.is_flattened,
					  way == kFlat || way == kFlatStream);
				EXPECT_EQ(read.facts.vmcoreinfo_page_size,
					  version >= 3 ? 4096u : 0u);
			}
		}
	}
}

TEST_F(KdumpTest, FactsOfADumpThatQemuWrote)
{
	SomePages();
	builder_.vmcoreinfo = "OSRELEASE=6.1.0-56-cloud-amd64\nPAGESIZE=4096\n";
	builder_.level = 1;
	Read read = ReadBytes(Bytes(kPlain));

	EXPECT_EQ(read.release, "6.1.0-56-cloud-amd64"); // utsname is empty
	EXPECT_EQ(read.facts.dump_level, KSM_KDUMP_NO_ZERO);
	EXPECT_EQ(read.facts.max_pfn, 70002u);
	EXPECT_FALSE(read.facts.is_incomplete);
	builder_.status = 1 | 8;
	EXPECT_TRUE(ReadBytes(Bytes(kPlain)).facts.is_incomplete);
}

TEST_F(KdumpTest, OtherPageSizesAndOneBitmap)
{
	for (uint32_t block_size : {8192u, 16384u, 65536u}) {
		builder_ = {};
		builder_.block_size = block_size;
		builder_.codecs = {kZlib, kStored};
		SomePages();
		for (Way way : {kPlain, kFlat, kPlainStream, kFlatStream})
			ExpectSame(ReadBytes(Bytes(way)));
	}
	builder_ = {};
	SomePages();
	builder_.filtered.clear();
	builder_.one_bitmap = true;
	builder_.max_pfn = 100000;
	ExpectSame(ReadBytes(Bytes(kPlain)));
	builder_.version = 0;
	builder_.magic = "DISKDUMP";
	Read read = ReadBytes(Bytes(kPlain));
	ExpectSame(read);
	EXPECT_EQ(read.facts.dump_level, -1);
}

TEST_F(KdumpTest, BitsBehindTheLastPageFrameDoNotCount)
{
	for (uint64_t pfn : {1, 9, 10, 11})
		builder_.pages[pfn] = builder_.Page(3);
	builder_.max_pfn = 10;
	for (Way way : {kPlain, kFlat, kPlainStream}) {
		Read read = ReadBytes(Bytes(way));

		// The descriptors of the others are there, and so pages start behind them.
		EXPECT_EQ(read.classes.size(), 2u);
	}
}

TEST_F(KdumpTest, LaterRecordsOverwriteEarlierOnes)
{
	std::mt19937 random(3);

	builder_.codecs = {kStored, kZlib};
	SomePages();
	std::string image = builder_.Build();
	for (int round = 0; round < 20; round++) {
		// Every byte is written once at the end, in any order, over rubbish that overlaps.
		std::vector<KdumpBuilder::Record> records;
		std::vector<KdumpBuilder::Record> last =
			KdumpBuilder::Cut(image, 1000 + random() % 9000);

		for (int i = 0; i < 40; i++) {
			size_t at = random() % image.size();
			size_t len = std::min<size_t>(random() % 20000, image.size() - at);

			records.push_back({at, std::string(len, static_cast<char>(i))});
		}
		std::shuffle(last.begin(), last.end(), random);
		// Some of those are spoilt in the middle, and mended at the very end.
		std::vector<KdumpBuilder::Record> mended;
		for (auto &record : last) {
			size_t at = random() % record.bytes.size();
			size_t len = random() % (record.bytes.size() - at + 1);

			mended.push_back({record.offset + at, record.bytes.substr(at, len)});
			record.bytes.replace(at, len, len, '?');
		}
		records.insert(records.end(), last.begin(), last.end());
		records.insert(records.end(), mended.begin(), mended.end());
		ExpectSame(ReadBytes(KdumpBuilder::Flatten(records)));
	}
}

TEST_F(KdumpTest, WhatAFlattenedFileLeavesOutIsZeros)
{
	builder_.codecs = {kStored};
	builder_.pages[0] = builder_.Page(1);
	builder_.pages[20] = builder_.Page(2);
	std::string image = builder_.Build();
	std::vector<KdumpBuilder::Record> records;

	// Only what is not zero, as a writer that seeks does it.
	for (const auto &record : KdumpBuilder::Cut(image, 64)) {
		if (record.bytes.find_first_not_of('\0') != std::string::npos)
			records.push_back(record);
	}
	std::string flat = KdumpBuilder::Flatten(records);
	ExpectSame(ReadBytes(flat));
	builder_.pages[21] = std::string(2048, '\0') + std::string(2048, 'x');
	image = builder_.Build();
	records.clear();
	for (const auto &record : KdumpBuilder::Cut(image, 64)) {
		if (record.bytes.find_first_not_of('\0') != std::string::npos)
			records.push_back(record);
	}
	flat = KdumpBuilder::Flatten(records);
	ExpectSame(ReadBytes(flat));
	// Cut off, gaps in pages are not known to be zeros.
	flat.resize(flat.size() - 16);
	Read read = ReadBytes(flat);
	ASSERT_EQ(read.ret, 0) << read.error.text;
	EXPECT_EQ(read.Count(KSM_KDUMP_MISSING), 1u);
	EXPECT_EQ(read.pages.size(), 2u);
}

// As QEMU does it: some descriptors, then the bytes of some pages, or the other way round.
TEST_F(KdumpTest, DescriptorsAndPagesMayTakeTurns)
{
	std::mt19937 random(11);

	builder_.codecs = {kStored, kZlib};
	for (uint64_t pfn = 0; pfn < 2000; pfn++)
		builder_.pages[pfn] = builder_.Page(static_cast<unsigned char>(random() % 3));
	std::string image = builder_.Build();
	for (int round = 0; round < 10; round++) {
		uint64_t descriptor = builder_.descriptors_at, page = builder_.pages_at;
		std::vector<KdumpBuilder::Record> records =
			KdumpBuilder::Cut(image.substr(0, descriptor), 4096);

		while (descriptor < builder_.pages_at || page < image.size()) {
			if (descriptor < builder_.pages_at && random() % 2) {
				uint64_t len = std::min<uint64_t>(1 + random() % 4096,
								  builder_.pages_at - descriptor);

				records.push_back({descriptor, image.substr(descriptor, len)});
				descriptor += len;
			} else if (page < image.size()) {
				uint64_t len = std::min<uint64_t>(1 + random() % 400000,
								  image.size() - page);

				records.push_back({page, image.substr(page, len)});
				page += len;
			}
		}
		std::string flat = KdumpBuilder::Flatten(records);
		ExpectSame(ReadBytes(flat));
		ExpectSame(ReadBytes(Zstd(flat), 100));
	}
}

TEST_F(KdumpTest, ManyThreadsReadAtOnceAndAgainAfterRewinding)
{
	for (uint64_t pfn = 0; pfn < 4000; pfn++)
		builder_.pages[pfn * 3] = builder_.Page(static_cast<unsigned char>(pfn % 251));
	tree_.File("dump", Bytes(kFlat));
	ksm_input *input = nullptr;
	ksm_kdump *dump = nullptr;
	ASSERT_EQ(ksm_input_open(tree_.Path("dump").c_str(), 0, &input, nullptr), 0);
	Input input_guard(input);
	ASSERT_EQ(ksm_kdump_open(input, &dump, nullptr), 0);
	Dump dump_guard(dump);
	std::vector<std::thread> threads;
	std::vector<int> wrong(4);

	for (int t = 0; t < 4; t++) {
		threads.emplace_back([&, t] {
			std::string data(KSM_BATCH_BYTES, '\0');
			auto *bytes = reinterpret_cast<unsigned char *>(data.data());
			auto batch = std::make_unique<ksm_batch>();

			batch->data = bytes;
			for (uint64_t first = t * 250; first + 250 <= 4000; first += 1000) {
				batch->n = 0;
				for (uint64_t i = 0; i < 250; i++)
					batch->page[batch->n++] = {(first + i) * 3 * 4096, 0, 0, 0};
				ksm_kdump_fill(dump, batch.get());
				for (uint64_t i = 0; i < 250; i++)
					wrong[t] += data.compare(i * 4096, 4096,
								 builder_.pages[(first + i) * 3]) !=
						    0;
			}
		});
	}
	for (std::thread &thread : threads)
		thread.join();
	EXPECT_EQ(wrong, (std::vector<int>(4)));

	for (int pass = 0; pass < 2; pass++) {
		ksm_kdump_run run;
		uint64_t n = 0;

		ASSERT_EQ(ksm_kdump_rewind(dump, nullptr), 0);
		while (ksm_kdump_next(dump, 100, nullptr, &run, nullptr) == 1)
			n += run.n;
		EXPECT_EQ(n, 4000u);
	}
	auto batch = std::make_unique<ksm_batch>();
	std::string data(KSM_BATCH_BYTES, '\0');
	batch->data = reinterpret_cast<unsigned char *>(data.data());
	for (uint64_t pfn : {300, 3, 9000})
		batch->page[batch->n++].address = pfn * 4096;
	ksm_kdump_fill(dump, batch.get());
	EXPECT_TRUE(data.substr(0, 3 * 4096) ==
		    builder_.pages[300] + builder_.pages[3] + builder_.pages[9000]);

	std::string page(4096, '\0');
	ksm_error error;
	auto *bytes = reinterpret_cast<unsigned char *>(page.data());
	EXPECT_TRUE(FillOne(dump, 30, bytes, &error));
	EXPECT_EQ(page, builder_.pages[30]);
	EXPECT_FALSE(FillOne(dump, 31, bytes, &error));
	EXPECT_FALSE(FillOne(dump, UINT64_MAX >> 12, bytes, &error));
	EXPECT_STREQ(error.text, "page frame 4503599627370495 is not in the dump");
}

// 4 PiB of page frames in a sparse file cost what is stored.
TEST_F(KdumpTest, HolesInBitmapsCostNothing)
{
	const uint64_t frames = UINT64_C(1) << 40, far = frames - 5;
	uint64_t bitmap = frames / 8, at = 8192 + 2 * bitmap;
	std::string head, descriptor(24, '\0'), page = builder_.Page(9);

	builder_.pages[0] = page;
	builder_.max_pfn = 1;
	head = builder_.Build().substr(0, 8192);
	builder_.Put(head, 436, 2 * bitmap / 4096, 4);
	builder_.Put(head, 440, UINT32_MAX, 4);
	builder_.Put(head, 4096 + 96, frames, 8);
	builder_.Put(descriptor, 0, at + 24, 8);
	builder_.Put(descriptor, 8, 4096, 4);
	tree_.File("dump", head);
	std::string path = tree_.Path("dump");
	int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	char bit = 1 << (far % 8), some = 2;
	bool is_written = pwrite(fd, &some, 1, 8192 + 1000) == 1 &&
			  pwrite(fd, &bit, 1, static_cast<off_t>(8192 + bitmap + far / 8)) == 1 &&
			  pwrite(fd, descriptor.data(), 24, static_cast<off_t>(at)) == 24 &&
			  pwrite(fd, page.data(), 4096, static_cast<off_t>(at + 24)) == 4096;
	struct stat st;
	bool is_sparse = fstat(fd, &st) == 0 && st.st_blocks < 2048;
	close(fd);
	if (!is_written || !is_sparse)
		GTEST_SKIP() << "the file system keeps no file of 256 GiB with holes";
	Read read = ReadDump(path);

	ASSERT_EQ(read.ret, 0) << read.error.text;
	EXPECT_EQ(read.pages, (std::map<uint64_t, std::string>{{far, page}}));
	EXPECT_EQ(read.classes, (std::map<uint64_t, ksm_kdump_class>{{8001, KSM_KDUMP_FILTERED},
								     {far, KSM_KDUMP_DATA}}));
}

// Written by QEMU 7.2, as ../shared/samples says; counted by a Python script from the ELF dump of the same
// guest: pages of its PT_LOADs by p_paddr.
TEST_F(KdumpTest, ASampleOfQemuHoldsWhatTheElfDumpOfTheSameGuestDoes)
{
	const std::string sample = "../shared/samples/bios128M-qemu72-kdump-zlib.flat.zst";
	const std::string elf = "../shared/samples/bios128M-qemu72.elf.zst";

	if (access(sample.c_str(), R_OK) || access(elf.c_str(), R_OK))
		GTEST_SKIP() << sample << " is not there";
	Read read = ReadDump(sample);
	ASSERT_EQ(read.ret, 0) << read.error.text;
	EXPECT_EQ(read.pages.size(), 32832u);
	EXPECT_EQ(read.classes.size(), 32832u);
	EXPECT_EQ(read.machine, "x86_64");
	EXPECT_EQ(read.facts.page_size, 4096u);
	EXPECT_TRUE(read.facts.is_flattened);
	std::set<std::string> distinct;
	size_t zero = 0;
	for (const auto &page : read.pages) {
		distinct.insert(page.second);
		zero += page.second == std::string(4096, '\0');
	}
	EXPECT_EQ(distinct.size(), 92u);
	EXPECT_EQ(zero, 32725u);

	// Its two PT_LOADs follow one another from byte 0x3d8 on: 128 MiB at 0, 256 KiB at 0xfffc0000.
	ksm_input *input = nullptr;
	ASSERT_EQ(ksm_input_open(elf.c_str(), 0, &input, nullptr), 0);
	Input input_guard(input);
	std::string page(4096, '\0');
	size_t got;
	ASSERT_EQ(ksm_input_read(input, page.data(), 0x3d8, &got, nullptr), 0);
	size_t different = 0;
	for (uint64_t i = 0; i < 32768 + 64; i++) {
		uint64_t pfn = i < 32768 ? i : 0xfffc0 + (i - 32768);

		ASSERT_EQ(ksm_input_read(input, page.data(), 4096, &got, nullptr), 0);
		ASSERT_EQ(got, 4096u);
		different += read.pages.at(pfn) != page;
	}
	EXPECT_EQ(different, 0u);
}

} // namespace
