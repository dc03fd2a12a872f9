/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading another process's pages, as fast as the kernel gives them. */
#ifndef KSM_SOURCE_PROCESS_READ_H
#define KSM_SOURCE_PROCESS_READ_H

#include "source/page_source.h"

/*
 * Reads every page of @batch to its place in batch->data: by process_vm_readv, and by /proc/PID/mem where
 * that refuses (PROT_NONE areas). Pages that neither gives are marked KSM_PAGE_LOST and batch->error tells
 * of the first. @pid 0 reads by @mem_fd alone.
 */
void ksm_process_read_batch(pid_t pid, int mem_fd, unsigned int page_size, struct ksm_batch *batch);

#endif
