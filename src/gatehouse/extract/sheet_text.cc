// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/sheet_text.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <vector>

#include "gatehouse/extract/package.h"
#include "gatehouse/extract/sheet_cells.h"
#include "gatehouse/extract/text_writer.h"

namespace gatehouse::extract {

namespace {

constexpr std::size_t kSheetsMax = 1'000;
constexpr std::size_t kStylesMax = 70'000;
constexpr std::size_t kCellBytesMax = 64 * 1024;

std::size_t index_of(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : std::string_view::npos;
}

// xl/workbook.xml
class Workbook final : public xml::Handler {
 public:
  struct Sheet {
    std::string name;
    std::string id;
    bool is_hidden;
  };

  bool open(std::string_view name, const xml::Attributes& attributes) override {
    if (name == "workbookPr") {
      const std::string_view since = attributes.find("date1904");
      since_1904 = since == "1" || since == "true";
    }
    if (name == "sheet") {
      const std::string_view state = attributes.find("state");
      sheets.push_back({on_one_line(beginning(attributes.find("name"), 200)),
                        std::string(attributes.find("r:id")),
                        state == "hidden" || state == "veryHidden"});
    }
    return sheets.size() < kSheetsMax;
  }
  bool close(std::string_view) override { return true; }
  bool text(std::string_view) override { return true; }

  std::vector<Sheet> sheets;
  bool since_1904 = false;
};

// xl/styles.xml: which styles of cells show dates.
class CellStyles final : public xml::Handler {
 public:
  bool open(std::string_view name, const xml::Attributes& attributes) override {
    const auto id = static_cast<int>(index_of(attributes.find("numFmtId")));
    if (name == "numFmt" && codes_.size() < kStylesMax)
      codes_[id] = beginning(attributes.find("formatCode"), 200);
    if (name == "cellXfs") is_inside_ = true;
    if (name == "xf" && is_inside_) {
      const auto code = codes_.find(id);
      dates_.push_back(shows_date(id, code == codes_.end() ? "" : code->second));
    }
    return dates_.size() < kStylesMax;
  }
  bool close(std::string_view name) override {
    if (name == "cellXfs") is_inside_ = false;
    return true;
  }
  bool text(std::string_view) override { return true; }

  bool shows_date_in(std::string_view style) const {
    const std::size_t index = index_of(style);
    return index < dates_.size() && dates_[index];
  }

 private:
  std::map<int, std::string> codes_;
  std::vector<bool> dates_;
  bool is_inside_ = false;
};

// xl/sharedStrings.xml
class SharedTextReader final : public xml::Handler {
 public:
  explicit SharedTextReader(SharedTexts& texts) : texts_(texts) {}

  bool open(std::string_view name, const xml::Attributes&) override {
    if (name == "rPh") is_phonetic_ = true;
    if (name == "t") takes_text_ = !is_phonetic_;
    return true;
  }
  bool close(std::string_view name) override {
    if (name == "rPh") is_phonetic_ = false;
    if (name == "t") takes_text_ = false;
    if (name != "si") return true;
    is_cut = !texts_.add(text_);
    text_.clear();
    return !is_cut;
  }
  bool text(std::string_view utf8) override {
    if (takes_text_) append_within(text_, utf8, kCellBytesMax);
    return true;
  }

  bool is_cut = false;

 private:
  SharedTexts& texts_;
  std::string text_;
  bool takes_text_ = false;
  bool is_phonetic_ = false;
};

struct CellSources {
  SharedTexts texts;
  CellStyles styles;
  bool since_1904 = false;
};

// One worksheet.
class SheetReader final : public xml::Handler {
 public:
  SheetReader(TextWriter& out, const CellSources& sources) : out_(out), sources_(sources) {}

