/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings: a growing buffer, numbers read strictly, and hostile text made safe to print. */
#ifndef KSM_BASE_STR_H
#define KSM_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Always ends in a NUL that @len does not count; @data may be NULL while @len is 0. */
struct ksm_str {
	char *data;
	size_t len;
	size_t capacity;
};

int ksm_str_append(struct ksm_str *str, const char *data, size_t len);
int ksm_str_printf(struct ksm_str *str, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ksm_str_free(struct ksm_str *str);
#define ksm_auto_str ksm_cleanup(ksm_str_free)

/*
 * Appends @text so that it can be shown in a terminal: characters that mislead, and bytes that are not UTF-8, become \xNN;
 * a backslash becomes \\.
 */
int ksm_str_escape(struct ksm_str *str, const char *text, size_t len);
/* Appends what was so escaped; what is no escape, and a NUL that was one, stays as it is. */
int ksm_str_unescape(struct ksm_str *str, const char *text, size_t len);

/*
 * Digits of @base, 10 or 16 in lower case, from *@at on and before @end, as a number of at most @max; goes behind them.
 * 0, -EINVAL where there is no digit, or -ERANGE.
 */
int ksm_take_u64(const char **at, const char *end, unsigned int base, uint64_t max,
		 uint64_t *ret_value);
/* Whole of @text as a decimal number without sign, at most @max. 0, -EINVAL or -ERANGE. */
int ksm_parse_u64(const char *text, uint64_t max, uint64_t *ret_value);
/* The same of @len bytes, which need not end in a NUL. */
int ksm_parse_u64_of(const char *text, size_t len, uint64_t max, uint64_t *ret_value);

/* Length of the valid UTF-8 character at @text, of which @len > 0 bytes are there; 0 if it is not one. */
size_t ksm_utf8_length(const char *text, size_t len, uint32_t *ret_codepoint);

/* Of the first @max bytes of @text, those that are whole characters, or none. */
size_t ksm_utf8_cut(const char *text, size_t max);

/* Is it a control, or does it reorder, hide or imitate what stands beside it, being seen or not? (Unicode 15) */
bool ksm_utf8_misleads(uint32_t codepoint);

/*
 * How many single-character edits (insert, delete, replace, swap of neighbours) turn @a into @b: for
 * "did you mean". Strings longer than 63 bytes count as far apart.
 */
unsigned int ksm_edit_distance(const char *a, const char *b);

#endif
