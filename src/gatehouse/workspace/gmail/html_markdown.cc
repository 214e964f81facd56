// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/html_markdown.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/gmail/html_elements.h"
#include "gatehouse/workspace/gmail/html_entities.h"
#include "gatehouse/workspace/gmail/html_style.h"
#include "gatehouse/workspace/gmail/html_tokenizer.h"
#include "gatehouse/workspace/gmail/link_mark.h"
#include "gatehouse/workspace/gmail/markdown_writer.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kHtmlBytesMax = 1024 * 1024;
constexpr std::size_t kTextBytesMax = 4 * 1024 * 1024;
constexpr std::size_t kDepthMax = 250;
constexpr std::size_t kTableDepthMax = 24;
constexpr std::size_t kEmphasisMax = 200;
constexpr std::size_t kLinkTextMax = 400;

constexpr std::size_t kNotStarted = std::string::npos;

struct Frame {
  std::string name;
  HtmlKind kind = HtmlKind::inline_text;
  Style style;
  bool hidden = false;
  std::size_t mark_at = kNotStarted;  // of links and emphasis: where their text began
  std::string target;                 // of links
  std::string image;                  // of links without text: nothing, or the alt text was written
  std::size_t next_number = 0;        // of ordered lists; 0 in unordered ones
};

struct Table {
  bool plain = false;  // too deep inside others to be laid out: its cells are blocks
  bool nested = false;
  bool in_cell = false;
  std::vector<std::vector<std::string>> rows;
};

class Converter {
 public:
  HtmlMarkdown convert(std::string_view html);

 private:
  void read_style_sheets(std::string_view html);
  void start(const HtmlToken& token);
  void start_empty(const HtmlToken& token);
  void open_frame(const HtmlToken& token, HtmlKind kind);
  void begin_layout(const HtmlToken& token, Frame& frame);
  void end(const HtmlToken& token);
  void text(std::string_view raw);
  void preformatted(const std::string& text);
  void image(const HtmlToken& token);

  void close_implied(std::string_view name, HtmlKind kind);
  void pop();
  void pop_to(std::size_t size) {
    while (frames_.size() > size) pop();
  }
  // Index of the innermost open element of this name that `barrier` does not hide; frames_.size()
  // when there is none.
  template <class Wanted, class Barrier>
  std::size_t find_open(Wanted wanted, Barrier barrier) const;

  void finish_link(Frame& frame);
  void finish_emphasis(Frame& frame, std::string_view mark);
  void start_cell();
  void finish_cell();
  void finish_table();
  void write_data_table(const Table& table);
  void write_layout_table(const Table& table);
  void write_block(const std::string& text);

  void note_history(const HtmlToken& token);
  void start_marks();
  bool hidden() const { return !frames_.empty() && frames_.back().hidden; }
  MarkdownWriter& writer() { return writers_.back(); }
  // Frames of links and emphasis live in the writer in which they were opened.
  std::string_view text_since(std::size_t offset) {
    return std::string_view(writer().text()).substr(offset);
  }

  HtmlMarkdown result_;
  StyleSheet sheet_;
  std::vector<Frame> frames_;
  std::vector<std::size_t> waiting_marks_;  // frames whose text has not begun
  std::vector<Table> tables_;
  std::vector<MarkdownWriter> writers_{1};
  std::size_t preformatted_ = 0;
  std::size_t skipped_ = 0;
  std::size_t text_bytes_ = 0;
};

HtmlMarkdown Converter::convert(std::string_view html) {
  if (html.size() > kHtmlBytesMax) {
    result_.cut = true;
    html = html.substr(0, kHtmlBytesMax);
  }
  read_style_sheets(html);
  HtmlTokenizer tokenizer(html);
  HtmlToken token;
  while (tokenizer.next(token) && text_bytes_ < kTextBytesMax) {
    if (token.kind == HtmlToken::Kind::text) text(token.text);
    if (token.kind == HtmlToken::Kind::start) start(token);
    if (token.kind == HtmlToken::Kind::end) end(token);
  }
  result_.cut |= text_bytes_ >= kTextBytesMax;
  pop_to(0);
  result_.text = writer().take();
  return std::move(result_);
}

