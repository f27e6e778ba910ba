// Put before the C library (LD_PRELOAD): makes one call of one of its functions fail.
// FAILING_CALL=NAME:N:ERRNO is the N-th call of NAME, counted in each process from where its parent stood
// when it was forked.
#include <dlfcn.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" void* __libc_malloc(std::size_t bytes);

namespace {

struct Plan {
  char name[32] = "";
  long call = 0;
  int error = 0;
};

/// Read at the first call, without allocating.
const Plan& plan() {
  static const Plan read_once = [] {
    Plan made;
    if (const char* const set = std::getenv("FAILING_CALL"))
      std::sscanf(set, "%31[^:]:%ld:%d", made.name, &made.call, &made.error);
    return made;
  }();
  return read_once;
}

std::atomic<long> calls_so_far{0};

/// Whether this call of `name` is the one: then says so on stderr, and sets errno.
bool fails(const char* name) {
  if (std::strcmp(plan().name, name) != 0 || ++calls_so_far != plan().call) return false;
  constexpr char said[] = "failing_call: now\n";
  syscall(SYS_write, 2, said, sizeof said - 1);
  errno = plan().error;
  return true;
}

template <class Function>
Function* real(Function*, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

#define WITH_FAILURE(result, failed, name, parameters, arguments)                   \
  result name parameters {                                                          \
    using Function = result parameters;                                             \
    static Function* const original = real(static_cast<Function*>(nullptr), #name); \
    return fails(#name) ? failed : original arguments;                              \
  }

extern "C" {

void* malloc(std::size_t bytes) { return fails("malloc") ? nullptr : __libc_malloc(bytes); }

/// Linux closes the file whatever it returns.
int close(int file) {
  static auto* const original = real(static_cast<int (*)(int)>(nullptr), "close");
  const int closed = original(file);
  return fails("close") ? -1 : closed;
}

WITH_FAILURE(pid_t, -1, fork, (), ())
WITH_FAILURE(int, -1, pipe2, (int ends[2], int flags), (ends, flags))
WITH_FAILURE(ssize_t, -1, read, (int file, void* data, std::size_t bytes), (file, data, bytes))
WITH_FAILURE(ssize_t, -1, write, (int file, const void* data, std::size_t bytes), (file, data, bytes))
WITH_FAILURE(int, -1, rename, (const char* from, const char* to), (from, to))
WITH_FAILURE(int, -1, poll, (pollfd * files, nfds_t n, int timeout_ms), (files, n, timeout_ms))
WITH_FAILURE(pid_t, -1, waitpid, (pid_t child, int* status, int options), (child, status, options))
WITH_FAILURE(void*, MAP_FAILED, mmap,
             (void* where, std::size_t bytes, int may, int flags, int file, off_t from),
             (where, bytes, may, flags, file, from))
WITH_FAILURE(int, -1, munmap, (void* data, std::size_t bytes), (data, bytes))
WITH_FAILURE(int, -1, stat, (const char* path, struct stat* found), (path, found))
WITH_FAILURE(int, -1, getrlimit, (__rlimit_resource_t what, struct rlimit* limit), (what, limit))

}  // extern "C"
