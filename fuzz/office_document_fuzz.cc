// SPDX-License-Identifier: Apache-2.0
//
// Documents of strangers: archives as they come, and archives whose parts are the sections of the
// input, the first line of each being its name. Whatever the parts say, the text is bounded, valid,
// and the same twice.
#include "fuzzing.h"
#include "gatehouse/extract/document_text.h"
#include "gatehouse/extract/format.h"
#include "gatehouse/extract/sheet_cells.h"
#include "gatehouse/extract/zip_for_test.h"

namespace gatehouse::fuzzing {
namespace {

using extract::Format;

std::string archive_of(std::string_view input) {
  std::vector<extract::TestEntry> entries;
  while (!input.empty() && entries.size() < 20) {
    std::string_view part = take_part(input);
    const std::string_view name = take_line(part);
    entries.push_back({std::string(name), std::string(part)});
  }
  return extract::zip_of(entries);
}

void check(std::string_view bytes) {
  const Format format = extract::format_of(bytes);
  extract::TextLimits limits;
  limits.text_bytes_max = 10'000;
  const extract::PageRange all;
  const auto document = extract::office_text(bytes, format, all, limits);
  if (!document) return;
  assert(extract::is_office(format));
  assert(document->text.size() <= limits.text_bytes_max);
  assert(base::is_valid_utf8(document->text));
  const auto again = extract::office_text(bytes, format, all, limits);
  assert(again && again->text == document->text);
}

void check_cells(std::string_view text) {
  (void)extract::number_text(text);
  (void)extract::shows_date(164, text);
  assert(extract::date_text(text, false).size() <= text.size() + 64);
  const std::size_t column = extract::column_of(text);
  assert(column == std::string_view::npos || column < 20'000);
}

}  // namespace

void run(std::string_view input) {
  check(input);
  check(archive_of(input));
  check_cells(input);
}

}  // namespace gatehouse::fuzzing
