/* What the shim's own files share. Nothing in here is visible outside clockshim.so. */
#ifndef CLOCKSHIM_H
#define CLOCKSHIM_H

/* A distribution that compiles with fortification by default turns poll and its like into inline wrappers, which could
 * then not be defined here. */
#undef _FORTIFY_SOURCE
#define _GNU_SOURCE

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <threads.h>
#include <time.h>

_Static_assert(sizeof(void *) == 8 && sizeof(time_t) == 8, "the offset is read with one 64-bit load");

/* The Makefile hides every symbol; only what is marked so takes a libc function's place. */
#define INTERPOSED __attribute__((visibility("default")))

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

/* A thread that waits looks up after 10 ms, then 20 ms, then every 30 ms, to see whether time has jumped. Short first,
 * because in a rehearsal one jump follows another at once; long later, because in a standing lab every server is
 * idle. */
#define FIRST_SLICE_NS (10 * NS_PER_MS)
#define SLICE_STEP_NS (10 * NS_PER_MS)
#define LONGEST_SLICE_NS (30 * NS_PER_MS)

/* libc's own functions; each is NULL until the shim's constructor has run. */
struct libc_functions {
    __typeof__(clock_gettime) *clock_gettime;
    __typeof__(timespec_get) *timespec_get;
    __typeof__(setsockopt) *setsockopt;
    __typeof__(epoll_pwait) *epoll_pwait;
    __typeof__(epoll_pwait2) *epoll_pwait2;
    __typeof__(ppoll) *ppoll;
    __typeof__(pselect) *pselect;
    __typeof__(clock_nanosleep) *clock_nanosleep;
    __typeof__(timerfd_settime) *timerfd_settime;
    __typeof__(sem_clockwait) *sem_clockwait;
    __typeof__(pthread_cond_clockwait) *pthread_cond_clockwait;
    __typeof__(pthread_mutex_clocklock) *pthread_mutex_clocklock;
    __typeof__(pthread_rwlock_clockrdlock) *pthread_rwlock_clockrdlock;
    __typeof__(pthread_rwlock_clockwrlock) *pthread_rwlock_clockwrlock;
};
extern struct libc_functions libc;

/* Fills `libc`. The constructor does it; a thread function called even earlier does it itself. */
void find_libc_functions(void);

/* Nanoseconds of lab time ahead of real time, at this moment. */
int64_t offset_ns(void);

/* False when neither file was asked for: then every call goes straight through. */
bool clock_is_shifted(void);

/* Nanoseconds to add to a clock's real time; 0 for the processor-time clocks, which stay real. */
int64_t ahead_ns(clockid_t clock);

/* True once per thread and jump: the offset is no longer the one that this thread's last wait knew. */
bool jump_noticed(void);

/* Real time of a clock, whatever the offset. */
int64_t real_ns(clockid_t clock);

struct timespec add_ns(struct timespec when, int64_t ns);

static inline int64_t to_ns(const struct timespec *t) { return t->tv_sec * NS_PER_S + t->tv_nsec; }

static inline struct timespec from_ns(int64_t ns) {
    return (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
}

static inline int64_t next_slice_ns(int64_t slice_ns) {
    return slice_ns < LONGEST_SLICE_NS ? slice_ns + SLICE_STEP_NS : slice_ns;
}

#endif
