// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "gatehouse/extract/document_text.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::extract {

inline constexpr std::string_view kPdfProgram = "pdftotext";
// What to install where it is missing, for people.
inline constexpr std::string_view kPdfRemedy = "install the package poppler-utils";

struct PdfLimits {
  PdfLimits() {}
  std::string program{kPdfProgram};
  std::chrono::milliseconds time{20'000};
  std::chrono::seconds processor_time{15};
  std::size_t memory_bytes_max = 400 * 1024 * 1024;
  std::size_t text_bytes_max = 4 * 1024 * 1024;
};

// The text of a PDF, each page under its number, by a program of its own process that reads hostile
// bytes in our stead. The bytes stay where they are until the end. Logs what only an operator can
// mend.
ExtractTask<DocumentText> pdf_text(std::string_view bytes, PageRange pages, const PdfLimits& limits,
                                   telemetry::Log& log);

// What that program wrote, pages parted by form feeds, with their numbers from `first` on.
std::string with_page_numbers(std::string_view text, std::size_t first);

}  // namespace gatehouse::extract
