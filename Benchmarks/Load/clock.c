// Clocks, and latencies in log-linear buckets (128 for each power of two: an error below 1 %).
#include "load.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

uint64_t clock_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

double own_cpu_s(void) {
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

double process_cpu_s(int pid) {
  char path[64], line[2048];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t len = read(fd, line, sizeof line - 1);
  close(fd);
  if (len <= 0) return 0;
  line[len] = 0;
  // The name in parentheses may hold anything; user and system time are the 14th and 15th field.
  char *after_name = strrchr(line, ')');
  unsigned long long user, system;
  if (!after_name) return 0;
  if (sscanf(after_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) != 2) return 0;
  return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

#define SUB_BITS 7
static uint64_t buckets[(64 - SUB_BITS + 1) << SUB_BITS], count, largest;

void add_latency(uint64_t ns) {
  uint32_t bucket = (uint32_t)ns;
  if (ns >= 1u << SUB_BITS) {
    int exponent = 63 - __builtin_clzll(ns) - SUB_BITS;
    bucket = ((uint32_t)(exponent + 1) << SUB_BITS) + (uint32_t)((ns >> exponent) & ((1u << SUB_BITS) - 1));
  }
  buckets[bucket]++;
  count++;
  if (ns > largest) largest = ns;
}

static uint64_t middle(uint32_t bucket) {
  if (bucket < 1u << SUB_BITS) return bucket;
  uint32_t exponent = (bucket >> SUB_BITS) - 1;
  uint64_t base = (1u << SUB_BITS) + (bucket & ((1u << SUB_BITS) - 1));
  return (base << exponent) + ((1ull << exponent) >> 1);
}

double latency_us(double share) {
  uint64_t wanted = (uint64_t)(share * (double)count + 0.5), passed = 0;
  if (wanted < 1) wanted = 1;
  for (uint32_t i = 0; count && i < sizeof buckets / sizeof *buckets; i++) {
    passed += buckets[i];
    if (passed >= wanted) return (double)(middle(i) < largest ? middle(i) : largest) / 1e3;
  }
  return 0;
}
