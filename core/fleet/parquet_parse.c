/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "fleet/parquet.h"
#include "fleet/parquet_format.h"
#include "fleet/thrift.h"

struct chunk {
	int64_t codec;
	int64_t values;
	int64_t offset;
	int64_t bytes; /* compressed */
};

struct page {
	int64_t type;
	int64_t bytes;
	int64_t compressed_bytes;
	int64_t values;
	int64_t encoding;
};

struct parsing {
	const unsigned char *file;
	size_t len;
	const struct ksm_parquet_column *column;
	uint32_t n_columns;
	const struct ksm_parquet_see *see;
	void *values[KSM_PARQUET_COLUMNS_MAX];
};

bool ksm_parquet_is(const void *front, size_t len)
{
	return len >= PARQUET_MAGIC_LEN && memcmp(front, PARQUET_MAGIC, PARQUET_MAGIC_LEN) == 0;
}

/* ---------------------------------------------------------------- schema */

/* An element of the schema is the column with this number, or the root for -1. */
static void check_element(struct ksm_thrift_reader *reader, const struct parsing *p, int column)
{
	struct ksm_thrift_field field = {0};
	int64_t type = -1, repetition = -1, children = 0;
	const char *name = "";
	size_t len = 0;

	while (ksm_thrift_next(reader, &field))
		switch (field.id) {
		case ELEMENT_TYPE:
			type = ksm_thrift_int(reader, &field);
			break;
		case ELEMENT_REPETITION:
			repetition = ksm_thrift_int(reader, &field);
			break;
		case ELEMENT_NAME:
			name = ksm_thrift_string(reader, &field, &len);
			break;
		case ELEMENT_CHILDREN:
			children = ksm_thrift_int(reader, &field);
			break;
		default:
			ksm_thrift_skip(reader, &field);
		}
	if (column < 0) {
		reader->failed |= children != p->n_columns;
		return;
	}
	reader->failed |= children || type != parquet_type_of(&p->column[column]) ||
			  repetition != PARQUET_REQUIRED || len != strlen(p->column[column].name) ||
			  memcmp(name, p->column[column].name, len) != 0;
}

static void check_schema(struct ksm_thrift_reader *reader, const struct parsing *p,
			 const struct ksm_thrift_field *field)
{
	struct ksm_thrift_field element;
	uint32_t n = ksm_thrift_list(reader, field, &element);

	reader->failed |= n != p->n_columns + 1;
	for (uint32_t i = 0; i < n && !reader->failed; i++) {
		ksm_thrift_struct(reader, &element);
		check_element(reader, p, (int)i - 1);
	}
}

/* ---------------------------------------------------------------- facts */

static int see_facts(struct ksm_thrift_reader *reader, const struct parsing *p,
		     const struct ksm_thrift_field *list)
{
	struct ksm_thrift_field element;
	uint32_t n = ksm_thrift_list(reader, list, &element);
	int ret = 0;

	for (uint32_t i = 0; i < n && !ret && !reader->failed; i++) {
		struct ksm_thrift_field field = {0};
		struct ksm_parquet_fact fact = {"", "", 0};
		char name[64] = "";
		size_t len;

		ksm_thrift_struct(reader, &element);
		while (ksm_thrift_next(reader, &field))
			if (field.id == FACT_NAME) {
				const char *text = ksm_thrift_string(reader, &field, &len);

				if (len < sizeof(name))
					memcpy(name, text, len);
			} else if (field.id == FACT_TEXT) {
				fact.text = ksm_thrift_string(reader, &field, &fact.len);
			} else {
				ksm_thrift_skip(reader, &field);
			}
		fact.name = name;
		if (!reader->failed)
			ret = p->see->fact(p->see->data, &fact);
	}
	return ret;
}

/* ---------------------------------------------------------------- rows */

