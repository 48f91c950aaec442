/* The lab's clock: a preload library that lets a server live in lab time.
 *
 *   CHAINDRILL_CLOCK=FILE   three native 64-bit integers, nanoseconds (struct lab_clock): lab time minus real time;
 *                           where the wall clock stands still, 0 while it runs; how far it has fallen behind by that
 *   CHAINDRILL_SKEW=FILE    one: added on top, one host's clock being wrong
 *
 * Both files are mapped, shared and read-only, when the process starts, so a jump of all servers is one 8-byte store
 * by whoever owns the file. Make it a store through a mapping: a write(2) of eight bytes need not be seen as one. Never
 * truncate the file: the servers would die of SIGBUS. Between two stores lab time runs as fast as real time.
 *
 * A variable that is not set is an offset of 0. A variable that names a file which can't be mapped ends the process
 * with status 70 (EX_SOFTWARE): a server that silently runs on real time would make a drill's verdict wrong, and
 * nobody would know.
 *
 * clockshim.c    the clocks, and receive time stamps
 * waits.c        epoll, poll, select: come back early when time jumps
 * deadlines.c    waits until a moment: the moment is lab time, the kernel wants real time
 *
 * All lab clocks, the monotonic ones too, are moved by the same offset. Servers hold their timers on the monotonic
 * clock (libuv, libevent, tokio), so with wall-clock time alone moved no timer would fire after a jump. The monotonic
 * ones are ten years further ahead besides: they start near zero when the machine boots, and on a fresh one an offset
 * of minus three days would make them negative. libuv holds time unsigned; to it, coming back up through zero is a
 * leap backwards by centuries, after which no timer fires.
 *
 * The wall clock can be made to stand still, so that caches, which count by it, are asked in one and the same second
 * however busy the machine is. The monotonic clocks run on: a server that waits for an answer still gives up in time,
 * and one that starts comes up. Whoever owns the file lets it go on by storing the lag first and then the 0: at each
 * moment between the two stores a reader sees the time at which it stands.
 *
 * Nothing here allocates, and nothing takes a lock after the constructor, so what libc allows in a signal handler or
 * in a forked child is allowed with the shim too.
 *
 * What it can't reach: statically linked programs and Go (they ask the kernel themselves), and waits through a raw
 * futex(2) (Rust's park_timeout and Condvar::wait_timeout) or on a timerfd, which a jump doesn't wake. So don't trust
 * that a server follows: see whether it does.
 *
 * File times are left alone, for named needs no help with them. It doesn't compare a zone file with its clock, but with
 * the file's own modification time at the last load, so real stamps do among themselves. A secondary stamps its saved
 * zone with utimes() from its clock, so that SOA expire runs in lab time across a restart. Shifting stat() instead
 * would make every file look newer after each jump. One rule follows: never stamp a zone file with lab time by hand, or
 * the next ordinary edit looks older, and `rndc reload` says "up-to-date" and loads nothing.
 */
#include "clockshim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXIT_NO_CLOCK 70

struct libc_functions libc;

struct lab_clock {
    int64_t offset;
    int64_t standstill;
    int64_t lag;
};

static const struct lab_clock real_time = {0};
static const struct lab_clock *lab_clock = &real_time;
static const int64_t *host_skew = &real_time.offset;
static bool files_mapped;

/* The offset this thread last knew. Initial-exec: reaching it must never allocate. */
static __thread int64_t known_offset __attribute__((tls_model("initial-exec")));
static __thread bool offset_known __attribute__((tls_model("initial-exec")));

/* Says what is wrong with write(2) alone: stdio may not be usable yet. */
static _Noreturn void refuse_to_run(const char *variable, const char *path, const char *problem) {
    const char *const words[] = {"clockshim: ", variable, "=", path, ": ", problem,
                                 "; refusing to run on real time in its place\n"};
    char line[1024];
    size_t length = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (const char *c = words[i]; *c != '\0' && length < sizeof line - 1; c++)
            line[length++] = *c;
    line[length - 1] = '\n';
    ssize_t written = write(STDERR_FILENO, line, length);
    (void)written;
    _exit(EXIT_NO_CLOCK);
}

static const void *map_file(const char *variable, size_t size) {
    const char *path = getenv(variable);
    if (path == NULL)
        return &real_time;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        refuse_to_run(variable, path, strerrordesc_np(errno));
    struct stat file;
    if (fstat(fd, &file) != 0)
        refuse_to_run(variable, path, strerrordesc_np(errno));
    if (file.st_size < (off_t)size) /* reading beyond its end would be SIGBUS, later */
        refuse_to_run(variable, path, "shorter than what it is to hold");
    void *page = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        refuse_to_run(variable, path, strerrordesc_np(errno));
    close(fd);
    return page;
}

/* Needs nothing but system calls and the environment, so it works before the shim's own constructor: other libraries'
 * come first, and they shall see lab time too (jemalloc's, for one, reads the clock). Even earlier, in a program's
 * preinit functions, libc has no environment yet. What was asked for can't be known then, so it isn't decided. */
static void map_files(void) {
    if (environ == NULL)
        return;
    int saved_errno = errno;
    host_skew = map_file("CHAINDRILL_SKEW", sizeof *host_skew);
    lab_clock = map_file("CHAINDRILL_CLOCK", sizeof *lab_clock);
    files_mapped = true;
    errno = saved_errno;
}

/* pthread_cond_timedwait has two versions in glibc, and dlsym might find the old one, with another layout of the
 * variable. The clockwait forms came with glibc 2.30 and have one version only; they stand in for the timedwait forms
 * everywhere. */
