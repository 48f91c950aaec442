/* Shows what a program sees under the clock shim. For tests, inside the image or on the host.
 *
 *   clockprobe clocks                                every clock, as "NAME NANOSECONDS" lines; then errno, which nobody
 *                                                    may have touched ("errno 1234")
 *   clockprobe early-clock                           the clock before libc itself had started, and now
 *   clockprobe forked-clocks                         `clocks`, in a forked child
 *   clockprobe wait KIND MS [jump NS AFTER_MS | signal AFTER_MS]
 *                                                    waits MS (-1: for ever, where the call can), meanwhile a child
 *                                                    process adds NS to the file CHAINDRILL_CLOCK names, or sends a
 *                                                    signal; prints the call's result, its errno and how long it took
 *   clockprobe jump NS                               adds NS to the file CHAINDRILL_CLOCK names
 *   clockprobe stale-wait KIND MS NS                 the jump comes between reading the clock and waiting
 *   clockprobe ready KIND                            waits for something that has already happened
 *   clockprobe late-signal                           how long a condition variable's waiter misses a signal that
 *                                                    comes while it takes back the mutex (110 ms: not at all)
 *   clockprobe timestamps                            whether datagrams get receive time stamps
 *   clockprobe bench N                               nanoseconds per clock_gettime, over N calls
 *
 * KIND: see `kinds` below. Durations are measured by direct system calls, which no shim reaches.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

static _Noreturn void die(const char *what) {
    perror(what);
    exit(2);
}

static int64_t to_ns(struct timespec t) { return t.tv_sec * NS_PER_S + t.tv_nsec; }

static struct timespec from_ns(int64_t ns) {
    return (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
}

static int64_t lab_ns(clockid_t clock) {
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        die("clock_gettime");
    return to_ns(now);
}

static int64_t real_ns(clockid_t clock) {
    struct timespec now;
    if (syscall(SYS_clock_gettime, clock, &now) != 0)
        die("SYS_clock_gettime");
    return to_ns(now);
}

static void sleep_really(int64_t ms) {
    struct timespec left = from_ns(ms * NS_PER_MS);
    while (syscall(SYS_nanosleep, &left, &left) != 0)
        ;
}

/* ---- clocks ---- */

static const struct {
    const char *name;
    clockid_t id;
} clocks[] = {
    {"realtime", CLOCK_REALTIME},           {"realtime_coarse", CLOCK_REALTIME_COARSE},
    {"tai", CLOCK_TAI},                     {"monotonic", CLOCK_MONOTONIC},
    {"monotonic_raw", CLOCK_MONOTONIC_RAW}, {"monotonic_coarse", CLOCK_MONOTONIC_COARSE},
    {"boottime", CLOCK_BOOTTIME},           {"process_cputime", CLOCK_PROCESS_CPUTIME_ID},
};

/* Beside each clock what it really says, so that a reader needs no clock of his own. */
static void show_clocks(void) {
    errno = 1234;
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++)
        printf("%s %jd\nreal_%s %jd\n", clocks[i].name, (intmax_t)lab_ns(clocks[i].id), clocks[i].name,
               (intmax_t)real_ns(clocks[i].id));
    struct timeval tv;
    gettimeofday(&tv, NULL);
    printf("gettimeofday %jd\n", (intmax_t)(tv.tv_sec * NS_PER_S + tv.tv_usec * 1000));
    struct timespec ts;
    timespec_get(&ts, TIME_UTC);
    printf("timespec_get %jd\n", (intmax_t)to_ns(ts));
    printf("time %jd\n", (intmax_t)(time(NULL) * NS_PER_S));
    printf("errno %d\n", errno);
}

static struct timespec earliest;

/* The dynamic linker calls a program's preinit functions before any library's constructor. */
static void look_early(void) { clock_gettime(CLOCK_REALTIME, &earliest); }
__attribute__((section(".preinit_array"), used)) static void (*preinit)(void) = look_early;

static void show_early_clock(void) {
    printf("early %jd\nrealtime %jd\n", (intmax_t)to_ns(earliest), (intmax_t)lab_ns(CLOCK_REALTIME));
}

static void show_forked_clocks(void) {
    pid_t child = fork();
    if (child == 0) {
        show_clocks();
        fflush(stdout);
        _exit(0);
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0)
        die("forked child");
}

/* ---- waits: each prepares nothing to wait for, or something ready, and returns the call's own result ---- */

struct wait {
    int64_t timeout_ms;
    int readable_fd; /* an empty pipe's reading end, or a full one's */
    bool is_ready;
    int64_t began_ns;          /* real time, of the same moment as: */
    int64_t computed_at_ns[2]; /* lab REALTIME and MONOTONIC, from which the deadline is computed */
};

