/* Waits for events with a relative time-out: epoll, poll, select and their variants.
 *
 * The time-out stays real: "two seconds for this answer" are two real seconds, for the network is real. But a server
 * that sleeps until its next timer computed the sleep from lab time, and a jump makes it wrong. So each wait is cut
 * into slices, and when the offset has changed the call fails with EINTR, as after a signal. All of them do the same,
 * for the same reason: EINTR is the one result that claims nothing. Zero would claim that the time-out has passed,
 * which with an unlimited wait can't be (libuv asserts it). Event loops then read the clock again and run what is due;
 * programs that know nothing of jumps handle EINTR already, for signals.
 *
 * A signal that arrives in the microsecond between two slices is handled but doesn't end the wait. Programs that must
 * not miss one block it and use the forms with a signal mask, where the kernel holds it for the next slice.
 */
#include "clockshim.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FOREVER INT64_MAX

/* The size of a signal set as the kernel counts it, for direct system calls. */
#define KERNEL_SIGSET_BYTES 8

/* One real wait of at most `ns`, or without end for FOREVER; returns what the real call returns. */
typedef int wait_once(const void *call, int64_t ns);

static int wait_in_slices(wait_once *wait_once, const void *call, int64_t timeout_ns) {
    if (timeout_ns == 0 || !clock_is_shifted())
        return wait_once(call, timeout_ns);

    if (jump_noticed()) { /* since this thread's last wait: this time-out may be computed from the old time */
        int ready = wait_once(call, 0);
        if (ready == 0) {
            errno = EINTR;
            ready = -1;
        }
        return ready;
    }

    int64_t slice_ns = FIRST_SLICE_NS;
    int64_t left_ns = timeout_ns;
    int64_t end_ns = 0; /* read the clock only if one slice isn't enough */
    if (timeout_ns > slice_ns && timeout_ns != FOREVER)
        end_ns = real_ns(CLOCK_MONOTONIC) + timeout_ns;
    for (;;) {
        bool is_last = left_ns <= slice_ns;
        int ready = wait_once(call, is_last ? left_ns : slice_ns);
        if (ready != 0)
            return ready;
        bool jumped = jump_noticed();
        if (is_last)
            return 0;
        if (jumped) {
            errno = EINTR;
            return -1;
        }
        slice_ns = next_slice_ns(slice_ns);
        if (timeout_ns != FOREVER) {
            left_ns = end_ns - real_ns(CLOCK_MONOTONIC);
            if (left_ns < 0)
                left_ns = 0;
        }
    }
}

static int64_t ns_from_ms(int ms) { return ms < 0 ? FOREVER : ms * NS_PER_MS; }

/* Far-off time-outs are as good as none, and can't overflow. */
static int64_t ns_from_timespec(const struct timespec *timeout) {
    if (timeout == NULL || timeout->tv_sec > FOREVER / NS_PER_S / 4)
        return FOREVER;
    return to_ns(timeout);
}

static bool is_valid(const struct timespec *timeout) {
    return timeout == NULL || (timeout->tv_sec >= 0 && timeout->tv_nsec >= 0 && timeout->tv_nsec < NS_PER_S);
}

/* ---- epoll ---- */

struct epoll_call {
    int fd;
    struct epoll_event *events;
    int max_events;
    const sigset_t *mask;
};

/* In milliseconds, rounded up so as never to end early: the call with nanoseconds needs Linux 5.11. */
static int epoll_once(const void *call, int64_t ns) {
    const struct epoll_call *c = call;
    int ms = ns == FOREVER ? -1 : (int)((ns + NS_PER_MS - 1) / NS_PER_MS);
    if (libc.epoll_pwait != NULL)
        return libc.epoll_pwait(c->fd, c->events, c->max_events, ms, c->mask);
    return (int)syscall(SYS_epoll_pwait, c->fd, c->events, c->max_events, ms, c->mask, KERNEL_SIGSET_BYTES);
}

INTERPOSED int epoll_pwait(int fd, struct epoll_event *events, int max_events, int timeout_ms,
                           const sigset_t *mask) {
    const struct epoll_call call = {fd, events, max_events, mask};
    return wait_in_slices(epoll_once, &call, ns_from_ms(timeout_ms));
}

INTERPOSED int epoll_wait(int fd, struct epoll_event *events, int max_events, int timeout_ms) {
    return epoll_pwait(fd, events, max_events, timeout_ms, NULL);
}

static int epoll_precisely_once(const void *call, int64_t ns) {
    const struct epoll_call *c = call;
    struct timespec limit = from_ns(ns);
    const struct timespec *timeout = ns == FOREVER ? NULL : &limit;
    if (libc.epoll_pwait2 != NULL)
        return libc.epoll_pwait2(c->fd, c->events, c->max_events, timeout, c->mask);
    return (int)syscall(SYS_epoll_pwait2, c->fd, c->events, c->max_events, timeout, c->mask, KERNEL_SIGSET_BYTES);
}

INTERPOSED int epoll_pwait2(int fd, struct epoll_event *events, int max_events, const struct timespec *timeout,
                            const sigset_t *mask) {
    if (!is_valid(timeout)) {
        errno = EINVAL;
        return -1;
    }
    const struct epoll_call call = {fd, events, max_events, mask};
    return wait_in_slices(epoll_precisely_once, &call, ns_from_timespec(timeout));
}

