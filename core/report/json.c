/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/json.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "estimate/estimate.h"
#include "report/report.h"

static _Thread_local bool was_short;

static json_object *note(json_object *value)
{
	was_short |= !value;
	return value;
}

bool ksm_json_was_short(void)
{
	bool was = was_short;

	was_short = false;
	return was;
}

json_object *ksm_json_object(void)
{
	return note(json_object_new_object());
}

json_object *ksm_json_array(void)
{
	return note(json_object_new_array());
}

json_object *ksm_json_bool(bool value)
{
	return note(json_object_new_boolean(value));
}

json_object *ksm_json_int(int64_t value)
{
	return note(json_object_new_int64(value));
}

json_object *ksm_json_uint(uint64_t value)
{
	return note(json_object_new_uint64(value));
}

json_object *ksm_json_real(double value)
{
	return note(json_object_new_double(value));
}

json_object *ksm_json_decimal(double value, int digits)
{
	char text[64];

	if (isnan(value))
		return NULL;
	snprintf(text, sizeof(text), "%.*f", digits, value);
	return note(json_object_new_double_s(value, text));
}

json_object *ksm_json_number(int64_t value)
{
	return value == KSM_UNKNOWN ? NULL : ksm_json_int(value);
}

json_object *ksm_json_string(const char *text)
{
	ksm_auto_str struct ksm_str valid = {0};
	size_t len = strlen(text);

	for (size_t i = 0; i < len;) {
		uint32_t cp;
		size_t n = ksm_utf8_length(text + i, len - i, &cp);

		if (n ? ksm_str_append(&valid, text + i, n)
		      : ksm_str_append(&valid, "\xef\xbf\xbd", 3))
			return note(NULL);
		i += n ? n : 1;
	}
	return note(json_object_new_string(valid.data ? valid.data : ""));
}

void ksm_json_put(json_object *object, const char *name, json_object *value)
{
	if (object && json_object_object_add(object, name, value) == 0)
		return;
	note(NULL);
	json_object_put(value);
}

void ksm_json_append(json_object *array, json_object *value)
{
	if (array && json_object_array_add(array, value) == 0)
		return;
	note(NULL);
	json_object_put(value);
}

/* ---------------------------------------------------------------- printing */

/* Here and not by json-c 0.16, which leaves out what it has no memory for and says nothing. */
static int print_string(const char *string, size_t len, struct ksm_str *text)
{
	static const char named[] = "\b\f\n\r\t\"\\", names[] = "bfnrt\"\\";
	int ret = ksm_str_append(text, "\"", 1);
	size_t done = 0;

	for (size_t i = 0; i < len && !ret; i++) {
		unsigned char c = (unsigned char)string[i];
		const char *at = c ? strchr(named, c) : NULL;

		if (c >= 0x20 && !at)
			continue;
		ret = ksm_str_append(text, string + done, i - done)
			      ?: (at ? ksm_str_printf(text, "\\%c", names[at - named])
				     : ksm_str_printf(text, "\\u%04x", c));
		done = i + 1;
	}
	return ret ?: ksm_str_append(text, string + done, len - done)
		   ?: ksm_str_append(text, "\"", 1);
}

static int print_value(json_object *value, struct ksm_str *text);

static int print_object(json_object *object, struct ksm_str *text)
{
	int ret = ksm_str_append(text, "{", 1);
	size_t n = 0;

	json_object_object_foreach(object, name, value)
		ret = ret ?: ksm_str_append(text, ",", n++ > 0)
			  ?: print_string(name, strlen(name), text)
			  ?: ksm_str_append(text, ":", 1) ?: print_value(value, text);
	return ret ?: ksm_str_append(text, "}", 1);
}

static int print_array(json_object *array, struct ksm_str *text)
{
	size_t n = json_object_array_length(array);
	int ret = ksm_str_append(text, "[", 1);

	for (size_t i = 0; i < n && !ret; i++)
		ret = ksm_str_append(text, ",", i > 0)
			      ?: print_value(json_object_array_get_idx(array, i), text);
	return ret ?: ksm_str_append(text, "]", 1);
}

static int print_value(json_object *value, struct ksm_str *text)
{
	const char *word;

	switch (json_object_get_type(value)) {
	case json_type_object:
		return print_object(value, text);
	case json_type_array:
		return print_array(value, text);
	case json_type_string:
		return print_string(json_object_get_string(value),
				    (size_t)json_object_get_string_len(value), text);
	default:
		/* Short enough for the room that json-c begins with. */
		word = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
		return word ? ksm_str_append(text, word, strlen(word)) : -ENOMEM;
	}
}

int ksm_json_print(json_object *document, struct ksm_str *text)
{
	return ksm_json_was_short() || !document ? -ENOMEM : print_value(document, text);
}

/* ---------------------------------------------------------------- what all documents have */

json_object *ksm_report_new(const char *schema)
{
	json_object *document = ksm_json_object();

	ksm_json_put(document, "schema", ksm_json_string(schema));
	ksm_json_put(document, "version", ksm_json_string(KSMCTL_VERSION));
	return document;
}

json_object *ksm_report_tunable(enum ksm_sysfs_field field, int64_t value)
{
	if (field == KSM_SYSFS_advisor_mode)
		return ksm_json_string(ksm_advisor_mode_name((enum ksm_advisor_mode)value));
	return ksm_json_number(value);
}

json_object *ksm_report_error(const struct ksm_error *err)
{
	json_object *object = ksm_json_object();

	ksm_json_put(object, "code", ksm_json_string(ksm_error_code_name(err->code)));
	ksm_json_put(object, "errno", err->errnum ? ksm_json_int(err->errnum) : NULL);
	ksm_json_put(object, "pid", err->pid ? ksm_json_int(err->pid) : NULL);
	ksm_json_put(object, "address", err->address ? ksm_json_uint(err->address) : NULL);
	ksm_json_put(object, "path", err->path[0] ? ksm_json_string(err->path) : NULL);
	ksm_json_put(object, "text", ksm_json_string(err->text));
	return object;
}

json_object *ksm_report_errors(const struct ksm_error *errors, size_t n)
{
	json_object *array = ksm_json_array();

	for (size_t i = 0; i < n; i++)
		ksm_json_append(array, ksm_report_error(&errors[i]));
	return array;
}

json_object *ksm_report_error_document(const struct ksm_error *err)
{
	json_object *document = ksm_report_new("ksmctl.error/1");

	ksm_json_put(document, "error", ksm_report_error(err));
	return document;
}

#define DEPTH_MAX 32
/* In commas; an object or array counts as OBJECT_VALUES, for what it takes. */
#define VALUES_MAX    (8u << 20)
#define OBJECT_VALUES 8

static bool is_too_large(const char *text, size_t len)
{
	size_t values = 0;

	for (size_t i = 0; i < len; i++)
		values += text[i] == ',' ? 1 : text[i] == '{' || text[i] == '[' ? OBJECT_VALUES : 0;
	return len > INT_MAX || values > VALUES_MAX;
}

json_object *ksm_json_parse(const char *text, size_t len)
{
	struct json_tokener *tokener = is_too_large(text, len) ? NULL
							       : json_tokener_new_ex(DEPTH_MAX);
	json_object *document;

	if (!tokener)
		return NULL;
	document = json_tokener_parse_ex(tokener, text, (int)len);
	json_tokener_free(tokener);
	if (json_object_is_type(document, json_type_object))
		return document;
	json_object_put(document);
	return NULL;
}
