/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KSM's state as metrics: the text format of Prometheus (0.0.4), as node_exporter's textfile collector reads it, and
 * OpenMetrics 1.0. Names begin with ksm_, amounts are bytes and seconds, there are no timestamps.
 */
#ifndef KSM_REPORT_METRICS_H
#define KSM_REPORT_METRICS_H

#include "base/str.h"
#include "report/processes.h"
#include "report/status.h"

/* Processes that have metrics of their own: each is a series for ever. Half are those that gain most, half lose most. */
#define KSM_METRICS_PROCESSES_MAX 200

/*
 * Appends the metrics. @ksmd_seconds is the CPU time that ksmd has used, NAN if unknown; @processes may be NULL. What
 * is unknown is left out. -ENOMEM only.
 */
int ksm_report_metrics(const struct ksm_status *status, double ksmd_seconds,
		       const struct ksm_process_statuses *processes, bool open_metrics,
		       struct ksm_str *text);

#endif
