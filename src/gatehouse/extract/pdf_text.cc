// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/pdf_text.h"

#include <utility>
#include <vector>

#include "gatehouse/base/child_process.h"
#include "gatehouse/base/take_until.h"
#include "gatehouse/extract/text_writer.h"

namespace gatehouse::extract {

namespace {

using telemetry::Field;

std::vector<std::string> command(const std::string& program, const PageRange& pages) {
  std::vector<std::string> words{program, "-q", "-enc", "UTF-8", "-eol", "unix"};
  words.insert(words.end(), {"-f", std::to_string(pages.first)});
  if (pages.last != PageRange::kLast) words.insert(words.end(), {"-l", std::to_string(pages.last)});
  words.insert(words.end(), {"-", "-"});
  return words;
}

// The program says nothing of why it failed but on stderr, in words for people.
Trouble reason_of(const base::Error& error, std::string_view bytes) {
  if (error.code == base::Errc::timeout) return Trouble::too_slow;
  if (error.code == base::Errc::unavailable) return Trouble::busy;
  if (error.code == base::Errc::denied) return Trouble::no_cage;
  if (error.detail.find("(signal") != std::string::npos) return Trouble::too_large;
  return bytes.find("/Encrypt") == std::string_view::npos ? Trouble::damaged : Trouble::encrypted;
}

// Of pages that are not there the program says that its arguments are wrong.
bool is_beyond_the_end(const base::Error& error) {
  return error.detail.find("(exit status 99)") != std::string::npos;
}

}  // namespace

std::string with_page_numbers(std::string_view text, std::size_t first) {
  std::string all;
  for (std::size_t page = first; !text.empty(); ++page) {
    const std::string_view words = trimmed(base::take_until(text, '\f'));
    if (words.empty()) continue;
    all += (all.empty() ? "[page " : "\n\n[page ") + std::to_string(page) + "]\n";
    all += words;
  }
  return all;
}

ExtractTask<DocumentText> pdf_text(std::string_view bytes, PageRange pages, const PdfLimits& limits,
                                   telemetry::Log& log) {
  if (!base::find_program(limits.program)) co_return Trouble::no_program;
  base::ProgramLimits program_limits;
  program_limits.time = limits.time;
  program_limits.output_bytes_max = limits.text_bytes_max;
  base::ProgramCage cage;
  cage.processor_time = limits.processor_time;
  cage.memory_bytes_max = limits.memory_bytes_max;
  const std::vector<std::string> words = command(limits.program, pages);
  auto said = co_await base::run_caged_program(words, bytes, program_limits, cage);
  DocumentText document;
  if (!said) {
    const base::Error error = said.error();
    if (is_beyond_the_end(error)) co_return document;
    const Trouble reason = reason_of(error, bytes);
    if (reason == Trouble::no_cage)
      log.error("PDF cannot be read", {{Field::detail, error.detail}});
    co_return reason;
  }
  document.cut = said->cut;
  document.text = with_page_numbers(said->text.reveal(), pages.first);
  co_return document;
}

}  // namespace gatehouse::extract
