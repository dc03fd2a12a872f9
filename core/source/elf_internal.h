/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ELF cores: of processes, as the kernel (fs/binfmt_elf.c), gcore and others write them, and of guests, as
 * QEMU (dump/dump.c), VirtualBox and makedumpfile do.
 */
#ifndef KSM_SOURCE_ELF_INTERNAL_H
#define KSM_SOURCE_ELF_INTERNAL_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

#include "source/dump_internal.h"

/* A PT_LOAD, as it is in the file. */
struct ksm_elf_load {
	uint64_t address; /* virtual */
	uint64_t physical;
	uint64_t size;
	uint64_t offset;
	uint64_t stored;
	uint32_t flags; /* PF_R, PF_W, PF_X */
};

/* An entry of NT_FILE; the name lies in the note. */
struct ksm_elf_file {
	uint64_t start;
	uint64_t end;
	uint64_t offset; /* bytes */
	const char *name;
};

struct ksm_elf {
	bool is_64bit;
	unsigned int encoding; /* ELFDATA2LSB or ELFDATA2MSB */
	uint16_t machine;
	uint64_t notes_seen; /* bytes */
	uint32_t note_align;

	struct ksm_elf_load *load;
	size_t n_loads;
	size_t loads_capacity;

	char *file_note; /* a copy of NT_FILE */
	struct ksm_elf_file *file;
	size_t n_files;
	bool has_files;
	bool is_process;     /* a note says so */
	bool is_hypervisors; /* likewise: a guest's, by QEMU or VirtualBox */
	bool is_kernels;     /* likewise: VMCOREINFO, of a kernel */
	uint64_t page_size;  /* as a note says, 0 if none does */
	const char *page_size_from;
	uint64_t vdso; /* addresses out of NT_AUXV, 0 where not told */
	uint64_t headers;
	uint64_t in_stack;
};

/* The notes in @len bytes of the content from @offset on. */
int ksm_elf_read_notes(struct ksm_dump *dump, uint64_t offset, uint64_t len, struct ksm_error *err);
/* The file that is mapped at @address, or NULL. */
const struct ksm_elf_file *ksm_elf_find_file(const struct ksm_elf *elf, uint64_t address);
/* Areas from program headers and notes. Puts loads in order of address. */
int ksm_elf_add_areas(struct ksm_dump *dump, struct ksm_error *err);
/* As uname -m has it; NULL for one that is not known. */
const char *ksm_elf_machine(const struct ksm_elf *elf);

#endif
