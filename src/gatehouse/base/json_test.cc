// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/json.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace gatehouse::base {
namespace {

using namespace std::string_view_literals;

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string nested(std::size_t levels) { return repeat("[", levels) + repeat("]", levels); }

// JS-01, JS-05
constexpr std::string_view kAccepted[] = {
    "{}",
    "[]",
    "0",
    "-0",
    "1.5e-3",
    "true",
    "false",
    "null",
    "\"\"",
    " [ ] \r\n\t",
    "{\"\":0}",
    "[1,2,3]",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "\"\\ud83d\\ude00\"",
    "\"\\uD83D\\uDE00 \\u0000\"",
    "\"\xf0\x9f\x98\x80\"",
    "\"\\\\ud800\"",
    "\"\\\"\\/\\b\\f\\n\\r\\t\"",
    "\"\x7f\"",
    "[1E5,1e+5,0.1]",
    "{\"a\":{\"a\":{\"a\":1}}}",
};

constexpr std::string_view kRefused[] = {
    "",
    " ",
    "\n",
    "{",
    "[",
    "]",
    "}",
    "{]",
    "[1,]",
    "{\"a\":1,}",
    "[,1]",
    "{\"a\"}",
    "{\"a\":}",
    "{a:1}",
    "{'a':1}",
    "{1:1}",
    "nul",
    "True",
    "NaN",
    "Infinity",
    "-",
    "+1",
    "01",
    "-01",
    "1.",
    ".5",
    "1e",
    "0x10",
    "1 2",
    "[1 2]",
    "{} {}",
    "[]]",
    "\"a",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"\t\"",
    "\"\n\"",
    "\"\0\""sv,
    "[\0]"sv,
    "{}\0"sv,
    "// c\n1",
    "/* c */1",
    "1e400",
    "-1e400",
    "18446744073709551616",
    "-9223372036854775809",
    "99999999999999999999999999",
    // Not UTF-8: alone, overlong, cut, surrogate, too high.
    "\"\x80\"",
    "\"\xc0\xaf\"",
    "\"\xe2\x82\"",
    "\"\xed\xa0\x80\"",
    "\"\xf4\x90\x80\x80\"",
    "\"\xff\"",
    // Lone halves of surrogate pairs.
    "\"\\ud800\"",
    "\"\\udc00\"",
    "\"\\ud800x\"",
    "\"\\ud800\\n\"",
    "\"\\ud800\\u0041\"",
    "\"\\ud800\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\uDFFF\"",
    "\"\\ud83d\\ude00\\ude00\"",
    "{\"\\udead\":1}",
    // A byte order mark.
    "\xef\xbb\xbf{}",
    "\xef\xbb\xbf",
    "\xff\xfe{\0}\0"sv,
};

TEST(JsonDocument, AcceptsWhatTheStandardAllows) {
  for (const std::string_view text : kAccepted) EXPECT_TRUE(JsonDocument::parse(text)) << text;
}

TEST(JsonDocument, RefusesEverythingElse) {
  for (const std::string_view text : kRefused) {
    const auto parsed = JsonDocument::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Errc::invalid_argument) << text;
  }
}

// JS-02
TEST(JsonDocument, HoldsItsDepthLimit) {
  EXPECT_TRUE(JsonDocument::parse(nested(64)));
  EXPECT_FALSE(JsonDocument::parse(nested(65)));
  JsonLimits shallow;
  shallow.depth_max = 2;
  EXPECT_TRUE(JsonDocument::parse(R"({"a":[1]})", shallow));
  EXPECT_FALSE(JsonDocument::parse(R"({"a":[[]]})", shallow));
  shallow.depth_max = 0;
  EXPECT_TRUE(JsonDocument::parse("1", shallow));
  EXPECT_FALSE(JsonDocument::parse("[]", shallow));
  JsonLimits deep;
  deep.depth_max = 1'000'000;
  EXPECT_TRUE(JsonDocument::parse(nested(1000), deep));
  EXPECT_FALSE(JsonDocument::parse(nested(1001), deep));
}

