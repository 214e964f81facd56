// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/telemetry/metrics.h"

#include <cassert>
#include <charconv>
#include <numeric>

namespace gatehouse::telemetry {
namespace {

std::string_view word_for(MetricsPage::Kind kind) {
  switch (kind) {
    case MetricsPage::Kind::counter:
      return "counter";
    case MetricsPage::Kind::gauge:
      return "gauge";
    case MetricsPage::Kind::histogram:
      return "histogram";
  }
  assert(false && "a kind that does not exist");
  return {};
}

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> digits;
  out.append(digits.begin(), std::to_chars(digits.begin(), digits.end(), number).ptr);
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
}

double in_seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

std::uint64_t Durations::count() const {
  return std::accumulate(buckets_.begin(), buckets_.end(), std::uint64_t{0});
}

MetricsPage& MetricsPage::family(std::string_view name, Kind kind, std::string_view help) {
  name_ = name;
  out_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  out_.append("# TYPE ").append(name).append(" ").append(word_for(kind)).append("\n");
  return *this;
}

MetricsPage& MetricsPage::sample(std::uint64_t value, Labels labels) {
  begin({}, labels);
  end(value);
  return *this;
}

MetricsPage& MetricsPage::sample(double value, Labels labels) {
  begin({}, labels);
  end(value);
  return *this;
}

// Each bucket counts those before it as well.
MetricsPage& MetricsPage::sample(const Durations& durations, Labels labels) {
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < durations.buckets().size(); ++i) {
    so_far += durations.buckets()[i];
    std::string bound = "+Inf";
    if (i < Durations::kBoundsMs.size()) {
      bound.clear();
      append_number(bound, Durations::kBoundsMs[i] / 1000.0);
    }
    begin("_bucket", labels, bound);
    end(so_far);
  }
  begin("_sum", labels);
  end(in_seconds(durations.sum()));
  begin("_count", labels);
  end(so_far);
  return *this;
}

void MetricsPage::begin(std::string_view suffix, Labels labels, std::string_view last_label) {
  out_.append(name_).append(suffix);
  char before = '{';
  const auto add = [&](std::string_view name, std::string_view value) {
    out_ += before;
    out_.append(name).append("=\"");
    append_escaped(out_, value);
    out_ += '"';
    before = ',';
  };
  for (const auto& [name, value] : labels) add(name, value);
  if (!last_label.empty()) add("le", last_label);
  if (before == ',') out_ += '}';
  out_ += ' ';
}

void MetricsPage::end(std::uint64_t value) {
  append_number(out_, value);
  out_ += '\n';
}

void MetricsPage::end(double value) {
  append_number(out_, value);
  out_ += '\n';
}

}  // namespace gatehouse::telemetry