void Converter::read_style_sheets(std::string_view html) {
  HtmlTokenizer tokenizer(html);
  HtmlToken token;
  bool in_style = false;
  while (tokenizer.next(token)) {
    if (in_style && token.kind == HtmlToken::Kind::text) sheet_.add(token.text);
    in_style = token.kind == HtmlToken::Kind::start && token.name == "style";
  }
}

void Converter::start(const HtmlToken& token) {
  const HtmlKind kind = html_kind_of(token.name);
  if (kind == HtmlKind::empty) return start_empty(token);
  close_implied(token.name, kind);
  // Skipped content stays skipped at any depth.
  if (frames_.size() < kDepthMax || (kind == HtmlKind::skipped && skipped_ == 0))
    open_frame(token, kind);
}

void Converter::start_empty(const HtmlToken& token) {
  if (skipped_ > 0 || hidden()) return;
  if (token.name == "img") return image(token);
  if (token.name == "br") {
    return writer().line_break();
  }
  if (token.name != "hr") return;
  writer().line_ends(2);
  writer().verbatim("---");
  writer().line_ends(2);
}

void Converter::open_frame(const HtmlToken& token, HtmlKind kind) {
  note_history(token);
  Frame frame;
  frame.name = token.name;
  frame.kind = kind;
  Style own = sheet_.style_of(token);
  // Browsers paint links blue unless told otherwise, whatever the text around them.
  if (kind == HtmlKind::link && !own.color && token.has_attribute("href"))
    own.color = Color{Color::Kind::rgb, 0x0000EE};
  frame.style = inherited(frames_.empty() ? page_style() : frames_.back().style, own);
  frame.hidden = is_hidden(frame.style);
  if (kind == HtmlKind::skipped) ++skipped_;
  if (kind == HtmlKind::preformatted) ++preformatted_;
  begin_layout(token, frame);
  frames_.push_back(std::move(frame));
  if (kind == HtmlKind::link || kind == HtmlKind::strong || kind == HtmlKind::emphasis)
    waiting_marks_.push_back(frames_.size() - 1);
}

void Converter::begin_layout(const HtmlToken& token, Frame& frame) {
  switch (frame.kind) {
    case HtmlKind::block:
      return writer().line_ends(1);
    case HtmlKind::paragraph:
    case HtmlKind::preformatted:
      return writer().line_ends(2);
    case HtmlKind::heading:
      writer().line_ends(2);
      return writer().push_prefix(
          std::string(static_cast<std::size_t>(token.name[1] - '0'), '#') + " ", "");
    case HtmlKind::quote:
      writer().line_ends(2);
      return writer().push_prefix("> ", "> ");
    case HtmlKind::list: {
      const bool is_nested = std::any_of(frames_.begin(), frames_.end(),
                                         [](const Frame& f) { return f.kind == HtmlKind::item; });
      frame.next_number = token.name == "ol" ? 1 : 0;
      return writer().line_ends(is_nested ? 1 : 2);
    }
    case HtmlKind::item: {
      writer().line_ends(1);
      const bool numbered = !frames_.empty() && frames_.back().kind == HtmlKind::list &&
                            frames_.back().next_number > 0;
      const std::string mark =
          numbered ? std::to_string(frames_.back().next_number++) + ". " : "- ";
      return writer().push_prefix(mark, std::string(mark.size(), ' '));
    }
    case HtmlKind::link:
      frame.target = link_target(token.attribute("href"));
      return;
    case HtmlKind::table: {
      Table table;
      table.plain = tables_.size() >= kTableDepthMax;
      for (Table& outer : tables_) outer.nested = true;
      tables_.push_back(std::move(table));
      return writer().line_ends(1);
    }
    case HtmlKind::row:
      writer().line_ends(1);
      if (!tables_.empty()) tables_.back().rows.emplace_back();
      return;
    case HtmlKind::cell:
      return start_cell();
    default:
      return;
  }
}

