/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/pagemap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "kernel/areas.h"

/* struct pm_scan_arg and struct page_region of 6.7, which the headers of older systems lack. */
struct scan_arg {
	uint64_t size;
	uint64_t flags;
	uint64_t start;
	uint64_t end;
	uint64_t walk_end;
	uint64_t vec;
	uint64_t vec_len;
	uint64_t max_pages;
	uint64_t category_inverted;
	uint64_t category_mask;
	uint64_t category_anyof_mask;
	uint64_t return_mask;
};

struct scan_region {
	uint64_t start;
	uint64_t end;
	uint64_t categories;
};

#define SCAN_IOCTL    _IOWR('f', 16, struct scan_arg)
#define SCAN_FILE     (UINT64_C(1) << 2)
#define SCAN_PRESENT  (UINT64_C(1) << 3)
#define SCAN_ZERO_PFN (UINT64_C(1) << 5)
#define SCAN_HUGE     (UINT64_C(1) << 6)
#define SCAN_REGIONS  128

static const char right[] = "the same user or CAP_SYS_PTRACE";

/* Regions found, or a negative errno. */
static int scan(int fd, uint64_t start, uint64_t end, struct scan_region *region, size_t max,
		uint64_t *ret_next)
{
	struct scan_arg arg = {
		.size = sizeof(arg),
		.start = start,
		.end = end,
		.vec = (uintptr_t)region,
		.vec_len = max,
		.category_inverted = SCAN_FILE | SCAN_ZERO_PFN,
		.category_mask = SCAN_PRESENT | SCAN_FILE | SCAN_ZERO_PFN,
		.return_mask = SCAN_PRESENT | SCAN_HUGE,
	};
	int n;

	do {
		n = ioctl(fd, SCAN_IOCTL, &arg);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	*ret_next = arg.walk_end;
	return n;
}

/*
 * Reading a page that was never written maps the shared zero page, or, on a kernel patched to do without, a page of
 * one's own. A kernel whose PAGEMAP_SCAN would tell the shared one for an anonymous one counts as one without.
 */
static int probe_page(int fd, unsigned int page_size, struct ksm_pagemap_facts *facts)
{
	volatile unsigned char *page =
		mmap(NULL, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct scan_region region[1];
	uint64_t entry, next;
	bool is_own;
	int rc = 0;

	if (page == MAP_FAILED)
		return -errno;
	(void)page[0];
	if (pread(fd, &entry, sizeof(entry),
		  (off_t)((uintptr_t)page / page_size * sizeof(entry))) != (ssize_t)sizeof(entry)) {
		rc = -EIO;
	} else {
		is_own = entry & KSM_PM_EXCLUSIVE;
		facts->has_pfn = (entry & KSM_PM_PRESENT) && (entry & KSM_PM_PFN);
		facts->zero_pfn = facts->has_pfn && !is_own ? entry & KSM_PM_PFN : 0;
		facts->has_scan = scan(fd, (uintptr_t)page, (uintptr_t)page + page_size, region, 1,
				       &next) == is_own;
	}
	munmap((void *)page, page_size);
	return rc;
}

int ksm_pagemap_probe(const struct ksm_root *root, struct ksm_pagemap_facts *ret_facts,
		      struct ksm_error *err)
{
	struct ksm_pagemap_facts facts = {.has_pfn = true};
	ksm_auto_close int fd = -1;
	int rc;

	if (!root->is_machine) {
		*ret_facts = facts;
		return 0;
	}
	rc = ksm_open_at(root->proc_fd, "self/pagemap", O_RDONLY, &fd, err);
	if (rc == -ENOENT)
		return ksm_error_set(err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
				     "the kernel does not say which pages a process has: it takes "
				     "one built with CONFIG_PROC_PAGE_MONITOR");
	if (rc)
		return rc;
	rc = probe_page(fd, (unsigned int)sysconf(_SC_PAGESIZE), &facts);
	if (rc)
		return ksm_file_error(root->proc_fd, "self/pagemap", -rc, err);
	*ret_facts = facts;
	return 0;
}

int ksm_pagemap_open(int pid_dir_fd, const struct ksm_pagemap_facts *facts, unsigned int page_size,
		     struct ksm_pagemap *ret_pagemap, struct ksm_error *err)
{
	int fd, rc;

	rc = ksm_open_pid_file(pid_dir_fd, "pagemap", right, &fd, err);
	if (rc)
		return rc;
	*ret_pagemap = (struct ksm_pagemap){
		.fd = fd,
		.page_size = page_size,
		.has_scan = facts->has_scan,
		.has_pfn = facts->has_pfn,
		.zero_pfn = facts->zero_pfn,
	};
	return 0;
}

void ksm_pagemap_close(struct ksm_pagemap *pagemap)
{
	if (pagemap->fd >= 0)
		close(pagemap->fd);
	pagemap->fd = -1;
}

static void add_range(struct ksm_range *ranges, size_t *n, const struct scan_region *region)
{
	bool is_huge = region->categories & SCAN_HUGE;

	if (*n && ranges[*n - 1].end == region->start && ranges[*n - 1].is_huge == is_huge)
		ranges[*n - 1].end = region->end;
	else
		ranges[(*n)++] = (struct ksm_range){region->start, region->end, is_huge};
}

int ksm_pagemap_scan(const struct ksm_pagemap *pagemap, uint64_t start, uint64_t end,
		     struct ksm_range *ret_ranges, size_t max, size_t *ret_n, uint64_t *ret_next,
		     struct ksm_error *err)
{
	struct scan_region region[SCAN_REGIONS];
	uint64_t next = start;
	size_t n = 0;

	if (start == KSM_VSYSCALL) /* in the kernel's half: EFAULT there */
		next = end;
	while (next < end && n < max) {
		size_t want = max - n < SCAN_REGIONS ? max - n : SCAN_REGIONS;
		int found = scan(pagemap->fd, next, end, region, want, &next);

		if (found == -ESRCH) { /* exited, or replaced by exec */
			next = end;
			break;
		}
		if (found < 0)
			return ksm_file_error(pagemap->fd, "", -found, err);
		for (int i = 0; i < found; i++)
			add_range(ret_ranges, &n, &region[i]);
	}
	*ret_n = n;
	*ret_next = next;
	return 0;
}

int ksm_pagemap_read(const struct ksm_pagemap *pagemap, uint64_t start, size_t n,
		     uint64_t *ret_entries, size_t *ret_n, struct ksm_error *err)
{
	uint64_t offset = start / pagemap->page_size * sizeof(uint64_t);
	size_t done = 0, bytes;

	if (start % pagemap->page_size || __builtin_mul_overflow(n, sizeof(uint64_t), &bytes))
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL, "no page begins there");
	while (done < bytes) {
		ssize_t got = pread(pagemap->fd, (char *)ret_entries + done, bytes - done,
				    (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ksm_file_error(pagemap->fd, "", errno, err);
		if (got == 0)
			break;
		done += (size_t)got;
	}
	*ret_n = done / sizeof(uint64_t);
	return 0;
}

bool ksm_pagemap_is_alive(const struct ksm_pagemap *pagemap)
{
	uint64_t entry;

	/* The end of the file is what a memory that is gone has; a fault says nothing. */
	return pread(pagemap->fd, &entry, sizeof(entry), 0) != 0;
}
