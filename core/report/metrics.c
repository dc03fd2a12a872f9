/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel/tunables.h"

struct writer {
	struct ksm_str *text;
	bool open_metrics;
	int error;
};

static void put(struct writer *writer, int ret)
{
	writer->error = writer->error ? writer->error : ret;
}

/* A family. A counter's series end in _total; in OpenMetrics its family does not. */
static void family(struct writer *writer, const char *name, bool is_counter, const char *help)
{
	const char *suffix = is_counter && !writer->open_metrics ? "_total" : "";
	const char *unit = strrchr(name, '_') + 1;

	put(writer, ksm_str_printf(writer->text, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix,
				   help, name, suffix, is_counter ? "counter" : "gauge"));
	if (writer->open_metrics && (strcmp(unit, "bytes") == 0 || strcmp(unit, "seconds") == 0))
		put(writer, ksm_str_printf(writer->text, "# UNIT %s %s\n", name, unit));
}

/* ---------------------------------------------------------------- the machine */

static void gauge(struct writer *writer, const char *name, int64_t value, const char *help)
{
	if (value == KSM_UNKNOWN)
		return;
	family(writer, name, false, help);
	put(writer, ksm_str_printf(writer->text, "%s %" PRId64 "\n", name, value));
}

static void counter(struct writer *writer, const char *name, int64_t value, const char *help)
{
	if (value == KSM_UNKNOWN)
		return;
	family(writer, name, true, help);
	put(writer, ksm_str_printf(writer->text, "%s_total %" PRId64 "\n", name, value));
}

static int64_t field(const struct ksm_status *status, enum ksm_sysfs_field field, int64_t unit)
{
	int64_t value;

	if (!status->sysfs.valid[field] ||
	    __builtin_mul_overflow(status->sysfs.value[field], unit, &value))
		return KSM_UNKNOWN;
	return value;
}

static void put_memory(struct writer *writer, const struct ksm_status *status)
{
	int64_t page = status->page_size;

	gauge(writer, "ksm_saved_bytes", status->saved_bytes, "Memory that merging saves.");
	gauge(writer, "ksm_profit_bytes", status->general_profit,
	      "Memory saved, less what the kernel's rmap items take; can be negative.");
	gauge(writer, "ksm_metadata_bytes", status->metadata_bytes,
	      "Memory that the kernel's rmap items take.");
	gauge(writer, "ksm_shared_bytes", field(status, KSM_SYSFS_pages_shared, page),
	      "KSM pages in use.");
	gauge(writer, "ksm_sharing_bytes", field(status, KSM_SYSFS_pages_sharing, page),
	      "Further mappings of KSM pages.");
	gauge(writer, "ksm_unshared_bytes", field(status, KSM_SYSFS_pages_unshared, page),
	      "Pages without a twin, checked again in every scan.");
	gauge(writer, "ksm_volatile_bytes", field(status, KSM_SYSFS_pages_volatile, page),
	      "Pages that change too fast, or are skipped.");
	gauge(writer, "ksm_zero_bytes", field(status, KSM_SYSFS_ksm_zero_pages, page),
	      "Pages merged with the zero page.");
}

static void put_work(struct writer *writer, const struct ksm_status *status, double ksmd_seconds)
{
	gauge(writer, "ksm_stable_node_chains", field(status, KSM_SYSFS_stable_node_chains, 1),
	      "Contents that need several KSM pages.");
	gauge(writer, "ksm_stable_node_dups", field(status, KSM_SYSFS_stable_node_dups, 1),
	      "KSM pages of such contents.");
	counter(writer, "ksm_full_scans", field(status, KSM_SYSFS_full_scans, 1),
		"Full scans; begins anew when all is unmerged.");
	counter(writer, "ksm_scanned_pages", field(status, KSM_SYSFS_pages_scanned, 1),
		"Pages that ksmd has looked at.");
	counter(writer, "ksm_skipped_pages", field(status, KSM_SYSFS_pages_skipped, 1),
		"Pages that smart scan has left out.");
	if (isnan(ksmd_seconds))
		return;
	family(writer, "ksm_ksmd_cpu_seconds", true, "CPU time that ksmd has used.");
	put(writer,
	    ksm_str_printf(writer->text, "ksm_ksmd_cpu_seconds_total %.2f\n", ksmd_seconds));
}

