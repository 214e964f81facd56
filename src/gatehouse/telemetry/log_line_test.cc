// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/telemetry/log_line.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/base/random.h"

namespace gatehouse::telemetry {
namespace {

using namespace std::string_view_literals;

// 2026-11-24T04:25:24.007Z
constexpr LogTime kTime{std::chrono::milliseconds(1'795'494'324'007)};

std::string json_line(std::string_view event, std::initializer_list<LogField> fields) {
  std::string out;
  append_json_line(out, kTime, Level::info, event, fields);
  return out;
}

std::string readable_line(std::string_view event, std::initializer_list<LogField> fields) {
  std::string out;
  append_readable_line(out, kTime, Level::warn, event, fields);
  return out;
}

std::string logged(std::string_view text) {
  const std::string line = json_line("x", {{Field::detail, text}});
  const auto parsed = base::JsonDocument::parse(line);
  EXPECT_TRUE(parsed) << line;
  return parsed ? std::string(parsed->root().find_string("detail").value_or("")) : std::string();
}

TEST(JsonLine, HoldsTimeLevelEventAndFields) {
  EXPECT_EQ(json_line("sign-in refused", {{Field::reason, "domain"}, {Field::status, 403}}),
            R"({"time":"2026-11-24T04:25:24.007Z","level":"info","event":"sign-in refused",)"
            R"("reason":"domain","status":403})");
  EXPECT_EQ(json_line("started", {}),
            R"({"time":"2026-11-24T04:25:24.007Z","level":"info","event":"started"})");
}

TEST(JsonLine, TimeIsRfc3339InUtc) {
  std::string out;
  append_json_line(out, LogTime(std::chrono::milliseconds(999)), Level::error, "x", {});
  EXPECT_EQ(out, R"({"time":"1970-01-01T00:00:00.999Z","level":"error","event":"x"})");
}

TEST(ReadableLine, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(readable_line("request", {{Field::route, "/mcp"},
                                      {Field::duration_ms, -12},
                                      {Field::client_name, "My \"App\""},
                                      {Field::reason, ""}}),
            "2026-11-24T04:25:24.007Z warn  request route=/mcp duration_ms=-12 "
            R"(client_name="My \"App\"" reason="")");
}

// SC: outside text never breaks out of its line or into the terminal.
TEST(LogLine, EscapesLineBreaksAndTerminalControls) {
  const std::string_view hostile =
      "a\r\nb\x1b[31mred\x07\0\x7f\xC2\x9B"
      "31m\xE2\x80\xA8\xE2\x80\xAE\xE2\x81\xA6\xff"sv;
  for (const std::string& line : {json_line(hostile, {{Field::client_name, hostile}}),
                                  readable_line(hostile, {{Field::client_name, hostile}})}) {
    EXPECT_TRUE(base::is_valid_utf8(line));
    for (const char c : line) {
      EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << base::hex_encode(line);
    }
    for (const std::string_view bad :
         {"\xC2\x9B", "\xE2\x80\xA8", "\xE2\x80\xAE", "\xE2\x81\xA6"}) {
      EXPECT_EQ(line.find(bad), std::string::npos) << base::hex_encode(bad);
    }
  }
}

TEST(LogLine, KeepsOrdinaryTextOfAllScripts) {
  const std::string_view text =
      "\xD0\x9F\xD0\xBE\xD1\x87\xD1\x82\xD0\xB0 \xE2\x82\xAC \xF0\x9F\x93\xA7";
  EXPECT_EQ(logged(text), text);
}

TEST(LogLine, CutsLongTextsAtACharacter) {
  EXPECT_EQ(logged(std::string(256, 'x')), std::string(256, 'x'));
  EXPECT_EQ(logged(std::string(257, 'x')), std::string(256, 'x') + "\xE2\x80\xA6");
  std::string wide;
  for (int i = 0; i < 200; ++i) wide += "\xE2\x82\xAC";
  EXPECT_EQ(logged(wide).size(), 255u + 3u);
  for (std::size_t lead = 0; lead < 4; ++lead) {
    std::string text(lead, 'x');
    for (int i = 0; i < 200; ++i) text += "\xF0\x9F\x93\xA7";
    EXPECT_EQ(logged(text).find("\xEF\xBF\xBD"), std::string::npos) << lead;
  }
  EXPECT_LE(logged(std::string(1'000'000, '\x80')).size(), 3u * 256u + 3u);
}

TEST(LogLine, AnyBytesGiveOneLineOfJson) {
  base::SeededRandom random(11);
  for (std::size_t size = 0; size < 400; ++size) {
    const base::Secret bytes = random.secret(size);
    const std::string line = json_line(bytes.reveal(), {{Field::detail, bytes.reveal()}});
    EXPECT_TRUE(base::JsonDocument::parse(line)) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos);
  }
}

TEST(LogLine, ARequestWithoutATraceIsNotNamed) {
  EXPECT_EQ(json_line("x", {{Field::trace_id, ""}, {Field::request_id, ""}, {Field::tool, ""}})
                .find("_id"),
            std::string::npos);
}

TEST(LogLine, EveryFieldHasItsOwnSnakeCaseName) {
  std::set<std::string_view> names = {"time", "level", "event", "chain", "seq", "prev"};
  const int last = static_cast<int>(Field::domain);
  for (int field = 0; field <= last; ++field) {
    const std::string_view name = name_of(static_cast<Field>(field));
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos)
        << name;
  }
}

}  // namespace
}  // namespace gatehouse::telemetry
