// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gatehouse/extract/trouble.h"

namespace gatehouse::extract {

struct ArchiveLimits {
  std::size_t entries_max = 10'000;
  std::size_t bytes_max = 96 * 1024 * 1024;  // unpacked, of all that is read
  // Of an entry, once it has given `ratio_from` bytes: how many times its packed size it may be.
  std::size_t ratio_max = 120;
  std::size_t ratio_from = 4 * 1024 * 1024;
};

// A ZIP archive in memory. What it says of its own sizes is not believed.
class Archive {
 public:
  // `bytes` must outlive the archive.
  static Extracted<Archive> open(std::string_view bytes, const ArchiveLimits& limits = {});

  bool has(const std::string& name) const;

  // Gives an entry in pieces, as long as `sink` wants more. Trouble::unsupported when there is no
  // such entry or it is packed in an odd way.
  using Sink = std::function<bool(std::string_view piece)>;
  Extracted<void> read(const std::string& name, const Sink& sink);
  // At most its first `bytes_max` bytes.
  Extracted<std::string> read_beginning(const std::string& name, std::size_t bytes_max);

  Archive(Archive&&) noexcept;
  Archive& operator=(Archive&&) noexcept;
  ~Archive();

 private:
  class Impl;
  explicit Archive(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::extract