static void put_tunables(struct writer *writer, const struct ksm_status *status)
{
	size_t n;
	const struct ksm_tunable *tunables = ksm_tunables(&n);

	family(writer, "ksm_tunable", false,
	       "Tunables by their names in sysfs; advisor_mode is 0 for none, 1 for scan-time.");
	for (size_t i = 0; i < n; i++)
		if (status->sysfs.valid[tunables[i].field])
			put(writer,
			    ksm_str_printf(writer->text, "ksm_tunable{name=\"%s\"} %" PRId64 "\n",
					   ksm_sysfs_name(tunables[i].field),
					   status->sysfs.value[tunables[i].field]));
}

/* ---------------------------------------------------------------- processes */

/*
 * Made safe as for a terminal, which is where such text is looked at too. A backslash is escaped by that already, as the
 * format wants it; the one of \xNN is not.
 */
static int put_label(struct ksm_str *text, const char *name, const char *value)
{
	struct ksm_str safe ksm_auto_str = {0};
	int ret = ksm_str_escape(&safe, value, strlen(value))
			  ?: ksm_str_printf(text, ",%s=\"", name);

	for (const char *c = safe.data; c && *c && !ret; c++) {
		ret = ksm_str_printf(text, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
		c += c[0] == '\\' && c[1] == '\\';
	}
	return ret ? ret : ksm_str_append(text, "\"", 1);
}

static void put_process(struct writer *writer, const char *name,
			const struct ksm_process_status *status, int64_t value)
{
	if (value == KSM_UNKNOWN)
		return;
	put(writer,
	    ksm_str_printf(writer->text, "%s{pid=\"%d\"", name, status->process.pid)
		    ?: put_label(writer->text, "name", status->process.name)
		    ?: put_label(writer->text, "cgroup", status->process.cgroup)
		    ?: ksm_str_printf(writer->text, "} %" PRId64 "\n", value));
}

static int64_t merged_of(const struct ksm_process_status *status)
{
	return status->merged_bytes;
}

static int64_t cost_of(const struct ksm_process_status *status)
{
	return status->cost_bytes;
}

static int64_t profit_of(const struct ksm_process_status *status)
{
	return status->profit_bytes;
}

/* They are sorted by profit, those without a known one last. */
static size_t count_known(const struct ksm_process_statuses *processes)
{
	size_t n = 0;

	while (n < processes->n && processes->item[n].profit_bytes != KSM_UNKNOWN)
		n++;
	return n;
}

static void put_processes(struct writer *writer, const struct ksm_process_statuses *processes)
{
	static const struct {
		const char *name, *help;
		int64_t (*of)(const struct ksm_process_status *status);
	} families[] = {
		{"ksm_process_merged_bytes",
		 "Mappings of a process that are merged; more than it saves.", merged_of},
		{"ksm_process_metadata_bytes", "Memory that its rmap items take.", cost_of},
		{"ksm_process_profit_bytes", "Merged less metadata; can be negative.", profit_of},
	};
	const size_t most = KSM_METRICS_PROCESSES_MAX, known = count_known(processes);
	size_t left_out = known > most ? known - most : 0; /* in the middle */

	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		family(writer, families[f].name, false, families[f].help);
		for (size_t i = 0; i < processes->n && i < most; i++) {
			const struct ksm_process_status *status =
				&processes->item[i < most / 2 ? i : i + left_out];

			put_process(writer, families[f].name, status, families[f].of(status));
		}
	}
}

int ksm_report_metrics(const struct ksm_status *status, double ksmd_seconds,
		       const struct ksm_process_statuses *processes, bool open_metrics,
		       struct ksm_str *text)
{
	struct writer writer = {.text = text, .open_metrics = open_metrics};

	put_memory(&writer, status);
	put_work(&writer, status, ksmd_seconds);
	put_tunables(&writer, status);
	if (processes)
		put_processes(&writer, processes);
	if (open_metrics)
		put(&writer, ksm_str_printf(text, "# EOF\n"));
	return writer.error;
}
