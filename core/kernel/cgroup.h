/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of the lines of /proc/PID/cgroup ("ID:CONTROLLERS:PATH"), the one that says most about a process. */
#ifndef KSM_KERNEL_CGROUP_H
#define KSM_KERNEL_CGROUP_H

#include <stdint.h>
#include <stddef.h>
#include <string.h>

#include "kernel/domain.h"

/* Zero-initialise. @path points into a line that was considered. */
struct ksm_cgroup_choice {
	const char *path;
	size_t rank;
};

/*
 * One that names a container goes before one that does not, then the longer one, then v2 ("0::"). Where v2 is mounted
 * beside v1, it may be the root of all processes, or that of the service which starts the containers.
 */
static inline void ksm_cgroup_consider(struct ksm_cgroup_choice *choice, const char *line)
{
	const char *path = strchr(line, ':');
	size_t rank;

	path = path ? strchr(path + 1, ':') : NULL;
	if (!path)
		return;
	path++;
	rank = 2 * strlen(path) + !strncmp(line, "0::", 3);
	if (ksm_cgroup_is_container(path))
		rank += SIZE_MAX / 2;
	if (!choice->path || rank > choice->rank) {
		choice->path = path;
		choice->rank = rank;
	}
}

#endif
