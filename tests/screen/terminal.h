/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl in a terminal of our own: a pseudo-terminal behind which libvterm stands. */
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>
#include <termios.h>
#include <vterm.h>

/* The ksmctl of this build. */
std::string KsmctlPath();

class Terminal
{
      public:
	/* Are there any? Not without /dev/pts. */
	static bool IsAvailable();
	/* Runs @argv with a screen of that size; @environment has NAME=VALUE beside a bare one. */
	Terminal(const std::vector<std::string> &argv, int width, int height,
		 const std::vector<std::string> &environment = {});
	~Terminal();
	Terminal(const Terminal &) = delete;
	Terminal &operator=(const Terminal &) = delete;

	pid_t pid() const
	{
		return pid_;
	}
	/* Until @text is on the screen; false after some seconds without. */
	bool WaitFor(const std::string &text);
	/* Until nothing more has come for a while. */
	void Settle();
	void Send(const std::string &keys);
	void Resize(int width, int height);
	/* As when its window is closed. */
	void HangUp();
	/* The exit status, or 128 and the signal; -1 if it does not end. */
	int WaitForEnd();

	std::vector<std::string> Lines() const;
	std::string Text() const;
	bool IsAlternate() const
	{
		return alternate_;
	}
	bool IsCursorVisible() const
	{
		return cursor_;
	}
	/* Has it been asked to, last? */
	bool ReportsMouse() const;
	/* As set on the terminal itself. */
	struct termios Settings() const;
	/* All that was written to it so far. */
	const std::string &Written() const
	{
		return written_;
	}
	/* At every place of the screen, something that is drawn in colours. */
	bool HasColors() const;

      private:
	/* Takes what comes within @milliseconds; false at the end of output. */
	bool Read(int milliseconds);
	static int SetProperty(VTermProp property, VTermValue *value, void *data);

	pid_t pid_ = -1;
	int fd_ = -1;
	VTerm *vterm_;
	VTermScreen *screen_;
	bool alternate_ = false, cursor_ = true;
	std::string written_;
};
