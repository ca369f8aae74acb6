/* Every benchmark, sorted by name: adding one is one file and one line here. */
BENCH(control)
BENCH(copy)
BENCH(host_bandwidth)
BENCH(host_io)
BENCH(host_latency)
BENCH(null)
BENCH(startup)
BENCH(startup_gpu)
