// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/code_points.h"

namespace gatehouse::workspace::gmail {

namespace {

// Mail names a charset in many ways; iconv gets only names from this table, never one from a mail.
// Small sets are read as the larger ones that senders mean by them.
struct Charset {
  std::string_view declared;
  const char* iconv_name;
};

constexpr const char* kFallback = "WINDOWS-1252";

constexpr std::array<Charset, 74> kCharsets{{
    {"us-ascii", kFallback},
    {"ascii", kFallback},
    {"ansi_x3.4-1968", kFallback},
    {"iso-8859-1", kFallback},
    {"iso8859-1", kFallback},
    {"iso_8859-1", kFallback},
    {"latin1", kFallback},
    {"latin-1", kFallback},
    {"windows-1252", kFallback},
    {"cp1252", kFallback},
    {"cp-1252", kFallback},
    {"x-ansi", kFallback},
    {"iso-8859-2", "ISO-8859-2"},
    {"latin2", "ISO-8859-2"},
    {"iso-8859-3", "ISO-8859-3"},
    {"iso-8859-4", "ISO-8859-4"},
    {"iso-8859-5", "ISO-8859-5"},
    {"iso-8859-6", "ISO-8859-6"},
    {"iso-8859-7", "ISO-8859-7"},
    {"iso-8859-8", "ISO-8859-8"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"iso-8859-9", "WINDOWS-1254"},
    {"iso-8859-10", "ISO-8859-10"},
    {"iso-8859-11", "WINDOWS-874"},
    {"tis-620", "WINDOWS-874"},
    {"windows-874", "WINDOWS-874"},
    {"iso-8859-13", "ISO-8859-13"},
    {"iso-8859-14", "ISO-8859-14"},
    {"iso-8859-15", "ISO-8859-15"},
    {"latin9", "ISO-8859-15"},
    {"iso-8859-16", "ISO-8859-16"},
    {"windows-1250", "WINDOWS-1250"},
    {"windows-1251", "WINDOWS-1251"},
    {"cp1251", "WINDOWS-1251"},
    {"windows-1253", "WINDOWS-1253"},
    {"windows-1254", "WINDOWS-1254"},
    {"windows-1255", "WINDOWS-1255"},
    {"windows-1256", "WINDOWS-1256"},
    {"windows-1257", "WINDOWS-1257"},
    {"windows-1258", "WINDOWS-1258"},
    {"koi8-r", "KOI8-R"},
    {"koi8-u", "KOI8-U"},
    {"ibm850", "IBM850"},
    {"cp850", "IBM850"},
    {"ibm437", "IBM437"},
    {"cp437", "IBM437"},
    {"ibm852", "IBM852"},
    {"ibm866", "IBM866"},
    {"cp866", "IBM866"},
    {"macintosh", "MACINTOSH"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"sjis", "CP932"},
    {"windows-31j", "CP932"},
    {"cp932", "CP932"},
    {"euc-jp", "EUC-JP-MS"},
    {"iso-2022-jp", "ISO-2022-JP-3"},
    {"iso-2022-jp-1", "ISO-2022-JP-3"},
    {"iso-2022-jp-2", "ISO-2022-JP-2"},
    {"iso-2022-jp-3", "ISO-2022-JP-3"},
    {"iso-2022-kr", "ISO-2022-KR"},
    {"euc-kr", "CP949"},
    {"ks_c_5601-1987", "CP949"},
    {"cp949", "CP949"},
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"cp936", "GB18030"},
    {"gb18030", "GB18030"},
    {"big5", "BIG5-HKSCS"},
    {"big5-hkscs", "BIG5-HKSCS"},
    {"utf-7", "UTF-7"},
    {"utf-16", "UTF-16"},
    {"utf-16le", "UTF-16LE"},
    {"utf-16be", "UTF-16BE"},
}};

const char* iconv_name_of(std::string_view declared) {
  const std::string name = base::to_lower_ascii(base::trim(declared));
  for (const Charset& charset : kCharsets) {
    if (name == charset.declared) return charset.iconv_name;
  }
  return nullptr;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

// Text in UTF-16 has a NUL byte in every space and line end. What has none is a few characters, all
// of whose bytes may look like ASCII; what was turned into UTF-8 already, and only says that it is
// UTF-16, has its spaces and line ends as they are.
bool shows_signs_of_utf16(std::string_view bytes) {
  if (std::any_of(bytes.begin(), bytes.end(), is_control)) return true;
  return bytes.size() % 2 == 0 && bytes.find_first_of(" \t\r\n") == std::string_view::npos;
}

// These hide other text in bytes that are also well-formed UTF-8.
bool shows_signs_of(std::string_view iconv_name, std::string_view bytes) {
  if (iconv_name.starts_with("ISO-2022")) return bytes.find('\x1B') != std::string_view::npos;
  if (iconv_name == "UTF-7") return bytes.find('+') != std::string_view::npos;
  if (iconv_name.starts_with("UTF-16")) return shows_signs_of_utf16(bytes);
  return false;
}

class Converter {
 public:
  explicit Converter(const char* from) : handle_(iconv_open("UTF-8", from)) {}
  ~Converter() {
    if (is_open()) iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  bool is_open() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  std::string convert(std::string_view bytes) {
    std::string out;
    char* in = const_cast<char*>(bytes.data());  // iconv's signature; it does not write there
    std::size_t in_left = bytes.size();
    while (in_left > 0) {
      const int trouble = step(out, &in, &in_left);
      if (trouble == 0) break;
      if (trouble == E2BIG) continue;  // the block is full and a large one, so there was progress
      append_code_point(out, kReplacementCharacter);
      if (trouble == EINVAL) break;  // the input ends within a character
      ++in;
      --in_left;
    }
    step(out, nullptr, nullptr);  // what a stateful charset still holds back
    return out;
  }

 private:
  int step(std::string& out, char** in, std::size_t* in_left) {
    std::array<char, 4096> block;
    char* to = block.data();
    std::size_t room = block.size();
    errno = 0;
    const std::size_t outcome = iconv(handle_, in, in_left, &to, &room);
    const int trouble = outcome == static_cast<std::size_t>(-1) ? errno : 0;
    out.append(block.data(), block.size() - room);
    return trouble;
  }

  iconv_t handle_;
};

std::optional<std::string> convert(std::string_view bytes, const char* from) {
  Converter converter(from);
  if (!converter.is_open()) return std::nullopt;
  std::string text = converter.convert(bytes);
  // UTF-7 and UTF-16 can spell lone surrogates; nobody downstream should see them.
  if (base::is_valid_utf8(text)) return text;
  return std::nullopt;
}

std::string with_replacements(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) append_code_point(out, take_code_point(bytes));
  return out;
}

}  // namespace

std::string to_utf8(std::string_view bytes, std::string_view declared_charset) {
  const char* declared = iconv_name_of(declared_charset);
  if (declared != nullptr && shows_signs_of(declared, bytes)) {
    if (auto text = convert(bytes, declared)) return *text;
  }
  if (base::is_valid_utf8(bytes)) return std::string(bytes);
  if (declared != nullptr) {
    if (auto text = convert(bytes, declared)) return *text;
  }
  // Mostly UTF-8 with a slip in it is still UTF-8 when it says so.
  if (base::equal_ignoring_case(base::trim(declared_charset), "utf-8"))
    return with_replacements(bytes);
  if (auto text = convert(bytes, kFallback)) return *text;
  return with_replacements(bytes);
}

std::string html_charset(std::string_view html) {
  constexpr std::size_t kHeadBytes = 1024;
  constexpr std::string_view kMark = "charset=";
  const std::string head = base::to_lower_ascii(html.substr(0, kHeadBytes));
  const std::size_t mark = head.find(kMark);
  if (mark == std::string::npos) return "";
  const std::size_t begin = head.find_first_not_of("\"' ", mark + kMark.size());
  if (begin == std::string::npos) return "";
  return head.substr(begin, head.find_first_of("\"' ;/>", begin) - begin);
}

}  // namespace gatehouse::workspace::gmail
