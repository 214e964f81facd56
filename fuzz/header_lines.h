// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "fuzzing.h"
#include "gatehouse/http/message.h"

namespace gatehouse::fuzzing {

// A request with the header fields of a text, `Name: value` a line. Lines that the request parser
// would refuse are left out.
class HeaderLines {
 public:
  explicit HeaderLines(std::string_view text) {
    while (!text.empty()) add(take_line(text));
  }

  const std::vector<http::HeaderView>& fields() const { return fields_; }

  http::Request request(std::string_view body = {}) const {
    http::Request request;
    request.method = http::Method::post;
    request.method_name = "POST";
    request.target = request.path = "/";
    request.headers = fields_;
    request.body = body;
    return request;
  }

 private:
  void add(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos) return;
    const http::HeaderView field{line.substr(0, colon), base::trim(line.substr(colon + 1))};
    const bool is_control = std::any_of(field.value.begin(), field.value.end(), [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    });
    if (is_control || !is_visible_ascii(field.name)) return;
    fields_.push_back(field);
  }

  std::vector<http::HeaderView> fields_;
};

}  // namespace gatehouse::fuzzing
