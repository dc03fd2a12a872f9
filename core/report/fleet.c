/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/fleet.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "report/report.h"

static int add(json_object *object, const char *key, json_object *value)
{
	return json_object_object_add(object, key, value);
}

static json_object *key_id(uint64_t id)
{
	char text[17];

	if (!id)
		return NULL;
	snprintf(text, sizeof(text), "%016" PRIx64, id);
	return json_object_new_string(text);
}

static json_object *whole(double value)
{
	return json_object_new_int64(llround(value));
}

/* What has to be the same for digests to be compared. */
static int add_terms(json_object *object, const struct ksm_fingerprint *fingerprint)
{
	return add(object, "page_size", json_object_new_int64(fingerprint->page_size)) ||
	       add(object, "sample", json_object_new_int64(fingerprint->sample)) ||
	       add(object, "digest", json_object_new_string(KSM_DIGEST_NAME)) ||
	       add(object, "key", key_id(fingerprint->key_id));
}

static int add_contents(json_object *object, const struct ksm_fingerprint *fingerprint)
{
	return add(object, "name", ksm_report_string(fingerprint->name)) ||
	       add(object, "host", json_object_new_int64(fingerprint->host)) ||
	       add(object, "pages", json_object_new_int64((int64_t)fingerprint->pages)) ||
	       add(object, "distinct_pages",
		   json_object_new_int64((int64_t)fingerprint->distinct)) ||
	       add(object, "rows", json_object_new_int64((int64_t)fingerprint->n));
}

json_object *ksm_report_fingerprint(const struct ksm_fingerprint *fingerprint, const char *output,
				    bool is_complete)
{
	json_object *document = ksm_report_new("ksmctl.fingerprint/1");

	if (document && (add(document, "output", ksm_report_string(output)) ||
			 add(document, "complete", json_object_new_boolean(is_complete)) ||
			 add_terms(document, fingerprint) || add_contents(document, fingerprint))) {
		json_object_put(document);
		return NULL;
	}
	return document;
}

/* ---------------------------------------------------------------- comparing */

static json_object *input_object(const struct ksm_compare_input *input,
				 const struct ksm_fingerprint *fingerprint)
{
	json_object *object = json_object_new_object();

	if (add(object, "file", input->file ? ksm_report_string(input->file) : NULL) ||
	    add(object, "pid", input->pid ? json_object_new_int(input->pid) : NULL) ||
	    add(object, "complete", json_object_new_boolean(input->is_complete)) ||
	    add_contents(object, fingerprint)) {
		json_object_put(object);
		return NULL;
	}
	return object;
}

static json_object *union_object(const struct ksm_compare *compare)
{
	json_object *object = json_object_new_object();

	if (add(object, "pages", json_object_new_int64((int64_t)compare->pages)) ||
	    add(object, "distinct_pages", whole(compare->distinct.value)) ||
	    add(object, "low", whole(compare->distinct.low)) ||
	    add(object, "high", whole(compare->distinct.high)) ||
	    add(object, "redundant_pages", whole(compare->redundant_pages))) {
		json_object_put(object);
		return NULL;
	}
	return object;
}

static json_object *pair_object(const struct ksm_compare_pair *pair)
{
	json_object *object = json_object_new_object();

	if (add(object, "a", json_object_new_int64(pair->a)) ||
	    add(object, "b", json_object_new_int64(pair->b)) ||
	    add(object, "shared_contents", whole(pair->shared_contents.value)) ||
	    add(object, "shared_pages", whole(pair->shared_pages)) ||
	    add(object, "low", whole(pair->shared_contents.low)) ||
	    add(object, "high", whole(pair->shared_contents.high))) {
		json_object_put(object);
		return NULL;
	}
	return object;
}

static int append(json_object *array, json_object *object)
{
	return object ? json_object_array_add(array, object) : -1;
}

json_object *ksm_report_compare(const struct ksm_compare *compare,
				const struct ksm_compare_input *input,
				const struct ksm_fingerprint *fingerprint, uint32_t n)
{
	json_object *document = ksm_report_new("ksmctl.compare/1");
	json_object *inputs = json_object_new_array(), *pairs = json_object_new_array();
	bool is_complete = true;
	int err = !document || add_terms(document, fingerprint);

	for (uint32_t i = 0; i < n && !err; i++) {
		is_complete &= input[i].is_complete;
		err = append(inputs, input_object(&input[i], &fingerprint[i]));
	}
	for (size_t i = 0; i < compare->n_pairs && !err; i++)
		err = append(pairs, pair_object(&compare->pair[i]));
	if (err || add(document, "complete", json_object_new_boolean(is_complete)) ||
	    add(document, "inputs", json_object_get(inputs)) ||
	    add(document, "union", union_object(compare)) ||
	    add(document, "pairs", json_object_get(pairs))) {
		json_object_put(document);
		document = NULL;
	}
	json_object_put(inputs);
	json_object_put(pairs);
	return document;
}
