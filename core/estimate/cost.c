/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/cost.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/ksm_sysfs.h"
#include "kernel/ksmd_cpu.h"

/* Below these, rounding to ticks and the first merges weigh too much. */
#define ENOUGH_PAGES   100000
#define ENOUGH_SECONDS 1.0

/*
 * What ksmd does with a page besides its checksum, in XXH64 of 4 KiB that are in the cache: 3.44 us a page in all, over
 * 2.1 million pages of a process without sleep, against 0.36 us (both on one x86-64 machine, kernel 6.18).
 */
#define BESIDES_CHECKSUM 8.5

/* As large as a page may be; enough, and in the cache of most processors. */
#define SAMPLE_BYTES ((size_t)1 << 20)
#define SAMPLE_TIMES 4

static bool from_ksmd(const struct ksm_root *root, struct ksm_cost *cost)
{
	ksm_auto_close int ksmd = -1;
	struct ksm_sysfs sysfs;
	uint64_t ticks;
	double seconds;
	int64_t pages;

	if (ksm_sysfs_read(root, &sysfs, NULL) || !sysfs.valid[KSM_SYSFS_pages_scanned] ||
	    ksm_ksmd_open(root, &ksmd, NULL) || ksm_ksmd_ticks(ksmd, &ticks, NULL))
		return false;
	pages = sysfs.value[KSM_SYSFS_pages_scanned];
	seconds = (double)ticks / (double)sysconf(_SC_CLK_TCK);
	if (pages < ENOUGH_PAGES || seconds < ENOUGH_SECONDS)
		return false;
	cost->seconds_per_page = seconds / (double)pages;
	snprintf(cost->basis, sizeof(cost->basis),
		 "ksmd's own CPU time over %" PRId64 " pages since boot", pages);
	return true;
}

static double cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds for the checksums of all pages of @data. */
static double time_once(const unsigned char *data, enum ksm_checksum_kind kind,
			unsigned int page_size)
{
	double begin = cpu_now();

	for (size_t at = 0; at < SAMPLE_BYTES; at += page_size) {
		uint64_t sum = kind == KSM_CHECKSUM_JHASH2
				       ? ksm_jhash2(data + at, page_size / 4, 17)
				       : ksm_xxh64(data + at, page_size);

		/* The compiler must not leave out what nobody uses. */
		__asm__ volatile("" : : "r"(sum));
	}
	return cpu_now() - begin;
}

/* Seconds for the checksum of a page, where nothing comes in between. */
static double time_checksum(const unsigned char *data, enum ksm_checksum_kind kind,
			    unsigned int page_size)
{
	double least = time_once(data, kind, page_size);

	for (int i = 1; i < SAMPLE_TIMES; i++)
		least = fmin(least, time_once(data, kind, page_size));
	return least * page_size / (double)SAMPLE_BYTES;
}

static double from_checksums(enum ksm_checksum_kind kind, unsigned int page_size)
{
	unsigned char *data ksm_auto_free = malloc(SAMPLE_BYTES);

	if (!data)
		return 0;
	memset(data, 0x5a, SAMPLE_BYTES);
	return BESIDES_CHECKSUM * time_checksum(data, KSM_CHECKSUM_XXHASH, 4096) +
	       time_checksum(data, kind, page_size);
}

/* The coarse clocks go on with each tick (kernel/time/posix-stubs.c and posix-timers.c). */
static double tick_seconds(void)
{
	struct timespec t;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &t))
		return 0;
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void ksm_cost_measure(const struct ksm_root *root, enum ksm_checksum_kind kind,
		      unsigned int page_size, struct ksm_cost *ret_cost)
{
	ret_cost->tick_seconds = tick_seconds();
	if (from_ksmd(root, ret_cost))
		return;
	ret_cost->seconds_per_page = from_checksums(kind, page_size);
	snprintf(ret_cost->basis, sizeof(ret_cost->basis),
		 "its %s here, and %.1f times an XXH64 of 4 KiB: ksmd has not scanned enough yet",
		 ksm_checksum_name(kind), BESIDES_CHECKSUM);
}
