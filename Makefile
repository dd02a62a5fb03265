# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds the Kamailio module failover.so and its tests.
# `make help` lists the targets.

ifneq ($(wildcard ../../Makefile.defs),)
# The project may be a folder of Kamailio's own source tree
# (src/modules/failover). It is then a module like the others there, built by
# `make -C src modules modules=modules/failover`.

include ../../Makefile.defs
auto_gen=
NAME=failover.so
DEFS += $(shell pkg-config --cflags libpcre2-8)
LIBS += $(shell pkg-config --libs libpcre2-8)
INCLUDES += -I.
DEFS += -fvisibility=hidden
include ../../Makefile.modules

# Kamailio's makefiles only find sources in the top folder of a module.
below := $(wildcard call/*.c dialplan/*.c server/*.c sip/*.c text/*.c)
objs += $(below:.c=.o)
depends += $(below:.c=.d)
$(NAME): $(below:.c=.o)
-include $(below:.c=.d)

else
# The project alone: built for the installed server, with the headers of its
# release.

KAMAILIO ?= /usr/sbin/kamailio
KSRC     ?= build/kamailio
PREFIX   ?= /usr
PYTHON   := /usr/bin/python3

# The folder in which that server looks for its modules, and the folders for the
# module and its documents.
SERVER_MODULES = $(shell $(KAMAILIO) -I | sed -n 's/^ *Default paths to modules: *\([^: ]*\).*/\1/p')
MODULES_DIR   ?= $(SERVER_MODULES)
DOC_DIR       ?= $(PREFIX)/share/doc/kamailio-failover
MAN_DIR       ?= $(PREFIX)/share/man/man1
BASH_DIR      ?= $(PREFIX)/share/bash-completion/completions

# The documents that users need with the installed module. demo.py needs test/wire.
DOCUMENTS := README.md CHANGELOG.md COPYING \
	$(filter-out %.1 %/Makefile %/demo.py,$(wildcard doc/* examples/*))

# The layers are folders; README.md says what is in each. The layers below
# server/ are pure: they know nothing of Kamailio but its str.h. So failoverctl
# and the unit tests also contain them. Only failoverctl contains lint/, the
# checks of a plan.
LANGUAGE := $(wildcard dialplan_parse.c dialplan/*.c sip/*.c text/*.c)
LINT     := $(wildcard lint/*.c)
SOURCES  := failover_mod.c $(wildcard call/*.c server/*.c) $(LANGUAGE)
PURE     := $(wildcard call/policy.c call/state.c call/trace.c server/hold.c) $(LINT) $(filter-out text/file.c,$(LANGUAGE))
TOOLS    := $(wildcard ctl/*.c)
TOOL     := $(if $(TOOLS),failoverctl)
SHARED   := $(LINT) $(LANGUAGE)

CFLAGS   ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
PCRE2     = $(shell pkg-config --libs libpcre2-8 2>/dev/null)
JANSSON   = $(shell pkg-config --libs jansson 2>/dev/null)

# `make deps` unpacks this tarball of Kamailio's sources.
HEADERS := $(if $(findstring .tar,$(notdir $(KSRC))),build/kamailio,$(KSRC))

# The options of Kamailio. Every build finds them again, as the server may have
# changed.
FLAGS := build/kamailio.flags
# The sources include ../../core/x.h, which works in Kamailio's tree; this finds
# it here too.
HOST  := @$(FLAGS) -isystem $(HEADERS)/src/modules/tm -DMOD_NAME='"failover"' -DMOD_NAMEID=failover

# The module exports the names that the server looks up, and no others.
HIDDEN  := -fvisibility=hidden
# The compiler optimizes the module as a whole when it is linked, which makes a call
# cheaper. The objects also contain usual code, for the programs that share them and
# for the checks.
WHOLE   := -flto=auto -ffat-lto-objects
APART   := -fno-lto

COMPILE  = $(CC) $(HOST) -iquote . $(HIDDEN) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -MMD -MP
SANITIZE = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

Q   = $(if $(filter 1,$(V)),,@)
say = @printf '  %-7s %s\n' '$(1)' '$(2)'

.DELETE_ON_ERROR:

##@ Building
.PHONY: all
all: failover.so $(TOOL) ## the module, and failoverctl, which checks dial plans (the default)

failover.so: $(SOURCES:%.c=build/%.o) scripts/check-flags.sh
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(CFLAGS) $(WHOLE) $(LDFLAGS) -o $@ $(filter %.o,$^) $(PCRE2)
	$(Q)scripts/check-flags.sh $@ $(SERVER_MODULES)/tm.so

failoverctl: $(TOOLS:%.c=build/%.o) $(SHARED:%.c=build/%.o)
	$(call say,LD,$@)
	$(Q)$(CC) $(APART) $(LDFLAGS) -o $@ $^ $(PCRE2) $(JANSSON)

build/%.o: %.c $(FLAGS) Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $(WHOLE) -fPIC -c -o $@ $<

# Names each missing thing on this machine.
MISSING = $(strip $(if $(shell command -v $(CC)),,[the compiler $(CC)]) \
	$(if $(wildcard $(KAMAILIO)),,[Kamailio: $(KAMAILIO)]) \
	$(if $(wildcard $(HEADERS)/src/core/str.h),,[the headers of Kamailio: $(HEADERS)/src]) \
	$(if $(shell command -v pkg-config),$(if $(PCRE2),,[libpcre2-dev]) \
		$(if $(TOOL),$(if $(JANSSON),,[libjansson-dev])),[pkg-config]))

$(FLAGS): FORCE
	$(if $(MISSING),$(error Missing: $(MISSING): run 'make deps' as root))
	@mkdir -p $(@D)
	@scripts/kamailio-flags.sh $(KAMAILIO) $(HEADERS)/src >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

.PHONY: FORCE
FORCE:

.PHONY: deps
deps: ## install packages (as root) and fetch Kamailio's headers; if no archive has them: KSRC=TARBALL
	@scripts/deps.sh build/kamailio $(KSRC)

.PHONY: install uninstall
install: all ## install the module, the tool and the documents (DESTDIR, MODULES_DIR, PREFIX)
	install -D -m 644 failover.so $(DESTDIR)$(MODULES_DIR)/failover.so
	$(if $(TOOL),install -D -m 755 failoverctl $(DESTDIR)$(PREFIX)/bin/failoverctl)
	$(if $(TOOL),install -D -m 644 doc/failoverctl.1 $(DESTDIR)$(MAN_DIR)/failoverctl.1)
	$(if $(TOOL),install -D -m 644 ctl/failoverctl.bash $(DESTDIR)$(BASH_DIR)/failoverctl)
	for file in $(DOCUMENTS); do \
		install -D -m 644 $$file $(DESTDIR)$(DOC_DIR)/$$file || exit; \
	done
	$(if $(wildcard $(DOC_PAGE)),install -m 644 $(DOC_PAGE) $(DESTDIR)$(DOC_DIR)/doc/$(notdir $(DOC_PAGE)))

uninstall: ## remove the files that install has put there
	rm -f $(DESTDIR)$(MODULES_DIR)/failover.so $(DESTDIR)$(PREFIX)/bin/failoverctl \
		$(DESTDIR)$(MAN_DIR)/failoverctl.1 $(DESTDIR)$(BASH_DIR)/failoverctl
	rm -rf $(DESTDIR)$(DOC_DIR)

.PHONY: deb
deb: deps ## make a Debian package for the installed Kamailio, in build/deb
	@scripts/deb.sh build/deb $(HEADERS)

##@ Documentation
DOC_PAGE     = build/doc/failover.html
XSLTPROC    ?= xsltproc
DOCBOOK_XSL ?= /usr/share/xml/docbook/stylesheet/docbook-xsl

.PHONY: doc
doc: $(DOC_PAGE) ## the reference of doc/ as one page, build/doc/failover.html

$(DOC_PAGE): $(wildcard doc/*.xml) doc/states.svg doc/failover.css
	$(if $(and $(shell command -v $(XSLTPROC)),$(wildcard $(DOCBOOK_XSL)/xhtml/docbook.xsl)),,\
		$(error DocBook cannot be read here: run 'apt-get install xsltproc docbook-xsl'))
	$(call say,DOC,$@)
	@mkdir -p $(@D)
	$(Q)$(XSLTPROC) --nonet --novalid --xinclude -o $@ \
		--stringparam generate.toc 'book toc' --param toc.section.depth 1 \
		--param section.autolabel 1 --param table.borders.with.css 1 \
		--param variablelist.as.table 1 --param entry.propagates.style 1 \
		--stringparam html.stylesheet failover.css $(DOCBOOK_XSL)/xhtml/docbook.xsl doc/failover.xml
	$(Q)cp doc/states.svg doc/failover.css $(@D)

##@ Demo
# The bytecode files of Python go to build/ as well.
check-tool check-wire check-masses measure-memory bench bench-holding demo pictures: export PYTHONPYCACHEPREFIX := $(CURDIR)/build/python

.PHONY: demo
demo: ## run deps, build, then examples/demo.py: four calls through the module
	+@scripts/steps.sh demo $(MAKE) $(PYTHON)

.PHONY: pictures
pictures: all ## draw the pictures of doc/: the ladder of a call, and the states of a call (from call/state.h)
	@$(PYTHON) examples/demo.py --picture doc/failed-over.svg
	@$(PYTHON) scripts/draw-states.py call/state.h >doc/states.svg

##@ Tests
.PHONY: check
check: ## run deps, build and all checks; the last line counts the tests
	+@scripts/steps.sh check $(MAKE) $(PYTHON)

.PHONY: check-layers
check-layers: ## no file includes a file of a higher layer; pure files include only core/str.h of Kamailio
	@scripts/check-layers.sh . $(filter call/% server/%,$(PURE))

.PHONY: check-symbols
check-symbols: $(PURE:%.c=build/%.o) ## the pure files use only the symbols of test/build/allowed-symbols.txt
	@scripts/check-symbols.sh test/build/allowed-symbols.txt $^

UNIT := $(patsubst %.c,build/unit/%.o,$(PURE) $(wildcard test/unit/*.c))

# The number of jobs at a time: the number of cores.
JOBS ?= $(shell nproc)

.PHONY: check-unit
check-unit: build/unit/run ## unit tests of the pure files, under ASan and UBSan
	@mkdir -p build/results
	@ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 $< build/results/unit.tap $(JOBS)

build/unit/run: $(UNIT)
	$(call say,LD,$@)
	$(Q)$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(PCRE2) $$(pkg-config --libs check) -pthread

build/unit/%.o: %.c $(FLAGS) Makefile
	$(call say,CC,$< with sanitizers)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $(SANITIZE) -c -o $@ $<

# The tests run the program with the sanitizers; measurements use the installed
# one.
build/unit/failoverctl: $(patsubst %.c,build/unit/%.o,$(TOOLS) $(SHARED))
	$(call say,LD,$@)
	$(Q)$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(PCRE2) $(JANSSON)

# The wire tests mostly wait for timers, so more of them run at a time than
# there are cores.
WORKERS ?= 8
# A test that does not end fails after this number of seconds; the others go on.
PYTEST   = $(PYTHON) -m pytest -v -p no:cacheprovider --timeout=300
BESIDE   = --dist loadgroup -n

.PHONY: check-tool
check-tool: all build/unit/failoverctl ## tests of failoverctl, under ASan and UBSan
	@$(PYTEST) -n 2 --junitxml=build/results/tool.xml test/tool

.PHONY: check-wire
check-wire: all ## calls through a real Kamailio; tests that measure short times run last, one at a time
	@status=0; \
	$(PYTEST) $(BESIDE) $(WORKERS) -m 'not heavy and not timed and not alone' \
		--junitxml=build/results/wire.xml test/wire || status=1; \
	$(PYTEST) $(BESIDE) 2 -m heavy --junitxml=build/results/wire-heavy.xml test/wire || status=1; \
	$(PYTEST) $(BESIDE) 2 -m timed --junitxml=build/results/wire-timed.xml test/wire || status=1; \
	$(PYTEST) -m alone --junitxml=build/results/wire-alone.xml test/wire || status=1; \
	exit $$status

.PHONY: check-masses
check-masses: all ## 26 000 calls with timers, CANCELs, resets and dead gateways; check makes a part of them
	@MASSES=all $(PYTHON) -m pytest -v -rP -p no:cacheprovider test/wire/test_masses.py test/wire/test_sum.py \
		test/wire/test_hold_load.py

.PHONY: measure-memory
measure-memory: all ## measure the shared memory of a call, for the reference
	@$(PYTHON) test/wire/measure_memory.py

.PHONY: bench
bench: all ## compare the cost of a call with other methods, in doc/performance.md (BENCH=first,second only prints)
	$(if $(shell command -v valgrind),,$(error valgrind is missing: run 'make deps'))
	@$(PYTHON) test/bench/calls/bench.py $(or $(BENCH),--write doc/performance.md)

.PHONY: bench-holding
bench-holding: all ## measure what it costs to remember next hops; fails above 600 instructions for an attempt
	@$(PYTHON) test/bench/calls/holding.py

.PHONY: check-bench bench-dialplan bench-networks bench-pattern
check-bench: ## run bench-dialplan, -networks and -pattern; fails if a search is too slow
	@$(MAKE) --no-print-directory --keep-going bench-dialplan bench-networks bench-pattern BENCH=--check

bench-dialplan: build/bench/dialplan ## measure a search in a dial plan, with 10 to 100 000 rules
	@$< $(BENCH)

bench-networks: build/bench/networks ## the same with 10 000 rules for the networks of callers
	@$< $(BENCH)
	@test/bench/instructions.sh dialplan_match $< $(BENCH)

bench-pattern: build/bench/pattern ## measure searches with patterns that are slow by design
	@$< $(BENCH)

.SECONDARY: $(patsubst %.c,build/%.o,$(wildcard test/bench/*.c))
build/bench/%: build/test/bench/%.o $(PURE:%.c=build/%.o)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(APART) $(LDFLAGS) -o $@ $^ $(PCRE2)

.PHONY: check-build
check-build: all ## tests of this build system
	@test/build/run.sh build/results/build.tap

.PHONY: check-matrix
check-matrix: ## run demo and check on Debian 12 and 13, each in its own root, and on the servers of SOURCES (as root)
	@scripts/matrix.sh all build/results/releases.md

##@ Cleaning
.PHONY: clean distclean
clean: ## remove the built files, keep Kamailio's headers
	rm -rf failover.so failoverctl $(filter-out build/kamailio,$(wildcard build/*))

distclean: clean ## remove the headers too
	rm -rf build

.PHONY: help
help: ## print this list
	@sed -n -e 's/^##@ \(.*\)/\n\1/p' -e 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

-include $(wildcard build/*.d build/*/*.d build/test/*/*.d build/unit/*.d build/unit/*/*.d build/unit/test/unit/*.d)

endif
