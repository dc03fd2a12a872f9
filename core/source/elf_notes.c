/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notes of ELF cores. Sources: include/uapi/linux/elfcore.h and fs/binfmt_elf.c (NT_FILE, NT_AUXV, and the
 * three layouts of elf_prpsinfo), Documentation/admin-guide/kdump/vmcoreinfo.rst.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "source/elf_internal.h"

#define NOTE_HEADER 12
/* The kernel writes at most 16 MiB of NT_FILE unless told otherwise (core_file_note_size_limit). */
#define DESC_MAX  (64u << 20)
#define NOTES_MAX (UINT64_C(256) << 20)

struct note {
	uint32_t type;
	const unsigned char *name;
	size_t name_len; /* with its NUL */
	const unsigned char *desc;
	size_t desc_len;
};

static uint64_t get(const struct ksm_elf *elf, const unsigned char *data, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)data[i] << 8 * (elf->encoding == ELFDATA2LSB ? i : size - 1 - i);
	return value;
}

static size_t word_size(const struct ksm_elf *elf)
{
	return elf->is_64bit ? 8 : 4;
}

/* The first one that tells a page size is believed. */
static void tell_page_size(struct ksm_elf *elf, uint64_t size, const char *from)
{
	if (elf->page_size || !size)
		return;
	elf->page_size = size;
	elf->page_size_from = from;
}

/* ---------------------------------------------------------------- each note */

/* Where the pid and the names lie depends on the size of a long and of a uid. */
static int read_process(struct ksm_dump *dump, const struct note *note, struct ksm_error *err)
{
	static const struct {
		size_t size;
		size_t pid;
		size_t name;
	} layouts[] = {{136, 24, 40}, {128, 16, 32}, {124, 12, 28}};
	struct ksm_elf *elf = dump->state;
	const char *text;
	size_t len;
	int ret;

	elf->is_process = true;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		if (note->desc_len != layouts[i].size || dump->facts.command)
			continue;
		dump->facts.pid = (pid_t)get(elf, note->desc + layouts[i].pid, 4);
		text = (const char *)note->desc + layouts[i].name;
		ret = ksm_dump_set_string(&dump->facts.command, text, 16, err);
		if (ret)
			return ret;
		/* The last argument is followed by a space. */
		text += 16;
		len = strnlen(text, 80);
		while (len && text[len - 1] == ' ')
			len--;
		return ksm_dump_set_string(&dump->facts.arguments, text, len, err);
	}
	return 0;
}

