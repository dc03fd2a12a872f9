/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/estimate_html.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "kernel/ksm_sysfs.h"
#include "kernel/tunables.h"
#include "report/headline.h"
#include "report/html_estimate.h"

static int put_headline(struct ksm_html *html, const struct ksm_estimate *estimate)
{
	struct ksm_str lines ksm_auto_str = {0};
	int ret = ksm_report_headline(estimate, &lines);

	if (ret)
		return ret;
	ksm_html_put(html, "<header>\n<h1>What kernel samepage merging would save</h1>\n");
	ksm_html_paragraphs(html, lines.data, "headline");
	ksm_html_put(html, "</header>\n");
	return 0;
}

static void put_notes(struct ksm_html *html, const struct ksm_estimate *estimate)
{
	if (!estimate->n_warnings)
		return;
	ksm_html_begin_section(html, "What to bear in mind", true);
	ksm_html_put(html, "<ul>\n");
	for (size_t i = 0; i < estimate->n_warnings; i++)
		ksm_html_put(html, "<li>%s</li>\n", estimate->warning[i].text);
	ksm_html_put(html, "</ul>\n");
	ksm_html_end_section(html);
}

static void put_model(struct ksm_html *html, const struct ksm_estimate *estimate)
{
	const struct ksm_model *model = &estimate->outcome->model;

	ksm_html_begin_section(html, "What it went by", true);
	ksm_html_put(html,
		     "<p>ksmctl %s. Kernel %s (rules of %s, checksum %s), %u passes, pages of %u "
		     "bytes.</p>\n<p>",
		     KSMCTL_VERSION, model->kernel, model->profile->kernel,
		     ksm_checksum_name(model->profile->checksum), estimate->outcome->n_passes,
		     estimate->page_size);
	for (enum ksm_sysfs_field field = 0; field < KSM_SYSFS_N; field++) {
		char value[KSM_TUNABLE_TEXT_MAX];

		if (!ksm_model_has(model, field))
			continue;
		ksm_tunable_format(ksm_tunable_of(field), ksm_model_get(model, field), value);
		ksm_html_put(html, "<code>%s=%s</code> ", ksm_sysfs_name(field), value);
	}
	ksm_html_put(html, "</p>\n");
	ksm_html_end_section(html);
}

int ksm_report_estimate_html(const struct ksm_estimate *estimate, const struct ksm_diff *diff,
			     struct ksm_str *text)
{
	uint32_t *order ksm_auto_free = ksm_estimate_order_targets(estimate);
	struct ksm_html html = {.text = *text};

	if (!order)
		return -ENOMEM;
	ksm_html_begin(&html, "What kernel samepage merging would save");
	html.is_short_of_memory |= put_headline(&html, estimate) != 0;
	ksm_html_put(&html, "<main>\n");
	if (diff)
		ksm_html_diff(&html, diff);
	ksm_html_waterfall(&html, estimate);
	ksm_html_histogram(&html, estimate);
	ksm_html_maps(&html, estimate, order);
	ksm_html_passes(&html, estimate);
	ksm_html_outcomes(&html, estimate);
	ksm_html_pairs(&html, estimate);
	ksm_html_targets(&html, estimate, order);
	ksm_html_groups(&html, estimate);
	ksm_html_contents(&html, estimate);
	put_notes(&html, estimate);
	put_model(&html, estimate);
	ksm_html_put(&html, "</main>\n");
	ksm_html_end(&html);
	*text = html.text;
	return html.is_short_of_memory ? -ENOMEM : 0;
}
