// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gatehouse::base {
namespace {

class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

Error unreadable(const std::string& path, int number) {
  const Errc code =
      number == ENOENT || number == ENOTDIR ? Errc::not_found : Errc::invalid_argument;
  return Error{code, path + " cannot be read: " + std::strerror(number)};
}

}  // namespace

Result<Secret> read_small_file(const std::string& path, std::size_t bytes_max) {
  const OpenFile file(path);
  struct stat status {};
  if (file.descriptor() < 0 || ::fstat(file.descriptor(), &status) != 0) {
    return unreadable(path, errno);
  }
  if (!S_ISREG(status.st_mode)) return Error{Errc::invalid_argument, path + " is no regular file"};

  Secret content;
  content.resize(bytes_max + 1);
  std::size_t size = 0;
  while (size < content.size()) {
    const auto room = content.writable().subspan(size);
    const ssize_t got = ::read(file.descriptor(), room.data(), room.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > bytes_max) {
    return Error{Errc::invalid_argument,
                 path + " is larger than " + std::to_string(bytes_max) + " bytes"};
  }
  content.resize(size);
  return content;
}

}  // namespace gatehouse::base
