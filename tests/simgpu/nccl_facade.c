/* NCCL of the simulated server: its version, no communicator yet. */
#include "sim.h"

SIM_API int ncclGetVersion(int *version);

int ncclGetVersion(int *version)
{
	*version = (int)sim_profile()->server.nccl;
	return 0;
}