// JS-02
TEST(JsonDocument, RefusesAHundredThousandLevels) {
  EXPECT_FALSE(JsonDocument::parse(nested(100'000)));
  EXPECT_FALSE(JsonDocument::parse(repeat("[", 100'000)));
  EXPECT_FALSE(JsonDocument::parse(repeat("{\"a\":", 100'000) + "1" + repeat("}", 100'000)));
}

// JS-03
TEST(JsonDocument, RefusesDuplicateNamesAnywhere) {
  for (const std::string_view text : {R"({"a":1,"a":1})", R"({"a":1,"\u0061":2})",
                                      R"([[{"x":{"b":1,"c":2,"b":3}}]])", R"({"":1,"":2})"}) {
    EXPECT_FALSE(JsonDocument::parse(text)) << text;
    JsonLimits lax;
    lax.refuse_duplicate_names = false;
    EXPECT_TRUE(JsonDocument::parse(text, lax)) << text;
  }
  EXPECT_TRUE(JsonDocument::parse(R"({"a":{"a":1},"A":[{"a":1},{"a":1}]})"));
}

// JS-03
TEST(JsonDocument, FindsDuplicateNamesAmongMany) {
  for (const int count : {14, 15, 16, 17, 18, 5000}) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) text += "\"n" + std::to_string(i) + "\":0,";
    EXPECT_TRUE(JsonDocument::parse(text + "\"last\":0}"));
    EXPECT_FALSE(JsonDocument::parse(text + "\"n0\":0}"));
    EXPECT_FALSE(JsonDocument::parse(text + "\"n" + std::to_string(count - 1) + "\":0}"));
  }
}

TEST(JsonDocument, ErrorsNeverQuoteTheText) {
  const auto parsed = JsonDocument::parse("{\"hunter2\":hunter2}");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().detail.find("hunter2"), std::string::npos);
}

TEST(JsonValue, ReadsMembersByKind) {
  const auto parsed = JsonDocument::parse(R"({"text":"a\u0000b","int":-7,"flag":true,"none":null,)"
                                          R"("half":0.5,"list":[1,"2",[]],"obj":{"k":"v"}})");
  ASSERT_TRUE(parsed);
  const JsonValue root = parsed->root();
  EXPECT_EQ(root.size(), 7u);
  EXPECT_EQ(root.find_string("text"), "a\0b"sv);  // JS-09
  EXPECT_EQ(root.find_integer("int"), -7);
  EXPECT_EQ(root.find_bool("flag"), true);
  EXPECT_TRUE(root.find("none")->is_null());
  EXPECT_EQ(root.find("half")->as_number(), 0.5);
  EXPECT_EQ(root.find("int")->as_number(), -7.0);
  EXPECT_EQ(root.find("list")->size(), 3u);
  EXPECT_EQ(root.find("list")->elements()[1].as_string(), "2");
  EXPECT_EQ(root.find("obj")->find_string("k"), "v");
  ASSERT_EQ(root.members().size(), 7u);
  EXPECT_EQ(root.members()[6].name, "obj");
  EXPECT_FALSE(root.find("absent"));
  EXPECT_FALSE(root.find("tex"));
  EXPECT_FALSE(root.find(""));
}

// JS-11
TEST(JsonValue, FindsSeveralMembersInOnePass) {
  JsonLimits lenient;
  lenient.refuse_duplicate_names = false;
  auto document = JsonDocument::parse(R"({"b":2,"a":1,"ab":3,"a":4,"c":null})", lenient);
  ASSERT_TRUE(document);

  constexpr std::array<std::string_view, 4> kNames = {"a", "b", "missing", "c"};
  const auto [a, b, missing, c] = document->root().find_each(kNames);

  EXPECT_EQ(a->as_integer(), 1) << "the first, as find() gives it";
  EXPECT_EQ(b->as_integer(), 2);
  EXPECT_FALSE(missing);
  EXPECT_TRUE(c->is_null());
  EXPECT_FALSE(a->find_each(kNames)[0]) << "a number has no members";
}

TEST(JsonValue, CoercesNothing) {
  const auto parsed =
      JsonDocument::parse(R"({"one":"1","n":1,"t":"true","zero":0,"x":1.5,"list":[],"null":null})");
  ASSERT_TRUE(parsed);
  const JsonValue root = parsed->root();
  EXPECT_FALSE(root.find_integer("one"));
  EXPECT_FALSE(root.find_string("n"));
  EXPECT_FALSE(root.find_bool("t"));
  EXPECT_FALSE(root.find_bool("zero"));
  EXPECT_FALSE(root.find_integer("x"));
  EXPECT_FALSE(root.find_string("null"));
  EXPECT_FALSE(root.find("list")->find("0"));
  EXPECT_TRUE(root.find("one")->elements().empty());
  EXPECT_TRUE(root.find("list")->members().empty());
  EXPECT_EQ(root.find("one")->size(), 0u);
  EXPECT_FALSE(root.as_string());
}

TEST(JsonValue, IntegersAreExact) {
  struct Row {
    std::string_view text;
    std::optional<std::int64_t> integer;
  };
  const Row rows[] = {
      {"3", 3},
      {"3.0", 3},
      {"-3e2", -300},
      {"3.5", std::nullopt},
      {"-0", 0},
      {"-0.0", 0},
      {"9223372036854775807", INT64_MAX},
      {"-9223372036854775808", INT64_MIN},
      {"9223372036854775808", std::nullopt},
      {"9.3e18", std::nullopt},
      {"-1e300", std::nullopt},
      {"\"3\"", std::nullopt},
      {"true", std::nullopt},
  };
  for (const Row& row : rows) {
    const auto parsed = JsonDocument::parse(row.text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->root().as_integer(), row.integer) << row.text;
  }
}

TEST(JsonValue, KindsAreTold) {
  const auto parsed = JsonDocument::parse(R"([null,true,1,18446744073709551615,1.0,"s",[],{}])");
  ASSERT_TRUE(parsed);
  std::vector<JsonKind> kinds;
  for (const JsonValue& value : parsed->root().elements()) kinds.push_back(value.kind());
  EXPECT_EQ(kinds, (std::vector<JsonKind>{JsonKind::null, JsonKind::boolean, JsonKind::integer,
                                          JsonKind::integer, JsonKind::number, JsonKind::string,
                                          JsonKind::array, JsonKind::object}));
  EXPECT_TRUE(JsonValue().is_null());
  EXPECT_EQ(JsonValue().to_text(), "null");
  EXPECT_EQ(JsonValue().size(), 0u);
}

TEST(JsonValue, TextRoundTrips) {
  const std::string_view text =
      R"({"a":[1,-2,3.5,1.0,1e+300,"q\"\\\n",true,false,null],"b":{"c":{}},"":[[],[]]})";
  const auto parsed = JsonDocument::parse(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->root().to_text(), text);
}

