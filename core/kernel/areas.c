/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/areas.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "kernel/root.h"

#define SMAPS_MAX (UINT64_C(2) << 30)

/* What is left of a line. */
struct cursor {
	const char *p;
	const char *end;
};

static bool take_char(struct cursor *c, char ch)
{
	if (c->p == c->end || *c->p != ch)
		return false;
	c->p++;
	return true;
}

static void skip_spaces(struct cursor *c)
{
	while (c->p < c->end && *c->p == ' ')
		c->p++;
}

static int hex_digit(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

static bool take_number(struct cursor *c, unsigned int base, uint64_t max, uint64_t *ret_value)
{
	return ksm_take_u64(&c->p, c->end, base, max, ret_value) == 0;
}

/* "rwxp". The last column is VM_MAYSHARE, not VM_SHARED. */
static bool take_permissions(struct cursor *c, uint32_t *ret_flags)
{
	static const char set[] = "rwxs", unset[] = "---p";
	static const uint32_t flags[] = {KSM_VM_READ, KSM_VM_WRITE, KSM_VM_EXEC, KSM_VM_MAYSHARE};

	*ret_flags = 0;
	for (size_t i = 0; i < 4; i++) {
		if (take_char(c, set[i]))
			*ret_flags |= flags[i];
		else if (!take_char(c, unset[i]))
			return false;
	}
	return true;
}

/*
 * Appends the name, where it is not the one before again (the segments of a library). The kernel escapes
 * newlines and nothing else here, not even the backslash (seq_path(m, path, "\n")).
 */
static int add_name(struct ksm_areas *areas, const char *text, size_t len, uint32_t last,
		    uint32_t *ret_name)
{
	size_t start = areas->names_len, out = start;
	char *names;

	if (areas->names_len + len + 1 > UINT32_MAX ||
	    ksm_array_reserve(&areas->names, &areas->names_capacity, areas->names_len + len + 1, 1))
		return -ENOMEM;
	names = areas->names;
	for (size_t i = 0; i < len; i++) {
		if (len - i >= 4 && !memcmp(text + i, "\\012", 4)) {
			names[out++] = '\n';
			i += 3;
		} else {
			names[out++] = text[i];
		}
	}
	names[out++] = '\0';
	if (!strcmp(names + last, names + start)) {
		*ret_name = last;
		return 0;
	}
	areas->names_len = out;
	*ret_name = (uint32_t)start;
	return 0;
}

/* "start-end rwxp offset major:minor inode    name" */
static bool take_area(struct cursor *c, struct ksm_area *ret_area)
{
	struct ksm_area area = {.ksm = KSM_AREA_UNKNOWN};
	uint64_t major, minor;

	if (!take_number(c, 16, UINT64_MAX, &area.start) || !take_char(c, '-') ||
	    !take_number(c, 16, UINT64_MAX, &area.end) || !take_char(c, ' ') ||
	    !take_permissions(c, &area.vm_flags) || !take_char(c, ' ') ||
	    !take_number(c, 16, UINT64_MAX, &area.offset) || !take_char(c, ' ') ||
	    !take_number(c, 16, UINT32_MAX, &major) || !take_char(c, ':') ||
	    !take_number(c, 16, UINT32_MAX, &minor) || !take_char(c, ' ') ||
	    !take_number(c, 10, UINT64_MAX, &area.inode))
		return false;
	if (c->p < c->end && *c->p != ' ')
		return false;
	skip_spaces(c);
	area.dev_major = (uint32_t)major;
	area.dev_minor = (uint32_t)minor;
	*ret_area = area;
	return !memchr(c->p, '\0', (size_t)(c->end - c->p));
}

static const char *add_area(struct ksm_areas *areas, struct cursor *c, int *ret_errnum)
{
	const struct ksm_area *last = areas->n ? &areas->area[areas->n - 1] : NULL;
	struct ksm_area area;

	*ret_errnum = EBADMSG;
	if (!take_area(c, &area))
		return "is not an area's";
	if ((area.start | area.end) & 0xfff)
		return "has addresses that no page begins at";
	if (area.start >= area.end)
		return "has an empty area";
	if (last && area.start < last->end)
		return "has an area that does not follow the one before";
	*ret_errnum = ENOMEM;
	if (ksm_array_reserve(&areas->area, &areas->capacity, areas->n + 1, sizeof(area)) ||
	    add_name(areas, c->p, (size_t)(c->end - c->p),
		     last ? areas->area[areas->n - 1].name : 0, &area.name))
		return "did not fit into memory";
	areas->area[areas->n++] = area;
	return NULL;
}

static uint32_t vm_flag(char a, char b)
{
#define CODE(a, b) [a - 'a'][b - 'a']
	static const uint32_t flags[26][26] = {
		CODE('r', 'd') = KSM_VM_READ,	      CODE('w', 'r') = KSM_VM_WRITE,
		CODE('e', 'x') = KSM_VM_EXEC,	      CODE('s', 'h') = KSM_VM_SHARED,
		CODE('m', 's') = KSM_VM_MAYSHARE,     CODE('p', 'f') = KSM_VM_PFNMAP,
		CODE('i', 'o') = KSM_VM_IO,	      CODE('d', 'e') = KSM_VM_DONTEXPAND,
		CODE('h', 't') = KSM_VM_HUGETLB,      CODE('m', 'm') = KSM_VM_MIXEDMAP,
		CODE('m', 'g') = KSM_VM_MERGEABLE,    CODE('d', 'p') = KSM_VM_DROPPABLE,
		CODE('h', 'g') = KSM_VM_HUGEPAGE,     CODE('n', 'h') = KSM_VM_NOHUGEPAGE,
		CODE('l', 'o') = KSM_VM_LOCKED,	      CODE('d', 'd') = KSM_VM_DONTDUMP,
		CODE('g', 'd') = KSM_VM_GROWSDOWN,    CODE('s', 'f') = KSM_VM_SYNC,
		CODE('u', 'm') = KSM_VM_UFFD_MISSING, CODE('a', 'r') = KSM_VM_ARCH_1,
	};
#undef CODE

	if (a < 'a' || a > 'z' || b < 'a' || b > 'z')
		return 0;
	return flags[a - 'a'][b - 'a'];
}

static uint32_t parse_vm_flags(struct cursor c)
{
	uint32_t flags = KSM_VM_FLAGS_KNOWN;

	for (;;) {
		const char *code;

		skip_spaces(&c);
		if (c.p == c.end)
			return flags;
		for (code = c.p; c.p < c.end && *c.p != ' '; c.p++)
			;
		if (c.p - code == 2)
			flags |= vm_flag(code[0], code[1]);
	}
}

/* "        12 kB" */
static bool parse_kib(struct cursor c, uint64_t *ret_bytes)
{
	uint64_t kib;

	skip_spaces(&c);
	if (!take_number(&c, 10, UINT64_MAX >> 10, &kib) || !take_char(&c, ' ') ||
	    !take_char(&c, 'k') || !take_char(&c, 'B') || c.p != c.end)
		return false;
	*ret_bytes = kib << 10;
	return true;
}

static bool add_kib(struct cursor c, uint64_t *sum)
{
	uint64_t bytes;

	return parse_kib(c, &bytes) && !__builtin_add_overflow(*sum, bytes, sum);
}

static const char *add_field(struct ksm_area *area, struct cursor c)
{
	const char *key = c.p;
	size_t len;

	while (c.p < c.end && (isalnum((unsigned char)*c.p) || *c.p == '_'))
		c.p++;
	len = (size_t)(c.p - key);
	if (!len || !take_char(&c, ':'))
		return "is neither an area's nor a field";
	if (!area)
		return "is a field before the first area";
#define IS(name) (len == sizeof(name) - 1 && !memcmp(key, name, len))
	if (IS("VmFlags"))
		area->vm_flags = parse_vm_flags(c);
	else if (IS("Anonymous") && !parse_kib(c, &area->anonymous))
		return "is not a number of kB";
	else if (IS("Swap") && !parse_kib(c, &area->swap))
		return "is not a number of kB";
	else if (IS("KSM") && !parse_kib(c, &area->ksm))
		return "is not a number of kB";
	else if (IS("AnonHugePages") && !parse_kib(c, &area->huge))
		return "is not a number of kB";
	else if ((IS("Shared_Clean") || IS("Shared_Dirty")) && !add_kib(c, &area->shared))
		return "is not a number of kB";
#undef IS
	return NULL;
}

/* An area's line begins with a hexadecimal number and a dash; no field does. */
static bool is_area_line(struct cursor c)
{
	while (c.p < c.end && hex_digit(*c.p) >= 0)
		c.p++;
	return c.p < c.end && *c.p == '-';
}

int ksm_areas_parse(const char *text, size_t len, struct ksm_areas *ret_areas,
		    struct ksm_error *err)
{
	const char *end = text + len, *fault;
	size_t line = 1;

	ret_areas->n = 0;
	ret_areas->names_len = 0;
	if (ksm_array_reserve(&ret_areas->names, &ret_areas->names_capacity, 1, 1))
		return ksm_error_no_memory(err);
	ret_areas->names[ret_areas->names_len++] = '\0';
	for (const char *p = text; p < end; line++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		struct cursor c = {p, newline ? newline : end};
		int errnum = EBADMSG;

		if (is_area_line(c))
			fault = add_area(ret_areas, &c, &errnum);
		else
			fault = add_field(ret_areas->n ? &ret_areas->area[ret_areas->n - 1] : NULL,
					  c);
		if (fault) {
			ret_areas->n = 0;
			return ksm_error_set(
				err, errnum == ENOMEM ? KSM_ERR_SYSTEM : KSM_ERR_FORMAT, errnum,
				"line %zu of the list of areas %s", line, fault);
		}
		p = newline ? newline + 1 : end;
	}
	return 0;
}

int ksm_areas_read(int pid_dir_fd, struct ksm_areas *ret_areas, struct ksm_error *err)
{
	static const char right[] = "the same user or CAP_SYS_PTRACE";
	ksm_auto_str struct ksm_str text = {0};
	ksm_auto_close int fd = -1;
	int rc;

	ret_areas->n = 0;
	rc = ksm_open_pid_file(pid_dir_fd, "smaps", right, &fd, err);
	if (rc == -ENOENT) { /* CONFIG_PROC_PAGE_MONITOR is off */
		if (err)
			memset(err, 0, sizeof(*err));
		rc = ksm_open_pid_file(pid_dir_fd, "maps", right, &fd, err);
	}
	if (rc)
		return rc;
	rc = ksm_read_fd(fd, SMAPS_MAX, &text, err);
	if (rc)
		return rc;
	if (!text.len)
		return ksm_pid_no_memory_error(pid_dir_fd, err);
	return ksm_areas_parse(text.data, text.len, ret_areas, err);
}

void ksm_areas_free(struct ksm_areas *areas)
{
	free(areas->area);
	free(areas->names);
	memset(areas, 0, sizeof(*areas));
}

bool ksm_areas_are_mergeable(const struct ksm_areas *areas)
{
	for (size_t i = 0; i < areas->n; i++)
		if (areas->area[i].vm_flags & KSM_VM_MERGEABLE)
			return true;
	return false;
}

const char *ksm_area_label(const struct ksm_areas *areas, const struct ksm_area *area)
{
	const char *name = ksm_area_name(areas, area);

	return *name ? name : ksm_area_kind_name(ksm_area_kind(areas, area));
}
