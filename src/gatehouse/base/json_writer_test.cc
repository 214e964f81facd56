// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/json_writer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/random.h"

namespace gatehouse::base {
namespace {

using namespace std::string_view_literals;

TEST(JsonWriter, PutsCommasAndColons) {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .key("id")
      .value(7)
      .key("tags")
      .begin_array()
      .value("a")
      .value("b")
      .end_array();
  json.key("empty").begin_object().end_object().key("none").begin_array().end_array();
  json.member("flag", true).member("text", std::string("x")).key("nothing").null().end_object();
  EXPECT_EQ(
      out,
      R"({"id":7,"tags":["a","b"],"empty":{},"none":[],"flag":true,"text":"x","nothing":null})");
}

TEST(JsonWriter, WritesNestedArrays) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  for (int i = 0; i < 2; ++i) json.begin_array().value(i).begin_array().end_array().end_array();
  json.raw(R"({"a":1})").end_array();
  EXPECT_EQ(out, R"([[0,[]],[1,[]],{"a":1}])");
}

TEST(JsonWriter, NestsSixtyThreeLevels) {
  std::string out;
  JsonWriter json(out);
  for (int i = 0; i < 63; ++i) json.begin_array();
  for (int i = 0; i < 63; ++i) json.end_array();
  EXPECT_EQ(out, std::string(63, '[') + std::string(63, ']'));
}

TEST(JsonWriter, WritesNumbersInFull) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  json.value(std::numeric_limits<std::int64_t>::min());
  json.value(std::numeric_limits<std::uint64_t>::max());
  json.value(-1).value(std::size_t{5}).value(0.5).value(3.0).value(1e300).value(0.1);
  json.value(std::numeric_limits<double>::infinity());
  json.value(std::numeric_limits<double>::quiet_NaN());
  json.end_array();
  EXPECT_EQ(out, "[-9223372036854775808,18446744073709551615,-1,5,0.5,3,1e+300,0.1,null,null]");
}

struct QuoteRow {
  std::string_view text;
  std::string_view json;
};

constexpr QuoteRow kQuoteRows[] = {
    {"", R"("")"},
    {"plain", R"("plain")"},
    {"a\"b\\c/d", R"("a\"b\\c/d")"},
    {"\b\f\n\r\t", R"("\b\f\n\r\t")"},
    {"\0\x01\x1f\x7f"sv, "\"\\u0000\\u0001\\u001f\x7f\""},
    {"sixteen bytes ok\"then a quote", R"("sixteen bytes ok\"then a quote")"},
    {"0123456789abcde\n", R"("0123456789abcde\n")"},
    {"0123456789abcdef\n", R"("0123456789abcdef\n")"},
    {"\xd0\x9f\xd1\x80\xd0\xb8 \xf0\x9f\x98\x80", "\"\xd0\x9f\xd1\x80\xd0\xb8 \xf0\x9f\x98\x80\""},
    {"a\xff"
     "b",
     "\"a\xef\xbf\xbd"
     "b\""},
    {"\xc3", "\"\xef\xbf\xbd\""},
    {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xe2\x82\"", "\"\xef\xbf\xbd\xef\xbf\xbd\\\"\""},
};

TEST(JsonWriter, EscapesWhatMustBeEscaped) {
  for (const QuoteRow& row : kQuoteRows) EXPECT_EQ(json_quote(row.text), row.json);
}

TEST(JsonWriter, AnyBytesGiveJsonThatParses) {
  SeededRandom random(3);
  for (std::size_t size = 0; size < 300; ++size) {
    const Secret bytes = random.secret(size);
    const std::string json = json_quote(bytes.reveal());
    const auto parsed = JsonDocument::parse(json);
    ASSERT_TRUE(parsed) << hex_encode(json);
    if (is_valid_utf8(bytes.reveal())) {
      EXPECT_EQ(parsed->root().as_string(), bytes.reveal());
    }
  }
}

TEST(JsonWriter, EveryCharacterAtEveryPlaceSurvives) {
  for (int c = 0; c < 128; ++c) {
    for (std::size_t place = 0; place < 34; ++place) {
      std::string text(34, 'x');
      text[place] = static_cast<char>(c);
      const std::string json = json_quote(text);
      const auto parsed = JsonDocument::parse(json);
      ASSERT_TRUE(parsed);
      ASSERT_EQ(parsed->root().as_string(), text);
    }
  }
}

TEST(JsonWriter, CopiesParsedValues) {
  const auto parsed = JsonDocument::parse(
      R"( { "a" : [ 1 , 1.0, -0.5, "x\n\u00e9", null, true, {} ] , "b":18446744073709551615 } )");
  ASSERT_TRUE(parsed);
  std::string out;
  JsonWriter json(out);
  json.begin_array().value(1).value(parsed->root()).value(JsonValue()).end_array();
  EXPECT_EQ(
      out,
      "[1,{\"a\":[1,1.0,-0.5,\"x\\n\xc3\xa9\",null,true,{}],\"b\":18446744073709551615},null]");
}

}  // namespace
}  // namespace gatehouse::base
