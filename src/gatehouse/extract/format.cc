// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/format.h"

#include <algorithm>
#include <array>
#include <string>

#include "gatehouse/base/encoding.h"
#include "gatehouse/extract/archive.h"

namespace gatehouse::extract {

namespace {

constexpr std::size_t kGlanceBytes = 64 * 1024;
constexpr std::size_t kPdfHeadBytes = 1024;  // readers accept a few bytes before "%PDF-"
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

struct Magic {
  std::string_view bytes;
  Format format;
};
constexpr std::array<Magic, 6> kMagic{{
    {std::string_view("\x89PNG\r\n\x1A\n", 8), Format::png},
    {std::string_view("\xFF\xD8\xFF", 3), Format::jpeg},
    {"GIF87a", Format::gif},
    {"GIF89a", Format::gif},
    {"{\\rtf", Format::rtf},
    {"BEGIN:VCALENDAR", Format::calendar},
}};

constexpr std::string_view kOleMagic("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);

// What the first entry of an OpenDocument begins with.
constexpr std::array<Magic, 3> kOpenDocuments{{
    {"application/vnd.oasis.opendocument.text", Format::odt},
    {"application/vnd.oasis.opendocument.spreadsheet", Format::ods},
    {"application/vnd.oasis.opendocument.presentation", Format::odp},
}};

struct Declared {
  std::string_view type;
  Format format;
};
constexpr std::array<Declared, 27> kDeclared{{
    {"application/pdf", Format::pdf},
    {"application/x-pdf", Format::pdf},
    {"application/msword", Format::old_office},
    {"application/vnd.ms-excel", Format::old_office},
    {"application/vnd.ms-powerpoint", Format::old_office},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", Format::docx},
    {"application/vnd.ms-word.document.macroenabled.12", Format::docx},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Format::xlsx},
    {"application/vnd.ms-excel.sheet.macroenabled.12", Format::xlsx},
    {"application/vnd.openxmlformats-officedocument.presentationml.presentation", Format::pptx},
    {"application/vnd.ms-powerpoint.presentation.macroenabled.12", Format::pptx},
    {"application/vnd.oasis.opendocument.text", Format::odt},
    {"application/vnd.oasis.opendocument.spreadsheet", Format::ods},
    {"application/vnd.oasis.opendocument.presentation", Format::odp},
    {"application/rtf", Format::rtf},
    {"text/rtf", Format::rtf},
    {"application/zip", Format::zip},
    {"application/x-zip-compressed", Format::zip},
    {"image/png", Format::png},
    {"image/jpeg", Format::jpeg},
    {"image/jpg", Format::jpeg},
    {"image/pjpeg", Format::jpeg},
    {"image/gif", Format::gif},
    {"image/webp", Format::webp},
    {"text/html", Format::html},
    {"text/calendar", Format::calendar},
    {"text/plain", Format::text},
}};

bool is_text_kind(Format format) {
  return format == Format::text || format == Format::html || format == Format::calendar;
}

bool is_archive_kind(Format format) { return is_office(format) || format == Format::zip; }

bool begins_like_html(std::string_view text) {
  if (text.starts_with(kUtf8Mark)) text.remove_prefix(kUtf8Mark.size());
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t\r\n")));
  const std::string beginning = base::to_lower_ascii(text.substr(0, 20));
  return beginning.starts_with("<!doctype html") || beginning.starts_with("<html") ||
         beginning.starts_with("<head") || beginning.starts_with("<body");
}

// No byte that no text has. ESC is in the Japanese charsets, NUL in UTF-16.
bool looks_like_text(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return true;
  const std::string_view glance = bytes.substr(0, kGlanceBytes);
  return std::none_of(glance.begin(), glance.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\x1B';
  });
}

// Names in a compound file are UTF-16.
std::string as_utf16(std::string_view ascii) {
  std::string wide;
  for (const char c : ascii) wide += {c, '\0'};
  return wide;
}

Format compound_file_format(std::string_view bytes) {
  static const std::string kLocked = as_utf16("EncryptedPackage");
  return bytes.find(kLocked) == std::string_view::npos ? Format::old_office : Format::locked_office;
}

Format archive_format(std::string_view bytes) {
  auto archive = Archive::open(bytes);
  if (!archive) return Format::zip;
  if (archive->has("word/document.xml")) return Format::docx;
  if (archive->has("xl/workbook.xml")) return Format::xlsx;
  if (archive->has("ppt/presentation.xml")) return Format::pptx;
  const auto type = archive->read_beginning("mimetype", 100);
  if (!type) return Format::zip;
  for (const auto& [kind, format] : kOpenDocuments) {
    if (type->starts_with(kind)) return format;
  }
  return Format::zip;
}

}  // namespace

