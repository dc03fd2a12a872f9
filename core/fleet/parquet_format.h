/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of parquet.thrift. */
#ifndef KSM_FLEET_PARQUET_FORMAT_H
#define KSM_FLEET_PARQUET_FORMAT_H

#include <endian.h>
#include <stdint.h>

#include "fleet/parquet.h"

#define PARQUET_MAGIC	  "PAR1"
#define PARQUET_MAGIC_LEN 4
#define PARQUET_END_LEN	  8 /* the length of the metadata, then the magic again */

enum { PARQUET_INT32 = 1, PARQUET_INT64 = 2 };	     /* Type */
enum { PARQUET_REQUIRED = 0 };			     /* FieldRepetitionType */
enum { PARQUET_PLAIN = 0, PARQUET_RLE = 3 };	     /* Encoding */
enum { PARQUET_UNCOMPRESSED = 0, PARQUET_ZSTD = 6 }; /* CompressionCodec */
enum { PARQUET_DATA_PAGE = 0 };			     /* PageType */

static inline int parquet_type_of(const struct ksm_parquet_column *column)
{
	return column->bytes == sizeof(uint64_t) ? PARQUET_INT64 : PARQUET_INT32;
}

/* From the byte order of this machine to that of files, which is its own reverse. */
static inline void parquet_swap_order(void *values, unsigned int bytes, uint32_t n)
{
	uint32_t *narrow = values;
	uint64_t *wide = values;

	for (uint32_t i = 0; i < n; i++)
		if (bytes == sizeof(*wide))
			wide[i] = htole64(wide[i]);
		else
			narrow[i] = htole32(narrow[i]);
}

/* The fields of each structure that are used here. */
enum { FILE_VERSION = 1, FILE_SCHEMA, FILE_ROWS, FILE_GROUPS, FILE_FACTS, FILE_CREATED_BY };
enum { ELEMENT_TYPE = 1, ELEMENT_REPETITION = 3, ELEMENT_NAME, ELEMENT_CHILDREN };
enum { GROUP_COLUMNS = 1, GROUP_BYTES, GROUP_ROWS };
enum { CHUNK_OFFSET = 2, CHUNK_META };
enum {
	META_TYPE = 1,
	META_ENCODINGS,
	META_PATH,
	META_CODEC,
	META_VALUES,
	META_BYTES,
	META_COMPRESSED_BYTES,
	META_PAGE_OFFSET = 9,
};
enum { FACT_NAME = 1, FACT_TEXT };
enum { PAGE_TYPE = 1, PAGE_BYTES, PAGE_COMPRESSED_BYTES, PAGE_DATA = 5 };
enum { DATA_VALUES = 1, DATA_ENCODING, DATA_DEFINITIONS, DATA_REPETITIONS };

#endif
