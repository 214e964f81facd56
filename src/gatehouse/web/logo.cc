// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/logo.h"

#include <string_view>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/web/version_mark.h"

namespace gatehouse::web {
namespace {

constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";
constexpr std::size_t kSvgPrologueMax = 1024;  // declaration, comments, doctype

bool is_webp(std::string_view bytes) {
  return bytes.size() > 12 && bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP";
}

bool is_svg(std::string_view bytes) {
  if (!base::is_valid_utf8(bytes)) return false;
  const std::size_t start = bytes.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos || bytes[start] != '<') return false;
  return bytes.substr(0, kSvgPrologueMax).find("<svg") != std::string_view::npos;
}

std::string_view media_type_of(std::string_view bytes) {
  if (bytes.starts_with(kPngSignature)) return "image/png";
  if (is_webp(bytes)) return "image/webp";
  if (is_svg(bytes)) return "image/svg+xml";
  return {};
}

}  // namespace

base::Result<Logo> judge_logo(std::string bytes) {
  if (bytes.size() > kLogoBytesMax) {
    return base::Error{base::Errc::invalid_argument, "is larger than 64 KB"};
  }
  const std::string_view media_type = media_type_of(bytes);
  if (media_type.empty()) {
    return base::Error{base::Errc::invalid_argument, "is neither PNG nor WebP nor SVG"};
  }
  Logo logo;
  logo.media_type = media_type;
  logo.bytes = std::move(bytes);
  return logo;
}

http::Response logo_response(const Logo& logo, std::string_view query) {
  http::Response response = http::text_response(200, logo.bytes);
  response.headers.front().value = logo.media_type;
  response.with("Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox");
  response.with("X-Content-Type-Options", "nosniff");
  response.with("Cross-Origin-Resource-Policy", "same-origin");
  response.with("Cache-Control", cache_control_for(query, version_mark(logo.bytes)));
  return response;
}

std::string logo_address(const Logo& logo) {
  return marked_address("/logo", version_mark(logo.bytes));
}

}  // namespace gatehouse::web
