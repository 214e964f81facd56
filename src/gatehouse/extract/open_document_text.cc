// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/open_document_text.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "gatehouse/extract/package.h"
#include "gatehouse/extract/sheet_cells.h"
#include "gatehouse/extract/table_writer.h"
#include "gatehouse/extract/text_writer.h"

namespace gatehouse::extract {

namespace {

constexpr std::size_t kManifestBytesMax = 1024 * 1024;
constexpr std::size_t kParagraphBytesMax = 1024 * 1024;
constexpr std::size_t kSpacesMax = 100;
constexpr std::size_t kRepeatsMax = 100;  // of a cell that holds something
constexpr std::size_t kListDepthMax = 8;

std::size_t count_of(std::string_view text, std::size_t most) {
  std::size_t number = 1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return std::min(number, most);
}

// content.xml
class ContentReader final : public xml::Handler {
 public:
  ContentReader(TextWriter& out, Format format, const PageRange& pages)
      : out_(out), format_(format), wanted_(pages), table_(out) {}

  std::size_t pages() const { return pages_; }

  bool open(std::string_view name, const xml::Attributes& attributes) override {
    if (skipped_levels_ > 0 || is_left_out(name)) {
      ++skipped_levels_;
      return true;
    }
    if (name == "page") return open_page("## Slide ", "");
    if (name == "table" && is_sheet())
      return open_page("## Sheet ", ": " + on_one_line(beginning(attributes.find("name"), 200)));
    if (name == "p" || name == "h") open_paragraph(name, attributes);
    if (name == "s") add(std::string(count_of(attributes.find("c"), kSpacesMax), ' '));
    if (name == "tab") add("\t");
    if (name == "line-break") add("\n");
    if (name == "a") link_ = beginning(attributes.find("xlink:href"), 2'000);
    if (name == "list") ++list_depth_;
    if (name == "list-item") is_item_begun_ = true;
    if (name == "note" || name == "annotation") open_aside(name);
    if (name == "table") table_.begin_table();
    if (name == "table-row") open_row();
    if (name == "table-cell" || name == "covered-table-cell") open_cell(attributes);
    if (name == "notes") out_.block("Notes:", TextWriter::Distance::line);
    return !out_.is_full();
  }

  bool close(std::string_view name) override {
    if (skipped_levels_ > 0) {
      --skipped_levels_;
      return true;
    }
    if (name == "p" || name == "h") close_paragraph();
    if (name == "a") close_link();
    if (name == "list" && list_depth_ > 0) --list_depth_;
    if (name == "note" || name == "annotation") close_aside();
    if (name == "table" && !is_sheet()) table_.end_table();
    if (name == "table-row") close_row();
    if (name == "table-cell" || name == "covered-table-cell") close_cell();
    return !out_.is_full();
  }

  bool text(std::string_view utf8) override {
    if (skipped_levels_ == 0 && paragraphs_ > 0) add(utf8);
    return true;
  }

 private:
  // What was deleted, and what belongs to the program.
  static bool is_left_out(std::string_view name) {
    return name == "tracked-changes" || name == "automatic-styles" || name == "scripts" ||
           name == "note-citation" || name == "creator" || name == "date";
  }
  bool is_sheet() const { return format_ == Format::ods; }

  void open_paragraph(std::string_view name, const xml::Attributes& attributes) {
    if (paragraphs_++ > 0) return;  // within a note of the one that is open
    paragraph_.clear();
    heading_ = name == "h" ? count_of(attributes.find("outline-level"), 6) : 0;
  }

  void close_paragraph() {
    if (paragraphs_ > 0 && --paragraphs_ > 0) {
      add(" ");
      return;
    }
    if (is_sheet() && is_in_cell_) {
      cell_ += (cell_.empty() ? "" : " ") + on_one_line(paragraph_);
    } else if (table_.is_inside()) {
      table_.add_to_cell(paragraph_);
    } else {
      write_paragraph();
    }
    paragraph_.clear();
    heading_ = 0;
  }

  void write_paragraph() {
    if (trimmed(paragraph_).empty()) return;
    using Distance = TextWriter::Distance;
    const bool is_item = list_depth_ > 0;
    const bool is_presentation = format_ == Format::odp;
    std::string line;
    if (heading_ > 0) {
      line = std::string(heading_, '#') + " " + on_one_line(paragraph_);
    } else if (is_item) {
      const std::size_t depth = std::min(list_depth_, kListDepthMax) - 1;
      line = std::string(2 * depth, ' ') + (is_item_begun_ ? "- " : "  ") + paragraph_;
    } else {
      line = paragraph_;
    }
    const bool is_close = is_presentation || (is_item && was_item_);
    out_.block(line, is_close ? Distance::line : Distance::paragraph);
    was_item_ = is_item;
    is_item_begun_ = false;
  }

  void close_link() {
    if (!link_.empty() && !link_.starts_with('#')) add(" <" + on_one_line(link_) + ">");
    link_.clear();
  }

  void open_aside(std::string_view name) {
    add(name == "note" ? " [note: " : " [comment: ");
    ++paragraphs_;  // its own paragraphs are part of the one around it
  }
  void close_aside() {
    if (paragraphs_ > 0) --paragraphs_;
    while (paragraph_.ends_with(' ')) paragraph_.pop_back();
    add("]");
    // One that stands alone, as comments of cells do.
    if (paragraphs_ == 0) {
      ++paragraphs_;
      close_paragraph();
    }
  }

  bool open_page(const std::string& before, const std::string& behind) {
    ++pages_;
    if (!wanted_.holds(pages_)) {
      skipped_levels_ = 1;
      return true;
    }
    out_.block(before + std::to_string(pages_) + behind, TextWriter::Distance::paragraph);
    return !out_.is_full();
  }

  void open_row() {
    if (!is_sheet()) return table_.begin_row();
    column_ = 0;
  }
  void close_row() {
    if (!is_sheet()) return table_.end_row();
    out_.block(row_.take(), TextWriter::Distance::line);
  }

  void open_cell(const xml::Attributes& attributes) {
    is_in_cell_ = true;
    cell_.clear();
    repeats_ = count_of(attributes.find("number-columns-repeated"), 20'000);
  }
  void close_cell() {
    if (!is_sheet()) return table_.end_cell();
    is_in_cell_ = false;
    for (std::size_t i = 0; i < std::min(repeats_, kRepeatsMax); ++i) row_.add(column_ + i, cell_);
    column_ += repeats_;
  }

  void add(std::string_view text) { append_within(paragraph_, text, kParagraphBytesMax); }

  TextWriter& out_;
  const Format format_;
  const PageRange& wanted_;
  TableWriter table_;
  RowText row_;
  std::size_t skipped_levels_ = 0;
  std::size_t paragraphs_ = 0;  // that are open
  std::size_t heading_ = 0;
  std::size_t list_depth_ = 0;
  std::size_t pages_ = 0;
  std::size_t column_ = 0;
  std::size_t repeats_ = 1;
  bool is_item_begun_ = false;
  bool was_item_ = false;
  bool is_in_cell_ = false;
  std::string paragraph_;
  std::string cell_;
  std::string link_;
};

}  // namespace

Extracted<DocumentText> open_document_text(Archive& archive, Format format, const PageRange& pages,
                                           const TextLimits& limits) {
  const auto manifest = archive.read_beginning("META-INF/manifest.xml", kManifestBytesMax);
  if (manifest && manifest->find("encryption-data") != std::string::npos) return Trouble::encrypted;
  TextWriter out(limits.text_bytes_max);
  ContentReader reader(out, format, pages);
  const auto read = read_xml(archive, "content.xml", reader);
  if (!read && out.is_empty()) return read.error();
  DocumentText document;
  document.pages = reader.pages();
  document.cut = !read || out.is_full();
  document.text = out.take();
  return document;
}

}  // namespace gatehouse::extract
