// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/quoted_history.h"

#include <algorithm>
#include <array>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/code_points.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kQuoteLinesKept = 3;
constexpr std::size_t kAttributionLinesMax = 4;
constexpr std::size_t kAttributionBytesMax = 500;
// Programs wrap long lines only; a short line above "... wrote:" is the writer's own.
constexpr std::size_t kWrappedLineBytesMin = 36;

// How mail programs say "wrote", in lower case as far as ASCII goes.
constexpr std::array<std::string_view, 22> kWrote{
    "wrote",
    "schrieb",
    "a \xC3\xA9"
    "crit",
    "escribi\xC3\xB3",
    "ha scritto",
    "escreveu",
    "schreef",
    "skrev",
    "kirjoitti",
    "napisa\xC5\x82",
    "napsal",
    "\xC3\xADrta",
    "yazd\xC4\xB1",
    "\xD0\xBF\xD0\xB8\xD1\x88\xD0\xB5\xD1\x82",
    "\xD0\xBD\xD0\xB0\xD0\xBF\xD0\xB8\xD1\x81\xD0\xB0\xD0\xBB",
    "\xE5\x86\x99\xE9\x81\x93",
    "\xE5\xAF\xAB\xE9\x81\x93",
    "\xE3\x81\xAE\xE3\x83\xA1\xE3\x83\xBC\xE3\x83\xAB",
    "kirjutas",
    "\xEC\x9E\x91\xEC\x84\xB1",
    "\xED\x8E\xB8\xEC\xA7\x80",
    "\xE6\x9B\xB8\xE3\x81\x8D\xE3\x81\xBE\xE3\x81\x97\xE3\x81\x9F"};

// The first two fields of the header block that Outlook puts above the mail it answers.
constexpr std::array<std::string_view, 9> kFromField{
    "from:", "von:", "de :", "de:", "da:", "van:", "fr\xC3\xA5n:", "fra:", "\xD0\x9E\xD1\x82:"};
constexpr std::array<std::string_view, 18> kSentField{
    "sent:",          "gesendet:", "envoy\xC3\xA9 :",
    "envoy\xC3\xA9:", "enviado:",  "enviado el:",
    "enviada em:",    "enviada:",  "inviato:",
    "verzonden:",     "skickat:",  "sendt:",
    "date:",          "datum:",    "fecha:",
    "data:",          "date :",    "\xD0\x94\xD0\xB0\xD1\x82\xD0\xB0:"};

constexpr std::array<std::string_view, 8> kOriginalMessage{
    "original message",       "urspr\xC3\xBCngliche nachricht",
    "message d'origine",      "mensaje original",
    "messaggio originale",    "mensagem original",
    "oorspronkelijk bericht", "ursprungligt meddelande"};

constexpr std::array<std::string_view, 10> kForwarded{"forwarded message",
                                                      "weitergeleitete nachricht",
                                                      "begin forwarded message",
                                                      "message transf\xC3\xA9r\xC3\xA9",
                                                      "mensaje reenviado",
                                                      "messaggio inoltrato",
                                                      "mensagem encaminhada",
                                                      "doorgestuurd bericht",
                                                      "fwd:",
                                                      "weitergeleitet"};

struct Line {
  std::string_view text;  // without its end
  std::size_t offset;
};

std::vector<Line> split_lines(std::string_view text) {
  std::vector<Line> lines;
  std::size_t offset = 0;
  while (offset < text.size()) {
    const std::size_t end = std::min(text.find('\n', offset), text.size());
    lines.push_back({text.substr(offset, end - offset), offset});
    offset = end + 1;
  }
  return lines;
}

// Lower case, without the marks that markdown and quoting put before words.
std::string plain(std::string_view line) {
  const std::size_t start = std::min(line.find_first_not_of(" \t*_#>"), line.size());
  std::string text = base::to_lower_ascii(line.substr(start, 300));
  text.erase(std::remove(text.begin(), text.end(), '*'), text.end());
  return text;
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}
bool is_quoted(std::string_view line) { return line.starts_with('>') || line.starts_with(" >"); }

template <std::size_t N>
bool begins_with_any(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view w) { return text.starts_with(w); });
}
template <std::size_t N>
bool holds_any(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view w) { return text.find(w) != std::string_view::npos; });
}

bool ends_with_colon(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r' || text.back() == '*'))
    text.remove_suffix(1);
  return text.ends_with(':') || text.ends_with("\xEF\xBC\x9A");
}

bool has_digit(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos;
}

std::size_t next_text(const std::vector<Line>& lines, std::size_t i) {
  while (i < lines.size() && is_blank(lines[i].text)) ++i;
  return i;
}

