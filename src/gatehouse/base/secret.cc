// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/secret.h"

#include <string.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>

namespace gatehouse::base {
namespace {

std::uint8_t* allocate(std::size_t size) {
  auto* data = static_cast<std::uint8_t*>(std::malloc(size));
  if (data == nullptr) throw std::bad_alloc();
  return data;
}

void release(std::uint8_t* data, std::size_t capacity) {
  if (data == nullptr) return;
  wipe_memory(data, capacity);
  std::free(data);
}

}  // namespace

Secret::Secret(std::size_t size) { resize(size); }

Secret Secret::copy_of(std::string_view bytes) {
  Secret copy;
  copy.append(bytes);
  return copy;
}

Secret Secret::copy_of(std::span<const std::uint8_t> bytes) {
  return copy_of({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  release(data_, capacity_);
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  capacity_ = std::exchange(other.capacity_, 0);
  return *this;
}

Secret::~Secret() { release(data_, capacity_); }

Secret Secret::clone() const { return copy_of(reveal()); }

void Secret::append(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::size_t total = size_ + bytes.size();
  if (total <= capacity_) {
    memmove(data_ + size_, bytes.data(), bytes.size());
    size_ = total;
    return;
  }
  // The bytes may be our own, so the old buffer goes only after they are copied.
  const std::size_t grown = std::max(total, capacity_ * 2);
  std::uint8_t* data = allocate(grown);
  if (size_ > 0) memcpy(data, data_, size_);
  memcpy(data + size_, bytes.data(), bytes.size());
  release(data_, capacity_);
  data_ = data;
  size_ = total;
  capacity_ = grown;
}

void Secret::resize(std::size_t size) {
  reserve(size);
  if (size > size_) memset(data_ + size_, 0, size - size_);
  if (size < size_) wipe_memory(data_ + size, size_ - size);
  size_ = size;
}

void Secret::reserve(std::size_t size) {
  if (size <= capacity_) return;
  std::uint8_t* data = allocate(size);
  if (size_ > 0) memcpy(data, data_, size_);
  release(data_, capacity_);
  data_ = data;
  capacity_ = size;
}

void Secret::wipe() {
  if (data_ != nullptr) wipe_memory(data_, capacity_);
  size_ = 0;
}

void wipe_memory(void* data, std::size_t size) {
  if (size > 0) explicit_bzero(data, size);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  // Volatile, so that no compiler stops at the first difference.
  volatile std::uint64_t difference = 0;
  std::size_t i = 0;
  for (; i + sizeof(std::uint64_t) <= a.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t left = 0;
    std::uint64_t right = 0;
    memcpy(&left, a.data() + i, sizeof(left));
    memcpy(&right, b.data() + i, sizeof(right));
    difference = difference | (left ^ right);
  }
  for (; i < a.size(); ++i) {
    difference = difference | static_cast<unsigned char>(a[i] ^ b[i]);
  }
  return difference == 0;
}

}  // namespace gatehouse::base