TEST(JsonDocument, ManyMayBeOpenAtOnce) {
  std::vector<JsonDocument> open;
  for (int i = 0; i < 50; ++i) {
    auto parsed = JsonDocument::parse("{\"n\":" + std::to_string(i) + "}");
    ASSERT_TRUE(parsed);
    open.push_back(std::move(*parsed));
  }
  for (int i = 0; i < 50; ++i) EXPECT_EQ(open[i].root().find_integer("n"), i);
}

TEST(JsonDocument, MovesKeepTheText) {
  auto first = JsonDocument::parse(R"({"a":"first"})");
  auto second = JsonDocument::parse(R"({"a":"second"})");
  ASSERT_TRUE(first && second);
  JsonDocument moved = std::move(*first);
  EXPECT_EQ(moved.root().find_string("a"), "first");
  moved = std::move(*second);
  EXPECT_EQ(moved.root().find_string("a"), "second");
}

TEST(JsonDocument, ReusedBuffersShowNothingOfTheLastText) {
  for (const std::size_t size : {10u, 5'000u, 300'000u, 10u, 2'000'000u, 3u}) {
    const std::string long_text(size, 'x');
    const auto parsed = JsonDocument::parse("[\"" + long_text + "\"]");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->root().elements()[0].as_string(), long_text);
    const auto next = JsonDocument::parse("[\"\"]");
    ASSERT_TRUE(next);
    EXPECT_EQ(next->root().elements()[0].as_string(), "");
  }
}

TEST(JsonDocument, DenseTextsFit) {
  // The shapes that need the most room for strings and for structure.
  for (const std::string_view unit : {"\"\",", "[],", "1,", "{\"\":\"\"},"}) {
    const std::string text = "[" + repeat(unit, 20'000) + "0]";
    const auto parsed = JsonDocument::parse(text);
    ASSERT_TRUE(parsed) << unit;
    EXPECT_EQ(parsed->root().size(), 20'001u);
    EXPECT_EQ(parsed->root().to_text(), text);
  }
}

TEST(JsonDocument, WorksOnManyThreadsAndAcrossThem) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 200; ++i) {
        auto parsed = JsonDocument::parse("{\"n\":" + std::to_string(t * 1000 + i) + "}");
        ASSERT_TRUE(parsed);
        std::thread([document = std::move(*parsed), expected = t * 1000 + i] {
          EXPECT_EQ(document.root().find_integer("n"), expected);
        }).join();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace gatehouse::base
