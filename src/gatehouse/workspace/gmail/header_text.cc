// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/header_text.h"

#include <algorithm>
#include <optional>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/gmail/charset.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kHeaderBytesMax = 64 * 1024;
// The RFC allows 75; some senders put a whole subject into one word.
constexpr std::size_t kWordBytesMax = 2048;
constexpr std::size_t kAddressesMax = 500;
constexpr std::size_t kParametersMax = 100;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Folding leaves the white space that follows the line end, RFC 5322 section 2.2.3.
std::string unfolded(std::string_view raw) {
  std::string out;
  raw = raw.substr(0, kHeaderBytesMax);
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const bool is_end = raw[i] == '\n';
    const bool folds = is_end && i + 1 < raw.size() && (raw[i + 1] == ' ' || raw[i + 1] == '\t');
    if (raw[i] == '\r' || folds) continue;
    out.push_back(is_end || raw[i] == '\t' ? ' ' : raw[i]);
  }
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// `marker` followed by two hex digits is a byte; a stray marker stays.
std::string decode_hex_escapes(std::string_view text, char marker, bool underscore_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == marker && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(underscore_is_space && text[i] == '_' ? ' ' : text[i]);
    }
  }
  return out;
}

struct EncodedWord {
  std::string charset;
  std::string bytes;
  std::size_t size = 0;  // in the header
};

// RFC 2047 section 2, with the language of RFC 2231 section 5.
std::optional<EncodedWord> encoded_word_at(std::string_view text) {
  if (!text.starts_with("=?")) return std::nullopt;
  text = text.substr(0, kWordBytesMax);
  const std::size_t charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end == 2 || charset_end > 60)
    return std::nullopt;
  if (charset_end + 2 >= text.size() || text[charset_end + 2] != '?') return std::nullopt;
  const std::size_t body = charset_end + 3;
  const std::size_t end = text.find("?=", body);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view charset = text.substr(2, charset_end - 2);

  EncodedWord word;
  word.charset = base::to_lower_ascii(charset.substr(0, charset.find('*')));
  word.size = end + 2;
  const char encoding = text[charset_end + 1];
  const std::string_view payload = text.substr(body, end - body);
  if (encoding == 'q' || encoding == 'Q') {
    word.bytes = decode_hex_escapes(payload, '=', true);
    return word;
  }
  if (encoding != 'b' && encoding != 'B') return std::nullopt;
  auto decoded = base::base64_decode_lenient(payload);
  if (!decoded) return std::nullopt;
  word.bytes = std::move(*decoded);
  return word;
}

// Neighbouring words of one charset are decoded together: some senders cut a character in two.
std::string decode_words(std::string_view text) {
  std::string out;
  std::string bytes;
  std::string charset;
  const auto flush = [&] {
    if (!bytes.empty()) out += to_utf8(bytes, charset);
    bytes.clear();
  };
  while (!text.empty()) {
    if (const auto word = encoded_word_at(text)) {
      if (word->charset != charset) flush();
      charset = word->charset;
      bytes += word->bytes;
      text.remove_prefix(word->size);
      // White space between two encoded words is not part of the text, section 6.2.
      const std::size_t gap = std::min(text.find_first_not_of(' '), text.size());
      if (gap < text.size() && encoded_word_at(text.substr(gap))) {
        text.remove_prefix(gap);
      } else {
        flush();
      }
      continue;
    }
    flush();
    out.push_back(text.front());
    text.remove_prefix(1);
  }
  flush();
  return out;
}

// Takes a quoted string off the front, backslashes resolved; `text` begins with '"'.
std::string take_quoted(std::string_view& text) {
  std::string out;
  std::size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out.push_back(text[i]);
  }
  text.remove_prefix(std::min(text.size(), i + 1));
  return out;
}

void skip_comment(std::string_view& text) {
  std::size_t depth = 0;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '(') {
      ++depth;
    } else if (text[i] == ')' && --depth == 0) {
      ++i;
      break;
    }
  }
  text.remove_prefix(std::min(text.size(), i));
}

// The words of one mailbox, gathered until its comma.
struct Mailbox {
  std::string words;
  std::string angle;
  bool has_angle = false;

  void add_to(std::vector<Address>& out) {
    Address found;
    const std::string plain(trimmed(words));
    if (has_angle) {
      found.name = std::string(trimmed(decode_header(plain)));
      found.address = std::string(trimmed(angle));
    } else if (plain.find('@') != std::string::npos) {
      found.address = plain;
    } else {
      found.name = std::string(trimmed(decode_header(plain)));
    }
    if (!found.name.empty() || !found.address.empty()) out.push_back(std::move(found));
    *this = Mailbox();
  }
};

