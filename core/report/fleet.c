/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/fleet.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "report/report.h"

static void put(json_object *object, const char *name, json_object *value)
{
	json_object_object_add(object, name, value);
}

static void put_number(json_object *object, const char *name, uint64_t value)
{
	put(object, name, json_object_new_uint64(value));
}

/* Of what may be an estimate. */
static void put_whole(json_object *object, const char *name, double value)
{
	put(object, name, json_object_new_int64(llround(value)));
}

static json_object *key_id(uint64_t id)
{
	char text[17];

	if (!id)
		return NULL;
	snprintf(text, sizeof(text), "%016" PRIx64, id);
	return json_object_new_string(text);
}

/* What has to be the same for digests to be compared. */
static void put_terms(json_object *object, const struct ksm_fingerprint *fingerprint)
{
	put_number(object, "page_size", fingerprint->page_size);
	put_number(object, "sample", fingerprint->sample);
	put(object, "digest", json_object_new_string(KSM_DIGEST_NAME));
	put(object, "key", key_id(fingerprint->key_id));
}

static void put_contents(json_object *object, const struct ksm_fingerprint *fingerprint)
{
	put(object, "name", ksm_report_string(fingerprint->name));
	put_number(object, "host", fingerprint->host);
	put_number(object, "pages", fingerprint->pages);
	put_number(object, "distinct_pages", fingerprint->distinct);
	put_number(object, "rows", fingerprint->n);
}

json_object *ksm_report_fingerprint(const struct ksm_fingerprint *fingerprint, const char *output,
				    bool is_complete)
{
	json_object *document = ksm_report_new("ksmctl.fingerprint/1");

	if (!document)
		return NULL;
	put(document, "output", ksm_report_string(output));
	put(document, "complete", json_object_new_boolean(is_complete));
	put_terms(document, fingerprint);
	put_contents(document, fingerprint);
	return document;
}

/* ---------------------------------------------------------------- comparing */

static json_object *input_object(const struct ksm_compare_input *input,
				 const struct ksm_fingerprint *fingerprint)
{
	json_object *object = json_object_new_object();

	put(object, "file", input->file ? ksm_report_string(input->file) : NULL);
	put(object, "pid", input->pid ? json_object_new_int(input->pid) : NULL);
	put(object, "complete", json_object_new_boolean(input->is_complete));
	put_contents(object, fingerprint);
	return object;
}

static json_object *union_object(const struct ksm_compare *compare)
{
	json_object *object = json_object_new_object();

	put_number(object, "pages", compare->pages);
	put_whole(object, "distinct_pages", compare->distinct.value);
	put_whole(object, "low", compare->distinct.low);
	put_whole(object, "high", compare->distinct.high);
	put_whole(object, "redundant_pages", compare->redundant_pages);
	return object;
}

static json_object *pair_object(const struct ksm_compare_pair *pair)
{
	json_object *object = json_object_new_object();

	put_number(object, "a", pair->a);
	put_number(object, "b", pair->b);
	put_whole(object, "shared_contents", pair->shared_contents.value);
	put_whole(object, "shared_pages", pair->shared_pages);
	put_whole(object, "low", pair->shared_contents.low);
	put_whole(object, "high", pair->shared_contents.high);
	return object;
}

/* ---------------------------------------------------------------- placing */

static json_object *guest_object(const struct ksm_place_request *place,
				 const struct ksm_fingerprint *fingerprint, uint32_t i)
{
	json_object *object = json_object_new_object();
	uint32_t host = place->placed.host[i];

	put_number(object, "input", i);
	put(object, "host", host == KSM_PLACE_NOWHERE ? NULL : json_object_new_uint64(host));
	put_number(object, "given_host", fingerprint[i].host);
	return object;
}

static json_object *place_object(const struct ksm_place_request *place,
				 const struct ksm_fingerprint *fingerprint, uint32_t n)
{
	json_object *object, *hosts, *guests;
	bool has_given = place->given.n_hosts > 1;

	if (!place->n_hosts)
		return NULL;
	object = json_object_new_object();
	hosts = json_object_new_array();
	guests = json_object_new_array();
	for (uint32_t i = 0; i < place->placed.n_hosts; i++)
		json_object_array_add(hosts,
				      json_object_new_int64(llround(place->placed.host_pages[i])));
	for (uint32_t i = 0; i < n; i++)
		json_object_array_add(guests, guest_object(place, fingerprint, i));
	put_number(object, "host_bytes", place->host_bytes);
	put(object, "host_pages", hosts);
	put_whole(object, "pages", place->placed.pages);
	put(object, "given_pages",
	    has_given ? json_object_new_int64(llround(place->given.pages)) : NULL);
	put_number(object, "nowhere", place->placed.n_nowhere);
	put(object, "guests", guests);
	return object;
}

json_object *ksm_report_compare(const struct ksm_compare *compare,
				const struct ksm_compare_input *input,
				const struct ksm_fingerprint *fingerprint, uint32_t n,
				const struct ksm_place_request *place)
{
	json_object *document = ksm_report_new("ksmctl.compare/1"), *inputs, *pairs;
	bool is_complete = true;

	if (!document)
		return NULL;
	inputs = json_object_new_array();
	pairs = json_object_new_array();
	for (uint32_t i = 0; i < n; i++) {
		is_complete &= input[i].is_complete;
		json_object_array_add(inputs, input_object(&input[i], &fingerprint[i]));
	}
	for (size_t i = 0; i < compare->n_pairs; i++)
		json_object_array_add(pairs, pair_object(&compare->pair[i]));
	put_terms(document, fingerprint);
	put(document, "complete", json_object_new_boolean(is_complete));
	put(document, "inputs", inputs);
	put(document, "union", union_object(compare));
	put(document, "pairs", pairs);
	put(document, "placement", place_object(place, fingerprint, n));
	return document;
}
