/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/tunables.h"

int ksm_settings_add(struct ksm_settings *settings, const char *assignment, struct ksm_error *err)
{
	const char *equals = strchr(assignment, '=');
	const struct ksm_tunable *tunable;
	char range[KSM_TUNABLE_RANGE_MAX];
	int64_t value;
	size_t len;

	if (!equals)
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL, "\"%.60s\" is not NAME=VALUE",
				     assignment);
	len = (size_t)(equals - assignment);
	tunable = ksm_tunable_find(assignment, len);
	if (!tunable)
		return ksm_error_set(
			err, KSM_ERR_INVALID, EINVAL,
			"\"%.*s\" is no tunable: ksmctl get --help-tunables lists them",
			(int)(len < 60 ? len : 60), assignment);
	if (ksm_tunable_parse(tunable, equals + 1, &value)) {
		ksm_tunable_range(tunable, range);
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL, "\"%.60s\": %s", assignment,
				     range);
	}
	settings->value[tunable->field] = value;
	settings->given[tunable->field] = true;
	return 0;
}

void ksm_settings_take(const struct ksm_sysfs *sysfs, struct ksm_settings *ret_settings)
{
	size_t n;
	const struct ksm_tunable *tunables = ksm_tunables(&n);
	struct ksm_settings settings = {0};

	for (size_t i = 0; i < n; i++) {
		enum ksm_sysfs_field field = tunables[i].field;

		settings.given[field] = sysfs->valid[field];
		settings.value[field] = sysfs->value[field];
	}
	/* While the advisor sets it, it cannot be set back. */
	if (sysfs->value[KSM_SYSFS_advisor_mode] != KSM_ADVISOR_NONE)
		settings.given[KSM_SYSFS_pages_to_scan] = false;
	*ret_settings = settings;
}

void ksm_settings_take_some(const struct ksm_sysfs *sysfs, const enum ksm_sysfs_field *field,
			    size_t n, struct ksm_settings *ret_settings)
{
	struct ksm_settings all, some = {0};

	ksm_settings_take(sysfs, &all);
	for (size_t i = 0; i < n; i++) {
		some.given[field[i]] = all.given[field[i]];
		some.value[field[i]] = all.value[field[i]];
	}
	*ret_settings = some;
}

static int parse_line(struct ksm_settings *settings, const char *line, size_t len,
		      struct ksm_error *err)
{
	char text[128];

	while (len && (line[len - 1] == ' ' || line[len - 1] == '\r' || line[len - 1] == '\t'))
		len--;
	if (!len || line[0] == '#')
		return 0;
	if (len >= sizeof(text) || memchr(line, '\0', len))
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG, "is not NAME=VALUE");
	memcpy(text, line, len);
	text[len] = '\0';
	return ksm_settings_add(settings, text, err);
}

int ksm_settings_parse(const char *text, size_t len, struct ksm_settings *ret_settings,
		       struct ksm_error *err)
{
	struct ksm_settings settings = {0};
	struct ksm_error why = {0};
	unsigned int number = 1;
	bool is_any = false;

	for (const char *line = text, *end = text + len; line < end; number++) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *next = newline ? newline : end;

		if (parse_line(&settings, line, (size_t)(next - line), &why))
			return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG, "line %u: %.200s",
					     number, why.text);
		line = next + 1;
	}
	for (int i = 0; i < KSM_SYSFS_N; i++)
		is_any |= settings.given[i];
	if (!is_any)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG, "there is no setting in it");
	*ret_settings = settings;
	return 0;
}

int ksm_settings_print(const struct ksm_settings *settings, struct ksm_str *text)
{
	size_t n;
	const struct ksm_tunable *tunables = ksm_tunables(&n);
	char value[KSM_TUNABLE_TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		enum ksm_sysfs_field field = tunables[i].field;

		if (!settings->given[field])
			continue;
		ksm_tunable_format(&tunables[i], settings->value[field], value);
		if (ksm_str_printf(text, "%s=%s\n", ksm_sysfs_name(field), value))
			return -ENOMEM;
	}
	return 0;
}
