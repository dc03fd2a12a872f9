/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/process.h"

#define DIRECTORY   "ksmctl"
#define JOURNAL	    "journal"
#define JOURNAL_MAX 8192
#define STATE_FIELD 3

/* ---------------------------------------------------------------- who */

/* 0 if there is no process, or only what its parent has not waited for. */
static uint64_t start_time(const struct ksm_root *root, pid_t pid)
{
	struct ksm_str stat ksm_auto_str = {0};
	char path[32];
	const char *state;

	snprintf(path, sizeof(path), "%d/stat", pid);
	if (ksm_read_at(root->proc_fd, path, 4096, &stat, NULL) || !stat.len)
		return 0;
	state = ksm_stat_field(stat.data, STATE_FIELD);
	if (state && (*state == 'Z' || *state == 'X'))
		return 0;
	return ksm_start_time_parse(stat.data);
}

/* ---------------------------------------------------------------- its text */

static int print(const struct ksm_root *root, const char *verb, const struct ksm_settings *settings,
		 struct ksm_str *text)
{
	pid_t pid = getpid();

	return ksm_str_printf(text, "ksmctl-journal 1 %d %" PRIu64 " %s\n", pid,
			      start_time(root, pid), verb)
		       ?: ksm_settings_print(settings, text);
}

int ksm_journal_parse(const char *text, size_t len, struct ksm_journal *ret_journal,
		      struct ksm_error *err)
{
	const char *newline = memchr(text, '\n', len);
	struct ksm_journal journal = {0};
	char head[128], verb[KSM_JOURNAL_VERB_MAX];
	uint64_t start;
	int pid, end = 0;

	if (!newline || newline - text >= (ptrdiff_t)sizeof(head) || memchr(text, '\0', len))
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG, "is no journal");
	memcpy(head, text, (size_t)(newline - text));
	head[newline - text] = '\0';
	if (sscanf(head, "ksmctl-journal 1 %9d %19" SCNu64 " %31[a-z-]%n", &pid, &start, verb,
		   &end) != 3 ||
	    head[end] || pid <= 0)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG, "is no journal");
	journal.pid = pid;
	journal.start_time = start;
	snprintf(journal.verb, sizeof(journal.verb), "%s", verb);
	if (ksm_settings_parse(newline + 1, len - (size_t)(newline + 1 - text), &journal.settings,
			       err))
		return -EBADMSG;
	*ret_journal = journal;
	return 0;
}

/* ---------------------------------------------------------------- the file */

/* -ENOENT where there is none. Only what belongs to us or root is trusted. */
static int open_directory(const struct ksm_root *root, int *ret_fd)
{
	ksm_auto_close int fd =
		openat(root->run_fd, DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat stat;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &stat) || (stat.st_uid && stat.st_uid != geteuid()) ||
	    (stat.st_mode & (S_IWGRP | S_IWOTH)))
		return -EPERM;
	*ret_fd = ksm_no_close(fd);
	return 0;
}

static int write_whole(int dir_fd, const char *name, const struct ksm_str *text)
{
	ksm_auto_close int fd =
		openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	if (write(fd, text->data, text->len) != (ssize_t)text->len || fsync(fd))
		return errno ? -errno : -EIO;
	return 0;
}

static int journal_error(const struct ksm_root *root, int ret, struct ksm_error *err)
{
	return ksm_file_error(root->run_fd, DIRECTORY "/" JOURNAL, -ret, err);
}

/* What is there, but cannot be used as it is. */
static int unusable(const struct ksm_root *root, enum ksm_error_code code, int errnum,
		    const char *text, struct ksm_error *err)
{
	int ret = journal_error(root, -errnum, err);

	if (err) {
		err->code = code;
		snprintf(err->text, sizeof(err->text), "%s", text);
	}
	return ret;
}

static int busy(const struct ksm_root *root, struct ksm_error *err)
{
	struct ksm_journal journal = {0};
	int ret = ksm_journal_find(root, &journal, err);

	if (ret < 0)
		return ret;
	if (ret == 0)
		return ksm_error_set(err, KSM_ERR_SYSTEM, EBUSY,
				     "another ksmctl changes settings for a time: try again");
	return ksm_error_set(
		err, KSM_ERR_SYSTEM, EBUSY,
		journal.is_alive
			? "process %d, \"ksmctl %s\", has changed settings for a time: "
			  "wait for it, or end it"
			: "process %d, \"ksmctl %s\", was interrupted and left its "
			  "settings: ksmctl restore --interrupted puts back what was before",
		journal.pid, journal.verb);
}

int ksm_journal_check(const struct ksm_root *root, struct ksm_error *err)
{
	struct ksm_journal journal;
	int ret = ksm_journal_find(root, &journal, err);

	return ret > 0 ? busy(root, err) : ret;
}

/* Is what was read before there was a journal what there is now? Another ksmctl may have put its own back meanwhile. */
static int check_current(const struct ksm_root *root, const struct ksm_settings *settings,
			 struct ksm_error *err)
{
	struct ksm_sysfs now;
	int ret = ksm_sysfs_read(root, &now, err);