// What an HTML parser closes by itself when the next element begins.
void Converter::close_implied(std::string_view name, HtmlKind kind) {
  const auto is_table_part = [](const Frame& f) {
    return f.kind == HtmlKind::table || f.kind == HtmlKind::cell;
  };
  const auto close = [&](auto wanted, auto barrier) {
    const std::size_t found = find_open(wanted, barrier);
    if (found < frames_.size()) pop_to(found);
  };
  const auto is_table = [](const Frame& f) { return f.kind == HtmlKind::table; };
  if (kind == HtmlKind::cell)
    close([](const Frame& f) { return f.kind == HtmlKind::cell; }, is_table);
  if (kind == HtmlKind::row)
    close([](const Frame& f) { return f.kind == HtmlKind::cell; }, is_table);
  if (kind == HtmlKind::row || name == "tbody" || name == "thead" || name == "tfoot") {
    close([](const Frame& f) { return f.kind == HtmlKind::row; }, is_table);
  }
  if (kind == HtmlKind::item) {
    close([](const Frame& f) { return f.kind == HtmlKind::item; },
          [&](const Frame& f) { return f.kind == HtmlKind::list || is_table_part(f); });
  }
  if (kind == HtmlKind::link)
    close([](const Frame& f) { return f.kind == HtmlKind::link; }, is_table_part);
  const bool is_block = kind == HtmlKind::block || kind == HtmlKind::paragraph ||
                        kind == HtmlKind::heading || kind == HtmlKind::quote ||
                        kind == HtmlKind::list || kind == HtmlKind::item ||
                        kind == HtmlKind::preformatted || kind == HtmlKind::table;
  if (is_block && name != "option")
    close([](const Frame& f) { return f.name == "p"; }, is_table_part);
  if (name == "dd" || name == "dt") {
    close([](const Frame& f) { return f.name == "dd" || f.name == "dt"; },
          [&](const Frame& f) { return f.name == "dl" || is_table_part(f); });
  }
}

template <class Wanted, class Barrier>
std::size_t Converter::find_open(Wanted wanted, Barrier barrier) const {
  for (std::size_t i = frames_.size(); i > 0; --i) {
    if (wanted(frames_[i - 1])) return i - 1;
    if (barrier(frames_[i - 1])) break;
  }
  return frames_.size();
}

void Converter::end(const HtmlToken& token) {
  const HtmlKind kind = html_kind_of(token.name);
  if (token.name == "br") return writer().line_break();
  if (kind == HtmlKind::empty || token.name == "body" || token.name == "html") return;
  const bool is_table_part =
      kind == HtmlKind::table || kind == HtmlKind::row || kind == HtmlKind::cell;
  const std::size_t found =
      find_open([&](const Frame& f) { return f.name == token.name; },
                [&](const Frame& f) {
                  return f.kind == HtmlKind::table || (!is_table_part && f.kind == HtmlKind::cell);
                });
  if (found < frames_.size()) return pop_to(found);
  if (token.name == "p") writer().line_ends(2);
}

void Converter::pop() {
  Frame frame = std::move(frames_.back());
  const std::size_t index = frames_.size() - 1;
  frames_.pop_back();
  if (!waiting_marks_.empty() && waiting_marks_.back() == index) waiting_marks_.pop_back();
  switch (frame.kind) {
    case HtmlKind::block:
      return writer().line_ends(1);
    case HtmlKind::paragraph:
      return writer().line_ends(2);
    case HtmlKind::preformatted:
      --preformatted_;
      return writer().line_ends(2);
    case HtmlKind::heading:
    case HtmlKind::quote:
      writer().pop_prefix();
      return writer().line_ends(2);
    case HtmlKind::list:
      return writer().line_ends(1);
    case HtmlKind::item:
      writer().pop_prefix();
      return writer().line_ends(1);
    case HtmlKind::strong:
      return finish_emphasis(frame, "**");
    case HtmlKind::emphasis:
      return finish_emphasis(frame, "*");
    case HtmlKind::link:
      return finish_link(frame);
    case HtmlKind::skipped:
      --skipped_;
      return;
    case HtmlKind::table:
      return finish_table();
    case HtmlKind::cell:
      return finish_cell();
    case HtmlKind::row:
      return writer().line_ends(1);
    default:
      return;
  }
}

