// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/slide_text.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gatehouse/extract/package.h"
#include "gatehouse/extract/table_writer.h"
#include "gatehouse/extract/text_writer.h"

namespace gatehouse::extract {

namespace {

constexpr std::size_t kSlidesMax = 5'000;
constexpr std::size_t kParagraphBytesMax = 1024 * 1024;

class SlideOrder final : public xml::Handler {
 public:
  bool open(std::string_view name, const xml::Attributes& attributes) override {
    if (name == "sldId") ids.emplace_back(attributes.find("r:id"));
    return ids.size() < kSlidesMax;
  }
  bool close(std::string_view) override { return true; }
  bool text(std::string_view) override { return true; }

  std::vector<std::string> ids;
};

// A slide or its notes.
class SlideReader final : public xml::Handler {
 public:
  SlideReader(TextWriter& out, std::string heading)
      : out_(out), table_(out), heading_(std::move(heading)) {}

  bool open(std::string_view name, const xml::Attributes& attributes) override {
    if (skipped_levels_ > 0 || is_left_out(name, attributes)) {
      ++skipped_levels_;
      return true;
    }
    if (name == "sld") write_heading(attributes.find("show") == "0" ? " (hidden)" : "");
    if (name == "t") takes_text_ = true;
    if (name == "br") add("\n");
    if (name == "tbl") table_.begin_table();
    if (name == "tr") table_.begin_row();
    return !out_.is_full();
  }

  bool close(std::string_view name) override {
    if (skipped_levels_ > 0) {
      --skipped_levels_;
      return true;
    }
    if (name == "t") takes_text_ = false;
    if (name == "p") end_paragraph();
    if (name == "tc") table_.end_cell();
    if (name == "tr") table_.end_row();
    if (name == "tbl") table_.end_table();
    return !out_.is_full();
  }

  bool text(std::string_view utf8) override {
    if (skipped_levels_ == 0 && takes_text_) add(utf8);
    return true;
  }

 private:
  static bool is_left_out(std::string_view name, const xml::Attributes& attributes) {
    return name == "Fallback" || (name == "fld" && attributes.find("type") == "slidenum");
  }

  void write_heading(std::string_view suffix) {
    out_.block(heading_ + std::string(suffix), TextWriter::Distance::paragraph);
    heading_.clear();
  }

  void end_paragraph() {
    if (table_.is_inside()) {
      table_.add_to_cell(paragraph_);
    } else if (!trimmed(paragraph_).empty()) {
      if (!heading_.empty()) write_heading("");
      out_.block(paragraph_, TextWriter::Distance::line);
    }
    paragraph_.clear();
  }

  void add(std::string_view text) { append_within(paragraph_, text, kParagraphBytesMax); }

  TextWriter& out_;
  TableWriter table_;
  std::string heading_;
  std::string paragraph_;
  std::size_t skipped_levels_ = 0;
  bool takes_text_ = false;
};

}  // namespace

Extracted<DocumentText> slide_text(Archive& archive, const PageRange& pages,
                                   const TextLimits& limits) {
  const std::string presentation = "ppt/presentation.xml";
  SlideOrder order;
  const auto ordered = read_xml(archive, presentation, order);
  if (!ordered) return ordered.error();
  const Relationships parts = relationships_of(archive, presentation);

  TextWriter out(limits.text_bytes_max);
  DocumentText document;
  document.pages = order.ids.size();
  document.cut = order.ids.size() >= kSlidesMax;
  for (std::size_t i = 0; i < order.ids.size() && !out.is_full(); ++i) {
    const auto slide = parts.find(order.ids[i]);
    if (!pages.holds(i + 1) || slide == parts.end() || slide->second.is_outside) continue;
    SlideReader reader(out, "## Slide " + std::to_string(i + 1));
    const auto read = read_xml(archive, slide->second.target, reader);
    if (!read && out.is_empty()) return read.error();
    document.cut |= !read;
    for (const auto& [id, part] : relationships_of(archive, slide->second.target)) {
      if (part.kind != "notesSlide" || part.is_outside) continue;
      SlideReader notes(out, "Notes:");
      document.cut |= !read_xml(archive, part.target, notes);
    }
  }
  document.cut |= out.is_full();
  document.text = out.take();
  return document;
}

}  // namespace gatehouse::extract
