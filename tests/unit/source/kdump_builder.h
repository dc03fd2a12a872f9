// SPDX-License-Identifier: GPL-2.0-or-later
// Writes kdump-compressed dumps, in any form that some kernel or writer has given them. The places of fields
// are written out here once more, so that a mistake in the reader's is not repeated.
#ifndef TESTS_UNIT_SOURCE_KDUMP_BUILDER_H
#define TESTS_UNIT_SOURCE_KDUMP_BUILDER_H

#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

enum KdumpCodec { kStored = 0, kZlib = 1, kLzo = 2, kSnappy = 4, kZstd = 0x20 };

class KdumpBuilder
{
      public:
	bool is64 = true;
	bool big = false;
	bool packs = false; // 32 bits: 64-bit numbers are aligned to 4 bytes
	int version = 6;
	uint32_t block_size = 4096;
	uint32_t status = 1;
	uint64_t max_pfn = 0; // 0: as many as there are
	int level = 0;
	std::string magic = "KDUMP   ";
	std::string machine = "x86_64";
	std::string release;
	std::string vmcoreinfo;
	std::string notes; // behind vmcoreinfo
	bool split = false;
	uint64_t split_start = 0, split_end = 0;
	bool one_bitmap = false;
	bool share_zero = true;
	std::vector<KdumpCodec> codecs = {kZlib}; // in turn
	std::map<uint64_t, std::string> pages;
	std::set<uint64_t> filtered;

	// Known after Build().
	uint64_t descriptors_at = 0, pages_at = 0;

	std::string Page(unsigned char seed) const
	{
		std::string page(block_size, '\0');

		for (uint32_t i = 0; i < block_size; i++)
			page[i] = static_cast<char>(seed && i % 16 == 0 ? seed + i / 1024 : seed);
		return page;
	}

	std::string Build()
	{
		uint64_t top = 0;

		for (const auto &page : pages)
			top = std::max(top, page.first + 1);
		for (uint64_t pfn : filtered)
			top = std::max(top, pfn + 1);
		frames_ = max_pfn ? max_pfn : top;
		uint64_t bitmap = (std::max(top, frames_) / 8 + block_size) / block_size;
		uint64_t sub_blocks =
			1 + (vmcoreinfo.size() + notes.size() + block_size - 1) / block_size;
		std::string image((1 + sub_blocks + bitmap * (one_bitmap ? 1 : 2)) * block_size,
				  '\0');

		Header(image, static_cast<uint32_t>(sub_blocks),
		       static_cast<uint32_t>(bitmap * (one_bitmap ? 1 : 2)));
		SubHeader(image);
		image.replace(2 * block_size, vmcoreinfo.size() + notes.size(), vmcoreinfo + notes);
		uint64_t exists = (1 + sub_blocks) * block_size;
		uint64_t dumped = exists + (one_bitmap ? 0 : bitmap * block_size);
		for (const auto &page : pages) {
			if (!one_bitmap)
				SetBit(image, exists, page.first);
			SetBit(image, dumped, page.first);
		}
		for (uint64_t pfn : filtered)
			SetBit(image, exists, pfn);
		descriptors_at = image.size();
		pages_at = descriptors_at + 24 * pages.size();
		return image + Pages();
	}

	struct Record {
		uint64_t offset;
		std::string bytes;
	};

	static std::string Flatten(const std::vector<Record> &records, bool end = true)
	{
		std::string flat = "makedumpfile";

		flat.resize(16);
		flat += Big64(1) + Big64(1);
		flat.resize(4096);
		for (const Record &record : records)
			flat += Big64(record.offset) + Big64(record.bytes.size()) + record.bytes;
		if (end)
			flat += Big64(~UINT64_C(0)) + Big64(~UINT64_C(0));
		return flat;
	}

	// The whole of an image in records of @size bytes, in order.
	static std::vector<Record> Cut(const std::string &image, size_t size)
	{
		std::vector<Record> records;

		for (size_t at = 0; at < image.size(); at += size)
			records.push_back({at, image.substr(at, size)});
		return records;
	}

	static std::string Big64(uint64_t value)
	{
		std::string bytes(8, '\0');

		for (int i = 0; i < 8; i++)
			bytes[i] = static_cast<char>(value >> (56 - 8 * i));
		return bytes;
	}

	void Put(std::string &image, uint64_t at, uint64_t value, int width) const
	{
		for (int i = 0; i < width; i++)
			image[at + (big ? width - 1 - i : i)] = static_cast<char>(value >> (8 * i));
	}

