/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that a live test starts: programs, workloads of known contents, ksmctl itself. */
#ifndef TESTS_LIVE_PROCESS_H
#define TESTS_LIVE_PROCESS_H

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

/* How a program is started. */
struct Start {
	uid_t uid = 0;		/* other than 0: as that user and group, with no other rights */
	bool merge_any = false; /* opted in whole: prctl(PR_SET_MEMORY_MERGE) before exec */
	int in = -1;		/* standard input, output, error; -1 is /dev/null */
	int out = -1;
	int err = -1;
};

/* A child process: killed and waited for when the object goes. */
class Program
{
      public:
	explicit Program(const std::vector<std::string> &argv, const Start &start = {});
	~Program();
	Program(const Program &) = delete;
	Program &operator=(const Program &) = delete;

	pid_t pid() const
	{
		return pid_;
	}
	/* The wait status; waits at most @seconds, then kills it and fails the test. */
	int Wait(int seconds = 60);
	void Kill();
	/* Waits until none of its threads has used any CPU time for @milliseconds. */
	void WaitUntilIdle(int milliseconds = 1500) const;

      private:
	pid_t pid_ = -1;
	int status_ = 0;
};

/* tests/builders/workload.c says what its areas and commands are. */
class Workload
{
      public:
	explicit Workload(std::vector<std::string> arguments, Start start = {});
	~Workload();

	pid_t pid() const
	{
		return program_->pid();
	}
	/* What stands behind "ok"; any other answer fails the test. */
	std::string Do(const std::string &command);
	/* The child's process id. It goes with its parent. */
	pid_t Fork();
	void Kill()
	{
		program_->Kill();
	}

      private:
	std::string Line();

	/* Forked ones end when it ends, but nobody waits for them: until then ksmd sees what is left of them. */
	void WaitForForks() const;

	std::vector<pid_t> forks_;
	Program *program_ = nullptr;
	int in_ = -1;
	int out_ = -1;
};

/* What a run of a program left. */
struct Output {
	int status = -1; /* of exit; -1 if a signal ended it */
	int signal = 0;
	std::string out;
	std::string err;
};

/* Runs it to its end; @while_running, if given, is called again and again until then. */
Output RunProgram(const std::vector<std::string> &argv, Start start = {}, int timeout_seconds = 120,
		  void (*while_running)(void *) = nullptr, void *data = nullptr);

/* Programs of the build under test, where every user can run them. */
std::string KsmctlPath();
std::string RestlessPath();
std::string WorkloadPath();
std::string WithoutPath();
std::string GuardedPath();

/* The whole file; "" if it cannot be read. */
std::string ReadFile(const std::string &path);

/* The number behind "NAME:" or "NAME " at the start of a line of /proc/PID/@file; -1 if there is none. */
int64_t ProcNumber(pid_t pid, const std::string &file, const std::string &name);

#endif
