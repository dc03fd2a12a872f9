/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/process_read.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static bool may_be_pinned(const struct ksm_page *page)
{
	return !(page->flags & (KSM_PAGE_SHARED | KSM_PAGE_KSM));
}

/* Pages from @first on that follow each other in the target and are to be read alike. */
static uint32_t run_length(const struct ksm_batch *batch, uint32_t first, unsigned int page_size)
{
	const struct ksm_page *page = &batch->page[first];
	uint32_t n = 1;

	while (first + n < batch->n && page[n].address == page->address + (uint64_t)n * page_size &&
	       may_be_pinned(&page[n]) == may_be_pinned(page))
		n++;
	return n;
}

static uint32_t next_to_pin(const struct ksm_batch *batch, uint32_t from)
{
	while (from < batch->n && !may_be_pinned(&batch->page[from]))
		from++;
	return from;
}

/* Reads what may be pinned from @first on in one call; returns where it did not get any further. */
static uint32_t read_by_vm(pid_t pid, unsigned int page_size, struct ksm_batch *batch,
			   uint32_t first)
{
	struct iovec local[KSM_BATCH_PAGES_MAX], remote[KSM_BATCH_PAGES_MAX];
	unsigned long n = 0;
	ssize_t bytes;

	for (uint32_t i = first; i < batch->n;) {
		uint32_t run = run_length(batch, i, page_size);

		local[n].iov_base = batch->data + (size_t)i * page_size;
		remote[n].iov_base = (void *)(uintptr_t)batch->page[i].address;
		local[n].iov_len = remote[n].iov_len = (size_t)run * page_size;
		n++;
		i = next_to_pin(batch, i + run);
	}
	bytes = process_vm_readv(pid, local, n, remote, n, 0);
	for (ssize_t pages = bytes / (ssize_t)page_size; pages > 0; pages--)
		first = next_to_pin(batch, first + 1);
	return first;
}

static void lose_page(struct ksm_batch *batch, uint32_t index, int errnum)
{
	batch->page[index].flags |= KSM_PAGE_LOST;
	if (batch->error.code)
		return;
	ksm_error_set(&batch->error, KSM_ERR_SYSTEM, errnum,
		      "memory went away between looking and reading: %s", strerror(errnum));
	batch->error.address = batch->page[index].address;
}

/* Reads the run of pages at @first as far as it goes; returns how many it dealt with, at least one. */
static uint32_t read_by_mem(int mem_fd, unsigned int page_size, struct ksm_batch *batch,
			    uint32_t first)
{
	uint32_t run = run_length(batch, first, page_size);
	unsigned char *data = batch->data + (size_t)first * page_size;
	ssize_t bytes;

	bytes = pread(mem_fd, data, (size_t)run * page_size, (off_t)batch->page[first].address);
	if (bytes >= (ssize_t)page_size)
		return (uint32_t)((size_t)bytes / page_size);
	/* Nothing at all: the address space is gone, which the caller finds out. */
	lose_page(batch, first, bytes < 0 ? errno : EIO);
	return 1;
}

void ksm_process_read_batch(pid_t pid, int mem_fd, unsigned int page_size, struct ksm_batch *batch)
{
	for (uint32_t i = next_to_pin(batch, 0); i < batch->n;) {
		uint32_t next = pid ? read_by_vm(pid, page_size, batch, i) : i;

		/* It takes the number of a thread that lives, which the first one need not. */
		if (next == i && errno == ESRCH)
			pid = 0;
		if (next == i)
			next = next_to_pin(batch, i + read_by_mem(mem_fd, page_size, batch, i));
		i = next;
	}
	for (uint32_t i = 0; i < batch->n;)
		i += may_be_pinned(&batch->page[i]) ? 1 : read_by_mem(mem_fd, page_size, batch, i);
}
