// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/xml/reader.h"

#include <expat.h>

#include <algorithm>

namespace gatehouse::xml {

namespace {

using base::Errc;
using base::Error;

// expat begins a tag anew with every piece of it, so that an endless one would take quadratic time.
constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::size_t kTagBytesMax = 512 * 1024;

std::string_view without_prefix(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

struct Release {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

}  // namespace

std::string_view Attributes::find(std::string_view name) const {
  for (const char** pair = pairs_; *pair != nullptr; pair += 2) {
    if (name == pair[0]) return pair[1];
  }
  for (const char** pair = pairs_; *pair != nullptr; pair += 2) {
    if (name == without_prefix(pair[0])) return pair[1];
  }
  return {};
}

class Reader::Impl {
 public:
  Impl(Handler& handler, const Limits& limits)
      : handler_(handler), limits_(limits), parser_(XML_ParserCreate(nullptr)) {
    if (!parser_) return;
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(
        parser_.get(),
        [](void* self, const XML_Char* name, const XML_Char** attributes) {
          static_cast<Impl*>(self)->open(without_prefix(name), Attributes(attributes));
        },
        [](void* self, const XML_Char* name) {
          static_cast<Impl*>(self)->close(without_prefix(name));
        });
    XML_SetCharacterDataHandler(parser_.get(), [](void* self, const XML_Char* bytes, int size) {
      static_cast<Impl*>(self)->take({bytes, static_cast<std::size_t>(size)});
    });
    XML_SetStartDoctypeDeclHandler(
        parser_.get(), [](void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
          static_cast<Impl*>(self)->refuse("the XML has a document type");
        });
  }

  base::Result<void> feed(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, kPieceBytes);
      bytes.remove_prefix(piece.size());
      const auto fed = parse(piece, XML_FALSE);
      if (!fed || has_enough_) return fed;
      fed_ += piece.size();
      const XML_Index begun = XML_GetCurrentByteIndex(parser_.get());
      if (begun >= 0 && fed_ - std::min(fed_, static_cast<std::size_t>(begun)) > kTagBytesMax)
        return Error{Errc::invalid_argument, "the XML has a tag that is too long"};
    }
    return {};
  }

  base::Result<void> finish() { return parse("", XML_TRUE); }

  bool has_enough() const { return has_enough_; }

 private:
  base::Result<void> parse(std::string_view piece, XML_Bool is_last) {
    if (has_enough_) return {};
    if (!parser_) return Error{Errc::internal, "no XML parser"};
    const auto status =
        XML_Parse(parser_.get(), piece.data(), static_cast<int>(piece.size()), is_last);
    if (refusal_ != nullptr) return Error{Errc::invalid_argument, refusal_};
    if (status != XML_STATUS_OK && !has_enough_)
      return Error{Errc::invalid_argument, "malformed XML"};
    return {};
  }

  void open(std::string_view name, const Attributes& attributes) {
    if (is_over()) return;
    if (++level_ > limits_.levels_max) return refuse("the XML is nested too deeply");
    if (++elements_ > limits_.elements_max) return refuse("the XML has too many elements");
    if (name.empty()) return refuse("an element of the XML has a prefix and no name");
    if (!handler_.open(name, attributes)) stop();
  }

  void close(std::string_view name) {
    if (is_over()) return;
    --level_;
    if (!handler_.close(name)) stop();
  }

  void take(std::string_view bytes) {
    if (!is_over() && !handler_.text(bytes)) stop();
  }

  // A stopped parser still tells of the end of an element that it has just begun.
  bool is_over() const { return has_enough_ || refusal_ != nullptr; }

  void refuse(const char* why) {
    if (refusal_ == nullptr) refusal_ = why;
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  void stop() {
    has_enough_ = true;
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  Handler& handler_;
  const Limits limits_;
  std::unique_ptr<XML_ParserStruct, Release> parser_;
  std::size_t fed_ = 0;
  std::size_t level_ = 0;
  std::size_t elements_ = 0;
  const char* refusal_ = nullptr;
  bool has_enough_ = false;
};

Reader::Reader(Handler& handler, const Limits& limits)
    : impl_(std::make_unique<Impl>(handler, limits)) {}
Reader::~Reader() = default;

base::Result<void> Reader::feed(std::string_view bytes) { return impl_->feed(bytes); }
base::Result<void> Reader::finish() { return impl_->finish(); }
bool Reader::has_enough() const { return impl_->has_enough(); }

}  // namespace gatehouse::xml
