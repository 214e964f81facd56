// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "gatehouse/base/result.h"

namespace gatehouse::xml {

struct Limits {
  std::size_t levels_max = 256;
  std::size_t elements_max = 4'000'000;
};

// The attributes of the element that opens; they live until open() returns.
class Attributes {
 public:
  explicit Attributes(const char** pairs) : pairs_(pairs) {}
  // The value of the attribute written exactly so ("r:id"), else of the first whose name without
  // its prefix is `name`; empty when there is none.
  std::string_view find(std::string_view name) const;

 private:
  const char** pairs_;
};

// Receives what a document holds, in its order. Names come without their prefix; texts are UTF-8
// and may come in any number of pieces. Each answers whether it wants more.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual bool open(std::string_view name, const Attributes& attributes) = 0;
  virtual bool close(std::string_view name) = 0;
  virtual bool text(std::string_view utf8) = 0;
};

// A document that comes in pieces. UTF-8, UTF-16, Latin-1 and ASCII, as it declares.
class Reader {
 public:
  Reader(Handler& handler, const Limits& limits);
  ~Reader();

  // Errc::invalid_argument says what is wrong, never what the document holds. Once the handler has
  // enough, everything further is ignored and right.
  base::Result<void> feed(std::string_view bytes);
  base::Result<void> finish();

  // Whether the handler said that it wants no more.
  bool has_enough() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::xml
