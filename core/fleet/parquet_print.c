/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/array.h"
#include "fleet/parquet.h"
#include "fleet/parquet_format.h"
#include "fleet/thrift.h"

#define ZSTD_LEVEL 3

/* Where a column of a group of rows lies. */
struct chunk {
	uint64_t offset;
	uint64_t bytes; /* with the head of its page */
	uint64_t compressed_bytes;
};

struct printing {
	const struct ksm_parquet_table *table;
	struct ksm_str *file;
	size_t file_begin; /* the file may have something before it */
	ZSTD_CCtx *zstd;
	void *values;
	void *compressed;
	size_t compressed_size;
	struct chunk *chunk; /* by group * n_columns + column */
	size_t n_chunks;
	size_t capacity;
};

static uint32_t rows_of_group(const struct ksm_parquet_table *table, uint64_t first)
{
	uint64_t left = table->n_rows - first;

	return left < KSM_PARQUET_GROUP_ROWS ? (uint32_t)left : KSM_PARQUET_GROUP_ROWS;
}

static int print_page_head(struct printing *p, uint32_t n, size_t bytes, size_t compressed)
{
	struct ksm_thrift_writer writer = {.out = p->file};
	int outer;

	ksm_thrift_put_int(&writer, PAGE_TYPE, KSM_THRIFT_I32, PARQUET_DATA_PAGE);
	ksm_thrift_put_int(&writer, PAGE_BYTES, KSM_THRIFT_I32, (int64_t)bytes);
	ksm_thrift_put_int(&writer, PAGE_COMPRESSED_BYTES, KSM_THRIFT_I32, (int64_t)compressed);
	outer = ksm_thrift_begin(&writer, PAGE_DATA);
	ksm_thrift_put_int(&writer, DATA_VALUES, KSM_THRIFT_I32, n);
	ksm_thrift_put_int(&writer, DATA_ENCODING, KSM_THRIFT_I32, PARQUET_PLAIN);
	ksm_thrift_put_int(&writer, DATA_DEFINITIONS, KSM_THRIFT_I32, PARQUET_RLE);
	ksm_thrift_put_int(&writer, DATA_REPETITIONS, KSM_THRIFT_I32, PARQUET_RLE);
	ksm_thrift_end(&writer, outer);
	ksm_thrift_end(&writer, 0);
	return writer.err;
}

static int print_chunk(struct printing *p, uint32_t column, uint64_t first, uint32_t n)
{
	const struct ksm_parquet_table *table = p->table;
	size_t bytes = (size_t)n * table->column[column].bytes, compressed, begin = p->file->len;
	struct chunk *chunk;
	int err;

	if (ksm_array_reserve(&p->chunk, &p->capacity, p->n_chunks + 1, sizeof(*p->chunk)))
		return -ENOMEM;
	table->give(table->data, column, first, n, p->values);
	parquet_swap_order(p->values, table->column[column].bytes, n);
	compressed = ZSTD_compressCCtx(p->zstd, p->compressed, p->compressed_size, p->values, bytes,
				       ZSTD_LEVEL);
	if (ZSTD_isError(compressed))
		return -EIO;
	err = print_page_head(p, n, bytes, compressed);
	chunk = &p->chunk[p->n_chunks++];
	*chunk = (struct chunk){begin - p->file_begin, p->file->len - begin + bytes,
				p->file->len - begin + compressed};
	return err ?: ksm_str_append(p->file, p->compressed, compressed);
}

static int print_groups(struct printing *p)
{
	for (uint64_t first = 0; first < p->table->n_rows; first += KSM_PARQUET_GROUP_ROWS)
		for (uint32_t column = 0; column < p->table->n_columns; column++) {
			int err = print_chunk(p, column, first, rows_of_group(p->table, first));

			if (err)
				return err;
		}
	return 0;
}

/* ---------------------------------------------------------------- metadata */

static void put_schema(struct ksm_thrift_writer *writer, const struct ksm_parquet_table *table)
{
	int outer;

	ksm_thrift_put_list(writer, FILE_SCHEMA, KSM_THRIFT_STRUCT, table->n_columns + 1);
	outer = ksm_thrift_begin(writer, 0);
	ksm_thrift_put_string(writer, ELEMENT_NAME, "schema", strlen("schema"));
	ksm_thrift_put_int(writer, ELEMENT_CHILDREN, KSM_THRIFT_I32, table->n_columns);
	ksm_thrift_end(writer, outer);
	for (uint32_t i = 0; i < table->n_columns; i++) {
		const struct ksm_parquet_column *column = &table->column[i];

		outer = ksm_thrift_begin(writer, 0);
		ksm_thrift_put_int(writer, ELEMENT_TYPE, KSM_THRIFT_I32, parquet_type_of(column));
		ksm_thrift_put_int(writer, ELEMENT_REPETITION, KSM_THRIFT_I32, PARQUET_REQUIRED);
		ksm_thrift_put_string(writer, ELEMENT_NAME, column->name, strlen(column->name));
		ksm_thrift_end(writer, outer);
	}
}

