/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which NUMA node a page frame lies on, by the spans of the zones in /proc/zoneinfo: they cover all memory to
 * the frame and need no right, where the memory blocks of /sys/devices/system/node take CONFIG_MEMORY_HOTPLUG
 * and may each hold frames of two nodes. Source: zoneinfo_show_print() in mm/vmstat.c, 2.6.32 to 6.18.
 */
#ifndef KSM_KERNEL_NODES_H
#define KSM_KERNEL_NODES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "kernel/root.h"

/* Numbers of nodes are below this: CONFIG_NODES_SHIFT is at most 10. */
#define KSM_NODES_MAX 1024

/* Frames start..end (end exclusive) of one node. */
struct ksm_node_span {
	uint64_t start;
	uint64_t end;
	unsigned int nid;
};

struct ksm_nodes {
	/*
	 * In ascending order and apart from each other. What zones of two nodes span is left out: the zones of
	 * a node go from its first frame to its last, whatever lies between.
	 */
	struct ksm_node_span *span;
	size_t n_spans;
	unsigned int n_nodes; /* that have memory */
};

/* -EBADMSG (KSM_ERR_FORMAT) or -ENOMEM. The caller frees with ksm_nodes_free(), here and below. */
int ksm_nodes_parse(const char *text, size_t len, struct ksm_nodes *ret_nodes,
		    struct ksm_error *err);
int ksm_nodes_read(const struct ksm_root *root, struct ksm_nodes *ret_nodes, struct ksm_error *err);
void ksm_nodes_free(struct ksm_nodes *nodes);

/* -1 for a frame of no zone, or of zones of two nodes. */
int ksm_nodes_find(const struct ksm_nodes *nodes, uint64_t pfn);

#endif
