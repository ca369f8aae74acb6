/* The machine as planning sees it: see machine.h. */
#include "machine.h"
#include "../base/buf.h"
#include "../base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int machine_read(struct machine *m, struct err *e)
{
	memset(m, 0, sizeof(*m));
	int rc = topology_read(&m->topo, e);

	if (!rc)
		m->n_gpus = pci_gpus(&m->gpu);
	return rc;
}

void machine_free(struct machine *m)
{
	for (size_t i = 0; i < m->n_rows; i++) {
		free(m->row[i].key);
		free(m->row[i].value);
		free(m->row[i].source);
	}
	free(m->row);
	free(m->gpu);
	topology_free(&m->topo);
	memset(m, 0, sizeof(*m));
}

/* gpu.PCI.field -> gpu.N.field; a GPU that this bus does not show keeps its address. */
static char *host_key(const struct machine *m, const char *key)
{
	for (size_t i = 0; i < m->n_gpus && !strncmp(key, "gpu.", 4); i++) {
		size_t n = strlen(m->gpu[i].address);

		if (!strncasecmp(key + 4, m->gpu[i].address, n) && key[4 + n] == '.')
			return mem_printf("gpu.%zu%s", i, key + 4 + n);
	}
	return mem_strdup(key);
}

void machine_add(struct machine *m, const char *key, const char *value, const char *source)
{
	char *name = host_key(m, key);
	size_t i = 0;

	while (i < m->n_rows && strcmp(m->row[i].key, name))
		i++;
	if (i == m->n_rows) {
		m->row = mem_grow(m->row, m->n_rows, &m->cap_rows, sizeof(*m->row));
		m->n_rows++;
	} else {
		free(m->row[i].key);
		free(m->row[i].value);
		free(m->row[i].source);
	}
	m->row[i] = (struct fact_row){name, mem_strdup(value), mem_strdup(source)};
}

const char *machine_value(const struct machine *m, const char *key)
{
	for (size_t i = 0; i < m->n_rows; i++) {
		if (!strcmp(m->row[i].key, key))
			return m->row[i].value;
	}
	return NULL;
}

const char *machine_gpu(const struct machine *m, size_t gpu, const char *field)
{
	char key[96];

	snprintf(key, sizeof(key), "gpu.%zu.%s", gpu, field);
	return machine_value(m, key);
}

const char *machine_part(const struct machine *m, size_t gpu, const char *mig, const char *field)
{
	char key[96];

	if (!*mig)
		return machine_gpu(m, gpu, field);
	snprintf(key, sizeof(key), "gpu.%zu.mig.%s.%s", gpu, mig, field);
	return machine_value(m, key);
}

bool machine_divided(const struct machine *m, size_t gpu)
{
	const char *mode = machine_gpu(m, gpu, "mig_current");

	return mode && !strcmp(mode, "on");
}

char *machine_instances(const struct machine *m, size_t gpu)
{
	const char *ids = machine_gpu(m, gpu, "mig_instances");
	char *copy = mem_strdup(ids ? ids : ""), *save = NULL;
	struct buf b = BUF_INIT;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		buf_printf(&b, "%s%zu:%s", b.len ? ", " : "", gpu, w);
	free(copy);
	return buf_steal(&b);
}

char *machine_words(const struct machine *m, size_t gpu, const char *mig)
{
	return mem_printf("GPU %zu%s%s (%s)", gpu, *mig ? ", MIG " : "", mig, m->gpu[gpu].address);
}

static bool has_memory(const struct machine *m, int node)
{
	const struct topo_node *n = topology_node(&m->topo, node);

	return n && n->mem_total_bytes > 0 && !n->denied;
}

int machine_gpu_node(const struct machine *m, size_t gpu)
{
	const char *said = machine_gpu(m, gpu, "numa_node");

	if (said && has_memory(m, atoi(said)))
		return atoi(said);
	if (gpu < m->n_gpus && has_memory(m, m->gpu[gpu].numa_node))
		return m->gpu[gpu].numa_node;
	for (int i = 0; i < m->topo.n_nodes; i++) {
		if (has_memory(m, m->topo.nodes[i].id))
			return m->topo.nodes[i].id;
	}
	return 0;
}

