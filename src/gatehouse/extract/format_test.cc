// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/format.h"

#include <gtest/gtest.h>

#include <string>

#include "gatehouse/extract/zip_for_test.h"

namespace gatehouse::extract {
namespace {

std::string compound_file(const std::string& name) {
  std::string bytes("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
  bytes += std::string(504, '\0');
  for (const char c : name) bytes += {c, '\0'};
  return bytes;
}

std::string open_document(const std::string& kind) {
  return zip_of({{"mimetype", "application/vnd.oasis.opendocument." + kind}, {"content.xml", "x"}});
}

TEST(Format, IsToldByTheBytes) {
  const struct {
    const char* name;
    std::string bytes;
    Format format;
  } rows[] = {
      {"nothing", "", Format::empty},
      {"words", "hello\n", Format::text},
      {"utf-8", "gr\xC3\xBC\xC3\x9F", Format::text},
      {"latin-1", "gr\xFC\xDF", Format::text},
      {"iso-2022-jp", "\x1B$B2q\x1B(B", Format::text},
      {"utf-16", std::string("\xFF\xFEh\0i\0", 6), Format::text},
      {"zero byte", std::string("ab\0cd", 5), Format::other},
      {"program",
       std::string("\x7F"
                   "ELF\2\1\1\0",
                   8),
       Format::other},
      {"html", " \n<!DOCTYPE HTML><p>x", Format::html},
      {"html with mark", "\xEF\xBB\xBF<html>", Format::html},
      {"xml", "<?xml version='1.0'?><a/>", Format::text},
      {"calendar", "BEGIN:VCALENDAR\r\n", Format::calendar},
      {"pdf", "%PDF-1.7\n", Format::pdf},
      {"pdf behind noise", std::string("\0\1\2 %PDF-1.4\n", 14), Format::pdf},
      {"pdf far behind", std::string(2'000, 'x') + "%PDF-1.4\n", Format::text},
      {"png", "\x89PNG\r\n\x1A\n rest", Format::png},
      {"jpeg", "\xFF\xD8\xFF\xE0 rest", Format::jpeg},
      {"gif", "GIF89a rest", Format::gif},
      {"webp", std::string("RIFF\1\0\0\0WEBPVP8 ", 16), Format::webp},
      {"wave", std::string("RIFF\1\0\0\0WAVEfmt ", 16), Format::other},
      {"rtf", "{\\rtf1 x}", Format::rtf},
      {"docx", zip_of({{"word/document.xml", "x"}}), Format::docx},
      {"xlsx", zip_of({{"xl/workbook.xml", "x"}}), Format::xlsx},
      {"pptx", zip_of({{"ppt/presentation.xml", "x"}}), Format::pptx},
      {"odt", open_document("text"), Format::odt},
      {"ods", open_document("spreadsheet-template"), Format::ods},
      {"odp", open_document("presentation"), Format::odp},
      {"zip", zip_of({{"a.txt", "x"}}), Format::zip},
      {"broken zip", "PK\x03\x04", Format::zip},
      {"doc", compound_file("WordDocument"), Format::old_office},
      {"locked", compound_file("EncryptedPackage"), Format::locked_office},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(name_of(format_of(row.bytes)), name_of(row.format));
  }
}

TEST(Format, SaysWhenADeclarationIsWrong) {
  EXPECT_TRUE(agrees(Format::pdf, "application/pdf"));
  EXPECT_TRUE(agrees(Format::pdf, "application/octet-stream"));
  EXPECT_TRUE(agrees(Format::pdf, ""));
  EXPECT_TRUE(agrees(Format::text, "text/csv"));
  EXPECT_TRUE(agrees(Format::html, "text/plain"));
  EXPECT_TRUE(agrees(Format::text, "text/html"));
  EXPECT_TRUE(agrees(Format::docx, "application/zip"));
  EXPECT_TRUE(agrees(Format::locked_office,
                     "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"));
  EXPECT_TRUE(agrees(Format::empty, "image/png"));

  EXPECT_FALSE(agrees(Format::other, "application/pdf"));
  EXPECT_FALSE(agrees(Format::other, "text/plain"));
  EXPECT_FALSE(agrees(Format::pdf, "text/csv"));
  EXPECT_FALSE(agrees(Format::png, "image/jpeg"));
  EXPECT_FALSE(agrees(Format::html, "application/vnd.ms-excel"));
  EXPECT_FALSE(agrees(Format::locked_office, "application/pdf"));
}

}  // namespace
}  // namespace gatehouse::extract
