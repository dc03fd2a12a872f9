/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "source/elf_internal.h"

#define HEADER_BYTES_MAX 1024
#define HEADERS_MAX	 (1u << 22)

static bool recognise(const struct ksm_input *input, const unsigned char *front, size_t len)
{
	return len >= SELFMAG && !memcmp(front, ELFMAG, SELFMAG);
}

/* ---------------------------------------------------------------- translation */

/* libelf knows the layout of each class and the order of bytes; these give 64 bits of either. */
static bool translate(const struct ksm_elf *elf, const unsigned char *data, size_t size,
		      Elf_Type type, void *ret, size_t ret_size)
{
	Elf_Data from = {.d_buf = (void *)(uintptr_t)data,
			 .d_type = type,
			 .d_size = size,
			 .d_version = EV_CURRENT};
	Elf_Data to = {.d_buf = ret, .d_type = type, .d_size = ret_size, .d_version = EV_CURRENT};

	return (elf->is_64bit ? elf64_xlatetom(&to, &from, elf->encoding)
			      : elf32_xlatetom(&to, &from, elf->encoding)) != NULL;
}

static bool get_header(const struct ksm_elf *elf, const unsigned char *data, Elf64_Ehdr *ret)
{
	Elf32_Ehdr small;

	if (elf->is_64bit)
		return translate(elf, data, sizeof(*ret), ELF_T_EHDR, ret, sizeof(*ret));
	if (!translate(elf, data, sizeof(small), ELF_T_EHDR, &small, sizeof(small)))
		return false;
	*ret = (Elf64_Ehdr){.e_type = small.e_type,
			    .e_machine = small.e_machine,
			    .e_phoff = small.e_phoff,
			    .e_shoff = small.e_shoff,
			    .e_phentsize = small.e_phentsize,
			    .e_phnum = small.e_phnum,
			    .e_shentsize = small.e_shentsize};
	return true;
}

static bool get_program_header(const struct ksm_elf *elf, const unsigned char *data,
			       Elf64_Phdr *ret)
{
	Elf32_Phdr small;

	if (elf->is_64bit)
		return translate(elf, data, sizeof(*ret), ELF_T_PHDR, ret, sizeof(*ret));
	if (!translate(elf, data, sizeof(small), ELF_T_PHDR, &small, sizeof(small)))
		return false;
	*ret = (Elf64_Phdr){.p_type = small.p_type,
			    .p_flags = small.p_flags,
			    .p_offset = small.p_offset,
			    .p_vaddr = small.p_vaddr,
			    .p_paddr = small.p_paddr,
			    .p_filesz = small.p_filesz,
			    .p_memsz = small.p_memsz,
			    .p_align = small.p_align};
	return true;
}

static bool get_section_info(const struct ksm_elf *elf, const unsigned char *data, uint32_t *ret)
{
	Elf64_Shdr large;
	Elf32_Shdr small;

	if (elf->is_64bit) {
		if (!translate(elf, data, sizeof(large), ELF_T_SHDR, &large, sizeof(large)))
			return false;
		*ret = large.sh_info;
		return true;
	}
	if (!translate(elf, data, sizeof(small), ELF_T_SHDR, &small, sizeof(small)))
		return false;
	*ret = small.sh_info;
	return true;
}

/* ---------------------------------------------------------------- headers */

static int bad(struct ksm_error *err, const char *what)
{
	return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG, "%s", what);
}

static int read_header(struct ksm_dump *dump, Elf64_Ehdr *ret, struct ksm_error *err)
{
	struct ksm_elf *elf = dump->state;
	const unsigned char *front;
	size_t len, size;
	int ret_view = ksm_view_get(&dump->view, 0, sizeof(Elf64_Ehdr), &front, &len, err);

	if (ret_view)
		return ret_view;
	if (len < EI_NIDENT)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "its ELF header breaks off at byte %zu", len);
	if (memcmp(front, ELFMAG, SELFMAG) != 0)
		return bad(err, "does not begin as an ELF file does");
	elf->is_64bit = front[EI_CLASS] == ELFCLASS64;
	elf->encoding = front[EI_DATA];
	if ((!elf->is_64bit && front[EI_CLASS] != ELFCLASS32) ||
	    (elf->encoding != ELFDATA2LSB && elf->encoding != ELFDATA2MSB))
		return bad(err, "its ELF header, bytes 4 and 5, is of a class or byte order that "
				"is none");
	size = elf->is_64bit ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	if (len < size || !get_header(elf, front, ret))
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "its ELF header breaks off at byte %zu", len);
	if (ret->e_type != ET_CORE)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG, "is %s, not a core",
				     ret->e_type == ET_EXEC  ? "an ELF program"
				     : ret->e_type == ET_DYN ? "an ELF program or library"
							     : "an ELF file of another kind");
	elf->machine = ret->e_machine;
	return 0;
}

