/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that watches itself for what being stopped and made to do things by somebody else could do to it:
 *
 *   registers   threads that fill general and vector registers, wait a while, and look whether they hold still
 *   calls       threads in system calls that block, with and without timeouts, each with its known result
 *   signals     a thread that is sent numbered real-time signals, of which none may be lost or come twice
 *   sequences   alone: a thread in restartable sequences (rseq(2)) nearly all the time. The kernel has to abort
 *               each that is interrupted, which is counted
 *
 * Prints "ready" and runs until its input ends. Then it says "rounds N calls N signals N" or "aborts N" and exits with 0; at a
 * difference it says what differs and exits with 1.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_bool stopping;
static atomic_ulong rounds, calls;

static _Noreturn void differ(const char *what, long expected, long found)
{
	printf("%s: %ld instead of %ld\n", what, found, expected);
	fflush(stdout);
	_exit(1);
}

static void expect(const char *what, long expected, long found)
{
	if (expected != found)
		differ(what, expected, found);
}

/* ---------------------------------------------------------------- registers */

#ifdef __x86_64__

/* r11 counts the registers that hold another value than rcx, which goes on by one for each. */
#define CHECK(reg)               \
	"add $1, %%rcx\n"        \
	"cmp %%rcx, %%" reg "\n" \
	"setne %%al\n"           \
	"movzbl %%al, %%eax\n"   \
	"add %%rax, %%r11\n"
#define CHECK_VECTOR(reg)         \
	"movq %%" reg ", %%rbx\n" \
	"cmp (%%rsp), %%rbx\n"    \
	"setne %%al\n"            \
	"movzbl %%al, %%eax\n"    \
	"add %%rax, %%r11\n"

/*
 * Gives each register a value of its own, spins, and counts those that hold another one then. With @call there is
 * a system call in between: it may change rax, rcx and r11 alone.
 */
static uint64_t hold_registers(uint64_t seed, uint64_t spins, bool call)
{
	uint64_t wrong = seed, flag = call;

	__asm__ volatile(
		"lea -128(%%rsp), %%rsp\n" /* past the red zone */
		"push %%rbp\n"
		"push %%rbx\n"
		"push %%rdx\n"
		"push %%rax\n"
		"movq (%%rsp), %%xmm0\n"
		"movq (%%rsp), %%xmm7\n"
		"movq (%%rsp), %%xmm15\n"
		"lea 1(%%rax), %%rbx\n"
		"lea 2(%%rax), %%rdx\n"
		"lea 3(%%rax), %%rsi\n"
		"lea 4(%%rax), %%rdi\n"
		"lea 5(%%rax), %%rbp\n"
		"lea 6(%%rax), %%r8\n"
		"lea 7(%%rax), %%r9\n"
		"lea 8(%%rax), %%r10\n"
		"lea 9(%%rax), %%r12\n"
		"lea 10(%%rax), %%r13\n"
		"lea 11(%%rax), %%r14\n"
		"lea 12(%%rax), %%r15\n"
		"cmpq $0, 8(%%rsp)\n"
		"jne 2f\n"
		"1: sub $1, %%rcx\n"
		"jnz 1b\n"
		"jmp 3f\n"
		"2: mov $39, %%eax\n" /* getpid */
		"syscall\n"
		"3: xor %%r11, %%r11\n"
		"mov (%%rsp), %%rcx\n" CHECK("rbx") CHECK("rdx") CHECK("rsi") CHECK("rdi")
			CHECK("rbp") CHECK("r8") CHECK("r9") CHECK("r10") CHECK("r12") CHECK("r13")
				CHECK("r14") CHECK("r15") CHECK_VECTOR("xmm0") CHECK_VECTOR("xmm7")
					CHECK_VECTOR("xmm15") "mov %%r11, %%rax\n"
							      "add $16, %%rsp\n"
							      "pop %%rbx\n"
							      "pop %%rbp\n"
							      "lea 128(%%rsp), %%rsp\n"
		: "+a"(wrong), "+c"(spins), "+d"(flag)
		:
		: "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm0",
		  "xmm7", "xmm15", "memory", "cc");
	return wrong;
}

