/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

/* Adds a value that must not be null; takes it over, also on failure. */
static int add(json_object *object, const char *key, json_object *value)
{
	if (value && json_object_object_add(object, key, value) == 0)
		return 0;
	json_object_put(value);
	return -1;
}

json_object *ksm_report_new(const char *schema)
{
	json_object *document = json_object_new_object();

	if (!document)
		return NULL;
	if (add(document, "schema", json_object_new_string(schema)) ||
	    add(document, "version", json_object_new_string(KSMCTL_VERSION))) {
		json_object_put(document);
		return NULL;
	}
	return document;
}

json_object *ksm_report_string(const char *text)
{
	ksm_auto_str struct ksm_str valid = {0};
	size_t len = strlen(text);

	for (size_t i = 0; i < len;) {
		uint32_t cp;
		size_t n = ksm_utf8_length(text + i, len - i, &cp);

		if (n ? ksm_str_append(&valid, text + i, n)
		      : ksm_str_append(&valid, "\xef\xbf\xbd", 3))
			return NULL;
		i += n ? n : 1;
	}
	return json_object_new_string(valid.data ? valid.data : "");
}

json_object *ksm_report_number(int64_t value)
{
	return value == KSM_UNKNOWN ? NULL : json_object_new_int64(value);
}

json_object *ksm_report_error(const struct ksm_error *err)
{
	json_object *object = json_object_new_object();

	if (!object)
		return NULL;
	if (add(object, "code", json_object_new_string(ksm_error_code_name(err->code))) ||
	    json_object_object_add(object, "errno",
				   err->errnum ? json_object_new_int(err->errnum) : NULL) ||
	    json_object_object_add(object, "pid",
				   err->pid ? json_object_new_int(err->pid) : NULL) ||
	    json_object_object_add(object, "address",
				   err->address ? json_object_new_uint64(err->address) : NULL) ||
	    json_object_object_add(object, "path",
				   err->path[0] ? ksm_report_string(err->path) : NULL) ||
	    add(object, "text", ksm_report_string(err->text))) {
		json_object_put(object);
		return NULL;
	}
	return object;
}

json_object *ksm_report_error_document(const struct ksm_error *err)
{
	json_object *document = ksm_report_new("ksmctl.error/1");

	if (document && add(document, "error", ksm_report_error(err))) {
		json_object_put(document);
		return NULL;
	}
	return document;
}