static void put_chunk(struct ksm_thrift_writer *writer, const struct ksm_parquet_column *column,
		      const struct chunk *chunk, uint32_t n)
{
	int element = ksm_thrift_begin(writer, 0), outer;

	ksm_thrift_put_int(writer, CHUNK_OFFSET, KSM_THRIFT_I64, (int64_t)chunk->offset);
	outer = ksm_thrift_begin(writer, CHUNK_META);
	ksm_thrift_put_int(writer, META_TYPE, KSM_THRIFT_I32, parquet_type_of(column));
	ksm_thrift_put_list(writer, META_ENCODINGS, KSM_THRIFT_I32, 1);
	ksm_thrift_put_element_int(writer, PARQUET_PLAIN);
	ksm_thrift_put_list(writer, META_PATH, KSM_THRIFT_BINARY, 1);
	ksm_thrift_put_element_string(writer, column->name, strlen(column->name));
	ksm_thrift_put_int(writer, META_CODEC, KSM_THRIFT_I32, PARQUET_ZSTD);
	ksm_thrift_put_int(writer, META_VALUES, KSM_THRIFT_I64, n);
	ksm_thrift_put_int(writer, META_BYTES, KSM_THRIFT_I64, (int64_t)chunk->bytes);
	ksm_thrift_put_int(writer, META_COMPRESSED_BYTES, KSM_THRIFT_I64,
			   (int64_t)chunk->compressed_bytes);
	ksm_thrift_put_int(writer, META_PAGE_OFFSET, KSM_THRIFT_I64, (int64_t)chunk->offset);
	ksm_thrift_end(writer, outer);
	ksm_thrift_end(writer, element);
}

static void put_groups(struct ksm_thrift_writer *writer, const struct printing *p)
{
	const struct ksm_parquet_table *table = p->table;
	const struct chunk *chunk = p->chunk;

	ksm_thrift_put_list(writer, FILE_GROUPS, KSM_THRIFT_STRUCT,
			    (uint32_t)(p->n_chunks / table->n_columns));
	for (uint64_t first = 0; first < table->n_rows; first += KSM_PARQUET_GROUP_ROWS) {
		uint32_t n = rows_of_group(table, first);
		int outer = ksm_thrift_begin(writer, 0);
		uint64_t bytes = 0;

		ksm_thrift_put_list(writer, GROUP_COLUMNS, KSM_THRIFT_STRUCT, table->n_columns);
		for (uint32_t i = 0; i < table->n_columns; i++, chunk++) {
			put_chunk(writer, &table->column[i], chunk, n);
			bytes += chunk->bytes;
		}
		ksm_thrift_put_int(writer, GROUP_BYTES, KSM_THRIFT_I64, (int64_t)bytes);
		ksm_thrift_put_int(writer, GROUP_ROWS, KSM_THRIFT_I64, n);
		ksm_thrift_end(writer, outer);
	}
}

static int print_metadata(const struct printing *p)
{
	static const char created_by[] = "ksmctl version " KSMCTL_VERSION;
	const struct ksm_parquet_table *table = p->table;
	struct ksm_thrift_writer writer = {.out = p->file};
	size_t begin = p->file->len;
	uint32_t len;

	ksm_thrift_put_int(&writer, FILE_VERSION, KSM_THRIFT_I32, 1);
	put_schema(&writer, table);
	ksm_thrift_put_int(&writer, FILE_ROWS, KSM_THRIFT_I64, (int64_t)table->n_rows);
	put_groups(&writer, p);
	ksm_thrift_put_list(&writer, FILE_FACTS, KSM_THRIFT_STRUCT, table->n_facts);
	for (uint32_t i = 0; i < table->n_facts; i++) {
		const struct ksm_parquet_fact *fact = &table->fact[i];
		int outer = ksm_thrift_begin(&writer, 0);

		ksm_thrift_put_string(&writer, FACT_NAME, fact->name, strlen(fact->name));
		ksm_thrift_put_string(&writer, FACT_TEXT, fact->text, fact->len);
		ksm_thrift_end(&writer, outer);
	}
	ksm_thrift_put_string(&writer, FILE_CREATED_BY, created_by, strlen(created_by));
	ksm_thrift_end(&writer, 0);
	len = htole32((uint32_t)(p->file->len - begin));
	return writer.err ?: ksm_str_append(p->file, (const char *)&len, sizeof(len))
		?: ksm_str_append(p->file, PARQUET_MAGIC, PARQUET_MAGIC_LEN);
}

int ksm_parquet_print(const struct ksm_parquet_table *table, struct ksm_str *ret_file)
{
	size_t most = (size_t)KSM_PARQUET_GROUP_ROWS * sizeof(uint64_t);
	struct printing p = {
		.table = table, .file = ret_file, .compressed_size = ZSTD_compressBound(most)};
	int err = -ENOMEM;

	p.file_begin = ret_file->len;
	p.zstd = ZSTD_createCCtx();
	p.values = malloc(most);
	p.compressed = malloc(p.compressed_size);
	if (p.zstd && p.values && p.compressed)
		err = ksm_str_append(ret_file, PARQUET_MAGIC, PARQUET_MAGIC_LEN)
			      ?: print_groups(&p)
			      ?: print_metadata(&p);
	ZSTD_freeCCtx(p.zstd);
	free(p.values);
	free(p.compressed);
	free(p.chunk);
	return err;
}
