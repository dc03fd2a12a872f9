/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Thrift's compact protocol, as much of it as the metadata of Parquet takes: structures, lists, integers and strings.
 * Source: thrift-compact-protocol.md of Apache Thrift.
 */
#ifndef KSM_FLEET_THRIFT_H
#define KSM_FLEET_THRIFT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum ksm_thrift_type {
	KSM_THRIFT_I32 = 5,
	KSM_THRIFT_I64 = 6,
	KSM_THRIFT_BINARY = 8,
	KSM_THRIFT_LIST = 9,
	KSM_THRIFT_STRUCT = 12,
};

/* ---------------------------------------------------------------- writing */

/* Failures (-ENOMEM) stay in @err, so that they need be looked at once only. */
struct ksm_thrift_writer {
	struct ksm_str *out;
	int last_id; /* of the structure at hand */
	int err;
};

void ksm_thrift_put_int(struct ksm_thrift_writer *writer, int id, enum ksm_thrift_type type,
			int64_t value);
void ksm_thrift_put_string(struct ksm_thrift_writer *writer, int id, const char *text, size_t len);
/* A list of @n elements follows. */
void ksm_thrift_put_list(struct ksm_thrift_writer *writer, int id, enum ksm_thrift_type type,
			 uint32_t n);
/* An element of a list, without a number of its own. */
void ksm_thrift_put_element_int(struct ksm_thrift_writer *writer, int64_t value);
void ksm_thrift_put_element_string(struct ksm_thrift_writer *writer, const char *text, size_t len);
/* Begins a structure; @id 0: an element. The end takes what the beginning returned. */
int ksm_thrift_begin(struct ksm_thrift_writer *writer, int id);
void ksm_thrift_end(struct ksm_thrift_writer *writer, int outer);

/* ---------------------------------------------------------------- reading */

/* What does not fit makes @failed true for good; all that is read after that is zero or empty. */
struct ksm_thrift_reader {
	const unsigned char *at;
	const unsigned char *end;
	unsigned int depth;
	bool failed;
};

struct ksm_thrift_field {
	int id;
	int type;
};

/* The next of a structure's fields, of which @field, zero at first, is the last; false at its end. */
bool ksm_thrift_next(struct ksm_thrift_reader *reader, struct ksm_thrift_field *field);
/* A field's value: an integer of any width. */
int64_t ksm_thrift_int(struct ksm_thrift_reader *reader, const struct ksm_thrift_field *field);
/* Points into what is read. */
const char *ksm_thrift_string(struct ksm_thrift_reader *reader,
			      const struct ksm_thrift_field *field, size_t *ret_len);
/* How many elements follow. They are read with a field of @ret_element's type. */
uint32_t ksm_thrift_list(struct ksm_thrift_reader *reader, const struct ksm_thrift_field *field,
			 struct ksm_thrift_field *ret_element);
/* The value is a structure, of which the fields follow. */
void ksm_thrift_struct(struct ksm_thrift_reader *reader, const struct ksm_thrift_field *field);
void ksm_thrift_skip(struct ksm_thrift_reader *reader, const struct ksm_thrift_field *field);

#endif
