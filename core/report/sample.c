/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/sample.h"

#include <math.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

void ksm_sampler_init(struct ksm_sampler *sampler, const struct ksm_root *root,
		      enum ksm_sample_processes processes)
{
	*sampler = (struct ksm_sampler){.root = root, .processes = processes, .ksmd_fd = -1};
	ksm_ksmd_open(root, &sampler->ksmd_fd, NULL);
}

void ksm_sampler_release(struct ksm_sampler *sampler)
{
	if (sampler->ksmd_fd >= 0)
		close(sampler->ksmd_fd);
	sampler->ksmd_fd = -1;
}

/* The load, of one CPU since the sample before, and the seconds so far; NAN where that cannot be told. */
static double measure_cpu(struct ksm_sampler *sampler, int64_t time, double *ret_seconds)
{
	long hz = sysconf(_SC_CLK_TCK);
	uint64_t ticks;

	*ret_seconds = NAN;
	if (sampler->ksmd_fd < 0 || ksm_ksmd_ticks(sampler->ksmd_fd, &ticks, NULL)) {
		sampler->load = (struct ksm_ksmd_load){0};
		return NAN;
	}
	*ret_seconds = (double)ticks / (double)hz;
	return ksm_ksmd_load_percent(&sampler->load, ticks, time, hz);
}

int ksm_sampler_take(struct ksm_sampler *sampler, struct ksm_sample *ret_sample,
		     struct ksm_error *err)
{
	struct ksm_sample sample = {0};
	struct timespec real;
	struct ksm_sysfs sysfs;
	int64_t now;
	int ret = ksm_sysfs_read(sampler->root, &sysfs, err);

	clock_gettime(CLOCK_REALTIME, &real);
	now = ksm_now();
	if (!ret && sampler->processes != KSM_SAMPLE_NO_PROCESSES)
		ret = ksm_process_statuses_read(sampler->root, sampler->processes == KSM_SAMPLE_ALL,
						&sample.processes, err);
	if (ret)
		return ret;
	sample.time = (double)real.tv_sec + (double)real.tv_nsec / 1e9;
	ksm_status_init(&sample.status, &sysfs, sampler->root->page_size);
	sample.status.ksmd_cpu_percent = measure_cpu(sampler, now, &sample.ksmd_seconds);
	ksm_rates_unknown(&sample.rates);
	if (sampler->has_last)
		ksm_rates_init(&sample.rates, &sampler->last, &sysfs,
			       (double)(now - sampler->last_time) / 1e9);
	sampler->has_last = true;
	sampler->last = sysfs;
	sampler->last_time = now;
	*ret_sample = sample;
	return 0;
}

void ksm_sample_free(struct ksm_sample *sample)
{
	ksm_process_statuses_free(&sample->processes);
}
