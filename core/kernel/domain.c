/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/domain.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Beginnings of a process's name, which the kernel cuts at 15 bytes. */
static const char *const hypervisors[] = {
	"qemu-",  "kvm",	  "cloud-hyperviso", "firecracker",
	"crosvm", "VBoxHeadless", "VirtualBoxVM",    "vmware-vmx",
};

static bool is_guest(const struct ksm_process *process)
{
	for (size_t i = 0; i < sizeof(hypervisors) / sizeof(hypervisors[0]); i++)
		if (strncmp(process->name, hypervisors[i], strlen(hypervisors[i])) == 0)
			return true;
	return false;
}

/* At least @n hexadecimal digits, as runtimes number containers; how many there are, else 0. */
static size_t hex_length(const char *text, size_t len, size_t n)
{
	size_t digits = 0;

	while (digits < len && isxdigit((unsigned char)text[digits]))
		digits++;
	return digits >= n ? digits : 0;
}

/*
 * How one component of a path names a container: where its name begins behind a known beginning, and how long it
 * is; 0 if it names none. @before is the component before, with its slash.
 */
static size_t container_in(const char *part, size_t len, const char *before, const char **ret_name)
{
	/* "docker-ID.scope", "cri-containerd-ID.scope", "machine-NAME.scope" ... */
	static const char *const scopes[] = {"docker-", "libpod-", "cri-containerd-", "crio-",
					     "machine-"};
	/* "/docker/ID", "/lxc/NAME", "/lxc.payload/NAME" */
	static const char *const parents[] = {"docker/", "libpod_parent/", "lxc/", "lxc.payload/"};
	static const char payload[] = "lxc.payload.", scope[] = ".scope";

	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		size_t begin = strlen(scopes[i]);

		if (len <= begin + strlen(scope) || strncmp(part, scopes[i], begin) != 0 ||
		    strncmp(part + len - strlen(scope), scope, strlen(scope)) != 0)
			continue;
		*ret_name = part + begin;
		return len - begin - strlen(scope);
	}
	if (len > strlen(payload) && strncmp(part, payload, strlen(payload)) == 0) {
		*ret_name = part + strlen(payload);
		return len - strlen(payload);
	}
	*ret_name = part;
	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++)
		if (len && strncmp(before, parents[i], strlen(parents[i])) == 0 &&
		    before + strlen(parents[i]) == part)
			return len;
	/* Kubernetes under cgroupfs: ".../podUID/ID". */
	return hex_length(part, len, 64) == len ? len : 0;
}

/* The outermost one: what it starts inside itself is its own affair. */
static bool find_container(const char *cgroup, char ret_name[KSM_CONTAINER_MAX])
{
	const char *before = "";

	while (*cgroup) {
		size_t len = strcspn(cgroup, "/");
		const char *name;
		size_t name_len = container_in(cgroup, len, before, &name);

		if (name_len) {
			snprintf(ret_name, KSM_CONTAINER_MAX, "%.*s", (int)name_len, name);
			return true;
		}
		before = cgroup;
		cgroup += len + (cgroup[len] == '/');
	}
	return false;
}

bool ksm_cgroup_is_container(const char *path)
{
	char name[KSM_CONTAINER_MAX];

	return find_container(path, name);
}

void ksm_domain_of(const struct ksm_process *process, struct ksm_domain *ret_domain)
{
	struct ksm_domain domain = {.kind = KSM_DOMAIN_USER};

	if (is_guest(process)) {
		domain.kind = KSM_DOMAIN_GUEST;
		domain.pid = process->pid;
	} else if (find_container(process->cgroup, domain.container)) {
		domain.kind = KSM_DOMAIN_CONTAINER;
	} else {
		domain.uid = process->uid;
	}
	*ret_domain = domain;
}

bool ksm_domain_equal(const struct ksm_domain *a, const struct ksm_domain *b)
{
	return a->kind == b->kind && a->uid == b->uid && a->pid == b->pid &&
	       strcmp(a->container, b->container) == 0;
}

void ksm_domain_name(const struct ksm_domain *domain, char ret_name[KSM_DOMAIN_NAME_MAX])
{
	switch (domain->kind) {
	case KSM_DOMAIN_GUEST:
		snprintf(ret_name, KSM_DOMAIN_NAME_MAX, "guest of process %d", domain->pid);
		break;
	case KSM_DOMAIN_CONTAINER:
		snprintf(ret_name, KSM_DOMAIN_NAME_MAX, "container %s", domain->container);
		break;
	default:
		snprintf(ret_name, KSM_DOMAIN_NAME_MAX, "user %u", domain->uid);
	}
}
