# Everything runs in .venv, which `make setup` makes with any Python from 3.10 on.

PYTHON ?= python3
URL ?=
KEY ?=
# Only from the command line: a file is written there.
OUT =
# Only from the command line: a folder with programs, like examples/thumbnails.
WITH =
N ?= 1000
STEPS ?= 10000

python := .venv/bin/python
pip := $(python) -m pip install -q --disable-pip-version-check --use-pep517 \
	-c tests/packaging/constraints.txt
ready := .venv/ready
# Debian's, for tests of the report's page and of an example; only where make runs as root.
get = apt-get install -qq -y --no-install-recommends $(1)
got = { $(call get,$(1)) || { apt-get update -qq && $(call get,$(1)); }; }
absent = ! { command -v chromium && command -v ffmpeg; }
# What programs among the examples need besides, which only their functions find.
needed := $(wildcard examples/*/requirements.txt)
asked := requirements.txt tests/requirements.txt tests/packaging/constraints.txt $(needed)

# A URL may hold what a shell would act on, so recipes take it from their environment.
export URL KEY OUT WITH

.PHONY: help setup demo transfer cloud test chaos kills mutants check bench regimes simulate picture package app clean

help:
	@echo "make setup                 makes .venv with everything that the other targets use"
	@echo "make demo                  copies a 1 GiB file into a local OSS while you watch, and proves it"
	@echo "make transfer URL=u KEY=k  does the same for a URL of your choice; OUT=file keeps the object"
	@echo "make cloud                 runs OSS, Function Compute and a file server on 127.0.0.1"
	@echo "make test                  runs all tests but a few that take long, which make kills runs"
	@echo "make chaos N=1000          runs so many random schedules of faults and kills, and STEPS=10000"
	@echo "                           random steps against a model of what may be in the object, and mutated"
	@echo "                           replies of a source"
	@echo "make kills                 kills the coordinator of a transfer from a slow source at 30 moments,"
	@echo "                           and 30 times whoever works on a job of 20,000 items; lets 20"
	@echo "                           misfortunes befall one that waits for 10,000 archived objects; and"
	@echo "                           kills whoever gives 1,000 objects to a program 30 times, and whoever"
	@echo "                           makes sets of 100 recordings that arrive; and runs the tests that are"
	@echo "                           too long for make test"
	@echo "make mutants               puts small faults into a copy of the code, and tells which no test notices"
	@echo "make check                 checks format, style and types"
	@echo "make bench                 measures speed, memory and cost, each beside a reference"
	@echo "make regimes               measures more kinds of sources than make bench does"
	@echo "make simulate              tells what transfers of 1 MB to 10 TB take, and by what, in virtual time"
	@echo "make picture               draws a run of make demo and its report, light and dark, into docs"
	@echo "make package               builds the zips that are uploaded to Function Compute; WITH=folder"
	@echo "                           puts programs of yours into them, like examples/thumbnails"
	@echo "make app                   builds build/app, the application that s init takes (Serverless Devs)"
	@echo "make clean                 removes .venv, build and caches"

setup: $(ready)

# The runtime folder is what a deployed function finds beside its code, and nothing else.
$(ready): $(asked)
	@$(PYTHON) -c 'import sys; sys.exit("ossferry needs Python 3.10 or newer: set PYTHON=python3.x" if sys.version_info < (3, 10) else 0)'
	@echo "Setting up .venv; this takes a minute, once."
	@$(PYTHON) -m venv .venv
	@{ [ "$$(id -u)" = 0 ] && $(absent) && $(call got,chromium ffmpeg); } >/dev/null 2>&1 \
		& $(pip) -r tests/requirements.txt && wait
	@rm -rf .venv/runtime
	@$(pip) --target .venv/runtime -r requirements.txt
	@rm -rf .venv/examples
	@$(pip) --target .venv/examples $(needed:%=-r %) \
		|| { rm -rf .venv/examples; echo "There are no packages for examples, whose tests are skipped"; }
	@command -v chromium >/dev/null \
		|| echo "There is no Chromium, which tests of the report's page need: apt-get install -y chromium"
	@command -v ffmpeg >/dev/null \
		|| echo "There is no ffmpeg, which tests of an example need: apt-get install -y ffmpeg"
	@touch $@

demo: setup
	@$(python) -m tests.demo

transfer: setup
	@$(python) -m tests.demo transfer "$$URL" "$$KEY" $(if $(OUT),--out "$$OUT")

cloud: setup
	@$(python) -m tests.localcloud up --found-by build/cloud.json

test: setup
	@$(python) -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not long"

chaos: setup
	@$(python) -m tests.e2e.chaos --seeds "$(N)"
	@$(python) -m tests.model --steps "$(STEPS)"
	@$(python) -m tests.hostile --rounds "$(STEPS)"
	@$(python) -m pytest -q -n 3 -m hypothesis --hypothesis-profile others

kills: setup
	@$(python) -m tests.e2e.chaos.kills
	@$(python) -m tests.e2e.chaos.bulk_kills
	@$(python) -m tests.e2e.chaos.thaw_kills
	@$(python) -m tests.e2e.chaos.program_kills
	@$(python) -m tests.e2e.chaos.game_ai_kills
	@$(python) -m pytest -q -n 3 -m long

# As much as 25 minutes allow, or N without a limit.
mutants: setup
	@$(python) -m tests.mutation $(if $(filter file,$(origin N)),--seconds 1500,--count "$(N)")

check: setup
	@$(python) -m ruff format --check
	@$(python) -m ruff check
	@$(python) -m mypy

bench: setup
	@$(python) -m tests.bench

regimes: setup
	@$(python) -m tests.bench all-regimes

simulate: setup
	@$(python) -m tests.simulation

picture: setup
	@mkdir -p docs
	@$(python) -m tests.demo picture docs

package: setup
	@$(python) -m tests.packaging $(if $(WITH),--with "$$WITH")

app: package
	@$(python) -m tests.packaging.app

clean:
	@rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
