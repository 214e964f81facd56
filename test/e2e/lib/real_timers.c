// SPDX-License-Identifier: Apache-2.0
//
// Loaded before libfaketime, which moves absolute timers by the offset of the wall clock although they are of the monotonic one. A timer
// of the event loop that is due at once then has a negative time, is refused by the kernel and never fires.
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

int timerfd_settime(int timer, int flags, const struct itimerspec* next, struct itimerspec* before) {
  return (int)syscall(SYS_timerfd_settime, timer, flags, next, before);
}
