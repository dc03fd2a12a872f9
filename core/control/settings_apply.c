/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/units.h"
#include "control/settings.h"
#include "kernel/meminfo.h"
#include "kernel/tunables.h"

#define STEPS_MAX (KSM_SYSFS_N + 2)
#define FILE_MAX  96
#define TRIES	  3

/* Values in the order in which they are written; a field can come twice. */
struct plan {
	struct {
		const struct ksm_tunable *tunable;
		int64_t value;
	} step[STEPS_MAX];
	size_t n;
};

static void file_of(enum ksm_sysfs_field field, char ret_path[FILE_MAX])
{
	snprintf(ret_path, FILE_MAX, "kernel/mm/ksm/%s", ksm_sysfs_name(field));
}

/* ---------------------------------------------------------------- checks */

int ksm_unmerge_check(const struct ksm_root *root, int64_t pages, struct ksm_error *err)
{
	char needed[KSM_UNITS_MAX], available[KSM_UNITS_MAX];
	struct ksm_meminfo meminfo;
	int64_t bytes;

	if (pages <= 0 || ksm_meminfo_read(root, &meminfo, NULL) ||
	    __builtin_mul_overflow(pages, (int64_t)root->page_size, &bytes) ||
	    (uint64_t)bytes < meminfo.available)
		return 0;
	ksm_format_bytes(bytes, needed);
	ksm_format_bytes((int64_t)meminfo.available, available);
	return ksm_error_set(err, KSM_ERR_SYSTEM, ENOMEM,
			     "taking apart what is merged needs up to %s, but %s are available: "
			     "--force does it nevertheless",
			     needed, available);
}

static bool differs(const struct ksm_settings *settings, const struct ksm_sysfs *now,
		    enum ksm_sysfs_field field)
{
	return settings->given[field] && settings->value[field] != now->value[field];
}

static int64_t value_then(const struct ksm_settings *settings, const struct ksm_sysfs *now,
			  enum ksm_sysfs_field field)
{
	return settings->given[field] ? settings->value[field] : now->value[field];
}

static bool needs_unmerge(const struct ksm_tunable *tunable, const struct ksm_sysfs *now)
{
	return tunable->writable == KSM_WRITABLE_UNMERGED &&
	       now->value[KSM_SYSFS_pages_shared] != 0;
}

static int check_one(const struct ksm_tunable *tunable, const struct ksm_settings *settings,
		     const struct ksm_sysfs *now, unsigned int flags, struct ksm_error *err)
{
	const char *name = ksm_sysfs_name(tunable->field);

	if (!now->valid[tunable->field])
		return ksm_tunable_missing(tunable, err);
	if (!differs(settings, now, tunable->field))
		return 0;
	if (needs_unmerge(tunable, now) && !(flags & KSM_SETTINGS_UNMERGE_FIRST))
		return ksm_error_set(
			err, KSM_ERR_SYSTEM, EBUSY,
			"%s cannot change while pages are merged (pages_shared is %lld): "
			"--unmerge-first takes them apart before",
			name, (long long)now->value[KSM_SYSFS_pages_shared]);
	if (tunable->writable == KSM_WRITABLE_UNADVISED &&
	    value_then(settings, now, KSM_SYSFS_advisor_mode) != KSM_ADVISOR_NONE)
		return ksm_error_set(
			err, KSM_ERR_SYSTEM, EINVAL,
			"the advisor sets %s: only with advisor_mode=none can it be set", name);
	return 0;
}

static int check_right(const struct ksm_root *root, enum ksm_sysfs_field field,
		       struct ksm_error *err)
{
	char path[FILE_MAX];
	int ret;

	file_of(field, path);
	if (!faccessat(root->sys_fd, path, W_OK, AT_EACCESS))
		return 0;
	ret = ksm_file_error(root->sys_fd, path, errno, err);
	if (err && err->code == KSM_ERR_PERMISSION)
		snprintf(err->text, sizeof(err->text),
			 "%s is not yours to set: that takes being root", ksm_sysfs_name(field));
	return ret;
}

static int check(const struct ksm_root *root, const struct ksm_settings *settings,
		 const struct ksm_sysfs *now, unsigned int flags, bool *ret_unmerge,
		 struct ksm_error *err)
{
	size_t n;
	const struct ksm_tunable *tunables = ksm_tunables(&n);
	bool unmerge = false, unmerges;
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++) {
		if (!settings->given[tunables[i].field])
			continue;
		ret = check_one(&tunables[i], settings, now, flags, err);
		if (!ret && differs(settings, now, tunables[i].field)) {
			unmerge |= needs_unmerge(&tunables[i], now);
			ret = check_right(root, tunables[i].field, err);
		}
	}
	if (!ret && unmerge)
		ret = check_right(root, KSM_SYSFS_run, err);
	unmerges = unmerge ||
		   (differs(settings, now, KSM_SYSFS_run) && settings->value[KSM_SYSFS_run] == 2);
	if (!ret && unmerges && !(flags & KSM_SETTINGS_FORCE))
		ret = ksm_unmerge_check(root,
					now->value[KSM_SYSFS_pages_sharing] +
						now->value[KSM_SYSFS_ksm_zero_pages],
					err);
	*ret_unmerge = unmerge;
	return ret;
}

/* ---------------------------------------------------------------- order */

static void add_step(struct plan *plan, enum ksm_sysfs_field field, int64_t value)
{
	plan->step[plan->n].tunable = ksm_tunable_of(field);
	plan->step[plan->n++].value = value;
}

static void add_given(struct plan *plan, const struct ksm_settings *settings,
		      enum ksm_sysfs_field field)
{
	if (settings->given[field])
		add_step(plan, field, settings->value[field]);
}