Format format_of(std::string_view bytes) {
  if (bytes.empty()) return Format::empty;
  for (const Magic& magic : kMagic) {
    if (bytes.starts_with(magic.bytes)) return magic.format;
  }
  if (bytes.starts_with("RIFF") &&
      bytes.substr(std::min<std::size_t>(8, bytes.size())).starts_with("WEBP"))
    return Format::webp;
  if (bytes.starts_with("PK\x03\x04")) return archive_format(bytes);
  if (bytes.starts_with(kOleMagic)) return compound_file_format(bytes);
  if (bytes.substr(0, kPdfHeadBytes).find("%PDF-") != std::string_view::npos) return Format::pdf;
  if (begins_like_html(bytes)) return Format::html;
  return looks_like_text(bytes) ? Format::text : Format::other;
}

std::string_view name_of(Format format) {
  switch (format) {
    case Format::empty:
      return "empty";
    case Format::text:
      return "text";
    case Format::html:
      return "HTML";
    case Format::calendar:
      return "calendar (ics)";
    case Format::pdf:
      return "PDF";
    case Format::docx:
      return "Word document (docx)";
    case Format::xlsx:
      return "Excel workbook (xlsx)";
    case Format::pptx:
      return "PowerPoint presentation (pptx)";
    case Format::odt:
      return "OpenDocument text (odt)";
    case Format::ods:
      return "OpenDocument spreadsheet (ods)";
    case Format::odp:
      return "OpenDocument presentation (odp)";
    case Format::locked_office:
      return "Office document behind a password";
    case Format::old_office:
      return "Office document of before 2007 (doc, xls, ppt)";
    case Format::rtf:
      return "RTF";
    case Format::zip:
      return "ZIP archive";
    case Format::png:
      return "PNG image";
    case Format::jpeg:
      return "JPEG image";
    case Format::gif:
      return "GIF image";
    case Format::webp:
      return "WebP image";
    case Format::other:
      return "binary";
  }
  return "";
}

std::string_view image_type_of(Format format) {
  switch (format) {
    case Format::png:
      return "image/png";
    case Format::jpeg:
      return "image/jpeg";
    case Format::gif:
      return "image/gif";
    case Format::webp:
      return "image/webp";
    default:
      return "";
  }
}

bool is_office(Format format) {
  return format == Format::docx || format == Format::xlsx || format == Format::pptx ||
         format == Format::odt || format == Format::ods || format == Format::odp;
}

bool agrees(Format format, std::string_view declared_type) {
  if (format == Format::empty) return true;
  const auto declared = std::find_if(kDeclared.begin(), kDeclared.end(),
                                     [&](const Declared& d) { return d.type == declared_type; });
  if (declared == kDeclared.end())
    return !declared_type.starts_with("text/") || is_text_kind(format) || format == Format::rtf;
  if (declared->format == format) return true;
  if (is_text_kind(declared->format)) return is_text_kind(format);
  if (declared->format == Format::zip) return is_archive_kind(format);
  // A password wraps any Office document.
  return format == Format::locked_office &&
         (is_office(declared->format) || declared->format == Format::old_office);
}

}  // namespace gatehouse::extract
