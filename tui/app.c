/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop: samples, keys, drawing. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "report/recording.h"
#include "tui/actions.h"
#include "tui/draw.h"
#include "tui/scan_task.h"
#include "tui/terminal.h"
#include "tui/tui.h"

#define POLL_MILLISECONDS 100 /* while a scan runs */
#define WAIT_SECONDS	  1.0 /* at most, for a key */
#define REPLAY_GAP	  5.0 /* seconds that a gap in a recording takes at most */
#define REPLAY_BACK	  30  /* samples that make the history after a jump */

struct app {
	const struct ksm_root *root;
	const struct ksm_tui_options *options;
	struct tui tui;
	struct tui_canvas canvas;
	struct ksm_sampler sampler;
	struct ksm_sample *now, *before;
	struct ksm_recorder *recorder;
	struct ksm_recording *recording;
	size_t at; /* the number of the next sample of the recording */
	struct tui_scan_task *task;
	double shown_at; /* of the monotonic clock: the last sample */
	double gap;	 /* recorded between that and the next, in seconds */
	uint64_t samples;
	bool quits;
	bool anew;
};

static void free_sample(struct ksm_sample *sample)
{
	if (sample)
		ksm_sample_free(sample);
	free(sample);
}

/* ---------------------------------------------------------------- samples */

/* Takes @sample over. */
static int show_sample(struct app *app, struct ksm_sample *sample)
{
	struct ksm_sample *gone = app->before;
	int ret = tui_take_sample(&app->tui, sample, app->now);

	app->before = app->now;
	app->now = sample;
	free_sample(gone);
	return ret;
}

static int take_live(struct app *app, struct ksm_error *err)
{
	struct ksm_sample *sample = calloc(1, sizeof(*sample));
	int ret = sample ? ksm_sampler_take(&app->sampler, sample, err) : ksm_error_no_memory(err);

	if (ret) {
		free(sample);
		return ret;
	}
	if (app->recorder && ksm_recorder_add(app->recorder, sample, err)) {
		/* What is shown goes on without. */
		tui_say(&app->tui, true, "recording ends here: %s", err->text);
		ksm_recorder_close(app->recorder);
		app->recorder = NULL;
	}
	app->shown_at = ksm_now_seconds();
	return show_sample(app, sample) ? ksm_error_no_memory(err) : 0;
}

static int read_recorded(struct app *app, size_t number, struct ksm_error *err)
{
	struct ksm_sample *sample = calloc(1, sizeof(*sample));
	int ret = sample ? ksm_recording_read(app->recording, number, sample, err)
			 : ksm_error_no_memory(err);

	if (ret) {
		free(sample);
		return ret;
	}
	app->at = number + 1;
	app->tui.replay_at = app->at;
	return show_sample(app, sample) ? ksm_error_no_memory(err) : 0;
}

/* Seconds until the sample behind the one that is shown. */
static double recorded_gap(struct app *app)
{
	struct ksm_sample next = {0};
	double gap = 0;

	if (app->at < app->tui.replay_size && app->now &&
	    !ksm_recording_read(app->recording, app->at, &next, NULL)) {
		gap = next.time - app->now->time;
		ksm_sample_free(&next);
	}
	return gap < 0 ? 0 : gap > REPLAY_GAP ? REPLAY_GAP : gap;
}

static int take_recorded(struct app *app, struct ksm_error *err)
{
	int ret;

	if (app->at >= app->tui.replay_size) {
		app->tui.is_paused = true;
		tui_say(&app->tui, false,
			"this is the end of the recording: [ and { go back, q ends");
		return 0;
	}
	ret = read_recorded(app, app->at, err);
	app->shown_at = ksm_now_seconds();
	app->gap = recorded_gap(app);
	return ret;
}

static int take_sample(struct app *app, struct ksm_error *err)
{
	int ret = app->recording ? take_recorded(app, err) : take_live(app, err);

	app->samples++;
	if (app->options->count && app->samples >= app->options->count)
		app->quits = true;
	return ret;
}

/* Shows sample @number, with a history of some before it. */
static int go_to(struct app *app, size_t number, struct ksm_error *err)
{
	int ret = 0;

	tui_forget_history(&app->tui);
	free_sample(app->now);
	free_sample(app->before);
	app->now = app->before = NULL;
	for (size_t i = number > REPLAY_BACK ? number - REPLAY_BACK : 0; i <= number && !ret; i++)
		ret = read_recorded(app, i, err);
	return ret;
}

