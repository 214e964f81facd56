// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/local_key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/take_until.h"

namespace gatehouse::vault {
namespace {

using base::Errc;
using base::Error;

constexpr std::size_t kFileBytesMax = 64 * 1024;
constexpr std::size_t kKeysMax = 16;  // of each kind
constexpr std::size_t kKeyBytes = 32;
constexpr std::string_view kHeading =
    "# Gatehouse key file. Together with the database and a live token it opens that user's "
    "grant.\n"
    "# Keep it apart from the database and its backups, mode 0600. The first key of a kind is\n"
    "# used for everything written from now on; the others only open what is older.\n";

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::string reason_of(int error) { return std::generic_category().message(error); }

Error cannot(std::string_view doing, const std::string& path, int error) {
  return Error{Errc::unavailable,
               "cannot " + std::string(doing) + " " + path + ": " + reason_of(error)};
}

base::Result<void> check_owner_and_mode(int descriptor, const std::string& path) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return cannot("look at", path, errno);
  if (!S_ISREG(status.st_mode)) {
    return Error{Errc::invalid_argument, path + " is not a regular file"};
  }
  if (status.st_uid != geteuid()) {
    return Error{Errc::denied, "the key file " + path +
                                   " belongs to another user. Run gatehouse as its owner, or: "
                                   "chown " +
                                   std::to_string(geteuid()) + " " + path};
  }
  if ((status.st_mode & 0777) != 0600 && (status.st_mode & 0777) != 0400) {
    return Error{Errc::denied,
                 "the key file " + path + " is open to others. Run: chmod 600 " + path};
  }
  return {};
}

base::Result<base::Secret> read_whole(int descriptor, const std::string& path) {
  base::Secret text(kFileBytesMax + 1);
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(descriptor, text.writable().data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot("read", path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kFileBytesMax) return Error{Errc::invalid_argument, path + " is no key file: too big"};
  text.resize(size);
  return text;
}

std::optional<std::uint8_t> key_id_of(std::string_view text) {
  unsigned id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || text.starts_with('0')) {
    return std::nullopt;
  }
  if (id < 1 || id > 255) return std::nullopt;
  return static_cast<std::uint8_t>(id);
}

// One line: "master 1 BASE64URL". False when it is anything else or repeats an id.
bool add_key(std::string_view line, LocalKeys& keys) {
  const std::string_view kind = base::take_until(line, ' ');
  const std::optional<std::uint8_t> id = key_id_of(base::take_until(line, ' '));
  std::optional<base::Secret> bytes = base::base64url_decode_secret(line);
  if (!id || !bytes || bytes->size() != kKeyBytes) return false;
  if (kind != "master" && kind != "token") return false;
  std::vector<TokenKeys::Key>& list = kind == "master" ? keys.master_keys : keys.token_keys;
  for (const TokenKeys::Key& key : list) {
    if (key.id == *id) return false;
  }
  if (list.size() == kKeysMax) return false;
  list.push_back(TokenKeys::Key{*id, std::move(*bytes)});
  return true;
}

base::Result<LocalKeys> parse(const base::Secret& text, const std::string& path) {
  LocalKeys keys;
  std::string_view rest = text.reveal();
  for (int number = 1; !rest.empty(); ++number) {
    const std::string_view line = base::take_until(rest, '\n');
    if (line.empty() || line.starts_with('#')) continue;
    if (!add_key(line, keys)) {
      return Error{Errc::invalid_argument,
                   path + " line " + std::to_string(number) +
                       " is no key. Restore the file from your backup of it."};
    }
  }
  if (keys.master_keys.empty() || keys.token_keys.empty()) {
    return Error{Errc::invalid_argument,
                 path + " lacks a master or a token key. Restore the file from your backup of it."};
  }
  return keys;
}

void append_key(base::Secret& text, std::string_view kind, const TokenKeys::Key& key) {
  const base::Secret encoded = base::base64url_encode_secret(key.bytes.reveal());
  text.append(kind);
  text.append(" " + std::to_string(key.id) + " ");
  text.append(encoded.reveal());
  text.append("\n");
}

base::Secret to_text(const LocalKeys& keys) {
  base::Secret text;
  text.append(kHeading);
  for (const TokenKeys::Key& key : keys.master_keys) append_key(text, "master", key);
  for (const TokenKeys::Key& key : keys.token_keys) append_key(text, "token", key);
  return text;
}

// 0, or the errno of the step that failed.
int write_and_sync(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return fsync(descriptor) == 0 ? 0 : errno;
}

int sync_directory_of(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const std::string name = parent.empty() ? "." : parent.string();
  const File directory(open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || fsync(directory.get()) != 0) return errno;
  return 0;
}

}  // namespace

base::Result<LocalKeys> read_key_file(const std::string& path) {
  // Without O_NONBLOCK a pipe at this path would hang the start.
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0 && errno == ENOENT) {
    return Error{Errc::not_found, "there is no key file " + path +
                                      ". Restore it from your backup; `gatehouse keys new` makes "
                                      "one for a new installation."};
  }
  if (file.get() < 0) {
    const Errc code = errno == EACCES ? Errc::denied : Errc::unavailable;
    return Error{code, "cannot open the key file " + path + ": " + reason_of(errno)};
  }
  const base::Result<void> checked = check_owner_and_mode(file.get(), path);
  if (!checked) return checked.error();
  const base::Result<base::Secret> text = read_whole(file.get(), path);
  if (!text) return text.error();
  return parse(*text, path);
}

