/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System calls run in other processes, and what these notice of it: nothing. Touches no setting of KSM. */
#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <thread>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksm_live.h"
#include "process.h"

extern "C" {
#include "control/inject.h"
}

namespace
{

void Sleep(std::chrono::microseconds time)
{
	std::this_thread::sleep_for(time);
}

struct Call {
	long nr;
	uint64_t args[6];
	int64_t result;
	int times; /* 0: once */
};

int MakeCall(struct ksm_inject *inject, void *shared, struct ksm_error *err)
{
	auto *call = static_cast<Call *>(shared);
	int ret = 0;

	for (int i = 0; i < std::max(call->times, 1) && !ret; i++)
		ret = ksm_inject_call(inject, call->nr, call->args, &call->result, err);
	return ret;
}

/* Opens a descriptor, makes the calls, and closes it again whatever came of them. The result is the descriptor. */
int MakeAndClean(struct ksm_inject *inject, void *shared, struct ksm_error *err)
{
	auto *call = static_cast<Call *>(shared);
	int64_t ignored;
	int ret = ksm_inject_call(inject, SYS_dup, call->args, &call->result, err);

	for (int i = 0; i < call->times && !ret; i++)
		ret = ksm_inject_call(inject, call->nr, call->args, &ignored, err);
	const uint64_t made[6] = {static_cast<uint64_t>(call->result)};
	ksm_inject_clean(inject, SYS_close, made);
	return ret;
}

class InjectTest : public ::testing::Test
{
      protected:
	void SetUp() override
	{
		if (ksm_root_open(nullptr, &root_, &err_))
			FAIL() << err_.text;
		if (geteuid())
			SkipOrFail("tracing programs that belong to others needs root");
	}
	void TearDown() override
	{
		ksm_root_close(&root_);
	}

	int Run(pid_t pid, ksm_inject_steps steps, void *shared, size_t size)
	{
		int dir_fd, ret = ksm_root_open_pid(&root_, pid, &dir_fd, &err_);

		if (ret)
			return ret;
		ret = ksm_inject_run(&root_, pid, dir_fd, steps, shared, size, &err_);
		close(dir_fd);
		return ret;
	}
	int Inject(pid_t pid, Call *call)
	{
		err_ = {};
		return Run(pid, MakeCall, call, sizeof(*call));
	}
	/* The process's own number, asked for in it. */
	::testing::AssertionResult Works(pid_t pid)
	{
		Call call = {SYS_getpid, {}, -1, 1};
		int ret = Inject(pid, &call);

		if (ret == 0 && call.result == pid)
			return ::testing::AssertionSuccess();
		return ::testing::AssertionFailure()
		       << ret << " " << call.result << " " << err_.text;
	}

	struct ksm_root root_ = {};
	struct ksm_error err_ = {};
};

char State(pid_t pid)
{
	std::string status = ReadFile("/proc/" + std::to_string(pid) + "/status");
	size_t at = status.find("\nState:\t");

	return at == std::string::npos ? '-' : status[at + 8];
}

/* Who traces it and what that is doing, for the log. */
std::string Tracer(pid_t pid)
{
	long tracer = ProcNumber(pid, "status", "TracerPid");
	std::string dir = "/proc/" + std::to_string(tracer) + "/";

	return "tracer " + std::to_string(tracer) + " in state " + State((pid_t)tracer) +
	       ", system call " + ReadFile(dir + "syscall") + ReadFile(dir + "stack");
}

bool Becomes(const std::function<bool()> &what)
{
	for (int i = 0; i < 5000; i++) {
		if (what())
			return true;
		Sleep(std::chrono::milliseconds(1));
	}
	return false;
}

/* tests/builders/guarded.c: it finds out itself whether anything was done to it. */
class Guarded
{
      public:
	explicit Guarded(const std::string &kind)
	{
		int in[2], out[2];
		char byte;

		EXPECT_EQ(pipe2(in, O_CLOEXEC), 0);
		EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
		Start start;
		start.in = in[0];
		start.out = out[1];
		program_ = std::make_unique<Program>(std::vector<std::string>{GuardedPath(), kind},
						     start);
		close(in[0]);
		close(out[1]);
		in_ = in[1];
		out_ = out[0];
		while (read(out_, &byte, 1) == 1 && byte != '\n')
			;
	}
	~Guarded()
	{
		close(in_);
		close(out_);
	}
	pid_t pid() const
	{
		return program_->pid();
	}
	/* What it says at the end; "" unless it found nothing wrong. */
	std::string End()
	{
		std::string text;
		char buffer[256];
		ssize_t got;

		close(in_);
		in_ = -1;
		while ((got = read(out_, buffer, sizeof(buffer))) > 0)
			text.append(buffer, (size_t)got);
		int status = program_->Wait();
		EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
			<< status << ": " << text;
		return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? text : "";
	}

