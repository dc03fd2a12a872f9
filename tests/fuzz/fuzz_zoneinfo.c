/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "kernel/nodes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(what)              \
	do {                     \
		if (!(what))     \
			abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ksm_nodes nodes = {.n_nodes = 77};
	struct ksm_error err = {0};
	int rc = ksm_nodes_parse((const char *)data, size, &nodes, &err);

	if (rc) {
		CHECK(rc == -EBADMSG && err.code == KSM_ERR_FORMAT && nodes.n_nodes == 77);
		return 0;
	}
	CHECK(nodes.n_nodes >= 1 && nodes.n_nodes <= KSM_NODES_MAX);
	for (size_t i = 0; i < nodes.n_spans; i++) {
		const struct ksm_node_span *span = &nodes.span[i], *next = span + 1;

		CHECK(span->start < span->end && span->nid < KSM_NODES_MAX);
		CHECK(ksm_nodes_find(&nodes, span->start) == (int)span->nid);
		CHECK(ksm_nodes_find(&nodes, span->end - 1) == (int)span->nid);
		if (i + 1 == nodes.n_spans || next->start > span->end)
			CHECK(ksm_nodes_find(&nodes, span->end) == -1);
		else
			CHECK(next->start == span->end && next->nid != span->nid);
	}
	ksm_nodes_free(&nodes);
	return 0;
}
