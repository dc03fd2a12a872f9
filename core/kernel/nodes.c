/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nodes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

/* A few lines for each zone and processor. */
#define ZONEINFO_MAX ((size_t)64 << 20)
#define PFN_MAX	     (UINT64_C(1) << 55)

enum { SPANNED, PRESENT, START_PFN, FIELDS };

static const char *const field_names[FIELDS] = {"spanned", "present", "start_pfn:"};

/* Where the zones of a node begin or end. */
struct edge {
	uint64_t pfn;
	unsigned int nid;
	bool begins;
};

struct parsing {
	const char *wrong; /* with the line at hand */
	bool in_zone;
	unsigned int nid;
	uint64_t value[FIELDS];
	bool has[FIELDS];
	struct edge *edge;
	size_t n_edges;
	size_t capacity;
};

/* The zone at hand is complete. A zone without memory has no start_pfn, or none of interest. */
static int end_zone(struct parsing *p)
{
	uint64_t start = p->value[START_PFN], spanned = p->value[SPANNED];

	if (!p->in_zone)
		return 0;
	if (!p->has[SPANNED] || !p->has[PRESENT] || (p->value[PRESENT] && !p->has[START_PFN])) {
		p->wrong = "ends a zone that lacks a value";
		return -EBADMSG;
	}
	if (p->value[PRESENT] > spanned || spanned > PFN_MAX - start) {
		p->wrong = "ends a zone larger than memory can be";
		return -EBADMSG;
	}
	if (!p->value[PRESENT])
		return 0;
	if (ksm_array_reserve(&p->edge, &p->capacity, p->n_edges + 2, sizeof(*p->edge)))
		return -ENOMEM;
	p->edge[p->n_edges++] = (struct edge){start, p->nid, true};
	p->edge[p->n_edges++] = (struct edge){start + spanned, p->nid, false};
	return 0;
}

/* "Node 0, zone   Normal", behind the first word. */
static int begin_zone(struct parsing *p, const char *text, size_t len)
{
	static const char separator[] = ", zone ";
	const char *comma = memchr(text, ',', len);
	size_t digits = comma ? (size_t)(comma - text) : 0;
	uint64_t nid;
	int ret = end_zone(p);

	if (ret)
		return ret;
	if (!comma || len - digits < sizeof(separator) ||
	    memcmp(comma, separator, sizeof(separator) - 1) != 0 ||
	    ksm_parse_u64_of(text, digits, KSM_NODES_MAX - 1, &nid)) {
		p->wrong = "names no zone of a node";
		return -EBADMSG;
	}
	p->in_zone = true;
	p->nid = (unsigned int)nid;
	memset(p->has, 0, sizeof(p->has));
	memset(p->value, 0, sizeof(p->value));
	return 0;
}

static int parse_line(struct parsing *p, const char *text, size_t len)
{
	const char *word = text, *end = text + len, *value;

	if (len >= 5 && memcmp(text, "Node ", 5) == 0)
		return begin_zone(p, text + 5, len - 5);
	if (!p->in_zone) {
		p->wrong = "belongs to no zone";
		return -EBADMSG;
	}
	while (word < end && *word == ' ')
		word++;
	value = memchr(word, ' ', (size_t)(end - word));
	for (int i = 0; i < FIELDS; i++) {
		size_t name_len = strlen(field_names[i]);
		size_t word_len = (size_t)((value ? value : end) - word);

		if (word_len != name_len || memcmp(word, field_names[i], name_len) != 0)
			continue;
		while (value && value < end && *value == ' ')
			value++;
		if (p->has[i] || !value ||
		    ksm_parse_u64_of(value, (size_t)(end - value), PFN_MAX, &p->value[i])) {
			p->wrong = "has no number of pages where one belongs";
			return -EBADMSG;
		}
		p->has[i] = true;
	}
	return 0;
}