/*
 * More than 65,534 headers are counted by the first section header (PN_XNUM). The kernel writes that behind
 * the data, where it is not to be had of a stream or of a file that was cut off: there the table ends where
 * what it speaks of first begins.
 */
static int count_headers(struct ksm_dump *dump, const Elf64_Ehdr *header, size_t phdr_size,
			 uint64_t *ret_n, struct ksm_error *err)
{
	struct ksm_elf *elf = dump->state;
	size_t size = elf->is_64bit ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr), len = 0;
	const unsigned char *data;
	Elf64_Phdr first;
	uint32_t n;
	int ret;

	*ret_n = header->e_phnum;
	if (header->e_phnum != PN_XNUM)
		return 0;
	if (header->e_shoff && (ksm_input_is_seekable(dump->input) ||
				header->e_shoff < KSM_INPUT_PEEK - sizeof(Elf64_Shdr))) {
		ret = ksm_view_get(&dump->view, header->e_shoff, size, &data, &len, err);
		if (ret)
			return ret;
	}
	if (len == size && get_section_info(elf, data, &n) && n) {
		*ret_n = n;
		return 0;
	}
	ret = ksm_view_get(&dump->view, header->e_phoff, phdr_size, &data, &len, err);
	if (ret)
		return ret;
	if (len < phdr_size || !get_program_header(elf, data, &first) ||
	    first.p_offset <= header->e_phoff ||
	    (first.p_offset - header->e_phoff) / phdr_size < PN_XNUM)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "has more than 65,534 program headers, and their number, at "
				     "byte %" PRIu64 ", cannot be read",
				     header->e_shoff);
	*ret_n = (first.p_offset - header->e_phoff) / phdr_size;
	return 0;
}

static int add_load(struct ksm_elf *elf, const Elf64_Phdr *header, struct ksm_error *err)
{
	if (ksm_array_reserve(&elf->load, &elf->loads_capacity, elf->n_loads + 1,
			      sizeof(*elf->load)))
		return ksm_error_no_memory(err);
	elf->load[elf->n_loads++] = (struct ksm_elf_load){.address = header->p_vaddr,
							  .physical = header->p_paddr,
							  .size = header->p_memsz,
							  .offset = header->p_offset,
							  .stored = header->p_filesz,
							  .flags = header->p_flags};
	return 0;
}

/* A guess at the page size, for as long as no note tells. */
static int guess_page_size(struct ksm_dump *dump, uint64_t align, struct ksm_error *err)
{
	if (dump->facts.page_size || align < KSM_PAGE_SIZE_MIN || align > 65536 ||
	    align & (align - 1))
		return 0;
	return ksm_dump_set_page_size(dump, align, "p_align", err);
}

static int take_program_header(struct ksm_dump *dump, const Elf64_Phdr *header,
			       struct ksm_error *err)
{
	struct ksm_elf *elf = dump->state;

	if (header->p_type == PT_LOAD)
		return add_load(elf, header, err) ?: guess_page_size(dump, header->p_align, err);
	if (header->p_type != PT_NOTE)
		return 0;
	elf->note_align = header->p_align == 8 ? 8 : 4;
	return ksm_dump_add_range(dump, header->p_offset, header->p_filesz, err);
}

static int read_program_headers(struct ksm_dump *dump, const Elf64_Ehdr *header,
				struct ksm_error *err)
{
	struct ksm_elf *elf = dump->state;
	size_t size = elf->is_64bit ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr), len;
	uint64_t n = 0, stride = header->e_phentsize;
	const unsigned char *data;
	Elf64_Phdr program;
	int ret;

	if (header->e_phnum && (stride < size || stride > HEADER_BYTES_MAX))
		return bad(err, "its ELF header gives program headers a size that none has "
				"(e_phentsize)");
	ret = count_headers(dump, header, stride, &n, err);
	if (!ret && n > HEADERS_MAX)
		ret = ksm_error_set(err, KSM_ERR_FORMAT, EFBIG,
				    "claims to have %" PRIu64
				    " program headers, more than the areas of any process",
				    n);
	if (!ret && header->e_phoff > INT64_MAX)
		ret = bad(err, "its program headers lie past the end of any file");
	for (uint64_t i = 0, offset = header->e_phoff; i < n && !ret; i++, offset += stride) {
		ret = ksm_view_get(&dump->view, offset, size, &data, &len, err);
		if (ret)
			break;
		if (len < size || !get_program_header(elf, data, &program)) {
			ksm_dump_incomplete(dump, KSM_ERR_FORMAT, EBADMSG,
					    "ends at byte %" PRIu64 ", within its program headers: "
					    "%" PRIu64 " of %" PRIu64 " are there",
					    offset + len, i, n);
			break;
		}
		ret = take_program_header(dump, &program, err);
	}
	return ret;
}

