// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/xml_answer.h"

#include "gatehouse/xml/reader.h"

namespace gatehouse::aws {

namespace {

using base::Errc;
using base::Error;

constexpr std::size_t kBytesMax = 64 * 1024;
constexpr std::size_t kLevelsMax = 16;
constexpr std::size_t kElementsMax = 256;

}  // namespace

// Receives what the reader finds.
class XmlAnswerBuilder final : public xml::Handler {
 public:
  bool open(std::string_view name, const xml::Attributes&) override {
    if (open_.empty()) {
      answer.root_ = name;
      open_.push_back("");
    } else {
      open_.push_back(open_.back().empty() ? std::string(name)
                                           : open_.back() + "/" + std::string(name));
    }
    answer.texts_.emplace_back(open_.back(), base::Secret());
    current_.push_back(answer.texts_.size() - 1);
    return true;
  }

  bool close(std::string_view) override {
    open_.pop_back();
    current_.pop_back();
    return true;
  }

  bool text(std::string_view utf8) override {
    if (!current_.empty()) answer.texts_[current_.back()].second.append(utf8);
    return true;
  }

  XmlAnswer answer;

 private:
  std::vector<std::string> open_;  // paths
  std::vector<std::size_t> current_;
};

base::Result<XmlAnswer> XmlAnswer::parse(std::string_view text) {
  if (text.size() > kBytesMax) return Error{Errc::invalid_argument, "the XML is too long"};
  XmlAnswerBuilder builder;
  xml::Limits limits;
  limits.levels_max = kLevelsMax;
  limits.elements_max = kElementsMax;
  xml::Reader reader(builder, limits);
  const auto fed = reader.feed(text);
  if (!fed) return fed.error();
  const auto finished = reader.finish();
  if (!finished) return finished.error();
  return std::move(builder.answer);
}

const base::Secret* XmlAnswer::find(std::string_view path) const {
  for (const auto& [name, text] : texts_) {
    if (name == path) return &text;
  }
  return nullptr;
}

}  // namespace gatehouse::aws
