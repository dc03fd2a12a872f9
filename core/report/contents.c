/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of ksmctl.estimate/1 that is about contents rather than pages. */
#include "report/contents.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "report/report.h"

static json_object *preview_value(const struct ksm_estimate_content *content)
{
	ksm_auto_str struct ksm_str text = {0};

	if (ksm_str_escape(&text, (const char *)content->preview, sizeof(content->preview)))
		return NULL;
	return ksm_json_string(text.data);
}

static json_object *contents_array(const struct ksm_estimate *estimate)
{
	json_object *array = ksm_json_array();

	for (size_t i = 0; i < estimate->n_contents; i++) {
		const struct ksm_estimate_content *content = &estimate->content[i];
		const struct ksm_space *space = estimate->target[content->space].space;
		json_object *object = ksm_json_object();

		ksm_json_put_number(object, "copies", content->copies);
		ksm_json_put_number(object, "mappings", content->mappings);
		ksm_json_put_number(object, "targets", content->targets);
		ksm_json_put(object, "zero", ksm_json_bool(content->is_zero));
		ksm_json_put(object, "looks",
			     content->looks ? ksm_json_string(ksm_looks_name(content->looks))
					    : NULL);
		ksm_json_put(object, "preview",
			     content->has_preview ? preview_value(content) : NULL);
		ksm_json_put(object, "pid", space->pid ? ksm_json_int(space->pid) : NULL);
		ksm_json_put(object, "file", space->file ? ksm_json_string(space->file) : NULL);
		ksm_json_put(object, "address", ksm_json_uint(content->address));
		ksm_json_append(array, object);
	}
	return array;
}

static json_object *histogram_array(const struct ksm_estimate *estimate)
{
	json_object *array = ksm_json_array();

	for (unsigned int row = 0; row < KSM_HISTOGRAM_ROWS; row++) {
		json_object *object;

		if (!estimate->histogram[row].contents)
			continue;
		object = ksm_json_object();
		ksm_json_put_number(object, "from", ksm_histogram_from(row));
		ksm_json_put_number(object, "to", ksm_histogram_to(row));
		ksm_json_put_number(object, "contents", estimate->histogram[row].contents);
		ksm_json_put_number(object, "copies", estimate->histogram[row].copies);
		ksm_json_append(array, object);
	}
	return array;
}

static json_object *concentration_object(const struct ksm_concentration *concentration)
{
	json_object *object = ksm_json_object();

	ksm_json_put_number(object, "duplicate_pages", concentration->duplicate_pages);
	ksm_json_put_number(object, "repeated_contents", concentration->repeated_contents);
	ksm_json_put_number(object, "contents_for_half", concentration->contents_for_half);
	ksm_json_put_number(object, "top_1_pages", concentration->top_1_pages);
	ksm_json_put_number(object, "top_10_pages", concentration->top_10_pages);
	ksm_json_put_number(object, "top_100_pages", concentration->top_100_pages);
	return object;
}

static json_object *concentrations_object(const struct ksm_estimate *estimate)
{
	json_object *object = ksm_json_object();

	ksm_json_put(object, "all", concentration_object(&estimate->concentration));
	ksm_json_put(object, "nonzero", concentration_object(&estimate->nonzero_concentration));
	return object;
}

static json_object *pairs_array(const struct ksm_pair *pair, size_t n)
{
	json_object *array = ksm_json_array();

	for (size_t i = 0; i < n; i++) {
		json_object *object = ksm_json_object();

		ksm_json_put_number(object, "a", pair[i].a);
		ksm_json_put_number(object, "b", pair[i].b);
		ksm_json_put_number(object, "shared_contents", pair[i].shared_contents);
		ksm_json_put_number(object, "shared_pages", pair[i].shared_pages);
		ksm_json_put_number(object, "freeable_pages", pair[i].freeable_pages);
		ksm_json_append(array, object);
	}
	return array;
}

void ksm_report_put_contents(json_object *document, const struct ksm_estimate *estimate)
{
	ksm_json_put(document, "contents", contents_array(estimate));
	ksm_json_put(document, "histogram", histogram_array(estimate));
	ksm_json_put(document, "concentration", concentrations_object(estimate));
	ksm_json_put(document, "pairs", pairs_array(estimate->pair, estimate->n_pairs));
	ksm_json_put(document, "group_pairs",
		     pairs_array(estimate->group_pair, estimate->n_group_pairs));
}
