/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ELF cores. */
#include "tests/fuzz/dump_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dump_both("elf", data, size);
	return 0;
}
