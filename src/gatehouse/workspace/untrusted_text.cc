// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/untrusted_text.h"

#include <algorithm>
#include <array>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/code_points.h"

namespace gatehouse::workspace {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

template <std::size_t N>
bool any_holds(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](Range r) { return c >= r.first && c <= r.last; });
}

// Characters without a shape of their own that can carry text past a reader's eyes.
constexpr std::array<Range, 26> kInvisible{{
    {0x00, 0x08},       {0x0B, 0x0C},         {0x0E, 0x1F},       {0x7F, 0x84},
    {0x86, 0x9F},       {0xAD, 0xAD},         {0x034F, 0x034F},   {0x061C, 0x061C},
    {0x115F, 0x1160},   {0x17B4, 0x17B5},     {0x180B, 0x180F},   {0x200B, 0x200B},
    {0x200E, 0x200F},   {0x202A, 0x202E},     {0x2060, 0x206F},   {0x3164, 0x3164},
    {0xFE00, 0xFE0D},   {0xFEFF, 0xFEFF},     {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},
    {0xFFFE, 0xFFFF},   {0x1BCA0, 0x1BCA3},   {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
    {0xF0000, 0xFFFFF}, {0x100000, 0x10FFFF},
}};

constexpr std::array<Range, 6> kPlainSpace{{{0xA0, 0xA0},
                                            {0x1680, 0x1680},
                                            {0x2000, 0x200A},
                                            {0x202F, 0x202F},
                                            {0x205F, 0x205F},
                                            {0x2800, 0x2800}}};

// Scripts whose spelling uses the zero-width joiners: Arabic and its neighbours, the scripts of
// India and around.
constexpr std::array<Range, 3> kJoiningScripts{
    {{0x0600, 0x08FF}, {0x0900, 0x0DFF}, {0xFB50, 0xFDFF}}};
constexpr std::array<Range, 4> kEmoji{
    {{0x2190, 0x21FF}, {0x2600, 0x27BF}, {0x2B00, 0x2BFF}, {0x1F000, 0x1FAFF}}};

// Beside emoji, what Unicode's emoji-variation-sequences.txt lists: keycaps and a few signs.
constexpr std::array<Range, 11> kVaried{{{'#', '#'},
                                         {'*', '*'},
                                         {'0', '9'},
                                         {0xA9, 0xA9},
                                         {0xAE, 0xAE},
                                         {0x203C, 0x203C},
                                         {0x2049, 0x2049},
                                         {0x2122, 0x2139},
                                         {0x2300, 0x25FF},
                                         {0x2934, 0x2935},
                                         {0x3030, 0x3299}}};

constexpr char32_t kNonJoiner = 0x200C;
constexpr char32_t kJoiner = 0x200D;

bool is_variation_selector(char32_t c) { return c == 0xFE0E || c == 0xFE0F; }

bool joins(char32_t before, char32_t joiner, std::string_view rest) {
  if (rest.empty()) return false;
  const char32_t after = take_code_point(rest);
  if (any_holds(kJoiningScripts, before) && any_holds(kJoiningScripts, after)) return true;
  return joiner == kJoiner && (any_holds(kEmoji, before) || is_variation_selector(before)) &&
         any_holds(kEmoji, after);
}

bool is_visible(char32_t c, char32_t before, std::string_view rest) {
  if (c == kJoiner || c == kNonJoiner) return joins(before, c, rest);
  // After anything else a selector changes nothing, so it could only carry hidden text.
  if (is_variation_selector(c)) return any_holds(kEmoji, before) || any_holds(kVaried, before);
  return !any_holds(kInvisible, c);
}

char32_t as_plain(char32_t c) {
  if (c == 0x2028 || c == 0x2029 || c == 0x85) return '\n';
  return any_holds(kPlainSpace, c) ? U' ' : c;
}

bool is_device_name(std::string_view name) {
  const std::string stem = base::to_lower_ascii(name.substr(0, name.find('.')));
  if (stem == "con" || stem == "prn" || stem == "aux" || stem == "nul") return true;
  return stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) &&
         stem[3] >= '0' && stem[3] <= '9';
}

}  // namespace

CleanText clean_text(std::string_view raw) {
  CleanText clean;
  clean.text.reserve(raw.size());
  char32_t before = 0;
  while (!raw.empty()) {
    const char32_t c = take_code_point(raw);
    if (c == '\r') {
      if (raw.starts_with('\n')) continue;
      clean.text.push_back('\n');
      before = '\n';
      continue;
    }
    if (!is_visible(c, before, raw)) {
      ++clean.invisible_characters;
      continue;
    }
    before = as_plain(c);
    append_code_point(clean.text, before);
  }
  return clean;
}

CleanText clean_line(std::string_view raw) {
  CleanText clean = clean_text(raw);
  std::string line;
  bool space_due = false;
  for (const char c : clean.text) {
    if (c == ' ' || c == '\t' || c == '\n') {
      space_due = !line.empty();
      continue;
    }
    if (space_due) line.push_back(' ');
    space_due = false;
    line.push_back(c);
  }
  clean.text = std::move(line);
  return clean;
}

std::string clean_file_name(std::string_view raw) {
  std::string name = clean_line(raw).text;
  const std::size_t separator = name.find_last_of("/\\");
  if (separator != std::string::npos) name.erase(0, separator + 1);
  for (char& c : name) {
    if (std::string_view("<>:\"|?*").find(c) != std::string_view::npos) c = '_';
  }
  name.erase(0, std::min(name.size(), name.find_first_not_of(". ")));
  if (is_device_name(name)) name.insert(0, "_");
  return name.empty() ? "attachment" : shortened(name, 120);
}

std::string Fence::around(std::string_view origin, std::string_view text) const {
  std::string fenced = "<" + name_ + " from=\"" + std::string(origin) + "\">\n";
  fenced.append(text);
  if (!text.ends_with('\n')) fenced.push_back('\n');
  return fenced + "</" + name_ + ">";
}

}  // namespace gatehouse::workspace
