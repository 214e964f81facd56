// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/link_mark.h"

#include <algorithm>
#include <array>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kTargetMax = 2'000;
constexpr std::size_t kShownMax = 300;

// Endings that make a word look like a host. Words like "report.pdf" or "node.js" are none.
constexpr std::array<std::string_view, 48> kTopLevelDomains{
    "com",  "net",  "org",     "edu", "gov",  "mil", "int",  "info", "biz", "io",
    "co",   "app",  "dev",     "ai",  "uk",   "de",  "fr",   "ch",   "at",  "nl",
    "be",   "es",   "it",      "pt",  "se",   "no",  "dk",   "fi",   "ie",  "us",
    "ca",   "au",   "nz",      "jp",  "cn",   "in",  "br",   "ru",   "eu",  "online",
    "site", "shop", "example", "xyz", "bank", "top", "link", "click"};

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::string_view without_www(std::string_view host) {
  if (host.starts_with("www.")) host.remove_prefix(4);
  return host;
}

bool ends_like_a_host(std::string_view word) {
  const std::size_t dot = word.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const std::string_view last = word.substr(dot + 1);
  return std::find(kTopLevelDomains.begin(), kTopLevelDomains.end(), last) !=
         kTopLevelDomains.end();
}

bool is_web(std::string_view scheme) { return scheme == "http" || scheme == "https"; }

}  // namespace

std::string link_host(std::string_view url) {
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos || !is_web(base::to_lower_ascii(url.substr(0, colon))))
    return "";
  url.remove_prefix(colon + 1);
  while (!url.empty() && (url.front() == '/' || url.front() == '\\')) url.remove_prefix(1);
  url = url.substr(0, url.find_first_of("/\\?#"));
  const std::size_t at = url.rfind('@');
  if (at != std::string_view::npos) url.remove_prefix(at + 1);
  std::string host =
      base::to_lower_ascii(url.substr(0, url.starts_with('[') ? url.size() : url.find(':')));
  while (host.ends_with('.')) host.pop_back();
  return host;
}

std::string shown_host(std::string_view text) {
  const std::string lower = base::to_lower_ascii(byte_prefix(text, kShownMax));
  std::string_view rest = lower;
  while (!rest.empty()) {
    while (!rest.empty() && !is_host_character(rest.front())) rest.remove_prefix(1);
    if (is_web(rest.substr(0, rest.find(':'))) && rest.find("://") != std::string_view::npos)
      return link_host(rest);
    std::size_t size = 0;
    while (size < rest.size() && is_host_character(rest[size])) ++size;
    std::string_view word = rest.substr(0, size);
    rest.remove_prefix(size);
    while (word.ends_with('.')) word.remove_suffix(1);
    if (ends_like_a_host(word) || (word.starts_with("www.") && word.size() > 6))
      return std::string(word);
  }
  return "";
}

bool same_site(std::string_view a, std::string_view b) {
  a = without_www(a);
  b = without_www(b);
  if (a == b) return true;
  const auto is_under = [](std::string_view host, std::string_view site) {
    return host.size() > site.size() && host.ends_with(site) &&
           host[host.size() - site.size() - 1] == '.';
  };
  return is_under(a, b) || is_under(b, a);
}

std::string link_target(std::string_view url) {
  const std::string clean = clean_line(url.substr(0, kTargetMax + 1)).text;
  if (clean.size() > kTargetMax) return "";
  const std::string scheme =
      base::to_lower_ascii(std::string_view(clean).substr(0, clean.find(':')));
  if (!is_web(scheme) && scheme != "mailto" && scheme != "tel") return "";
  std::string target;
  for (const char c : clean) {
    if (std::string_view(" ()<>[]\"`").find(c) == std::string_view::npos) {
      target.push_back(c);
    } else {
      target += base::percent_encode(std::string_view(&c, 1));
    }
  }
  return target;
}

}  // namespace gatehouse::workspace::gmail