// How many lines from `i` on say "on that day somebody wrote:", 0 when they do not. Long names wrap
// over several lines.
std::size_t attribution_lines(const std::vector<Line>& lines, std::size_t i) {
  std::string joined;
  for (std::size_t n = 0; n < kAttributionLinesMax && i + n < lines.size(); ++n) {
    if (is_blank(lines[i + n].text)) return 0;
    joined += plain(lines[i + n].text) + " ";
    if (joined.size() > kAttributionBytesMax) return 0;
    if (ends_with_colon(lines[i + n].text))
      return holds_any(joined, kWrote) && has_digit(joined) ? n + 1 : 0;
    if (lines[i + n].text.size() < kWrappedLineBytesMin) return 0;
  }
  return 0;
}

bool begins_attribution(const std::vector<Line>& lines, std::size_t i) {
  const std::size_t count = attribution_lines(lines, i);
  if (count == 0) return false;
  const std::size_t after = next_text(lines, i + count);
  return after < lines.size() && is_quoted(lines[after].text);
}

bool begins_header_block(const std::vector<Line>& lines, std::size_t i) {
  if (!begins_with_any(plain(lines[i].text), kFromField)) return false;
  for (std::size_t n = 1; n <= 3 && i + n < lines.size(); ++n) {
    if (begins_with_any(plain(lines[i + n].text), kSentField)) return true;
  }
  return false;
}

bool is_separator(std::string_view line) {
  const std::string text = plain(line);
  return text.starts_with("--") && holds_any(text, kOriginalMessage);
}

bool is_rule(std::string_view line) {
  return line.size() >= 3 &&
         (line.find_first_not_of('_') == std::string_view::npos || line == "---");
}

// First line of what the mail answers, lines.size() when it answers none.
std::size_t find_history(const std::vector<Line>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (is_blank(lines[i].text)) continue;
    const std::string text = plain(lines[i].text);
    // A forwarded mail is what the sender wanted to show; whatever it quotes belongs to it.
    if (holds_any(text, kForwarded) &&
        (text.starts_with("--") || text.starts_with("begin forwarded")))
      return lines.size();
    if (is_separator(lines[i].text) || begins_header_block(lines, i)) return i;
    if (!begins_attribution(lines, i)) continue;
    // Answers below or between the quoted lines follow: then only the quotes go.
    std::size_t j = i + attribution_lines(lines, i);
    while (j < lines.size() && (is_blank(lines[j].text) || is_quoted(lines[j].text))) ++j;
    if (j == lines.size()) return i;
  }
  return lines.size();
}

std::size_t before_rules(const std::vector<Line>& lines, std::size_t i) {
  while (i > 0 && (is_blank(lines[i - 1].text) || is_rule(lines[i - 1].text))) --i;
  return i;
}

std::string mark(std::size_t characters) {
  return "[quoted text cut: " + std::to_string(characters) + " characters]";
}

class Shortener {
 public:
  explicit Shortener(std::string_view text) : text_(text), lines_(split_lines(text)) {}

  WithoutHistory run(std::size_t history_at) {
    std::size_t end = std::min(find_history(lines_), line_at(history_at));
    end = before_rules(lines_, end);
    if (end < lines_.size() && !says_anything(end)) end = lines_.size();
    keep_until(end);
    if (end < lines_.size()) cut(lines_[end].offset, text_.size());
    while (out_.text.ends_with('\n')) out_.text.pop_back();
    return std::move(out_);
  }

 private:
  std::size_t line_at(std::size_t offset) const {
    if (offset >= text_.size()) return lines_.size();
    std::size_t i = 0;
    while (i < lines_.size() && lines_[i].offset < offset) ++i;
    const std::size_t first = next_text(lines_, i);
    for (std::size_t n = first; n < std::min(first + 3, lines_.size()); ++n) {
      if (holds_any(plain(lines_[n].text), kForwarded)) return lines_.size();
    }
    return i;
  }

  bool says_anything(std::size_t end) const {
    return std::any_of(
        lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(end),
        [](const Line& line) { return !is_blank(line.text) && !is_quoted(line.text); });
  }

  void keep_until(std::size_t end) {
    const bool has_answers = says_anything(end);
    for (std::size_t i = 0; i < end;) {
      std::size_t j = i;
      while (j < end && is_quoted(lines_[j].text)) ++j;
      if (j - i > kQuoteLinesKept && has_answers) {
        cut(lines_[i].offset, j < lines_.size() ? lines_[j].offset : text_.size());
        i = j;
        continue;
      }
      for (j = std::max(j, i + 1); i < j; ++i) out_.text.append(lines_[i].text).push_back('\n');
    }
  }

  void cut(std::size_t from, std::size_t to) {
    const std::size_t characters = character_count(text_.substr(from, to - from));
    out_.cut_characters += characters;
    out_.text += mark(characters) + "\n";
  }

  std::string_view text_;
  std::vector<Line> lines_;
  WithoutHistory out_;
};

}  // namespace

WithoutHistory without_history(std::string_view text, std::size_t history_at) {
  return Shortener(text).run(history_at);
}

}  // namespace gatehouse::workspace::gmail