static int jump(struct app *app, double seconds, struct ksm_error *err)
{
	size_t number = app->at - 1, last = app->tui.replay_size - 1;
	double time = app->now->time, to = time + seconds;
	int ret = 0;

	while (!ret && (seconds > 0 ? time < to && number < last : time > to && number > 0)) {
		struct ksm_sample sample;

		number += seconds > 0 ? 1 : (size_t)-1;
		ret = ksm_recording_read(app->recording, number, &sample, err);
		if (!ret) {
			time = sample.time;
			ksm_sample_free(&sample);
		}
	}
	return ret ?: go_to(app, number, err);
}

static int step(struct app *app, long by, struct ksm_error *err)
{
	size_t number = app->at - 1;

	if (by > 0 && app->at < app->tui.replay_size)
		return read_recorded(app, app->at, err);
	if (by < 0 && number > 0)
		return go_to(app, number - 1, err);
	tui_say(&app->tui, false,
		by > 0 ? "there is no sample behind this one"
		       : "there is no sample before this one");
	return 0;
}

/* ---------------------------------------------------------------- requests */

static void toggle_scan(struct app *app, const struct tui_request *request)
{
	/* Rows may have moved under the question. */
	const struct ksm_process *process =
		ksm_processes_find(&app->tui.sample->processes.list, request->pid);

	if (app->task) {
		tui_scan_task_stop(&app->task);
		app->tui.scan.state = TUI_SCAN_NONE;
		tui_say(&app->tui, false, "the scan was stopped");
		return;
	}
	if (!process || process->start_time != request->start_time) {
		tui_say(&app->tui, true, "process %d has exited", request->pid);
		return;
	}
	app->task = tui_scan_task_start(app->root, process);
	if (!app->task) {
		tui_say(&app->tui, true, "no scan could be started: out of memory");
		return;
	}
	free(app->tui.scan.area);
	app->tui.scan = (struct tui_scan){
		.state = TUI_SCAN_RUNS, .pid = process->pid, .start_time = process->start_time};
	snprintf(app->tui.scan.name, sizeof(app->tui.scan.name), "%s", process->name);
}

static void look_at_scan(struct app *app)
{
	struct tui *tui = &app->tui;
	struct tui_scan *scan = &tui->scan;

	if (!app->task || !tui_scan_task_look(&app->task, scan))
		return;
	if (scan->state == TUI_SCAN_FAILED) {
		tui_say(tui, true, "%s", scan->error);
	} else if (scan->state == TUI_SCAN_DONE) {
		tui_note_potential(tui, scan);
		tui_rebuild(tui);
		if (tui->screen == TUI_PROCESSES)
			tui_say(tui, false, "scanned %.15s (%d): Tab shows its areas", scan->name,
				scan->pid);
	}
}

static void save_config(struct app *app)
{
	ksm_auto_str struct ksm_str path = {0};
	struct tui *tui = &app->tui;
	struct ksm_error err;

	tui->config.sort = tui->choice.sort;
	tui->config.reverse = tui->choice.reverse;
	tui->config.tree = tui->choice.tree;
	tui->config.concerned_only = tui->choice.concerned_only;
	tui->config.grouping = tui->choice.grouping;
	if (tui_config_save(&tui->config, &path, &err))
		tui_say(tui, true, "%s", err.text);
	else
		tui_say(tui, false, "saved to %s", path.data);
}

static int serve(struct app *app, const struct tui_request *request, struct ksm_error *err)
{
	switch (request->kind) {
	case TUI_WANTS_QUIT:
		app->quits = true;
		break;
	case TUI_WANTS_REDRAW:
		app->anew = true;
		break;
	case TUI_WANTS_SCAN:
		toggle_scan(app, request);
		break;
	case TUI_WANTS_MERGE:
	case TUI_WANTS_UNMERGE:
	case TUI_WANTS_SET:
		tui_act(&app->tui, app->root, request);
		if (request->confirmed)
			app->shown_at = -INFINITY; /* to see what came of it */
		break;
	case TUI_WANTS_SAVE:
		save_config(app);
		break;
	case TUI_WANTS_STEP:
		return step(app, request->number, err);
	case TUI_WANTS_JUMP:
		return jump(app, (double)request->number, err);
	case TUI_WANTS_NOTHING:
		break;
	}
	return 0;
}

/* ---------------------------------------------------------------- the loop */

