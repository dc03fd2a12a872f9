/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/diff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "kernel/root.h"
#include "report/json.h"
#include "report/report.h"

#define SCHEMA	 "ksmctl.estimate/1"
#define FILE_MAX (512ul << 20)

/* ---------------------------------------------------------------- reading */

int ksm_diff_read(const char *path, json_object **ret_document, struct ksm_error *err)
{
	ksm_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct ksm_str text ksm_auto_str = {0};
	json_object *document;
	const char *schema;
	int ret;

	if (fd < 0)
		return ksm_file_error(AT_FDCWD, path, errno, err);
	ret = ksm_read_fd(fd, FILE_MAX, &text, err);
	if (ret) {
		ksm_error_name_path(err, path);
		return ret;
	}
	document = text.len ? ksm_json_parse(text.data, text.len) : NULL;
	schema = json_object_get_string(json_object_object_get(document, "schema"));
	if (schema && strcmp(schema, SCHEMA) == 0) {
		*ret_document = document;
		return 0;
	}
	json_object_put(document);
	ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
		      "\"%s\" is no document " SCHEMA
		      ": give what scan or analyze wrote with --json",
		      path);
	ksm_error_name_path(err, path);
	return -EBADMSG;
}

static json_object *member(json_object *object, const char *name)
{
	return json_object_is_type(object, json_type_object) ? json_object_object_get(object, name)
							     : NULL;
}

static int64_t number(json_object *object, const char *name)
{
	json_object *value = member(object, name);

	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value)
							 : KSM_UNKNOWN;
}

