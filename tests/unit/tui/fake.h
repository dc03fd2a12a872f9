/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of processes that never were. */
#pragma once

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

extern "C" {
#include "report/sample.h"
#include "report/top.h"
#include "tui/draw.h"
}

struct FakeProcess {
	pid_t pid = 1;
	pid_t ppid = 0;
	std::string name = "sleep";
	std::string user = "root";
	std::string cgroup = "/";
	int64_t rss = 1 << 20;
	bool is_readable = true;
	int64_t items = 0, zero = 0, merging = 0, profit = 0;
	bool any = false;
	uint64_t start_time = 0; /* which no document has */
};

/* Through its document, as a recording comes in. */
class FakeSample
{
      public:
	explicit FakeSample(
		const std::vector<FakeProcess> &processes, double time = 1000,
		const std::string &sysfs =
			"\"run\":1,\"full_scans\":5,\"pages_shared\":10,"
			"\"pages_sharing\":90,\"pages_unshared\":7,\"pages_volatile\":3,"
			"\"general_profit\":1000,\"pages_scanned\":500,"
			"\"ksm_zero_pages\":2,\"pages_skipped\":0,\"pages_to_scan\":100,"
			"\"sleep_millisecs\":20,\"smart_scan\":1,\"advisor_mode\":\"none\"")
	{
		json_object *array = json_object_new_array();

		for (const FakeProcess &process : processes)
			json_object_array_add(array, Object(process));
		std::string text = "{\"schema\":\"ksmctl.top/1\",\"time\":" + std::to_string(time) +
				   ",\"page_size\":4096,\"ksmd_cpu_percent\":1.5,\"rates\":{},"
				   "\"sysfs\":{" +
				   sysfs + "},\"processes\":" + json_object_to_json_string(array) +
				   "}";
		json_object_put(array);
		error_ = ksm_top_parse(text.data(), text.size(), &sample_, &err_);
		for (const FakeProcess &process : processes)
			SetStart(process);
	}
	~FakeSample()
	{
		if (!error_)
			ksm_sample_free(&sample_);
	}
	FakeSample(const FakeSample &) = delete;
	FakeSample &operator=(const FakeSample &) = delete;

	const struct ksm_sample *get() const
	{
		return error_ ? nullptr : &sample_;
	}
	const char *error() const
	{
		return err_.text;
	}

      private:
	void SetStart(const FakeProcess &process)
	{
		for (size_t i = 0; i < sample_.processes.n; i++)
			if (sample_.processes.item[i].process.pid == process.pid)
				sample_.processes.item[i].process.start_time = process.start_time;
		for (size_t i = 0; i < sample_.processes.list.n; i++)
			if (sample_.processes.list.process[i].pid == process.pid)
				sample_.processes.list.process[i].start_time = process.start_time;
	}
	static json_object *Object(const FakeProcess &process)
	{
		json_object *object = json_object_new_object();
		auto number = [&](const char *name, int64_t value) {
			json_object_object_add(object, name, json_object_new_int64(value));
		};
		auto text = [&](const char *name, const std::string &value) {
			json_object_object_add(object, name, json_object_new_string(value.c_str()));
		};

		number("pid", process.pid);
		number("ppid", process.ppid);
		text("name", process.name);
		text("user", process.user);
		text("cgroup", process.cgroup);
		number("rss_bytes", process.rss);
		if (!process.is_readable)
			return object;
		number("ksm_rmap_items", process.items);
		number("ksm_zero_pages", process.zero);
		number("ksm_merging_pages", process.merging);
		number("ksm_process_profit", process.profit);
		json_object_object_add(object, "ksm_merge_any",
				       json_object_new_boolean(process.any));
		json_object_object_add(object, "ksm_mergeable",
				       json_object_new_boolean(process.any));
		return object;
	}

	struct ksm_sample sample_ = {};
	struct ksm_error err_ = {};
	int error_ = 0;
};

/* What a canvas shows, line by line, without the blanks at the end. */
inline std::vector<std::string> Lines(const struct tui_canvas &canvas)
{
	std::vector<std::string> lines;

	for (int y = 0; y < canvas.height; y++) {
		std::string line;

		for (int x = 0; x < canvas.width; x++) {
			const struct tui_cell &cell = canvas.cell[y * canvas.width + x];
			uint32_t ch = cell.ch;

			if (!cell.width)
				continue;
			if (ch < 0x80) {
				line += static_cast<char>(ch);
			} else if (ch < 0x800) {
				line += static_cast<char>(0xc0 | ch >> 6);
				line += static_cast<char>(0x80 | (ch & 0x3f));
			} else {
				if (ch >= 0x10000) {
					line += static_cast<char>(0xf0 | ch >> 18);
					line += static_cast<char>(0x80 | (ch >> 12 & 0x3f));
				} else {
					line += static_cast<char>(0xe0 | ch >> 12);
				}
				line += static_cast<char>(0x80 | (ch >> 6 & 0x3f));
				line += static_cast<char>(0x80 | (ch & 0x3f));
			}
		}
		line.erase(line.find_last_not_of(' ') + 1);
		lines.push_back(line);
	}
	return lines;
}

class FakeScreen
{
      public:
	FakeScreen(int width, int height, bool ascii = false)
	{
		struct tui_config config;

		setlocale(LC_CTYPE, "C.UTF-8");
		tui_config_init(&config);
		tui_init(&tui, &config);
		canvas.ascii = ascii;
		Resize(width, height);
	}
	~FakeScreen()
	{
		tui_release(&tui);
		tui_canvas_free(&canvas);
	}
	void Resize(int width, int height)
	{
		if (tui_canvas_resize(&canvas, width, height))
			abort();
	}
	std::vector<std::string> Draw()
	{
		tui_draw(&tui, &canvas);
		return Lines(canvas);
	}
	struct tui_request Press(int key)
	{
		return tui_press(&tui, key, nullptr);
	}
	struct tui_request Type(const std::string &text)
	{
		struct tui_request request = {};

		for (char ch : text)
			request = Press(ch);
		return request;
	}
	pid_t Cursor() const
	{
		return tui.view.n ? tui.view.row[tui.view.cursor].pid : 0;
	}

	struct tui tui;
	struct tui_canvas canvas = {};
};
