# SPDX-License-Identifier: MIT
# Makefile -- builds, tests and installs pointsman. `make help` lists the targets; configure chooses compilers and flags.
#
# Works in the tree and out of it (configure then writes a Makefile there that includes this one with TOP set). B is the
# build folder: objects of TOP/x/y.cc are B/obj/x/y.o, each room is an archive B/lib/ROOM.a.
TOP ?= .
B ?= build
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
PYTHON ?= /usr/bin/python3

.PHONY: all check run test unit lint format bench fuzz fuzz-replay coverage man dist help
.PHONY: clean distclean
all:

# ---- configuration --------------------------------------------------------------------------------------------------

# Folders of modules come and go; the table is written anew when they do.
MODULE_FOLDERS := $(patsubst $(TOP)/%/,%,$(sort $(wildcard $(TOP)/modules/*/*/)))
UNCONFIGURED := clean distclean dist format help
ifneq ($(filter-out $(UNCONFIGURED),$(or $(MAKECMDGOALS),all)),)
include $(B)/config.mk
include $(B)/modules.mk
endif

CONFIGURED_BY := $(TOP)/configure $(TOP)/contrib/packages $(TOP)/src/runtime/modules.h $(wildcard $(TOP)/modules/*/*/libs)
ifdef MODULE_FOLDERS_SEEN
ifneq ($(strip $(MODULE_FOLDERS_SEEN)),$(strip $(MODULE_FOLDERS)))
CONFIGURED_BY += changed-modules
endif
endif
.PHONY: changed-modules
changed-modules:

# The files move only when their content does: a new module compiles itself, nothing else.
$(B)/config.mk $(B)/modules.mk $(B)/modules.cc $(B)/features.h: $(B)/configured
	@:
# B-asan, B-fuzz and B-cover are built beside B, with its options and one more.
BASE := $(patsubst %-cover,%,$(patsubst %-fuzz,%,$(patsubst %-asan,%,$(B))))
FLAGS_asan := --with-sanitizers=address,undefined --without-lto
FLAGS_fuzz := CC=clang-14 CXX=clang++-14 --with-sanitizers=fuzzer,address,undefined --without-lto
FLAGS_cover := --with-coverage --without-lto
VARIANT := $(foreach v,asan fuzz cover,$(if $(filter %-$(v),$(B)),$(FLAGS_$(v))))
$(B)/configured: $(CONFIGURED_BY)
	@echo "configuring $(B)"; mkdir -p $(B); \
	  $(TOP)/configure --again=$(BASE) $(VARIANT) --builddir=$(B) >$(B)/configure.out || { cat $(B)/configure.out; exit 1; }; \
	  ! grep '^notice' $(B)/configure.out

# ---- sources --------------------------------------------------------------------------------------------------------

