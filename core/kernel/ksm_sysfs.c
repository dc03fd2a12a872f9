/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ksm_sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"

static const struct {
	const char *name;
	const char *since;
} fields[KSM_SYSFS_N] = {
#define X(name, since) {#name, since},
	KSM_SYSFS_FIELDS(X)
#undef X
};

const char *ksm_sysfs_name(enum ksm_sysfs_field field)
{
	return fields[field].name;
}

const char *ksm_sysfs_since(enum ksm_sysfs_field field)
{
	return fields[field].since;
}

static const char *const advisor_modes[] = {
	[KSM_ADVISOR_NONE] = "none",
	[KSM_ADVISOR_SCAN_TIME] = "scan-time",
};

const char *ksm_advisor_mode_name(enum ksm_advisor_mode mode)
{
	return advisor_modes[mode];
}

int ksm_sysfs_find(const char *name)
{
	for (int i = 0; i < KSM_SYSFS_N; i++)
		if (!strcmp(fields[i].name, name))
			return i;
	return -1;
}

int64_t ksm_sysfs_rmap_items(const struct ksm_sysfs *sysfs)
{
	static const enum ksm_sysfs_field parts[] = {
		KSM_SYSFS_pages_shared, KSM_SYSFS_pages_sharing, KSM_SYSFS_pages_unshared,
		KSM_SYSFS_pages_volatile};
	int64_t sum = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (__builtin_add_overflow(sum, sysfs->value[parts[i]], &sum))
			return INT64_MAX;
	return sum;
}

/* KSM_RUN_OFFLINE of mm/ksm.c, since 3.9. */
#define RUN_OFFLINE 4

/* "[none] scan-time", with brackets around the one in force; alone where a tree of plain files was written to. */
static bool parse_advisor_mode(const char *text, int64_t *ret_value)
{
	const char *open = strchr(text, '['), *close = open ? strchr(open, ']') : NULL;
	const char *word = close ? open + 1 : text;
	size_t word_len = close ? (size_t)(close - word) : strlen(text);

	for (int mode = 0; mode <= KSM_ADVISOR_SCAN_TIME; mode++) {
		if (word_len == strlen(advisor_modes[mode]) &&
		    !memcmp(word, advisor_modes[mode], word_len)) {
			*ret_value = mode;
			return true;
		}
	}
	return false;
}

static bool parse_number(const char *text, bool is_signed, int64_t *ret_value)
{
	bool negative = is_signed && text[0] == '-';
	uint64_t value;

	if (ksm_parse_u64(text + negative, INT64_MAX, &value))
		return false;
	*ret_value = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

static int parse_field(enum ksm_sysfs_field field, struct ksm_str *text, int64_t *ret_value,
		       struct ksm_error *err)
{
	bool is_signed = field == KSM_SYSFS_general_profit || field == KSM_SYSFS_ksm_zero_pages;
	bool ok = false;

	if (text->len && text->data[text->len - 1] == '\n')
		text->data[--text->len] = '\0';
	if (text->len && strlen(text->data) == text->len)
		ok = field == KSM_SYSFS_advisor_mode
			     ? parse_advisor_mode(text->data, ret_value)
			     : parse_number(text->data, is_signed, ret_value);
	if (ok)
		return 0;
	return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
			     "\"%.100s\" in \"%s\" of KSM's sysfs directory is not %s",
			     text->len ? text->data : "", fields[field].name,
			     field == KSM_SYSFS_advisor_mode ? "a choice of none and scan-time"
							     : "a number");
}

int ksm_sysfs_read(const struct ksm_root *root, struct ksm_sysfs *ret_sysfs, struct ksm_error *err)
{
	struct ksm_sysfs sysfs = {0};
	ksm_auto_close int dir = -1;
	int rc = -ENOENT;

	if (root->sys_fd >= 0)
		rc = ksm_open_at(root->sys_fd, "kernel/mm/ksm", O_RDONLY | O_DIRECTORY, &dir, err);
	if (rc == -ENOENT)
		return ksm_error_set(
			err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
			"the kernel has no KSM (\"kernel/mm/ksm\" is missing in sysfs): "
			"it takes one built with CONFIG_KSM, 2.6.32 or newer");
	if (rc)
		return rc;
	for (int i = 0; i < KSM_SYSFS_N; i++) {
		ksm_auto_str struct ksm_str text = {0};

		rc = ksm_read_at(dir, fields[i].name, 4096, &text, err);
		if (rc == -ENOENT)
			continue;
		if (!rc)
			rc = parse_field(i, &text, &sysfs.value[i], err);
		if (rc)
			return rc;
		sysfs.valid[i] = true;
	}
	/* Set while memory is taken offline, and nobody else's to write. */
	sysfs.value[KSM_SYSFS_run] &= ~RUN_OFFLINE;
	if (err)
		memset(err, 0, sizeof(*err));
	*ret_sysfs = sysfs;
	return 0;
}
