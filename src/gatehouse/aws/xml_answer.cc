// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/xml_answer.h"

#include <expat.h>

#include <memory>

namespace gatehouse::aws {

namespace {

using base::Errc;
using base::Error;

constexpr std::size_t kBytesMax = 64 * 1024;
constexpr std::size_t kLevelsMax = 16;
constexpr std::size_t kElementsMax = 256;

std::string_view without_prefix(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

struct Release {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

}  // namespace

// Receives what expat finds.
class XmlReader {
 public:
  base::Result<XmlAnswer> read(std::string_view text) {
    const std::unique_ptr<XML_ParserStruct, Release> parser(XML_ParserCreate("UTF-8"));
    if (!parser) return Error{Errc::internal, "no XML parser"};
    parser_ = parser.get();
    XML_SetUserData(parser_, this);
    XML_SetElementHandler(
        parser_,
        [](void* self, const XML_Char* name, const XML_Char**) {
          static_cast<XmlReader*>(self)->open(name);
        },
        [](void* self, const XML_Char*) { static_cast<XmlReader*>(self)->close(); });
    XML_SetCharacterDataHandler(parser_, [](void* self, const XML_Char* bytes, int size) {
      static_cast<XmlReader*>(self)->take({bytes, static_cast<std::size_t>(size)});
    });
    XML_SetStartDoctypeDeclHandler(
        parser_, [](void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
          static_cast<XmlReader*>(self)->refuse("the XML has a document type");
        });
    const auto status = XML_Parse(parser_, text.data(), static_cast<int>(text.size()), XML_TRUE);
    if (refusal_ != nullptr) return Error{Errc::invalid_argument, refusal_};
    if (status != XML_STATUS_OK) return Error{Errc::invalid_argument, "malformed XML"};
    return std::move(answer_);
  }

 private:
  void open(std::string_view name) {
    if (open_.size() >= kLevelsMax) return refuse("the XML is nested too deeply");
    if (++elements_ > kElementsMax) return refuse("the XML has too many elements");
    name = without_prefix(name);
    if (name.empty()) return refuse("an element of the XML has a prefix and no name");
    if (open_.empty()) {
      answer_.root_ = name;
      open_.push_back("");
    } else {
      open_.push_back(open_.back().empty() ? std::string(name)
                                           : open_.back() + "/" + std::string(name));
    }
    answer_.texts_.emplace_back(open_.back(), base::Secret());
    current_.push_back(answer_.texts_.size() - 1);
  }

  // Comes once more after a refusal, of the element that was refused, when it is written as empty.
  void close() {
    if (refusal_ != nullptr) return;
    open_.pop_back();
    current_.pop_back();
  }

  void take(std::string_view bytes) {
    if (!current_.empty()) answer_.texts_[current_.back()].second.append(bytes);
  }

  void refuse(const char* why) {
    if (refusal_ == nullptr) refusal_ = why;
    XML_StopParser(parser_, XML_FALSE);
  }

  XML_Parser parser_ = nullptr;
  XmlAnswer answer_;
  std::vector<std::string> open_;  // paths
  std::vector<std::size_t> current_;
  std::size_t elements_ = 0;
  const char* refusal_ = nullptr;
};

base::Result<XmlAnswer> XmlAnswer::parse(std::string_view text) {
  if (text.size() > kBytesMax) return Error{Errc::invalid_argument, "the XML is too long"};
  XmlReader reader;
  return reader.read(text);
}

const base::Secret* XmlAnswer::find(std::string_view path) const {
  for (const auto& [name, text] : texts_) {
    if (name == path) return &text;
  }
  return nullptr;
}

}  // namespace gatehouse::aws
