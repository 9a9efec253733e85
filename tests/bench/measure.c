/* Runs a command many times and prints: median wall time in microseconds, best wall time, peak resident KiB.
   usage: measure COUNT COMMAND ARGS...   The command's output goes to /dev/null. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static int by_value(const void *a, const void *b) {
    long left = *(const long *)a, right = *(const long *)b;
    return (left > right) - (left < right);
}

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    int count = atoi(argv[1]);
    long *spans = malloc(sizeof(long) * count), resident = 0;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    for (int run = 0; run < count; run++) {
        pid_t child;
        int status;
        struct rusage usage;
        long begin = now();
        if (posix_spawnp(&child, argv[2], &actions, NULL, argv + 2, environ) != 0) return 3;
        if (wait4(child, &status, 0, &usage) != child) return 3;
        spans[run] = now() - begin;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return 4;
        if (usage.ru_maxrss > resident) resident = usage.ru_maxrss;
    }
    qsort(spans, count, sizeof(long), by_value);
    printf("%.1f %.1f %ld\n", spans[count / 2] / 1000.0, spans[0] / 1000.0, resident);
    return 0;
}
