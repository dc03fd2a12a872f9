/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "process.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

static void Sleep(int milliseconds)
{
	std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

std::string ReadFile(const std::string &path)
{
	std::ifstream file(path, std::ios::binary);
	std::ostringstream text;

	text << file.rdbuf();
	return text.str();
}

int64_t ProcNumber(pid_t pid, const std::string &file, const std::string &name)
{
	std::istringstream lines(ReadFile("/proc/" + std::to_string(pid) + "/" + file));

	for (std::string line; std::getline(lines, line);)
		if (!line.compare(0, name.size(), name) && line.size() > name.size() &&
		    strchr(": \t", line[name.size()]))
			return atoll(line.c_str() + name.size() + 1);
	return -1;
}

/*
 * The programs are copied to a folder that every user can enter: a checkout may lie where only its owner
 * gets.
 */
static std::string Installed(const std::string &name)
{
	struct Folder {
		std::string path;
		pid_t owner = getpid();
		Folder()
		{
			const char *tmp = getenv("TMPDIR");
			path = std::string(tmp ? tmp : "/tmp") + "/ksmctl-live-XXXXXX";
			if (!mkdtemp(&path[0]))
				abort();
			fs::permissions(path, fs::perms(0755));
		}
		~Folder()
		{
			std::error_code ignored;
			if (getpid() == owner)
				fs::remove_all(path, ignored);
		}
	};
	static Folder folder;
	std::string to = folder.path + "/" + fs::path(name).filename().string();

	if (!fs::exists(to))
		fs::copy_file(fs::read_symlink("/proc/self/exe").parent_path().parent_path() / name,
			      to);
	return to;
}

std::string KsmctlPath()
{
	return Installed("ksmctl");
}

std::string RestlessPath()
{
	return Installed("tests/restless");
}

std::string WorkloadPath()
{
	return Installed("tests/workload");
}

std::string WithoutPath()
{
	return Installed("tests/without");
}

std::string GuardedPath()
{
	return Installed("tests/guarded");
}

/* ------------------------------------------------------------------------------- programs */

static void BecomeUser(uid_t uid)
{
	if (setgroups(0, nullptr) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		_exit(126);
}

[[noreturn]] static void Exec(const std::vector<std::string> &argv, const Start &start,
			      pid_t parent)
{
	std::vector<char *> args;
	int null = open("/dev/null", O_RDWR);

	for (const std::string &arg : argv)
		args.push_back(const_cast<char *>(arg.c_str()));
	args.push_back(nullptr);
	dup2(start.in >= 0 ? start.in : null, 0);
	dup2(start.out >= 0 ? start.out : null, 1);
	dup2(start.err >= 0 ? start.err : null, 2);
	close_range(3, ~0u, 0);
	/* A shell starts what runs in the background with SIGINT ignored. */
	signal(SIGINT, SIG_DFL);
	if (start.uid)
		BecomeUser(start.uid);
	if (start.merge_any && prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0))
		_exit(125);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(124);
	execvp(args[0], args.data());
	_exit(127);
}

Program::Program(const std::vector<std::string> &argv, const Start &start)
{
	pid_t parent = getpid();

	pid_ = fork();
	if (pid_ < 0)
		abort();
	if (!pid_)
		Exec(argv, start, parent);
}

Program::~Program()
{
	Kill();
}

void Program::Kill()
{
	if (pid_ <= 0)
		return;
	kill(pid_, SIGKILL);
	waitpid(pid_, &status_, 0);
	pid_ = -1;
}

int Program::Wait(int seconds)
{
	auto end = Clock::now() + std::chrono::seconds(seconds);

	while (pid_ > 0 && waitpid(pid_, &status_, WNOHANG) != pid_) {
		if (Clock::now() > end) {
			ADD_FAILURE()
				<< "process " << pid_ << " still runs after " << seconds << " s";
			Kill();
			return status_;
		}
		Sleep(1);
	}
	pid_ = -1;
	return status_;
}

/* utime and stime of all threads, in clock ticks, and in nanoseconds where the kernel tells. */
static std::string CpuTimes(pid_t pid)
{
	std::string times;
	std::error_code error;

	for (const auto &task :
	     fs::directory_iterator("/proc/" + std::to_string(pid) + "/task", error)) {
		std::string stat = ReadFile(task.path().string() + "/stat");
		std::istringstream fields(stat.substr(stat.rfind(')') + 1));
		std::string field;

		for (int i = 3; i <= 15 && fields >> field; i++)
			if (i == 3 || i >= 14)
				times += field + " ";
		times += ReadFile(task.path().string() + "/schedstat");
	}
	return times;
}

void Program::WaitUntilIdle(int milliseconds) const
{
	auto end = Clock::now() + std::chrono::seconds(60);
	auto since = Clock::now();
	std::string last;

	while (Clock::now() < end) {
		std::string now = CpuTimes(pid_);

		if (now != last) {
			last = now;
			since = Clock::now();
		} else if (Clock::now() - since > std::chrono::milliseconds(milliseconds)) {
			return;
		}
		Sleep(50);
	}
	ADD_FAILURE() << "process " << pid_ << " does not come to rest";
}

/* ------------------------------------------------------------------------------- workloads */

Workload::Workload(std::vector<std::string> arguments, Start start)
{
	int to[2], from[2];
	std::string ready;

	arguments.insert(arguments.begin(), WorkloadPath());
	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		abort();
	start.in = to[0];
	start.out = from[1];
	start.err = STDERR_FILENO;
	program_ = new Program(arguments, start);
	close(to[0]);
	close(from[1]);
	in_ = to[1];
	out_ = from[0];
	ready = Line();
	if (ready != "ready pid=" + std::to_string(program_->pid()))
		ADD_FAILURE() << "workload says '" << ready << "'";
}

Workload::~Workload()
{
	delete program_;
	WaitForForks();
	close(in_);
	close(out_);
}

std::string Workload::Line()
{
	std::string line;
	char c;

	while (read(out_, &c, 1) == 1 && c != '\n')
		line += c;
	return line;
}

std::string Workload::Do(const std::string &command)
{
	std::string line = command + "\n";
	std::string reply;

	if (write(in_, line.data(), line.size()) == static_cast<ssize_t>(line.size()))
		reply = Line();
	if (reply != "ok" && reply.compare(0, 3, "ok ") != 0)
		ADD_FAILURE() << "workload answers '" << command << "' with '" << reply << "'";
	return reply.size() > 3 ? reply.substr(3) : "";
}

pid_t Workload::Fork()
{
	forks_.push_back(atoi(Do("fork").c_str()));
	return forks_.back();
}

/* A zombie has no memory any more. */
static bool HasMemory(pid_t pid)
{
	std::string stat = ReadFile("/proc/" + std::to_string(pid) + "/stat");

	return !stat.empty() && stat.find(") Z ") == std::string::npos;
}

void Workload::WaitForForks() const
{
	auto end = Clock::now() + std::chrono::seconds(10);

	for (pid_t pid : forks_)
		while (HasMemory(pid) && Clock::now() < end)
			Sleep(1);
}

/* ------------------------------------------------------------------------------- runs */

/* Takes what is there. False at the end. */
static bool Drain(int fd, std::string *text)
{
	char buf[65536];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n > 0)
		text->append(buf, n);
	return n > 0 || (n < 0 && errno == EINTR);
}

Output RunProgram(const std::vector<std::string> &argv, Start start, int timeout_seconds,
		  void (*while_running)(void *), void *data)
{
	int out[2], err[2];
	Output output;
	auto end = Clock::now() + std::chrono::seconds(timeout_seconds);

	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		abort();
	start.out = out[1];
	start.err = err[1];
	Program program(argv, start);
	close(out[1]);
	close(err[1]);
	struct pollfd fds[2] = {{out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		int n = poll(fds, 2, while_running ? 0 : 100);

		if (n > 0 && fds[0].revents && !Drain(out[0], &output.out))
			fds[0].fd = -1;
		if (n > 0 && fds[1].revents && !Drain(err[0], &output.err))
			fds[1].fd = -1;
		if (while_running) {
			while_running(data);
			usleep(100); /* some time for the program too */
		}
		if (Clock::now() > end) {
			ADD_FAILURE() << argv[0] << " still runs after " << timeout_seconds << " s";
			program.Kill();
			break;
		}
	}
	close(out[0]);
	close(err[0]);
	int status = program.Wait(10);
	if (WIFEXITED(status))
		output.status = WEXITSTATUS(status);
	else
		output.signal = WTERMSIG(status);
	return output;
}
