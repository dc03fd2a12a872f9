/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of ksmctl.estimate/1 that is about contents rather than pages. */
#include "report/contents.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "report/report.h"

static void put(json_object *object, const char *name, json_object *value)
{
	json_object_object_add(object, name, value);
}

static void put_number(json_object *object, const char *name, int64_t value)
{
	put(object, name, ksm_report_number(value));
}

static json_object *preview_value(const struct ksm_estimate_content *content)
{
	ksm_auto_str struct ksm_str text = {0};

	if (ksm_str_escape(&text, (const char *)content->preview, sizeof(content->preview)))
		return NULL;
	return ksm_report_string(text.data);
}

static json_object *contents_array(const struct ksm_estimate *estimate)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < estimate->n_contents; i++) {
		const struct ksm_estimate_content *content = &estimate->content[i];
		const struct ksm_space *space = estimate->target[content->space].space;
		json_object *object = json_object_new_object();

		put_number(object, "copies", content->copies);
		put_number(object, "mappings", content->mappings);
		put_number(object, "targets", content->targets);
		put(object, "zero", json_object_new_boolean(content->is_zero));
		put(object, "looks",
		    content->looks ? ksm_report_string(ksm_looks_name(content->looks)) : NULL);
		put(object, "preview", content->has_preview ? preview_value(content) : NULL);
		put(object, "pid", space->pid ? json_object_new_int64(space->pid) : NULL);
		put(object, "file", space->file ? ksm_report_string(space->file) : NULL);
		put(object, "address", json_object_new_uint64(content->address));
		json_object_array_add(array, object);
	}
	return array;
}

static json_object *histogram_array(const struct ksm_estimate *estimate)
{
	json_object *array = json_object_new_array();

	for (unsigned int row = 0; row < KSM_HISTOGRAM_ROWS; row++) {
		json_object *object;

		if (!estimate->histogram[row].contents)
			continue;
		object = json_object_new_object();
		put_number(object, "from", ksm_histogram_from(row));
		put_number(object, "to", ksm_histogram_to(row));
		put_number(object, "contents", estimate->histogram[row].contents);
		put_number(object, "copies", estimate->histogram[row].copies);
		json_object_array_add(array, object);
	}
	return array;
}

static json_object *concentration_object(const struct ksm_concentration *concentration)
{
	json_object *object = json_object_new_object();

	put_number(object, "duplicate_pages", concentration->duplicate_pages);
	put_number(object, "repeated_contents", concentration->repeated_contents);
	put_number(object, "contents_for_half", concentration->contents_for_half);
	put_number(object, "top_1_pages", concentration->top_1_pages);
	put_number(object, "top_10_pages", concentration->top_10_pages);
	put_number(object, "top_100_pages", concentration->top_100_pages);
	return object;
}

static json_object *concentrations_object(const struct ksm_estimate *estimate)
{
	json_object *object = json_object_new_object();

	put(object, "all", concentration_object(&estimate->concentration));
	put(object, "nonzero", concentration_object(&estimate->nonzero_concentration));
	return object;
}

static json_object *pairs_array(const struct ksm_pair *pair, size_t n)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		json_object *object = json_object_new_object();

		put_number(object, "a", pair[i].a);
		put_number(object, "b", pair[i].b);
		put_number(object, "shared_contents", pair[i].shared_contents);
		put_number(object, "shared_pages", pair[i].shared_pages);
		put_number(object, "freeable_pages", pair[i].freeable_pages);
		json_object_array_add(array, object);
	}
	return array;
}

void ksm_report_put_contents(json_object *document, const struct ksm_estimate *estimate)
{
	put(document, "contents", contents_array(estimate));
	put(document, "histogram", histogram_array(estimate));
	put(document, "concentration", concentrations_object(estimate));
	put(document, "pairs", pairs_array(estimate->pair, estimate->n_pairs));
	put(document, "group_pairs", pairs_array(estimate->group_pair, estimate->n_group_pairs));
}