/*
 * To leave an advisor's mode sets pages_to_scan to 100, so the page count comes behind it; to enter one sets it to
 * advisor_min_pages_to_scan, so the advisor's own values come before. ksmd starts last.
 */
static void make_plan(const struct ksm_settings *settings, bool unmerge, int64_t run_then,
		      struct plan *ret_plan)
{
	size_t n;
	const struct ksm_tunable *tunables = ksm_tunables(&n);
	bool advised = settings->given[KSM_SYSFS_advisor_mode] &&
		       settings->value[KSM_SYSFS_advisor_mode] != KSM_ADVISOR_NONE;
	struct plan plan = {.n = 0};

	if (unmerge)
		add_step(&plan, KSM_SYSFS_run, 2);
	if (!advised)
		add_given(&plan, settings, KSM_SYSFS_advisor_mode);
	for (size_t i = 0; i < n; i++) {
		enum ksm_sysfs_field field = tunables[i].field;

		if (field != KSM_SYSFS_run && field != KSM_SYSFS_advisor_mode)
			add_given(&plan, settings, field);
	}
	if (advised)
		add_given(&plan, settings, KSM_SYSFS_advisor_mode);
	if (unmerge)
		add_step(&plan, KSM_SYSFS_run, run_then);
	else
		add_given(&plan, settings, KSM_SYSFS_run);
	*ret_plan = plan;
}

/* ---------------------------------------------------------------- writing */

/* @now is kept up to date: in a dry run as if it had been written. */
static int write_step(const struct ksm_root *root, const struct ksm_tunable *tunable, int64_t value,
		      struct ksm_sysfs *now, struct ksm_error *err)
{
	char path[FILE_MAX], text[KSM_TUNABLE_TEXT_MAX], found[KSM_TUNABLE_TEXT_MAX];
	int64_t *is = &now->value[tunable->field];
	int ret;

	if (*is == value)
		return 0;
	file_of(tunable->field, path);
	ksm_tunable_format(tunable, value, text);
	ret = ksm_root_write(root, path, text, err);
	if (!ret && root->dry_run)
		*is = value;
	else if (!ret)
		ret = ksm_sysfs_read(root, now, err);
	if (ret || *is == value)
		return ret;
	ksm_tunable_format(tunable, *is, found);
	ret = ksm_file_error(root->sys_fd, path, EIO, err);
	if (err)
		snprintf(err->text, sizeof(err->text), "%s was set to %s, but reads %s",
			 ksm_sysfs_name(tunable->field), text, found);
	return ret;
}

/* Those of the first @n steps as they were, and what the kernel changed along with them. */
static int put_back(const struct ksm_root *root, const struct plan *done, size_t n,
		    const struct ksm_sysfs *before, struct ksm_error *err)
{
	struct ksm_settings settings = {0};
	struct ksm_sysfs now;
	struct plan plan;
	int ret = ksm_sysfs_read(root, &now, err);

	if (ret)
		return ret;
	for (size_t i = 0; i < n; i++) {
		enum ksm_sysfs_field field = done->step[i].tunable->field;

		settings.given[field] = true;
		settings.value[field] = before->value[field];
		if (field == KSM_SYSFS_advisor_mode &&
		    before->value[KSM_SYSFS_advisor_mode] == KSM_ADVISOR_NONE) {
			settings.given[KSM_SYSFS_pages_to_scan] = true;
			settings.value[KSM_SYSFS_pages_to_scan] =
				before->value[KSM_SYSFS_pages_to_scan];
		}
	}
	make_plan(&settings, false, 0, &plan);
	for (size_t i = 0; i < plan.n; i++) {
		int rc = write_step(root, plan.step[i].tunable, plan.step[i].value, &now,
				    ret ? NULL : err);

		ret = ret ? ret : rc;
	}
	return ret;
}

static int apply(const struct ksm_root *root, const struct ksm_settings *settings,
		 unsigned int flags, struct ksm_error *err)
{
	struct ksm_error also = {0};
	struct ksm_sysfs before, now;
	struct plan plan;
	bool unmerge;
	int ret = ksm_sysfs_read(root, &before, err);

	if (!ret)
		ret = check(root, settings, &before, flags, &unmerge, err);
	if (ret)
		return ret;
	now = before;
	make_plan(settings, unmerge, value_then(settings, &before, KSM_SYSFS_run), &plan);
	for (size_t i = 0; i < plan.n; i++) {
		ret = write_step(root, plan.step[i].tunable, plan.step[i].value, &now, err);
		if (!ret)
			continue;
		/* The one that failed may have been written, and read back otherwise. */
		if (put_back(root, &plan, i + 1, &before, &also) && err) {
			size_t len = strlen(err->text);

			snprintf(err->text + len, sizeof(err->text) - len,
				 "; and what was set before could not be put back: %.90s",
				 also.text);
		}
		return ret;
	}
	return 0;
}

int ksm_settings_apply(const struct ksm_root *root, const struct ksm_settings *settings,
		       unsigned int flags, struct ksm_error *err)
{
	sigset_t all, before;
	int ret;

	/* A signal would break off unmerging, and the kernel then leaves KSM off (run_store() in mm/ksm.c). */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = apply(root, settings, flags, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}

int ksm_settings_put_back(const struct ksm_root *root, const struct ksm_settings *before,
			  struct ksm_error *err)
{
	int ret = -EAGAIN;

	for (int i = 0; i < TRIES && ret; i++)
		ret = ksm_settings_apply(root, before, 0, err);
	return ret;
}
