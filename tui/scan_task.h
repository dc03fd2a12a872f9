/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scan of one process in a thread of its own, while the dashboard goes on. */
#ifndef KSM_TUI_SCAN_TASK_H
#define KSM_TUI_SCAN_TASK_H

#include "kernel/process.h"
#include "tui/state.h"

struct tui_scan_task;

/* @root must outlive it. NULL for want of memory or of a thread. */
struct tui_scan_task *tui_scan_task_start(const struct ksm_root *root,
					  const struct ksm_process *process);
/* How far it is; true once it has ended: then @scan has what came of it, and the task is gone. */
bool tui_scan_task_look(struct tui_scan_task **task, struct tui_scan *scan);
/* Ends it, and waits for that: at once while it reads, else until what it has read is sorted out. */
void tui_scan_task_stop(struct tui_scan_task **task);

#endif