void find_libc_functions(void) {
#define FIND(name) libc.name = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
    FIND(clock_gettime);
    FIND(timespec_get);
    FIND(setsockopt);
    FIND(epoll_pwait);
    FIND(epoll_pwait2);
    FIND(ppoll);
    FIND(pselect);
    FIND(clock_nanosleep);
    FIND(timerfd_settime);
    FIND(sem_clockwait);
    FIND(pthread_cond_clockwait);
    FIND(pthread_mutex_clocklock);
    FIND(pthread_rwlock_clockrdlock);
    FIND(pthread_rwlock_clockwrlock);
#undef FIND
}

__attribute__((constructor)) static void start(void) {
    if (!files_mapped)
        map_files();
    find_libc_functions();
}

static int64_t skew_ns(void) { return __atomic_load_n(host_skew, __ATOMIC_RELAXED); }

int64_t offset_ns(void) {
    if (__builtin_expect(!files_mapped, 0)) {
        map_files();
        if (!files_mapped)
            return 0;
    }
    int64_t offset = __atomic_load_n(&lab_clock->offset, __ATOMIC_RELAXED) + skew_ns();
    /* A thread knows the offset from its first look at the clock on. Were it from its first wait on, a jump between
     * the two would go unnoticed: it has computed that wait's time-out from the old time. */
    if (__builtin_expect(!offset_known, 0)) {
        known_offset = offset;
        offset_known = true;
    }
    return offset;
}

/* Asked for by the waits only, not by the clock functions. A server may read the clock (to log, say) between computing
 * a time-out and waiting for it; the jump in between must still cut that wait short. */
bool jump_noticed(void) {
    int64_t offset = offset_ns();
    bool jumped = offset != known_offset;
    known_offset = offset;
    return jumped;
}

bool clock_is_shifted(void) { return lab_clock != &real_time || host_skew != &real_time.offset; }

static bool is_wall_clock(clockid_t clock) {
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_REALTIME_ALARM ||
           clock == CLOCK_TAI;
}

/* Where the wall clock stands on this host; 0 while it runs. Acquire: the lag stored before the 0 is seen with it. */
static int64_t standstill_ns(void) {
    int64_t standstill = __atomic_load_n(&lab_clock->standstill, __ATOMIC_ACQUIRE);
    return standstill == 0 ? 0 : standstill + skew_ns();
}

int64_t ahead_ns(clockid_t clock) {
    const int64_t ten_years_ns = INT64_C(3650) * 86400 * NS_PER_S;
    if (is_wall_clock(clock)) {
        int64_t offset = offset_ns(); /* first: it may be what maps the files */
        int64_t standstill = standstill_ns();
        if (standstill != 0)
            return standstill - real_ns(CLOCK_REALTIME);
        return offset - __atomic_load_n(&lab_clock->lag, __ATOMIC_RELAXED);
    }
    switch (clock) {
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM: {
        int64_t offset = offset_ns(); /* first: it may be what maps the files */
        return clock_is_shifted() ? offset + ten_years_ns : offset;
    }
    default:
        return 0;
    }
}

struct timespec add_ns(struct timespec when, int64_t ns) {
    when.tv_sec += ns / NS_PER_S;
    when.tv_nsec += ns % NS_PER_S;
    if (when.tv_nsec < 0) {
        when.tv_nsec += NS_PER_S;
        when.tv_sec--;
    } else if (when.tv_nsec >= NS_PER_S) {
        when.tv_nsec -= NS_PER_S;
        when.tv_sec++;
    }
    return when;
}

/* libc's function rather than the system call, whenever it is there: it is the vDSO's, ten times as fast. */
static int real_clock_gettime(clockid_t clock, struct timespec *now) {
    if (__builtin_expect(libc.clock_gettime != NULL, 1))
        return libc.clock_gettime(clock, now);
    return (int)syscall(SYS_clock_gettime, clock, now);
}

int64_t real_ns(clockid_t clock) {
    struct timespec now = {0};
    real_clock_gettime(clock, &now);
    return to_ns(&now);
}

INTERPOSED int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = real_clock_gettime(clock, now);
    if (result != 0)
        return result;
    int64_t ahead = ahead_ns(clock);
    int64_t standstill = is_wall_clock(clock) ? standstill_ns() : 0;
    /* To the nanosecond where it stands: a whole second less one would be the second before. */
    *now = standstill != 0 ? from_ns(standstill) : add_ns(*now, ahead);
    return result;
}

INTERPOSED int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    if (zone != NULL)
        memset(zone, 0, sizeof(struct timezone));
    return 0;
}

/* From the coarse clock, like the kernel's own time(): up to one tick behind the precise one. */
INTERPOSED time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (result != NULL)
        *result = now.tv_sec;
    return now.tv_sec;
}

INTERPOSED int timespec_get(struct timespec *now, int base) {
    enum { UTC = 1, MONOTONIC = 2 }; /* C23's TIME_MONOTONIC is missing from older headers */
    if (base == UTC)
        return clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
    if (libc.timespec_get == NULL)
        return 0;
    int result = libc.timespec_get(now, base);
    if (result == MONOTONIC)
        *now = add_ns(*now, ahead_ns(CLOCK_MONOTONIC));
    return result;
}

/* The kernel stamps datagrams with real time. PowerDNS Recursor compares the stamps with its clock and drops every
 * query as too old; without a stamp it takes the clock. So say yes, and don't turn them on. */
INTERPOSED int setsockopt(int fd, int level, int option, const void *value, socklen_t length) {
    if (level == SOL_SOCKET && (option == SO_TIMESTAMP || option == SO_TIMESTAMPNS) && clock_is_shifted())
        return 0;
    if (__builtin_expect(libc.setsockopt != NULL, 1))
        return libc.setsockopt(fd, level, option, value, length);
    return (int)syscall(SYS_setsockopt, fd, level, option, value, length);
}
