/* Waits until an absolute moment.
 *
 * The caller names the moment in lab time; the kernel compares it with its own clocks, so it must be turned back. For
 * sleeps, semaphores and condition variables the wait is also cut into slices, and each slice turns the deadline back
 * anew: a jump past the deadline ends the wait as the deadline would, a jump backwards makes it longer. No EINTR is
 * needed here, for what these calls promise is in terms of the clock.
 *
 * Locks with a time limit are turned back only. What they wait for is another thread, not a moment.
 */
#include "clockshim.h"

#include <errno.h>
#include <stdlib.h>

/* A deadline before the epoch is long past, but the kernel calls a negative one invalid and takes zero to disarm a
 * timer: hence one nanosecond. An invalid deadline is left for libc to refuse. */
static struct timespec turned_back(clockid_t clock, const struct timespec *lab_deadline) {
    const time_t as_good_as_never = INT64_MAX / 2; /* the largest time_t is a common "for ever"; don't overflow it */
    if (lab_deadline->tv_nsec < 0 || lab_deadline->tv_nsec >= NS_PER_S || lab_deadline->tv_sec > as_good_as_never)
        return *lab_deadline;
    struct timespec real = add_ns(*lab_deadline, -ahead_ns(clock));
    if (real.tv_sec < 0)
        real = (struct timespec){.tv_nsec = 1};
    return real;
}

/* The end of the next slice, or the deadline if that comes first. */
struct slice {
    struct timespec until; /* real time */
    bool is_last;
};

static struct slice slice_before(clockid_t clock, const struct timespec *lab_deadline, int64_t slice_ns) {
    struct slice slice = {.until = turned_back(clock, lab_deadline), .is_last = true};
    if (!clock_is_shifted() || slice.until.tv_nsec < 0 || slice.until.tv_nsec >= NS_PER_S)
        return slice;
    struct timespec next_look = from_ns(real_ns(clock) + slice_ns);
    if (slice.until.tv_sec > next_look.tv_sec ||
        (slice.until.tv_sec == next_look.tv_sec && slice.until.tv_nsec > next_look.tv_nsec)) {
        slice.until = next_look;
        slice.is_last = false;
    }
    return slice;
}

/* Nobody waits on a thread before the constructors have run; should someone, the functions are looked for now. There
 * is no system call to fall back on. */
static void need_libc(void) {
    if (__builtin_expect(libc.pthread_cond_clockwait == NULL, 0))
        find_libc_functions();
}

/* ---- sleeping ---- */

INTERPOSED int clock_nanosleep(clockid_t clock, int flags, const struct timespec *request, struct timespec *left) {
    need_libc();
    if (!(flags & TIMER_ABSTIME)) /* a duration is real */
        return libc.clock_nanosleep(clock, flags, request, left);
    for (int64_t slice_ns = FIRST_SLICE_NS;; slice_ns = next_slice_ns(slice_ns)) {
        struct slice slice = slice_before(clock, request, slice_ns);
        int problem = libc.clock_nanosleep(clock, flags, &slice.until, left);
        if (problem != 0 || slice.is_last)
            return problem;
    }
}

/* A timerfd doesn't tell its clock, but wall clock and monotonic clock are decades apart: the nearer one is meant. */
static clockid_t clock_near(const struct timespec *lab_moment) {
    int64_t s_from_wall_clock = lab_moment->tv_sec - (real_ns(CLOCK_REALTIME) + ahead_ns(CLOCK_REALTIME)) / NS_PER_S;
    int64_t s_from_monotonic = lab_moment->tv_sec - (real_ns(CLOCK_MONOTONIC) + ahead_ns(CLOCK_MONOTONIC)) / NS_PER_S;
    return llabs(s_from_wall_clock) < llabs(s_from_monotonic) ? CLOCK_REALTIME : CLOCK_MONOTONIC;
}

/* Armed once with the deadline turned back; a later jump doesn't move it. */
INTERPOSED int timerfd_settime(int fd, int flags, const struct itimerspec *new_value, struct itimerspec *old_value) {
    need_libc();
    struct itimerspec real = *new_value;
    bool disarms = real.it_value.tv_sec == 0 && real.it_value.tv_nsec == 0;
    if ((flags & TFD_TIMER_ABSTIME) && !disarms)
        real.it_value = turned_back(clock_near(&new_value->it_value), &new_value->it_value);
    return libc.timerfd_settime(fd, flags, &real, old_value);
}

