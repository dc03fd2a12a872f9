/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/inject_code.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "control/inject_arch.h"
#include "kernel/areas.h"
#include "kernel/root.h"

#define MAPS_MAX   (256u << 20)
#define PIECE	   (64u << 10)
#define SEARCH_MAX (64u << 20) /* a program of any size makes a system call long before */

static bool is_vdso(const struct ksm_areas *areas, const struct ksm_area *area)
{
	return strcmp(ksm_area_name(areas, area), "[vdso]") == 0;
}

static bool is_code_of_file(const struct ksm_areas *areas, const struct ksm_area *area)
{
	return area->inode && !(area->vm_flags & KSM_VM_MAYSHARE);
}

/* 1 with its address, 0 if the area has none, or a negative errno. */
static int search_area(int mem_fd, const struct ksm_area *area, uint64_t *ret_address)
{
	unsigned char code[PIECE];
	/* What one piece may hold only a part of; every piece begins where an instruction may. */
	const size_t overlap = ksm_arch_syscall_size - KSM_ARCH_CODE_ALIGN;
	uint64_t end = area->end;

	if (end - area->start > SEARCH_MAX)
		end = area->start + SEARCH_MAX;
	for (uint64_t at = area->start; at < end; at += PIECE - overlap) {
		size_t len = end - at < PIECE ? end - at : PIECE;
		ssize_t got = pread(mem_fd, code, len, (off_t)at);
		int64_t place;

		if (got < 0)
			return -errno;
		place = ksm_arch_find_syscall(code, (size_t)got);
		if (place >= 0) {
			*ret_address = at + (uint64_t)place;
			return 1;
		}
		if ((size_t)got < len)
			return 0;
	}
	return 0;
}

static int search(int mem_fd, const struct ksm_areas *areas,
		  bool (*wanted)(const struct ksm_areas *areas, const struct ksm_area *area),
		  uint64_t *ret_address)
{
	for (size_t i = 0; i < areas->n; i++) {
		const struct ksm_area *area = &areas->area[i];

		if ((area->vm_flags & KSM_VM_EXEC) && (area->vm_flags & KSM_VM_READ) &&
		    wanted(areas, area) && search_area(mem_fd, area, ret_address) == 1)
			return 1;
	}
	return 0;
}

int ksm_inject_find_code(int pid_dir_fd, uint64_t *ret_address, struct ksm_error *err)
{
	struct ksm_areas areas ksm_cleanup(ksm_areas_free) = {0};
	struct ksm_str maps ksm_auto_str = {0};
	ksm_auto_close int mem_fd = -1;
	int ret;

	/* Not smaps, for which the kernel counts all pages. */
	ret = ksm_read_at(pid_dir_fd, "maps", MAPS_MAX, &maps, err);
	if (!ret)
		ret = ksm_areas_parse(maps.data, maps.len, &areas, err);
	if (!ret)
		ret = ksm_open_pid_file(pid_dir_fd, "mem", "CAP_SYS_PTRACE", &mem_fd, err);
	if (ret)
		return ret;
	if (search(mem_fd, &areas, is_vdso, ret_address) ||
	    search(mem_fd, &areas, is_code_of_file, ret_address))
		return 0;
	return ksm_error_set(err, KSM_ERR_UNSUPPORTED, ENOENT,
			     "has no instruction for a system call in its vdso or its libraries");
}
