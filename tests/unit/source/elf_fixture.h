// SPDX-License-Identifier: GPL-2.0-or-later
// A process's core as elf_writer.h writes it, and what is to be read from it.
#ifndef KSM_TESTS_UNIT_SOURCE_ELF_FIXTURE_H
#define KSM_TESTS_UNIT_SOURCE_ELF_FIXTURE_H

#include "tests/unit/source/dump_fixture.h"
#include "tests/unit/source/elf_writer.h"

// A process with text, data, heap, shared memory, a stack and a vdso.
inline ElfWriter Process(bool is_64bit = true, bool is_big = false)
{
	ElfWriter elf;
	uint64_t top = is_64bit ? 0x7fff00000000 : 0xf0000000;

	elf.is_64bit = is_64bit;
	elf.is_big = is_big;
	elf.machine = is_64bit ? (is_big ? EM_PPC64 : EM_X86_64) : (is_big ? EM_PPC : EM_386);
	elf.Add(0x400000, Page(1), 0x4000).flags = PF_R | PF_X; // headers of the text only
	elf.Add(0x404000, Pages(2, 2));				// data
	elf.Add(0x500000, Pages(4, 3) + Page(4) + Page(0));	// heap
	elf.Add(0x600000, Pages(7, 2));				// shared
	elf.Add(0x700000, Pages(9, 2));				// huge
	elf.Add(0x800000, "", 0x5000);				// left out
	elf.Add(top, Pages(11, 2));				// stack
	elf.Add(top + 0x100000, Page(13)).flags = PF_R;
	elf.Add(top + 0x101000, Page(14)).flags = PF_R | PF_X;
	elf.Process(4242, "editor", "editor --all file ", is_big);
	elf.Auxv({{AT_SYSINFO_EHDR, top + 0x101000},
		  {AT_PAGESZ, 4096},
		  {AT_PHDR, 0x400040},
		  {AT_RANDOM, top + 0x1234}});
	elf.Files(4096, {{0x400000, 0x404000, 0, "/usr/bin/editor"},
			 {0x404000, 0x406000, 4, "/usr/bin/editor"},
			 {0x600000, 0x602000, 0, "/dev/zero (deleted)"},
			 {0x700000, 0x702000, 0, "/anon_hugepage (deleted)"}});
	return elf;
}

class ElfTest : public DumpTest
{
      protected:
	Memory Expected(bool is_64bit = true) const
	{
		uint64_t top = is_64bit ? 0x7fff00000000 : 0xf0000000;
		Memory memory;

		memory[0x404000] = Page(2);
		memory[0x405000] = Page(3);
		for (uint64_t i = 0; i < 3; i++)
			memory[0x500000 + i * 4096] = Page(4 + i);
		memory[0x503000] = Page(4);
		memory[0x504000] = Page(0);
		memory[top] = Page(11);
		memory[top + 4096] = Page(12);
		return memory;
	}

	void ExpectProcess(bool is_64bit)
	{
		const ksm_dump_facts &facts = Facts();

		EXPECT_EQ(Error(), "");
		EXPECT_STREQ(facts.format, "elf-core");
		EXPECT_EQ(facts.page_size, 4096u);
		EXPECT_STREQ(facts.page_size_from, "AT_PAGESZ");
		EXPECT_EQ(facts.pid, 4242);
		EXPECT_STREQ(facts.command, "editor");
		EXPECT_STREQ(facts.arguments, "editor --all file");
		EXPECT_STREQ(facts.executable, "/usr/bin/editor");
		EXPECT_STREQ(Space().name, "editor");
		EXPECT_EQ(Space().pid, 0);
		EXPECT_EQ(facts.bits, is_64bit ? 64u : 32u);
		EXPECT_TRUE(facts.has_areas);
		EXPECT_EQ(facts.pages_data, 16u);
		EXPECT_EQ(facts.pages_filtered, 3u + 5u);
		EXPECT_EQ(facts.pages_missing, 0u);
		EXPECT_EQ(facts.pages_hole, 0u);
		EXPECT_FALSE(facts.has_holes);
		EXPECT_EQ(facts.passed_over[KSM_PASSED_NOT], 9u);
		EXPECT_EQ(facts.passed_over[KSM_PASSED_FILE], 1u);
		EXPECT_EQ(facts.passed_over[KSM_PASSED_SHARED], 2u);
		EXPECT_EQ(facts.passed_over[KSM_PASSED_HUGETLB], 2u);
		EXPECT_EQ(facts.passed_over[KSM_PASSED_SPECIAL], 2u);
	}
};

#endif