      private:
	std::unique_ptr<Program> program_;
	int in_ = -1, out_ = -1;
};

class InjectGuarded : public InjectTest, public ::testing::WithParamInterface<const char *>
{
};

TEST_P(InjectGuarded, NoticesNothing)
{
	if (IsSkipped())
		return;
	Guarded guarded(GetParam());
	std::mt19937 random(1);

	for (int i = 0; i < 2500; i++) {
		ASSERT_TRUE(Works(guarded.pid())) << "injection " << i;
		if (i % 4 == 0)
			Sleep(std::chrono::microseconds(random() % 200));
	}
	EXPECT_NE(guarded.End(), "");
}

TEST_P(InjectGuarded, OutlivesWhoeverInjects)
{
	if (IsSkipped())
		return;
	Guarded guarded(GetParam());
	std::mt19937 random(2);

	for (int i = 0; i < 125; i++) {
		pid_t child = fork();

		if (child == 0) {
			/* Whom the one before had started may be at it still. */
			while (Works(guarded.pid()) || err_.errnum == EBUSY)
				;
			_exit(1);
		}
		Sleep(std::chrono::microseconds(random() % 3000));
		ASSERT_EQ(kill(child, SIGKILL), 0);
		int status;
		ASSERT_EQ(waitpid(child, &status, 0), child);
		ASSERT_TRUE(WIFSIGNALED(status)) << "injection ended by itself: " << status;
		ASSERT_TRUE(Becomes([&] {
			char state = State(guarded.pid());
			return ProcNumber(guarded.pid(), "status", "TracerPid") == 0 &&
			       (state == 'S' || state == 'R' || state == 'D');
		})) << "kill "
		    << i << ", state " << State(guarded.pid()) << ", " << Tracer(guarded.pid());
	}
	EXPECT_NE(guarded.End(), "");
}

INSTANTIATE_TEST_SUITE_P(First, InjectGuarded,
			 ::testing::Values("registers", "calls", "reads", "signals"));

/*
 * The kernel forgets to abort a restartable sequence when it finds the thread elsewhere: then it has to be done for it.
 */
TEST_F(InjectTest, RestartableSequencesAreAborted)
{
	if (IsSkipped())
		return;
#ifdef __x86_64__
	Guarded guarded("sequences");
	unsigned long aborts = 0;

	for (int i = 0; i < 1000; i++) {
		ASSERT_TRUE(Works(guarded.pid()));
		Sleep(std::chrono::microseconds(100));
	}
	std::string text = guarded.End();
	ASSERT_EQ(sscanf(text.c_str(), "aborts %lu", &aborts), 1) << text;
	printf("1000 injections: %lu aborts\n", aborts);
	EXPECT_GE(aborts, 800u);
#endif
}

TEST_F(InjectTest, ResultsAndErrors)
{
	if (IsSkipped())
		return;
	Program sleeper({"/bin/sleep", "1000"});

	ASSERT_TRUE(Becomes([&] { return State(sleeper.pid()) == 'S'; }));
	Call call = {SYS_getppid, {}, -1, 3};

	ASSERT_EQ(Inject(sleeper.pid(), &call), 0) << err_.text;
	EXPECT_EQ(call.result, getpid());
	call = {SYS_close, {12345}, 0, 1};
	ASSERT_EQ(Inject(sleeper.pid(), &call), 0) << err_.text;
	EXPECT_EQ(call.result, -EBADF);
}

/* Handlers run when the thread is let go; until then each signal takes room on its stack. */
TEST_F(InjectTest, SignalsThatPileUpDoNotKill)
{
	if (IsSkipped())
		return;
	pid_t pid = fork();

	if (pid == 0) {
		static unsigned char stack[1 << 16];
		const stack_t alternate = {stack, 0, sizeof(stack)};
		const struct itimerval timer = {{0, 200}, {0, 200}};
		struct sigaction action = {};

		action.sa_handler = [](int) {};
		action.sa_flags = SA_NODEFER | SA_ONSTACK;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sigaltstack(&alternate, nullptr);
		sigaction(SIGALRM, &action, nullptr);
		setitimer(ITIMER_REAL, &timer, nullptr);
		for (;;)
			pause();
	}
	ASSERT_GT(pid, 0);
	Sleep(std::chrono::milliseconds(50));
	Call call = {SYS_getppid, {}, -1, 20000};
	int ret = Run(pid, MakeAndClean, &call, sizeof(call));

	EXPECT_GT(call.result, 2);
	EXPECT_NE(access(("/proc/" + std::to_string(pid) + "/fd/" + std::to_string(call.result))
				 .c_str(),
			 F_OK),
		  0)
		<< "left open";
	/* ThreadSanitizer has handlers of its own, which do not interrupt each other. */
	EXPECT_TRUE(ret == -EINTR || ret == 0) << err_.text;
	EXPECT_TRUE(Becomes([&] { return bool(Works(pid)); })) << err_.text;
	EXPECT_EQ(waitpid(pid, nullptr, WNOHANG), 0);
	kill(pid, SIGKILL);
	waitpid(pid, nullptr, 0);
}

TEST_F(InjectTest, AStoppedOneStaysStopped)
{
	if (IsSkipped())
		return;
	Program sleeper({"/bin/sleep", "1000"});

	ASSERT_TRUE(Becomes([&] { return State(sleeper.pid()) == 'S'; }));
	ASSERT_EQ(kill(sleeper.pid(), SIGSTOP), 0);
	ASSERT_TRUE(Becomes([&] { return State(sleeper.pid()) == 'T'; }));
	for (int i = 0; i < 20; i++) {
		ASSERT_TRUE(Works(sleeper.pid()));
		EXPECT_TRUE(Becomes([&] { return State(sleeper.pid()) == 'T'; }))
			<< State(sleeper.pid());
	}
	ASSERT_EQ(kill(sleeper.pid(), SIGCONT), 0);
	EXPECT_TRUE(Becomes([&] { return State(sleeper.pid()) == 'S'; })) << State(sleeper.pid());
	ASSERT_TRUE(Works(sleeper.pid()));
	EXPECT_TRUE(Becomes([&] { return State(sleeper.pid()) == 'S'; })) << State(sleeper.pid());
}

TEST_F(InjectTest, RefusesWhatAnotherTraces)
{
	if (IsSkipped())
		return;
	Program sleeper({"/bin/sleep", "1000"});

	ASSERT_TRUE(Becomes([&] { return State(sleeper.pid()) == 'S'; }));
	ASSERT_EQ(ptrace(PTRACE_SEIZE, sleeper.pid(), 0, 0), 0);
	EXPECT_FALSE(Works(sleeper.pid()));
	EXPECT_EQ(err_.errnum, EBUSY);
	EXPECT_NE(std::string(err_.text).find(std::to_string(getpid())), std::string::npos)
		<< err_.text;
}

TEST_F(InjectTest, RefusesWhatHasNoMemory)
{
	if (IsSkipped())
		return;
	pid_t zombie = fork();

	if (zombie == 0)
		_exit(0);
	ASSERT_TRUE(Becomes([&] { return State(zombie) == 'Z'; }));
	EXPECT_FALSE(Works(zombie));
	EXPECT_EQ(err_.errnum, ESRCH) << err_.text;
	waitpid(zombie, nullptr, 0);
	EXPECT_FALSE(Works(zombie));
	EXPECT_EQ(err_.errnum, ESRCH) << err_.text;
	EXPECT_FALSE(Works(2)); /* kthreadd */
	EXPECT_EQ(err_.errnum, ESRCH) << err_.text;
}

/*
 * While it execs, loads its libraries, and so on: the memory of before must not be taken for that of after. One that
 * waits for a disk longer than it is waited for is refused, and asked again.
 */
TEST_F(InjectTest, AProgramThatStarts)
{
	if (IsSkipped())
		return;
	std::mt19937 random(3);

	for (int i = 0; i < 200; i++) {
		int ends[2];
		Start start;

		ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
		start.in = ends[0];
		Program starting({"/usr/bin/python3", "-c", "import sys; sys.stdin.read()"}, start);
		close(ends[0]);
		Sleep(std::chrono::microseconds(random() % 3000));
		for (int asked = 1; !Works(starting.pid()); asked++)
			ASSERT_TRUE(err_.errnum == EBUSY && asked < 60)
				<< err_.errnum << " " << err_.text;
		close(ends[1]); /* not before: it must not end by itself */
		EXPECT_EQ(starting.Wait(), 0);
	}
}

/* The first thread is given back before another is made to do anything. */
int LooksWhoIsTraced(struct ksm_inject *, void *shared, struct ksm_error *)
{
	long *number = static_cast<long *>(shared);

	*number = ProcNumber((pid_t)*number, "status", "TracerPid");
	return 0;
}

/* The thread that calls vfork cannot be stopped until its child is through, but others can. */
TEST_F(InjectTest, TakesAnotherThreadDuringVfork)
{
	if (IsSkipped())
		return;
	for (bool has_another : {true, false}) {
		Program parent({"/usr/bin/python3", "-c",
				"import ctypes, os, sys, threading, time\n"
				"if sys.argv[1] == '1':\n"
				"    threading.Thread(target=time.sleep, args=[1000]).start()\n"
				"call = ctypes.CDLL(None).syscall\n"
				"if call(int(sys.argv[2]), int(sys.argv[3]), 0, 0, 0, 0) == 0:\n"
				"    time.sleep(10)\n"
				"    os._exit(0)\n",
				has_another ? "1" : "0", std::to_string(SYS_clone),
				std::to_string(CLONE_VFORK | SIGCHLD)});
		std::string task = "/proc/" + std::to_string(parent.pid()) + "/task/";
		ASSERT_TRUE(Becomes([&] {
			return !ReadFile(task + std::to_string(parent.pid()) + "/children").empty();
		}));
		ASSERT_TRUE(Becomes([&] { return State(parent.pid()) == 'D'; }));
		bool works = static_cast<bool>(Works(parent.pid()));
		EXPECT_EQ(works, has_another) << err_.text;
		EXPECT_EQ(err_.errnum, has_another ? 0 : EBUSY) << err_.text;
		long tracer = parent.pid();
		EXPECT_EQ(Run(parent.pid(), LooksWhoIsTraced, &tracer, sizeof(tracer)),
			  has_another ? 0 : -EBUSY);
		EXPECT_EQ(tracer, has_another ? 0 : parent.pid());
		EXPECT_TRUE(Becomes(
			[&] { return ProcNumber(parent.pid(), "status", "TracerPid") == 0; }));
	}
}

} // namespace
