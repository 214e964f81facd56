// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/mail_reference.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <vector>

#include "gatehouse/base/encoding.h"

namespace gatehouse::workspace::gmail {

namespace {

using Kind = MailReference::Kind;

constexpr std::size_t kTextMax = 2'000;
constexpr std::size_t kIdMax = 64;
constexpr std::string_view kPage = "https://mail.google.com/";

// Gmail's pages write base64 as digits of these forty letters: no vowels, so no words.
constexpr std::string_view kPageLetters = "BCDFGHJKLMNPQRSTVWXZbcdfghjklmnpqrstvwxz";
constexpr std::string_view kBase64Letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= kIdMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-';
         });
}

bool is_hexadecimal(std::string_view text) {
  return text.size() >= 10 && text.size() <= 20 &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

// The pages count in decimal what the API writes in hexadecimal.
std::optional<MailReference> from_decimal(std::string_view digits, Kind kind) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number == 0)
    return std::nullopt;
  char hex[17];
  const auto written = std::to_chars(hex, hex + sizeof hex, number, 16);
  return MailReference{kind, std::string(hex, written.ptr)};
}

std::optional<MailReference> from_permanent_id(std::string_view text) {
  if (text.starts_with("msg-f:")) return from_decimal(text.substr(6), Kind::message);
  if (text.starts_with("thread-f:")) return from_decimal(text.substr(9), Kind::thread);
  if (text.starts_with("f:")) return from_decimal(text.substr(2), Kind::thread);
  return std::nullopt;
}

std::optional<MailReference> from_page_letters(std::string_view text) {
  if (text.size() < 16 || text.size() > kIdMax) return std::nullopt;
  std::vector<std::size_t> digits;  // base 64, lowest first
  for (const char letter : text) {
    const std::size_t value = kPageLetters.find(letter);
    if (value == std::string_view::npos) return std::nullopt;
    std::size_t carry = value;
    for (std::size_t& digit : digits) {
      carry += digit * kPageLetters.size();
      digit = carry % kBase64Letters.size();
      carry /= kBase64Letters.size();
    }
    if (carry > 0) digits.push_back(carry);
  }
  std::string base64;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit)
    base64.push_back(kBase64Letters[*digit]);
  const auto decoded = base::base64_decode_lenient(base64);
  return decoded ? from_permanent_id(*decoded) : std::nullopt;
}

std::optional<MailReference> from_parameter(std::string_view page, std::string_view name) {
  const std::size_t at = page.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view value = page.substr(at + name.size());
  const auto decoded = base::percent_decode(value.substr(0, value.find_first_of("&#")));
  return decoded ? from_permanent_id(*decoded) : std::nullopt;
}

std::optional<MailReference> from_page(std::string_view page) {
  if (const auto message = from_parameter(page, "permmsgid=")) return message;
  if (const auto thread = from_parameter(page, "permthid=")) return thread;
  const std::size_t hash = page.find('#');
  if (hash == std::string_view::npos) return std::nullopt;
  std::string_view view = page.substr(hash + 1);
  view = view.substr(0, view.find('?'));
  const std::size_t slash = view.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view last = view.substr(slash + 1);
  if (is_hexadecimal(last)) return MailReference{Kind::thread, std::string(last)};
  return from_page_letters(last);
}

}  // namespace

std::optional<MailReference> parse_mail_reference(std::string_view text) {
  text = base::trim(text);
  if (text.size() > kTextMax) return std::nullopt;
  if (text.starts_with(kPage)) return from_page(text);
  if (const auto permanent = from_permanent_id(text)) return permanent;
  for (const std::string_view prefix : {"t:", "thread:"}) {
    if (text.starts_with(prefix) && is_id(text.substr(prefix.size()))) {
      return MailReference{Kind::thread, std::string(text.substr(prefix.size()))};
    }
  }
  if (text.starts_with("FMfcg")) return from_page_letters(text);
  if (!is_id(text)) return std::nullopt;
  return MailReference{Kind::either, std::string(text)};
}

}  // namespace gatehouse::workspace::gmail
