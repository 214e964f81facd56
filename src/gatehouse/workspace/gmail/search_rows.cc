// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/search_rows.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>

#include "gatehouse/workspace/code_points.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kCharactersMin = 2'300;
constexpr std::size_t kCharactersPerRow = 115;

struct Widths {
  std::size_t snippet;
  std::size_t subject;
  std::size_t from;
};

// From roomy to tight. In each step snippets give way, down to a length that still says something,
// before subjects and senders do.
struct Step {
  std::size_t snippet_least;
  std::size_t subject;
  std::size_t from;
};
constexpr std::array<Step, 7> kSteps{
    {{40, 70, 30}, {24, 56, 26}, {16, 44, 22}, {0, 40, 20}, {0, 34, 18}, {0, 28, 16}, {0, 20, 12}}};
constexpr std::size_t kSnippetMax = 80;
constexpr std::size_t kSnippetStep = 4;
constexpr Widths kChosenWidths{kSnippetMax, 150, 80};

struct ColumnFacts {
  Column column;
  std::string_view name;
  bool untrusted;
};

constexpr std::array<ColumnFacts, 13> kColumns{{{Column::id, "id", false},
                                                {Column::thread_id, "thread_id", false},
                                                {Column::from, "from", true},
                                                {Column::address, "address", true},
                                                {Column::to, "to", true},
                                                {Column::cc, "cc", true},
                                                {Column::subject, "subject", true},
                                                {Column::date, "date", false},
                                                {Column::flags, "flags", false},
                                                {Column::labels, "labels", false},
                                                {Column::count, "count", false},
                                                {Column::size, "size", false},
                                                {Column::snippet, "snippet", true}}};

const ColumnFacts& facts_of(Column column) { return kColumns[static_cast<std::size_t>(column)]; }

std::vector<Column> default_columns(bool threads) {
  std::vector<Column> columns{Column::id, Column::from, Column::subject, Column::date,
                              Column::flags};
  if (threads) columns.push_back(Column::count);
  columns.push_back(Column::snippet);
  return columns;
}

// Names that stand for one address only in this list.
class Senders {
 public:
  explicit Senders(const std::vector<Summary>& summaries) {
    for (const Summary& s : summaries) addresses_[s.from_name].insert(s.from_address);
  }

  // The name, or the address where the name is missing, shared, or itself poses as an address.
  std::string shown(const Summary& s) const {
    const bool is_plain_name = !s.from_name.empty() && s.from_name.find('@') == std::string::npos;
    if (is_plain_name && addresses_.at(s.from_name).size() == 1) return s.from_name;
    return s.from_address.empty() ? s.from_name : s.from_address;
  }

 private:
  std::map<std::string, std::set<std::string>> addresses_;
};

std::string joined_labels(const Summary& summary, const LabelNames& names) {
  std::string out;
  for (const std::string& label : user_labels(summary.label_ids, names))
    out += (out.empty() ? "" : ", ") + label;
  return out;
}

std::string cell(const Summary& s, Column column, const RowsRequest& request,
                 const Senders& senders, const Widths& widths) {
  switch (column) {
    case Column::id:
      return request.threads ? "t:" + s.id : s.id;
    case Column::thread_id:
      return request.threads ? s.id : s.thread_id;
    case Column::from:
      return shortened(senders.shown(s), widths.from);
    case Column::address:
      return s.from_address;
    case Column::to:
      return s.to;
    case Column::cc:
      return s.cc;
    case Column::subject:
      return shortened(s.subject, widths.subject);
    case Column::date:
      return format_minute(s.received, request.zone);
    case Column::flags:
      return flags_of(s.label_ids) + (s.has_attachment ? "a" : "");
    case Column::labels:
      return joined_labels(s, request.labels);
    case Column::count:
      return std::to_string(s.messages);
    case Column::size:
      return std::to_string(s.size);
    case Column::snippet:
      return shortened(s.snippet, widths.snippet);
  }
  return "";
}

}  // namespace

void fill_rows(const std::vector<Summary>& summaries, const RowsRequest& request,
               ListAnswer& list) {
  const bool chosen = !request.columns.empty();
  const std::vector<Column> columns = chosen ? request.columns : default_columns(request.threads);
  for (const Column column : columns) {
    list.cols.emplace_back(facts_of(column).name);
    if (facts_of(column).untrusted) list.untrusted.emplace_back(facts_of(column).name);
  }
  const Senders senders(summaries);
  const auto fill = [&](const Widths& widths) {
    list.rows.clear();
    for (const Summary& summary : summaries) {
      std::vector<std::string>& row = list.rows.emplace_back();
      for (const Column column : columns)
        row.push_back(cell(summary, column, request, senders, widths));
    }
  };
  if (chosen) return fill(kChosenWidths);
  const std::size_t budget = std::max(kCharactersMin, kCharactersPerRow * summaries.size());
  for (const Step& step : kSteps) {
    for (std::size_t cut = 0; cut + step.snippet_least <= kSnippetMax; cut += kSnippetStep) {
      fill({kSnippetMax - cut, step.subject, step.from});
      if (character_count(list_json(list)) <= budget) return;
    }
  }
}

}  // namespace gatehouse::workspace::gmail
