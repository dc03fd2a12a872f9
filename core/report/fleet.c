/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/fleet.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "report/report.h"

/* Of what may be an estimate. */
static void put_whole(json_object *object, const char *name, double value)
{
	ksm_json_put(object, name, ksm_json_int(llround(value)));
}

static json_object *key_id(uint64_t id)
{
	char text[17];

	if (!id)
		return NULL;
	snprintf(text, sizeof(text), "%016" PRIx64, id);
	return ksm_json_string(text);
}

/* What has to be the same for digests to be compared. */
static void put_terms(json_object *object, const struct ksm_fingerprint *fingerprint)
{
	ksm_json_put_uint(object, "page_size", fingerprint->page_size);
	ksm_json_put_uint(object, "sample", fingerprint->sample);
	ksm_json_put(object, "digest", ksm_json_string(KSM_DIGEST_NAME));
	ksm_json_put(object, "key", key_id(fingerprint->key_id));
}

static void put_contents(json_object *object, const struct ksm_fingerprint *fingerprint)
{
	ksm_json_put(object, "name", ksm_json_string(fingerprint->name));
	ksm_json_put_uint(object, "host", fingerprint->host);
	ksm_json_put_uint(object, "pages", fingerprint->pages);
	ksm_json_put_uint(object, "distinct_pages", fingerprint->distinct);
	ksm_json_put_uint(object, "rows", fingerprint->n);
}

/* Why some of it could not be read. */
static json_object *space_errors(const struct ksm_page_source *source)
{
	json_object *array = ksm_json_array();

	for (uint32_t i = 0; i < source->n_spaces; i++) {
		struct ksm_error error = source->space[i].error;

		if (!error.code)
			continue;
		error.pid = source->space[i].pid;
		ksm_json_append(array, ksm_report_error(&error));
	}
	return array;
}

json_object *ksm_report_fingerprint(const struct ksm_fingerprint *fingerprint,
				    const struct ksm_page_source *source, const char *output)
{
	json_object *document = ksm_report_new("ksmctl.fingerprint/1");

	if (!document)
		return NULL;
	ksm_json_put(document, "output", ksm_json_string(output));
	ksm_json_put(document, "complete", ksm_json_bool(!fingerprint->is_incomplete));
	ksm_json_put(document, "errors", space_errors(source));
	put_terms(document, fingerprint);
	put_contents(document, fingerprint);
	return document;
}

/* ---------------------------------------------------------------- comparing */

static void put_no_contents(json_object *object)
{
	static const char *const names[] = {"name", "host", "pages", "distinct_pages", "rows"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ksm_json_put(object, names[i], NULL);
}

static json_object *input_object(const struct ksm_compare_input *input,
				 const struct ksm_fingerprint *fingerprint)
{
	json_object *object = ksm_json_object();

	ksm_json_put(object, "file", input->file ? ksm_json_string(input->file) : NULL);
	ksm_json_put(object, "pid", input->pid ? ksm_json_int(input->pid) : NULL);
	ksm_json_put(object, "complete", ksm_json_bool(!fingerprint->is_incomplete));
	if (input->error.code)
		put_no_contents(object);
	else
		put_contents(object, fingerprint);
	ksm_json_put(object, "error", input->error.code ? ksm_report_error(&input->error) : NULL);
	return object;
}

static json_object *union_object(const struct ksm_compare *compare)
{
	json_object *object = ksm_json_object();

	ksm_json_put_uint(object, "pages", compare->pages);
	put_whole(object, "distinct_pages", compare->distinct.value);
	put_whole(object, "low", compare->distinct.low);
	put_whole(object, "high", compare->distinct.high);
	put_whole(object, "redundant_pages", compare->redundant_pages);
	return object;
}

static json_object *pair_object(const struct ksm_compare_pair *pair)
{
	json_object *object = ksm_json_object();

	ksm_json_put_uint(object, "a", pair->a);
	ksm_json_put_uint(object, "b", pair->b);
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
	json_object *object = ksm_json_object();
	uint32_t host = place->placed.host[i];

	ksm_json_put_uint(object, "input", i);
	ksm_json_put(object, "host", host == KSM_PLACE_NOWHERE ? NULL : ksm_json_uint(host));
	ksm_json_put_uint(object, "given_host", fingerprint[i].host);
	return object;
}

static json_object *place_object(const struct ksm_place_request *place,
				 const struct ksm_fingerprint *fingerprint, uint32_t n)
{
	json_object *object, *hosts, *guests;
	bool has_given = ksm_place_has_given(place);

	if (!place->n_hosts)
		return NULL;
	object = ksm_json_object();
	hosts = ksm_json_array();
	guests = ksm_json_array();
	for (uint32_t i = 0; i < place->placed.n_hosts; i++)
		ksm_json_append(hosts, ksm_json_int(llround(place->placed.host_pages[i])));
	for (uint32_t i = 0; i < n; i++)
		ksm_json_append(guests, guest_object(place, fingerprint, i));
	ksm_json_put_uint(object, "host_bytes", place->host_bytes);
	ksm_json_put(object, "host_pages", hosts);
	put_whole(object, "pages", place->placed.pages);
	ksm_json_put(object, "given_pages",
		     has_given ? ksm_json_int(llround(place->given.pages)) : NULL);
	ksm_json_put_uint(object, "nowhere", place->placed.n_nowhere);
	ksm_json_put(object, "guests", guests);
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
	inputs = ksm_json_array();
	pairs = ksm_json_array();
	for (uint32_t i = 0; i < n; i++) {
		is_complete &= !fingerprint[i].is_incomplete;
		ksm_json_append(inputs, input_object(&input[i], &fingerprint[i]));
	}
	for (size_t i = 0; i < compare->n_pairs; i++)
		ksm_json_append(pairs, pair_object(&compare->pair[i]));
	put_terms(document, fingerprint);
	ksm_json_put(document, "complete", ksm_json_bool(is_complete));
	ksm_json_put(document, "inputs", inputs);
	ksm_json_put(document, "union", union_object(compare));
	ksm_json_put(document, "pairs", pairs);
	ksm_json_put(document, "placement", place_object(place, fingerprint, n));
	return document;
}
