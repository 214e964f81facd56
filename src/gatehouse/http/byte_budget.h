// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace gatehouse::http {

// Bounds what many hold together. Whoever holds bytes has a share and grows it first; a share
// counts until it is gone, which may be after the budget itself. For one thread.
class ByteBudget {
  struct Sum {
    std::size_t bytes_max;
    std::size_t bytes = 0;
  };

 public:
  class Share {
   public:
    Share() = default;  // of no budget: resize() always succeeds
    Share(Share&& other) noexcept
        : sum_(std::move(other.sum_)), bytes_(std::exchange(other.bytes_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(sum_, other.sum_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Share() {
      if (sum_) sum_->bytes -= bytes_;
    }

    // False, and nothing changes, when all shares together would be more than the budget.
    bool resize(std::size_t bytes);
    std::size_t bytes() const { return bytes_; }

   private:
    friend class ByteBudget;
    explicit Share(std::shared_ptr<Sum> sum) : sum_(std::move(sum)) {}
    std::shared_ptr<Sum> sum_;
    std::size_t bytes_ = 0;
  };

  explicit ByteBudget(std::size_t bytes_max) : sum_(std::make_shared<Sum>(Sum{bytes_max})) {}
  Share share() const { return Share(sum_); }
  std::size_t bytes() const { return sum_->bytes; }

 private:
  std::shared_ptr<Sum> sum_;
};

}  // namespace gatehouse::http