static int compare_edges(const void *a, const void *b)
{
	const struct edge *ea = a, *eb = b;

	return ea->pfn < eb->pfn ? -1 : ea->pfn > eb->pfn;
}

static void add_span(struct ksm_nodes *nodes, uint64_t start, uint64_t end, unsigned int nid)
{
	struct ksm_node_span *last = nodes->n_spans ? &nodes->span[nodes->n_spans - 1] : NULL;

	if (last && last->end == start && last->nid == nid)
		last->end = end;
	else
		nodes->span[nodes->n_spans++] = (struct ksm_node_span){start, end, nid};
}

/* From edge to edge, the frames between which one node alone spans. */
static int find_spans(struct parsing *p, struct ksm_nodes *nodes)
{
	uint32_t zones[KSM_NODES_MAX] = {0}; /* of each node, around the edge at hand */
	bool has_memory[KSM_NODES_MAX] = {false};
	unsigned int around = 0, sum = 0; /* how many nodes are, and the sum of their numbers */

	nodes->span = calloc(p->n_edges, sizeof(*nodes->span));
	if (!nodes->span)
		return -ENOMEM;
	qsort(p->edge, p->n_edges, sizeof(*p->edge), compare_edges);
	for (size_t i = 0; i < p->n_edges; i++) {
		const struct edge *edge = &p->edge[i];

		/* Where only one is, the sum is its number. */
		if (i && around == 1 && p->edge[i - 1].pfn < edge->pfn)
			add_span(nodes, p->edge[i - 1].pfn, edge->pfn, sum);
		nodes->n_nodes += !has_memory[edge->nid];
		has_memory[edge->nid] = true;
		if (edge->begins && !zones[edge->nid]++) {
			around++;
			sum += edge->nid;
		} else if (!edge->begins && !--zones[edge->nid]) {
			around--;
			sum -= edge->nid;
		}
	}
	return 0;
}

static int parse_all(struct parsing *p, const char *text, size_t len, size_t *ret_line)
{
	const char *end = text + len;

	for (*ret_line = 1; text < end; ++*ret_line) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		int ret = parse_line(p, text, (size_t)((newline ? newline : end) - text));

		if (ret)
			return ret;
		text = newline ? newline + 1 : end;
	}
	return end_zone(p);
}

int ksm_nodes_parse(const char *text, size_t len, struct ksm_nodes *ret_nodes,
		    struct ksm_error *err)
{
	struct parsing p = {0};
	struct ksm_nodes nodes = {0};
	size_t line;
	int ret = parse_all(&p, text, len, &line);

	if (ret == -EBADMSG)
		ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG, "line %zu of zoneinfo %s", line,
			      p.wrong);
	else if (!ret && !p.n_edges)
		ret = ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				    "zoneinfo has no zone with memory");
	else if (!ret)
		ret = find_spans(&p, &nodes);
	free(p.edge);
	if (ret == -ENOMEM)
		ksm_error_no_memory(err);
	if (!ret)
		*ret_nodes = nodes;
	return ret;
}

int ksm_nodes_read(const struct ksm_root *root, struct ksm_nodes *ret_nodes, struct ksm_error *err)
{
	ksm_auto_str struct ksm_str text = {0};
	int ret = ksm_read_at(root->proc_fd, "zoneinfo", ZONEINFO_MAX, &text, err);

	return ret ? ret : ksm_nodes_parse(text.data ? text.data : "", text.len, ret_nodes, err);
}

void ksm_nodes_free(struct ksm_nodes *nodes)
{
	free(nodes->span);
	memset(nodes, 0, sizeof(*nodes));
}

int ksm_nodes_find(const struct ksm_nodes *nodes, uint64_t pfn)
{
	size_t low = 0, high = nodes->n_spans;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct ksm_node_span *span = &nodes->span[middle];

		if (pfn < span->start)
			high = middle;
		else if (pfn >= span->end)
			low = middle + 1;
		else
			return (int)span->nid;
	}
	return -1;
}
