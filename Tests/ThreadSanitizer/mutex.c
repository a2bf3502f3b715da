// Under contention, Swift's Mutex locks and unlocks in libswiftSynchronization, which is not compiled for the Thread
// Sanitizer: it would report each access that such a lock protects. These two functions take the place of the library's
// (by LD_PRELOAD, see scripts/test-tsan), call them, and tell the sanitizer what they did.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

// Synchronization._MutexHandle._lockSlow(_: UInt32) and _unlockSlow(). A method's self is Swift's context argument.
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

SWIFT void lock_slow(uint32_t thread, SELF void *mutex) __asm__(LOCK);
SWIFT void unlock_slow(SELF void *mutex) __asm__(UNLOCK);

typedef SWIFT void (*Lock)(uint32_t, SELF void *);
typedef SWIFT void (*Unlock)(SELF void *);

// The sanitizer is in the test program, not in others that are started with the same LD_PRELOAD.
static void notify(const char *name, void *mutex) {
    void (*notification)(void *) = (void (*)(void *))dlsym(RTLD_DEFAULT, name);
    if (notification) notification(mutex);
}

SWIFT void lock_slow(uint32_t thread, SELF void *mutex) {
    ((Lock)dlsym(RTLD_NEXT, LOCK))(thread, mutex);
    notify("__tsan_acquire", mutex);
}

SWIFT void unlock_slow(SELF void *mutex) {
    notify("__tsan_release", mutex);
    ((Unlock)dlsym(RTLD_NEXT, UNLOCK))(mutex);
}
