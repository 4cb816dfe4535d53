# SPDX-License-Identifier: MIT
#
# The words of a newcomer. The build itself is Meson's: see meson.build and CONTRIBUTING.md.

BUILD ?= build/default
PREFIX ?= /usr/local
LIBDIR ?= lib
DESTDIR ?=

all: build

help:
	@echo 'make             build the library, the command and the man pages in $(BUILD)'
	@echo 'make demo        run a job that misbehaves, and see what ward makes of it'
	@echo 'make check       all tests in all variants; "scripts/check STAGE" runs one part'
	@echo 'make check-here  the suite on this very system, in TAP, with nothing but cc, make and sh'
	@echo 'make check-vm    the suite on older Linux kernels, amd64 and arm64, in emulation'
	@echo 'make check-arch  the suite for other processors and with musl, emulated'
	@echo 'make check-windows  the tests on Windows, as Wine has it'
	@echo 'make bench       measure what starts, output, many children and jobs cost'
	@echo 'make install     into PREFIX ($(PREFIX)); DESTDIR and LIBDIR are honoured'
	@echo 'make lint        what can be said of the sources without running them'
	@echo 'make fmt         format the C files that you have changed, but the headers'
	@echo 'make clean       remove what was built'
	@echo 'What a target needs and is missing is installed by apt, as root or through sudo.'

build:
	@scripts/setup build
	@scripts/build '$(BUILD)' --prefix='$(PREFIX)' --libdir='$(LIBDIR)'

demo: build
	@scripts/demo '$(BUILD)'

check:
	@scripts/setup check
	@scripts/check

check-here:
	@scripts/check-here

check-vm:
	@scripts/setup vm >&2 || :
	@tests/vm/run

check-arch:
	@scripts/setup arch >&2 || :
	@tests/arch/run

check-windows:
	@scripts/setup windows
	@scripts/check windows

lint:
	@scripts/setup check
	@scripts/check lint

bench:
	@scripts/setup bench
	@bench/run spawn
	@bench/run output
	@bench/run many
	@bench/run job

install: build
	@mkdir -p '$(DESTDIR)$(PREFIX)' 2>/dev/null; [ -w '$(DESTDIR)$(PREFIX)' ] || \
		{ echo 'No right to write to $(DESTDIR)$(PREFIX): be root, or name a PREFIX.' >&2; exit 1; }
	@DESTDIR='$(DESTDIR)' meson install -C '$(BUILD)' --no-rebuild --quiet
	@if [ -z '$(DESTDIR)' ] && [ "$$(id -u)" = 0 ]; then PATH=$$PATH:/sbin ldconfig; fi
	@echo 'ward is installed in $(DESTDIR)$(PREFIX).'

fmt:
	@git ls-files -mo --exclude-standard '*.[ch]' | grep -v ^include/ | xargs -r clang-format -i

clean:
	@rm -rf build

.PHONY: all help build demo check check-here check-vm check-arch check-windows lint bench install fmt clean
