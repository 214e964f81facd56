// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/markdown_html.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"

namespace gatehouse::workspace::gmail {

namespace {

using Lines = std::vector<std::string_view>;

constexpr int kDepthMax = 8;
constexpr int kInlineDepthMax = 4;
constexpr std::size_t kUrlMax = 2'000;
constexpr std::size_t kLinkTextMax = 1'000;
constexpr std::size_t kCellsMax = 20;
// Nothing that a person writes grows more than this as HTML.
constexpr std::size_t kGrowthMax = 10;
constexpr std::size_t kSmall = 20'000;
constexpr std::size_t kNowhere = std::string_view::npos;

constexpr std::string_view kQuoteStyle =
    "margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex";
constexpr std::string_view kCodeStyle = "background:#f4f4f4;padding:8px;white-space:pre-wrap";
constexpr std::string_view kCellStyle = "border:1px solid #ccc;padding:4px 8px;text-align:left";

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out.push_back(c);
    }
  }
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

std::size_t indent_of(std::string_view line) {
  std::size_t columns = 0;
  for (const char c : line) {
    if (c == ' ') {
      ++columns;
    } else if (c == '\t') {
      columns += 4 - columns % 4;
    } else {
      break;
    }
  }
  return columns;
}

std::string_view without_indent(std::string_view line, std::size_t columns_max) {
  std::size_t columns = 0;
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t') && columns < columns_max) {
    columns += line.front() == ' ' ? 1 : 4 - columns % 4;
    line.remove_prefix(1);
  }
  return line;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// --- within a paragraph ---

bool has_known_scheme(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://", "mailto:", "tel:"}) {
    if (url.size() > scheme.size() &&
        base::equal_ignoring_case(url.substr(0, scheme.size()), scheme))
      return true;
  }
  return false;
}

