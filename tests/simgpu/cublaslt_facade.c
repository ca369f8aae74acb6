/* cuBLASLt of the simulated server: its version, no products yet. */
#include "sim.h"

SIM_API size_t cublasLtGetVersion(void);

size_t cublasLtGetVersion(void)
{
	return (size_t)sim_profile()->server.cublaslt;
}
