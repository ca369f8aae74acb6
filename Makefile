# assay: see README.md. Everything is built under $(BUILD); `make help` lists what one can make.
BUILD ?= build
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-5s %s\n' '$(1)' '$(2)')
sub = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

ifeq ($(origin CC),default)
CC := gcc
endif
NVCC ?= $(shell CUDA='$(CUDA)' scripts/find-nvcc)
NVCC := $(NVCC)
CUDA_ROOT := $(if $(NVCC),$(abspath $(dir $(realpath $(NVCC)))/..))

VERSION_ID := $(shell git describe --always --dirty --tags 2>/dev/null || echo unknown)
CFLAGS_BASE := -std=gnu11 -D_GNU_SOURCE -O2 -g -fno-omit-frame-pointer -pthread \
	-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter
# Warnings are errors in make check only: other compilers have other warnings.
WERROR ?=
CFLAGS ?=
LDFLAGS ?=
ALL_CFLAGS = $(CFLAGS_BASE) $(WERROR) $(CFLAGS) $(if $(NVCC),-DASSAY_CUDA -isystem $(CUDA_ROOT)/include)
LIBS := -lcsv -linih -ljansson -lnuma -lm -lpthread -ldl -lrt

SEAM := harness/base/clock_meas.c harness/probe/placement.c
SRCS := $(filter-out harness/main.c $(SEAM),$(wildcard harness/*.c harness/*/*.c kernels/*.c reports/*.c))
CU := $(if $(NVCC),$(wildcard kernels/*.cu))
# GPU code is the same in every build: a second one (sanitizers) takes the first one's objects.
CU_BUILD ?= $(BUILD)
OBJS := $(SRCS:%.c=$(BUILD)/%.o) $(CU:%.cu=$(CU_BUILD)/%.cu.o)
SEAM_OBJS := $(SEAM:%.c=$(BUILD)/%.o)
LIB := $(BUILD)/libassay.a

all: $(BUILD)/assay

# ---- what was built with what: a stamp that changes is newer than the objects ----
stamp = @mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || \
	printf '%s\n' '$(subst ','\'',$(1))' >$@
FORCE:
$(BUILD)/flags: FORCE
	$(call stamp,$(CC) $(ALL_CFLAGS) $(LDFLAGS))
$(CU_BUILD)/flags.cu: FORCE
	$(call stamp,$(NVCC) $(NVCC_FLAGS) $(GENCODE) $(GENCODE_90A))
$(BUILD)/build-id.h: FORCE
	$(call stamp,#define ASSAY_BUILD "$(VERSION_ID)")
$(BUILD)/cuda-code.h: FORCE
	$(call stamp,#define ASSAY_CUDA_CODE "$(if $(NVCC),$(GENCODE))")

$(BUILD)/harness/base/self.o: private EXTRA_CFLAGS := -include $(BUILD)/build-id.h
$(BUILD)/harness/base/self.o: $(BUILD)/build-id.h
$(BUILD)/harness/probe/cuda.o: private EXTRA_CFLAGS := -include $(BUILD)/cuda-code.h
$(BUILD)/harness/probe/cuda.o: $(BUILD)/cuda-code.h
# taken in by the assembler, which -MMD does not see
$(BUILD)/reports/style.o: reports/style.css

$(BUILD)/%.o: %.c $(BUILD)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(EXTRA_CFLAGS) -MMD -MP -c $< -o $@

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d $(CU_BUILD)/kernels/*.cu.d)

# Machine code for every architecture that this nvcc knows from sm_75 up, plus one low PTX.
GENCODE = $(eval GENCODE := $(shell $(NVCC) --list-gpu-code 2>/dev/null | \
	sed -n 's/^sm_\([0-9]*\)$$/\1/p' | \
	awk '$$1 >= 75 { printf "-gencode arch=compute_%s,code=sm_%s ", $$1, $$1 }') \
	-gencode arch=compute_75,code=compute_75)$(GENCODE)
# kernels/NAME_sm90a.cu: sm_90a and nothing else, so that no plain image of the same kernel is found on
# another GPU. Where this nvcc does not know it, ASSAY_NO_SM90A leaves their launchers alone.
SM90A := -gencode arch=compute_90a,code=sm_90a
GENCODE_90A = $(eval GENCODE_90A := $(shell $(NVCC) --dryrun $(SM90A) -x cu -c /dev/null -o /dev/null 2>/dev/null && \
	echo '$(SM90A)' || echo '-gencode arch=compute_75,code=compute_75 -DASSAY_NO_SM90A'))$(GENCODE_90A)
NVCC_FLAGS := -std=c++17 -O2 -lineinfo -Xcompiler -Wall,-Wextra
# What ptxas says of registers and spills stays beside the object, for scripts/check-kernels; a
# warning is shown as well, and so is that it takes warpgroup MMA one after another (C7510).
$(CU_BUILD)/%.cu.o: %.cu $(CU_BUILD)/flags.cu
	$(call say,NVCC,$<)
	@mkdir -p $(@D)
	$(Q)$(NVCC) $(NVCC_FLAGS) $(if $(filter %_sm90a.cu,$<),$(GENCODE_90A),$(GENCODE)) -Xptxas -v \
		-MMD -MF $(@:.o=.d) -c $< -o $@ >$(@:.o=.ptxas) 2>&1; rc=$$?; \
	grep -vE '^ptxas info +: [^(]|^ptxas info *$$|^ +[0-9]+ bytes stack frame' $(@:.o=.ptxas) >&2; exit $$rc

$(LIB): $(OBJS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

CUDART_STATIC := $(if $(NVCC),$(firstword $(wildcard $(CUDA_ROOT)/lib64/libcudart_static.a \
	$(CUDA_ROOT)/lib/libcudart_static.a) -lcudart_static) -lstdc++)
$(BUILD)/assay: $(BUILD)/harness/main.o $(SEAM_OBJS) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(CUDART_STATIC) $(LIBS)

# ---- measuring ----
SUITE ?= quick
# FAULT, OUT, SEED and SWEEP reach the shell through the environment: their spaces and quotes stay theirs.
export FAULT OUT SEED SETUP SWEEP CUDA
# B: the host is compared with a launcher, both on the portable program, whose bytes are the same there.
bench_program = $(if $(SIM),scripts/sim '$(SIM)' $${FAULT:+"--fault=$$FAULT"} -- $(BUILD)/assay-sim,$(BUILD)/$(if \
	$(B),portable/)assay)
bench_b = $(B)$(if $(IMAGE),$(if $(filter host,$(B)),, --image $(IMAGE)))
bench:
	@scripts/setup build
	@$(sub) $(if $(SIM),all sim,$(if $(B),portable,all))
	@$(bench_program) $(if $(B),ab --b '$(subst ','\'',$(bench_b))',run) '$(SUITE)' $${SEED:+"--seed=$$SEED"} $${OUT:+"--out=$$OUT"} $${SWEEP:+"--set=sweep=$$SWEEP"} $(ARGS); rc=$$?; \
	case $$rc in \
	0) ;; \
	1) echo "assay: 1: something failed (FAIL, ERROR, TIMEOUT or REGRESSED)" ;; \
	2) echo "assay: 2: wrong usage or a bad input file; nothing was measured" ;; \
	3) echo "assay: 3: nothing could be measured" ;; \
	4) echo "assay: 4: inconclusive, or something required was skipped" ;; \
	*) echo "assay: ended with $$rc" ;; \
	esac; exit $$rc

# ---- unit tests: one program a file, linked with the library ----
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(SEAM_OBJS) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter-out $(LIB),$^) $(LIB) $(CUDART_STATIC) -lcmocka $(LIBS)
# A kernel's own code on the CPU is C++, for which nvcc has a compiler.
$(BUILD)/tests/unit/test_gemm_loop: $(if $(NVCC),$(BUILD)/tests/unit/gemm_loop.o)
$(BUILD)/%.o: %.cc $(BUILD)/flags
	$(call say,CXX,$<)
	@mkdir -p $(@D)
	$(Q)$(CXX) -std=c++17 -O2 -g -Wall -Wextra -Wno-unknown-pragmas $(WERROR) $(CFLAGS) -MMD -MP -c $< -o $@

test-programs: all sim $(UNIT) $(BUILD)/launcher
unit: $(UNIT)
	@tests/run --programs $(UNIT)

# ---- the proof of the rule that decides (tests/prove/README.md) ----
PROVE := $(patsubst tests/prove/%.c,%,$(wildcard tests/prove/*.c))
PROVE_OWN := replay record
$(BUILD)/tests/prove/prove: $(patsubst %,$(BUILD)/tests/prove/%.o,$(filter-out $(PROVE_OWN),$(PROVE)))
$(BUILD)/tests/prove/replay: $(patsubst %,$(BUILD)/tests/prove/%.o,$(PROVE_OWN) trials claims)
$(BUILD)/tests/prove/prove $(BUILD)/tests/prove/replay: $(SEAM_OBJS) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter-out $(LIB),$^) $(LIB) $(CUDART_STATIC) $(LIBS)

prove-programs: $(BUILD)/tests/prove/prove $(BUILD)/tests/prove/replay
prove: prove-programs
	@$(BUILD)/tests/prove/prove $(ARGS)
	$(if $(wildcard tests/data/blocks-host.csv),@$(BUILD)/tests/prove/replay tests/data/blocks-host.csv)

# ---- all tests: tests/run builds what its phases need, and adds up ----
test test-all check asan:
	@BUILD='$(BUILD)' MAKE='$(sub)' tests/run $@

# ---- fuzzing (tests/fuzz/README.md): libFuzzer where clang has it, else the corpora once more ----
FUZZ_CC ?= clang
FUZZ_SECONDS ?= 10
FUZZERS := $(filter-out replay,$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)))
FUZZ_OBJS := $(patsubst %.c,$(BUILD)/fuzz/%.o,$(filter-out $(SEAM),$(wildcard \
	harness/base/*.c harness/formats/*.c harness/stats/*.c harness/judge/*.c)))
FUZZ_FLAGS = $(CFLAGS_BASE) -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined
has_libfuzzer = echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return 0; }' | \
	$(FUZZ_CC) -x c -fsanitize=fuzzer -o /dev/null - 2>/dev/null

fuzz:
	+@if $(has_libfuzzer); then \
		$(sub) $(FUZZERS:%=$(BUILD)/fuzz/fuzz_%) && \
		tests/fuzz/run $(BUILD)/fuzz $(FUZZ_SECONDS) $(FUZZERS); \
	else \
		echo '  $(FUZZ_CC) has no libFuzzer: only the corpora are run' && \
		$(sub) fuzz-replay && tests/run --programs $(FUZZERS:%=$(BUILD)/tests/fuzz/replay_%); \
	fi
fuzz-replay: $(FUZZERS:%=$(BUILD)/tests/fuzz/replay_%)

$(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/replay.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/fuzz/%.o: %.c
	$(call say,CC,$< (fuzz))
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c $< -o $@
$(BUILD)/fuzz/fuzz_%: $(BUILD)/fuzz/tests/fuzz/%.o $(FUZZ_OBJS)
	$(call say,LINK,$@)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)
-include $(wildcard $(BUILD)/fuzz/*/*/*.d)

# ---- the portable bundle: this program with its loader and libraries (scripts/portable/README.md) ----
ARCH := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine 2>/dev/null)))
LAUNCHER := $(BUILD)/launcher
PORTABLE_FILES := $(wildcard scripts/portable/* scripts/in-* scripts/*.bash suites/*.ini) LICENSE
loader_of = $(notdir $(shell readelf -l $(1) | sed -n 's/.*interpreter: \(.*\)\]/\1/p'))
# Static and without $(CFLAGS): a sanitizer's runtime is not to be had so.
$(LAUNCHER): scripts/portable/launcher.c harness/base/self.h $(BUILD)/assay
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS_BASE) $(WERROR) -DLOADER='"$(call loader_of,$(BUILD)/assay)"' \
		-DMULTIARCH='"$(ARCH)-linux-gnu"' -static -o $@ $< || \
		{ echo '  is there a static C library? (libc6-dev, on Fedora glibc-static)'; false; }
$(BUILD)/portable/assay: $(BUILD)/assay $(LAUNCHER) $(PORTABLE_FILES)
	$(call say,PACK,$(@D))
	$(Q)CUDA_ROOT='$(CUDA_ROOT)' scripts/portable/assemble $(BUILD)/assay $(LAUNCHER) $(@D) \
		$(BUILD)/assay-portable-$(ARCH).tar.gz
portable: $(BUILD)/portable/assay

# ---- the rest ----
check-kernels: $(CU:%.cu=$(CU_BUILD)/%.cu.o)
	@CU_BUILD='$(CU_BUILD)' NVCC='$(NVCC)' scripts/check-kernels

PREFIX ?= /usr/local
install: all
	install -Dm755 $(BUILD)/assay '$(DESTDIR)$(PREFIX)/bin/assay'
	install -d '$(DESTDIR)$(PREFIX)/share/assay/suites'
	install -m644 suites/*.ini '$(DESTDIR)$(PREFIX)/share/assay/suites'
	install -d '$(DESTDIR)$(PREFIX)/share/assay/scripts'
	install scripts/in-* scripts/launch*.bash '$(DESTDIR)$(PREFIX)/share/assay/scripts'
	install -d '$(DESTDIR)$(PREFIX)/share/man/man1'
	$(BUILD)/assay help --man >'$(DESTDIR)$(PREFIX)/share/man/man1/assay.1'

print-cflags: # for clang-tidy
	@echo '$(ALL_CFLAGS)'

clean:
	rm -rf build build-*

help:
	@sed -n 's/^#: //p' Makefile
#: make                 build only (build/assay)
#: make bench           set up, build, run, report:  [SUITE=quick] [SIM=PROFILE [FAULT='...']]
#:                      [SEED=N] [OUT=DIR] [ARGS='...']; CUDA=yes fetches nvcc, SETUP=no installs nothing;
#:                      SWEEP=full: all that a suite keeps short (h2d), however long it takes
#: make bench B=podman  the host against a container, interleaved, with a verdict: B=podman, docker, runc,
#:                      apptainer, slurm, 'ssh HOST' or host (against itself) [IMAGE=NAME]
#: make test            unit, end-to-end and sanitizer tests (installs compiler, libraries, cmocka, bats)
#: make test-all        those, make check, and the tests that need a browser, containers or qemu
#: make check           include rule, formatting, static analysis, check-kernels, gcc, clang and aarch64 builds
#: make check-kernels   the GPU code: every architecture, matrix instructions, no spills
#: make unit | asan     only the unit tests | only those with sanitizers
#: make prove           simulate the rule that decides and print its error rates: some minutes
#: make fuzz            fuzz the readers, [FUZZ_SECONDS=10] each
#: make portable        build/portable: the program with its own loader and libraries, for containers
#: make install         [PREFIX=/usr/local] [DESTDIR=]
#: make clean           V=1 shows commands, BUILD=DIR builds elsewhere

.PHONY: all bench fuzz fuzz-replay portable prove prove-programs unit test-programs test test-all check check-kernels asan install print-cflags clean help FORCE
.SECONDARY:

# ---- the simulated server: the same objects, another link (tests/simgpu/README.md) ----
SIMDIR := $(BUILD)/simgpu
CUDA_MAJOR := $(if $(NVCC),$(shell $(NVCC) --version | sed -n 's/.*release \([0-9]*\).*/\1/p'),13)
SIM_CFLAGS = $(ALL_CFLAGS) -fPIC -fvisibility=hidden -DSIM_CUDA_MAJOR=$(CUDA_MAJOR)
SIM_MODEL := $(patsubst %,tests/simgpu/%.c,profile profile_keys mig identity fault noise model clocks flow peer memory device_memory state share) \
	$(patsubst %,harness/base/%.c,err rng mem units)
SIM_TREE := $(patsubst %,tests/simgpu/%.c,tree tree_pci tree_cpu tree_system)
SIM_NVML := $(patsubst %,tests/simgpu/%.c,nvml_core nvml_clocks nvml_device nvml_mig nvml_nvlink nvml_usage)
SIM_CUDART := $(wildcard tests/simgpu/cudart_*.c tests/simgpu/kernels_*.c) \
	$(patsubst %,tests/simgpu/%.c,devmem devmem_gemm devmem_made pattern_sim) kernels/compute.c harness/base/rng.c
SIM_NCCL := $(patsubst %,tests/simgpu/%.c,nccl_core nccl_coll nccl_model nccl_say nccl_shared)
SIM_SEAM := $(patsubst %,$(BUILD)/tests/simgpu/%.o,clock_sim placement_sim)
SIM_LIBS := $(SIMDIR)/libsimgpu.so $(if $(NVCC),$(SIMDIR)/libcudart.so.$(CUDA_MAJOR))
# Apart from what assay-sim links with: found through LD_LIBRARY_PATH only, so that they can be missing.
SIM_VERSIONS := $(patsubst %,$(SIMDIR)/driver/lib%,cuda.so.1 cudnn.so.9)
SIM_CUBLASLT := $(SIMDIR)/driver/libcublasLt.so.$(CUDA_MAJOR)
SIM_FACADES := $(SIMDIR)/driver/libnvidia-ml.so.1 $(SIM_VERSIONS) $(SIM_CUBLASLT) $(SIMDIR)/driver/libnccl.so.2
sim_obj = $(patsubst %.c,$(SIMDIR)/obj/%.o,$(1))

sim: $(BUILD)/assay-sim $(SIMDIR)/simtree $(SIM_FACADES) $(SIMDIR)/bin/nvidia-cuda-mps-control

$(SIMDIR)/obj/%.o: %.c $(BUILD)/flags
	$(call say,CC,$< (sim))
	@mkdir -p $(@D)
	$(Q)$(CC) $(SIM_CFLAGS) -MMD -MP -c $< -o $@

-include $(wildcard $(SIMDIR)/obj/*/*.d $(SIMDIR)/obj/*/*/*.d)

define sim_link
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SIM_CFLAGS) $(LDFLAGS) -shared -Wl,-z,defs -Wl,-soname,$(@F) -Wl,-rpath,'$$ORIGIN:$$ORIGIN/..' -o $@ \
		$(filter %.o %.so,$^)
endef

$(SIMDIR)/libsimgpu.so: $(call sim_obj,$(SIM_MODEL))
	$(sim_link) -linih -lm -lpthread

# The runtime's symbols carry its soname as version node, and so must the stand-in's.
$(SIMDIR)/cudart.map:
	@mkdir -p $(@D)
	$(Q)printf 'libcudart.so.%s { global: cuda*; __cuda*; local: *; };\n' $(CUDA_MAJOR) >$@
$(SIMDIR)/libcudart.so.$(CUDA_MAJOR): $(call sim_obj,$(SIM_CUDART)) $(SIMDIR)/libsimgpu.so $(SIMDIR)/cudart.map
	$(sim_link) -lm -lpthread -Wl,--version-script,$(SIMDIR)/cudart.map

$(SIMDIR)/driver/libnvidia-ml.so.1: $(call sim_obj,$(SIM_NVML)) $(SIMDIR)/libsimgpu.so
	$(sim_link)
# Its operations lie on streams of the stand-in for the runtime; without that it says its version.
$(SIMDIR)/driver/libnccl.so.2: $(if $(NVCC),$(call sim_obj,$(SIM_NCCL)) \
		$(SIMDIR)/libcudart.so.$(CUDA_MAJOR),$(call sim_obj,tests/simgpu/version_facades.c)) $(SIMDIR)/libsimgpu.so
	$(sim_link) $(if $(NVCC),$(SIMDIR)/libcudart.so.$(CUDA_MAJOR)) -lm
$(SIM_CUBLASLT): $(if $(NVCC),$(call sim_obj,tests/simgpu/cublaslt_core.c tests/simgpu/cublaslt_choice.c) \
		$(SIMDIR)/libcudart.so.$(CUDA_MAJOR),$(call sim_obj,tests/simgpu/version_facades.c)) $(SIMDIR)/libsimgpu.so
	$(sim_link) $(if $(NVCC),$(SIMDIR)/libcudart.so.$(CUDA_MAJOR))
$(SIM_VERSIONS): $(call sim_obj,tests/simgpu/version_facades.c) $(SIMDIR)/libsimgpu.so
	$(sim_link)

$(SIMDIR)/simtree: $(call sim_obj,$(SIM_TREE)) $(call sim_obj,harness/base/err.c harness/base/rng.c) $(SIMDIR)/libsimgpu.so
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lm -Wl,-rpath,'$$ORIGIN'

$(SIMDIR)/bin/nvidia-cuda-mps-control: $(call sim_obj,tests/simgpu/mps_control.c)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^

SIM_LINK = $(SIM_LIBS) $(if $(NVCC),-lstdc++) $(LIBS) -Wl,-rpath,'$$ORIGIN$(1)/simgpu'
$(BUILD)/assay-sim: $(BUILD)/harness/main.o $(SIM_SEAM) $(LIB) $(SIM_LIBS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter-out $(SIM_LIBS),$^) $(call SIM_LINK,)

$(BUILD)/tests/unit/test_sim%: $(BUILD)/tests/unit/test_sim%.o $(SIM_SEAM) $(LIB) $(SIM_LIBS) $(SIMDIR)/simtree $(SIM_FACADES)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(SIM_SEAM) $(LIB) -lcmocka $(call SIM_LINK,/../..)

.PHONY: sim