void take_angle(std::string_view& text, Mailbox& mailbox) {
  const std::size_t end = std::min(text.find('>'), text.size());
  mailbox.angle = std::string(text.substr(1, end > 0 ? end - 1 : 0));
  mailbox.has_angle = true;
  text.remove_prefix(std::min(text.size(), end + 1));
}

std::string take_parameter_value(std::string_view& rest) {
  rest = trimmed(rest);
  if (rest.starts_with('"')) return take_quoted(rest);
  const std::size_t end = std::min(rest.find(';'), rest.size());
  std::string value(trimmed(rest.substr(0, end)));
  rest.remove_prefix(end);
  return value;
}

const std::string* find_item(const std::vector<Parameters::Item>& items, const std::string& name) {
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.name == name; });
  return found == items.end() ? nullptr : &found->text;
}

// charset'language'text, RFC 2231 section 4.
std::string_view strip_charset(std::string_view text, std::string& charset) {
  const std::size_t first = text.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : text.find('\'', first + 1);
  if (second == std::string_view::npos) return text;
  charset = std::string(text.substr(0, first));
  return text.substr(second + 1);
}

std::string join_sections(const std::vector<Parameters::Item>& items, const std::string& name) {
  std::string bytes;
  std::string charset;
  for (std::size_t section = 0; section < kParametersMax; ++section) {
    const std::string key = name + "*" + std::to_string(section);
    const std::string* plain = find_item(items, key);
    const std::string* extended = find_item(items, key + "*");
    if (extended != nullptr) {
      const std::string_view text =
          section == 0 ? strip_charset(*extended, charset) : std::string_view(*extended);
      bytes += decode_hex_escapes(text, '%', false);
    } else if (plain != nullptr) {
      bytes += *plain;
    } else {
      break;
    }
  }
  return to_utf8(bytes, charset);
}

}  // namespace

std::string decode_header(std::string_view raw) {
  const std::string line = to_utf8(unfolded(raw), "");
  return decode_words(line);
}

std::vector<Address> parse_addresses(std::string_view raw) {
  const std::string line = unfolded(raw);
  std::string_view rest = line;
  std::vector<Address> out;
  Mailbox mailbox;
  while (!rest.empty() && out.size() < kAddressesMax) {
    const char c = rest.front();
    if (c == '"') {
      mailbox.words += take_quoted(rest);
      continue;
    }
    if (c == '(') {
      skip_comment(rest);
      continue;
    }
    if (c == '<') {
      take_angle(rest, mailbox);
      continue;
    }
    rest.remove_prefix(1);
    if (c == ',' || c == ';') {
      mailbox.add_to(out);
    } else if (c == ':' && !mailbox.has_angle) {
      mailbox = Mailbox();  // the name of a group
    } else {
      mailbox.words.push_back(c);
    }
  }
  if (out.size() < kAddressesMax) mailbox.add_to(out);
  return out;
}

Parameters parse_parameters(std::string_view raw) {
  const std::string line = unfolded(raw);
  std::string_view rest = line;
  Parameters parsed;
  const std::size_t value_end = std::min(rest.find(';'), rest.size());
  parsed.value = base::to_lower_ascii(trimmed(rest.substr(0, value_end)));
  rest.remove_prefix(value_end);
  while (!rest.empty() && parsed.items.size() < kParametersMax) {
    rest.remove_prefix(1);  // ';' or what follows a quoted string
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) break;
    Parameters::Item item;
    item.name = base::to_lower_ascii(trimmed(rest.substr(0, equals)));
    rest.remove_prefix(equals + 1);
    item.text = take_parameter_value(rest);
    rest.remove_prefix(std::min(rest.find(';'), rest.size()));
    parsed.items.push_back(std::move(item));
  }
  return parsed;
}

std::string Parameters::parameter(std::string_view name) const {
  const std::string key(name);
  if (const std::string* extended = find_item(items, key + "*")) {
    std::string charset;
    const std::string bytes = decode_hex_escapes(strip_charset(*extended, charset), '%', false);
    return to_utf8(bytes, charset);
  }
  if (find_item(items, key + "*0") != nullptr || find_item(items, key + "*0*") != nullptr)
    return join_sections(items, key);
  const std::string* plain = find_item(items, key);
  return plain == nullptr ? "" : decode_header(*plain);
}

}  // namespace gatehouse::workspace::gmail
