/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parquet files of columns that are integers with a sign, none of them missing: PLAIN, pages of version 1, compressed
 * with zstd or not at all. Source: README.md, Encodings.md and parquet.thrift of apache/parquet-format.
 */
#ifndef KSM_FLEET_PARQUET_H
#define KSM_FLEET_PARQUET_H

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

#define KSM_PARQUET_COLUMNS_MAX 8
#define KSM_PARQUET_GROUP_ROWS	(1u << 20) /* rows of a group, at most */

struct ksm_parquet_column {
	const char *name;
	unsigned int bytes; /* 4 or 8 */
};

/* A name and a text, of which a file has a few. */
struct ksm_parquet_fact {
	const char *name;
	const char *text;
	size_t len;
};

struct ksm_parquet_table {
	const struct ksm_parquet_column *column;
	uint32_t n_columns;
	const struct ksm_parquet_fact *fact;
	uint32_t n_facts;
	uint64_t n_rows;
	/* Puts the values of a column into @ret_values, in the byte order of this machine. */
	void (*give)(void *data, uint32_t column, uint64_t first, uint32_t n, void *ret_values);
	void *data;
};

bool ksm_parquet_is(const void *front, size_t len);

/* -ENOMEM, or -EIO if the compressor fails. */
int ksm_parquet_print(const struct ksm_parquet_table *table, struct ksm_str *ret_file);

/* All of these see what is in the file itself. A negative errno ends the reading. */
struct ksm_parquet_see {
	int (*fact)(void *data, const struct ksm_parquet_fact *fact);
	/* After all facts, group by group: values[i] are those of column i. */
	int (*rows)(void *data, uint32_t n, const void *const values[]);
	void *data;
};

/*
 * Of a file that has just @column, in this order. KSM_ERR_FORMAT if it is none or damaged, -ENOMEM, or what @see
 * returned, with @err not filled then.
 */
int ksm_parquet_parse(const void *file, size_t len, const struct ksm_parquet_column *column,
		      uint32_t n_columns, const struct ksm_parquet_see *see, struct ksm_error *err);

#endif
