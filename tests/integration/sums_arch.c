/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sums_arch NAME: are the sums of many pages at once by the implementation NAME, the best one here, those of the plain
 * one? For processors that the unit tests do not run on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checksum/many.h"

#define PAGES	       17
#define PAGE_BYTES_MAX 65536

static unsigned char pages[PAGES * PAGE_BYTES_MAX + 1];
static struct {
	_Alignas(64) unsigned char bytes[KSM_BLOCK_KEY_BYTES];
} key;

static void fill(unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (unsigned char)(rand() >> 7);
}

/* Not aligned to anything: no implementation may ask for it. */
static void compare(const struct ksm_many *many, const struct ksm_many *plain, size_t page_size,
		    size_t n)
{
	uint64_t xxh64[2][PAGES], hash[2][KSM_BLOCK_SUMS];
	uint32_t jhash2[2][PAGES];

	many->xxh64(pages + 1, page_size, n, xxh64[0]);
	plain->xxh64(pages + 1, page_size, n, xxh64[1]);
	many->jhash2(pages + 1, page_size, n, jhash2[0]);
	plain->jhash2(pages + 1, page_size, n, jhash2[1]);
	many->hash_block(pages + 1 + n, key.bytes, hash[0]);
	plain->hash_block(pages + 1 + n, key.bytes, hash[1]);
	if (memcmp(xxh64[0], xxh64[1], n * sizeof(**xxh64)) == 0 &&
	    memcmp(jhash2[0], jhash2[1], n * sizeof(**jhash2)) == 0 &&
	    memcmp(hash[0], hash[1], sizeof(hash[0])) == 0)
		return;
	fprintf(stderr, "%s: other sums of %zu pages of %zu bytes\n", many->name, n, page_size);
	exit(1);
}

int main(int argc, char **argv)
{
	static const size_t sizes[] = {4096, 8192, 12288, 16384, 20480, PAGE_BYTES_MAX};
	const struct ksm_many *many = ksm_many_best(),
			      *plain = &ksm_many_table[ksm_many_table_size - 1];

	if (argc != 2 || strcmp(many->name, argv[1]) != 0) {
		fprintf(stderr, "the best implementation here is %s\n", many->name);
		return 1;
	}
	fill(pages, sizeof(pages));
	fill(key.bytes, sizeof(key.bytes));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		for (size_t n = 0; n <= PAGES; n++)
			compare(many, plain, sizes[i], n);
	return 0;
}