#else

static uint64_t hold_registers(uint64_t seed, uint64_t spins, bool call)
{
	volatile uint64_t left = spins;

	while (left)
		left--;
	return call && getpid() < 0;
}

#endif

static void *watch_registers(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg;

	while (!stopping) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		expect("wrong registers after a while", 0,
		       (long)hold_registers(seed, 20000, false));
		expect("wrong registers after a system call", 0,
		       (long)hold_registers(seed, 1, true));
		rounds++;
	}
	return NULL;
}

/* ---------------------------------------------------------------- system calls */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Neither sooner than asked for, nor, give or take what a busy machine does, as if it had begun anew. */
static void expect_time(const char *what, double began, double asked)
{
	double took = now() - began;

	if (took < asked * 0.99 || took > asked + 5)
		differ(what, (long)(asked * 1e6), (long)(took * 1e6));
}

static void *sleep_and_wait(void *arg)
{
	const struct timespec moment = {.tv_nsec = 3000000};
	const sigset_t none = {0};
	uint32_t word = 1;

	while (!stopping) {
		double began = now();

		expect("nanosleep", 0, nanosleep(&moment, NULL));
		expect_time("microseconds of nanosleep", began, 0.003);
		began = now();
		expect("poll", 0, poll(NULL, 0, 3));
		expect_time("microseconds of poll", began, 0.003);
		expect("ppoll", 0, ppoll(NULL, 0, &moment, &none));
		errno = 0;
		expect("futex", -1, syscall(SYS_futex, &word, FUTEX_WAIT, 1, &moment, NULL, 0));
		expect("errno of futex", ETIMEDOUT, errno);
		calls += 4;
	}
	return NULL;
}

static int pipe_ends[2];

static void *read_pipe(void *arg)
{
	uint32_t expected = 0, value;
	ssize_t got;

	while ((got = read(pipe_ends[0], &value, sizeof(value))) > 0) {
		expect("bytes read", sizeof(value), got);
		expect("value read", expected++, value);
		calls++;
	}
	expect("the last read", 0, got);
	return NULL;
}

static void *write_pipe(void *arg)
{
	const struct timespec moment = {.tv_nsec = 500000};
	uint32_t value;

	for (value = 0; !stopping; value++) {
		expect("bytes written", sizeof(value), write(pipe_ends[1], &value, sizeof(value)));
		if (value % 4 == 0)
			nanosleep(&moment, NULL);
	}
	close(pipe_ends[1]);
	return NULL;
}

/* ---------------------------------------------------------------- signals */

static atomic_int next_signal, last_signal = INT_MAX;

static void handle(int signal, siginfo_t *info, void *context)
{
	expect("number of a signal", next_signal, info->si_value.sival_int);
	next_signal++;
}

static atomic_int signalled; /* the thread's number */

static void *take_signals(void *arg)
{
	sigset_t mask;

	signalled = (int)syscall(SYS_gettid);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	sigdelset(&mask, SIGRTMIN);
	while (next_signal <= last_signal) {
		int before = next_signal;

		expect("sigsuspend", -1, sigsuspend(&mask));
		expect("errno of sigsuspend", EINTR, errno);
		if (next_signal == before)
			differ("signals at the end of sigsuspend", before + 1, next_signal);
	}
	return NULL;
}

static int send_signal(int number)
{
	siginfo_t info = {.si_code = SI_QUEUE, .si_value.sival_int = number};

	return (int)syscall(SYS_rt_tgsigqueueinfo, getpid(), signalled, SIGRTMIN, &info);
}

