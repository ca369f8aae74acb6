# assay: see README.md. Everything is built under $(BUILD).
BUILD ?= build
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-5s %s\n' '$(1)' '$(2)')

CC ?= gcc
NVCC ?= $(firstword $(wildcard $(CUDA_HOME)/bin/nvcc) $(shell command -v nvcc 2>/dev/null) \
	$(wildcard /usr/local/cuda/bin/nvcc /opt/cuda/bin/nvcc .cuda/bin/nvcc) \
	$(lastword $(sort $(wildcard /usr/local/cuda-*/bin/nvcc))))
CUDA_ROOT := $(if $(NVCC),$(abspath $(dir $(realpath $(NVCC)))/..))

VERSION_ID := $(shell git describe --always --dirty --tags 2>/dev/null || echo unknown)
CFLAGS_BASE := -std=gnu11 -D_GNU_SOURCE -O2 -g -fno-omit-frame-pointer -pthread \
	-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter
WERROR ?= -Werror
CFLAGS ?=
ALL_CFLAGS = $(CFLAGS_BASE) $(WERROR) $(CFLAGS) $(if $(NVCC),-DASSAY_CUDA -isystem $(CUDA_ROOT)/include)
LIBS := -lcsv -linih -ljansson -lnuma -lm -lpthread -ldl -lrt

SEAM := harness/base/clock_meas.c harness/probe/placement.c
SRCS := $(filter-out harness/main.c $(SEAM),$(wildcard harness/*.c harness/*/*.c kernels/*.c reports/*.c))
CU := $(if $(NVCC),$(wildcard kernels/*.cu))
OBJS := $(SRCS:%.c=$(BUILD)/%.o) $(CU:%.cu=$(BUILD)/%.cu.o)
SEAM_OBJS := $(SEAM:%.c=$(BUILD)/%.o)
LIB := $(BUILD)/libassay.a

all: $(BUILD)/assay

$(BUILD)/harness/base/self.o: ALL_CFLAGS += -DASSAY_BUILD='"$(VERSION_ID)"'

$(BUILD)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

# Machine code for every architecture that this nvcc knows from sm_75 up, plus one low PTX.
GENCODE = $(shell $(NVCC) --list-gpu-code 2>/dev/null | sed -n 's/^sm_\([0-9]*\)$$/\1/p' | \
	awk '$$1 >= 75 { printf "-gencode arch=compute_%s,code=sm_%s ", $$1, $$1 }') \
	-gencode arch=compute_75,code=compute_75
$(BUILD)/%.cu.o: %.cu
	$(call say,NVCC,$<)
	@mkdir -p $(@D)
	$(Q)$(NVCC) -std=c++17 -O2 -lineinfo $(GENCODE) -Xcompiler -Wall,-Wextra -MMD -MF $(@:.o=.d) -c $< -o $@

$(LIB): $(OBJS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

CUDART_STATIC := $(if $(NVCC),$(firstword $(wildcard $(CUDA_ROOT)/lib64/libcudart_static.a $(CUDA_ROOT)/lib/libcudart_static.a)) -lstdc++)
$(BUILD)/assay: $(BUILD)/harness/main.o $(SEAM_OBJS) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(CUDART_STATIC) $(LIBS)

# ---- unit tests: one program a file, linked with the library ----
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(SEAM_OBJS) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(CUDART_STATIC) -lcmocka $(LIBS)

unit: $(UNIT)
	$(Q)for t in $(UNIT); do echo "$$t"; $$t || exit 1; done

clean:
	rm -rf $(BUILD)

.PHONY: all unit clean
.SECONDARY:
