/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/groups.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "kernel/process.h"

static const char *const names[] = {
	[KSM_BY_NONE] = "none",	      [KSM_BY_PROCESS] = "process", [KSM_BY_AREA] = "area",
	[KSM_BY_MAPPING] = "mapping", [KSM_BY_CGROUP] = "cgroup",   [KSM_BY_USER] = "user",
};

const char *ksm_group_by_name(enum ksm_group_by by)
{
	return names[by];
}

enum ksm_group_by ksm_group_by_find(const char *name)
{
	for (enum ksm_group_by by = KSM_BY_PROCESS; by <= KSM_BY_USER; by++)
		if (strcmp(names[by], name) == 0)
			return by;
	return KSM_BY_NONE;
}

struct named_group {
	char *name;
	uint32_t number;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct named_group *)a)->name, ((const struct named_group *)b)->name);
}

static int number_of(struct ksm_grouping *grouping, const char *name, uint32_t *ret_number)
{
	struct named_group wanted = {.name = (char *)name}, *entry, **found;

	found = tfind(&wanted, &grouping->numbers, compare_names);
	if (found) {
		*ret_number = (*found)->number;
		return 0;
	}
	if (ksm_array_reserve(&grouping->name, &grouping->capacity, grouping->n + 1,
			      sizeof(*grouping->name)))
		return -ENOMEM;
	entry = malloc(sizeof(*entry));
	wanted.name = strdup(name);
	if (!entry || !wanted.name)
		goto fail;
	*entry = wanted;
	entry->number = (uint32_t)grouping->n;
	if (!tsearch(entry, &grouping->numbers, compare_names))
		goto fail;
	grouping->name[grouping->n++] = entry->name;
	*ret_number = entry->number;
	return 0;
fail:
	free(wanted.name);
	free(entry);
	return -ENOMEM;
}

/* The group of all areas of a space; none where each area has its own. */
static int name_space(enum ksm_group_by by, const struct ksm_space *space, struct ksm_str *name)
{
	char *user ksm_auto_free = NULL;

	switch (by) {
	case KSM_BY_PROCESS:
		if (space->file)
			return ksm_str_append(name, space->file, strlen(space->file));
		return ksm_str_printf(name, "%d %s", space->pid, space->name);
	case KSM_BY_CGROUP:
		return ksm_str_printf(name, "%s", *space->cgroup ? space->cgroup : "(unknown)");
	case KSM_BY_USER:
		/* Looked up once: that may ask a server. */
		user = space->has_uid ? ksm_user_name(space->uid) : strdup("(unknown)");
		return user ? ksm_str_append(name, user, strlen(user)) : -ENOMEM;
	case KSM_BY_MAPPING:
	case KSM_BY_AREA:
	case KSM_BY_NONE:
		break;
	}
	return 0;
}

static const char *area_name(enum ksm_group_by by, const struct ksm_space *space,
			     const struct ksm_area *area)
{
	const char *name = by == KSM_BY_MAPPING ? ksm_area_name(&space->areas, area) : "";

	return *name ? name : ksm_area_kind_name(ksm_area_kind(&space->areas, area));
}

static int add_space(struct ksm_grouping *grouping, enum ksm_group_by by, uint32_t index)
{
	const struct ksm_space *space = &grouping->source->space[index];
	struct ksm_str name ksm_auto_str = {0};
	int err = name_space(by, space, &name);

	grouping->of_area[index] = calloc(space->areas.n ? space->areas.n : 1, sizeof(uint32_t));
	if (err || !grouping->of_area[index])
		return -ENOMEM;
	for (size_t i = 0; i < space->areas.n && !err; i++)
		err = number_of(grouping,
				name.len ? name.data : area_name(by, space, &space->areas.area[i]),
				&grouping->of_area[index][i]);
	return err;
}

int ksm_grouping_init(struct ksm_grouping *grouping, enum ksm_group_by by,
		      const struct ksm_page_source *source)
{
	uint32_t gone;
	int err;

	memset(grouping, 0, sizeof(*grouping));
	grouping->source = source;
	grouping->of_area =
		calloc(source->n_spaces ? source->n_spaces : 1, sizeof(*grouping->of_area));
	if (!grouping->of_area)
		return -ENOMEM;
	err = number_of(grouping, "(gone)", &gone);
	for (uint32_t i = 0; i < source->n_spaces && !err; i++)
		err = add_space(grouping, by, i);
	return err;
}

static void free_named_group(void *data)
{
	struct named_group *entry = data;

	free(entry->name);
	free(entry);
}

void ksm_grouping_release(struct ksm_grouping *grouping)
{
	for (uint32_t i = 0; grouping->of_area && i < grouping->source->n_spaces; i++)
		free(grouping->of_area[i]);
	free(grouping->of_area);
	tdestroy(grouping->numbers, free_named_group);
	free(grouping->name);
	memset(grouping, 0, sizeof(*grouping));
}

uint32_t ksm_grouping_find(const struct ksm_grouping *grouping, uint32_t space, uint64_t address)
{
	const struct ksm_areas *areas = &grouping->source->space[space].areas;
	const struct ksm_area *area = ksm_areas_find(areas, address);

	return area ? grouping->of_area[space][area - areas->area] : 0;
}