static struct timespec deadline(const struct wait *w, clockid_t clock) {
    return from_ns(w->computed_at_ns[clock == CLOCK_MONOTONIC] + w->timeout_ms * NS_PER_MS);
}

static struct timespec *relative(const struct wait *w, struct timespec *timeout) {
    *timeout = from_ns(w->timeout_ms * NS_PER_MS);
    return w->timeout_ms < 0 ? NULL : timeout;
}

static int epoll_on(const struct wait *w) {
    int fd = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    if (fd < 0 || epoll_ctl(fd, EPOLL_CTL_ADD, w->readable_fd, &event) != 0)
        die("epoll_ctl");
    return fd;
}

static int wait_epoll(const struct wait *w) {
    struct epoll_event event;
    return epoll_wait(epoll_on(w), &event, 1, (int)w->timeout_ms);
}

static int wait_epoll_pwait(const struct wait *w) {
    struct epoll_event event;
    return epoll_pwait(epoll_on(w), &event, 1, (int)w->timeout_ms, NULL);
}

static int wait_epoll_pwait2(const struct wait *w) {
    struct epoll_event event;
    struct timespec timeout;
    return epoll_pwait2(epoll_on(w), &event, 1, relative(w, &timeout), NULL);
}

static int wait_poll(const struct wait *w) {
    struct pollfd fd = {.fd = w->readable_fd, .events = POLLIN};
    return poll(&fd, 1, (int)w->timeout_ms);
}

static int wait_ppoll(const struct wait *w) {
    struct pollfd fd = {.fd = w->readable_fd, .events = POLLIN};
    struct timespec timeout;
    return ppoll(&fd, 1, relative(w, &timeout), NULL);
}

static int wait_select(const struct wait *w) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(w->readable_fd, &set);
    struct timeval timeout = {w->timeout_ms / 1000, w->timeout_ms % 1000 * 1000};
    int result = select(w->readable_fd + 1, &set, NULL, NULL, w->timeout_ms < 0 ? NULL : &timeout);
    int saved_errno = errno;
    printf("set %d\nleft_ms %jd\n", FD_ISSET(w->readable_fd, &set) != 0,
           (intmax_t)(timeout.tv_sec * 1000 + timeout.tv_usec / 1000));
    errno = saved_errno;
    return result;
}

static int wait_pselect(const struct wait *w) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(w->readable_fd, &set);
    struct timespec timeout;
    int result = pselect(w->readable_fd + 1, &set, NULL, NULL, relative(w, &timeout), NULL);
    int saved_errno = errno;
    printf("set %d\n", FD_ISSET(w->readable_fd, &set) != 0);
    errno = saved_errno;
    return result;
}

/* As programs do: go on waiting after a wake-up for which there is no reason. Prints how many there were. */
static int wait_on_cond(const struct wait *w, clockid_t cond_clock, bool say_clock) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, cond_clock);
    pthread_cond_t cond;
    pthread_cond_init(&cond, &attributes);
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    clockid_t clock = say_clock ? CLOCK_MONOTONIC : cond_clock;
    struct timespec until = deadline(w, clock);
    int spurious = 0, problem;
    pthread_mutex_lock(&mutex);
    while ((problem = say_clock ? pthread_cond_clockwait(&cond, &mutex, clock, &until)
                                : pthread_cond_timedwait(&cond, &mutex, &until)) == 0)
        spurious++;
    printf("spurious %d\n", spurious);
    errno = problem;
    return -1;
}

static int wait_cond(const struct wait *w) { return wait_on_cond(w, CLOCK_REALTIME, false); }
static int wait_cond_monotonic(const struct wait *w) { return wait_on_cond(w, CLOCK_MONOTONIC, false); }
static int wait_cond_clockwait(const struct wait *w) { return wait_on_cond(w, CLOCK_REALTIME, true); }

static int wait_sem(const struct wait *w) {
    sem_t sem;
    sem_init(&sem, 0, w->is_ready);
    struct timespec until = deadline(w, CLOCK_REALTIME);
    return sem_timedwait(&sem, &until);
}

static int wait_sem_clockwait(const struct wait *w) {
    sem_t sem;
    sem_init(&sem, 0, w->is_ready);
    struct timespec until = deadline(w, CLOCK_MONOTONIC);
    return sem_clockwait(&sem, CLOCK_MONOTONIC, &until);
}

