/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "terminal.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

using Clock = std::chrono::steady_clock;
static const int kSeconds = 20; /* for what takes a moment, on a busy machine */

std::string KsmctlPath()
{
	static const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");

	return self.parent_path().parent_path() / "ksmctl";
}

[[noreturn]] static void Exec(const std::vector<std::string> &argv,
			      const std::vector<std::string> &environment)
{
	std::vector<char *> args;

	for (const std::string &arg : argv)
		args.push_back(const_cast<char *>(arg.c_str()));
	args.push_back(nullptr);
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TZ", "UTC", 1);
	setenv("HOME", "/nonexistent", 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("NO_COLOR");
	unsetenv("COLUMNS");
	unsetenv("LINES");
	for (const std::string &entry : environment) {
		size_t at = entry.find('=');

		setenv(entry.substr(0, at).c_str(), entry.c_str() + at + 1, 1);
	}
	execv(args[0], args.data());
	_exit(127);
}

bool Terminal::IsAvailable()
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

Terminal::Terminal(const std::vector<std::string> &argv, int width, int height,
		   const std::vector<std::string> &environment)
{
	static const VTermScreenCallbacks callbacks = {nullptr, nullptr, nullptr, SetProperty,
						       nullptr, nullptr, nullptr, nullptr};
	struct winsize size = {static_cast<unsigned short>(height),
			       static_cast<unsigned short>(width), 0, 0};

	vterm_ = vterm_new(height, width);
	vterm_set_utf8(vterm_, 1);
	screen_ = vterm_obtain_screen(vterm_);
	vterm_screen_enable_altscreen(screen_, 1);
	vterm_screen_set_callbacks(screen_, &callbacks, this);
	vterm_screen_reset(screen_, 1);
	pid_ = forkpty(&fd_, nullptr, nullptr, &size);
	if (pid_ < 0)
		abort();
	if (pid_ == 0)
		Exec(argv, environment);
}

Terminal::~Terminal()
{
	if (pid_ > 0) {
		kill(pid_, SIGKILL);
		waitpid(pid_, nullptr, 0);
	}
	close(fd_);
	vterm_free(vterm_);
}

int Terminal::SetProperty(VTermProp property, VTermValue *value, void *data)
{
	auto *terminal = static_cast<Terminal *>(data);

	if (property == VTERM_PROP_ALTSCREEN)
		terminal->alternate_ = value->boolean;
	else if (property == VTERM_PROP_CURSORVISIBLE)
		terminal->cursor_ = value->boolean;
	return 1;
}

bool Terminal::Read(int milliseconds)
{
	struct pollfd poll_fd = {fd_, POLLIN, 0};
	char data[65536];
	ssize_t n;

	if (poll(&poll_fd, 1, milliseconds) <= 0)
		return true;
	n = read(fd_, data, sizeof(data));
	if (n <= 0)
		return false;
	written_.append(data, n);
	vterm_input_write(vterm_, data, n);
	n = vterm_output_read(vterm_, data, sizeof(data));
	return n <= 0 || write(fd_, data, n) == n;
}

bool Terminal::WaitFor(const std::string &text)
{
	auto end = Clock::now() + std::chrono::seconds(kSeconds);

	while (Text().find(text) == std::string::npos) {
		if (Clock::now() > end || !Read(50))
			return Text().find(text) != std::string::npos;
	}
	return true;
}

void Terminal::Settle()
{
	auto end = Clock::now() + std::chrono::seconds(kSeconds);
	size_t before;

	do {
		before = written_.size();
		if (!Read(250))
			return;
	} while (written_.size() != before && Clock::now() < end);
}

void Terminal::Send(const std::string &keys)
{
	if (write(fd_, keys.data(), keys.size()) != static_cast<ssize_t>(keys.size()))
		abort();
}

void Terminal::Resize(int width, int height)
{
	struct winsize size = {static_cast<unsigned short>(height),
			       static_cast<unsigned short>(width), 0, 0};

	vterm_set_size(vterm_, height, width);
	ioctl(fd_, TIOCSWINSZ, &size);
}

void Terminal::HangUp()
{
	close(fd_);
	fd_ = -1;
}

int Terminal::WaitForEnd()
{
	auto end = Clock::now() + std::chrono::seconds(kSeconds);
	bool open = true;
	int status;

	while (Clock::now() < end) {
		/* Output has to be taken, or it never ends. */
		if (open)
			open = Read(20);
		else
			usleep(20000);
		if (waitpid(pid_, &status, WNOHANG) != pid_)
			continue;
		pid_ = -1;
		while (open && poll(nullptr, 0, 0) == 0) {
			size_t before = written_.size();

			open = Read(20) && written_.size() != before;
		}
		return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
	return -1;
}

bool Terminal::ReportsMouse() const
{
	size_t on = written_.rfind("1000h"), off = written_.rfind("1000l");

	return on != std::string::npos && (off == std::string::npos || on > off);
}

std::vector<std::string> Terminal::Lines() const
{
	std::vector<std::string> lines;
	int height, width;

	vterm_get_size(vterm_, &height, &width);
	for (int y = 0; y < height; y++) {
		VTermRect row = {y, y + 1, 0, width};
		std::string line(static_cast<size_t>(width) * 16, '\0');

		line.resize(vterm_screen_get_text(screen_, &line[0], line.size(), row));
		line.erase(line.find_last_not_of(' ') + 1);
		lines.push_back(line);
	}
	return lines;
}

std::string Terminal::Text() const
{
	std::string text;

	for (const std::string &line : Lines())
		text += line + "\n";
	return text;
}

struct termios Terminal::Settings() const
{
	struct termios settings = {};

	tcgetattr(fd_, &settings);
	return settings;
}

bool Terminal::HasColors() const
{
	/* SGR 30 to 37, 40 to 47, and their bright and indexed kin, as xterm-256color has them. */
	for (size_t at = written_.find("\033["); at != std::string::npos;
	     at = written_.find("\033[", at + 1)) {
		size_t end = written_.find_first_not_of("0123456789;", at + 2);

		if (end == std::string::npos || written_[end] != 'm')
			continue;
		std::string codes = ";" + written_.substr(at + 2, end - at - 2) + ";";
		for (const char *code :
		     {";30;", ";31;", ";32;", ";36;", ";42;", ";46;", ";38;", ";48;"})
			if (codes.find(code) != std::string::npos)
				return true;
	}
	return false;
}
