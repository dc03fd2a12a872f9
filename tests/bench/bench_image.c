/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a dump to stdout: bench_image raw|core|zero|equal|different|sorted MIB
 *
 * raw and core: of every 16 pages one is of zeros, four are pairs of one content and eleven are like no other. Half
 * of each page is one byte, so that compression has something to do. A core has one writable area and no notes, the
 * others are bare memory. sorted: all different, each greater than the one before.
 */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 4096

static uint64_t state = 1;

static uint64_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static int write_core_header(uint64_t bytes)
{
	struct {
		Elf64_Ehdr file;
		Elf64_Phdr area;
		char rest[PAGE_SIZE - sizeof(Elf64_Ehdr) - sizeof(Elf64_Phdr)];
	} head = {
		.file = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				     EV_CURRENT},
			 .e_type = ET_CORE,
			 .e_machine = EM_X86_64,
			 .e_version = EV_CURRENT,
			 .e_phoff = sizeof(Elf64_Ehdr),
			 .e_ehsize = sizeof(Elf64_Ehdr),
			 .e_phentsize = sizeof(Elf64_Phdr),
			 .e_phnum = 1},
		.area = {.p_type = PT_LOAD,
			 .p_flags = PF_R | PF_W,
			 .p_offset = PAGE_SIZE,
			 .p_vaddr = 0x7f0000000000,
			 .p_filesz = bytes,
			 .p_memsz = bytes,
			 .p_align = PAGE_SIZE},
	};

	return fwrite(&head, sizeof(head), 1, stdout) == 1 ? 0 : -1;
}

static void make_mixed_page(uint64_t *page, uint64_t number)
{
	unsigned int place = number % 16;

	memset(page, place ? (int)(number % 251) : 0, PAGE_SIZE);
	if (!place)
		return;
	/* Places 1 and 2, and 3 and 4, draw the same. */
	state = (place < 5 ? number - (place + 1) % 2 : number) * 2 + 1;
	if (place < 5)
		memset(page, 7, PAGE_SIZE);
	state *= UINT64_C(0x9e3779b97f4a7c15);
	for (int i = 0; i < PAGE_SIZE / 16; i++)
		page[i] = draw();
}

static void make_page(const char *kind, uint64_t *page, uint64_t number)
{
	if (!strcmp(kind, "zero"))
		return;
	if (!strcmp(kind, "equal"))
		page[0] = 1;
	else if (!strcmp(kind, "different"))
		page[PAGE_SIZE / 16] = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
	else if (!strcmp(kind, "sorted"))
		page[0] = __builtin_bswap64(number + 1);
	else
		make_mixed_page(page, number);
}

int main(int argc, char **argv)
{
	static uint64_t page[PAGE_SIZE / sizeof(uint64_t)];
	uint64_t n;

	if (argc != 3)
		return 2;
	n = strtoull(argv[2], NULL, 10) << 8;
	if (!strcmp(argv[1], "core") && write_core_header(n * PAGE_SIZE))
		return 1;
	for (uint64_t i = 0; i < n; i++) {
		make_page(argv[1], page, i);
		if (fwrite(page, sizeof(page), 1, stdout) != 1)
			return 1;
	}
	return fflush(stdout) ? 1 : 0;
}
