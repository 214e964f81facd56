// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/random.h"

#include <sys/mman.h>
#include <sys/random.h>

#include <cassert>
#include <cerrno>
#include <cstring>

#include "gatehouse/base/encoding.h"

namespace gatehouse::base {
namespace {

void fill_from_kernel(std::uint8_t* out, std::size_t size) {
  while (size > 0) {
    const ssize_t got = getrandom(out, size, 0);
    if (got < 0 && errno == EINTR) continue;
    assert(got > 0 && "the kernel gives no random bytes");
    out += got;
    size -= static_cast<std::size_t>(got);
  }
}

// One page of random bytes per thread. The kernel zeroes it in a forked child, which then finds
// `left` zero and reads bytes of its own; where it cannot promise that, nothing is read ahead.
class ReadAhead {
 public:
  ReadAhead() {
    void* page =
        mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return;
    if (madvise(page, kPageBytes, MADV_WIPEONFORK) != 0) {
      munmap(page, kPageBytes);
      return;
    }
    madvise(page, kPageBytes, MADV_DONTDUMP);
    page_ = static_cast<Page*>(page);
  }
  ~ReadAhead() {
    if (page_ == nullptr) return;
    wipe_memory(page_, kPageBytes);
    munmap(page_, kPageBytes);
  }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  void take(std::span<std::uint8_t> out) {
    if (page_ == nullptr || out.size() > sizeof(page_->bytes) / 4) {
      fill_from_kernel(out.data(), out.size());
      return;
    }
    if (page_->left < out.size()) {
      fill_from_kernel(page_->bytes, sizeof(page_->bytes));
      page_->left = sizeof(page_->bytes);
    }
    page_->left -= out.size();
    std::uint8_t* const taken = page_->bytes + page_->left;
    std::memcpy(out.data(), taken, out.size());
    wipe_memory(taken, out.size());
  }

 private:
  static constexpr std::size_t kPageBytes = 4096;
  struct Page {
    std::size_t left;
    std::uint8_t bytes[kPageBytes - sizeof(std::size_t)];
  };
  Page* page_ = nullptr;
};

}  // namespace

Secret Random::secret(std::size_t size) {
  Secret bytes(size);
  fill(bytes.writable());
  return bytes;
}

std::string Random::token(std::size_t bytes) {
  const Secret drawn = secret(bytes);
  return base64url_encode(drawn.reveal());
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
  thread_local ReadAhead ahead;
  if (!out.empty()) ahead.take(out);
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
  for (std::uint8_t& byte : out) {
    // SplitMix64 (Steele, Lea, Flood 2014), one step per byte.
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    byte = static_cast<std::uint8_t>(mixed >> 56);
  }
}

}  // namespace gatehouse::base