static void read_page_head(struct ksm_thrift_reader *reader, struct page *ret_page)
{
	struct ksm_thrift_field field = {0};
	struct page page = {-1, -1, -1, -1, -1};

	while (ksm_thrift_next(reader, &field)) {
		struct ksm_thrift_field data = {0};

		if (field.id == PAGE_TYPE)
			page.type = ksm_thrift_int(reader, &field);
		else if (field.id == PAGE_BYTES)
			page.bytes = ksm_thrift_int(reader, &field);
		else if (field.id == PAGE_COMPRESSED_BYTES)
			page.compressed_bytes = ksm_thrift_int(reader, &field);
		else if (field.id != PAGE_DATA)
			ksm_thrift_skip(reader, &field);
		else
			for (ksm_thrift_struct(reader, &field); ksm_thrift_next(reader, &data);)
				if (data.id == DATA_VALUES)
					page.values = ksm_thrift_int(reader, &data);
				else if (data.id == DATA_ENCODING)
					page.encoding = ksm_thrift_int(reader, &data);
				else
					ksm_thrift_skip(reader, &data);
	}
	*ret_page = page;
}

static bool unpack(const struct chunk *chunk, const struct page *page, const void *data,
		   void *ret_values)
{
	size_t bytes = (size_t)page->bytes, compressed = (size_t)page->compressed_bytes;

	if (chunk->codec == PARQUET_ZSTD)
		return ZSTD_decompress(ret_values, bytes, data, compressed) == bytes;
	if (chunk->codec != PARQUET_UNCOMPRESSED || bytes != compressed)
		return false;
	memcpy(ret_values, data, bytes);
	return true;
}

/* All pages of a column of a group of @n rows. */
static bool read_chunk(struct parsing *p, uint32_t column, const struct chunk *chunk, int64_t n)
{
	unsigned int bytes = p->column[column].bytes;
	struct ksm_thrift_reader reader = {0};
	int64_t done = 0;

	if (chunk->values != n || chunk->offset < 0 || chunk->bytes < 0 ||
	    (uint64_t)chunk->offset > p->len ||
	    (uint64_t)chunk->bytes > p->len - (uint64_t)chunk->offset)
		return false;
	reader.at = p->file + chunk->offset;
	reader.end = reader.at + chunk->bytes;
	while (done < n) {
		struct page page;

		read_page_head(&reader, &page);
		if (reader.failed || page.type != PARQUET_DATA_PAGE ||
		    page.encoding != PARQUET_PLAIN || page.values <= 0 || page.values > n - done ||
		    page.bytes != page.values * bytes || page.compressed_bytes < 0 ||
		    page.compressed_bytes > reader.end - reader.at ||
		    !unpack(chunk, &page, reader.at,
			    (char *)p->values[column] + (size_t)done * bytes))
			return false;
		reader.at += page.compressed_bytes;
		done += page.values;
	}
	parquet_swap_order(p->values[column], bytes, (uint32_t)n);
	return true;
}

static void read_chunk_meta(struct ksm_thrift_reader *reader, struct chunk *ret_chunk)
{
	struct ksm_thrift_field field = {0};

	while (ksm_thrift_next(reader, &field)) {
		struct ksm_thrift_field meta = {0};

		if (field.id != CHUNK_META) {
			ksm_thrift_skip(reader, &field);
			continue;
		}
		for (ksm_thrift_struct(reader, &field); ksm_thrift_next(reader, &meta);)
			if (meta.id == META_CODEC)
				ret_chunk->codec = ksm_thrift_int(reader, &meta);
			else if (meta.id == META_VALUES)
				ret_chunk->values = ksm_thrift_int(reader, &meta);
			else if (meta.id == META_COMPRESSED_BYTES)
				ret_chunk->bytes = ksm_thrift_int(reader, &meta);
			else if (meta.id == META_PAGE_OFFSET)
				ret_chunk->offset = ksm_thrift_int(reader, &meta);
			else
				ksm_thrift_skip(reader, &meta);
	}
}

