// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/mcp/test_loop.h"
#include "gatehouse/mcp/tool_registry.h"

namespace gatehouse::mcp {
namespace {

using ::testing::HasSubstr;

enum class Order { newest, oldest };

struct SearchArgs {
  std::string query;
  std::optional<std::string> page_token;
  int max_results = 0;
  Order order = Order::oldest;
  std::vector<std::string> labels;
  std::optional<std::vector<std::vector<std::string>>> rows;
  bool archived = false;
  std::optional<double> ratio;
  std::optional<std::int64_t> size;
  std::optional<Order> tie_break;
};

constexpr auto kSearchArgs = std::tuple{
    Arg{"query", &SearchArgs::query, "Search expression"}.length(1, 10),
    Arg{"page_token", &SearchArgs::page_token, "From the page before"},
    Arg{"max_results", &SearchArgs::max_results, "Most results"}.range(1, 100).defaults_to(20),
    Arg{"order", &SearchArgs::order, "Which first"}
        .one_of("newest", "oldest")
        .defaults_to("newest"),
    Arg{"labels", &SearchArgs::labels, "Labels"}.items(1, 2).length(1, 5),
    Arg{"rows", &SearchArgs::rows, "Cells"},
    Arg{"archived", &SearchArgs::archived, "Old ones too"}.defaults_to(true),
    Arg{"ratio", &SearchArgs::ratio, "A number"}.at_least(0.5),
    Arg{"size", &SearchArgs::size, "Bytes"},
    Arg{"tie_break", &SearchArgs::tie_break, "Then"}.one_of("newest", "oldest"),
};

std::optional<std::string> complaint_about(std::string_view json) {
  const base::Result<base::JsonDocument> document = base::JsonDocument::parse(json);
  assert(document);
  return argument_list(kSearchArgs).complaint("mail_search", document->root());
}

SearchArgs read(std::string_view json) {
  const base::Result<base::JsonDocument> document = base::JsonDocument::parse(json);
  assert(document);
  EXPECT_EQ(argument_list(kSearchArgs).complaint("mail_search", document->root()), std::nullopt);
  return read_arguments<SearchArgs>(kSearchArgs, document->root());
}

TEST(Arguments, ReadsEveryType) {
  const SearchArgs args = read(
      R"({"query":"a\u0000b","page_token":"p","max_results":7,"order":"oldest","labels":["x","y"],)"
      R"("rows":[["1"],[]],"archived":false,"ratio":0.75,"size":9007199254740993,"tie_break":"newest"})");

  EXPECT_EQ(args.query, std::string_view("a\0b", 3));  // JS-09
  EXPECT_EQ(args.page_token, "p");
  EXPECT_EQ(args.max_results, 7);
  EXPECT_EQ(args.order, Order::oldest);
  EXPECT_EQ(args.labels, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(args.rows, (std::vector<std::vector<std::string>>{{"1"}, {}}));
  EXPECT_FALSE(args.archived);
  EXPECT_EQ(args.ratio, 0.75);
  EXPECT_EQ(args.size, 9007199254740993);
  EXPECT_EQ(args.tie_break, Order::newest);
}

TEST(Arguments, FillsDefaultsAndLeavesOptionalsOut) {
  const SearchArgs args = read(R"({"query":"q","labels":["x"],"page_token":null,"order":null})");

  EXPECT_EQ(args.page_token, std::nullopt);
  EXPECT_EQ(args.max_results, 20);
  EXPECT_EQ(args.order, Order::newest);
  EXPECT_EQ(args.rows, std::nullopt);
  EXPECT_TRUE(args.archived);
  EXPECT_EQ(args.ratio, std::nullopt);
}

// JS-11
TEST(Arguments, RefusesWhatDoesNotFitAndSaysHowToMendIt) {
  struct Case {
    const char* name;
    const char* members;  // besides query and labels
    const char* says;
  };
  constexpr Case kCases[] = {
      {"text for integer", R"("max_results":"5")",
       R"(max_results: expected an integer from 1 to 100, got "5"; send it without quotes)"},
      {"fraction for integer", R"("max_results":1.5)",
       "expected an integer from 1 to 100, got 1.5"},
      {"too large", R"("max_results":101)", "got 101"},
      {"too small", R"("max_results":0)", "got 0"},
      {"flag for integer", R"("max_results":true)", "got true"},
      {"number for text", R"("page_token":5)", "expected a string, got 5; send it in quotes"},
      {"list for text", R"("page_token":["a"])", R"(expected a string, got ["a"])"},
      {"text for flag", R"("archived":"true")", "expected true or false"},
      {"integer for flag", R"("archived":1)", "expected true or false, got 1"},
      {"no such choice", R"("order":"random")",
       R"(expected one of "newest", "oldest", got "random")"},
      {"choice in other case", R"("order":"Newest")", "expected one of"},
      {"below the least", R"("ratio":0.25)", "expected a number of at least 0.5, got 0.25"},
      {"list of wrong items", R"("rows":[["a"],["b",1]])",
       "rows: item 1: item 1: expected a string, got 1"},
      {"scalar for list", R"("rows":"a")", "expected a list, each item a list, each item a string"},
      {"beyond 64 bits", R"("size":1e30)", "expected an integer"},
      {"misspelt", R"("max_result":3)",
       R"(unknown argument "max_result"; did you mean "max_results"?)"},
      {"camel case", R"("pageToken":"3")", R"(did you mean "page_token"?)"},
      {"prototype", R"("__proto__":{})", R"(unknown argument "__proto__")"},
      {"long value is cut",
       R"("order":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")", "aaa..."},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto complaint =
        complaint_about(R"({"query":"q","labels":["x"],)" + std::string(c.members) + "}");
    ASSERT_TRUE(complaint);
    EXPECT_THAT(*complaint, HasSubstr(c.says));
    EXPECT_THAT(*complaint, HasSubstr("Arguments: query (a string of 1 to 10 bytes, required); "));
  }
}

TEST(Arguments, RefusesMissingNullAndMisplacedRequiredOnes) {
  struct Case {
    const char* name;
    const char* json;
    const char* says;
  };
  constexpr Case kCases[] = {
      {"empty", "{}", "query: missing, expected a string of 1 to 10 bytes"},
      {"none at all", "null",
       "labels: missing, expected a list, each item a string of 1 to 5 bytes"},
      {"null", R"({"query":null,"labels":["x"]})", "query: expected a string"},
      {"empty text", R"({"query":"","labels":["x"]})", "got a string of 0 bytes"},
      {"long text", R"({"query":"12345678901","labels":["x"]})", "got a string of 11 bytes"},
      {"no items", R"({"query":"q","labels":[]})", "labels: expected 1 to 2 items, got 0"},
      {"too many items", R"({"query":"q","labels":["a","b","c"]})", "got 3"},
      {"long item", R"({"query":"q","labels":["abcdef"]})",
       "labels: item 0: expected a string of 1 to 5"},
      {"an array", "[]", "must be an object"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto complaint = complaint_about(c.json);
    ASSERT_TRUE(complaint);
    EXPECT_THAT(*complaint, HasSubstr(c.says));
  }
}

TEST(Arguments, TellsAtMostEightProblems) {
  std::string json = R"({"query":"q","labels":["x"])";
  for (int i = 0; i < 100; ++i) json += ",\"unknown" + std::to_string(i) + "\":1";

  const auto complaint = complaint_about(json + "}");

  ASSERT_TRUE(complaint);
  EXPECT_EQ(std::count(complaint->begin(), complaint->end(), '\n'), 9);
}

TEST(Arguments, KeepsNarrowIntegersNarrow) {
  struct Args {
    int count = 0;
  };
  const auto list = argument_list(std::tuple{Arg{"count", &Args::count, "How many"}});
  const auto document = base::JsonDocument::parse(R"({"count":4294967296})");

  EXPECT_THAT(*list.complaint("t", document->root()),
              HasSubstr("expected an integer, got a larger number"));
}

TEST(Arguments, RendersACompactClosedSchema) {
  EXPECT_EQ(
      argument_list(kSearchArgs).schema(),
      R"({"type":"object","properties":{)"
      R"("query":{"type":"string","minLength":1,"maxLength":10,"description":"Search expression"},)"
      R"("page_token":{"type":"string","description":"From the page before"},)"
      R"("max_results":{"type":"integer","minimum":1,"maximum":100,"description":"Most results","default":20},)"
      R"("order":{"type":"string","enum":["newest","oldest"],"description":"Which first","default":"newest"},)"
      R"("labels":{"type":"array","items":{"type":"string","minLength":1,"maxLength":5},"minItems":1,"maxItems":2,"description":"Labels"},)"
      R"("rows":{"type":"array","items":{"type":"array","items":{"type":"string"}},"description":"Cells"},)"
      R"("archived":{"type":"boolean","description":"Old ones too","default":true},)"
      R"("ratio":{"type":"number","minimum":0.5,"description":"A number"},)"
      R"("size":{"type":"integer","description":"Bytes"},)"
      R"("tie_break":{"type":"string","enum":["newest","oldest"],"description":"Then"}},)"
      R"("required":["query","labels"],"additionalProperties":false})");
}

struct NoArgs {};

struct Greeter {
  std::string greeting;
};

base::Coroutine<ToolResult> greet(Greeter& greeter, ToolCall&, const SearchArgs& args) {
  co_return tool_text(greeter.greeting + args.query);
}

base::Coroutine<ToolResult> say_nothing(ToolCall&, const NoArgs&) { co_return tool_text("done"); }

class NoSealer final : public StateSealer {
 public:
  std::string seal(std::string_view, std::string_view, std::string_view,
                   std::chrono::seconds) override {
    return {};
  }
  base::Result<std::string> open(std::string_view, std::string_view, std::string_view) override {
    return base::Error{base::Errc::denied, {}};
  }
};

ToolResult call(const Tool& tool, std::string_view arguments) {
  const base::Result<base::JsonDocument> document = base::JsonDocument::parse(arguments);
  assert(document);
  const Caller caller;
  NoSealer sealer;
  ToolCall call(caller, document->root(), sealer);
  return run_until_done(tool.handler(call));
}

TEST(MakeTool, CallsTheCoroutineWithServicesAndArguments) {
  Greeter greeter{"hello "};
  ToolRegistry registry;
  registry.add(make_tool({.name = "greet", .description = "Greets"}, kSearchArgs, greeter, &greet));

  const ToolResult result = call(*registry.find("greet"), R"({"query":"you","labels":["x"]})");

  EXPECT_EQ(result.text, "hello you");
  EXPECT_FALSE(result.is_error);
}

TEST(MakeTool, AnswersWrongArgumentsAsToolError) {
  Greeter greeter{"hello "};
  const Tool tool =
      make_tool({.name = "greet", .description = "Greets"}, kSearchArgs, greeter, &greet);

  const ToolResult result = call(tool, R"({"query":5,"labels":["x"]})");

  EXPECT_TRUE(result.is_error);
  EXPECT_THAT(result.text, HasSubstr("The arguments of greet do not fit; nothing was done."));
}

TEST(MakeTool, TakesToolsWithoutArguments) {
  const Tool tool = make_tool({.name = "t", .description = "d"}, std::tuple<>{}, &say_nothing);

  EXPECT_EQ(tool.input_schema, R"({"type":"object","properties":{},"additionalProperties":false})");
  EXPECT_EQ(call(tool, "{}").text, "done");
  EXPECT_EQ(call(tool, "null").text, "done");
  EXPECT_THAT(call(tool, R"({"a":1})").text, HasSubstr("This tool takes no arguments."));
}

TEST(ToolRegistryDeathTest, RefusesWhatNoClientCouldUse) {
  const Tool good = make_tool({.name = "t", .description = "d"}, std::tuple<>{}, &say_nothing);
  struct Case {
    const char* name;
    void (*spoil)(Tool&);
  };
  const Case kCases[] = {
      {"blank in the name", [](Tool& tool) { tool.name = "a b"; }},
      {"no name", [](Tool& tool) { tool.name.clear(); }},
      {"long name", [](Tool& tool) { tool.name.assign(65, 'a'); }},
      {"no description", [](Tool& tool) { tool.description.clear(); }},
      {"schema is no object", [](Tool& tool) { tool.input_schema = R"({"type":"array"})"; }},
      {"schema is no JSON", [](Tool& tool) { tool.input_schema = "{"; }},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    Tool tool = good;
    c.spoil(tool);
    ToolRegistry registry;
    EXPECT_DEATH(registry.add(tool), "Assertion");
  }
}

TEST(ToolRegistryDeathTest, RefusesANameTwice) {
  ToolRegistry registry;
  registry.add(make_tool({.name = "t", .description = "d"}, std::tuple<>{}, &say_nothing));

  EXPECT_DEATH(
      registry.add(make_tool({.name = "t", .description = "d"}, std::tuple<>{}, &say_nothing)),
      "Assertion");
}

}  // namespace
}  // namespace gatehouse::mcp
