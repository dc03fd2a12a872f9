// SPDX-License-Identifier: GPL-2.0-or-later
// Writes ELF cores as several programs do, and some that none would.
#ifndef KSM_TESTS_UNIT_SOURCE_ELF_WRITER_H
#define KSM_TESTS_UNIT_SOURCE_ELF_WRITER_H

#include <elf.h>

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

class ElfWriter
{
      public:
	struct Load {
		uint64_t address = 0;
		std::string data;  // what is stored
		uint64_t size = 0; // in memory; 0: as much as is stored
		uint32_t flags = PF_R | PF_W;
		uint64_t physical = 0;
		uint64_t align = 4096;
		int64_t alias = -1;  // lies in the file where that load's data do, not its own
		uint64_t offset = 0; // lies just there; 0: behind the one before
	};
	struct File {
		uint64_t start, end, page;
		std::string name;
	};

	bool is_64bit = true;
	bool is_big = false;
	uint16_t machine = EM_X86_64;
	uint16_t type = ET_CORE;
	bool xnum = false;	   // count headers in the section header, whatever their number
	bool section_last = false; // the section header comes behind everything (kernel)
	bool notes_last = false;   // as gcore writes them
	bool table_last = false;   // program headers come behind the data
	uint64_t notes_reach = 0;  // the notes claim so much more than they are
	uint64_t pad = 0;	   // bytes between headers and data: makes offsets odd
	bool align_data = false;   // to the next 4096 (kernel)
	bool odd_ehsize = false;   // QEMU 7.2
	std::vector<Load> loads;
	std::string notes;

	Load &Add(uint64_t address, const std::string &data, uint64_t size = 0)
	{
		Load load;

		load.address = address;
		load.data = data;
		load.size = size;
		loads.push_back(load);
		return loads.back();
	}

	std::string Number(uint64_t value, unsigned int size) const
	{
		std::string bytes;

		for (unsigned int i = 0; i < size; i++) {
			unsigned int byte = is_big ? size - 1 - i : i;

			bytes += static_cast<char>(byte < 8 ? value >> 8 * byte : 0);
		}
		return bytes;
	}
	std::string Word(uint64_t value) const
	{
		return Number(value, is_64bit ? 8 : 4);
	}

	void Note(const std::string &name, uint32_t kind, const std::string &desc)
	{
		notes += Number(name.size() + 1, 4) + Number(desc.size(), 4) + Number(kind, 4) +
			 Padded(name + '\0') + Padded(desc);
	}
	// prpsinfo of 64 bits, or of 32 bits with uids of 16 (x86, arm) or 32 (ppc).
	void Process(int pid, const std::string &command, const std::string &arguments,
		     bool wide_uid = false)
	{
		std::string desc = Number(0, 4);

		if (is_64bit)
			desc += Number(0, 4) + Number(0, 8) + Number(0, 8);
		else
			desc += Number(0, 4) + Number(0, wide_uid ? 8 : 4);
		desc += Number(static_cast<uint64_t>(pid), 4) + Number(0, 12);
		desc += Filled(command, 16) + Filled(arguments, 80);
		Note("CORE", NT_PRPSINFO, desc);
	}
	void Auxv(const std::vector<std::pair<uint64_t, uint64_t>> &entries)
	{
		std::string desc;

		for (const auto &[kind, value] : entries)
			desc += Word(kind) + Word(value);
		Note("CORE", NT_AUXV, desc + Word(0) + Word(0));
	}
	void Files(uint64_t page_size, const std::vector<File> &files)
	{
		std::string desc = Word(files.size()) + Word(page_size), names;

		for (const auto &file : files) {
			desc += Word(file.start) + Word(file.end) + Word(file.page);
			names += file.name + '\0';
		}
		Note("CORE", NT_FILE, desc + names);
	}

