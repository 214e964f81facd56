// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/field_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace gatehouse::http {
namespace {

// Sixteen bytes that are compared at once, on every processor that can.
using Block = std::uint8_t __attribute__((vector_size(16)));

Block block_at(const char* at) {
  Block block;
  std::memcpy(&block, at, sizeof(block));
  return block;
}

// A text that fills no block, as often as it takes to fill one.
Block short_block(std::string_view text) {
  char bytes[sizeof(Block)];
  const auto twice = [&](auto half) {
    std::memcpy(&half, text.data(), sizeof(half));
    std::memcpy(bytes, &half, sizeof(half));
    std::memcpy(&half, text.data() + text.size() - sizeof(half), sizeof(half));
    std::memcpy(bytes + sizeof(half), &half, sizeof(half));
  };
  std::memset(bytes, ' ', sizeof(bytes));
  if (text.size() >= 8) {
    twice(std::uint64_t{});
  } else if (text.size() >= 4) {
    twice(std::uint32_t{});
  } else {
    std::copy(text.begin(), text.end(), bytes);
  }
  return block_at(bytes);
}

// In each byte's place all ones when it is a control, else zeros.
Block controls(Block block) {
  return (Block(block < 0x20) & Block(block != std::uint8_t{'\t'})) | Block(block == 0x7f);
}

bool is_zero(Block block) {
  std::uint64_t halves[2];
  std::memcpy(halves, &block, sizeof(block));
  return (halves[0] | halves[1]) == 0;
}

}  // namespace

bool has_control(std::string_view text) {
  const std::size_t size = text.size();
  if (size < sizeof(Block)) return !is_zero(controls(short_block(text)));
  // The last block overlaps the one before it when the size is no multiple of sixteen.
  Block found = controls(block_at(text.data() + size - sizeof(Block)));
  for (std::size_t i = 0; i + sizeof(Block) < size; i += sizeof(Block)) {
    found |= controls(block_at(text.data() + i));
  }
  return !is_zero(found);
}

}  // namespace gatehouse::http