bool is_url(std::string_view url) {
  return url.size() <= kUrlMax && has_known_scheme(url) &&
         std::none_of(url.begin(), url.end(),
                      [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

class InlineText {
 public:
  InlineText(std::string& out, int depth) : out_(out), depth_(depth) {}

  void write(std::string_view text) {
    text_ = text;
    for (at_ = 0; at_ < text_.size();) {
      if (!take_escape() && !take_code() && !take_link() && !take_emphasis() && !take_bare_url())
        take_character();
    }
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }

  void take_character() {
    if (text_[at_] == '\n') {
      out_ += "<br>\n";
    } else {
      append_escaped(out_, text_.substr(at_, 1));
    }
    ++at_;
  }

  bool take_escape() {
    constexpr std::string_view kEscapable = "\\`*_{}[]()#+-.!|>~<";
    if (text_[at_] != '\\' || at_ + 1 >= text_.size()) return false;
    if (kEscapable.find(text_[at_ + 1]) == std::string_view::npos) return false;
    append_escaped(out_, text_.substr(at_ + 1, 1));
    at_ += 2;
    return true;
  }

  bool take_code() {
    if (text_[at_] != '`' || no_more_code_) return false;
    const std::size_t end = text_.find('`', at_ + 1);
    if (end == std::string_view::npos) {
      no_more_code_ = true;
      return false;
    }
    if (end == at_ + 1) return false;
    out_ += "<code>";
    append_escaped(out_, text_.substr(at_ + 1, end - at_ - 1));
    out_ += "</code>";
    at_ = end + 1;
    return true;
  }

  // [text](url), and ![text](url), which is a link too.
  bool take_link() {
    std::size_t open = at_;
    if (text_[open] == '!' && open + 1 < text_.size()) ++open;
    if (text_[open] != '[') return false;
    const std::string_view window = text_.substr(open + 1, kLinkTextMax);
    const std::size_t middle = window.find("](");
    if (middle == std::string_view::npos || window.substr(0, middle).find('[') != kNowhere)
      return false;
    const std::size_t url_at = open + 1 + middle + 2;
    const std::string_view tail = text_.substr(url_at, kUrlMax + 1);
    const std::size_t close = tail.find_first_of(") \n");
    if (close == std::string_view::npos || tail[close] != ')') return false;
    const std::string_view url = tail.substr(0, close);
    if (!is_url(url)) return false;
    const std::string_view shown = window.substr(0, middle);
    begin_link(url);
    append_escaped(out_, is_blank(shown) ? url : shown);
    out_ += "</a>";
    at_ = url_at + close + 1;
    return true;
  }

  void begin_link(std::string_view url) {
    out_ += "<a href=\"";
    append_escaped(out_, url);
    out_ += "\">";
  }

  bool is_word_before() const {
    if (at_ == 0) return false;
    const char c = text_[at_ - 1];
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) >= 0x80;
  }

  bool take_bare_url() {
    if ((text_[at_] != 'h' && text_[at_] != 'H') || is_word_before()) return false;
    const std::string_view window = text_.substr(at_, kUrlMax);
    if (!base::equal_ignoring_case(window.substr(0, 7), "http://") &&
        !base::equal_ignoring_case(window.substr(0, 8), "https://"))
      return false;
    std::size_t end = std::min(window.find_first_of(" \t\n<>\"|"), window.size());
    // What ends a sentence ends the address; a bracket does unless it was opened in it.
    const std::size_t bracket = window.find('(');
    while (end > 0 && std::string_view(".,;:!?'*_)").find(window[end - 1]) != kNowhere) {
      if (window[end - 1] == ')' && bracket < end) break;
      --end;
    }
    const std::string_view url = window.substr(0, end);
    if (!is_url(url)) return false;
    begin_link(url);
    append_escaped(out_, url);
    out_ += "</a>";
    at_ += end;
    return true;
  }

  struct Mark {
    std::string_view sign;
    std::string_view tag;
  };
  static constexpr std::array<Mark, 5> kMarks{
      {{"**", "strong"}, {"__", "strong"}, {"~~", "s"}, {"*", "em"}, {"_", "em"}}};

  bool take_emphasis() {
    if (depth_ >= kInlineDepthMax) return false;
    for (std::size_t i = 0; i < kMarks.size(); ++i) {
      if (rest().starts_with(kMarks[i].sign)) return take_marked(i);
    }
    return false;
  }

  bool take_marked(std::size_t which) {
    const Mark& mark = kMarks[which];
    // snake_case_names are no emphasis.
    if (is_closed_[which] || (mark.sign.front() == '_' && is_word_before())) return false;
    const std::size_t from = at_ + mark.sign.size();
    if (from >= text_.size() || text_[from] == ' ' || text_[from] == '\n') return false;
    const std::size_t end = find_close(mark.sign, from + 1);
    if (end == std::string_view::npos) {
      is_closed_[which] = true;
      return false;
    }
    out_.append("<").append(mark.tag).append(">");
    InlineText(out_, depth_ + 1).write(text_.substr(from, end - from));
    out_.append("</").append(mark.tag).append(">");
    at_ = end + mark.sign.size();
    return true;
  }

  std::size_t find_close(std::string_view sign, std::size_t from) const {
    for (std::size_t end = text_.find(sign, from); end != std::string_view::npos;
         end = text_.find(sign, end + 1)) {
      if (text_[end - 1] == ' ' || text_[end - 1] == '\\') continue;
      // A single sign that is one of two belongs to another pair.
      const bool is_doubled =
          sign.size() == 1 && end + 1 < text_.size() && text_[end + 1] == sign[0];
      if (!is_doubled) return end;
      ++end;
    }
    return std::string_view::npos;
  }

  std::string& out_;
  const int depth_;
  std::string_view text_;
  std::size_t at_ = 0;
  // Once a sign has no partner in the rest of the text, no later one has.
  bool no_more_code_ = false;
  std::array<bool, kMarks.size()> is_closed_{};
};

void append_inline(std::string& out, std::string_view text) { InlineText(out, 0).write(text); }

// --- blocks ---

struct ListMark {
  bool is_ordered = false;
  std::size_t number = 1;
  std::size_t content = 0;  // column at which the item's text begins
  std::string_view text;
};

std::optional<ListMark> list_mark(std::string_view line) {
  const std::size_t indent = indent_of(line);
  const std::string_view body = without_indent(line, indent);
  ListMark mark;
  std::size_t size = 0;
  if (!body.empty() && std::string_view("-*+").find(body.front()) != std::string_view::npos) {
    size = 1;
  } else {
    while (size < body.size() && size < 9 && is_digit(body[size])) ++size;
    if (size == 0 || size >= body.size() || (body[size] != '.' && body[size] != ')'))
      return std::nullopt;
    mark.is_ordered = true;
    mark.number = 0;
    for (std::size_t i = 0; i < size; ++i)
      mark.number = mark.number * 10 + static_cast<std::size_t>(body[i] - '0');
    ++size;
  }
  if (size >= body.size() || body[size] != ' ') return std::nullopt;
  mark.content = indent + size + 1;
  mark.text = body.substr(size + 1);
  return mark;
}

std::size_t heading_level(std::string_view line) {
  const std::size_t level = std::min(line.find_first_not_of('#'), line.size());
  return level >= 1 && level <= 6 && level < line.size() && line[level] == ' ' ? level : 0;
}

bool is_rule(std::string_view line) {
  const std::string_view body = base::trim(line);
  if (body.size() < 3 || std::string_view("-*_").find(body.front()) == std::string_view::npos)
    return false;
  return body.find_first_not_of(body.front()) == std::string_view::npos;
}

bool is_fence(std::string_view line) { return without_indent(line, 3).starts_with("```"); }
bool is_quote(std::string_view line) { return without_indent(line, 3).starts_with('>'); }

std::vector<std::string_view> cells_of(std::string_view line) {
  std::string_view body = base::trim(line);
  if (body.starts_with('|')) body.remove_prefix(1);
  if (body.ends_with('|')) body.remove_suffix(1);
  std::vector<std::string_view> cells;
  while (cells.size() < kCellsMax) {
    const std::size_t end = body.find('|');
    cells.push_back(base::trim(body.substr(0, end)));
    if (end == std::string_view::npos) break;
    body.remove_prefix(end + 1);
  }
  return cells;
}

bool is_table_rule(std::string_view line) {
  return line.find('|') != std::string_view::npos && line.find('-') != std::string_view::npos &&
         line.find_first_not_of("|-: \t") == std::string_view::npos;
}

class Blocks {
 public:
  Blocks(std::string& out, int depth) : out_(out), depth_(depth) {}

  void write(const Lines& lines) {
    lines_ = &lines;
    for (at_ = 0; at_ < lines.size();) {
      if (is_blank(line())) {
        ++at_;
      } else if (!write_block()) {
        write_paragraph();
      }
    }
  }

 private:
  std::string_view line() const { return (*lines_)[at_]; }
  bool at_end() const { return at_ >= lines_->size(); }
  bool is_table() const {
    return at_ + 1 < lines_->size() && line().find('|') != std::string_view::npos &&
           is_table_rule((*lines_)[at_ + 1]);
  }

  // Whether a block begins here that ends a paragraph. A number there is rather the end of a
  // sentence, unless it is 1.
  bool begins_block() const {
    if (is_fence(line()) || is_rule(line()) || heading_level(line()) > 0) return true;
    if (depth_ >= kDepthMax) return false;
    const auto mark = list_mark(line());
    return is_quote(line()) || (mark && (!mark->is_ordered || mark->number == 1));
  }

  bool write_block() {
    if (is_fence(line())) return write_code();
    if (is_rule(line())) return write_rule();
    if (heading_level(line()) > 0) return write_heading();
    if (is_table()) return write_table();
    if (depth_ >= kDepthMax) return false;
    if (is_quote(line())) return write_quote();
    if (list_mark(line())) return write_list();
    return false;
  }

  bool write_code() {
    out_.append("<pre style=\"").append(kCodeStyle).append("\"><code>");
    for (++at_; !at_end() && !is_fence(line()); ++at_) {
      append_escaped(out_, line());
      out_.push_back('\n');
    }
    if (!at_end()) ++at_;
    out_ += "</code></pre>\n";
    return true;
  }

  bool write_rule() {
    out_ += "<hr>\n";
    ++at_;
    return true;
  }

  bool write_heading() {
    const std::size_t level = heading_level(line());
    const std::string tag = "h" + std::to_string(level);
    out_ += "<" + tag + ">";
    append_inline(out_, base::trim(line().substr(level)));
    out_ += "</" + tag + ">\n";
    ++at_;
    return true;
  }

  void write_row(std::string_view row, std::string_view tag, std::size_t columns) {
    const std::vector<std::string_view> cells = cells_of(row);
    out_ += "<tr>";
    for (std::size_t i = 0; i < columns; ++i) {
      out_.append("<").append(tag).append(" style=\"").append(kCellStyle).append("\">");
      if (i < cells.size()) append_inline(out_, cells[i]);
      out_.append("</").append(tag).append(">");
    }
    out_ += "</tr>\n";
  }

  bool write_table() {
    const std::size_t columns = cells_of(line()).size();
    out_ += "<table style=\"border-collapse:collapse\">\n";
    write_row(line(), "th", columns);
    for (at_ += 2; !at_end() && line().find('|') != std::string_view::npos; ++at_)
      write_row(line(), "td", columns);
    out_ += "</table>\n";
    return true;
  }

  bool write_quote() {
    Lines inner;
    for (; !at_end() && is_quote(line()); ++at_) {
      std::string_view text = without_indent(line(), 3).substr(1);
      if (text.starts_with(' ')) text.remove_prefix(1);
      inner.push_back(text);
    }
    out_.append("<blockquote style=\"").append(kQuoteStyle).append("\">\n");
    Blocks(out_, depth_ + 1).write(inner);
    out_ += "</blockquote>\n";
    return true;
  }

  bool write_list() {
    const ListMark first = *list_mark(line());
    const std::size_t indent = indent_of(line());
    out_ += first.is_ordered ? "<ol" : "<ul";
    if (first.is_ordered && first.number != 1)
      out_ += " start=\"" + std::to_string(first.number) + "\"";
    out_ += ">\n";
    while (!at_end()) {
      const auto mark = list_mark(line());
      if (!mark || mark->is_ordered != first.is_ordered || indent_of(line()) < indent ||
          is_rule(line()))
        break;
      write_item(*mark);
    }
    out_ += first.is_ordered ? "</ol>\n" : "</ul>\n";
    return true;
  }

  // An item goes on over lines that are indented as far as its text, and over blank lines among
  // them.
  void write_item(const ListMark& mark) {
    Lines inner{mark.text};
    for (++at_; !at_end(); ++at_) {
      const bool is_inside = indent_of(line()) >= std::min<std::size_t>(mark.content, 80);
      const bool is_lazy =
          !is_blank(line()) && !is_blank(inner.back()) && !begins_block() && !list_mark(line());
      if (!is_blank(line()) && !is_inside && !is_lazy) break;
      inner.push_back(without_indent(line(), mark.content));
    }
    bool is_loose = false;
    while (is_blank(inner.back()) && inner.size() > 1) inner.pop_back();
    for (const std::string_view each : inner) is_loose = is_loose || is_blank(each);
    out_ += "<li>";
    Blocks item(out_, depth_ + 1);
    item.is_tight_ = !is_loose;
    item.write(inner);
    out_ += "</li>\n";
  }

  void write_paragraph() {
    std::string text;
    do {
      if (!text.empty()) text.push_back('\n');
      text += base::trim(line());
      ++at_;
    } while (!at_end() && !is_blank(line()) && !begins_block() && !is_table());
    if (!is_tight_) out_ += "<p>";
    append_inline(out_, text);
    out_ += is_tight_ ? "\n" : "</p>\n";
  }

  std::string& out_;
  const int depth_;
  const Lines* lines_ = nullptr;
  std::size_t at_ = 0;
  bool is_tight_ = false;  // within a list item of single lines
};

}  // namespace

std::string markdown_to_html_piece(std::string_view markdown) {
  const std::string_view text = markdown;
  Lines lines;
  while (!markdown.empty()) {
    const std::size_t end = std::min(markdown.find('\n'), markdown.size());
    lines.push_back(markdown.substr(0, end));
    markdown.remove_prefix(std::min(markdown.size(), end + 1));
  }
  std::string html;
  Blocks(html, 0).write(lines);
  if (html.size() > kGrowthMax * text.size() + kSmall) {
    html.clear();
    html.append("<pre style=\"").append(kCodeStyle).append("\">");
    append_escaped(html, text);
    html += "</pre>\n";
  }
  return html;
}

std::string lines_to_html_piece(std::string_view lines) {
  std::string html = "<p>";
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    append_escaped(html, lines.substr(0, end));
    lines.remove_prefix(std::min(lines.size(), end + 1));
    if (!lines.empty()) html += "<br>\n";
  }
  return html + "</p>\n";
}

std::string html_document(std::string_view pieces) {
  std::string html =
      "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head>\n"
      "<body style=\"font-family:Arial,Helvetica,sans-serif;font-size:14px\">\n";
  return html.append(pieces).append("</body></html>\n");
}

std::string markdown_to_html(std::string_view markdown) {
  return html_document(markdown_to_html_piece(markdown));
}

}  // namespace gatehouse::workspace::gmail
