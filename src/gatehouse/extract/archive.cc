// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/archive.h"

#include <zip.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace gatehouse::extract {

namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
// Where the end record of an archive may lie: itself and a comment of at most 65,535 bytes.
constexpr std::size_t kTailBytes = 22 + 65'535;
constexpr std::string_view kZip64Locator("PK\x06\x07", 4);

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct Close {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

// libzip makes room for as many entries as a 64-bit end record announces; without one there are at
// most 65,535. Nobody needs more for a document.
bool announces_crowds(std::string_view bytes) {
  const std::string_view tail = bytes.substr(bytes.size() - std::min(bytes.size(), kTailBytes));
  return tail.find(kZip64Locator) != std::string_view::npos;
}

}  // namespace

class Archive::Impl {
 public:
  Impl(zip_t* archive, const ArchiveLimits& limits) : archive_(archive), limits_(limits) {}

  bool has(const std::string& name) const {
    return zip_name_locate(archive_.get(), name.c_str(), 0) >= 0;
  }

  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::max<zip_int64_t>(0, zip_get_num_entries(archive_.get(), 0)));
  }

  Extracted<void> read(const std::string& name, const Sink& sink) {
    zip_stat_t entry;
    zip_stat_init(&entry);
    if (zip_stat(archive_.get(), name.c_str(), 0, &entry) != 0) return Trouble::unsupported;
    if (entry.encryption_method != ZIP_EM_NONE) return Trouble::encrypted;
    if (entry.comp_method != ZIP_CM_STORE && entry.comp_method != ZIP_CM_DEFLATE)
      return Trouble::unsupported;
    const std::unique_ptr<zip_file_t, Close> file(zip_fopen_index(archive_.get(), entry.index, 0));
    if (!file) return Trouble::damaged;
    std::vector<char> piece(kPieceBytes);
    std::size_t size = 0;
    while (true) {
      const zip_int64_t got = zip_fread(file.get(), piece.data(), piece.size());
      if (got < 0) return Trouble::damaged;
      if (got == 0) return {};
      size += static_cast<std::size_t>(got);
      total_ += static_cast<std::size_t>(got);
      if (total_ > limits_.bytes_max || is_bomb(size, entry.comp_size)) return Trouble::too_large;
      if (!sink({piece.data(), static_cast<std::size_t>(got)})) return {};
    }
  }

 private:
  bool is_bomb(std::size_t size, std::uint64_t packed) const {
    return size > limits_.ratio_from && size / limits_.ratio_max > packed;
  }

  std::unique_ptr<zip_t, Discard> archive_;
  const ArchiveLimits limits_;
  std::size_t total_ = 0;
};

Archive::Archive(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Archive::Archive(Archive&&) noexcept = default;
Archive& Archive::operator=(Archive&&) noexcept = default;
Archive::~Archive() = default;

Extracted<Archive> Archive::open(std::string_view bytes, const ArchiveLimits& limits) {
  if (announces_crowds(bytes)) return Trouble::too_large;
  zip_source_t* const source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, nullptr);
  if (source == nullptr) return Trouble::damaged;
  zip_t* const opened = zip_open_from_source(source, ZIP_RDONLY, nullptr);
  if (opened == nullptr) {
    zip_source_free(source);
    return Trouble::damaged;
  }
  auto impl = std::make_unique<Impl>(opened, limits);
  if (impl->entries() > limits.entries_max) return Trouble::too_large;
  return Archive(std::move(impl));
}

bool Archive::has(const std::string& name) const { return impl_->has(name); }

Extracted<void> Archive::read(const std::string& name, const Sink& sink) {
  return impl_->read(name, sink);
}

Extracted<std::string> Archive::read_beginning(const std::string& name, std::size_t bytes_max) {
  std::string content;
  const auto done = read(name, [&](std::string_view piece) {
    content.append(piece.substr(0, bytes_max - content.size()));
    return content.size() < bytes_max;
  });
  if (!done) return done.error();
  return content;
}

}  // namespace gatehouse::extract
