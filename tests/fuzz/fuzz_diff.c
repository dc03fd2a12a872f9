/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A document given to --diff: against itself nothing differs; against an empty one, either way, all can be shown. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "report/diff.h"
#include "report/html_estimate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(const struct ksm_diff *diff)
{
	struct ksm_html html = {0};
	json_object *object = ksm_report_diff(diff);

	ksm_html_diff(&html, diff);
	if (!object || html.is_short_of_memory)
		abort();
	json_object_put(object);
	ksm_str_free(&html.text);
}

static void compare(json_object *before, json_object *now)
{
	ksm_cleanup(ksm_diff_free) struct ksm_diff diff = {0};

	if (ksm_diff_make(before, now, &diff))
		abort();
	show(&diff);
	if (before != now)
		return;
	if (diff.n_settings)
		abort();
	for (size_t i = 0; i < diff.n_totals; i++)
		if (ksm_diff_change(&diff.total[i]) != 0 &&
		    ksm_diff_change(&diff.total[i]) != KSM_UNKNOWN)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ksm_auto_close int fd = memfd_create("document", MFD_CLOEXEC);
	json_object *document, *empty;
	char path[32];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	if (ksm_diff_read(path, &document, NULL))
		return 0;
	empty = json_object_new_object();
	compare(document, document);
	compare(document, empty);
	compare(empty, document);
	json_object_put(empty);
	json_object_put(document);
	return 0;
}
