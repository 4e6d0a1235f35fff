/*
 * For LD_PRELOAD: while the file STALL_WHILE exists, the call STALL_CALL (open, stat, read, readdir, rename) does not
 * come back for paths with "slow" in them; where the file has something in it, the call fails at once, with EIO.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static long (*raw)(long, ...);

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int stalling(const char *call) {
  const char *chosen = getenv("STALL_CALL");
  const char *while_there = getenv("STALL_WHILE");
  const int before = errno;
  const int found = chosen && while_there && strcmp(chosen, call) == 0 && access(while_there, F_OK) == 0;
  errno = before;
  return found;
}

/* Returns whether the call is to fail. */
static int wait_for_end(const char *call) {
  const struct timespec pause = {0, 5000000};
  struct stat control;
  while (stalling(call)) {
    if (stat(getenv("STALL_WHILE"), &control) == 0 && control.st_size > 0) {
      errno = EIO;
      return 1;
    }
    nanosleep(&pause, NULL);
  }
  return 0;
}

static int stall_fd(const char *call, int fd) {
  char link[64], path[PATH_MAX];
  if (!stalling(call)) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, "slow") && wait_for_end(call);
}

static int stall(const char *call, const char *path) {
  int fd;
  if (!path || !stalling(call)) return 0;
  if (strstr(path, "slow")) return wait_for_end(call);
  return sscanf(path, "/proc/self/fd/%d", &fd) == 1 && stall_fd(call, fd);
}

static mode_t mode_of(int flags, va_list list) {
  return flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0;
}

#define OPENER(name)                                  \
  int name(const char *path, int flags, ...) {        \
    va_list list;                                     \
    va_start(list, flags);                            \
    mode_t mode = mode_of(flags, list);               \
    va_end(list);                                     \
    if (stall("open", path)) return -1;               \
    return REAL(name)(path, flags, mode);             \
  }
OPENER(open)
OPENER(open64)

#define OPENER_AT(name)                               \
  int name(int at, const char *path, int flags, ...) { \
    va_list list;                                     \
    va_start(list, flags);                            \
    mode_t mode = mode_of(flags, list);               \
    va_end(list);                                     \
    if (stall("open", path)) return -1;               \
    return REAL(name)(at, path, flags, mode);         \
  }
OPENER_AT(openat)
OPENER_AT(openat64)

int statx(int at, const char *restrict path, int flags, unsigned mask, struct statx *restrict found) {
  if (*path ? stall("stat", path) : stall_fd("stat", at)) return -1;
  return REAL(statx)(at, path, flags, mask, found);
}

/* libuv asks for some calls by their number. */
long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long), d = va_arg(list, long),
       e = va_arg(list, long), f = va_arg(list, long);
  va_end(list);
  if (number == SYS_statx) {
    const char *path = (const char *)b;
    if (path && *path ? stall("stat", path) : stall_fd("stat", (int)a)) return -1;
  }
  if (!raw) raw = REAL(syscall);
  return raw(number, a, b, c, d, e, f);
}

ssize_t read(int fd, void *into, size_t size) {
  if (stall_fd("read", fd)) return -1;
  return REAL(read)(fd, into, size);
}

ssize_t pread(int fd, void *into, size_t size, off_t at) {
  if (stall_fd("read", fd)) return -1;
  return REAL(pread)(fd, into, size, at);
}

ssize_t pread64(int fd, void *into, size_t size, off64_t at) {
  if (stall_fd("read", fd)) return -1;
  return REAL(pread64)(fd, into, size, at);
}

ssize_t preadv64(int fd, const struct iovec *into, int count, off64_t at) {
  if (stall_fd("read", fd)) return -1;
  return REAL(preadv64)(fd, into, count, at);
}

ssize_t preadv(int fd, const struct iovec *into, int count, off_t at) {
  if (stall_fd("read", fd)) return -1;
  return REAL(preadv)(fd, into, count, at);
}

struct dirent *readdir(DIR *directory) {
  if (stall_fd("readdir", dirfd(directory))) return NULL;
  return REAL(readdir)(directory);
}

struct dirent64 *readdir64(DIR *directory) {
  if (stall_fd("readdir", dirfd(directory))) return NULL;
  return REAL(readdir64)(directory);
}

int rename(const char *from, const char *to) {
  if (stall("rename", from) || stall("rename", to)) return -1;
  return REAL(rename)(from, to);
}