/* What mends CUDA's refusal, where its name tells. */
static const char *what_to_do(const char *cuda)
{
	static const struct {
		const char *error, *mend;
	} known[] = {
		{"InsufficientDriver",
		 ": update the driver (CUDA 13 needs 580, CUDA 12 needs 525)"},
		{"SystemDriverMismatch", ": the kernel module and the driver's libraries differ; "
					 "reload the nvidia modules, or reboot"},
		{"SystemNotReady",
		 ": is the Fabric Manager running? systemctl status nvidia-fabricmanager"},
		{"NoDevice",
		 ": is the nvidia kernel module loaded, and /dev/nvidia* readable for this user?"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strstr(cuda, known[i].error))
			return known[i].mend;
	}
	return "";
}

/* A whole GPU that is divided: what to name instead. */
static char *divided_problem(const struct machine *m, size_t gpu)
{
	char *instances = machine_instances(m, gpu), *why;

	if (*instances)
		why = mem_printf("%s: MIG is on, so its instances are what can be measured: %s",
				 m->gpu[gpu].address, instances);
	else
		why = mem_printf("%s: MIG is on and it has no instance: nvidia-smi mig -cgi "
				 "PROFILE -C makes one, nvidia-smi -mig 0 turns MIG off",
				 m->gpu[gpu].address);
	free(instances);
	return why;
}

static char *instance_problem(const struct machine *m, size_t gpu, const char *mig)
{
	if (!machine_divided(m, gpu))
		return mem_printf("%s has no MIG instance %s: %s", m->gpu[gpu].address, mig,
				  machine_gpu(m, gpu, "mig_current") ? "MIG is off"
								     : "NVML shows no MIG there");
	if (machine_part(m, gpu, mig, "uuid"))
		return NULL;
	char *instances = machine_instances(m, gpu);
	char *why = mem_printf("%s has no MIG instance %s; it has %s", m->gpu[gpu].address, mig,
			       *instances ? instances : "none");
	free(instances);
	return why;
}

char *machine_gpu_problem(const struct machine *m, size_t gpu, const char *mig, bool without_nvml,
			  enum status *status)
{
	const char *cuda = machine_value(m, "cuda.status"), *nvml = machine_value(m, "nvml.status");
	const char *kernel = machine_value(m, "driver.kernel_module");
	const char *driver = machine_value(m, "driver.version");
	const char *address = m->gpu[gpu].address;

	*status = ST_FAIL;
	if (cuda && strstr(cuda, "built without")) {
		*status = ST_SKIP;
		return mem_strdup(cuda);
	}
	if (kernel && driver && strcmp(kernel, driver))
		return mem_printf(
			"the loaded kernel module is %s but the driver's libraries are %s: "
			"reboot or reload the nvidia modules",
			kernel, driver);
	if (!cuda)
		return mem_strdup("the probe said nothing about CUDA");
	if (strcmp(cuda, "ok"))
		return mem_printf("%s: CUDA cannot be used: %s%s", address, cuda, what_to_do(cuda));
	if (nvml && strcmp(nvml, "ok") && !without_nvml)
		return mem_printf(
			"%s: NVML cannot be used (%s), so nobody can tell whether the GPU is "
			"free and healthy; --force=nvml measures all the same",
			address, nvml);
	if (*mig)
		return instance_problem(m, gpu, mig);
	if (machine_divided(m, gpu))
		return divided_problem(m, gpu);
	if (!machine_gpu(m, gpu, "cuda_ordinal"))
		return mem_printf("%s is on the PCI bus but CUDA does not show it", address);
	if (!without_nvml && !machine_gpu(m, gpu, "mem_used"))
		return mem_printf("%s is on the PCI bus but NVML does not show it", address);
	return NULL;
}
