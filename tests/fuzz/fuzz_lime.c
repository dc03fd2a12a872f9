/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LiME's format, and whatever else the bytes look like. */
#include "tests/fuzz/dump_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dump_both("lime", data, size);
	fuzz_dump("auto", data, size, true);
	return 0;
}
