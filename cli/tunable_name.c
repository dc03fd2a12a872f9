/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/tunable_name.h"

#include <string.h>

#include "base/cleanup.h"

/* Among all, or those that @model has. */
static const char *nearest(const char *name, const struct ksm_model *model)
{
	size_t n, n_names = 0;
	const struct ksm_tunable *tunables = ksm_tunables(&n);
	const char *names[KSM_SYSFS_N];

	for (size_t i = 0; i < n; i++)
		if (!model || ksm_model_has(model, tunables[i].field))
			names[n_names++] = ksm_sysfs_name(tunables[i].field);
	return ksm_cli_nearest(name, names, n_names);
}

int ksm_cli_find_tunable(const struct ksm_cli *cli, const char *name, const struct ksm_sysfs *sysfs,
			 const struct ksm_tunable **ret_tunable)
{
	size_t len = strcspn(name, "=");
	const struct ksm_tunable *tunable = ksm_tunable_find(name, len);
	ksm_auto_free char *word = NULL;
	struct ksm_error err;
	const char *near;

	if (tunable && sysfs->valid[tunable->field]) {
		*ret_tunable = tunable;
		return KSM_EXIT_OK;
	}
	if (tunable) {
		ksm_tunable_missing(tunable, &err);
		return ksm_cli_fail(cli, &err);
	}
	word = strndup(name, len);
	if (!word)
		return ksm_cli_no_memory(cli);
	if (ksm_sysfs_find(word) >= 0)
		return ksm_cli_usage(cli, "\"%s\" is a counter: ksmctl status shows it", word);
	near = nearest(word, NULL);
	if (near)
		return ksm_cli_usage(cli, "no tunable \"%s\": did you mean \"%s\"?", word, near);
	return ksm_cli_usage(cli, "no tunable \"%s\": ksmctl get --help-tunables lists them", word);
}

int ksm_cli_set_model(const struct ksm_cli *cli, struct ksm_model *model, const char *assignment)
{
	size_t len = strcspn(assignment, "=");
	ksm_auto_free char *word = NULL;
	struct ksm_error err;
	const char *near;

	if (!ksm_model_set(model, assignment, &err))
		return KSM_EXIT_OK;
	if (!assignment[len] || ksm_tunable_find(assignment, len))
		return ksm_cli_fail(cli, &err);
	word = strndup(assignment, len);
	if (!word)
		return ksm_cli_no_memory(cli);
	near = nearest(word, model);
	ksm_error_set(&err, KSM_ERR_INVALID, EINVAL,
		      near ? "\"%.60s\" is no tunable of the model: did you mean \"%s\"?"
			   : "\"%.60s\" is no tunable of the model: %s",
		      word, near ? near : "ksmctl get --help-tunables lists all");
	return ksm_cli_fail(cli, &err);
}
