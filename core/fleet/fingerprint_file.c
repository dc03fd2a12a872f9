/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/fingerprint_file.h"

#include <string.h>

#include "fleet/fingerprint_parquet.h"
#include "fleet/fingerprint_tsv.h"
#include "fleet/parquet.h"

static const struct ksm_fingerprint_format formats[] = {
	{".tsv", ksm_fingerprint_is_tsv, ksm_fingerprint_print_tsv, ksm_fingerprint_parse_tsv},
	{".parquet", ksm_parquet_is, ksm_fingerprint_print_parquet, ksm_fingerprint_parse_parquet},
};
#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

const struct ksm_fingerprint_format *ksm_fingerprint_format_of_name(const char *name)
{
	size_t len = strlen(name), suffix_len;

	for (size_t i = 0; i < N_FORMATS; i++) {
		suffix_len = strlen(formats[i].suffix);
		if (len >= suffix_len && strcmp(name + len - suffix_len, formats[i].suffix) == 0)
			return &formats[i];
	}
	return &formats[0];
}

const struct ksm_fingerprint_format *ksm_fingerprint_format_of_front(const void *front, size_t len)
{
	for (size_t i = 0; i < N_FORMATS; i++)
		if (formats[i].is(front, len))
			return &formats[i];
	return NULL;
}
