// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/extractor.h"

namespace gatehouse::extract {

namespace {

// Counts as long as it lives, also when the coroutine that counts is cancelled.
class Counted {
 public:
  explicit Counted(std::size_t& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::size_t& count_;
};

}  // namespace

std::optional<Extractor::Room> Extractor::room_for(std::size_t bytes) {
  if (bytes > limits_.bytes_max - bytes_) return std::nullopt;
  bytes_ += bytes;
  return std::optional<Room>(std::in_place, *this, bytes);
}

ExtractTask<DocumentText> Extractor::pdf(std::string_view bytes, PageRange pages,
                                         telemetry::Log& log) {
  if (pdfs_ >= limits_.pdfs_max) co_return Trouble::busy;
  const Counted counted(pdfs_);
  auto text = co_await pdf_text(bytes, pages, limits_.pdf, log);
  co_return std::move(text);
}

}  // namespace gatehouse::extract
