/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/meminfo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

/* "NAME:   123 kB" at the beginning of a line. */
static int find(const char *text, const char *name, uint64_t *ret_bytes)
{
	size_t len = strlen(name);
	unsigned long long kib;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) == 0 && line[len] == ':' &&
		    sscanf(line + len + 1, "%llu kB", &kib) == 1 && kib <= UINT64_MAX >> 10) {
			*ret_bytes = kib << 10;
			return 0;
		}
		if (!*line)
			break;
	}
	return -ENOENT;
}

static int find_available(const char *text, uint64_t *ret_bytes)
{
	static const char *const also[] = {"Buffers", "Cached"};
	uint64_t sum, bytes;

	if (!find(text, "MemAvailable", ret_bytes))
		return 0;
	if (find(text, "MemFree", &sum))
		return -ENOENT;
	for (size_t i = 0; i < sizeof(also) / sizeof(also[0]); i++)
		if (!find(text, also[i], &bytes) && __builtin_add_overflow(sum, bytes, &sum))
			return -ERANGE;
	*ret_bytes = sum;
	return 0;
}

int ksm_meminfo_parse(const char *text, struct ksm_meminfo *ret_meminfo, struct ksm_error *err)
{
	struct ksm_meminfo meminfo;

	if (find(text, "MemTotal", &meminfo.total) || find_available(text, &meminfo.available))
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "meminfo does not tell how much memory is available");
	*ret_meminfo = meminfo;
	return 0;
}

uint64_t ksm_meminfo_total(const struct ksm_root *root)
{
	struct ksm_str text ksm_auto_str = {0};
	uint64_t total;

	if (ksm_read_at(root->proc_fd, "meminfo", 64 << 10, &text, NULL) ||
	    find(text.data ? text.data : "", "MemTotal", &total))
		return 0;
	return total;
}

int ksm_meminfo_read(const struct ksm_root *root, struct ksm_meminfo *ret_meminfo,
		     struct ksm_error *err)
{
	struct ksm_str text ksm_auto_str = {0};
	int ret = ksm_read_at(root->proc_fd, "meminfo", 64 << 10, &text, err);

	return ret ?: ksm_meminfo_parse(text.data ? text.data : "", ret_meminfo, err);
}
