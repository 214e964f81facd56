// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/table_writer.h"

#include <utility>

namespace gatehouse::extract {

void TableWriter::begin_table() {
  if (depth_++ > 0) return;
  rows_ = 0;
  row_.clear();
  cell_.clear();
}

void TableWriter::end_table() {
  if (depth_ > 0) --depth_;
}

void TableWriter::begin_row() {
  if (depth_ != 1) return;
  row_.clear();
  cell_.clear();
}

void TableWriter::end_cell() {
  if (depth_ != 1) return;
  if (row_.size() < kCellsMax) row_.push_back(std::move(cell_));
  cell_.clear();
}

void TableWriter::add_to_cell(std::string_view text) {
  const std::string line = on_one_line(text);
  if (line.empty() || cell_.size() + line.size() > kCellBytesMax) return;
  if (!cell_.empty()) cell_ += ' ';
  for (const char c : line) {
    if (c == '|') cell_ += '\\';
    cell_ += c;
  }
}

void TableWriter::end_row() {
  if (depth_ != 1 || row_.empty()) return;
  std::string line = "|";
  for (const std::string& cell : row_) line += " " + cell + " |";
  using Distance = TextWriter::Distance;
  out_.block(line, rows_ == 0 ? Distance::paragraph : Distance::line);
  if (rows_++ > 0) return;
  line = "|";
  for (std::size_t i = 0; i < row_.size(); ++i) line += "---|";
  out_.block(line, Distance::line);
}

}  // namespace gatehouse::extract
