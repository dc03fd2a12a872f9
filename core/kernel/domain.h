/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who must not read whose memory: users, containers, guests. Merging makes pages of two processes one, and timing a
 * write to it tells each that the other has the same (Documentation/admin-guide/mm/ksm.rst, security
 * considerations). So what merges should lie within one domain, or its domains trust each other.
 */
#ifndef KSM_KERNEL_DOMAIN_H
#define KSM_KERNEL_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "kernel/process.h"

enum ksm_domain_kind {
	KSM_DOMAIN_USER,      /* processes of one user, in no container */
	KSM_DOMAIN_CONTAINER, /* of one container, whoever their users are */
	KSM_DOMAIN_GUEST,     /* a virtual machine: one hypervisor process */
};

#define KSM_CONTAINER_MAX 80

struct ksm_domain {
	enum ksm_domain_kind kind;
	uid_t uid;			   /* of a user; 0 otherwise */
	pid_t pid;			   /* of a guest; 0 otherwise */
	char container[KSM_CONTAINER_MAX]; /* its name in the control groups, unescaped; else "" */
};

/*
 * A guest by the name of the hypervisor's process; a container by what docker, podman, containerd, CRI-O, lxc and
 * systemd-nspawn call its control group; else the user.
 */
void ksm_domain_of(const struct ksm_process *process, struct ksm_domain *ret_domain);

/* Does a control group's path name a container, or what is inside one? */
bool ksm_cgroup_is_container(const char *path);

bool ksm_domain_equal(const struct ksm_domain *a, const struct ksm_domain *b);

/* "user 1000", "container 3f2a", "guest of process 123": unescaped. */
#define KSM_DOMAIN_NAME_MAX (KSM_CONTAINER_MAX + 32)
void ksm_domain_name(const struct ksm_domain *domain, char ret_name[KSM_DOMAIN_NAME_MAX]);

#endif
