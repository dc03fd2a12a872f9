/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ksmd_cpu.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "kernel/process.h"

enum { STAT_MAX = 4096, UTIME_FIELD = 14 };

/* 1 if it is @pid, a handle on which goes to @data. */
static int open_if_ksmd(const struct ksm_root *root, pid_t pid, void *data, struct ksm_error *err)
{
	ksm_auto_str struct ksm_str stat = {0};
	struct ksm_process process;
	char path[32];
	bool is_ksmd;

	snprintf(path, sizeof(path), "%d/stat", pid);
	if (ksm_read_at(root->proc_fd, path, STAT_MAX, &stat, NULL) || !stat.len ||
	    !strstr(stat.data, " (ksmd) ") || ksm_process_get(root, pid, &process, NULL))
		return 0;
	/* A program may call itself ksmd, but it has memory, or is a zombie. */
	is_ksmd = strcmp(process.name, "ksmd") == 0 && !process.has_memory && process.state != 'Z';
	ksm_process_free(&process);
	return is_ksmd ? ksm_root_open_pid(root, pid, data, err) ?: 1 : 0;
}

/* Not by the list of all processes: kernel threads come first, and there may be thousands of others. */
int ksm_ksmd_open(const struct ksm_root *root, int *ret_dir_fd, struct ksm_error *err)
{
	int rc = ksm_processes_walk(root, open_if_ksmd, ret_dir_fd, err);

	if (rc)
		return rc < 0 ? rc : 0;
	return ksm_error_set(err, KSM_ERR_GONE, ESRCH, "the kernel thread \"ksmd\" is not visible");
}

int ksm_ksmd_ticks_parse(const char *text, uint64_t *ret_ticks, struct ksm_error *err)
{
	const char *at = ksm_stat_field(text, UTIME_FIELD), *end = text + strlen(text);
	uint64_t ticks[2] = {0};

	for (int i = 0; at && i < 2; i++)
		at = !ksm_take_u64(&at, end, 10, UINT64_MAX, &ticks[i]) && *at == ' ' ? at + 1
										      : NULL;
	if (!at)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "the stat file of \"ksmd\" is not what proc(5) says");
	*ret_ticks = ticks[0] + ticks[1];
	return 0;
}

int ksm_ksmd_ticks(int dir_fd, uint64_t *ret_ticks, struct ksm_error *err)
{
	ksm_auto_str struct ksm_str text = {0};
	int rc = ksm_read_at(dir_fd, "stat", STAT_MAX, &text, err);

	return rc ? rc : ksm_ksmd_ticks_parse(text.data ? text.data : "", ret_ticks, err);
}

double ksm_ksmd_load_percent(struct ksm_ksmd_load *load, uint64_t ticks, int64_t time, long hz)
{
	double percent = NAN;

	if (load->has_last && ticks >= load->last_ticks && time > load->last_time)
		percent = 100.0 * ((double)(ticks - load->last_ticks) / (double)hz) /
			  ((double)(time - load->last_time) / 1e9);
	*load = (struct ksm_ksmd_load){true, ticks, time};
	return percent;
}
