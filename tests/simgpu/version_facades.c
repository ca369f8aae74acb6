/*
 * Libraries that so far only say their version: libnccl.so.2, libcublasLt.so.NN, libcudnn.so.9 and
 * libcuda.so.1 are each this file. They also keep the machine's real ones out of a simulated
 * manifest.
 */
#include "sim.h"

SIM_API int ncclGetVersion(int *version);
SIM_API size_t cublasLtGetVersion(void);
SIM_API size_t cudnnGetVersion(void);
SIM_API int cuDriverGetVersion(int *version);

int ncclGetVersion(int *version)
{
	*version = (int)sim_profile()->server.nccl;
	return 0;
}

size_t cublasLtGetVersion(void)
{
	return (size_t)sim_profile()->server.cublaslt;
}

size_t cudnnGetVersion(void)
{
	return (size_t)sim_profile()->server.cudnn;
}

int cuDriverGetVersion(int *version)
{
	*version = sim_driver_cuda();
	return 0;
}