  bool open(std::string_view name, const xml::Attributes& attributes) override {
    if (name == "row") {
      next_column_ = 0;
    } else if (name == "c") {
      column_ = column_of(attributes.find("r"));
      if (column_ == std::string_view::npos) column_ = next_column_;
      next_column_ = std::max(next_column_, column_ + 1);
      type_ = attributes.find("t");
      is_date_ = sources_.styles.shows_date_in(attributes.find("s"));
      value_.clear();
    } else if (name == "v" || name == "t") {
      takes_text_ = !is_phonetic_;
    } else if (name == "rPh") {
      is_phonetic_ = true;
    }
    return true;
  }

  bool close(std::string_view name) override {
    if (name == "v" || name == "t") takes_text_ = false;
    if (name == "rPh") is_phonetic_ = false;
    if (name == "c") row_.add(column_, value_text());
    if (name == "row") out_.block(row_.take(), TextWriter::Distance::line);
    return name != "sheetData" && !out_.is_full();
  }

  bool text(std::string_view utf8) override {
    if (takes_text_) append_within(value_, utf8, kCellBytesMax);
    return true;
  }

 private:
  std::string value_text() const {
    if (type_ == "s") return std::string(sources_.texts.at(index_of(value_)));
    if (type_ == "b") return value_ == "1" ? "TRUE" : "FALSE";
    if (type_ == "str" || type_ == "inlineStr" || type_ == "e" || type_ == "d") return value_;
    return is_date_ ? date_text(value_, sources_.since_1904) : number_text(value_);
  }

  TextWriter& out_;
  const CellSources& sources_;
  RowText row_;
  std::size_t column_ = 0;
  std::size_t next_column_ = 0;
  std::string type_;
  std::string value_;
  bool is_date_ = false;
  bool takes_text_ = false;
  bool is_phonetic_ = false;
};

// What cells refer to. Without its styles a workbook is still text; without its texts it is not.
Extracted<void> read_sources(Archive& archive, const Relationships& parts, CellSources& sources,
                             DocumentText& document) {
  for (const auto& [id, part] : parts) {
    if (part.is_outside || !archive.has(part.target)) continue;
    if (part.kind == "styles") (void)read_xml(archive, part.target, sources.styles).has_value();
    if (part.kind != "sharedStrings") continue;
    SharedTextReader reader(sources.texts);
    const auto read = read_xml(archive, part.target, reader);
    if (!read) return read.error();
    document.cut |= reader.is_cut;
  }
  return {};
}

}  // namespace

Extracted<DocumentText> sheet_text(Archive& archive, const PageRange& pages,
                                   const TextLimits& limits) {
  const std::string part = "xl/workbook.xml";
  Workbook workbook;
  const auto read = read_xml(archive, part, workbook);
  if (!read) return read.error();
  const Relationships parts = relationships_of(archive, part);
  DocumentText document;
  document.pages = workbook.sheets.size();
  document.cut = workbook.sheets.size() >= kSheetsMax;
  CellSources sources;
  sources.since_1904 = workbook.since_1904;
  const auto sourced = read_sources(archive, parts, sources, document);
  if (!sourced) return sourced.error();

  TextWriter out(limits.text_bytes_max);
  for (std::size_t i = 0; i < workbook.sheets.size() && !out.is_full(); ++i) {
    const Workbook::Sheet& sheet = workbook.sheets[i];
    const auto target = parts.find(sheet.id);
    const bool is_there = target != parts.end() && !target->second.is_outside;
    if (!pages.holds(i + 1) || !is_there) continue;
    out.block("## Sheet " + std::to_string(i + 1) + ": " + sheet.name +
                  (sheet.is_hidden ? " (hidden)" : ""),
              TextWriter::Distance::paragraph);
    SheetReader reader(out, sources);
    const auto cells = read_xml(archive, target->second.target, reader);
    if (!cells && workbook.sheets.size() == 1) return cells.error();
    document.cut |= !cells;
  }
  document.cut |= out.is_full();
  document.text = out.take();
  return document;
}

}  // namespace gatehouse::extract
