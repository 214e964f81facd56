// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gatehouse::base {

// Bytes that must not outlive their use: keys, tokens, codes, and bodies that carry them. Wiped
// when released or when the buffer grows, never printable, copied only by name. Not a std::string
// on purpose: no small-string copies stay behind.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::size_t size);  // zero bytes, to be written through writable()
  static Secret copy_of(std::string_view bytes);
  static Secret copy_of(std::span<const std::uint8_t> bytes);

  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  Secret clone() const;

  // The bytes, for the one call that needs them; the view dies with this object.
  std::string_view reveal() const { return {reinterpret_cast<const char*>(data_), size_}; }
  std::span<const std::uint8_t> bytes() const { return {data_, size_}; }
  std::span<std::uint8_t> writable() { return {data_, size_}; }

  void append(std::string_view bytes);
  void resize(std::size_t size);  // new bytes are zero; dropped bytes are wiped
  void reserve(std::size_t size);
  void wipe();  // size becomes 0

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// Overwrites memory in a way the compiler keeps.
void wipe_memory(void* data, std::size_t size);

// Compares without telling by timing where the difference lies; the lengths are not secret.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace gatehouse::base
