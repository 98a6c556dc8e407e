# Front door; the work is in CMake and scripts/.
PREFIX ?= /usr/local
export PREFIX DESTDIR
.PHONY: build demo test test-deep fuzz lint mutants bench soak macos macos-x86 install uninstall clean
build: ; @scripts/build release
demo: build ; @python3 scripts/demo
test: ; @scripts/test
test-deep: ; @scripts/test --deep
fuzz: ; @scripts/fuzz $(SECONDS)
lint: ; @scripts/lint $(if $(CHANGED),--changed)
mutants: ; @scripts/bootstrap && scripts/mutants
bench: build ; @scripts/bench
soak: build ; @scripts/soak
macos: ; @scripts/macos
macos-x86: ; @scripts/macos x86
install: build ; @scripts/install
uninstall: ; @scripts/uninstall $(if $(PURGE),--purge)
clean: ; rm -rf build/release build/fault build/asan build/tsan build/macos build/macos-x86 build/fuzz build/lint build/mutants
