# The front door.  CMake and Ninja do the work; `cmake --list-presets` shows the other ways in.
SHELL    := /bin/bash
JOBS     ?= $(shell nproc)
SECONDS  ?= 600
SEEDS    ?= 1000
FROM     ?= 1
UNDIS    := build/undis
CAPTURE  := share/captures/lan.pcap
# Drivers without a defect, which bear it when their calls fail: the examples, and the rules' good ones.
GOOD      = build/drivers/unic.so build/drivers/right-order.so $(shell grep -LE 'Engine: explored' \
	tests/rules/*/good*.c tests/rules/quiet/*.c | sed -E 's,tests/rules/(.*)/(.*)\.c,build/tests/rules/drivers/rules-\1-\2.so,')
SOURCES   = $(shell find src include drivers tests bench -name '*.[ch]' | sort)

.PHONY: all setup build run test bench soak seeds format check-format install clean help
.DEFAULT_GOAL := all

all: build

help:
	@echo "make            build the command, libraries, drivers and tests in build/"
	@echo "make run        pass a capture through the sample miniport, then show a defect being found"
	@echo "make test       everything that CI checks: gcc, clang, AddressSanitizer, UBSan, format"
	@echo "make bench      the locks beside everybody else's; the explored engine beside a bare switch loop"
	@echo "make soak       the long yardsticks, 10,000 random programs, SECONDS=600 of traffic and lock torture"
	@echo "make seeds      the good drivers with SEEDS=1000 seeds (FROM=1 on), as they are and with each of their calls failing"
	@echo "make format     clang-format over all C files; check-format only looks"
	@echo "make install    PREFIX=/usr/local; make clean removes build*/"

setup:
	@tools/setup.sh

build: setup
	@tools/build.sh checked

run: build
	@tools/demo.sh $(UNDIS) $(CAPTURE)

test: setup
	@tools/test.sh

bench:
	@tools/setup.sh bench
	@tools/build.sh free bench-locks bench-explore
	@build-free/bench/locks/locks --build build-free --source . --json build-free/bench/locks.json \
		--svg docs/bench-locks.svg
	@build-free/bench/explore/explore build-free/undis build-free/tests/yardsticks/programs \
		build-free/bench/explore/programs . --json build-free/bench/explore.json

soak: build
	@ctest --test-dir build -C soak -L 'yardsticks|matrix' --output-on-failure
	@tools/soak.sh $(UNDIS) $(CAPTURE) $(SECONDS)

seeds: build
	@tools/seeds.sh -j $$((3 * $(JOBS))) $(UNDIS) $(SEEDS) $(FROM) $(GOOD)

format: setup
	@printf '%s\n' $(SOURCES) | xargs clang-format -i

check-format: setup
	@printf '%s\n' $(SOURCES) | xargs clang-format --dry-run --Werror && echo "format: clean"

PREFIX ?= /usr/local
install: build
	@cmake --install build --prefix $(PREFIX)

clean:
	rm -rf build build-free build-asan build-ubsan build-clang