static int draw(struct app *app, struct ksm_error *err)
{
	int width, height;

	tui_terminal_size(&width, &height);
	if ((width != app->canvas.width || height != app->canvas.height) &&
	    tui_canvas_resize(&app->canvas, width, height))
		return ksm_error_no_memory(err);
	tui_draw(&app->tui, &app->canvas);
	tui_terminal_show(&app->canvas, app->anew);
	app->anew = false;
	return 0;
}

/* Until the next sample is to be shown, at the pace of now. */
static double seconds_to_wait(const struct app *app)
{
	double gap = app->recording ? app->gap / app->tui.speed : app->tui.config.delay;

	return app->shown_at + gap - ksm_now_seconds();
}

static int milliseconds_to_wait(const struct app *app)
{
	double wait = app->tui.is_paused ? WAIT_SECONDS : seconds_to_wait(app);

	if (app->task)
		return POLL_MILLISECONDS;
	return wait <= 0	     ? 0
	       : wait > WAIT_SECONDS ? (int)(WAIT_SECONDS * 1000)
				     : (int)ceil(wait * 1000);
}

static int run(struct app *app, struct ksm_error *err)
{
	int ret = 0;

	while (!ret && !app->quits && !tui_terminal_signal()) {
		struct tui_request request;
		struct tui_mouse mouse;
		int key;

		/* The first is taken in any case: there would be nothing to look at. */
		if (!app->now || (!app->tui.is_paused && seconds_to_wait(app) <= 0))
			ret = take_sample(app, err);
		look_at_scan(app);
		if (!ret)
			ret = draw(app, err);
		if (ret || app->quits)
			break;
		key = tui_terminal_key(milliseconds_to_wait(app), &mouse);
		if (key == TUI_KEY_NONE)
			continue;
		request = tui_press(&app->tui, key, &mouse);
		ret = serve(app, &request, err);
	}
	return ret;
}

static void load_config(struct tui_config *config, const struct ksm_tui_options *options,
			char *problem, size_t size)
{
	struct ksm_error err;
	unsigned int bad;

	tui_config_init(config);
	if (tui_config_load(config, &bad, &err))
		snprintf(problem, size, "%s", err.text);
	else if (bad)
		snprintf(problem, size, "top.conf, line %u: not understood", bad);
	if (options->graph)
		tui_graph_find(options->graph, &config->graph);
	if (options->delay > 0)
		config->delay = options->delay;
}

static int open_files(struct app *app, struct ksm_error *err)
{
	const struct ksm_tui_options *options = app->options;
	int ret = 0;

	if (options->replay) {
		ret = ksm_recording_open(options->replay, &app->recording, err);
		if (!ret)
			app->tui.replay_size = ksm_recording_size(app->recording);
	} else if (options->record) {
		ret = ksm_recorder_open(options->record, &app->recorder, err);
	}
	return ret;
}

int ksm_tui_run(const struct ksm_root *root, const struct ksm_tui_options *options, int *ret_signal,
		struct ksm_error *err)
{
	struct app *app = calloc(1, sizeof(*app));
	char problem[256] = "";
	struct tui_config config;
	int ret;

	if (!app)
		return ksm_error_no_memory(err);
	app->root = root;
	app->options = options;
	load_config(&config, options, problem, sizeof(problem));
	tui_init(&app->tui, &config);
	app->tui.may_write = options->may_write;
	app->tui.is_replay = options->replay != NULL;
	ksm_sampler_init(&app->sampler, root, KSM_SAMPLE_ALL);
	ret = open_files(app, err) ?: tui_terminal_open(options->color, err);
	if (!ret) {
		app->canvas.ascii = options->ascii || !tui_terminal_is_utf8();
		if (*problem)
			tui_say(&app->tui, true, "%s", problem);
		else if (app->recording && ksm_recording_damaged_at(app->recording))
			tui_say(&app->tui, true,
				"the recording is damaged at byte %zu: what follows is not shown",
				ksm_recording_damaged_at(app->recording));
		else if (app->recording && ksm_recording_cut(app->recording))
			tui_say(&app->tui, false, "the last sample was cut off");
		ret = run(app, err);
		*ret_signal = tui_terminal_signal();
		tui_terminal_close();
	}
	tui_scan_task_stop(&app->task);
	ksm_recorder_close(app->recorder);
	ksm_recording_close(app->recording);
	ksm_sampler_release(&app->sampler);
	tui_release(&app->tui);
	tui_canvas_free(&app->canvas);
	free_sample(app->now);
	free_sample(app->before);
	free(app);
	return ret;
}
