#include <stddef.h>
#include <stdint.h>

/// libFuzzer as a library (LLVM's documentation of libFuzzer, section "Using libFuzzer as a library").
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*try_one)(const uint8_t *start, size_t count));