/* ---- semaphores ---- */

INTERPOSED int sem_clockwait(sem_t *restrict sem, clockid_t clock, const struct timespec *restrict lab_deadline) {
    need_libc();
    int saved_errno = errno;
    for (int64_t slice_ns = FIRST_SLICE_NS;; slice_ns = next_slice_ns(slice_ns)) {
        struct slice slice = slice_before(clock, lab_deadline, slice_ns);
        int result = libc.sem_clockwait(sem, clock, &slice.until);
        if (result == 0 || errno != ETIMEDOUT || slice.is_last)
            return result;
        errno = saved_errno; /* a later slice may succeed */
    }
}

INTERPOSED int sem_timedwait(sem_t *restrict sem, const struct timespec *restrict lab_deadline) {
    return sem_clockwait(sem, CLOCK_REALTIME, lab_deadline);
}

/* ---- condition variables ---- */

/* One slice, and then back to the caller with 0, a spurious wake-up. Going on to wait in here would lose wake-ups: a
 * signal sent after the slice's end, while the mutex was being taken back, reaches nobody, and only the caller can
 * see that its condition has become true. */
INTERPOSED int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
                                      const struct timespec *lab_deadline) {
    need_libc();
    struct slice slice = slice_before(clock, lab_deadline, LONGEST_SLICE_NS);
    int problem = libc.pthread_cond_clockwait(cond, mutex, clock, &slice.until);
    return problem == ETIMEDOUT && !slice.is_last ? 0 : problem;
}

/* The clock that the variable was initialised with; glibc (since 2.25) keeps it in this bit and offers no function to
 * ask for it. A test waits on variables of both clocks. */
static clockid_t clock_of(const pthread_cond_t *cond) {
    const unsigned on_monotonic_clock = 2;
    return cond->__data.__wrefs & on_monotonic_clock ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

INTERPOSED int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                                      const struct timespec *restrict lab_deadline) {
    return pthread_cond_clockwait(cond, mutex, clock_of(cond), lab_deadline);
}

/* C11's names for the same. glibc's types are the POSIX ones under another name, its result codes are not. */
static int c11_result(int problem) {
    switch (problem) {
    case 0: return thrd_success;
    case ETIMEDOUT: return thrd_timedout;
    default: return thrd_error;
    }
}

INTERPOSED int cnd_timedwait(cnd_t *restrict cond, mtx_t *restrict mutex,
                             const struct timespec *restrict lab_deadline) {
    return c11_result(pthread_cond_timedwait((pthread_cond_t *)cond, (pthread_mutex_t *)mutex, lab_deadline));
}

/* ---- locks ---- */

INTERPOSED int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *lab_deadline) {
    need_libc();
    struct timespec real = turned_back(clock, lab_deadline);
    return libc.pthread_mutex_clocklock(mutex, clock, &real);
}

INTERPOSED int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict lab_deadline) {
    return pthread_mutex_clocklock(mutex, CLOCK_REALTIME, lab_deadline);
}

INTERPOSED int mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict lab_deadline) {
    return c11_result(pthread_mutex_timedlock((pthread_mutex_t *)mutex, lab_deadline));
}

INTERPOSED int pthread_rwlock_clockrdlock(pthread_rwlock_t *restrict lock, clockid_t clock,
                                          const struct timespec *restrict lab_deadline) {
    need_libc();
    struct timespec real = turned_back(clock, lab_deadline);
    return libc.pthread_rwlock_clockrdlock(lock, clock, &real);
}

INTERPOSED int pthread_rwlock_timedrdlock(pthread_rwlock_t *restrict lock,
                                          const struct timespec *restrict lab_deadline) {
    return pthread_rwlock_clockrdlock(lock, CLOCK_REALTIME, lab_deadline);
}

INTERPOSED int pthread_rwlock_clockwrlock(pthread_rwlock_t *restrict lock, clockid_t clock,
                                          const struct timespec *restrict lab_deadline) {
    need_libc();
    struct timespec real = turned_back(clock, lab_deadline);
    return libc.pthread_rwlock_clockwrlock(lock, clock, &real);
}

INTERPOSED int pthread_rwlock_timedwrlock(pthread_rwlock_t *restrict lock,
                                          const struct timespec *restrict lab_deadline) {
    return pthread_rwlock_clockwrlock(lock, CLOCK_REALTIME, lab_deadline);
}
