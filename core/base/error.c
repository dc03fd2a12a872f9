/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int ksm_error_set(struct ksm_error *err, enum ksm_error_code code, int errnum, const char *fmt, ...)
{
	if (err) {
		char text[sizeof(err->text)];
		va_list args;

		/* An argument may be the old text. */
		va_start(args, fmt);
		vsnprintf(text, sizeof(text), fmt, args);
		va_end(args);
		memset(err, 0, sizeof(*err));
		err->code = code;
		err->errnum = errnum;
		memcpy(err->text, text, sizeof(text));
	}
	return errnum ? -errnum : -EIO;
}

void ksm_error_prefix(struct ksm_error *err, const char *fmt, ...)
{
	char text[sizeof(err->text)];
	va_list args;
	size_t len;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	len = strlen(text);
	snprintf(text + len, sizeof(text) - len, "%s", err->text);
	memcpy(err->text, text, sizeof(text));
}

void ksm_error_name_path(struct ksm_error *err, const char *path)
{
	if (err && !err->path[0])
		snprintf(err->path, sizeof(err->path), "%s", path);
}

enum ksm_error_code ksm_error_class(int errnum)
{
	switch (errnum) {
	case 0:
		return KSM_ERR_NONE;
	case EPERM:
	case EACCES:
		return KSM_ERR_PERMISSION;
	case ESRCH:
		return KSM_ERR_GONE;
	case ENOSYS:
	case ENOTTY:
	case EOPNOTSUPP:
		return KSM_ERR_UNSUPPORTED;
	default:
		return KSM_ERR_SYSTEM;
	}
}

const char *ksm_error_code_name(enum ksm_error_code code)
{
	static const char *const names[] = {
		[KSM_ERR_NONE] = "none",
		[KSM_ERR_SYSTEM] = "system",
		[KSM_ERR_INVALID] = "invalid",
		[KSM_ERR_PERMISSION] = "permission",
		[KSM_ERR_UNSUPPORTED] = "unsupported",
		[KSM_ERR_GONE] = "gone",
		[KSM_ERR_NO_MEMORY] = "no-memory",
		[KSM_ERR_FORMAT] = "format",
	};

	return names[code];
}
