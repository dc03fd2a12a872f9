/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/top.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/json.h"
#include "report/report.h"

/* ---------------------------------------------------------------- writing */

json_object *ksm_report_top(const struct ksm_sample *sample)
{
	json_object *document = ksm_report_status("ksmctl.top/1", &sample->status, &sample->rates);

	ksm_json_put(document, "time", ksm_json_decimal(sample->time, 3));
	ksm_json_put(document, "processes", ksm_report_processes(&sample->processes));
	return document;
}

/* ---------------------------------------------------------------- reading */

static int bad(struct ksm_error *err, const char *what)
{
	return ksm_error_set(
		err, KSM_ERR_FORMAT, EBADMSG,
		"is no document of ksmctl top: %s is missing, or not what it should be", what);
}

static json_object *member(json_object *object, const char *name, enum json_type type)
{
	json_object *value = NULL;

	if (!json_object_object_get_ex(object, name, &value) || !json_object_is_type(value, type))
		return NULL;
	return value;
}

/* NAN for what is not there, or no number that can be. */
static double real(json_object *object, const char *name)
{
	json_object *value = NULL;
	double number = NAN;

	if (object && json_object_object_get_ex(object, name, &value) &&
	    (json_object_is_type(value, json_type_double) ||
	     json_object_is_type(value, json_type_int)))
		number = json_object_get_double(value);
	return isfinite(number) ? number : NAN;
}

static void read_sysfs(json_object *object, struct ksm_sysfs *ret_sysfs)
{
	struct ksm_sysfs sysfs = {0};

	for (int i = 0; i < KSM_SYSFS_N; i++) {
		json_object *value = NULL;

		if (!json_object_object_get_ex(object, ksm_sysfs_name((enum ksm_sysfs_field)i),
					       &value))
			continue;
		if (i == KSM_SYSFS_advisor_mode)
			sysfs.value[i] = strcmp(json_object_get_string(value) ?: "",
						ksm_advisor_mode_name(KSM_ADVISOR_SCAN_TIME)) == 0
						 ? KSM_ADVISOR_SCAN_TIME
						 : KSM_ADVISOR_NONE;
		else if (json_object_is_type(value, json_type_int))
			sysfs.value[i] = json_object_get_int64(value);
		else
			continue;
		sysfs.valid[i] = true;
	}
	*ret_sysfs = sysfs;
}

static char *text_of(json_object *object, const char *name)
{
	json_object *value = member(object, name, json_type_string);

	return value ? strdup(json_object_get_string(value)) : strdup("");
}

static void read_stat(json_object *object, struct ksm_process_status *status)
{
	for (int i = 0; i < KSM_STAT_N; i++) {
		json_object *value = NULL;

		if (!json_object_object_get_ex(object, ksm_stat_name((enum ksm_stat_field)i),
					       &value) ||
		    !(json_object_is_type(value, json_type_int) ||
		      json_object_is_type(value, json_type_boolean)))
			continue;
		status->stat.valid[i] = status->is_readable = true;
		status->stat.value[i] = json_object_get_int64(value);
	}
}

/* -ENOMEM, or -EBADMSG for what is no process. */
static int read_process(json_object *object, unsigned int page_size, struct ksm_processes *list,
			struct ksm_process_status *ret_status)
{
	json_object *pid = member(object, "pid", json_type_int);
	json_object *ppid = member(object, "ppid", json_type_int);
	json_object *rss = member(object, "rss_bytes", json_type_int);
	struct ksm_process_status status = {0};
	struct ksm_process *process = &status.process;

	if (!pid || json_object_get_int64(pid) <= 0 || json_object_get_int64(pid) > INT_MAX)
		return -EBADMSG;
	process->pid = json_object_get_int(pid);
	process->ppid = ppid ? json_object_get_int(ppid) : 0;
	process->has_memory = true;
	if (rss && json_object_get_int64(rss) > 0)
		process->rss_bytes = (uint64_t)json_object_get_int64(rss);
	process->name = text_of(object, "name");
	process->cgroup = text_of(object, "cgroup");
	status.user = text_of(object, "user");
	/* What the list has is freed with it. */
	list->process[list->n++] = *process;
	read_stat(object, &status);
	ksm_process_status_init(&status, page_size);
	*ret_status = status;
	return process->name && process->cgroup && status.user ? 0 : -ENOMEM;
}

static int read_processes(json_object *array, unsigned int page_size,
			  struct ksm_process_statuses *statuses)
{
	size_t n = json_object_array_length(array);
	int ret = 0;

	statuses->list.process = calloc(n + 1, sizeof(*statuses->list.process));
	statuses->item = calloc(n + 1, sizeof(*statuses->item));
	if (!statuses->list.process || !statuses->item)
		return -ENOMEM;
	for (size_t i = 0; i < n && !ret; i++) {
		struct ksm_process_status *status = &statuses->item[statuses->n];
		json_object *object = json_object_array_get_idx(array, i);

		if (!json_object_is_type(object, json_type_object))
			return -EBADMSG;
		ret = read_process(object, page_size, &statuses->list, status);
		if (ret != -EBADMSG)
			statuses->n++;
		statuses->n_unreadable += !status->is_readable;
	}
	ksm_processes_sort(&statuses->list);
	return ret;
}

static int read_document(json_object *document, struct ksm_sample *sample, struct ksm_error *err)
{
	json_object *schema = member(document, "schema", json_type_string);
	json_object *sysfs = member(document, "sysfs", json_type_object);
	json_object *rates = member(document, "rates", json_type_object);
	json_object *size = member(document, "page_size", json_type_int);
	json_object *processes = member(document, "processes", json_type_array);
	struct ksm_sysfs values;
	int ret;

	if (!schema || strcmp(json_object_get_string(schema), "ksmctl.top/1") != 0)
		return bad(err, "\"schema\"");
	if (!sysfs || !rates || !processes)
		return bad(err, !sysfs ? "\"sysfs\"" : !rates ? "\"rates\"" : "\"processes\"");
	if (!size || json_object_get_int64(size) < 1 || json_object_get_int64(size) > 1 << 30)
		return bad(err, "\"page_size\"");
	sample->time = real(document, "time");
	sample->ksmd_seconds = NAN;
	if (isnan(sample->time))
		return bad(err, "\"time\"");
	read_sysfs(sysfs, &values);
	ksm_status_init(&sample->status, &values, (unsigned int)json_object_get_int(size));
	sample->status.ksmd_cpu_percent = real(document, "ksmd_cpu_percent");
	sample->rates = (struct ksm_rates){
		.pages_scanned = real(rates, "pages_scanned_per_second"),
		.pages_skipped = real(rates, "pages_skipped_per_second"),
		.full_scans = real(rates, "full_scans_per_second"),
		.pages_sharing = real(rates, "pages_sharing_per_second"),
	};
	ret = read_processes(processes, sample->status.page_size, &sample->processes);
	if (ret == -ENOMEM)
		return ksm_error_no_memory(err);
	return ret ? bad(err, "a process") : 0;
}

int ksm_top_parse(const char *text, size_t len, struct ksm_sample *ret_sample,
		  struct ksm_error *err)
{
	json_object *document = ksm_json_parse(text, len);
	struct ksm_sample sample = {0};
	int ret = document ? read_document(document, &sample, err) : bad(err, "an object");

	json_object_put(document);
	if (ret)
		ksm_sample_free(&sample);
	else
		*ret_sample = sample;
	return ret;
}