/* NULL unless it is one. */
static const char *string(json_object *object, const char *name)
{
	json_object *value = member(object, name);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static size_t length(json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

/* A field of pages, or one that is bytes by its name, in bytes. */
static int64_t amount(json_object *object, const char *name, int64_t page_size)
{
	int64_t value = number(object, name), bytes;
	size_t len = strlen(name);

	if (value == KSM_UNKNOWN || strcmp(name, "general_profit") == 0 ||
	    (len > 6 && strcmp(name + len - 6, "_bytes") == 0))
		return value;
	return page_size <= 0 || __builtin_mul_overflow(value, page_size, &bytes) ? KSM_UNKNOWN
										  : bytes;
}

/* ---------------------------------------------------------------- totals and settings */

static const struct {
	const char *field, *name;
} totals[] = {
	{"pages_present", "present"},
	{"distinct_pages", "distinct"},
	{"duplicate_pages", "duplicates"},
	{"zero_pages", "zeros"},
	{"already_merged_pages", "already_merged"},
	{"freed_bytes", "freed"},
	{"metadata_bytes", "metadata"},
	{"general_profit", "general_profit"},
	{"pages_shared", "pages_shared"},
	{"pages_sharing", "pages_sharing"},
	{"pages_unshared", "pages_unshared"},
	{"pages_volatile", "pages_volatile"},
	{"ksm_zero_pages", "ksm_zero_pages"},
};

/* Both documents, and the pages that they count in. */
struct sides {
	json_object *before, *now;
	int64_t page_before, page_now;
};

static struct ksm_diff_value value_of(const struct sides *sides, json_object *before,
				      json_object *now, const char *field, const char *name)
{
	return (struct ksm_diff_value){
		.name = name,
		.before = amount(before, field, sides->page_before),
		.now = amount(now, field, sides->page_now),
	};
}

static int take_totals(const struct sides *sides, struct ksm_diff *diff)
{
	size_t n = sizeof(totals) / sizeof(totals[0]);

	diff->total = calloc(n, sizeof(*diff->total));
	if (!diff->total)
		return -ENOMEM;
	for (; diff->n_totals < n; diff->n_totals++)
		diff->total[diff->n_totals] = value_of(
			sides, member(sides->before, "totals"), member(sides->now, "totals"),
			totals[diff->n_totals].field, totals[diff->n_totals].name);
	return 0;
}

/* A copy of a value as text, or NULL for none. */
static int copy_text(json_object *value, char **ret_text)
{
	*ret_text = value ? strdup(json_object_get_string(value)) : NULL;
	return value && !*ret_text ? -ENOMEM : 0;
}

static int add_setting(struct ksm_diff *diff, size_t *capacity, const char *name,
		       json_object *before, json_object *now)
{
	struct ksm_diff_setting *setting;

	if (json_object_equal(before, now))
		return 0;
	if (ksm_array_reserve(&diff->setting, capacity, diff->n_settings + 1,
			      sizeof(*diff->setting)))
		return -ENOMEM;
	setting = &diff->setting[diff->n_settings++];
	*setting = (struct ksm_diff_setting){.name = strdup(name)};
	return setting->name ? copy_text(before, &setting->before) ?: copy_text(now, &setting->now)
			     : -ENOMEM;
}

/* Those of @now, then those that only @before has. */
static int add_tunables(struct ksm_diff *diff, size_t *capacity, json_object *before,
			json_object *now)
{
	json_object *const sides[] = {now, before};
	int ret = 0;

	for (int side = 0; side < 2; side++) {
		if (!json_object_is_type(sides[side], json_type_object))
			continue;
		json_object_object_foreach(sides[side], name, value)
		{
			(void)value;
			if (!ret && (side == 0 || !member(now, name)))
				ret = add_setting(diff, capacity, name, member(before, name),
						  member(now, name));
		}
	}
	return ret;
}

static int take_settings(const struct sides *sides, struct ksm_diff *diff)
{
	json_object *before = member(sides->before, "model"), *now = member(sides->now, "model");
	static const char *const names[] = {"kernel", "checksum"};
	size_t capacity = 0;
	int ret = add_setting(diff, &capacity, "page_size", member(sides->before, "page_size"),
			      member(sides->now, "page_size"))
			  ?: add_setting(diff, &capacity, "sample_every",
					 member(member(sides->before, "sample"), "every"),
					 member(member(sides->now, "sample"), "every"));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !ret; i++)
		ret = add_setting(diff, &capacity, names[i], member(before, names[i]),
				  member(now, names[i]));
	return ret
		       ?: add_tunables(diff, &capacity, member(before, "tunables"),
				       member(now, "tunables"));
}

/* ---------------------------------------------------------------- targets and groups */

/* What a part is called: a group, a dump, a process. */
static int name_of(json_object *part, struct ksm_str *name)
{
	const char *file = string(part, "file"), *text = string(part, "name");

	if (file || number(part, "pid") == KSM_UNKNOWN)
		return ksm_str_printf(name, "%s", file ? file : text ? text : "");
	return ksm_str_printf(name, "%d %s", (int)number(part, "pid"), text ? text : "");
}

/* What parts of both sides that are the same have in common; empty where that cannot be said. */
typedef int key_of(json_object *part, struct ksm_str *key);

static int short_name_of(json_object *part, struct ksm_str *key)
{
	const char *name = string(part, "name");

	return ksm_str_printf(key, "%s", name ? name : "");
}

static int any_name_of(json_object *part, struct ksm_str *key)
{
	return ksm_str_printf(key, "any");
}

/* Who of before each part of now is, SIZE_MAX for none; and which of before is somebody. */
struct match {
	size_t *of;
	bool *is_taken;
	size_t *next; /* of before: who has the same key, SIZE_MAX for none */
};

static size_t first_of(json_object *firsts, const char *key)
{
	json_object *first = json_object_object_get(firsts, key);

	return first ? (size_t)json_object_get_int64(first) : SIZE_MAX;
}

static int set_first(json_object *firsts, const char *key, size_t first)
{
	if (first != SIZE_MAX)
		return json_object_object_add(firsts, key, json_object_new_int64((int64_t)first))
			       ? -ENOMEM
			       : 0;
	json_object_object_del(firsts, key);
	return 0;
}

/* Puts one part of before, not taken yet, at the beginning of those with its key. */
static int add_first(json_object *before, size_t j, const struct match *match, key_of *key,
		     json_object *firsts)
{
	ksm_auto_str struct ksm_str text = {0};

	if (key(json_object_array_get_idx(before, j), &text))
		return -ENOMEM;
	if (!text.len)
		return 0;
	match->next[j] = first_of(firsts, text.data);
	return set_first(firsts, text.data, j);
}

static int take_first(json_object *now, size_t i, const struct match *match, key_of *key,
		      json_object *firsts)
{
	ksm_auto_str struct ksm_str text = {0};
	size_t first;

	if (key(json_object_array_get_idx(now, i), &text))
		return -ENOMEM;
	first = text.len ? first_of(firsts, text.data) : SIZE_MAX;
	if (first == SIZE_MAX)
		return 0;
	match->of[i] = first;
	match->is_taken[first] = true;
	return set_first(firsts, text.data, match->next[first]);
}

/* Of several with one key the first goes with the first. */
static int match_by(json_object *before, json_object *now, const struct match *match, key_of *key)
{
	json_object *firsts = ksm_json_object();
	int ret = firsts ? 0 : -ENOMEM;

	for (size_t j = length(before); j-- > 0 && !ret;)
		if (!match->is_taken[j])
			ret = add_first(before, j, match, key, firsts);
	for (size_t i = 0; i < length(now) && !ret; i++)
		if (match->of[i] == SIZE_MAX)
			ret = take_first(now, i, match, key, firsts);
	json_object_put(firsts);
	return ret;
}

static size_t count_left(json_object *before, json_object *now, const struct match *match,
			 size_t *ret_now)
{
	size_t left = 0;

	*ret_now = 0;
	for (size_t i = 0; i < length(now); i++)
		*ret_now += match->of[i] == SIZE_MAX;
	for (size_t j = 0; j < length(before); j++)
		left += !match->is_taken[j];
	return left;
}

static int add_part(const struct sides *sides, struct ksm_diff_part *part, size_t *n,
		    json_object *before, json_object *now)
{
	struct ksm_str name = {0};

	if (name_of(now ? now : before, &name)) {
		ksm_str_free(&name);
		return -ENOMEM;
	}
	part[(*n)++] = (struct ksm_diff_part){
		.name = name.data,
		.was_there = before,
		.is_there = now,
		.present = value_of(sides, before, now, "pages_present", "present"),
		.duplicates = value_of(sides, before, now, "duplicate_pages", "duplicates"),
		.freed = value_of(sides, before, now, "freed_bytes", "freed"),
	};
	return 0;
}

static int take_parts(const struct sides *sides, json_object *before, json_object *now,
		      bool may_be_renamed, struct ksm_diff_part **ret_part, size_t *ret_n)
{
	size_t n_before = length(before), n_now = length(now), left_now;
	size_t *of ksm_auto_free = calloc(n_now + 1, sizeof(*of));
	bool *is_taken ksm_auto_free = calloc(n_before + 1, sizeof(*is_taken));
	size_t *next ksm_auto_free = calloc(n_before + 1, sizeof(*next));
	const struct match match = {of, is_taken, next};
	int ret;

	*ret_part = calloc(n_before + n_now + 1, sizeof(**ret_part));
	if (!of || !is_taken || !next || !*ret_part)
		return -ENOMEM;
	for (size_t i = 0; i < n_now; i++)
		of[i] = SIZE_MAX;
	ret = match_by(before, now, &match, name_of)
		      ?: match_by(before, now, &match, short_name_of);
	if (!ret && may_be_renamed && count_left(before, now, &match, &left_now) == 1 &&
	    left_now == 1)
		ret = match_by(before, now, &match, any_name_of);
	for (size_t i = 0; i < n_now && !ret; i++)
		ret = add_part(sides, *ret_part, ret_n,
			       of[i] == SIZE_MAX ? NULL : json_object_array_get_idx(before, of[i]),
			       json_object_array_get_idx(now, i));
	for (size_t j = 0; j < n_before && !ret; j++)
		if (!is_taken[j])
			ret = add_part(sides, *ret_part, ret_n,
				       json_object_array_get_idx(before, j), NULL);
	return ret;
}

static bool same_grouping(json_object *before, json_object *now)
{
	const char *x = string(json_object_array_get_idx(before, 0), "by");
	const char *y = string(json_object_array_get_idx(now, 0), "by");

	return x && y && strcmp(x, y) == 0;
}

int ksm_diff_make(json_object *before, json_object *now, struct ksm_diff *ret_diff)
{
	const struct sides sides = {
		.before = before,
		.now = now,
		.page_before = number(before, "page_size"),
		.page_now = number(now, "page_size"),
	};
	json_object *groups_before = member(before, "groups"), *groups_now = member(now, "groups");
	struct ksm_diff diff = {0};
	int ret = take_totals(&sides, &diff) ?: take_settings(&sides, &diff)
		?: take_parts(&sides, member(before, "targets"), member(now, "targets"), true,
			      &diff.target, &diff.n_targets);

	if (!ret && length(groups_before) && length(groups_now) &&
	    same_grouping(groups_before, groups_now))
		ret = take_parts(&sides, groups_before, groups_now, false, &diff.group,
				 &diff.n_groups);
	if (ret)
		ksm_diff_free(&diff);
	else
		*ret_diff = diff;
	return ret;
}

static void free_parts(struct ksm_diff_part *part, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(part[i].name);
	free(part);
}

void ksm_diff_free(struct ksm_diff *diff)
{
	for (size_t i = 0; i < diff->n_settings; i++) {
		free(diff->setting[i].name);
		free(diff->setting[i].before);
		free(diff->setting[i].now);
	}
	free(diff->setting);
	free(diff->total);
	free_parts(diff->target, diff->n_targets);
	free_parts(diff->group, diff->n_groups);
	*diff = (struct ksm_diff){0};
}

int64_t ksm_diff_change(const struct ksm_diff_value *value)
{
	int64_t change;

	if (value->before == KSM_UNKNOWN || value->now == KSM_UNKNOWN ||
	    __builtin_sub_overflow(value->now, value->before, &change))
		return KSM_UNKNOWN;
	return change;
}

const char *ksm_diff_state(const struct ksm_diff_part *part)
{
	return !part->was_there ? "new" : part->is_there ? "same" : "gone";
}

/* ---------------------------------------------------------------- for people */

static const struct ksm_diff_value *find_total(const struct ksm_diff *diff, const char *name)
{
	size_t i = 0;

	while (strcmp(diff->total[i].name, name) != 0)
		i++;
	return &diff->total[i];
}

void ksm_diff_format(int64_t bytes, char text[KSM_UNITS_MAX])
{
	if (bytes == KSM_UNKNOWN)
		snprintf(text, KSM_UNITS_MAX, "unknown");
	else
		ksm_format_bytes(bytes, text);
}

static int put_change(struct ksm_str *text, const char *what, const struct ksm_diff_value *value)
{
	char before[KSM_UNITS_MAX], now[KSM_UNITS_MAX], change[KSM_UNITS_MAX];
	int64_t by = ksm_diff_change(value);
	int ret;

	ksm_diff_format(value->before, before);
	ksm_diff_format(value->now, now);
	ret = ksm_str_printf(text, "%s %s, before %s", what, now, before);
	if (ret || by == KSM_UNKNOWN)
		return ret;
	if (!by)
		return ksm_str_printf(text, ": no change");
	ksm_format_bytes(llabs(by), change);
	return ksm_str_printf(text, ": %s %s", change, by < 0 ? "less" : "more");
}

static const struct {
	const char *what, *total;
} changes[] = {{"KSM would free", "freed"}, {"It looked at", "present"}};

#define N_CHANGES (sizeof(changes) / sizeof(changes[0]))

size_t ksm_diff_sentences(const struct ksm_diff *diff)
{
	return N_CHANGES + diff->n_settings;
}

int ksm_diff_sentence(const struct ksm_diff *diff, size_t number, struct ksm_str *text)
{
	const struct ksm_diff_setting *setting;

	if (number < N_CHANGES)
		return put_change(text, changes[number].what,
				  find_total(diff, changes[number].total));
	setting = &diff->setting[number - N_CHANGES];
	return ksm_str_printf(text, "Not the same model: %s is %s, before %s", setting->name,
			      setting->now ? setting->now : "absent",
			      setting->before ? setting->before : "absent");
}

/* ---------------------------------------------------------------- for scripts */

static json_object *value_object(const struct ksm_diff_value *value)
{
	json_object *object = ksm_json_object();

	ksm_json_put(object, "before", ksm_json_number(value->before));
	ksm_json_put(object, "now", ksm_json_number(value->now));
	ksm_json_put(object, "change", ksm_json_number(ksm_diff_change(value)));
	return object;
}

static void put_value(json_object *object, const struct ksm_diff_value *value)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_bytes", value->name);
	ksm_json_put(object, name, value_object(value));
}

