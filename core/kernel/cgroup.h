/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of the lines of /proc/PID/cgroup ("ID:CONTROLLERS:PATH"), the one that says most about a process. */
#ifndef KSM_KERNEL_CGROUP_H
#define KSM_KERNEL_CGROUP_H

#include <stdint.h>
#include <stddef.h>
#include <string.h>

/* Zero-initialise. @path points into a line that was considered. */
struct ksm_cgroup_choice {
	const char *path;
	size_t rank;
};

/*
 * The v2 path ("0::"), unless that is the root while a v1 hierarchy knows better, as where v2 is mounted
 * beside v1 and not used; else the longest.
 */
static inline void ksm_cgroup_consider(struct ksm_cgroup_choice *choice, const char *line)
{
	const char *path = strchr(line, ':');
	size_t rank;

	path = path ? strchr(path + 1, ':') : NULL;
	if (!path)
		return;
	path++;
	rank = strncmp(line, "0::", 3) || !strcmp(path, "/") ? strlen(path) : SIZE_MAX;
	if (rank > choice->rank) {
		choice->path = path;
		choice->rank = rank;
	}
}

#endif
