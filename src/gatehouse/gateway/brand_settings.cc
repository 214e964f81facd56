// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/brand_settings.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/small_file.h"
#include "gatehouse/http/url.h"
#include "gatehouse/web/display_text.h"
#include "gatehouse/web/logo.h"

namespace gatehouse::gateway {
namespace {

constexpr std::size_t kNameCharactersMax = 60;
constexpr std::size_t kContactBytesMax = 254;

// RFC 5321 has more; addresses that people publish do not.
bool is_mailbox(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == 0 || at == std::string_view::npos || text.find('@', at + 1) != std::string_view::npos) {
    return false;
  }
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("@.-_+").find(c) != std::string_view::npos;
  };
  const std::string_view host = text.substr(at + 1);
  return std::all_of(text.begin(), text.end(), is_plain) &&
         host.find('.') != std::string_view::npos && !host.starts_with('.') && !host.ends_with('.');
}

}  // namespace

bool is_brand_name(std::string_view text) {
  return !text.empty() && web::display_text(text, kNameCharactersMax) == text;
}

bool is_contact(std::string_view text) {
  if (text.size() > kContactBytesMax) return false;
  if (is_mailbox(text)) return true;
  const auto url = http::parse_url(text);
  return url && url->scheme == "https" && !url->has_userinfo;
}

base::Result<web::Logo> read_logo(const std::string& path) {
  const auto bytes = base::read_small_file(path, web::kLogoBytesMax);
  if (!bytes) return bytes.error();
  auto logo = web::judge_logo(std::string(bytes->reveal()));
  if (!logo) return base::Error{logo.error().code, path + " " + logo.error().detail};
  return logo;
}

}  // namespace gatehouse::gateway
