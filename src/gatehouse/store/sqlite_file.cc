// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/store/sqlite_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace gatehouse::store {
namespace {

using base::Errc;
using base::Error;
using base::Result;

constexpr mode_t kOwnerOnly = 0600;
constexpr mode_t kOthers = 0077;

Error unusable(std::string detail) { return {Errc::invalid_argument, std::move(detail)}; }

std::string directory_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

Result<void> check_directory(const std::string& directory) {
  struct stat status {};
  if (stat(directory.c_str(), &status) != 0) {
    if (errno != ENOENT) return unusable("directory " + directory + ": " + std::strerror(errno));
    return unusable("directory " + directory +
                    " does not exist. Make it for the user who runs gatehouse: mkdir -p -m 700 " +
                    directory);
  }
  if (!S_ISDIR(status.st_mode)) return unusable(directory + " is not a directory");
  if (access(directory.c_str(), W_OK | X_OK) == 0) return {};
  if (errno == EROFS) {
    return unusable("directory " + directory +
                    " is on a read-only file system. Choose another path or mount it writable");
  }
  return unusable("directory " + directory +
                  " is not writable for the user who runs gatehouse (uid " +
                  std::to_string(geteuid()) + "), and SQLite keeps two more files there. Give it " +
                  "to that user: chown " + std::to_string(geteuid()) + " " + directory);
}

// Takes rights from group and others; what does not exist needs nothing.
Result<void> close_to_others(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || (status.st_mode & kOthers) == 0) return {};
  if (chmod(path.c_str(), kOwnerOnly) == 0) return {};
  return unusable(path + " is open to other users and belongs to somebody else. As its owner: " +
                  "chmod 600 " + path);
}

Result<void> check_existing(const std::string& path, const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return unusable(path + " is not a regular file");
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    const auto closed = close_to_others(path + suffix);
    if (!closed) return closed.error();
  }
  if (access(path.c_str(), R_OK | W_OK) == 0) return {};
  if (errno == EROFS) return unusable(path + " is on a read-only file system");
  return unusable(path + " is not readable and writable for the user who runs gatehouse (uid " +
                  std::to_string(geteuid()) + "): chown " + std::to_string(geteuid()) + " " + path +
                  " and chmod 600 " + path);
}

// The new name must survive a power cut as well as the content.
void sync_directory(const std::string& directory) {
  const int descriptor = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

Result<void> create_file(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
  if (descriptor < 0) return unusable("cannot create " + path + ": " + std::strerror(errno));
  // A umask may have taken our own rights too.
  const int failed = fchmod(descriptor, kOwnerOnly);
  close(descriptor);
  if (failed != 0) return unusable("cannot set the mode of " + path);
  sync_directory(directory_of(path));
  return {};
}

}  // namespace

Result<bool> prepare_database_file(const std::string& path) {
  if (path.empty()) return unusable("the path of the database is empty");
  const auto directory = check_directory(directory_of(path));
  if (!directory) return directory.error();
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) {
    const auto usable = check_existing(path, status);
    if (!usable) return usable.error();
    return false;
  }
  if (errno != ENOENT) return unusable(path + ": " + std::strerror(errno));
  const auto created = create_file(path);
  if (!created) return created.error();
  return true;
}

}  // namespace gatehouse::store
