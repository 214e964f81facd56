// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/word_text.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>

#include "gatehouse/base/encoding.h"
#include "gatehouse/extract/package.h"
#include "gatehouse/extract/table_writer.h"
#include "gatehouse/extract/text_writer.h"

namespace gatehouse::extract {

namespace {

constexpr std::size_t kStylesMax = 5'000;
constexpr std::size_t kParagraphBytesMax = 1024 * 1024;
constexpr int kIndentMax = 8;

using HeadingLevels = std::map<std::string, int, std::less<>>;  // by id of a style

int number_of(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Which styles are headings. Their ids are in the language of the program, their names are not.
class StyleReader final : public xml::Handler {
 public:
  explicit StyleReader(HeadingLevels& levels) : levels_(levels) {}

  bool open(std::string_view name, const xml::Attributes& attributes) override {
    if (name == "style") id_ = beginning(attributes.find("styleId"), 200);
    if (name == "name") {
      const std::string style = base::to_lower_ascii(beginning(attributes.find("val"), 200));
      if (style.starts_with("heading "))
        levels_[id_] = std::clamp(number_of(style.substr(8)), 1, 6);
      if (style == "title") levels_[id_] = 1;
    }
    return levels_.size() < kStylesMax;
  }
  bool close(std::string_view) override { return true; }
  bool text(std::string_view) override { return true; }

 private:
  HeadingLevels& levels_;
  std::string id_;
};

// A part that holds text: the body, the notes or the comments.
class WordReader final : public xml::Handler {
 public:
  WordReader(TextWriter& out, const HeadingLevels& levels, const Relationships& links)
      : out_(out), levels_(levels), links_(links), table_(out) {}

  std::size_t hidden_characters() const { return hidden_characters_; }

  bool open(std::string_view name, const xml::Attributes& attributes) override {
    if (skipped_levels_ > 0 || is_left_out(name)) {
      ++skipped_levels_;
      return true;
    }
    if (name == "t") {
      takes_text_ = true;
    } else if (name == "r") {
      is_in_run_ = true;
      is_hidden_ = false;
    } else if (name == "p") {  // within a run when it stands in a box
      begin_paragraph();
    } else if (name == "tbl") {
      table_.begin_table();
    } else if (name == "tr") {
      table_.begin_row();
    } else if (is_in_run_) {
      open_in_run(name, attributes);
    } else {
      open_around_runs(name, attributes);
    }
    return !out_.is_full();
  }

  bool close(std::string_view name) override {
    if (skipped_levels_ > 0) {
      --skipped_levels_;
      return true;
    }
    if (name == "t") takes_text_ = false;
    if (name == "r") is_in_run_ = false;
    if (name == "p") end_paragraph();
    if (name == "hyperlink") end_link();
    if (name == "tc") table_.end_cell();
    if (name == "tr") table_.end_row();
    if (name == "tbl") table_.end_table();
    return !out_.is_full();
  }

  bool text(std::string_view utf8) override {
    if (skipped_levels_ > 0 || !takes_text_) return true;
    if (is_hidden_) {
      hidden_characters_ += utf8.size();
    } else {
      add(utf8);
    }
    return true;
  }

 private:
  // What was deleted, what says the same once more, and the text of fields that compute something.
  static bool is_left_out(std::string_view name) {
    return name == "del" || name == "moveFrom" || name == "Fallback" || name == "instrText" ||
           name == "sectPr" || name == "pPrChange" || name == "rPrChange";
  }

  static bool is_on(const xml::Attributes& attributes) {
    const std::string_view value = attributes.find("val");
    return value != "0" && value != "false" && value != "off";
  }

  void open_in_run(std::string_view name, const xml::Attributes& attributes) {
    if (name == "vanish") is_hidden_ = is_on(attributes);
    if (name == "tab") add("\t");
    if (name == "br" || name == "cr") add("\n");
    if (name == "noBreakHyphen") add("-");
    if (name == "docPr" && !attributes.find("descr").empty())
      add("[image: " + on_one_line(beginning(attributes.find("descr"), 500)) + "]");
    if (name == "footnoteReference" || name == "endnoteReference")
      add("[^" + std::string(beginning(attributes.find("id"), 20)) + "]");
  }

  void open_around_runs(std::string_view name, const xml::Attributes& attributes) {
    if (name == "pStyle") {
      const auto level = levels_.find(attributes.find("val"));
      heading_ = level == levels_.end() ? 0 : level->second;
    }
    if (name == "numPr") is_item_ = true;
    if (name == "ilvl") indent_ = std::clamp(number_of(attributes.find("val")), 0, kIndentMax);
    if (name == "hyperlink") begin_link(attributes.find("r:id"));
    if (name == "footnote" || name == "endnote")
      introduction_ = "[^" + std::string(beginning(attributes.find("id"), 20)) + "]: ";
    if (name == "comment")
      introduction_ = "Comment by " + on_one_line(beginning(attributes.find("author"), 100)) + ": ";
  }

  void begin_link(std::string_view id) {
    const auto link = links_.find(id);
    link_ = link != links_.end() && link->second.is_outside ? link->second.target : "";
  }

  void end_link() {
    if (!link_.empty()) add(" <" + on_one_line(link_) + ">");
    link_.clear();
  }

  void begin_paragraph() {
    end_paragraph();
    is_in_run_ = false;
    heading_ = 0;
    is_item_ = false;
    indent_ = 0;
  }

  void end_paragraph() {
    if (trimmed(paragraph_).empty()) {
      paragraph_.clear();
      return;
    }
    if (table_.is_inside()) {
      table_.add_to_cell(paragraph_);
    } else {
      write_paragraph();
    }
    paragraph_.clear();
  }

  void write_paragraph() {
    std::string line = std::move(introduction_);
    introduction_.clear();
    if (heading_ > 0) {
      line += std::string(static_cast<std::size_t>(heading_), '#') + " " + on_one_line(paragraph_);
    } else if (is_item_) {
      line += std::string(2 * static_cast<std::size_t>(indent_), ' ') + "- " + paragraph_;
    } else {
      line += paragraph_;
    }
    out_.block(
        line, was_item_ && is_item_ ? TextWriter::Distance::line : TextWriter::Distance::paragraph);
    was_item_ = is_item_;
  }

  void add(std::string_view text) { append_within(paragraph_, text, kParagraphBytesMax); }

  TextWriter& out_;
  const HeadingLevels& levels_;
  const Relationships& links_;
  TableWriter table_;
  std::size_t skipped_levels_ = 0;
  std::size_t hidden_characters_ = 0;
  bool takes_text_ = false;
  bool is_in_run_ = false;
  bool is_hidden_ = false;
  bool is_item_ = false;
  bool was_item_ = false;
  int heading_ = 0;
  int indent_ = 0;
  std::string paragraph_;
  std::string introduction_;
  std::string link_;
};

}  // namespace

Extracted<DocumentText> word_text(Archive& archive, const TextLimits& limits) {
  HeadingLevels levels;
  StyleReader styles(levels);
  // A document without its styles is still text.
  if (archive.has("word/styles.xml"))
    (void)read_xml(archive, "word/styles.xml", styles).has_value();

  TextWriter out(limits.text_bytes_max);
  DocumentText document;
  const std::string body = "word/document.xml";
  for (const std::string& part :
       {body, std::string("word/footnotes.xml"), std::string("word/endnotes.xml"),
        std::string("word/comments.xml")}) {
    if (part != body && (!archive.has(part) || out.is_full())) continue;
    const Relationships links = relationships_of(archive, part);
    WordReader reader(out, levels, links);
    const auto read = read_xml(archive, part, reader);
    document.hidden_characters += reader.hidden_characters();
    if (!read && out.is_empty()) return read.error();
    document.cut |= !read;
  }
  document.cut |= out.is_full();
  document.text = out.take();
  return document;
}

}  // namespace gatehouse::extract