	std::string Build() const
	{
		uint64_t n = loads.size() + !notes.empty();
		bool count_apart = xnum || n >= PN_XNUM;
		uint64_t start = is_64bit ? 64 : 52, entry = is_64bit ? 56 : 32;
		uint64_t section_size = is_64bit ? 64 : 40;
		uint64_t section = count_apart && !section_last ? start : 0;
		uint64_t table = start + (section ? section_size : 0);
		uint64_t at = table + (table_last ? 0 : n * entry), notes_at = at;
		std::string body;
		std::vector<uint64_t> offset;

		auto put_notes = [&] {
			notes_at = at + body.size();
			body += notes;
		};
		if (!notes_last)
			put_notes();
		body += std::string(pad, '\xee');
		if (align_data)
			body += std::string(-(at + body.size()) & 4095, '\0');
		for (const auto &load : loads) {
			offset.push_back(load.offset	   ? load.offset
					 : load.alias >= 0 ? offset[static_cast<size_t>(load.alias)]
							   : at + body.size());
			if (load.alias < 0 && !load.offset)
				body += load.data;
		}
		if (notes_last)
			put_notes();
		if (table_last)
			table = at + body.size();
		if (count_apart && section_last)
			section = table_last ? table + n * entry : at + body.size();
		std::string file =
			Header(table, section, count_apart ? PN_XNUM : n, entry, section_size);
		std::string section_header = SectionHeader(n);
		if (section == start)
			file += section_header;
		if (table_last)
			file += body;
		if (!notes.empty())
			file += Program(PT_NOTE, 0, notes_at, 0, 0, notes.size() + notes_reach, 0,
					0);
		for (size_t i = 0; i < loads.size(); i++) {
			const auto &l = loads[i];

			file += Program(PT_LOAD, l.flags, offset[i], l.address, l.physical,
					Stored(l), l.size ? l.size : Stored(l), l.align);
		}
		if (!table_last)
			file += body;
		if (section > start)
			file += section_header;
		return file;
	}

	static std::string Filled(std::string text, size_t size)
	{
		text.resize(size);
		return text;
	}

      private:
	uint64_t Stored(const Load &load) const
	{
		return load.alias >= 0 && load.data.empty()
			       ? loads[static_cast<size_t>(load.alias)].data.size()
			       : load.data.size();
	}
	static std::string Padded(std::string text)
	{
		text.resize((text.size() + 3) & ~size_t{3});
		return text;
	}

	std::string Header(uint64_t table, uint64_t section, uint64_t n, uint64_t entry,
			   uint64_t section_size) const
	{
		std::string h = ELFMAG;

		h += static_cast<char>(is_64bit ? ELFCLASS64 : ELFCLASS32);
		h += static_cast<char>(is_big ? ELFDATA2MSB : ELFDATA2LSB);
		h += static_cast<char>(EV_CURRENT);
		h = Filled(h, EI_NIDENT);
		h += Number(type, 2) + Number(machine, 2) + Number(EV_CURRENT, 4);
		h += Word(0) + Word(table) + Word(section) + Number(0, 4);
		h += Number(odd_ehsize ? 8
			    : is_64bit ? 64
				       : 52,
			    2) +
		     Number(entry, 2) + Number(n, 2);
		h += Number(section_size, 2) + Number(section ? 1 : 0, 2) + Number(0, 2);
		return h;
	}

	std::string Program(uint32_t kind, uint32_t flags, uint64_t offset, uint64_t address,
			    uint64_t physical, uint64_t stored, uint64_t size, uint64_t align) const
	{
		if (is_64bit)
			return Number(kind, 4) + Number(flags, 4) + Word(offset) + Word(address) +
			       Word(physical) + Word(stored) + Word(size) + Word(align);
		return Number(kind, 4) + Word(offset) + Word(address) + Word(physical) +
		       Word(stored) + Word(size) + Number(flags, 4) + Word(align);
	}

	std::string SectionHeader(uint64_t n) const
	{
		// name, type; flags, address, offset, size; link, info; align, entry size
		return Number(0, 8) + Word(0) + Word(0) + Word(0) + Word(0) + Number(0, 4) +
		       Number(n, 4) + Word(0) + Word(0);
	}
};

#endif
