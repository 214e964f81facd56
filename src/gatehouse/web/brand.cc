// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/brand.h"

#include <string_view>

namespace gatehouse::web {
namespace {

constexpr std::string_view kHttps = "https://";

// What of an address is worth reading: its host and path.
std::string_view shown(std::string_view contact) {
  if (contact.starts_with(kHttps)) contact.remove_prefix(kHttps.size());
  while (contact.ends_with('/')) contact.remove_suffix(1);
  return contact;
}

}  // namespace

Html contact_link(const Brand& brand) {
  if (brand.contact.empty()) return {};
  const std::string address =
      brand.contact.starts_with(kHttps) ? brand.contact : "mailto:" + brand.contact;
  return html("<a href=\"{}\">{}</a>", address, shown(brand.contact));
}

Html administrator(const Brand& brand) {
  if (brand.contact.empty()) return html("your administrator");
  return html("your administrator ({})", contact_link(brand));
}

}  // namespace gatehouse::web