// Links and emphasis begin where their first text does, not at the white space before it.
void Converter::start_marks() {
  const std::size_t offset = writer().start_text();
  for (const std::size_t index : waiting_marks_) frames_[index].mark_at = offset;
  waiting_marks_.clear();
}

void Converter::text(std::string_view raw) {
  if (skipped_ > 0) return;
  const CleanText clean = clean_text(decode_entities(raw));
  const std::string& text = clean.text;

  const bool is_blank = text.find_first_not_of(" \t\r\n\f") == std::string::npos;
  if (hidden()) {
    if (!is_blank) result_.hidden_characters += character_count(base::trim(text));
    return;
  }
  result_.invisible_characters += clean.invisible_characters;
  text_bytes_ += text.size();
  if (preformatted_ > 0) return preformatted(text);
  if (!is_blank && !waiting_marks_.empty()) {
    const std::size_t words = text.find_first_not_of(" \t\r\n\f");
    writer().words(std::string_view(text).substr(0, words));
    start_marks();
    return writer().words(std::string_view(text).substr(words));
  }
  writer().words(text);
}

void Converter::preformatted(const std::string& text) {
  if (!waiting_marks_.empty()) start_marks();
  std::string_view rest = text;
  while (true) {
    const std::size_t size = std::min(rest.find('\n'), rest.size());
    writer().verbatim(rest.substr(0, size));
    if (size == rest.size()) return;
    rest.remove_prefix(size + 1);
    writer().line_ends(rest.starts_with('\n') ? 2 : 1);
  }
}

void Converter::image(const HtmlToken& token) {
  const std::string alt = clean_line(decode_entities(token.attribute("alt"))).text;
  if (alt.empty()) return;
  if (!waiting_marks_.empty()) start_marks();
  const std::string mark = "[image: " + shortened(alt, 200) + "]";
  text_bytes_ += mark.size();
  writer().words(mark);
}

void Converter::finish_link(Frame& frame) {
  if (frame.hidden || frame.target.empty()) return;
  text_bytes_ += frame.target.size();
  if (frame.mark_at == kNotStarted) {
    writer().words("<" + frame.target + ">");
    return;
  }
  const std::string shown(text_since(frame.mark_at));
  const std::string expected = shown_host(shown);
  const std::string host = link_host(frame.target);
  const bool is_misleading = !expected.empty() && !host.empty() && !same_site(expected, host);
  const bool says_itself = shown == frame.target || "http://" + shown == frame.target ||
                           "https://" + shown == frame.target || shown + "/" == frame.target ||
                           "mailto:" + shown == frame.target;
  if (says_itself) return;
  if (shown.find('\n') != std::string::npos || shown.size() > kLinkTextMax) {
    writer().words(" <" + frame.target + ">");
  } else {
    writer().insert(frame.mark_at, "[");
    writer().append("](" + frame.target + ")");
  }
  if (!is_misleading) return;
  ++result_.misleading_links;
  writer().append(" [shows " + expected + ", opens " + host + "]");
}

void Converter::finish_emphasis(Frame& frame, std::string_view mark) {
  if (frame.mark_at == kNotStarted || preformatted_ > 0) return;
  const std::string_view inside = text_since(frame.mark_at);
  const bool is_short =
      inside.size() <= kEmphasisMax && inside.find('\n') == std::string_view::npos;
  if (!is_short || inside.empty() || inside.starts_with('*')) return;
  writer().insert(frame.mark_at, mark);
  writer().append(mark);
}