namespace {

// Writes a whole file of mode 0600 that was not there before.
base::Result<void> write_whole_file(const std::string& path, const LocalKeys& keys,
                                    const std::string& conflict) {
  const base::Secret text = to_text(keys);
  const File file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (file.get() < 0 && errno == EEXIST) return Error{Errc::conflict, conflict};
  if (file.get() < 0) return cannot("create", path, errno);
  int failed = write_and_sync(file.get(), text.reveal());
  if (failed == 0) failed = sync_directory_of(path);
  if (failed != 0) {
    // Half a key file would only be in the way of the next attempt.
    unlink(path.c_str());
    return cannot("write", path, failed);
  }
  return {};
}

base::Result<void> replace_key_file(const std::string& path, const LocalKeys& keys) {
  std::error_code failed;
  // Through a link, the file it names is replaced and the link stays.
  const std::string target = std::filesystem::canonical(path, failed).string();
  if (failed) return cannot("find", path, failed.value());
  const std::string fresh = target + ".new";
  const base::Result<void> written =
      write_whole_file(fresh, keys,
                       fresh +
                           " exists: another change of the key file is under way, or one was "
                           "cut short. If none is running, remove it and try again.");
  if (!written) return written.error();
  if (rename(fresh.c_str(), target.c_str()) != 0) {
    const int error = errno;
    unlink(fresh.c_str());
    return cannot("replace", target, error);
  }
  const int unsynced = sync_directory_of(target);
  if (unsynced != 0) return cannot("sync the directory of", target, unsynced);
  return {};
}

bool holds_key(const std::vector<TokenKeys::Key>& keys, std::uint8_t id) {
  return std::any_of(keys.begin(), keys.end(),
                     [id](const TokenKeys::Key& key) { return key.id == id; });
}

// The id after the first key's that is free; ids go round from 255 to 1.
std::uint8_t free_id(const std::vector<TokenKeys::Key>& keys) {
  std::uint8_t id = keys.front().id;
  do {
    id = id == 255 ? std::uint8_t{1} : static_cast<std::uint8_t>(id + 1);
  } while (holds_key(keys, id));
  return id;
}

}  // namespace

base::Result<LocalKeys> create_key_file(const std::string& path, base::Random& random) {
  LocalKeys keys;
  keys.master_keys.push_back(TokenKeys::Key{1, random.secret(kKeyBytes)});
  keys.token_keys.push_back(TokenKeys::Key{1, random.secret(kKeyBytes)});
  const base::Result<void> written = write_whole_file(
      path, keys, path + " exists already. A key file is never overwritten; choose another path.");
  if (!written) return written.error();
  return keys;
}

base::Result<std::uint8_t> add_master_key(const std::string& path, base::Random& random) {
  base::Result<LocalKeys> keys = read_key_file(path);
  if (!keys) return keys.error();
  std::vector<TokenKeys::Key>& masters = keys->master_keys;
  if (masters.size() >= kKeysMax) {
    return Error{Errc::invalid_argument, path + " holds " + std::to_string(masters.size()) +
                                             " master keys already. Retire the old ones first."};
  }
  const std::uint8_t id = free_id(masters);
  masters.insert(masters.begin(), TokenKeys::Key{id, random.secret(kKeyBytes)});
  const base::Result<void> replaced = replace_key_file(path, *keys);
  if (!replaced) return replaced.error();
  return id;
}

base::Result<void> retire_master_keys(const std::string& path,
                                      const std::vector<std::uint8_t>& ids) {
  base::Result<LocalKeys> keys = read_key_file(path);
  if (!keys) return keys.error();
  std::vector<TokenKeys::Key>& masters = keys->master_keys;
  for (const std::uint8_t id : ids) {
    if (id == masters.front().id) {
      return Error{Errc::invalid_argument,
                   "master key " + std::to_string(id) +
                       " is the one in use. Add another first; the old one can go when every "
                       "record is under the new one."};
    }
    if (!holds_key(masters, id)) {
      return Error{Errc::not_found, path + " has no master key " + std::to_string(id)};
    }
  }
  if (ids.empty()) return {};
  std::erase_if(masters, [&ids](const TokenKeys::Key& key) {
    return std::find(ids.begin(), ids.end(), key.id) != ids.end();
  });
  return replace_key_file(path, *keys);
}

std::string key_file_stamp(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return {};
  std::string stamp;
  for (const auto part :
       {static_cast<std::int64_t>(status.st_dev), static_cast<std::int64_t>(status.st_ino),
        static_cast<std::int64_t>(status.st_size), static_cast<std::int64_t>(status.st_mtim.tv_sec),
        static_cast<std::int64_t>(status.st_mtim.tv_nsec),
        // A change of mode or owner is seen, too: it may be the remedy.
        static_cast<std::int64_t>(status.st_ctim.tv_sec),
        static_cast<std::int64_t>(status.st_ctim.tv_nsec)}) {
    stamp += std::to_string(part) + ' ';
  }
  return stamp;
}

}  // namespace gatehouse::vault