static int wait_nanosleep(const struct wait *w) {
    struct timespec until = deadline(w, CLOCK_REALTIME);
    errno = clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL);
    return errno ? -1 : 0;
}

static int wait_nanosleep_monotonic(const struct wait *w) {
    struct timespec until = deadline(w, CLOCK_MONOTONIC);
    errno = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    return errno ? -1 : 0;
}

static int wait_nanosleep_relative(const struct wait *w) {
    struct timespec duration = from_ns(w->timeout_ms * NS_PER_MS);
    errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &duration, NULL);
    return errno ? -1 : 0;
}

static int wait_on_timerfd(const struct wait *w, clockid_t clock) {
    int fd = timerfd_create(clock, 0);
    struct itimerspec when = {.it_value = deadline(w, clock)};
    if (timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL) != 0)
        die("timerfd_settime");
    uint64_t expirations;
    return (int)read(fd, &expirations, sizeof expirations);
}

static int wait_timerfd(const struct wait *w) { return wait_on_timerfd(w, CLOCK_REALTIME); }
static int wait_timerfd_monotonic(const struct wait *w) { return wait_on_timerfd(w, CLOCK_MONOTONIC); }

static int wait_mutex(const struct wait *w) {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&mutex);
    struct timespec until = deadline(w, CLOCK_REALTIME);
    errno = pthread_mutex_timedlock(&mutex, &until);
    return errno ? -1 : 0;
}

static int wait_rwlock(const struct wait *w) {
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    pthread_rwlock_rdlock(&lock);
    struct timespec until = deadline(w, CLOCK_REALTIME);
    errno = pthread_rwlock_timedwrlock(&lock, &until);
    return errno ? -1 : 0;
}

static const struct kind {
    const char *name;
    int (*wait)(const struct wait *);
} kinds[] = {
    {"epoll", wait_epoll},
    {"epoll_pwait", wait_epoll_pwait},
    {"epoll_pwait2", wait_epoll_pwait2},
    {"poll", wait_poll},
    {"ppoll", wait_ppoll},
    {"select", wait_select},
    {"pselect", wait_pselect},
    {"cond", wait_cond},
    {"cond_monotonic", wait_cond_monotonic},
    {"cond_clockwait", wait_cond_clockwait},
    {"sem", wait_sem},
    {"sem_clockwait", wait_sem_clockwait},
    {"nanosleep", wait_nanosleep},
    {"nanosleep_monotonic", wait_nanosleep_monotonic},
    {"nanosleep_relative", wait_nanosleep_relative},
    {"timerfd", wait_timerfd},
    {"timerfd_monotonic", wait_timerfd_monotonic},
    {"mutex", wait_mutex},
    {"rwlock", wait_rwlock},
};

static const struct kind *kind_named(const char *name) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    fprintf(stderr, "clockprobe: no kind of wait is called %s\n", name);
    exit(2);
}

static void jump(int64_t ns) {
    const char *path = getenv("CHAINDRILL_CLOCK");
    int fd = path != NULL ? open(path, O_RDWR) : -1;
    if (fd < 0)
        die("CHAINDRILL_CLOCK");
    int64_t *offset = mmap(NULL, sizeof *offset, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (offset == MAP_FAILED)
        die("mmap");
    *offset += ns;
    munmap(offset, sizeof *offset);
    close(fd);
}

static struct wait prepare(int64_t timeout_ms, bool is_ready) {
    int ends[2];
    if (pipe(ends) != 0 || (is_ready && write(ends[1], "x", 1) != 1))
        die("pipe");
    return (struct wait){
        .timeout_ms = timeout_ms,
        .readable_fd = ends[0],
        .is_ready = is_ready,
        .began_ns = real_ns(CLOCK_MONOTONIC),
        .computed_at_ns = {lab_ns(CLOCK_REALTIME), lab_ns(CLOCK_MONOTONIC)},
    };
}

static void wait_and_report(const struct kind *kind, const struct wait *w) {
    errno = 0;
    int result = kind->wait(w);
    int problem = errno;
    printf("result %d\nerrno %s\nreal_ns %jd\n", result, problem ? strerrorname_np(problem) : "0",
           (intmax_t)(real_ns(CLOCK_MONOTONIC) - w->began_ns));
}

static volatile sig_atomic_t seconds_seen_by_handler;

static void handle_signal(int signal) {
    (void)signal;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    seconds_seen_by_handler = (sig_atomic_t)(now.tv_sec - time(NULL));
}

static void run_wait(int count, char **arguments) {
    struct sigaction action = {.sa_handler = handle_signal};
    sigaction(SIGUSR1, &action, NULL);
    seconds_seen_by_handler = -1;
    struct wait w = prepare(atoll(arguments[1]), false);
    pid_t helper = count > 2 ? fork() : -1;
    if (helper == 0) {
        if (strcmp(arguments[2], "jump") == 0 && count == 5) {
            sleep_really(atoll(arguments[4]));
            jump(atoll(arguments[3]));
        } else {
            sleep_really(atoll(arguments[3]));
            kill(getppid(), SIGUSR1);
        }
        _exit(0);
    }
    wait_and_report(kind_named(arguments[0]), &w);
    if (helper > 0)
        waitpid(helper, NULL, 0);
    printf("handler_off_by_s %d\n", (int)seconds_seen_by_handler);
}

static void run_stale_wait(char **arguments) {
    struct wait w = prepare(atoll(arguments[1]), false);
    jump(atoll(arguments[2]));
    lab_ns(CLOCK_MONOTONIC); /* as if to log; this look must not hide the jump from the wait */
    wait_and_report(kind_named(arguments[0]), &w);
}

/* ---- no wake-up may be lost ---- */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool is_set;
} late = {.mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};

