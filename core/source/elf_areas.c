/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The areas of a core. Program headers tell where they are and how they are protected, NT_FILE which file is
 * mapped; whether a mapping is shared is told by nothing but the names of what is always mapped so.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source/elf_internal.h"

/* A name's beginning, and what the area then is. */
static const struct {
	const char *prefix;
	uint32_t flags;
} names[] = {
	{"/anon_hugepage", KSM_VM_HUGETLB},
	{"/dev/hugepages", KSM_VM_HUGETLB},
	{"/run/hugepages/", KSM_VM_HUGETLB},
	{"/mnt/huge/", KSM_VM_HUGETLB},
	{"/mnt/hugepages/", KSM_VM_HUGETLB},
	{"/hugepages/", KSM_VM_HUGETLB},
	/* Shared anonymous memory, System V's, POSIX's, and what a descriptor stands for. */
	{"/dev/zero (deleted)", KSM_VM_SHARED | KSM_VM_MAYSHARE},
	{"/SYSV", KSM_VM_SHARED | KSM_VM_MAYSHARE},
	{"/dev/shm/", KSM_VM_SHARED | KSM_VM_MAYSHARE},
	{"/memfd:", KSM_VM_SHARED | KSM_VM_MAYSHARE},
	{"/[aio]", KSM_VM_SHARED | KSM_VM_MAYSHARE},
	{"/dmabuf:", KSM_VM_SHARED | KSM_VM_MAYSHARE},
	{"/drm mm object", KSM_VM_SHARED | KSM_VM_MAYSHARE},
	{"anon_inode:", KSM_VM_SHARED | KSM_VM_MAYSHARE},
	{"socket:", KSM_VM_SHARED | KSM_VM_MAYSHARE},
	/* A private mapping of it is plain memory; no other device's is. */
	{"/dev/zero", 0},
	{"/dev/", KSM_VM_IO},
};

const char *ksm_elf_machine(const struct ksm_elf *elf)
{
	bool is_little = elf->encoding == ELFDATA2LSB;

	switch (elf->machine) {
	case EM_X86_64:
		return "x86_64";
	case EM_386:
		return "i386";
	case EM_AARCH64:
		return "aarch64";
	case EM_ARM:
		return "arm";
	case EM_S390:
		return elf->is_64bit ? "s390x" : "s390";
	case EM_PPC64:
		return is_little ? "ppc64le" : "ppc64";
	case EM_PPC:
		return "ppc";
	case EM_RISCV:
		return elf->is_64bit ? "riscv64" : "riscv32";
	case EM_LOONGARCH:
		return elf->is_64bit ? "loongarch64" : "loongarch32";
	case EM_MIPS:
		return elf->is_64bit ? "mips64" : "mips";
	case EM_SPARC:
	case EM_SPARC32PLUS:
		return "sparc";
	case EM_SPARCV9:
		return "sparc64";
	case EM_PARISC:
		return "parisc";
	case EM_ALPHA:
		return "alpha";
	case EM_IA_64:
		return "ia64";
	case EM_68K:
		return "m68k";
	case EM_SH:
		return "sh4";
	default:
		return NULL;
	}
}

static int by_address(const void *a, const void *b)
{
	const struct ksm_elf_load *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static int by_physical(const void *a, const void *b)
{
	const struct ksm_elf_load *x = a, *y = b;

	return x->physical < y->physical ? -1 : x->physical > y->physical;
}

static uint32_t file_flags(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(name, names[i].prefix, strlen(names[i].prefix)))
			return names[i].flags;
	return 0;
}

/* What no file is behind, by its place. */
static const char *place_name(const struct ksm_elf *elf, const struct ksm_elf_load *load)
{
	if (load->address == KSM_VSYSCALL)
		return "[vsyscall]";
	if (elf->vdso && load->address == elf->vdso)
		return "[vdso]";
	/* The kernel puts its variables right before the vdso. */
	if (elf->vdso && load->address + load->size == elf->vdso && load->flags == PF_R)
		return "[vvar]";
	if (elf->in_stack && elf->in_stack - load->address < load->size)
		return "[stack]";
	return "";
}

static int add_process_area(struct ksm_dump *dump, const struct ksm_elf_load *load,
			    struct ksm_error *err)
{
	const struct ksm_elf *elf = dump->state;
	const struct ksm_elf_file *file = ksm_elf_find_file(elf, load->address);
	struct ksm_areas *areas = &dump->space->areas;
	uint64_t mask = dump->facts.page_size - 1, start = load->address & ~mask, end, offset = 0;
	const char *name = file ? file->name : place_name(elf, load);
	uint32_t flags = 0;

	if (load->size > UINT64_MAX - mask - load->address)
		end = ~mask;
	else
		end = (load->address + load->size + mask) & ~mask;
	if (areas->n && start < areas->area[areas->n - 1].end)
		start = areas->area[areas->n - 1].end;
	if (start >= end)
		return 0;
	if (file) {
		flags |= file_flags(name);
		offset = file->offset + (load->address - file->start);
	}
	flags |= load->flags & PF_R ? KSM_VM_READ : 0;
	flags |= load->flags & PF_W ? KSM_VM_WRITE : 0;
	flags |= load->flags & PF_X ? KSM_VM_EXEC : 0;
	return ksm_dump_add_area(areas, start, end, flags, offset, name, err);
}

static enum ksm_guest_memory guest_memory(const struct ksm_elf *elf)
{
	if (elf->machine != EM_386 && elf->machine != EM_X86_64)
		return KSM_GUEST_RAM;
	/* Hypervisors have VMCOREINFO from the guest's kernel, and notes of their own. */
	return elf->is_kernels && !elf->is_hypervisors ? KSM_GUEST_X86_BY_KERNEL : KSM_GUEST_X86;
}

static int add_guest_area(struct ksm_dump *dump, const struct ksm_elf_load *load,
			  struct ksm_error *err)
{
	const struct ksm_elf *elf = dump->state;
	uint64_t end = load->size > UINT64_MAX - load->physical ? UINT64_MAX
								: load->physical + load->size;

	return ksm_dump_add_guest_area(dump, load->physical, end, guest_memory(elf), err);
}

int ksm_elf_add_areas(struct ksm_dump *dump, struct ksm_error *err)
{
	struct ksm_elf *elf = dump->state;
	const struct ksm_elf_file *program = ksm_elf_find_file(elf, elf->headers);
	int ret = 0;

	if (!dump->is_guest && program)
		ret = ksm_dump_set_string(&dump->facts.executable, program->name, SIZE_MAX, err);
	if (dump->has_maps || ret)
		return ret;
	dump->facts.has_areas = elf->has_files;
	if (elf->n_loads)
		qsort(elf->load, elf->n_loads, sizeof(*elf->load),
		      dump->is_guest ? by_physical : by_address);
	for (size_t i = 0; i < elf->n_loads && !ret; i++) {
		if (dump->is_guest)
			ret = add_guest_area(dump, &elf->load[i], err);
		else
			ret = add_process_area(dump, &elf->load[i], err);
	}
	return ret;
}
