/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/cost.h"

#include <inttypes.h>
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
 * 4.3 us a page over 6.7 million pages of a test suite, against 0.45 us for XXH64 of a page that is not in
 * the cache (both on one x86-64 machine, kernel 6.18).
 */
#define CHECKSUMS_PER_PAGE 9.5

#define SAMPLE_BYTES ((size_t)32 << 20)

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

/* Seconds for the checksum of a page that comes from memory. */
static double time_checksum(enum ksm_checksum_kind kind, unsigned int page_size)
{
	unsigned char *data ksm_auto_free = malloc(SAMPLE_BYTES);
	double begin;

	if (!data)
		return 0;
	memset(data, 0x5a, SAMPLE_BYTES);
	begin = cpu_now();
	for (size_t at = 0; at < SAMPLE_BYTES; at += page_size) {
		uint64_t sum = kind == KSM_CHECKSUM_JHASH2
				       ? ksm_jhash2(data + at, page_size / 4, 17)
				       : ksm_xxh64(data + at, page_size);

		/* The compiler must not leave out what nobody uses. */
		__asm__ volatile("" : : "r"(sum));
	}
	return (cpu_now() - begin) * page_size / (double)SAMPLE_BYTES;
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
	ret_cost->seconds_per_page = CHECKSUMS_PER_PAGE * time_checksum(kind, page_size);
	snprintf(ret_cost->basis, sizeof(ret_cost->basis),
		 "%.1f times a %s of a page here: ksmd has not scanned enough yet to tell itself",
		 CHECKSUMS_PER_PAGE, ksm_checksum_name(kind));
}