static json_object *parts_array(const struct ksm_diff_part *part, size_t n)
{
	json_object *array = ksm_json_array();

	for (size_t i = 0; i < n; i++) {
		json_object *object = ksm_json_object();

		ksm_json_put(object, "name", ksm_json_string(part[i].name));
		ksm_json_put(object, "was_there", ksm_json_bool(part[i].was_there));
		ksm_json_put(object, "is_there", ksm_json_bool(part[i].is_there));
		put_value(object, &part[i].present);
		put_value(object, &part[i].duplicates);
		put_value(object, &part[i].freed);
		ksm_json_append(array, object);
	}
	return array;
}

json_object *ksm_report_diff(const struct ksm_diff *diff)
{
	json_object *object = ksm_json_object(), *sums = ksm_json_object(),
		    *settings = ksm_json_array();

	for (size_t i = 0; i < diff->n_totals; i++)
		put_value(sums, &diff->total[i]);
	ksm_json_put(object, "totals", sums);
	for (size_t i = 0; i < diff->n_settings; i++) {
		const struct ksm_diff_setting *setting = &diff->setting[i];
		json_object *element = ksm_json_object();

		ksm_json_put(element, "name", ksm_json_string(setting->name));
		ksm_json_put(element, "before",
			     setting->before ? ksm_json_string(setting->before) : NULL);
		ksm_json_put(element, "now", setting->now ? ksm_json_string(setting->now) : NULL);
		ksm_json_append(settings, element);
	}
	ksm_json_put(object, "settings", settings);
	ksm_json_put(object, "targets", parts_array(diff->target, diff->n_targets));
	ksm_json_put(object, "groups", parts_array(diff->group, diff->n_groups));
	return object;
}
