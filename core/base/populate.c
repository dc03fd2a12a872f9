/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/populate.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void ksm_populate(void *memory, size_t bytes)
{
	uintptr_t mask = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
	uintptr_t begin = (uintptr_t)memory & ~mask;
	uintptr_t end = ((uintptr_t)memory + bytes) & ~mask;

	if (begin < end)
		madvise((void *)begin, end - begin, MADV_POPULATE_WRITE);
}