static int read_auxv(struct ksm_dump *dump, const struct note *note, struct ksm_error *err)
{
	struct ksm_elf *elf = dump->state;
	size_t word = word_size(elf);

	elf->is_process = true;
	for (size_t at = 0; note->desc_len - at >= 2 * word; at += 2 * word) {
		uint64_t value = get(elf, note->desc + at + word, word);

		switch (get(elf, note->desc + at, word)) {
		case AT_NULL:
			return 0;
		case AT_PAGESZ:
			/* Before NT_FILE, which may have come first. */
			if (elf->page_size_from && !strcmp(elf->page_size_from, "NT_FILE"))
				elf->page_size = 0;
			tell_page_size(elf, value, "AT_PAGESZ");
			break;
		case AT_PHDR:
			elf->headers = value;
			break;
		case AT_SYSINFO_EHDR:
			elf->vdso = value;
			break;
		case AT_RANDOM:
			elf->in_stack = value;
			break;
		}
	}
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct ksm_elf_file *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* count, page size, count times (start, end, offset in pages), and then as many names. */
static int read_files(struct ksm_dump *dump, const struct note *note, struct ksm_error *err)
{
	struct ksm_elf *elf = dump->state;
	size_t word = word_size(elf), len = note->desc_len, names;
	uint64_t count, page_size;

	elf->is_process = true;
	if (len < 2 * word || elf->file_note)
		return 0;
	count = get(elf, note->desc, word);
	page_size = get(elf, note->desc + word, word);
	if (count > (len - 2 * word) / (3 * word)) {
		ksm_dump_incomplete(dump, KSM_ERR_FORMAT, EBADMSG,
				    "its NT_FILE note lists %" PRIu64
				    " mappings in %zu bytes: files are not told apart",
				    count, len);
		return 0;
	}
	/* gcore counts bytes there, in pages of 1. */
	if (page_size >= KSM_PAGE_SIZE_MIN && page_size <= KSM_BATCH_BYTES &&
	    !(page_size & (page_size - 1)))
		tell_page_size(elf, page_size, "NT_FILE");
	names = (size_t)(2 + 3 * count) * word;
	elf->file_note = malloc(len - names + 1);
	elf->file = calloc(count ? (size_t)count : 1, sizeof(*elf->file));
	if (!elf->file_note || !elf->file)
		return ksm_error_no_memory(err);
	memcpy(elf->file_note, note->desc + names, len - names);
	elf->file_note[len - names] = '\0';
	for (size_t i = 0, at = 0; i < count; i++) {
		const unsigned char *entry = note->desc + (2 + 3 * i) * word;
		struct ksm_elf_file file = {.start = get(elf, entry, word),
					    .end = get(elf, entry + word, word),
					    .name = elf->file_note + at};

		if (__builtin_mul_overflow(get(elf, entry + 2 * word, word), page_size,
					   &file.offset))
			file.offset = 0;
		elf->file[elf->n_files++] = file;
		if (at < len - names)
			at += strlen(file.name) + 1;
		if (at > len - names)
			at = len - names;
		if (strlen(file.name) >= PATH_MAX)
			elf->file_note[(size_t)(file.name - elf->file_note) + PATH_MAX - 1] = '\0';
	}
	elf->has_files = true;
	qsort(elf->file, elf->n_files, sizeof(*elf->file), by_start);
	return 0;
}

/* Lines of KEY=VALUE. */
static int read_vmcoreinfo(struct ksm_dump *dump, const struct note *note, struct ksm_error *err)
{
	static const char size_key[] = "PAGESIZE=", release_key[] = "OSRELEASE=";
	const char *line = (const char *)note->desc, *end = line + note->desc_len;
	struct ksm_elf *elf = dump->state;
	int ret = 0;

	elf->is_kernels = true;
	while (line < end && !ret) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((newline ? newline : end) - line);

		if (len > sizeof(size_key) - 1 && !memcmp(line, size_key, sizeof(size_key) - 1)) {
			uint64_t size;

			if (ksm_parse_u64_of(line + sizeof(size_key) - 1,
					     len - (sizeof(size_key) - 1), UINT32_MAX, &size) == 0)
				tell_page_size(elf, size, "VMCOREINFO");
		} else if (len > sizeof(release_key) - 1 &&
			   !memcmp(line, release_key, sizeof(release_key) - 1)) {
			ret = ksm_dump_set_string(&dump->facts.kernel,
						  line + sizeof(release_key) - 1,
						  len - (sizeof(release_key) - 1), err);
		}
		line += len + 1;
	}
	return ret;
}

static bool is_named(const struct note *note, const char *name)
{
	size_t len = strlen(name);

	/* Some writers leave the NUL out of the length. */
	return note->name_len >= len && note->name_len <= len + 1 && !memcmp(note->name, name, len);
}

static bool is_wanted(const struct note *note)
{
	if (is_named(note, "CORE"))
		return note->type == NT_PRPSINFO || note->type == NT_AUXV ||
		       note->type == NT_FILE || note->type == NT_SIGINFO;
	return is_named(note, "VMCOREINFO");
}

static int read_note(struct ksm_dump *dump, const struct note *note, struct ksm_error *err)
{
	struct ksm_elf *elf = dump->state;

	if (is_named(note, "VMCOREINFO"))
		return read_vmcoreinfo(dump, note, err);
	switch (note->type) {
	case NT_PRPSINFO:
		return read_process(dump, note, err);
	case NT_AUXV:
		return read_auxv(dump, note, err);
	case NT_SIGINFO:
		elf->is_process = true;
		return 0;
	default:
		return read_files(dump, note, err);
	}
}