/* Holds the mutex for longer than any slice before signalling: the waiter's slice runs out meanwhile, and when the
 * signal comes it is no longer waiting for one, but for the mutex. */
static void *signal_late(void *unused) {
    sleep_really(10);
    pthread_mutex_lock(&late.mutex);
    sleep_really(100);
    late.is_set = true;
    pthread_cond_signal(&late.cond);
    pthread_mutex_unlock(&late.mutex);
    return unused;
}

static void run_late_signal(void) {
    int64_t began = real_ns(CLOCK_MONOTONIC);
    struct timespec until = from_ns(lab_ns(CLOCK_REALTIME) + 3 * NS_PER_S);
    pthread_t thread;
    int problem = 0;
    pthread_mutex_lock(&late.mutex);
    pthread_create(&thread, NULL, signal_late, NULL);
    while (!late.is_set && problem == 0)
        problem = pthread_cond_timedwait(&late.cond, &late.mutex, &until);
    pthread_mutex_unlock(&late.mutex);
    pthread_join(thread, NULL);
    printf("real_ns %jd\n", (intmax_t)(real_ns(CLOCK_MONOTONIC) - began));
}

/* ---- the rest ---- */

static void show_timestamps(void) {
    int ends[2], on = 1, seen = 0, size = 100000;
    socklen_t length = sizeof size;
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0)
        die("socketpair");
    printf("accepted %d\n", setsockopt(ends[0], SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on) == 0 &&
                                setsockopt(ends[0], SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0);
    if (send(ends[1], "x", 1, 0) != 1)
        die("send");
    char byte, control[256];
    struct iovec data = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(ends[0], &message, 0) != 1)
        die("recvmsg");
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c))
        seen++;
    setsockopt(ends[0], SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    getsockopt(ends[0], SOL_SOCKET, SO_RCVBUF, &size, &length);
    printf("stamps %d\nreceive_buffer %d\n", seen, size);
}

static void run_bench(int64_t calls) {
    struct timespec now;
    int64_t began = real_ns(CLOCK_MONOTONIC);
    for (int64_t i = 0; i < calls; i++)
        clock_gettime(CLOCK_MONOTONIC, &now);
    printf("ns_per_call %.2f\n", (double)(real_ns(CLOCK_MONOTONIC) - began) / (double)calls);
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOFBF, 0);
    const char *command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "clocks") == 0)
        show_clocks();
    else if (strcmp(command, "early-clock") == 0)
        show_early_clock();
    else if (strcmp(command, "forked-clocks") == 0)
        show_forked_clocks();
    else if (strcmp(command, "wait") == 0 && (argc == 4 || argc == 6 || argc == 7))
        run_wait(argc - 2, argv + 2);
    else if (strcmp(command, "jump") == 0 && argc == 3)
        jump(atoll(argv[2]));
    else if (strcmp(command, "stale-wait") == 0 && argc == 5)
        run_stale_wait(argv + 2);
    else if (strcmp(command, "ready") == 0 && argc == 3) {
        struct wait w = prepare(5000, true);
        wait_and_report(kind_named(argv[2]), &w);
    } else if (strcmp(command, "late-signal") == 0)
        run_late_signal();
    else if (strcmp(command, "timestamps") == 0)
        show_timestamps();
    else if (strcmp(command, "bench") == 0 && argc == 3)
        run_bench(atoll(argv[2]));
    else {
        fprintf(stderr, "clockprobe: see the head of clockprobe.c for what it can do\n");
        return 2;
    }
    return 0;
}
