/* A library whose constructor reads the clock before the shim's own constructor has run, as allocators may:
 * preloaded behind the shim, for a test only. */
#include <stdio.h>
#include <time.h>

__attribute__((constructor)) static void look(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    printf("constructor %lld\n", (long long)now.tv_sec * 1000000000LL + now.tv_nsec);
    fflush(stdout);
}
