#ifndef CONEDNN_THREADS_H
#define CONEDNN_THREADS_H

/// The number of threads that this process may use: the smallest of its processors, the quota of its control group, OMP_NUM_THREADS and
/// SLURM_CPUS_PER_TASK.
int threads_allowed(void);

#endif
