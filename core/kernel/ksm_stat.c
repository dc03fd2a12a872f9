/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ksm_stat.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel/root.h"

static const char *const names[KSM_STAT_N] = {
#define X(name, since) #name,
	KSM_STAT_FIELDS(X)
#undef X
};

const char *ksm_stat_name(enum ksm_stat_field field)
{
	return names[field];
}

/*
 * A number as %lu or %ld printed it. ksm_zero_pages below zero comes as the one or the other, by version.
 */
static bool parse_number(const char *text, size_t len, enum ksm_stat_field field,
			 int64_t *ret_value)
{
	bool is_signed = field == KSM_STAT_ksm_process_profit || field == KSM_STAT_ksm_zero_pages;
	bool negative = is_signed && len && text[0] == '-';
	uint64_t max = field == KSM_STAT_ksm_zero_pages && !negative ? UINT64_MAX : INT64_MAX;
	uint64_t value;

	if (ksm_parse_u64_of(text + negative, len - negative, max, &value))
		return false;
	*ret_value = (int64_t)(negative ? -value : value);
	return true;
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(text, word, len);
}

static bool parse_value(const char *text, size_t len, enum ksm_stat_field field, int64_t *ret_value)
{
	if (field != KSM_STAT_ksm_merge_any && field != KSM_STAT_ksm_mergeable)
		return parse_number(text, len, field, ret_value);
	*ret_value = is_word(text, len, "yes");
	return *ret_value || is_word(text, len, "no");
}

/* "name value" or "name: value". */
static bool parse_line(const char *line, size_t len, struct ksm_stat *stat)
{
	size_t name_len = 0, at;

	while (name_len < len && line[name_len] != ' ' && line[name_len] != ':')
		name_len++;
	for (int i = 0; i < KSM_STAT_N; i++) {
		if (!is_word(line, name_len, names[i]))
			continue;
		at = name_len;
		at += at < len && line[at] == ':';
		if (at == len || line[at] != ' ' ||
		    !parse_value(line + at + 1, len - at - 1, i, &stat->value[i]))
			return false;
		stat->valid[i] = true;
	}
	return true;
}

int ksm_stat_parse(const char *text, size_t len, struct ksm_stat *ret_stat, struct ksm_error *err)
{
	const char *end = text + len;
	struct ksm_stat stat = {0};
	size_t line = 1;

	for (const char *p = text; p < end; line++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));

		if (!parse_line(p, (size_t)((newline ? newline : end) - p), &stat))
			return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
					     "line %zu of ksm_stat has a value that is not its own",
					     line);
		p = newline ? newline + 1 : end;
	}
	*ret_stat = stat;
	return 0;
}

/* A file that the kernel lacks, or that a kernel thread has nothing to say in, reads as empty. */
static int read_pid_file(int pid_dir_fd, const char *name, struct ksm_str *ret_text,
			 struct ksm_error *err)
{
	ksm_auto_close int fd = -1;
	struct ksm_error cause;
	int rc = ksm_open_pid_file(pid_dir_fd, name, "the same user or CAP_DAC_READ_SEARCH", &fd,
				   &cause);

	if (!rc)
		rc = ksm_read_fd(fd, 65536, ret_text, &cause);
	if (rc == -ESRCH && cause.code != KSM_ERR_NO_MEMORY)
		rc = ksm_pid_no_memory_error(pid_dir_fd, &cause);
	if (rc == -ENOENT || (rc && cause.code == KSM_ERR_NO_MEMORY))
		return 0;
	if (rc && err)
		*err = cause;
	return rc;
}

int ksm_stat_read(int pid_dir_fd, struct ksm_stat *ret_stat, struct ksm_error *err)
{
	ksm_auto_str struct ksm_str text = {0}, pages = {0};
	struct ksm_stat stat = {0};
	int rc;

	rc = read_pid_file(pid_dir_fd, "ksm_stat", &text, err);
	if (!rc && text.len)
		rc = ksm_stat_parse(text.data, text.len, &stat, err);
	if (!rc && !stat.valid[KSM_STAT_ksm_merging_pages])
		rc = read_pid_file(pid_dir_fd, "ksm_merging_pages", &pages, err);
	if (rc)
		return rc;
	if (pages.len) {
		size_t len = pages.len - (pages.data[pages.len - 1] == '\n');

		if (!parse_value(pages.data, len, KSM_STAT_ksm_merging_pages,
				 &stat.value[KSM_STAT_ksm_merging_pages]))
			return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
					     "ksm_merging_pages does not hold a number");
		stat.valid[KSM_STAT_ksm_merging_pages] = true;
	}
	*ret_stat = stat;
	return 0;
}

static bool is_set(const struct ksm_stat *stat, enum ksm_stat_field field)
{
	return stat->valid[field] && stat->value[field] > 0;
}

bool ksm_stat_tells_opt_in(const struct ksm_stat *stat, bool *ret_is_opted_in)
{
	bool knows_all = stat->valid[KSM_STAT_ksm_merge_any] && stat->valid[KSM_STAT_ksm_mergeable];
	bool is_in = is_set(stat, KSM_STAT_ksm_merge_any) || is_set(stat, KSM_STAT_ksm_mergeable) ||
		     is_set(stat, KSM_STAT_ksm_merging_pages) ||
		     is_set(stat, KSM_STAT_ksm_zero_pages) ||
		     (!knows_all && is_set(stat, KSM_STAT_ksm_rmap_items));

	if (!is_in && !knows_all)
		return false;
	*ret_is_opted_in = is_in;
	return true;
}