	for (int i = 0; i < KSM_SYSFS_N && !ret; i++) {
		bool is_advised = i == KSM_SYSFS_pages_to_scan &&
				  now.value[KSM_SYSFS_advisor_mode] != KSM_ADVISOR_NONE;

		if (settings->given[i] && now.valid[i] && !is_advised &&
		    settings->value[i] != now.value[i])
			ret = ksm_error_set(err, KSM_ERR_SYSTEM, EBUSY,
					    "somebody else changes settings just now: try again");
	}
	return ret;
}

int ksm_journal_begin(const struct ksm_root *root, const char *verb,
		      const struct ksm_settings *settings, struct ksm_error *err)
{
	struct ksm_str text ksm_auto_str = {0};
	ksm_auto_close int dir_fd = -1;
	char name[48];
	int ret;

	if (root->dry_run || root->run_fd < 0)
		return 0;
	if (mkdirat(root->run_fd, DIRECTORY, 0700) && errno != EEXIST)
		return journal_error(root, -errno, err);
	ret = open_directory(root, &dir_fd);
	if (ret)
		return journal_error(root, ret, err);
	if (print(root, verb, settings, &text))
		return ksm_error_no_memory(err);
	/* Whole or not at all, and never in place of another: linkat fails where there is one. */
	snprintf(name, sizeof(name), JOURNAL ".%d", getpid());
	ret = write_whole(dir_fd, name, &text);
	if (!ret && linkat(dir_fd, name, dir_fd, JOURNAL, 0))
		ret = -errno;
	unlinkat(dir_fd, name, 0);
	if (!ret)
		fsync(dir_fd);
	if (ret)
		return ret == -EEXIST ? busy(root, err) : journal_error(root, ret, err);
	ret = check_current(root, settings, err);
	if (ret)
		ksm_journal_end(root);
	return ret;
}

void ksm_journal_end(const struct ksm_root *root)
{
	ksm_auto_close int dir_fd = -1;

	if (!root->dry_run && root->run_fd >= 0 && !open_directory(root, &dir_fd))
		unlinkat(dir_fd, JOURNAL, 0);
}

static int read_trusted(int dir_fd, struct ksm_str *text, struct ksm_error *err)
{
	ksm_auto_close int fd =
		openat(dir_fd, JOURNAL, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat stat;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &stat) || !S_ISREG(stat.st_mode) ||
	    (stat.st_uid && stat.st_uid != geteuid()) || (stat.st_mode & (S_IWGRP | S_IWOTH)))
		return -EPERM;
	return ksm_read_fd(fd, JOURNAL_MAX, text, err);
}

int ksm_journal_find(const struct ksm_root *root, struct ksm_journal *ret_journal,
		     struct ksm_error *err)
{
	struct ksm_str text ksm_auto_str = {0};
	ksm_auto_close int dir_fd = -1;
	struct ksm_journal journal = {0};
	uint64_t start;
	int ret = root->run_fd < 0 ? -ENOENT : open_directory(root, &dir_fd);

	if (!ret)
		ret = read_trusted(dir_fd, &text, err);
	/* Of others it is not our business. */
	if (ret == -ENOENT || ret == -EACCES)
		return 0;
	if (ret == -EPERM)
		return unusable(root, KSM_ERR_INVALID, EPERM,
				"the journal below /run/ksmctl is not ours or root's, or others "
				"may write to it: look at it, then remove it",
				err);
	if (ret)
		return journal_error(root, ret, err);
	if (ksm_journal_parse(text.data ? text.data : "", text.len, &journal, err))
		return unusable(
			root, KSM_ERR_FORMAT, EBADMSG,
			"the journal below /run/ksmctl is damaged: look at it, then remove it",
			err);
	start = start_time(root, journal.pid);
	journal.is_alive = start && start == journal.start_time;
	*ret_journal = journal;
	return 1;
}

/*
 * A lock that ends with the process, rather than another name for the journal: should this one be killed too, or fail,
 * the next finds the journal in its place, and nobody begins one with what is set by then.
 */
static int lock(const struct ksm_root *root, int *ret_dir_fd)
{
	ksm_auto_close int dir_fd = -1;
	int ret = open_directory(root, &dir_fd);

	if (ret)
		return ret;
	while (flock(dir_fd, LOCK_EX))
		if (errno != EINTR)
			return -errno;
	*ret_dir_fd = ksm_no_close(dir_fd);
	return 0;
}

int ksm_journal_recover(const struct ksm_root *root, const struct ksm_journal *journal,
			struct ksm_error *err)
{
	ksm_auto_close int dir_fd = -1;
	struct ksm_journal now = {0};
	int ret = lock(root, &dir_fd);

	if (ret)
		return ret == -ENOENT ? 0 : journal_error(root, ret, err);
	ret = ksm_journal_find(root, &now, err);
	if (ret <= 0)
		return ret;
	if (now.is_alive || now.pid != journal->pid || now.start_time != journal->start_time)
		return 0;
	ret = ksm_settings_put_back(root, &now.settings, err);
	if (ret)
		return ret;
	ksm_journal_end(root);
	return 1;
}