static void *send_signals(void *arg)
{
	const struct timespec moment = {.tv_nsec = 200000};
	int sent = 0;

	while (!signalled)
		nanosleep(&moment, NULL);
	while (!stopping) {
		/* Ahead by no more than the queue holds. */
		if (sent - next_signal < 100)
			expect("sending a signal", 0, send_signal(sent++));
		if (sent % 8 == 0)
			nanosleep(&moment, NULL);
	}
	last_signal = sent;
	expect("sending the last signal", 0, send_signal(sent));
	return NULL;
}

/* ---------------------------------------------------------------- restartable sequences */

static atomic_ulong aborts;

#ifdef __x86_64__

/* Since 2.35 the C library registers an area for each thread. */
static void *run_sequences(void *arg)
{
	uint64_t *pointer = (uint64_t *)((char *)__builtin_thread_pointer() + __rseq_offset + 8);
	uint64_t aborted = 0;

	while (!stopping) {
		__asm__ volatile(
			".pushsection __rseq_cs, \"aw\"\n"
			".balign 32\n"
			"3: .long 0, 0\n"
			".quad 1f, 2f - 1f, 4f\n"
			".popsection\n"
			"leaq 3b(%%rip), %%rax\n"
			"movq %%rax, %[pointer]\n"
			"1: mov $100000, %%ecx\n"
			"5: dec %%ecx\n"
			"jnz 5b\n"
			"2: jmp 6f\n"
			".long 0x53053053\n" /* RSEQ_SIG, before where the kernel goes on */
			"4: incq %[aborted]\n"
			"6:\n"
			: [pointer] "+m"(*pointer), [aborted] "+m"(aborted)
			:
			: "rax", "rcx", "memory", "cc");
		aborts = aborted;
	}
	return NULL;
}

#else

static void *run_sequences(void *arg)
{
	return NULL;
}

#endif

/* ---------------------------------------------------------------- all of it */

/* The first thread is the one that gets stopped, so each kind of work has its turn there. */
static void *(*const work[])(void *) = {watch_registers, sleep_and_wait, read_pipe, take_signals};
static const char *const names[] = {"registers", "calls", "reads", "signals"};
#define N_KINDS (sizeof(work) / sizeof(work[0]))

static void *wait_for_end(void *arg)
{
	char byte;

	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	stopping = true;
	return NULL;
}

static int only_sequences(void)
{
	pthread_t end;

	pthread_create(&end, NULL, wait_for_end, NULL);
	run_sequences(NULL);
	pthread_join(end, NULL);
	printf("aborts %lu\n", aborts);
	return 0;
}

int main(int argc, char **argv)
{
	pthread_t thread[N_KINDS + 3];
	struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
	sigset_t signals;
	size_t n = 0, first = 0;

	if (argc == 2 && strcmp(argv[1], "sequences") == 0)
		return only_sequences();
	while (argc == 2 && first < N_KINDS && strcmp(argv[1], names[first]) != 0)
		first++;
	if (argc != 2 || first == N_KINDS) {
		fputs("usage: guarded registers|calls|reads|signals|sequences\n", stderr);
		return 2;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGRTMIN);
	sigaddset(&signals, SIGTRAP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	sigaction(SIGRTMIN, &action, NULL);
	if (pipe(pipe_ends))
		return 1;
	pthread_create(&thread[n++], NULL, wait_for_end, NULL);
	pthread_create(&thread[n++], NULL, write_pipe, NULL);
	pthread_create(&thread[n++], NULL, send_signals, NULL);
	for (size_t i = 0; i < N_KINDS; i++)
		if (i != first)
			pthread_create(&thread[n++], NULL, work[i], (void *)(uintptr_t)i);
	work[first]((void *)(uintptr_t)first);
	for (size_t i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	pthread_sigmask(SIG_SETMASK, NULL, &signals);
	expect("SIGTRAP blocked", 1, sigismember(&signals, SIGTRAP));
	printf("rounds %lu calls %lu signals %d\n", rounds, calls, next_signal);
	return 0;
}
