// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/xml_answer.h"

#include <gtest/gtest.h>

namespace gatehouse::aws {
namespace {

std::string text_at(const XmlAnswer& answer, std::string_view path) {
  const base::Secret* const text = answer.find(path);
  return text == nullptr ? "(none)" : std::string(text->reveal());
}

TEST(XmlAnswer, FindsTextsByTheirPathBelowTheRoot) {
  const auto answer = XmlAnswer::parse(
      R"(<?xml version="1.0"?><r xmlns="https://x/"><a><b>1 &amp; 2</b><b>3</b></a><p:c xmlns:p="y"/>)"
      "<d>a<![CDATA[<b>]]></d></r>");
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->root(), "r");
  EXPECT_EQ(text_at(*answer, "a/b"), "1 & 2");
  EXPECT_EQ(text_at(*answer, "c"), "");
  EXPECT_EQ(text_at(*answer, "d"), "a<b>");
  EXPECT_EQ(text_at(*answer, "b"), "(none)");
  EXPECT_EQ(text_at(*answer, "a/b/c"), "(none)");
}

TEST(XmlAnswer, RefusesWhatNoServiceSends) {
  std::string deep;
  for (int i = 0; i < 17; ++i) deep += "<a>";
  for (int i = 0; i < 17; ++i) deep += "</a>";
  std::string wide = "<r>";
  for (int i = 0; i < 256; ++i) wide += "<a/>";
  wide += "</r>";
  const struct {
    const char* name;
    std::string text;
    const char* detail;
  } rows[] = {
      {"nothing", "", "malformed XML"},
      {"cut", "<r><a>1</a>", "malformed XML"},
      {"two roots", "<r/><r/>", "malformed XML"},
      {"json", "{}", "malformed XML"},
      {"entities", R"(<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r>&b;</r>)",
       "the XML has a document type"},
      {"outside entity", R"(<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>)",
       "the XML has a document type"},
      {"unknown entity", "<r>&a;</r>", "malformed XML"},
      {"deep", deep, "the XML is nested too deeply"},
      {"nameless root", "<e:/>", "an element of the XML has a prefix and no name"},
      {"nameless", "<r><e:/></r>", "an element of the XML has a prefix and no name"},
      {"wide", wide, "the XML has too many elements"},
      {"long", "<r>" + std::string(64 * 1024, 'x') + "</r>", "the XML is too long"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto answer = XmlAnswer::parse(row.text);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().detail, row.detail);
  }
}

}  // namespace
}  // namespace gatehouse::aws
