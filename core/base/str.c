/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

int ksm_str_append(struct ksm_str *str, const char *data, size_t len)
{
	if (len > SIZE_MAX / 4 ||
	    ksm_array_reserve(&str->data, &str->capacity, str->len + len + 1, 1))
		return -ENOMEM;
	if (len)
		memcpy(str->data + str->len, data, len);
	str->len += len;
	str->data[str->len] = '\0';
	return 0;
}

int ksm_str_printf(struct ksm_str *str, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0)
		return -EINVAL;
	if (ksm_array_reserve(&str->data, &str->capacity, str->len + (size_t)len + 1, 1))
		return -ENOMEM;
	va_start(args, fmt);
	vsnprintf(str->data + str->len, (size_t)len + 1, fmt, args);
	va_end(args);
	str->len += (size_t)len;
	return 0;
}

void ksm_str_free(struct ksm_str *str)
{
	free(str->data);
	memset(str, 0, sizeof(*str));
}

size_t ksm_utf8_length(const char *text, size_t len, uint32_t *ret_codepoint)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *s = (const unsigned char *)text;
	uint32_t cp;
	size_t n;

	if (s[0] < 0x80) {
		*ret_codepoint = s[0];
		return 1;
	}
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || n > len)
		return 0;
	cp = s[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (s[i] & 0x3f);
	}
	if (cp < smallest[n] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*ret_codepoint = cp;
	return n;
}

size_t ksm_utf8_cut(const char *text, size_t max)
{
	size_t len = strlen(text), at = 0;

	while (at < len) {
		uint32_t codepoint;
		size_t n = ksm_utf8_length(text + at, len - at, &codepoint);

		n = n ? n : 1;
		if (at + n > max)
			break;
		at += n;
	}
	return at;
}

bool ksm_utf8_misleads(uint32_t codepoint)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		/* controls, line and paragraph separators, a blank that is no space */
		{0, 0x1f},
		{0x7f, 0x9f},
		{0x2028, 0x2029},
		{0x2800, 0x2800},
		/* Unicode's Bidi_Control and Default_Ignorable_Code_Point */
		{0xad, 0xad},
		{0x34f, 0x34f},
		{0x61c, 0x61c},
		{0x115f, 0x1160},
		{0x17b4, 0x17b5},
		{0x180b, 0x180f},
		{0x200b, 0x200f},
		{0x202a, 0x202e},
		{0x2060, 0x206f},
		{0x3164, 0x3164},
		{0xfe00, 0xfe0f},
		{0xfeff, 0xfeff},
		{0xffa0, 0xffa0},
		{0xfff0, 0xfff8},
		{0x1bca0, 0x1bca3},
		{0x1d173, 0x1d17a},
		{0xe0000, 0xe0fff},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (codepoint >= ranges[i].first && codepoint <= ranges[i].last)
			return true;
	return false;
}

int ksm_str_escape(struct ksm_str *str, const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint32_t cp = 0;
		size_t n = ksm_utf8_length(text + i, len - i, &cp);
		int err = 0;

		if (n && cp == '\\') {
			err = ksm_str_append(str, "\\\\", 2);
		} else if (n && !ksm_utf8_misleads(cp)) {
			err = ksm_str_append(str, text + i, n);
		} else {
			if (!n)
				n = 1;
			for (size_t k = 0; k < n && !err; k++)
				err = ksm_str_printf(str, "\\x%02x", (unsigned char)text[i + k]);
		}
		if (err)
			return err;
		i += n;
	}
	return len ? 0 : ksm_str_append(str, "", 0);
}

/* \xNN, but for \x00. */
static bool take_hex(const char *text, size_t len, char *ret_byte)
{
	const char *digits = text + 2, *at = digits;
	uint64_t value;

	if (len < 4 || text[0] != '\\' || text[1] != 'x' ||
	    ksm_take_u64(&at, digits + 2, 16, UINT8_MAX, &value) || at != digits + 2 || !value)
		return false;
	*ret_byte = (char)value;
	return true;
}

int ksm_str_unescape(struct ksm_str *str, const char *text, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		char byte = text[i];
		int err;

		n = 1;
		if (take_hex(text + i, len - i, &byte))
			n = 4;
		else if (byte == '\\' && i + 1 < len && text[i + 1] == '\\')
			n = 2;
		err = ksm_str_append(str, &byte, 1);
		if (err)
			return err;
	}
	return len ? 0 : ksm_str_append(str, "", 0);
}

int ksm_take_u64(const char **at, const char *end, unsigned int base, uint64_t max,
		 uint64_t *ret_value)
{
	static const char digits[] = "0123456789abcdef";
	const char *begin = *at, *digit;
	bool is_over = false;
	uint64_t value = 0;

	for (; *at < end && (digit = memchr(digits, **at, base)); ++*at)
		is_over |= __builtin_mul_overflow(value, base, &value) ||
			   __builtin_add_overflow(value, (uint64_t)(digit - digits), &value);
	if (*at == begin)
		return -EINVAL;
	if (is_over || value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int ksm_parse_u64_of(const char *text, size_t len, uint64_t max, uint64_t *ret_value)
{
	const char *at = text, *end = text + len;
	uint64_t value = 0;
	int ret = ksm_take_u64(&at, end, 10, max, &value);

	if (at != end)
		return -EINVAL;
	if (!ret)
		*ret_value = value;
	return ret;
}

int ksm_parse_u64(const char *text, uint64_t max, uint64_t *ret_value)
{
	return ksm_parse_u64_of(text, strlen(text), max, ret_value);
}

unsigned int ksm_edit_distance(const char *a, const char *b)
{
	unsigned int rows[3][65];
	unsigned int *before = rows[0], *last = rows[1], *row = rows[2];
	size_t na = strlen(a), nb = strlen(b);

	if (na > 63 || nb > 63)
		return 64;
	for (size_t j = 0; j <= nb; j++)
		last[j] = (unsigned int)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned int *spare = before;

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned int best = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[nb];
}
