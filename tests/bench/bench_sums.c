/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sums of pages in the cache, against libxxhash, in turn: for each line the median, over all rounds, of the time
 * that the library takes divided by ours. Prints "IMPLEMENTATION WHAT RATIO GB/S" lines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <xxhash.h>

#include "checksum/checksum.h"

#define PAGES	  256 /* of a batch */
#define PAGE_SIZE 4096
#define ROUNDS	  41
#define REPEATS	  25

enum { LIBRARY, XXH64_MANY, LIBRARY_AND_KEY, SUMMER, JHASH2_ONE, JHASH2_MANY, JOBS };

static unsigned char *pages;
static struct ksm_summer summer;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(int job)
{
	static struct ksm_page_sum sum[PAGES];
	static uint64_t hash[PAGES], key[PAGES];
	static uint32_t word[PAGES];

	for (int i = 0; i < PAGES; i++) {
		const unsigned char *page = pages + i * PAGE_SIZE;

		if (job == LIBRARY || job == LIBRARY_AND_KEY)
			hash[i] = XXH64(page, PAGE_SIZE, 0);
		if (job == LIBRARY_AND_KEY)
			key[i] = XXH3_128bits_withSeed(page, PAGE_SIZE, 1).low64;
		if (job == JHASH2_ONE)
			word[i] = ksm_jhash2(page, PAGE_SIZE / 4, KSM_JHASH2_SEED);
	}
	if (job == XXH64_MANY)
		summer.many->xxh64(pages, PAGE_SIZE, PAGES, hash);
	if (job == JHASH2_MANY)
		summer.many->jhash2(pages, PAGE_SIZE, PAGES, word);
	if (job == SUMMER)
		ksm_summer_pages(&summer, pages, PAGES, sum);
	/* The compiler must not leave out what nobody uses. */
	__asm__ volatile("" : : "r"(sum), "r"(hash), "r"(key), "r"(word) : "memory");
}

static double time_job(int job)
{
	double begin = now();

	for (int i = 0; i < REPEATS; i++)
		run(job);
	return now() - begin;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), compare);
	return values[ROUNDS / 2];
}

static void bench(const struct ksm_many *many)
{
	static const char *const names[] = {"checksum", "sums", "jhash2"};
	static double ratio[JOBS / 2][ROUNDS], rate[JOBS / 2][ROUNDS];

	summer.many = many;
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < JOBS / 2; i++) {
			double peer = time_job(2 * i), ours = time_job(2 * i + 1);

			ratio[i][round] = peer / ours;
			rate[i][round] = 1e-9 * REPEATS * PAGES * PAGE_SIZE / ours;
		}
	}
	for (int i = 0; i < JOBS / 2; i++)
		printf("%s %s %.2f %.1f\n", many->name, names[i], median(ratio[i]),
		       median(rate[i]));
}

int main(void)
{
	pages = aligned_alloc(PAGE_SIZE, PAGES * PAGE_SIZE);
	if (!pages || ksm_summer_init(&summer, KSM_CHECKSUM_XXHASH, PAGE_SIZE))
		return 1;
	for (int i = 0; i < PAGES * PAGE_SIZE; i++)
		pages[i] = (unsigned char)rand();
	for (size_t i = 0; i < ksm_many_table_size; i++)
		if (ksm_many_table[i].is_supported())
			bench(&ksm_many_table[i]);
	free(pages);
	return 0;
}
