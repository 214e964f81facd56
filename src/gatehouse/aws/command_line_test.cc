// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/command_line.h"

#include <gtest/gtest.h>

namespace gatehouse::aws {
namespace {

using Words = std::vector<std::string>;

TEST(CommandLine, SplitsAsAPosixShellQuotes) {
  const struct {
    const char* text;
    Words words;
  } rows[] = {{"", {}},
              {"  \t ", {}},
              {"/usr/bin/tool --a b", {"/usr/bin/tool", "--a", "b"}},
              {"tool 'a b' \"c d\"", {"tool", "a b", "c d"}},
              {"tool a' 'b\" \"c", {"tool", "a b c"}},
              {R"(tool a\ b \'c\\)", {"tool", "a b", "'c\\"}},
              {R"(tool "a\"b" "c\d" "\$x")", {"tool", "a\"b", "c\\d", "$x"}},
              {"tool ''", {"tool", ""}},
              {R"(tool 'a\')", {"tool", "a\\"}},
              {"tool $(id) ; rm -rf * | x > y",
               {"tool", "$(id)", ";", "rm", "-rf", "*", "|", "x", ">", "y"}}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(split_command(row.text), row.words);
  }
}

TEST(CommandLine, RefusesAQuoteThatStaysOpen) {
  for (const char* text : {"tool 'a", "tool \"a", "tool a\\", "tool \"a\\\""}) {
    EXPECT_EQ(split_command(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace gatehouse::aws
