/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of documents. json-c answers NULL for JSON's null as well as where memory is short; that the latter has happened is
 * remembered here, by thread as errno is, so that building a document needs no checks and one that lacks something is
 * never handed out: whoever does that asks ksm_json_was_short() first.
 */
#ifndef KSM_REPORT_JSON_H
#define KSM_REPORT_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

json_object *ksm_json_object(void);
json_object *ksm_json_array(void);
json_object *ksm_json_bool(bool value);
json_object *ksm_json_int(int64_t value);
json_object *ksm_json_uint(uint64_t value);
json_object *ksm_json_real(double value);
/* With so many digits behind the point; NAN becomes null. */
json_object *ksm_json_decimal(double value, int digits);

/* KSM_UNKNOWN becomes null. */
json_object *ksm_json_number(int64_t value);

/* Bytes from outside: what is not UTF-8 becomes U+FFFD. */
json_object *ksm_json_string(const char *text);

/* Take the value over in any case. */
void ksm_json_put(json_object *object, const char *name, json_object *value);
void ksm_json_append(json_object *array, json_object *value);

static inline void ksm_json_put_number(json_object *object, const char *name, int64_t value)
{
	ksm_json_put(object, name, ksm_json_number(value));
}

static inline void ksm_json_put_uint(json_object *object, const char *name, uint64_t value)
{
	ksm_json_put(object, name, ksm_json_uint(value));
}

/*
 * A document that comes from outside, with a depth of 32 at most. NULL where it is no object, has more values than any of
 * ours would (each takes hundreds of bytes, however short it is written), or memory is short. To be put.
 */
json_object *ksm_json_parse(const char *text, size_t len);

/* Has memory been short in this thread since it was asked last? */
bool ksm_json_was_short(void);

/* Appends the document, without an end of line. -ENOMEM if memory is short, or was while the document was built. */
int ksm_json_print(json_object *document, struct ksm_str *text);

#endif
