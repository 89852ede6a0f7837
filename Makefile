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
.PHONY: install install-strip uninstall clean distclean
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
$(B)/config.mk $(B)/modules.mk $(B)/modules.cc $(B)/features.h: $(B)/configured ;
$(B)/configured: $(CONFIGURED_BY)
	@echo "configuring $(B)"
	@set --; [ ! -r $(B)/config.mk ] || eval "set -- $$(sed -n 's/\$$\$$/$$/g; s/\\#/#/g; s/^CONFIGURE_ARGUMENTS = //p' $(B)/config.mk)"; \
	  case " $$*" in *" --builddir="*) ;; *) set -- "$$@" --builddir=$(B) ;; esac; \
	  $(TOP)/configure "$$@" >$(B).configure.out 2>&1 || { cat $(B).configure.out >&2; rm -f $(B).configure.out; exit 1; }; \
	  grep '^notice' $(B).configure.out; rm -f $(B).configure.out

# ---- sources --------------------------------------------------------------------------------------------------------

# In the order of their tiers: a room may know those before it (t/lint/tiers.py holds the exact rule).
ROOMS := core os shm config net observe http tls rules upstream h1 h2 ws routing tcp udp runtime agent process
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
PREFIX_MAP = -ffile-prefix-map=$(TOP)/= -ffile-prefix-map=$(CURDIR)=.
CPPFLAGS = -I $(TOP)/src -I $(TOP) -iquote $(B) $(LIBRARY_CPPFLAGS) $(PREFIX_MAP) -MMD -MP
CXXFLAGS = -std=c++20 $(LEVEL) $(WARNINGS) $(HARDENING) $(LANGUAGE) $(USER_CXXFLAGS)
LANGUAGE = -fno-exceptions
COMPILE = @mkdir -p $(@D) && echo "  c++   $(@:$(B)/obj/%=%)" && $(CXX) $(CPPFLAGS) $(CXXFLAGS) -c $< -o $@
ARCHIVE = @mkdir -p $(@D) && rm -f $@ && $(AR) rcs $@ $^
LINK = @mkdir -p $(@D) && echo "  link  $@" && $(CXX) -std=c++20 $(LEVEL) $(HARDENING) $(LDFLAGS) $(PREFIX_MAP) -o $@ \
  $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBRARIES)

$(B)/obj/%.o: $(TOP)/%.cc $(B)/config.mk
	$(COMPILE)
$(B)/obj/modules.o: $(B)/modules.cc $(B)/config.mk
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
$(B)/obj/t/%.o: LANGUAGE = $(TEST_FLAGS)

UNIT_MAIN := $(call objects,$(TOP)/t/unit/main.cc)
ifeq ($(HAVE_CPPUTEST),yes)
$(B)/unit $(B)/unit-%: LIBRARIES += $(CPPUTEST_LIBS)
$(B)/unit: $(call objects,$(UNIT_SOURCES)) $(B)/obj/modules.o $(ARCHIVES)
	$(LINK)
unit: $(B)/unit
test: unit
	$(B)/unit

tier_and_below = $(if $(filter $(1),$(ROOMS)),$(filter $(ROOMS_UP_TO_$(1)),$(ROOMS_HERE)),$(ROOMS_HERE))
define unit_of_room
ROOMS_BEFORE += $(1)
ROOMS_UP_TO_$(1) := $$(ROOMS_BEFORE)
$(B)/unit-$(1): $(UNIT_MAIN) $(call objects,$(call unit_sources,$(1))) $$(foreach r,$$(filter $$(ROOMS_UP_TO_$(1)),$(ROOMS_HERE)),$(B)/lib/$$(r).a) $(LLHTTP_ARCHIVE)
	$$(LINK)
.PHONY: unit-$(1)
unit-$(1): $(B)/unit-$(1)
	$(B)/unit-$(1)
endef
ROOMS_BEFORE :=
$(foreach r,$(ROOMS),$(eval $(call unit_of_room,$(r))))
$(B)/unit-modules: $(UNIT_MAIN) $(call objects,$(call unit_sources,modules)) $(ARCHIVES)
	$(LINK)
.PHONY: unit-modules
unit-modules: $(B)/unit-modules
	$(B)/unit-modules
else
unit test:
	@echo "no CppUTest: unit tests are not built (contrib/deps test installs it)" >&2; exit 1
endif

# ---- the rest of the targets ----------------------------------------------------------------------------------------

run: all
	@sed -n 's/^# try: \(.*\)/  \1/p' $(TOP)/conf/demo.yaml
	$(B)/pointsman -c $(TOP)/conf/demo.yaml

DEPENDENCIES := $(shell find $(B)/obj -name '*.d' 2>/dev/null)
-include $(DEPENDENCIES)

clean:
	rm -rf $(B)/obj $(B)/lib $(B)/fuzz $(B)/bench $(B)/pointsman $(B)/unit $(B)/unit-*
distclean:
	rm -rf $(B) $(B)-asan $(B)-fuzz config.log
