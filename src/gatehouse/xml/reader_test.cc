// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/xml/reader.h"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::xml {
namespace {

// Writes down what it is told.
class Scribe final : public Handler {
 public:
  explicit Scribe(std::string enough_at = "") : enough_at_(std::move(enough_at)) {}
  bool open(std::string_view name, const Attributes& attributes) override {
    said += "<" + std::string(name);
    for (const char* wanted : {"r:id", "id", "x"}) {
      const std::string_view value = attributes.find(wanted);
      if (!value.empty()) said += " " + std::string(wanted) + "=" + std::string(value);
    }
    said += ">";
    return name != enough_at_;
  }
  bool close(std::string_view name) override {
    said += "</" + std::string(name) + ">";
    return true;
  }
  bool text(std::string_view utf8) override {
    said += utf8;
    return true;
  }

  std::string said;

 private:
  std::string enough_at_;
};

std::string told(std::string_view document, std::size_t piece_size, const Limits& limits = {},
                 const std::string& enough_at = "") {
  Scribe scribe(enough_at);
  Reader reader(scribe, limits);
  for (; !document.empty(); document.remove_prefix(std::min(piece_size, document.size()))) {
    const auto fed = reader.feed(document.substr(0, piece_size));
    if (!fed) return fed.error().detail;
  }
  const auto finished = reader.finish();
  if (!finished) return finished.error().detail;
  return scribe.said;
}

TEST(XmlReader, TellsElementsAndTextInAnyPieces) {
  const std::string document =
      R"(<?xml version="1.0"?><w:r xmlns:w="u" xmlns:r="v"><a id="1" r:id="2"/>x &amp; )"
      "\xC3\xA9<!-- no --><![CDATA[<b>]]></w:r>";
  const char* const expected = "<r><a r:id=2 id=1></a>x & \xC3\xA9<b></r>";
  for (const std::size_t size : {1u, 7u, 1'000u}) EXPECT_EQ(told(document, size), expected);
  EXPECT_EQ(told(R"(<r w:x="3"/>)", 100), "<r x=3></r>");
}

TEST(XmlReader, ReadsWhatUtf16Says) {
  std::string document = "\xFF\xFE";
  for (const char c : std::string("<r>a\xE9</r>")) document += {c, '\0'};
  EXPECT_EQ(told(document, 3), "<r>a\xC3\xA9</r>");
}

TEST(XmlReader, StopsWhenItsHandlerHasEnough) {
  EXPECT_EQ(told("<r>a<s/>b<t></r>", 100, {}, "s"), "<r>a<s>") << "and what follows is not judged";
}

TEST(XmlReader, RefusesWhatIsDangerousOrNoXml) {
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "<a>";
  const std::string long_tag = "<r x='" + std::string(2'000'000, 'y') + "'/>";
  const struct {
    const char* name;
    std::string text;
    const char* detail;
  } rows[] = {
      {"nothing", "", "malformed XML"},
      {"cut", "<r><a>1</a>", "malformed XML"},
      {"no XML", "PK\3\4", "malformed XML"},
      {"entities", R"(<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r>&b;</r>)",
       "the XML has a document type"},
      {"outside entity", R"(<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>)",
       "the XML has a document type"},
      {"parameter entities", R"(<!DOCTYPE r [<!ENTITY % a SYSTEM "http://x/">%a;]><r/>)",
       "the XML has a document type"},
      {"unknown entity", "<r>&a;</r>", "malformed XML"},
      {"deep", deep, "the XML is nested too deeply"},
      {"nameless", "<r><e:/></r>", "an element of the XML has a prefix and no name"},
      {"wide", "<r><a/><a/><a/><a/></r>", "the XML has too many elements"},
      {"long tag", long_tag, "the XML has a tag that is too long"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    Limits limits;
    if (std::string_view(row.name) == "wide") limits.elements_max = 4;
    EXPECT_EQ(told(row.text, 50'000, limits), row.detail);
  }
}

TEST(XmlReader, TakesTextOfAnyLength) {
  const std::string text(3'000'000, 'y');
  EXPECT_EQ(told("<r>" + text + "</r>", 100'000), "<r>" + text + "</r>");
}

}  // namespace
}  // namespace gatehouse::xml
