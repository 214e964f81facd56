// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/header_parameter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

// What a schema may annotate; testdata/modern_header_parameters.txt has what requests must hold.
namespace gatehouse::mcp {
namespace {

struct SchemaCase {
  const char* name;
  std::string properties;
  bool legal;
};

std::string annotated(const std::string& type, const std::string& header) {
  return R"({"type":")" + type + R"(","x-mcp-header":)" + header + "}";
}

std::vector<SchemaCase> schema_cases() {
  return {
      {"string", R"({"a":)" + annotated("string", R"("A")") + "}", true},
      {"integer", R"({"a":)" + annotated("integer", R"("A")") + "}", true},
      {"boolean", R"({"a":)" + annotated("boolean", R"("A")") + "}", true},
      {"number", R"({"a":)" + annotated("number", R"("A")") + "}", false},
      {"object", R"({"a":)" + annotated("object", R"("A")") + "}", false},
      {"array", R"({"a":)" + annotated("array", R"("A")") + "}", false},
      {"no type", R"({"a":{"x-mcp-header":"A"}})", false},
      {"several types", R"({"a":{"type":["string","null"],"x-mcp-header":"A"}})", false},
      {"name of every mark", R"({"a":)" + annotated("string", R"("!#$%&'*+-.^_`|~9z")") + "}",
       true},
      {"empty name", R"({"a":)" + annotated("string", R"("")") + "}", false},
      {"blank in the name", R"({"a":)" + annotated("string", R"("A B")") + "}", false},
      {"colon in the name", R"({"a":)" + annotated("string", R"("A:")") + "}", false},
      {"line break in the name", R"({"a":)" + annotated("string", R"("A\r\nB")") + "}", false},
      {"foreign letter", R"({"a":)" + annotated("string", R"("\u00e9")") + "}", false},
      {"name that is no text", R"({"a":)" + annotated("string", "7") + "}", false},
      {"two names",
       R"({"a":)" + annotated("string", R"("A")") + R"(,"b":)" + annotated("string", R"("B")") +
           "}",
       true},
      {"one name twice, by another case",
       R"({"a":)" + annotated("string", R"("Ab")") + R"(,"b":)" + annotated("string", R"("aB")") +
           "}",
       false},
      {"in an object",
       R"({"o":{"type":"object","properties":{"a":)" + annotated("string", R"("A")") + "}}}", true},
      {"in an object, illegal",
       R"({"o":{"type":"object","properties":{"a":)" + annotated("number", R"("A")") + "}}}",
       false},
  };
}

TEST(HeaderParameters, AreLegalOrRefused) {  // S-117
  for (const SchemaCase& c : schema_cases()) {
    SCOPED_TRACE(c.name);
    const auto schema =
        base::JsonDocument::parse(R"({"type":"object","properties":)" + c.properties + "}");
    ASSERT_TRUE(schema);
    EXPECT_EQ(header_parameters(schema->root()).has_value(), c.legal);
  }
}

// Only what is reached by `properties` alone is mirrored: elsewhere nobody could say from where.
TEST(HeaderParameters, StandOnPropertiesOnly) {
  for (const char* text : {R"({"type":"object","properties":{"l":{"type":"array","items":{)"
                           R"("type":"string","x-mcp-header":"A"}}}})",
                           R"({"type":"object","anyOf":[{"properties":{"a":{"type":"string",)"
                           R"("x-mcp-header":"A"}}}]})",
                           R"({"type":"object","additionalProperties":{"type":"string",)"
                           R"("x-mcp-header":"A"}})",
                           R"({"type":"object","$defs":{"a":{"type":"string",)"
                           R"("x-mcp-header":"A"}}})"}) {
    SCOPED_TRACE(text);
    const auto schema = base::JsonDocument::parse(text);
    ASSERT_TRUE(schema);
    EXPECT_FALSE(header_parameters(schema->root()).has_value());
  }
}

TEST(HeaderParameters, NameHeaderAndPath) {
  const auto schema = base::JsonDocument::parse(
      R"({"type":"object","properties":{"at":{"type":"object","properties":{)"
      R"("zone":{"type":"integer","x-mcp-header":"Zone"}}}}})");
  ASSERT_TRUE(schema);
  const auto found = header_parameters(schema->root());
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().header, "Mcp-Param-Zone");
  EXPECT_EQ(found->front().path, (std::vector<std::string>{"at", "zone"}));
  EXPECT_TRUE(found->front().is_number);
}

}  // namespace
}  // namespace gatehouse::mcp