	static std::string Compress(KdumpCodec codec, const std::string &page)
	{
		std::string out(page.size() * 2 + 1024, '\0');
		auto *to = reinterpret_cast<unsigned char *>(out.data());
		auto *from = reinterpret_cast<const unsigned char *>(page.data());
		size_t len = out.size();

		if (codec == kZlib) {
			uLongf n = len;

			Check(compress2(to, &n, from, page.size(), 1) == Z_OK);
			len = n;
		} else if (codec == kLzo) {
			std::string work(LZO1X_1_MEM_COMPRESS, '\0');
			lzo_uint n = len;

			Check(lzo_init() == LZO_E_OK);
			Check(lzo1x_1_compress(from, page.size(), to, &n, work.data()) == LZO_E_OK);
			len = n;
		} else if (codec == kSnappy) {
			Check(snappy_compress(page.data(), page.size(), out.data(), &len) ==
			      SNAPPY_OK);
		} else if (codec == kZstd) {
			len = ZSTD_compress(to, len, from, page.size(), 1);
			Check(!ZSTD_isError(len));
		}
		out.resize(len);
		return codec == kStored ? page : out;
	}

      private:
	uint64_t frames_ = 0;

	static void Check(bool ok)
	{
		if (!ok)
			throw std::runtime_error("the compressor failed");
	}

	static void SetBit(std::string &image, uint64_t bitmap, uint64_t pfn)
	{
		image[bitmap + pfn / 8] = static_cast<char>(
			static_cast<unsigned char>(image[bitmap + pfn / 8]) | 1u << (pfn % 8));
	}

	void Header(std::string &image, uint32_t sub_blocks, uint32_t bitmap_blocks) const
	{
		// 8 + 4 + 6 * 65 bytes, and a struct timeval, which is aligned.
		uint64_t at = is64 ? 408 + 16 : 404 + 8;

		image.replace(0, 8, magic);
		Put(image, 8, static_cast<uint64_t>(version), 4);
		image.replace(12 + 2 * 65, release.size(), release);
		image.replace(12 + 4 * 65, machine.size(), machine);
		Put(image, at, status, 4);
		Put(image, at + 4, block_size, 4);
		Put(image, at + 8, sub_blocks, 4);
		Put(image, at + 12, bitmap_blocks, 4);
		Put(image, at + 16, std::min<uint64_t>(frames_, UINT32_MAX), 4);
		Put(image, at + 36, 1, 4); // nr_cpus
	}

	// A structure's fields, one behind another.
	void SubHeader(std::string &image) const
	{
		uint64_t at = block_size;
		auto add = [&](uint64_t value, int width, int align) {
			at = (at + align - 1) / align * align;
			Put(image, at, value, width);
			at += width;
		};
		int word = is64 ? 8 : 4, wide = is64 || !packs ? 8 : 4;
		bool has_info = version >= 3 && !vmcoreinfo.empty();

		add(0, word, word); // phys_base
		if (version >= 1)
			add(static_cast<uint64_t>(level), 4, 4);
		if (version >= 2) {
			add(split, 4, 4);
			add(split_start, word, word);
			add(split_end, word, word);
		}
		if (version >= 3) {
			add(has_info ? 2 * block_size : 0, 8, wide);
			add(has_info ? vmcoreinfo.size() : 0, word, word);
		}
		if (version >= 4) {
			add(notes.empty() ? 0 : 2 * block_size + vmcoreinfo.size(), 8, wide);
			add(notes.size(), word, word);
		}
		if (version >= 5) {
			add(0, 8, wide); // erased
			add(0, word, word);
		}
		if (version >= 6) {
			add(split_start, 8, wide);
			add(split_end, 8, wide);
			add(frames_, 8, wide);
		}
	}

	std::string Pages()
	{
		std::string descriptors, bytes, zero(block_size, '\0');
		size_t turn = 0;
		std::string shared;

		if (share_zero) {
			shared = Descriptor(pages_at, zero, codecs[0], bytes);
		}
		for (const auto &page : pages) {
			if (share_zero && page.second == zero)
				descriptors += shared;
			else
				descriptors += Descriptor(pages_at + bytes.size(), page.second,
							  codecs[turn++ % codecs.size()], bytes);
		}
		return descriptors + bytes;
	}

	std::string Descriptor(uint64_t at, const std::string &page, KdumpCodec codec,
			       std::string &bytes) const
	{
		std::string packed = Compress(codec, page), descriptor(24, '\0');

		if (packed.size() >= page.size()) {
			packed = page;
			codec = kStored;
		}
		bytes += packed;
		Put(descriptor, 0, at, 8);
		Put(descriptor, 8, packed.size(), 4);
		Put(descriptor, 12, codec, 4);
		return descriptor;
	}
};

#endif
