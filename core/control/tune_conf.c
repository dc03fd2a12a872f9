/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "control/tune.h"

/* Where a value goes; one row for each name. */
enum target {
	SCAN_TIME,
	MAX_CPU,
	FREE_TARGET,
	ADVISOR,
	WATCH,
	SLEEP,
	BOOST,
	DECAY,
	PAGES_MIN,
	PAGES_MAX,
	THRESHOLD_PERCENT,
	THRESHOLD_KIB,
	IGNORED
};

static const struct {
	const char *name;
	enum target target;
	double min, max;
} names[] = {
	{"scan-time", SCAN_TIME, 0.001, 1e9},
	{"max-cpu", MAX_CPU, 0.01, 100},
	{"free-target", FREE_TARGET, 0.01, 100},
	{"advisor", ADVISOR, 0, 1},
	{"watch", WATCH, 0.1, 1e9},
	/* ksmtuned.conf, in the units that ksmtuned takes them to be in */
	{"KSM_MONITOR_INTERVAL", WATCH, 1, 1e9},
	{"KSM_SLEEP_MSEC", SLEEP, 1, 1e6},
	{"KSM_NPAGES_BOOST", BOOST, 0, 1e9},
	{"KSM_NPAGES_DECAY", DECAY, -1e9, 0},
	{"KSM_NPAGES_MIN", PAGES_MIN, 1, 1e9},
	{"KSM_NPAGES_MAX", PAGES_MAX, 1, 1e9},
	{"KSM_THRES_COEF", THRESHOLD_PERCENT, 0, 100},
	{"KSM_THRES_CONST", THRESHOLD_KIB, 0, 1e9},
	{"LOGFILE", IGNORED, 0, 0},
	{"DEBUG", IGNORED, 0, 0},
};

/* What ksmtuned takes where its file says nothing. */
#define KSMTUNED_PERCENT 20
#define KSMTUNED_BYTES	 (2048 * 1024)
static const struct ksm_tune_steps ksmtuned_defaults = {
	.given = true, .boost = 300, .decay = -50, .min = 64, .max = 1250, .sleep_millisecs = 10};

static void take(struct ksm_tune_goals *goals, enum target target, double value)
{
	if (target >= SLEEP && target <= PAGES_MAX && !goals->steps.given)
		goals->steps = ksmtuned_defaults;
	switch (target) {
	case SCAN_TIME:
		goals->scan_seconds = value;
		break;
	case MAX_CPU:
		goals->max_cpu = value;
		break;
	case FREE_TARGET:
	case THRESHOLD_PERCENT:
		goals->free_target = value;
		goals->free_target_given = true;
		break;
	case ADVISOR:
		goals->advisor = value != 0;
		break;
	case WATCH:
		goals->watch_seconds = value;
		break;
	case SLEEP:
		goals->steps.sleep_millisecs = (int64_t)value;
		break;
	case BOOST:
		goals->steps.boost = (int64_t)value;
		break;
	case DECAY:
		goals->steps.decay = (int64_t)value;
		break;
	case PAGES_MIN:
		goals->steps.min = (int64_t)value;
		break;
	case PAGES_MAX:
		goals->steps.max = (int64_t)value;
		break;
	case THRESHOLD_KIB:
		goals->free_bytes = value * 1024;
		goals->free_bytes_given = true;
		break;
	case IGNORED:
		break;
	}
}

/* A number, in quotes or not: digits, with a sign and a fraction. */
static bool parse_number(char *text, double *ret_value)
{
	size_t len = strlen(text);
	char *end;

	if (len >= 2 && (text[0] == '"' || text[0] == '\'') && text[len - 1] == text[0]) {
		text[len - 1] = '\0';
		text++;
	}
	for (const char *c = text + (*text == '-'); *c; c++)
		if (!isdigit((unsigned char)*c) && *c != '.')
			return false;
	*ret_value = strtod(text, &end);
	return end != text && !*end && isfinite(*ret_value);
}

static int take_assignment(struct ksm_tune_goals *goals, char *line, struct ksm_error *err)
{
	char *equals = strchr(line, '=');
	double value;

	if (!equals)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG, "\"%.60s\" is not NAME=VALUE",
				     line);
	*equals++ = '\0';
	if (strpbrk(equals, "$`"))
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "the value of %.60s is for a shell: give it as it is", line);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, line) != 0)
			continue;
		if (names[i].target == IGNORED)
			return 0;
		if (!parse_number(equals, &value) || value < names[i].min || value > names[i].max)
			return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
					     "%s goes from %g to %g, not \"%.40s\"", line,
					     names[i].min, names[i].max, equals);
		take(goals, names[i].target, value);
		return 0;
	}
	return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG, "\"%.60s\" is no setting", line);
}

/* Without blanks around it and a comment behind it; false if nothing is left. */
static bool clean(char *line)
{
	size_t len = 0;

	while (line[len] && !(line[len] == '#' && (!len || isblank((unsigned char)line[len - 1]))))
		len++;
	line[len] = '\0';
	while (len && isspace((unsigned char)line[len - 1]))
		line[--len] = '\0';
	memmove(line, line + strspn(line, " \t"), len + 1 - strspn(line, " \t"));
	return line[0] && line[0] != '#';
}

int ksm_tune_parse(const char *text, size_t len, struct ksm_tune_goals *goals,
		   struct ksm_error *err)
{
	struct ksm_tune_goals parsed = *goals;
	struct ksm_error why = {0};
	unsigned int number = 1;

	for (const char *line = text, *end = text + len; line < end; number++) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t n = (size_t)((newline ? newline : end) - line);
		char copy[256];

		if (n >= sizeof(copy) || memchr(line, '\0', n))
			return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
					     "line %u is too long, or no text", number);
		memcpy(copy, line, n);
		copy[n] = '\0';
		if (clean(copy) && take_assignment(&parsed, copy, &why))
			return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG, "line %u: %.200s",
					     number, why.text);
		line += n + 1;
	}
	if (parsed.steps.given && parsed.steps.min > parsed.steps.max)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "KSM_NPAGES_MIN is more than KSM_NPAGES_MAX");
	if (parsed.steps.given && !parsed.free_target_given && parsed.free_target <= 0)
		parsed.free_target = KSMTUNED_PERCENT;
	if (parsed.steps.given && !parsed.free_bytes_given && parsed.free_bytes <= 0)
		parsed.free_bytes = KSMTUNED_BYTES;
	*goals = parsed;
	return 0;
}
