/* Between a process and its disk: counts what it does below one folder, and delays, fails or ends it at a chosen step.
 *
 * HEARTHWATCH_SHIM names a file of one page that whoever runs the trial maps, too (tests/faults/disk_shim.py says its fields). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { CREATE = 1, WRITE = 2, SYNC = 4, RENAME = 8, UNLINK = 16, TRUNCATE = 32, MKDIR = 64, CHMOD = 128 };
enum { STEPS, KILL_AT, TEAR, FAIL_FROM, FAIL_TO, FAIL_ERRNO, FAIL_KINDS, SYNC_MIN_US, SYNC_MAX_US, FAILED, SLEPT_US, FIELDS };

static int64_t *control;
static const char *below, *matched;
static int log_fd = -1;

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("HEARTHWATCH_SHIM");
  if (!name) return;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  if (page == MAP_FAILED) return;
  control = page;
  below = (const char *)page + 1024;
  matched = (const char *)page + 2048;
  const char *log_name = getenv("HEARTHWATCH_SHIM_LOG");
  if (log_name) log_fd = (int)syscall(SYS_openat, AT_FDCWD, log_name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static int is_ours(const char *path) {
  size_t length = strlen(below);
  return length > 0 && strncmp(path, below, length) == 0;
}

static int path_of(int fd, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, size - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_ours(path);
}

static void pause_us(int64_t us) {
  struct timespec rest = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
  while (nanosleep(&rest, &rest) && errno == EINTR) {
  }
}

/* One step: 0 to go on, an errno to fail, -1 to end in the middle of it. Ends the process itself where it is to end before it. */
static int step(int kind, const char *word, const char *path) {
  if (!control) return 0;
  int64_t number = __atomic_add_fetch(&control[STEPS], 1, __ATOMIC_SEQ_CST);
  if (log_fd >= 0) {
    char line[600];
    int length = snprintf(line, sizeof line, "%lld %s %s\n", (long long)number, word, path + strlen(below));
    syscall(SYS_write, log_fd, line, (size_t)length);
  }
  if (number == control[KILL_AT]) {
    if (kind == WRITE && control[TEAR]) return -1;
    kill(0, SIGKILL);
  }
  if (kind == SYNC && control[SYNC_MAX_US] > 0) {
    int64_t us = control[SYNC_MIN_US], width = control[SYNC_MAX_US] - us;
    if (width > 0) us += (number * 2654435761LL) % width;
    __atomic_add_fetch(&control[SLEPT_US], us, __ATOMIC_SEQ_CST);
    pause_us(us);
  }
  if ((control[FAIL_KINDS] & kind) && number >= control[FAIL_FROM] && number < control[FAIL_TO] && strstr(path, matched)) {
    __atomic_add_fetch(&control[FAILED], 1, __ATOMIC_SEQ_CST);
    return (int)control[FAIL_ERRNO];
  }
  return 0;
}

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define FAIL_AT(kind, word, path) \
  do { \
    int wrong = step(kind, word, path); \
    if (wrong > 0) { \
      errno = wrong; \
      return -1; \
    } \
  } while (0)

#define OPENING(name) \
  int name(const char *path, int flags, ...) { \
    REAL(name); \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { \
      va_list rest; \
      va_start(rest, flags); \
      mode = va_arg(rest, mode_t); \
      va_end(rest); \
    } \
    if (control && (flags & O_CREAT) && is_ours(path) && access(path, F_OK)) FAIL_AT(CREATE, "create", path); \
    return real(path, flags, mode); \
  }
OPENING(open)
OPENING(open64)

#define SYNCING(name) \
  int name(int fd) { \
    REAL(name); \
    char path[512]; \
    if (control && path_of(fd, path, sizeof path)) FAIL_AT(SYNC, "sync", path); \
    return real(fd); \
  }
SYNCING(fsync)
SYNCING(fdatasync)

ssize_t write(int fd, const void *data, size_t size) {
  REAL(write);
  char path[512];
  if (control && path_of(fd, path, sizeof path)) {
    int wrong = step(WRITE, "write", path);
    if (wrong < 0) {
      syscall(SYS_write, fd, data, size / 2);
      kill(0, SIGKILL);
    }
    if (wrong > 0) {
      errno = wrong;
      return -1;
    }
  }
  return real(fd, data, size);
}

#define WRITING_AT(name) \
  ssize_t name(int fd, const void *data, size_t size, off64_t at) { \
    REAL(name); \
    char path[512]; \
    if (control && path_of(fd, path, sizeof path)) { \
      int wrong = step(WRITE, "write", path); \
      if (wrong < 0) { \
        syscall(SYS_pwrite64, fd, data, size / 2, at); \
        kill(0, SIGKILL); \
      } \
      if (wrong > 0) { \
        errno = wrong; \
        return -1; \
      } \
    } \
    return real(fd, data, size, at); \
  }
WRITING_AT(pwrite)
WRITING_AT(pwrite64)

#define TRUNCATING(name) \
  int name(int fd, off64_t size) { \
    REAL(name); \
    char path[512]; \
    if (control && path_of(fd, path, sizeof path)) FAIL_AT(TRUNCATE, "truncate", path); \
    return real(fd, size); \
  }
TRUNCATING(ftruncate)
TRUNCATING(ftruncate64)

int rename(const char *old, const char *new) {
  REAL(rename);
  if (control && is_ours(new)) FAIL_AT(RENAME, "rename", new);
  return real(old, new);
}

int link(const char *old, const char *new) {
  REAL(link);
  if (control && is_ours(new)) FAIL_AT(RENAME, "link", new);
  return real(old, new);
}

int unlink(const char *path) {
  REAL(unlink);
  if (control && is_ours(path) && !access(path, F_OK)) FAIL_AT(UNLINK, "unlink", path);
  return real(path);
}

int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  if (control && is_ours(path) && access(path, F_OK)) FAIL_AT(MKDIR, "mkdir", path);
  return real(path, mode);
}

int chmod(const char *path, mode_t mode) {
  REAL(chmod);
  if (control && is_ours(path)) FAIL_AT(CHMOD, "chmod", path);
  return real(path, mode);
}
