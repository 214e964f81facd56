// SPDX-License-Identifier: Apache-2.0
//
// Arguments against a table with every kind of row: either a complaint that can be sent, or values
// that keep what the table promises.
#include <cmath>
#include <tuple>

#include "fuzzing.h"
#include "gatehouse/mcp/arguments.h"

namespace gatehouse::fuzzing {
namespace {

using mcp::Arg;

enum class Order { newest, oldest, sender };

struct Args {
  std::string query;
  std::optional<std::string> cursor;
  int count = 0;
  std::int64_t since = 0;
  double weight = 0;
  bool quotes = false;
  Order order = Order::newest;
  std::vector<std::string> labels;
  std::vector<std::vector<int>> grid;
  std::optional<std::vector<double>> ratios;
  std::optional<Order> then_by;
};

constexpr auto kTable = std::tuple{
    Arg{"query", &Args::query, "What to look for"}.length(1, 50),
    Arg{"cursor", &Args::cursor, "From the page before"},
    Arg{"count", &Args::count, "How many"}.range(1, 100).defaults_to(20),
    Arg{"since", &Args::since, "Epoch seconds"}.at_least(0).defaults_to(0),
    Arg{"weight", &Args::weight, "A share"}.range(-0.5, 1.5).defaults_to(0.25),
    Arg{"quotes", &Args::quotes, "With quotes"}.defaults_to(false),
    Arg{"order", &Args::order, "Which first"}
        .one_of("newest", "oldest", "sender")
        .defaults_to("oldest"),
    Arg{"labels", &Args::labels, "All of these"}.items(0, 4).length(1, 8),
    Arg{"grid", &Args::grid, "Rows of numbers"}.items(1, 3),
    Arg{"ratios", &Args::ratios, "Some numbers"}.range(0, 1),
    Arg{"then_by", &Args::then_by, "Which then"}.one_of("newest", "oldest", "sender"),
};

void check_values(const Args& args) {
  assert(!args.query.empty() && args.query.size() <= 50);
  assert(args.count >= 1 && args.count <= 100 && args.since >= 0);
  assert(args.weight >= -0.5 && args.weight <= 1.5);
  assert(args.order <= Order::sender && args.then_by.value_or(Order::newest) <= Order::sender);
  assert(args.labels.size() <= 4);
  for (const std::string& label : args.labels) assert(!label.empty() && label.size() <= 8);
  assert(!args.grid.empty() && args.grid.size() <= 3);
  for (const double ratio : args.ratios.value_or(std::vector<double>())) {
    assert(ratio >= 0 && ratio <= 1);
  }
}

}  // namespace

void run(std::string_view input) {
  static const mcp::ArgumentList list = mcp::argument_list(kTable);
  const auto document = base::JsonDocument::parse(input);
  if (!document) return;
  const base::JsonValue root = document->root();
  const std::optional<std::string> complaint = list.complaint("search", root);
  if (!complaint) return check_values(mcp::read_arguments<Args>(kTable, root));
  assert(base::is_valid_utf8(*complaint));
  assert(complaint->size() < 8 * 1024);
}

}  // namespace gatehouse::fuzzing
