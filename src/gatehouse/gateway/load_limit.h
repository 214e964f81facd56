// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace gatehouse::gateway {

// What may be under way at once in one process: requests of proven callers with the calls they
// started, and the bytes of their bodies. A call keeps its body parsed as long as it runs, which is
// up to eight times the size. Beyond the limits the next request is told to come back.
class LoadLimit {
 public:
  struct Limits {
    std::size_t requests_max = 512;
    std::size_t body_bytes_max = 32 * 1024 * 1024;
  };

 private:
  struct Load {
    std::size_t requests = 0;
    std::size_t body_bytes = 0;
  };

 public:
  // Counts until it is gone, which may be after the limit itself.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept
        : load_(std::move(other.load_)), bytes_(std::exchange(other.bytes_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(load_, other.load_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Share() {
      if (!load_) return;
      --load_->requests;
      load_->body_bytes -= bytes_;
    }

   private:
    friend class LoadLimit;
    Share(std::shared_ptr<Load> load, std::size_t bytes) : load_(std::move(load)), bytes_(bytes) {}

    std::shared_ptr<Load> load_;
    std::size_t bytes_ = 0;
  };

  explicit LoadLimit(const Limits& limits) : limits_(limits) {}

  // nullopt when there is too much. One request alone is always let in, whatever its size.
  std::optional<Share> admit(std::size_t body_bytes);

 private:
  const Limits limits_;
  const std::shared_ptr<Load> load_ = std::make_shared<Load>();
};

}  // namespace gatehouse::gateway
