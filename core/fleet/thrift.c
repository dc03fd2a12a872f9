/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/thrift.h"

#define TYPE_TRUE   1
#define TYPE_FALSE  2
#define TYPE_BYTE   3
#define TYPE_I16    4
#define TYPE_DOUBLE 7
#define TYPE_SET    10

#define LONG_LIST  15
#define DEPTH_MAX  16
#define VARINT_MAX 10 /* bytes */

/* ---------------------------------------------------------------- writing */

static void put(struct ksm_thrift_writer *writer, const void *data, size_t len)
{
	if (!writer->err)
		writer->err = ksm_str_append(writer->out, data, len);
}

static void put_byte(struct ksm_thrift_writer *writer, unsigned int byte)
{
	put(writer, &(unsigned char){(unsigned char)byte}, 1);
}

static void put_varint(struct ksm_thrift_writer *writer, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		put_byte(writer, (unsigned int)(value & 0x7f) | 0x80);
	put_byte(writer, (unsigned int)value);
}

void ksm_thrift_put_element_int(struct ksm_thrift_writer *writer, int64_t value)
{
	put_varint(writer, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

void ksm_thrift_put_element_string(struct ksm_thrift_writer *writer, const char *text, size_t len)
{
	put_varint(writer, len);
	put(writer, text, len);
}

/* Fields ascend, by less than 16 each, in all that is written here. */
static void put_field(struct ksm_thrift_writer *writer, int id, int type)
{
	put_byte(writer, (unsigned int)((id - writer->last_id) << 4 | type));
	writer->last_id = id;
}

void ksm_thrift_put_int(struct ksm_thrift_writer *writer, int id, enum ksm_thrift_type type,
			int64_t value)
{
	put_field(writer, id, (int)type);
	ksm_thrift_put_element_int(writer, value);
}

void ksm_thrift_put_string(struct ksm_thrift_writer *writer, int id, const char *text, size_t len)
{
	put_field(writer, id, KSM_THRIFT_BINARY);
	ksm_thrift_put_element_string(writer, text, len);
}

void ksm_thrift_put_list(struct ksm_thrift_writer *writer, int id, enum ksm_thrift_type type,
			 uint32_t n)
{
	put_field(writer, id, KSM_THRIFT_LIST);
	put_byte(writer, (n < LONG_LIST ? n : LONG_LIST) << 4 | (unsigned int)type);
	if (n >= LONG_LIST)
		put_varint(writer, n);
}

int ksm_thrift_begin(struct ksm_thrift_writer *writer, int id)
{
	int outer;

	if (id)
		put_field(writer, id, KSM_THRIFT_STRUCT);
	outer = writer->last_id;
	writer->last_id = 0;
	return outer;
}

void ksm_thrift_end(struct ksm_thrift_writer *writer, int outer)
{
	put_byte(writer, 0);
	writer->last_id = outer;
}

/* ---------------------------------------------------------------- reading */

static uint64_t fail(struct ksm_thrift_reader *reader)
{
	reader->failed = true;
	return 0;
}

static unsigned int take_byte(struct ksm_thrift_reader *reader)
{
	if (reader->failed || reader->at >= reader->end)
		return (unsigned int)fail(reader);
	return *reader->at++;
}

static uint64_t take_varint(struct ksm_thrift_reader *reader)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < VARINT_MAX; i++) {
		unsigned int byte = take_byte(reader);

		value |= (uint64_t)(byte & 0x7f) << 7 * i;
		if (!(byte & 0x80))
			return value;
	}
	return fail(reader);
}

static int64_t take_int(struct ksm_thrift_reader *reader)
{
	uint64_t value = take_varint(reader);

	return (int64_t)(value >> 1 ^ -(value & 1));
}

static void take_bytes(struct ksm_thrift_reader *reader, uint64_t n)
{
	if (reader->failed || n > (uint64_t)(reader->end - reader->at))
		fail(reader);
	else
		reader->at += n;
}

bool ksm_thrift_next(struct ksm_thrift_reader *reader, struct ksm_thrift_field *field)
{
	unsigned int head = take_byte(reader);

	if (reader->failed || !head)
		return false;
	field->type = (int)(head & 0xf);
	if (head >> 4)
		field->id += (int)(head >> 4);
	else
		field->id = (int)(int16_t)take_int(reader);
	if (field->id > INT16_MAX)
		fail(reader);
	return !reader->failed;
}

int64_t ksm_thrift_int(struct ksm_thrift_reader *reader, const struct ksm_thrift_field *field)
{
	if (field->type < TYPE_I16 || field->type > KSM_THRIFT_I64)
		return (int64_t)fail(reader);
	return take_int(reader);
}

const char *ksm_thrift_string(struct ksm_thrift_reader *reader,
			      const struct ksm_thrift_field *field, size_t *ret_len)
{
	const unsigned char *begin;
	uint64_t len = field->type == KSM_THRIFT_BINARY ? take_varint(reader) : fail(reader);

	begin = reader->at;
	take_bytes(reader, len);
	*ret_len = reader->failed ? 0 : (size_t)len;
	return (const char *)begin;
}

uint32_t ksm_thrift_list(struct ksm_thrift_reader *reader, const struct ksm_thrift_field *field,
			 struct ksm_thrift_field *ret_element)
{
	unsigned int head = field->type == KSM_THRIFT_LIST || field->type == TYPE_SET
				    ? take_byte(reader)
				    : (unsigned int)fail(reader);
	uint64_t n = head >> 4 == LONG_LIST ? take_varint(reader) : head >> 4;

	*ret_element = (struct ksm_thrift_field){.type = (int)(head & 0xf)};
	/* An element has a byte at least. */
	if (reader->failed || n > (uint64_t)(reader->end - reader->at))
		return (uint32_t)fail(reader);
	return (uint32_t)n;
}

void ksm_thrift_struct(struct ksm_thrift_reader *reader, const struct ksm_thrift_field *field)
{
	if (field->type != KSM_THRIFT_STRUCT)
		fail(reader);
}

static void skip_struct(struct ksm_thrift_reader *reader)
{
	struct ksm_thrift_field field = {0};

	while (ksm_thrift_next(reader, &field))
		ksm_thrift_skip(reader, &field);
}

static void skip_list(struct ksm_thrift_reader *reader, const struct ksm_thrift_field *field)
{
	struct ksm_thrift_field element;
	uint32_t n = ksm_thrift_list(reader, field, &element);

	for (uint32_t i = 0; i < n && !reader->failed; i++)
		if (element.type <= TYPE_FALSE)
			take_byte(reader);
		else
			ksm_thrift_skip(reader, &element);
}

void ksm_thrift_skip(struct ksm_thrift_reader *reader, const struct ksm_thrift_field *field)
{
	size_t len;

	if (++reader->depth > DEPTH_MAX)
		fail(reader);
	else if (field->type == TYPE_BYTE)
		take_byte(reader);
	else if (field->type >= TYPE_I16 && field->type <= KSM_THRIFT_I64)
		take_varint(reader);
	else if (field->type == TYPE_DOUBLE)
		take_bytes(reader, sizeof(double));
	else if (field->type == KSM_THRIFT_BINARY)
		ksm_thrift_string(reader, field, &len);
	else if (field->type == KSM_THRIFT_LIST || field->type == TYPE_SET)
		skip_list(reader, field);
	else if (field->type == KSM_THRIFT_STRUCT)
		skip_struct(reader);
	else if (field->type != TYPE_TRUE && field->type != TYPE_FALSE)
		fail(reader); /* a map: Parquet has none */
	reader->depth--;
}
