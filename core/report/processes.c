/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/processes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/report.h"

#define RMAP_ITEM_BYTES 64 /* on 64-bit kernels, in all versions */

static int64_t stat_bytes(const struct ksm_stat *stat, enum ksm_stat_field field, int64_t size)
{
	int64_t bytes;

	if (!stat->valid[field] || __builtin_mul_overflow(stat->value[field], size, &bytes))
		return KSM_UNKNOWN;
	return bytes;
}

static const char *opt_in_of(const struct ksm_stat *stat)
{
	if (!stat->valid[KSM_STAT_ksm_merge_any] || !stat->valid[KSM_STAT_ksm_mergeable])
		return NULL;
	if (stat->value[KSM_STAT_ksm_merge_any])
		return "whole";
	return stat->value[KSM_STAT_ksm_mergeable] ? "part" : "none";
}

void ksm_process_status_init(struct ksm_process_status *status, unsigned int page_size)
{
	const struct ksm_stat *stat = &status->stat;

	status->opt_in = opt_in_of(stat);
	status->cost_bytes = stat_bytes(stat, KSM_STAT_ksm_rmap_items, RMAP_ITEM_BYTES);
	status->zero_bytes = stat_bytes(stat, KSM_STAT_ksm_zero_pages, page_size);
	status->merged_bytes = stat_bytes(stat, KSM_STAT_ksm_merging_pages, page_size);
	if (status->merged_bytes != KSM_UNKNOWN && status->zero_bytes != KSM_UNKNOWN &&
	    __builtin_add_overflow(status->merged_bytes, status->zero_bytes, &status->merged_bytes))
		status->merged_bytes = KSM_UNKNOWN;
	status->profit_bytes = stat->valid[KSM_STAT_ksm_process_profit]
				       ? stat->value[KSM_STAT_ksm_process_profit]
				       : KSM_UNKNOWN;
}

static void read_one(const struct ksm_root *root, struct ksm_process_status *status)
{
	ksm_auto_close int dir_fd = -1;

	status->is_readable = !ksm_root_open_pid(root, status->process.pid, &dir_fd, NULL) &&
			      !ksm_stat_read(dir_fd, &status->stat, NULL);
	ksm_process_status_init(status, root->page_size);
}

bool ksm_process_is_concerned(const struct ksm_process_status *status)
{
	static const enum ksm_stat_field fields[] = {
		KSM_STAT_ksm_rmap_items, KSM_STAT_ksm_zero_pages, KSM_STAT_ksm_merging_pages,
		KSM_STAT_ksm_merge_any, KSM_STAT_ksm_mergeable};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (status->stat.valid[fields[i]] && status->stat.value[fields[i]])
			return true;
	return false;
}

/* A name is looked up once: that may ask a server. */
static char *user_of(const struct ksm_process_statuses *statuses, uid_t uid)
{
	for (size_t i = 0; i < statuses->n; i++)
		if (statuses->item[i].process.uid == uid)
			return strdup(statuses->item[i].user);
	return ksm_user_name(uid);
}

static int by_profit(const void *a, const void *b)
{
	const struct ksm_process_status *pa = a, *pb = b;

	/* KSM_UNKNOWN is the least of all. */
	if (pa->profit_bytes != pb->profit_bytes)
		return pa->profit_bytes > pb->profit_bytes ? -1 : 1;
	return pa->process.pid < pb->process.pid ? -1 : 1;
}

int ksm_process_statuses_read(const struct ksm_root *root, bool all,
			      struct ksm_process_statuses *ret_statuses, struct ksm_error *err)
{
	struct ksm_process_statuses statuses = {0};
	struct ksm_processes list;
	int ret = ksm_processes_list(root, &list, err);

	if (ret)
		return ret;
	statuses.list = list;
	statuses.item = calloc(statuses.list.n + 1, sizeof(*statuses.item));
	if (!statuses.item) {
		ksm_process_statuses_free(&statuses);
		return ksm_error_no_memory(err);
	}
	for (size_t i = 0; i < statuses.list.n; i++) {
		struct ksm_process_status *status = &statuses.item[statuses.n];

		*status = (struct ksm_process_status){.process = statuses.list.process[i]};
		if (!status->process.has_memory)
			continue;
		read_one(root, status);
		statuses.n_unreadable += !status->is_readable;
		if (!all && !ksm_process_is_concerned(status))
			continue;
		status->user = user_of(&statuses, status->process.uid);
		if (!status->user) {
			ksm_process_statuses_free(&statuses);
			return ksm_error_no_memory(err);
		}
		statuses.n++;
	}
	qsort(statuses.item, statuses.n, sizeof(*statuses.item), by_profit);
	*ret_statuses = statuses;
	return 0;
}

void ksm_process_statuses_free(struct ksm_process_statuses *statuses)
{
	for (size_t i = 0; i < statuses->n; i++)
		free(statuses->item[i].user);
	free(statuses->item);
	ksm_processes_free(&statuses->list);
	*statuses = (struct ksm_process_statuses){0};
}

static json_object *stat_value(const struct ksm_stat *stat, enum ksm_stat_field field)
{
	if (!stat->valid[field])
		return NULL;
	if (field == KSM_STAT_ksm_merge_any || field == KSM_STAT_ksm_mergeable)
		return ksm_json_bool(stat->value[field] != 0);
	return ksm_json_int(stat->value[field]);
}

void ksm_report_put_stat(json_object *object, const struct ksm_stat *stat)
{
	for (int i = 0; i < KSM_STAT_N; i++)
		ksm_json_put(object, ksm_stat_name((enum ksm_stat_field)i),
			     stat_value(stat, (enum ksm_stat_field)i));
}

static json_object *process_object(const struct ksm_process_status *status)
{
	json_object *object = ksm_json_object();

	ksm_json_put(object, "pid", ksm_json_int(status->process.pid));
	ksm_json_put(object, "ppid", ksm_json_int(status->process.ppid));
	ksm_json_put(object, "name", ksm_json_string(status->process.name));
	ksm_json_put(object, "user", ksm_json_string(status->user));
	ksm_json_put(object, "cgroup", ksm_json_string(status->process.cgroup));
	ksm_json_put(object, "rss_bytes", ksm_json_int((int64_t)status->process.rss_bytes));
	ksm_report_put_stat(object, &status->stat);
	ksm_json_put(object, "merged_bytes", ksm_json_number(status->merged_bytes));
	ksm_json_put(object, "metadata_bytes", ksm_json_number(status->cost_bytes));
	return object;
}

json_object *ksm_report_processes(const struct ksm_process_statuses *statuses)
{
	json_object *array = ksm_json_array();

	for (size_t i = 0; i < statuses->n; i++)
		ksm_json_append(array, process_object(&statuses->item[i]));
	return array;
}
