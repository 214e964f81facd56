// SPDX-License-Identifier: Apache-2.0
//
// A wall clock of the test's own for the process it is preloaded into. SHIFTED_CLOCK names a file of two 64-bit numbers: the first
// says what the second is (0: nothing, 1: seconds to add, 2: the second at which the clock stands). Changes take effect at once.
// Only the calendar is moved: timers and the monotonic clocks stay what they are.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *cell(void) {
  static const volatile int64_t *mapped;
  static int tried;
  if (!tried) {
    const char *path = getenv("SHIFTED_CLOCK");
    int saved = errno;
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *page = file < 0 ? MAP_FAILED : mmap(NULL, 16, PROT_READ, MAP_SHARED, file, 0);
    if (file >= 0) close(file);
    if (page != MAP_FAILED) mapped = page;
    tried = 1;
    errno = saved;
  }
  return mapped;
}

int clock_gettime(clockid_t id, struct timespec *out) {
  int result = (int)syscall(SYS_clock_gettime, id, out);
  if (result != 0 || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)) return result;
  const volatile int64_t *shift = cell();
  if (shift == NULL) return result;
  if (shift[0] == 1) out->tv_sec += shift[1];
  if (shift[0] == 2) {
    out->tv_sec = shift[1];
    out->tv_nsec = 0;
  }
  return result;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
  struct timespec now;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *out) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return (time_t)-1;
  if (out != NULL) *out = now.tv_sec;
  return now.tv_sec;
}

int timespec_get(struct timespec *out, int base) {
  return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, out) == 0 ? base : 0;
}
