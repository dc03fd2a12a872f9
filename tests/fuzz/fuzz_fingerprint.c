/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fingerprint's file: what parses is printed and parses to the same again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fleet/fingerprint_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ksm_cleanup(ksm_fingerprint_release) struct ksm_fingerprint parsed = {0}, again = {0};
	const struct ksm_fingerprint_format *format = ksm_fingerprint_format_of_front(data, size);
	ksm_auto_str struct ksm_str file = {0};

	if (!format || format->parse((const char *)data, size, &parsed, NULL))
		return 0;
	if (format->print(&parsed, &file) || format->parse(file.data, file.len, &again, NULL) ||
	    again.n != parsed.n ||
	    (again.n && memcmp(again.row, parsed.row, again.n * sizeof(*again.row)) != 0))
		abort();
	return 0;
}