/* 0 and the rows seen, -EBADMSG, or what see returned. */
static int see_group(struct ksm_thrift_reader *reader, struct parsing *p)
{
	struct chunk chunk[KSM_PARQUET_COLUMNS_MAX];
	struct ksm_thrift_field field = {0}, element;
	uint32_t n_chunks = 0;
	int64_t n = -1;

	memset(chunk, -1, sizeof(chunk));
	while (ksm_thrift_next(reader, &field))
		if (field.id == GROUP_ROWS) {
			n = ksm_thrift_int(reader, &field);
		} else if (field.id != GROUP_COLUMNS) {
			ksm_thrift_skip(reader, &field);
		} else {
			n_chunks = ksm_thrift_list(reader, &field, &element);
			reader->failed |= n_chunks != p->n_columns;
			for (uint32_t i = 0; i < n_chunks && !reader->failed; i++) {
				ksm_thrift_struct(reader, &element);
				read_chunk_meta(reader, &chunk[i]);
			}
		}
	if (reader->failed || n_chunks != p->n_columns || n < 0 || n > KSM_PARQUET_GROUP_ROWS)
		return -EBADMSG;
	for (uint32_t i = 0; i < n_chunks; i++)
		if (!read_chunk(p, i, &chunk[i], n))
			return -EBADMSG;
	return p->see->rows(p->see->data, (uint32_t)n, (const void *const *)p->values);
}

static int see_groups(struct ksm_thrift_reader *reader, struct parsing *p,
		      const struct ksm_thrift_field *list)
{
	struct ksm_thrift_field element;
	uint32_t n = ksm_thrift_list(reader, list, &element);
	int ret = 0;

	for (uint32_t i = 0; i < n && !ret; i++) {
		ksm_thrift_struct(reader, &element);
		ret = see_group(reader, p);
	}
	return ret;
}

/* ---------------------------------------------------------------- the file */

/* Facts come behind groups, and have to be seen first. */
static int see_all(const struct ksm_thrift_reader *metadata, struct parsing *p)
{
	struct ksm_thrift_reader reader = *metadata, groups = *metadata;
	struct ksm_thrift_field field = {0}, list = {0};
	bool has_schema = false;
	int ret = 0;

	while (!ret && ksm_thrift_next(&reader, &field)) {
		if (field.id == FILE_SCHEMA) {
			check_schema(&reader, p, &field);
			has_schema = true;
		} else if (field.id == FILE_FACTS) {
			ret = see_facts(&reader, p, &field);
		} else {
			if (field.id == FILE_GROUPS) {
				groups = reader;
				list = field;
			}
			ksm_thrift_skip(&reader, &field);
		}
	}
	if (ret || reader.failed || !has_schema || !list.id)
		return ret ? ret : -EBADMSG;
	ret = see_groups(&groups, p, &list);
	return ret || !groups.failed ? ret : -EBADMSG;
}

static bool find_metadata(const struct parsing *p, struct ksm_thrift_reader *ret_reader)
{
	const unsigned char *end;
	uint32_t len;

	if (p->len < PARQUET_MAGIC_LEN + PARQUET_END_LEN || !ksm_parquet_is(p->file, p->len))
		return false;
	end = p->file + p->len - PARQUET_END_LEN;
	if (memcmp(end + sizeof(len), PARQUET_MAGIC, PARQUET_MAGIC_LEN) != 0)
		return false;
	memcpy(&len, end, sizeof(len));
	len = le32toh(len);
	if (len > p->len - PARQUET_END_LEN - PARQUET_MAGIC_LEN)
		return false;
	*ret_reader = (struct ksm_thrift_reader){.at = end - len, .end = end};
	return true;
}

int ksm_parquet_parse(const void *file, size_t len, const struct ksm_parquet_column *column,
		      uint32_t n_columns, const struct ksm_parquet_see *see, struct ksm_error *err)
{
	struct parsing p = {file, len, column, n_columns, see, {NULL}};
	struct ksm_thrift_reader metadata;
	int ret = find_metadata(&p, &metadata) ? 0 : -EBADMSG;

	for (uint32_t i = 0; i < n_columns && !ret; i++) {
		p.values[i] = malloc((size_t)KSM_PARQUET_GROUP_ROWS * column[i].bytes);
		if (!p.values[i])
			ret = -ENOMEM;
	}
	if (!ret)
		ret = see_all(&metadata, &p);
	for (uint32_t i = 0; i < n_columns; i++)
		free(p.values[i]);
	if (ret == -ENOMEM)
		return ksm_error_no_memory(err);
	if (ret)
		return ksm_error_set(err, KSM_ERR_FORMAT, -ret,
				     "is no fingerprint of this version, or damaged");
	return 0;
}