# In the order of their tiers: a room may know those before it (t/lint/tiers.py holds the exact rule).
ROOMS := core os shm config net http tls observe rules upstream h1 h2 ws routing tcp udp runtime agent process
sources = $(sort $(wildcard $(foreach d,$(1),$(TOP)/$(d)/*.cc $(TOP)/$(d)/*/*.cc $(TOP)/$(d)/*/*/*.cc $(TOP)/$(d)/*/*/*/*.cc)))
objects = $(patsubst $(TOP)/%.cc,$(B)/obj/%.o,$(1))
room_objects = $(call objects,$(call sources,src/$(1)))

MODULE_SOURCES := $(foreach m,$(MODULES),$(wildcard $(TOP)/modules/$(m)/*.cc))
MODULE_ARCHIVE := $(if $(MODULE_SOURCES)$(ADDED_OBJECTS),$(B)/lib/modules.a)
ROOMS_HERE := $(foreach r,$(ROOMS),$(if $(call sources,src/$(r)),$(r)))
ROOM_ARCHIVES := $(ROOMS_HERE:%=$(B)/lib/%.a)
LLHTTP_ARCHIVE := $(if $(LLHTTP_SOURCES),$(B)/lib/llhttp.a)
MAIN := $(call objects,$(wildcard $(TOP)/src/main.cc))
ARCHIVES := $(MODULE_ARCHIVE) $(ROOM_ARCHIVES) $(LLHTTP_ARCHIVE)
BINARY := $(if $(MAIN),$(B)/pointsman)

all: $(BINARY) $(ARCHIVES)

# ---- compiling ------------------------------------------------------------------------------------------------------

# No name of a folder of this machine reaches the binary, and two builds of one tree are the same bytes.
PREFIX_MAP = -ffile-prefix-map=$(TOP)/= -ffile-prefix-map=$(CURDIR)=. -frandom-seed=$(@:$(B)/%=%)
CPPFLAGS = -I $(TOP)/src -I $(TOP) -iquote $(B) $(LIBRARY_CPPFLAGS) $(PREFIX_MAP) -MMD -MP
CXXFLAGS = -std=c++20 $(LEVEL) $(WARNINGS) $(HARDENING) $(LANGUAGE) $(USER_CXXFLAGS)
LANGUAGE = -fno-exceptions
COMPILE = @mkdir -p $(@D) && echo "  c++   $(@:$(B)/obj/%=%)" && $(CXX) $(CPPFLAGS) $(CXXFLAGS) $(PRECOMPILED:%=-include $(B)/%/standard.h) -c $< -o $@
ARCHIVE = @mkdir -p $(@D) && rm -f $@ && $(AR) rcs $@ $^
LINK = @mkdir -p $(@D) && echo "  link  $@" && $(CXX) -std=c++20 $(LEVEL) $(HARDENING) $(LDFLAGS) $(PREFIX_MAP) -o $@ \
  $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBRARIES)

# The standard library, which most files spend their time on, is read once for each set of flags. Only it: a file still names
# what it includes (t/lint/includes.py), and builds with --without-precompiled too.
STANDARD := algorithm array atomic bit charconv chrono cstdint cstdio cstdlib cstring functional initializer_list limits map memory \
  optional set span string string_view unordered_map utility variant vector
ifeq ($(PRECOMPILE),yes)
PRECOMPILED = for-src
endif
PRECOMPILED_HEADER = $(PRECOMPILED:%=$(B)/%/standard.h.gch)
$(B)/for-src/standard.h.gch $(B)/for-t/standard.h.gch: $(B)/for-%/standard.h.gch: $(B)/config.mk
	@mkdir -p $(@D) && echo "  c++   for-$*/standard.h" && printf '#include <%s>\n' $(STANDARD) >$(@D)/standard.h && \
	  $(CXX) $(CPPFLAGS) $(CXXFLAGS) -x c++-header $(@D)/standard.h -o $@

$(B)/obj/%.o: $(TOP)/%.cc $(B)/config.mk | $(PRECOMPILED_HEADER)
	$(COMPILE)
$(B)/obj/modules.o: $(B)/modules.cc $(B)/config.mk | $(PRECOMPILED_HEADER)
	$(COMPILE)
$(B)/obj/llhttp/%.o: $(B)/config.mk
	@mkdir -p $(@D) && echo "  cc    llhttp/$*" && $(CC) $(LLHTTP_CFLAGS) $(LIBRARY_CPPFLAGS) $(USER_CFLAGS) \
	  -c $(filter %/$*.c,$(LLHTTP_SOURCES)) -o $@

define room_archive
$(B)/lib/$(1).a: $(call room_objects,$(1))
	$$(ARCHIVE)
endef
$(foreach r,$(ROOMS_HERE),$(eval $(call room_archive,$(r))))
$(B)/lib/modules.a: $(call objects,$(MODULE_SOURCES)) $(ADDED_OBJECTS)
	$(ARCHIVE)
$(B)/lib/llhttp.a: $(patsubst %.c,$(B)/obj/llhttp/%.o,$(notdir $(LLHTTP_SOURCES)))
	$(ARCHIVE)

$(B)/pointsman: $(MAIN) $(B)/obj/modules.o $(ARCHIVES)
	$(LINK)

# ---- tests ----------------------------------------------------------------------------------------------------------

# `make unit-core` builds and runs the tests of one room, linked with the rooms up to its tier only: it works while a
# later room does not compile. `make unit-modules` likewise. `make unit` builds all of them into one binary.
UNIT_SOURCES := $(call sources,t/unit)
unit_sources = $(filter $(TOP)/t/unit/$(1)/%,$(UNIT_SOURCES))
TEST_FLAGS = -fexceptions $(if $(filter yes,$(OPTIMISED)),-fno-lto -O1) $(CPPUTEST_CFLAGS)
$(B)/obj/t/%.o $(B)/for-t/%: LANGUAGE = $(TEST_FLAGS)
$(B)/obj/t/%.o: PRECOMPILED := $(PRECOMPILED:for-src=for-t)
$(B)/obj/t/%.o: $(TOP)/t/%.cc $(B)/config.mk | $(PRECOMPILED_HEADER:$(B)/for-src/%=$(B)/for-t/%)
	$(COMPILE)

UNIT_MAIN := $(call objects,$(TOP)/t/unit/main.cc)
# What tests and fuzz targets share. An archive: a binary takes what it names, so that a room's tests need no later room.
TEST_ARCHIVE := $(B)/lib/t.a
$(TEST_ARCHIVE): $(call objects,$(call sources,t/lib))
	$(ARCHIVE)
ifeq ($(HAVE_CPPUTEST),yes)
$(B)/unit $(B)/unit-%: LIBRARIES += $(CPPUTEST_LIBS)
$(B)/unit: $(call objects,$(UNIT_SOURCES)) $(B)/obj/modules.o $(TEST_ARCHIVE) $(ARCHIVES)
	$(LINK)
unit: $(B)/unit
test: unit
	$(B)/unit

define unit_of_room
ROOMS_BEFORE += $(1)
ROOMS_UP_TO_$(1) := $$(ROOMS_BEFORE)
$(B)/unit-$(1): $(UNIT_MAIN) $(call objects,$(call unit_sources,$(1))) $(TEST_ARCHIVE) $$(foreach r,$$(filter $$(ROOMS_UP_TO_$(1)),$(ROOMS_HERE)),$(B)/lib/$$(r).a) $(LLHTTP_ARCHIVE)
	$$(LINK)
.PHONY: unit-$(1)
unit-$(1): $(B)/unit-$(1)
	$(B)/unit-$(1)
endef
ROOMS_BEFORE :=
$(foreach r,$(ROOMS),$(eval $(call unit_of_room,$(r))))
$(B)/unit-modules: $(UNIT_MAIN) $(B)/obj/modules.o $(call objects,$(call unit_sources,modules)) $(TEST_ARCHIVE) $(ARCHIVES)
	$(LINK)
.PHONY: unit-modules
unit-modules: $(B)/unit-modules
	$(B)/unit-modules
else
unit test:
	@echo "no CppUTest: unit tests are not built (contrib/deps test installs it)" >&2; exit 1
endif

# The same binaries for both uses: libFuzzer drives them in B-fuzz (clang), t/fuzz/replay.cc in the other builds.
#   make fuzz TIME=10m FUZZ=rules        fuzzes one target, or each in turn, for 600, 10m or 1h; what it finds goes to B-fuzz/corpus
#   make fuzz-replay                     builds the targets that replay files
FUZZ ?= $(sort $(filter-out replay,$(basename $(notdir $(wildcard $(TOP)/t/fuzz/*.cc)))))
TIME = 60
FUZZ_SECONDS = $(shell echo '$(TIME)' | awk '/^[0-9]+[smh]?$$/ { print $$0 * ($$0 ~ /h/ ? 3600 : $$0 ~ /m/ ? 60 : 1) }')
FUZZ_BINARIES = $(FUZZ:%=$(B)/fuzz/%)
REPLAY = $(if $(filter yes,$(FUZZER)),,$(B)/obj/t/fuzz/replay.o)
$(B)/fuzz/%: LDFLAGS += $(if $(filter yes,$(FUZZER)),-fsanitize=fuzzer)
$(B)/fuzz/%: $(B)/obj/t/fuzz/%.o $(REPLAY) $(B)/obj/modules.o $(TEST_ARCHIVE) $(ARCHIVES)
	$(LINK)
.PRECIOUS: $(B)/obj/%.o $(B)/obj/t/%.o
.PHONY: fuzz-targets $(FUZZ:%=fuzz-run-%)
fuzz-replay fuzz-targets: $(FUZZ_BINARIES)
fuzz:
	@[ -n '$(FUZZ_SECONDS)' ] || { echo 'TIME=$(TIME): write 600, 10m or 1h' >&2; exit 2; }
	@$(MAKE) --no-print-directory B=$(B)-fuzz FUZZ='$(FUZZ)' fuzz-targets
	@set -e; for name in $(FUZZ); do \
	  mkdir -p $(B)-fuzz/corpus/$$name $(TOP)/t/fuzz/corpus/$$name; \
	  echo "== $$name, $(FUZZ_SECONDS) s"; \
	  $(B)-fuzz/fuzz/$$name -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	    -artifact_prefix=$(B)-fuzz/$$name- $(B)-fuzz/corpus/$$name $(TOP)/t/fuzz/corpus/$$name; done

# Programs that measure: t/bench/NAME.cc becomes B/bench/NAME. What all measurements of a running daemon share, the upstream and
# its clients, is in t/bench/tools: it is optimised whatever the daemon is.
BENCHES := $(sort $(basename $(notdir $(wildcard $(TOP)/t/bench/*.cc))))
BENCH_TOOLS := load upstream
BENCH_ARCHIVE := $(B)/lib/bench.a
$(B)/obj/t/bench/%.o: PRECOMPILED :=
$(B)/obj/t/bench/%.o: LANGUAGE = -fno-exceptions -fno-lto -O2 $(if $(SANITIZERS),-fno-sanitize=all)
$(BENCH_ARCHIVE): $(call objects,$(filter-out $(BENCH_TOOLS:%=$(TOP)/t/bench/tools/%.cc),$(call sources,t/bench/tools)))
	$(ARCHIVE)
$(BENCH_TOOLS:%=$(B)/bench/%): $(B)/bench/%: $(B)/obj/t/bench/tools/%.o $(BENCH_ARCHIVE)
	$(LINK)
$(B)/bench/%: $(B)/obj/t/bench/%.o $(B)/obj/modules.o $(ARCHIVES)
	$(LINK)
.PHONY: benches bench-tools bench-quick bench-instr bench-scaling bench-daemon
bench-tools: $(BENCH_TOOLS:%=$(B)/bench/%)
benches: all bench-tools $(BENCHES:%=$(B)/bench/%)

#   make bench           beside other proxies, half an hour; the tables go to RESULTS
#   make bench-quick     the same in 3 minutes, printed only
#   make bench-instr     user instructions a request against those committed: the gate of `make check`
#   make bench-scaling   over workers, routers, servers and connections; to RESULTS as well
#   make bench-daemon    what the daemon costs by itself
RESULTS ?= $(TOP)/t/bench/results
MEASURE = POINTSMAN=$(abspath $(BINARY)) $(PYTHON) $(TOP)/t/bench
bench: all bench-tools
	@$(MEASURE)/side_by_side.py --results $(RESULTS)
bench-quick: all bench-tools
	@$(MEASURE)/side_by_side.py --quick
bench-instr: all bench-tools
	@$(MEASURE)/instructions.py
bench-scaling: all bench-tools
	@$(MEASURE)/scaling.py --results $(RESULTS)
bench-daemon: benches
	@set -e; for name in $(BENCHES); do echo "== $$name"; $(B)/bench/$$name; done
	@POINTSMAN=$(abspath $(BINARY)) $(TOP)/t/bench/run

# Programs that try to break what must not break: t/stress/NAME.cc becomes B/stress/NAME. `make check` runs them for seconds,
# `make check-long` for minutes (t/run-checks says what, STRESSES).
STRESSES := $(sort $(basename $(notdir $(wildcard $(TOP)/t/stress/*.cc))))
$(B)/stress/%: $(B)/obj/t/stress/%.o $(ARCHIVES)
	$(LINK)
.PHONY: stresses check-long soak
stresses: $(STRESSES:%=$(B)/stress/%)
check-long:
	@$(PYTHON) $(TOP)/t/run-checks --make "$(MAKE)" --top $(TOP) --build $(B) build stress-long live-long

#   make soak TIME=1h    all kinds of clients, faults, reloads, kills and upgrades in turn: nothing fails, nothing grows
soak: all
	@POINTSMAN=$(abspath $(BINARY)) $(PYTHON) $(TOP)/t/stress/soak.py $(TIME)

check:
	@$(PYTHON) $(TOP)/t/run-checks --make "$(MAKE)" --top $(TOP) --build $(B)

lint:
	@$(PYTHON) $(TOP)/t/lint/run --top $(TOP) --build $(B)

FORMATTED = $(wildcard $(foreach d,src modules t,$(foreach e,h cc,$(TOP)/$(d)/*.$(e) $(TOP)/$(d)/*/*.$(e) $(TOP)/$(d)/*/*/*.$(e) $(TOP)/$(d)/*/*/*/*.$(e) $(TOP)/$(d)/*/*/*/*/*.$(e))))
format:
	clang-format-14 -i $(FORMATTED)

coverage:
	@$(MAKE) --no-print-directory B=$(B)-cover all unit
	@find $(B)-cover -name '*.gcda' -delete
	-$(B)-cover/unit
	-POINTSMAN=$(abspath $(B)-cover/pointsman) $(PYTHON) -m pytest -q -p no:cacheprovider $(TOP)/t/live $(TOP)/t/conform
	gcovr --root $(TOP) --filter '$(abspath $(TOP))/src/' --object-directory $(B)-cover --gcov-ignore-parse-errors --print-summary $(B)-cover

# ---- running and installing -----------------------------------------------------------------------------------------

# The certificate of the demo is made once: a client that was told to trust it can go on doing so.
$(B)/demo/tls.yaml: | $(BINARY)
	@mkdir -p $(@D) && rm -f $(@D)/*.pem && $(B)/pointsman --generate-certs=$(@D) --hosts=localhost,127.0.0.1,::1 >/dev/null && \
	  printf 'tls: {certificates: [{certFile: "%s/cert.pem", keyFile: "%s/key.pem"}]}\n' $(abspath $(@D)) $(abspath $(@D)) >$@
run: all $(B)/demo/tls.yaml
	@sed -n 's/^# try: \{0,1\}//p' $(TOP)/conf/demo.yaml
	$(B)/pointsman -c $(TOP)/conf/demo.yaml --providers.file.filename=$(B)/demo/tls.yaml

MANUALS = $(wildcard $(TOP)/man/*.5 $(TOP)/man/*.7 $(TOP)/man/*.8)
EXAMPLES = $(wildcard $(TOP)/conf/*.yaml $(TOP)/conf/*.yml $(TOP)/conf/examples/*.yaml)
DOCUMENTS = $(wildcard $(TOP)/README.md $(TOP)/LICENSE)
DEFAULT_CONF = $(firstword $(wildcard $(TOP)/conf/pointsman.yaml) $(TOP)/conf/demo.yaml)
man: $(MANUALS)
	@[ -z "$(MANUALS)" ] || mandoc -Tlint -Wwarning $(MANUALS)

# install, install-strip, install-service, uninstall
include $(TOP)/contrib/install.mk

# The archive depends on the files alone: names in order, one time, nobody's uid.
DIST = pointsman-$(shell sed -n 's/^version=//p' $(TOP)/configure)
dist:
	tar -C $(TOP) --sort=name --mtime=@$(or $(SOURCE_DATE_EPOCH),0) --owner=0 --group=0 --numeric-owner --mode=go+rX,go-w \
	  --exclude=__pycache__ --exclude='*.pyc' --transform 's,^,$(DIST)/,' -cf - \
	  $(notdir $(wildcard $(foreach f,.ci .clang-format .clang-tidy LICENSE Makefile README.md conf configure contrib man modules src t,$(TOP)/$(f)))) \
	  | gzip -9n >$(DIST).tar.gz
	@echo $(DIST).tar.gz

clean:
	rm -rf $(foreach b,$(B) $(B)-asan $(B)-fuzz $(B)-cover,$(foreach f,obj lib fuzz bench demo pointsman unit unit-*,$(b)/$(f)))
distclean:
	rm -rf $(B) $(B)-asan $(B)-fuzz $(B)-cover config.log

help:
	@echo 'all (default)      the daemon: $(B)/pointsman'
	@echo 'run                serves conf/demo.yaml in the foreground'
	@echo 'check              builds twice and runs every test; the last line is "N passed, N failed"'
	@echo 'check-long         what takes minutes: 10,000 kills over the shared memory, 1,000 reloads, 20 upgrades'
	@echo 'soak               all kinds of clients, faults, reloads, kills and upgrades for TIME=60s (10m, 1h): nothing fails, nothing grows'
	@echo 'unit test          builds, runs the unit tests; unit-ROOM and unit-modules: builds and runs those of one room'
	@echo 'lint format        checks tiers, format, headers, sizes, cppcheck, clang-tidy; formats'
	@echo 'fuzz               fuzzes each target for TIME=60 (seconds; 10m, 1h); FUZZ=NAME: one'
	@echo 'bench bench-quick  beside nginx, HAProxy, nghttpx, h2o and Caddy: half an hour, 3 minutes'
	@echo 'bench-instr        user instructions a request against the committed ones'
	@echo 'bench-scaling      over workers, routers, servers and connections; bench-daemon: what it costs by itself'
	@echo 'coverage           counts the lines that the tests execute'
	@echo 'man dist           checks the manual; packs the source'
	@echo 'install install-strip uninstall (DESTDIR=)'
	@echo 'install-service    units, init script, logrotate and more where the system looks for them; UNITDIR= INITDIR= ...'
	@echo 'clean distclean'

DEPENDENCIES := $(shell find $(B)/obj -name '*.d' 2>/dev/null)
-include $(DEPENDENCIES)
