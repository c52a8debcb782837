// How many threads this process may use.
#define _GNU_SOURCE
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "threads.h"

/// The number of processors that the process may run on, as `taskset` and batch systems set it.
static int processors(void) {
  cpu_set_t set;
  if (!sched_getaffinity(0, sizeof set, &set)) return CPU_COUNT(&set);
  // More than 1024 processors.
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

/// The number at the beginning of a text, such as 4 of "4,2"; INT_MAX where there is none.
static int number(const char *text) {
  long value = text ? strtol(text, NULL, 10) : 0;
  return value >= 1 && value < INT_MAX ? (int)value : INT_MAX;
}

static int smaller(int a, int b) { return a < b ? a : b; }

/// The quota of a control group in processors, rounded up; INT_MAX where it has none.
static int quota_of(const char *folder) {
  char path[PATH_MAX + 32];
  long long quota = -1, period = 0;
  snprintf(path, sizeof path, "%s/cpu.max", folder);
  FILE *file = fopen(path, "r");
  if (file) {
    if (fscanf(file, "%lld %lld", &quota, &period) != 2) quota = -1;
    fclose(file);
  } else {
    const char *const names[] = {"cpu.cfs_quota_us", "cpu.cfs_period_us"};
    long long *const values[] = {&quota, &period};
    for (int i = 0; i < 2; i++) {
      snprintf(path, sizeof path, "%s/%s", folder, names[i]);
      if (!(file = fopen(path, "r"))) return INT_MAX;
      if (fscanf(file, "%lld", values[i]) != 1) quota = -1;
      fclose(file);
    }
  }
  if (quota <= 0 || period <= 0 || quota / period >= INT_MAX) return INT_MAX;
  return (int)((quota + period - 1) / period);
}

/// The smallest quota of a control group and of those around it.
static int quota_in(const char *root, const char *group) {
  char folder[PATH_MAX];
  int least = INT_MAX;
  if (snprintf(folder, sizeof folder, "%s%s", root, group) >= (int)sizeof folder) return least;
  for (char *end; strlen(folder) >= strlen(root); *end = 0) {
    least = smaller(least, quota_of(folder));
    end = strrchr(folder, '/');
    if (!end) break;
  }
  return least;
}

/// The quota of this process, as containers and batch systems set it; INT_MAX where there is none.
static int quota(void) {
  char line[PATH_MAX];
  int least = INT_MAX;
  FILE *groups = fopen("/proc/self/cgroup", "r");
  if (!groups) return least;
  // NUMBER:CONTROLLERS:PATH; version 2 names no controllers.
  while (fgets(line, sizeof line, groups)) {
    line[strcspn(line, "\n")] = 0;
    char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path) continue;
    *path++ = 0;
    controllers++;
    if (!*controllers)
      least = smaller(least, quota_in("/sys/fs/cgroup", path));
    else if (!strcmp(controllers, "cpu") || !strncmp(controllers, "cpu,", 4) || strstr(controllers, ",cpu,"))
      least = smaller(least, quota_in("/sys/fs/cgroup/cpu", path));
  }
  fclose(groups);
  return least;
}

int threads_allowed(void) {
  int count = smaller(processors(), quota());
  count = smaller(count, number(getenv("OMP_NUM_THREADS")));
  return smaller(count, number(getenv("SLURM_CPUS_PER_TASK")));
}