void Converter::start_cell() {
  if (tables_.empty() || tables_.back().plain) return writer().line_ends(1);
  Table& table = tables_.back();
  if (table.rows.empty()) table.rows.emplace_back();
  // Marks that wait outside must not be set inside the cell's own text.
  waiting_marks_.clear();
  writers_.emplace_back();
  table.in_cell = true;
}

void Converter::finish_cell() {
  if (tables_.empty() || tables_.back().plain || !tables_.back().in_cell)
    return writer().line_ends(1);
  tables_.back().in_cell = false;
  tables_.back().rows.back().push_back(writer().take());
  writers_.pop_back();
}

void Converter::finish_table() {
  const Table table = std::move(tables_.back());
  tables_.pop_back();
  if (table.plain) return writer().line_ends(1);
  const std::size_t columns = table.rows.empty() ? 0 : table.rows.front().size();
  bool is_data = !table.nested && table.rows.size() >= 2 && columns >= 2 && columns <= 12;
  for (const auto& row : table.rows) {
    is_data = is_data && row.size() == columns;
    for (const std::string& cell : row)
      is_data = is_data && cell.size() <= 300 && cell.find('\n') == std::string::npos;
  }
  if (is_data) return write_data_table(table);
  write_layout_table(table);
}

void Converter::write_data_table(const Table& table) {
  writer().line_ends(2);
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    std::string line = "|";
    for (const std::string& cell : table.rows[r]) {
      line.push_back(' ');
      for (const char c : cell) line += c == '|' ? std::string("\\|") : std::string(1, c);
      line += " |";
    }
    writer().verbatim(line);
    writer().line_ends(1);
    if (r > 0) continue;
    std::string rule = "|";
    for (std::size_t i = 0; i < table.rows[0].size(); ++i) rule += "---|";
    writer().verbatim(rule);
    writer().line_ends(1);
  }
  writer().line_ends(2);
}

void Converter::write_layout_table(const Table& table) {
  for (const auto& row : table.rows) {
    std::string line;
    bool is_line = true;
    for (const std::string& cell : row) {
      if (cell.empty()) continue;
      is_line = is_line && cell.find('\n') == std::string::npos;
      line += (line.empty() ? "" : " | ") + cell;
    }
    if (is_line) {
      write_block(line);
      continue;
    }
    for (const std::string& cell : row) write_block(cell);
  }
}

void Converter::write_block(const std::string& text) {
  writer().line_ends(text.find('\n') == std::string::npos ? 1 : 2);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t size = std::min(rest.find('\n'), rest.size());
    writer().verbatim(rest.substr(0, size));
    rest.remove_prefix(std::min(rest.size(), size + 1));
    writer().line_ends(rest.starts_with('\n') ? 2 : 1);
  }
  writer().line_ends(text.find('\n') == std::string::npos ? 1 : 2);
}

// Classes and ids by which the common mail programs mark the mail they answer.
void Converter::note_history(const HtmlToken& token) {
  if (result_.history_at != std::string::npos || writers_.size() > 1 || skipped_ > 0) return;
  const std::string_view classes = token.attribute("class");
  const std::string_view id = token.attribute("id");
  const auto names = [&](std::string_view mark) {
    return classes.find(mark) != std::string_view::npos;
  };
  const bool is_history = names("gmail_quote") || names("moz-cite-prefix") ||
                          names("yahoo_quoted") || names("protonmail_quote") ||
                          id == "divRplyFwdMsg" || id == "appendonsend" ||
                          id == "mail-editor-reference-message-container" ||
                          (token.name == "blockquote" && token.attribute("type") == "cite");
  if (is_history) result_.history_at = writer().text().size();
}

}  // namespace

HtmlMarkdown html_to_markdown(std::string_view html) {
  Converter converter;
  return converter.convert(html);
}

}  // namespace gatehouse::workspace::gmail