/* ---------------------------------------------------------------- what it is */

/* QEMU writes no flags, and as virtual addresses the physical ones (dump/dump.c). */
static bool looks_like_qemu(const struct ksm_elf *elf)
{
	bool has_data = false;

	for (size_t i = 0; i < elf->n_loads; i++) {
		const struct ksm_elf_load *load = &elf->load[i];

		if (load->stored && (load->flags || load->physical != load->address))
			return false;
		has_data |= load->stored != 0;
	}
	return has_data;
}

/*
 * Told by notes, and where there are none yet by the headers: the cores of processes have no physical
 * addresses. A guest's notes tell it of x86 alone.
 */
static bool looks_like_guest(const struct ksm_elf *elf)
{
	if (elf->is_hypervisors || elf->is_kernels)
		return true;
	if (elf->is_process)
		return false;
	for (size_t i = 0; i < elf->n_loads; i++)
		if (elf->load[i].physical && elf->load[i].physical != elf->load[i].address)
			return true;
	return looks_like_qemu(elf);
}

static int tell_machine(struct ksm_dump *dump, struct ksm_error *err)
{
	const struct ksm_elf *elf = dump->state;
	const char *name = ksm_elf_machine(elf);
	char number[16];

	snprintf(number, sizeof(number), "%u", elf->machine);
	dump->facts.bits = elf->is_64bit ? 64 : 32;
	dump->facts.is_big_endian = elf->encoding == ELFDATA2MSB;
	return ksm_dump_set_string(&dump->facts.machine, name ? name : number, 64, err);
}

static int add_segments(struct ksm_dump *dump, struct ksm_error *err)
{
	const struct ksm_elf *elf = dump->state;
	int ret = 0;

	dump->is_guest = looks_like_guest(elf);
	dump->facts.format = dump->is_guest ? "elf-guest" : "elf-core";
	for (size_t i = 0; i < elf->n_loads && !ret; i++) {
		const struct ksm_elf_load *load = &elf->load[i];

		ret = ksm_dump_add_segment(dump, dump->is_guest ? load->physical : load->address,
					   load->size, load->offset, load->stored, err);
	}
	return ret;
}

static int read_early_notes(struct ksm_dump *dump, struct ksm_error *err)
{
	const struct ksm_elf *elf = dump->state;
	uint64_t data = UINT64_MAX;

	for (size_t i = 0; i < elf->n_loads; i++)
		if (elf->load[i].stored && elf->load[i].offset < data)
			data = elf->load[i].offset;
	return ksm_dump_read_ranges(dump, data, err);
}

static int open_elf(struct ksm_dump *dump, struct ksm_error *err)
{
	struct ksm_elf *elf = calloc(1, sizeof(*elf));
	Elf64_Ehdr header = {0};
	int ret;

	dump->state = elf;
	if (!elf)
		return ksm_error_no_memory(err);
	elf_version(EV_CURRENT);
	ret = read_header(dump, &header, err) ?:
	      tell_machine(dump, err) ?:
	      read_program_headers(dump, &header, err) ?:
	      read_early_notes(dump, err);
	if (ret)
		return ret;
	if (!elf->n_loads && !dump->space->error.code)
		return bad(err, "is an ELF core without any memory in it (no PT_LOAD)");
	/* sparc64 and alpha have had no others. */
	if (!dump->facts.page_size && (elf->machine == EM_SPARCV9 || elf->machine == EM_ALPHA))
		ret = ksm_dump_set_page_size(dump, 8192, "assumed", err);
	return ret ?: add_segments(dump, err);
}

static int read_range(struct ksm_dump *dump, uint64_t offset, uint64_t len, struct ksm_error *err)
{
	return ksm_elf_read_notes(dump, offset, len, err);
}

static int finish(struct ksm_dump *dump, struct ksm_error *err)
{
	const struct ksm_elf *elf = dump->state;
	int ret = 0;

	/* Of a stream, notes that come late may have told of another. */
	if (elf->page_size)
		ret = ksm_dump_set_page_size(dump, elf->page_size, elf->page_size_from, err);
	if (ret)
		return ret;
	if (looks_like_guest(elf) != dump->is_guest)
		return ksm_error_set(err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
				     "tells only in its notes, behind the data, whether it is of a "
				     "process or of a guest: unpack it first");
	return ksm_elf_add_areas(dump, err);
}

static void close_elf(struct ksm_dump *dump)
{
	struct ksm_elf *elf = dump->state;

	if (elf) {
		free(elf->load);
		free(elf->file_note);
		free(elf->file);
	}
	free(elf);
	dump->state = NULL;
}

const struct ksm_dump_format ksm_elf_format = {
	.name = "elf",
	.recognise = recognise,
	.open = open_elf,
	.range = read_range,
	.finish = finish,
	.close = close_elf,
};
