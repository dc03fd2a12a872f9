# ksmctl: exact forecasts for Kernel Samepage Merging
#
#   make                    build ./ksmctl             make check     build and run the tests
#   make demo               see it work                make lint      style and static analysis
#   make bench              speed against its budgets  make fuzz      every parser for five minutes
#   make install PREFIX=... DESTDIR=...                make coverage  line coverage of the tests
#   make dist               an archive of the sources  make deb       a Debian package, in .build/deb
#
#   V=1            show the commands
#   DEVELOPER=1    more warnings, all of them errors
#   SANITIZE=...   address,undefined or thread: a build of its own, beside the plain one
#
# `make demo`, `make check` and `make lint` install the Debian packages that they need (as root or
# through sudo) where these are missing; plain `make` installs nothing.

VERSION := 0.1.0

PREFIX      ?= /usr/local
bindir      ?= $(PREFIX)/bin
mandir      ?= $(PREFIX)/share/man
bashcompdir ?= $(PREFIX)/share/bash-completion/completions
zshcompdir  ?= $(PREFIX)/share/zsh/site-functions
fishcompdir ?= $(PREFIX)/share/fish/vendor_completions.d

all: ksmctl
.PHONY: all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# ------------------------------------------------------------------------------- flags

CC         ?= cc
CXX        ?= c++
AR         ?= ar
PKG_CONFIG ?= pkg-config
INSTALL    ?= install
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := g++
endif
ifeq ($(origin AR),default)
AR := ar
endif

LIBRARIES := ncursesw libxxhash libsodium smartcols json-c libelf libzstd liblz4 liblzma zlib lzo2 libcap
# Not linked: loaded by the few runs that need it.
LOADED_LIBRARIES := libproc2 snappy
TEST_LIBRARIES := gtest_main snappy

CFLAGS   ?= -O2 -g
CXXFLAGS ?= -O1 -g
WARNINGS := -Wall -Wextra -Wmissing-declarations -Wno-unused-parameter
ifdef DEVELOPER
WARNINGS += -Werror -Wshadow -Wpointer-arith -Wformat=2 -Wundef -Wwrite-strings -Wvla
C_WARNINGS := -Wstrict-prototypes -Wold-style-definition
endif
ifdef SANITIZE
SANITIZE_FLAGS := -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all
endif

comma := ,
BUILD := .build/$(if $(SANITIZE),$(subst $(comma),-,$(SANITIZE)),$(if $(COVERAGE),coverage,plain))

pkg      = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null)
COMMON   = $(WARNINGS) $(if $(COVERAGE),--coverage) -D_GNU_SOURCE -Icore -I. \
           -DKSMCTL_VERSION='"$(VERSION)"' -DKSM_UNCONFINED=$(if $(COVERAGE)$(SANITIZE),1,0)
C_ALL   := -std=gnu11 $(COMMON) $(C_WARNINGS) $(SANITIZE_FLAGS) $(call pkg,--cflags,$(LIBRARIES) $(LOADED_LIBRARIES)) -pthread
# Only tests are C++. GCC takes five times as long for them with UndefinedBehaviorSanitizer, which is meant for ksmctl.
CXX_ALL := -std=gnu++17 $(COMMON) $(if $(findstring undefined,$(SANITIZE)),,$(SANITIZE_FLAGS)) -pthread
LD_ALL  := $(SANITIZE_FLAGS) $(if $(COVERAGE),--coverage) -pthread
# bzip2 comes without a file for pkg-config.
LIBS    := $(call pkg,--libs,$(LIBRARIES)) -lbz2 -lm

# Quiet unless V=1: a short word and the target.
ifdef V
say = $(2)
else
say = @printf '  %-8s %s\n' $(1) $@; $(2)
endif

# ------------------------------------------------------------------------------- ksmctl

