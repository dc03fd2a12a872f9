/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/process_read.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* Pages from @first on that follow each other in the target. */
static uint32_t run_length(const struct ksm_batch *batch, uint32_t first, unsigned int page_size)
{
	uint32_t n = 1;

	while (first + n < batch->n && batch->page[first + n].address ==
					       batch->page[first].address + (uint64_t)n * page_size)
		n++;
	return n;
}

/* Reads pages from @first on in one call; returns how many came, 0 if not even one did. */
static uint32_t read_by_vm(pid_t pid, unsigned int page_size, struct ksm_batch *batch,
			   uint32_t first)
{
	struct iovec remote[KSM_BATCH_PAGES_MAX];
	struct iovec local = {
		.iov_base = batch->data + (size_t)first * page_size,
		.iov_len = (size_t)(batch->n - first) * page_size,
	};
	unsigned long n = 0;
	ssize_t bytes;

	for (uint32_t i = first; i < batch->n; n++) {
		uint32_t run = run_length(batch, i, page_size);

		remote[n].iov_base = (void *)(uintptr_t)batch->page[i].address;
		remote[n].iov_len = (size_t)run * page_size;
		i += run;
	}
	bytes = process_vm_readv(pid, &local, 1, remote, n, 0);
	return bytes > 0 ? (uint32_t)((size_t)bytes / page_size) : 0;
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

/* Reads the run of pages at @first, page by page where it must; returns how many it dealt with. */
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
	uint32_t done = 0;

	while (done < batch->n) {
		uint32_t n = pid ? read_by_vm(pid, page_size, batch, done) : 0;

		done += n ? n : read_by_mem(mem_fd, page_size, batch, done);
	}
}
