// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/extract/text_writer.h"

namespace gatehouse::extract {

// Tables within documents as markdown; a table within a cell becomes text of the cell.
class TableWriter {
 public:
  explicit TableWriter(TextWriter& out) : out_(out) {}

  bool is_inside() const { return depth_ > 0; }
  void begin_table();
  void end_table();
  void begin_row();
  void end_row();
  void end_cell();
  void add_to_cell(std::string_view text);  // a paragraph of it

 private:
  static constexpr std::size_t kCellsMax = 200;  // of a row
  static constexpr std::size_t kCellBytesMax = 64 * 1024;

  TextWriter& out_;
  std::size_t depth_ = 0;
  std::size_t rows_ = 0;
  std::vector<std::string> row_;
  std::string cell_;
};

}  // namespace gatehouse::extract
