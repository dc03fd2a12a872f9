/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/page_flags.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "base/cleanup.h"

/*
 * The kernel takes some 0.2 us for each entry, so a wide window that is used for one page costs more than
 * the calls it saves. Pages of a process come from a few regions by turns, so several windows are kept.
 */
#define WINDOW	   32
#define SLOTS	   256
#define MAX_AGE_NS UINT64_C(20000000)

struct window {
	uint64_t first;
	uint64_t read_at; /* ns; 0: empty */
	unsigned int n;
	uint64_t value[WINDOW];
};

/* One of the two files. */
struct table {
	int fd;
	struct window *slot;
};

struct ksm_page_flags {
	struct table flags;
	struct table count;
	int count_errnum; /* why there is no count table */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec + 1;
}

static int fill(struct table *table, struct window *window, uint64_t first, struct ksm_error *err)
{
	ssize_t got;

	window->read_at = 0;
	do {
		got = pread(table->fd, window->value, sizeof(window->value),
			    (off_t)(first * sizeof(uint64_t)));
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return ksm_file_error(table->fd, "", errno, err);
	window->first = first;
	window->n = (unsigned int)((size_t)got / sizeof(uint64_t));
	window->read_at = now_ns();
	return 0;
}

static int get(struct table *table, uint64_t pfn, uint64_t *ret_value, struct ksm_error *err)
{
	uint64_t first = pfn / WINDOW * WINDOW;
	struct window *window = &table->slot[first / WINDOW % SLOTS];

	if (pfn > INT64_MAX / sizeof(uint64_t) - WINDOW)
		return ksm_error_set(err, KSM_ERR_INVALID, ENXIO, "no page has that frame number");
	if (!window->read_at || window->first != first || now_ns() - window->read_at > MAX_AGE_NS) {
		int rc = fill(table, window, first, err);

		if (rc)
			return rc;
	}
	if (pfn - first >= window->n)
		return ksm_error_set(err, KSM_ERR_INVALID, ENXIO, "no page has that frame number");
	*ret_value = window->value[pfn - first];
	return 0;
}

static int open_table(const struct ksm_root *root, const char *name, struct table *ret_table,
		      struct ksm_error *err)
{
	ksm_auto_close int fd = -1;
	int rc = ksm_open_at(root->proc_fd, name, O_RDONLY, &fd, err);

	if (rc == -ENOENT)
		return ksm_error_set(err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
				     "the kernel does not tell the flags of pages: it takes one "
				     "built with CONFIG_PROC_PAGE_MONITOR");
	if (rc == -EACCES || rc == -EPERM)
		return ksm_error_set(err, KSM_ERR_PERMISSION, -rc,
				     "permission denied on the flags of pages: reading them takes "
				     "root");
	if (rc)
		return rc;
	ret_table->slot = calloc(SLOTS, sizeof(*ret_table->slot));
	if (!ret_table->slot)
		return ksm_error_no_memory(err);
	ret_table->fd = ksm_no_close(fd);
	return 0;
}

static void close_table(struct table *table)
{
	free(table->slot);
	if (table->fd >= 0)
		close(table->fd);
}

int ksm_page_flags_open(const struct ksm_root *root, struct ksm_page_flags **ret_flags,
			struct ksm_error *err)
{
	struct ksm_page_flags *flags = calloc(1, sizeof(*flags));
	int rc;

	if (!flags)
		return ksm_error_no_memory(err);
	flags->flags.fd = flags->count.fd = -1;
	rc = open_table(root, "kpageflags", &flags->flags, err);
	if (rc) {
		ksm_page_flags_close(flags);
		return rc;
	}
	/* Few ask for counts, so that they are missed only then. */
	flags->count_errnum = -open_table(root, "kpagecount", &flags->count, NULL);
	*ret_flags = flags;
	return 0;
}

void ksm_page_flags_close(struct ksm_page_flags *flags)
{
	if (!flags)
		return;
	close_table(&flags->flags);
	close_table(&flags->count);
	free(flags);
}

int ksm_page_flags_get(struct ksm_page_flags *flags, uint64_t pfn, uint64_t *ret_kpf,
		       struct ksm_error *err)
{
	return get(&flags->flags, pfn, ret_kpf, err);
}

int ksm_page_flags_mapcount(struct ksm_page_flags *flags, uint64_t pfn, uint64_t *ret_count,
			    struct ksm_error *err)
{
	if (flags->count_errnum)
		return ksm_error_set(err, ksm_error_class(flags->count_errnum), flags->count_errnum,
				     "how often a page is mapped cannot be read: it takes root and "
				     "\"/proc/kpagecount\"");
	return get(&flags->count, pfn, ret_count, err);
}