CORE_SRC := $(sort $(wildcard core/*/*.c))
CLI_SRC  := $(sort $(wildcard cli/*.c))
TUI_SRC  := $(sort $(wildcard tui/*.c))
# Kept apart from what needs no terminal, which tests link.
TUI_TERM := tui/app.c tui/terminal.c
obj       = $(patsubst %,$(BUILD)/%.o,$(basename $(1)))

# `make` always leaves the plain build at the top; other builds stay in their own folder.
ifeq ($(BUILD),.build/plain)
ksmctl: $(BUILD)/ksmctl
	$(call say,COPY,cp $< $@)
else
ksmctl: $(BUILD)/ksmctl
.PHONY: ksmctl
endif

$(BUILD)/ksmctl: $(call obj,$(CLI_SRC) $(TUI_TERM)) $(BUILD)/libtui.a $(BUILD)/libksm.a
	$(call say,LINK,$(CC) $(LDFLAGS) $(LD_ALL) -o $@ $^ $(LIBS))

$(BUILD)/libksm.a: $(call obj,$(CORE_SRC))
	$(call say,AR,rm -f $@ && $(AR) rcs $@ $^)

$(BUILD)/libtui.a: $(call obj,$(filter-out $(TUI_TERM),$(TUI_SRC)))
	$(call say,AR,rm -f $@ && $(AR) rcs $@ $^)

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$(CC) $(CPPFLAGS) $(CFLAGS) $(C_ALL) -MMD -MP -c -o $@ $<)

# Whose files these are made part of.
$(BUILD)/core/report/html_page.o: core/report/report.css core/report/report.js

$(BUILD)/%.o: %.cpp $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CXX,$(CXX) $(CPPFLAGS) $(CXXFLAGS) $(CXX_ALL) -MMD -MP -c -o $@ $<)

# Changes only when the commands would: every object depends on it. A missing library is named here,
# before the first compiler error.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@command -v $(PKG_CONFIG) >/dev/null || { echo "$(PKG_CONFIG) is missing: 'make deps' installs it" >&2; exit 1; }
	@for lib in $(LIBRARIES) $(LOADED_LIBRARIES); do $(PKG_CONFIG) --exists $$lib || \
		{ echo "the library $$lib is missing: 'make deps' installs it" >&2; exit 1; }; done
	@echo '$(subst ','\'',$(CC) $(CXX) $(CPPFLAGS) $(CFLAGS) $(C_ALL) $(CXXFLAGS) $(CXX_ALL) $(LDFLAGS) $(LD_ALL) $(LIBS))' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
.PHONY: FORCE

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# ------------------------------------------------------------------------------- tests

TEST_SRC := $(sort $(wildcard tests/unit/*.cpp) $(wildcard tests/unit/*/*.cpp))
LIVE_SRC := $(sort $(wildcard tests/live/*.cpp))
SCREEN_SRC := $(sort $(wildcard tests/screen/*.cpp))
FUZZ     := $(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/tests/fuzz_%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
BENCH    := $(patsubst tests/bench/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/bench/bench_*.c)))
BUILDERS := $(patsubst tests/builders/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/builders/*.c)))
GTEST     = $(call pkg,--libs,$(TEST_LIBRARIES))

$(BUILD)/tests/unit-tests: $(call obj,$(TEST_SRC)) $(BUILD)/libtui.a $(BUILD)/libksm.a
	@mkdir -p $(@D)
	$(call say,LINK,$(CXX) $(LD_ALL) -o $@ $^ $(LIBS) $(GTEST))

$(BUILD)/tests/live-tests: $(call obj,$(LIVE_SRC)) $(BUILD)/libksm.a
	@mkdir -p $(@D)
	$(call say,LINK,$(CXX) $(LD_ALL) -o $@ $^ $(LIBS) $(GTEST))

$(BUILD)/tests/screen-tests: $(call obj,$(SCREEN_SRC)) $(BUILD)/libksm.a
	@mkdir -p $(@D)
	$(call say,LINK,$(CXX) $(LD_ALL) -o $@ $^ $(LIBS) $(GTEST) $(call pkg,--libs,vterm) -lutil)

$(BUILD)/tests/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/driver.o $(BUILD)/libtui.a $(BUILD)/libksm.a
	@mkdir -p $(@D)
	$(call say,LINK,$(CC) $(LD_ALL) -o $@ $^ $(LIBS))

$(BUILD)/tests/bench_%: $(BUILD)/tests/bench/bench_%.o $(BUILD)/libksm.a
	@mkdir -p $(@D)
	$(call say,LINK,$(CC) $(LD_ALL) -o $@ $^ $(LIBS))

# Without sanitizers: a workload's memory must be its own and nothing else.
$(BUILD)/tests/builders/%.o: private C_ALL := $(filter-out $(SANITIZE_FLAGS),$(C_ALL))
$(BUILDERS): private LD_ALL := $(filter-out $(SANITIZE_FLAGS),$(LD_ALL))
$(BUILDERS): $(BUILD)/tests/%: $(BUILD)/tests/builders/%.o
	@mkdir -p $(@D)
	$(call say,LINK,$(CC) $(LD_ALL) -o $@ $^)

test-programs: $(BUILD)/ksmctl $(BUILD)/tests/unit-tests $(BUILD)/tests/live-tests $(BUILD)/tests/screen-tests $(FUZZ) $(BUILDERS)
.PHONY: test-programs
.SECONDARY:

# Each suite: its own runner, its own closing lines, its figures added up by tests/run.
SUITES ?= unit cli screen live fuzz

check: deps
	+@$(MAKE) --no-print-directory check-run
check-run: ksmctl test-programs
	@BUILD=$(BUILD) tests/run $(SUITES)
check-integration: deps deps-integration deps-deb
	+@$(MAKE) --no-print-directory test-programs
	@BUILD=$(BUILD) tests/run integration
# What takes too long for every change.
check-long: deps deps-integration deps-deb
	+@$(MAKE) --no-print-directory test-programs
	@BUILD=$(BUILD) LONG=1 tests/integration/run
# Every parser under libFuzzer for five minutes, from the corpus in tests/fuzz.
fuzz: deps deps-integration
	@mkdir -p $(BUILD)
	@BUILD=$(BUILD) LONG=1 tests/integration/run fuzz
.PHONY: check check-run check-integration check-long fuzz

demo: deps
	+@$(MAKE) --no-print-directory demo-run
demo-run: ksmctl $(BUILDERS)
	@BUILD=$(BUILD) tests/demo
.PHONY: demo demo-run

# Ratios against libxxhash, cat, zstd, Python, htop, plain reading and ksmd, beside the budgets; fails if one is missed.
bench: deps deps-bench
	+@$(MAKE) --no-print-directory bench-run
bench-run: ksmctl $(BENCH) $(BUILDERS)
	@BUILD=$(BUILD) tests/bench/run $(BENCH_WHAT)
# A short run with wide limits, for machines that are busy.
bench-smoke: deps deps-bench
	+@$(MAKE) --no-print-directory BENCH_MIB=512 BENCH_ROUNDS=3 BENCH_SLACK=6 BENCH_WHAT="sums live raw core zstd sample memory" bench-run
.PHONY: bench bench-run bench-smoke

# ------------------------------------------------------------------------------- packages

DEPS_BUILD := gcc libc6-dev pkg-config libncurses-dev libproc2-dev libxxhash-dev libsodium-dev libsmartcols-dev \
	      libjson-c-dev libelf-dev libzstd-dev liblz4-dev liblzma-dev zlib1g-dev libbz2-dev liblzo2-dev libsnappy-dev \
	      libcap-dev
DEPS_CHECK := g++ libgtest-dev libvterm-dev tmux jq mandoc python3-minimal procps zsh fish zstd lz4 xz-utils gzip bzip2
DEPS_LINT  := clang-format clang-tidy cppcheck shellcheck mandoc
DEPS_BENCH := htop jq zstd python3
DEPS_DEB   := git dpkg-dev debhelper fakeroot lintian xz-utils
DEPS_INTEGRATION := clang gcovr valgrind nodejs perl python3 redis-server redis-tools qemu-system-x86 makedumpfile \
		    gdb debootstrap gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user clickhouse-server clickhouse-client \
		    prometheus prometheus-node-exporter chromium

deps:             ; @$(call install_packages,$(DEPS_BUILD) $(DEPS_CHECK))
deps-lint:        ; @$(call install_packages,$(DEPS_BUILD) $(DEPS_CHECK) $(DEPS_LINT))
deps-bench:       ; @$(call install_packages,$(DEPS_BENCH))
deps-integration: ; @$(call install_packages,$(DEPS_INTEGRATION))
deps-deb:         ; @$(call install_packages,$(DEPS_DEB))
.PHONY: deps deps-lint deps-bench deps-integration deps-deb

# With make -j, one after the other: apt-get locks others out, and does not wait for its lists.
define install_packages
	exec 9<Makefile; flock 9; \
	missing=; for p in $(1); do \
		dpkg-query -W -f '$${db:Status-Abbrev}' $$p 2>/dev/null | grep -q '^ii' || missing="$$missing $$p"; \
	done; \
	[ -z "$$missing" ] || { \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		echo "installing:$$missing"; \
		{ $$sudo apt-get update -qq && \
		  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 $$missing >/dev/null; } || \
		{ echo "could not install:$$missing" >&2; exit 1; }; }
endef

# ------------------------------------------------------------------------------- care

C_FILES   = $(shell git ls-files '*.c' '*.h' '*.cpp')
MAN_PAGES = $(wildcard man/*.[1-8])
SCRIPTS   = $(shell git ls-files | xargs grep -lE '^\#!.*(bash|/sh)' 2>/dev/null) completions/ksmctl.bash

lint: deps-lint
	+@$(MAKE) --no-print-directory lint-format lint-tidy lint-cppcheck lint-shell lint-man
lint-format:
	$(call say,FORMAT,clang-format --dry-run --Werror $(C_FILES))
lint-tidy: $(patsubst %.c,$(BUILD)/%.tidy,$(CORE_SRC) $(CLI_SRC) $(TUI_SRC))
$(BUILD)/%.tidy: %.c .clang-tidy $(BUILD)/%.o
	$(call say,TIDY,clang-tidy --quiet --warnings-as-errors='*' $< -- $(C_ALL) 2>$@.log && touch $@)
lint-cppcheck:
	$(call say,CPPCHECK,cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 \
		--enable=warning$(comma)performance$(comma)portability --suppress=missingIncludeSystem --suppress=memleak \
		-D_GNU_SOURCE -Icore -I. core cli tui)
lint-shell:
	$(call say,SHELL,shellcheck $(SCRIPTS))
lint-man:
	$(call say,MANDOC,mandoc -T lint -W warning $(MAN_PAGES))
format:
	$(call say,FORMAT,clang-format -i $(C_FILES))
.PHONY: lint lint-format lint-tidy lint-cppcheck lint-shell lint-man format

coverage: deps deps-integration
	+@$(MAKE) --no-print-directory COVERAGE=1 CFLAGS='-O0 -g' CXXFLAGS='-O0 -g' check-run
	gcovr --root . --object-directory .build/coverage --filter core/ --filter cli/ --filter tui/
.PHONY: coverage

install: ksmctl
	$(INSTALL) -D -m 755 ksmctl $(DESTDIR)$(bindir)/ksmctl
	for page in $(MAN_PAGES); do \
		$(INSTALL) -D -m 644 $$page $(DESTDIR)$(mandir)/man$${page##*.}/$${page##*/} || exit; done
	$(INSTALL) -D -m 644 completions/ksmctl.bash $(DESTDIR)$(bashcompdir)/ksmctl
	$(INSTALL) -D -m 644 completions/_ksmctl $(DESTDIR)$(zshcompdir)/_ksmctl
	$(INSTALL) -D -m 644 completions/ksmctl.fish $(DESTDIR)$(fishcompdir)/ksmctl.fish
uninstall:
	rm -f $(DESTDIR)$(bindir)/ksmctl $(DESTDIR)$(bashcompdir)/ksmctl \
		$(DESTDIR)$(zshcompdir)/_ksmctl $(DESTDIR)$(fishcompdir)/ksmctl.fish
	for page in $(MAN_PAGES); do rm -f $(DESTDIR)$(mandir)/man$${page##*.}/$${page##*/}; done
clean:
	rm -rf .build ksmctl
.PHONY: install uninstall clean

# ------------------------------------------------------------------------------- archives

# Equal bytes wherever and whenever they are made of the same sources.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG)
# What git has; in an unpacked archive, all but what was built.
LIST_FILES = if git ls-files --error-unmatch Makefile >/dev/null 2>&1; then git ls-files -z; \
	else find . \( -path ./.build -o -path ./.git -o -path ./ksmctl -o -path ./debian \) -prune -o ! -type d -printf '%P\0'; fi
TARBALL := .build/ksmctl-$(VERSION).tar.xz

dist:
	@mkdir -p .build
	$(LIST_FILES) | LC_ALL=C sort -z | tar -c --null -T - --transform='flags=r;s,^,ksmctl-$(VERSION)/,' --owner=0 --group=0 \
		--numeric-owner --mode=go-w --mtime=@$(SOURCE_DATE_EPOCH) --format=gnu | xz -T1 >$(TARBALL)
# A Debian package in $(DEB), built from that archive as any other would be.
DEB ?= .build/deb
deb: deps deps-deb dist
	rm -rf $(DEB) && mkdir -p $(DEB) && tar -C $(DEB) -xf $(TARBALL)
	mv $(DEB)/ksmctl-$(VERSION)/contrib/debian $(DEB)/ksmctl-$(VERSION)/debian
	cd $(DEB)/ksmctl-$(VERSION) && env -u DEVELOPER -u MAKEFLAGS -u MAKELEVEL dpkg-buildpackage --no-sign --build=binary --jobs=auto
	lintian --allow-root --fail-on=error,warning,info $(DEB)/*.changes
.PHONY: dist deb
