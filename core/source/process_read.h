/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading another process's pages, as fast as the kernel gives them without a trace. */
#ifndef KSM_SOURCE_PROCESS_READ_H
#define KSM_SOURCE_PROCESS_READ_H

#include "source/page_source.h"

/*
 * Reads every page of @batch to its place in batch->data: by process_vm_readv, and by /proc/PID/mem what that
 * refuses (PROT_NONE areas) or must not touch. process_vm_readv pins what it reads, and since 5.19 a pin gives
 * the target a copy of its own of every page that fork or KSM lets it share (gup_must_unshare in mm/internal.h):
 * a scan would undo what it is to measure. Pages that cannot be read are marked KSM_PAGE_LOST, and
 * batch->error tells of the first. @pid 0 reads by @mem_fd alone.
 */
void ksm_process_read_batch(pid_t pid, int mem_fd, unsigned int page_size, struct ksm_batch *batch);

#endif
