// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "gatehouse/extract/document_text.h"
#include "gatehouse/extract/pdf_text.h"
#include "gatehouse/extract/worker_pool.h"

namespace gatehouse::extract {

struct ExtractorLimits {
  ExtractorLimits() {}
  WorkerPoolLimits workers;
  PdfLimits pdf;
  std::size_t bytes_max = 64 * 1024 * 1024;  // of all documents that are being read
  std::size_t pdfs_max = 2;                  // programs at once
};

// Bounds what all documents that are being read take of the machine. For the loop's thread; it
// outlives whoever uses it.
class Extractor {
 public:
  explicit Extractor(ExtractorLimits limits = {})
      : limits_(std::move(limits)), pool_(limits_.workers) {}

  // Room for a document, until it goes.
  class Room {
   public:
    Room(Extractor& extractor, std::size_t bytes) : extractor_(&extractor), bytes_(bytes) {}
    Room(Room&& other) noexcept
        : extractor_(std::exchange(other.extractor_, nullptr)), bytes_(other.bytes_) {}
    Room& operator=(Room&& other) noexcept {
      std::swap(extractor_, other.extractor_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Room() {
      if (extractor_ != nullptr) extractor_->bytes_ -= bytes_;
    }

   private:
    Extractor* extractor_;
    std::size_t bytes_;
  };
  // nullopt when those that are there leave none.
  std::optional<Room> room_for(std::size_t bytes);

  // As WorkerPool::run.
  base::Coroutine<bool> work(const std::function<void()>& work) { return pool_.run(work); }

  // As pdf_text(), and Trouble::busy when as many run as may.
  ExtractTask<DocumentText> pdf(std::string_view bytes, PageRange pages, telemetry::Log& log);

 private:
  ExtractorLimits limits_;
  std::size_t bytes_ = 0;
  std::size_t pdfs_ = 0;
  WorkerPool pool_;
};

}  // namespace gatehouse::extract