/* ---------------------------------------------------------------- all of them */

static void cut(struct ksm_dump *dump, uint64_t offset)
{
	const struct ksm_input *input = dump->input;

	if (ksm_input_is_seekable(input) && offset > ksm_input_size(input))
		ksm_dump_incomplete(dump, KSM_ERR_FORMAT, EBADMSG,
				    "ends at byte %" PRIu64 ", before its notes: it was cut off",
				    ksm_input_size(input));
	else
		ksm_dump_incomplete(dump, KSM_ERR_FORMAT, EBADMSG,
				    "its notes break off at byte %" PRIu64, offset);
}

/* The note at @offset, of at most @left bytes. Tells how long it is; 0 if it cannot be read. */
static int next_note(struct ksm_dump *dump, uint64_t offset, uint64_t left, uint64_t *ret_len,
		     struct ksm_error *err)
{
	struct ksm_elf *elf = dump->state;
	uint64_t align = elf->note_align ? elf->note_align : 4, name_len, desc_len, desc, end;
	const unsigned char *data;
	struct note note = {0};
	size_t got;
	int ret = ksm_view_get(&dump->view, offset, NOTE_HEADER + 16, &data, &got, err);

	*ret_len = 0;
	if (ret)
		return ret;
	if (got < NOTE_HEADER) {
		cut(dump, offset + got);
		return 0;
	}
	name_len = get(elf, data, 4);
	desc_len = get(elf, data + 4, 4);
	note.type = (uint32_t)get(elf, data + 8, 4);
	desc = (NOTE_HEADER + name_len + align - 1) & ~(align - 1);
	end = (desc + desc_len + align - 1) & ~(align - 1);
	note.name = data + NOTE_HEADER;
	note.name_len = name_len <= got - NOTE_HEADER ? (size_t)name_len : 0;
	/* The last one's padding may be left out. */
	if (desc + desc_len > left) {
		cut(dump, offset + left);
		return 0;
	}
	*ret_len = end < left ? end : left;
	if (is_named(&note, "QEMU") || is_named(&note, "VBCORE"))
		elf->is_hypervisors = true;
	if (!is_wanted(&note) || desc_len > DESC_MAX)
		return 0;
	/* Many headers may have the same notes: what is read of them counts, whole or not. */
	elf->notes_seen += desc + desc_len;
	ret = ksm_view_get(&dump->view, offset, (size_t)(desc + desc_len), &data, &got, err);
	if (ret)
		return ret;
	if (got < desc + desc_len) {
		cut(dump, offset + got);
		*ret_len = 0;
		return 0;
	}
	note.name = data + NOTE_HEADER;
	note.desc = data + desc;
	note.desc_len = (size_t)desc_len;
	return read_note(dump, &note, err);
}

int ksm_elf_read_notes(struct ksm_dump *dump, uint64_t offset, uint64_t len, struct ksm_error *err)
{
	struct ksm_elf *elf = dump->state;
	int ret = 0;

	while (len >= NOTE_HEADER && !ret) {
		uint64_t taken;

		if (elf->notes_seen > NOTES_MAX) {
			ksm_dump_incomplete(dump, KSM_ERR_FORMAT, EFBIG,
					    "has notes without end, at byte %" PRIu64, offset);
			break;
		}
		ret = next_note(dump, offset, len, &taken, err);
		if (!taken)
			break;
		elf->notes_seen += taken;
		offset += taken;
		len -= taken;
	}
	if (!ret && elf->page_size)
		ret = ksm_dump_set_page_size(dump, elf->page_size, elf->page_size_from, err);
	return ret;
}

const struct ksm_elf_file *ksm_elf_find_file(const struct ksm_elf *elf, uint64_t address)
{
	size_t low = 0, high = elf->n_files;

	/* The last one that starts at or before the address. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (elf->file[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address < elf->file[low - 1].end ? &elf->file[low - 1] : NULL;
}