/* ---- poll ---- */

struct poll_call {
    struct pollfd *fds;
    nfds_t count;
    const sigset_t *mask;
};

static int poll_once(const void *call, int64_t ns) {
    const struct poll_call *c = call;
    struct timespec limit = from_ns(ns);
    struct timespec *timeout = ns == FOREVER ? NULL : &limit;
    if (libc.ppoll != NULL)
        return libc.ppoll(c->fds, c->count, timeout, c->mask);
    return (int)syscall(SYS_ppoll, c->fds, c->count, timeout, c->mask, KERNEL_SIGSET_BYTES);
}

INTERPOSED int poll(struct pollfd *fds, nfds_t count, int timeout_ms) {
    const struct poll_call call = {fds, count, NULL};
    return wait_in_slices(poll_once, &call, ns_from_ms(timeout_ms));
}

INTERPOSED int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
    if (!is_valid(timeout)) {
        errno = EINVAL;
        return -1;
    }
    const struct poll_call call = {fds, count, mask};
    return wait_in_slices(poll_once, &call, ns_from_timespec(timeout));
}

/* What fortified programs call. The check itself is no business of the lab's. */
INTERPOSED int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t bytes) {
    (void)bytes;
    return poll(fds, count, timeout_ms);
}

INTERPOSED int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
                           size_t bytes) {
    (void)bytes;
    return ppoll(fds, count, timeout, mask);
}

/* ---- select ---- */

struct select_call {
    int count;
    fd_set *sets[3];     /* the caller's */
    fd_set requested[3]; /* a slice that ends without an event empties the caller's; this fills them again */
    size_t bytes;
    const sigset_t *mask;
};

static void restore_sets(const struct select_call *c) {
    for (int i = 0; i < 3; i++)
        if (c->sets[i] != NULL)
            memcpy(c->sets[i], &c->requested[i], c->bytes);
}

static int pselect_now(const struct select_call *c, int64_t ns) {
    struct timespec limit = from_ns(ns);
    struct timespec *timeout = ns == FOREVER ? NULL : &limit;
    if (libc.pselect != NULL)
        return libc.pselect(c->count, c->sets[0], c->sets[1], c->sets[2], timeout, c->mask);
    struct {
        const sigset_t *mask;
        size_t bytes;
    } mask = {c->mask, KERNEL_SIGSET_BYTES};
    return (int)syscall(SYS_pselect6, c->count, c->sets[0], c->sets[1], c->sets[2], timeout, &mask);
}

static int select_once(const void *call, int64_t ns) {
    restore_sets(call);
    return pselect_now(call, ns);
}

static int select_in_slices(int count, fd_set *sets[3], int64_t timeout_ns, const sigset_t *mask) {
    struct select_call call = {.count = count, .sets = {sets[0], sets[1], sets[2]}, .mask = mask};
    if (count < 0 || count > FD_SETSIZE) /* larger sets than libc knows: real, and in one piece */
        return pselect_now(&call, timeout_ns);
    call.bytes = (size_t)(count + 63) / 64 * 8;
    for (int i = 0; i < 3; i++)
        if (sets[i] != NULL)
            memcpy(&call.requested[i], sets[i], call.bytes);
    int ready = wait_in_slices(select_once, &call, timeout_ns);
    if (ready < 0) /* a failed call leaves the sets alone */
        restore_sets(&call);
    return ready;
}

INTERPOSED int pselect(int count, fd_set *restrict read, fd_set *restrict write, fd_set *restrict except,
                       const struct timespec *restrict timeout, const sigset_t *restrict mask) {
    if (!is_valid(timeout)) {
        errno = EINVAL;
        return -1;
    }
    return select_in_slices(count, (fd_set *[3]){read, write, except}, ns_from_timespec(timeout), mask);
}

/* Like Linux's, it leaves in `timeout` what was not slept, on a jump too: callers who go on waiting rely on it. */
INTERPOSED int select(int count, fd_set *restrict read, fd_set *restrict write, fd_set *restrict except,
                      struct timeval *restrict timeout) {
    int64_t timeout_ns = FOREVER;
    if (timeout != NULL) {
        if (timeout->tv_sec < 0 || timeout->tv_usec < 0) {
            errno = EINVAL;
            return -1;
        }
        if (timeout->tv_sec < FOREVER / NS_PER_S / 4)
            timeout_ns = timeout->tv_sec * NS_PER_S + timeout->tv_usec * 1000;
    }
    if (timeout_ns == FOREVER || timeout_ns == 0)
        return select_in_slices(count, (fd_set *[3]){read, write, except}, timeout_ns, NULL);

    int64_t end_ns = real_ns(CLOCK_MONOTONIC) + timeout_ns;
    int ready = select_in_slices(count, (fd_set *[3]){read, write, except}, timeout_ns, NULL);
    int64_t left_ns = end_ns - real_ns(CLOCK_MONOTONIC);
    if (left_ns < 0)
        left_ns = 0;
    timeout->tv_sec = left_ns / NS_PER_S;
    timeout->tv_usec = left_ns % NS_PER_S / 1000;
    return ready;
}
