// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/content_disposition.h"

#include <gtest/gtest.h>

#include "gatehouse/http/header_text.h"

namespace gatehouse::http {
namespace {

TEST(ContentDisposition, NamesTheFileInAsciiAndInFull) {
  const struct {
    std::string_view name;
    std::string_view value;
  } rows[] = {
      {"report.pdf", "attachment; filename=\"report.pdf\""},
      {"a b.txt", "attachment; filename=\"a b.txt\""},
      {"Q\xC3\xBC 3.pdf", "attachment; filename=\"Q_ 3.pdf\"; filename*=UTF-8''Q%C3%BC%203.pdf"},
      {"\xF0\x9F\x9A\x80.zip", "attachment; filename=\"_.zip\"; filename*=UTF-8''%F0%9F%9A%80.zip"},
      {"a\"b\\c%41.txt",
       "attachment; filename=\"a_b_c_41.txt\"; filename*=UTF-8''a%22b%5Cc%2541.txt"},
      {"x\r\nSet-Cookie: a=b", "attachment; filename=\"xSet-Cookie: a=b\""},
      {std::string_view("n\0l\x7F\x1B.txt", 9), "attachment; filename=\"nl.txt\""},
      {"broken \xC3(.txt", "attachment; filename=\"broken (.txt\""},
      {"", "attachment; filename=\"\""},
  };
  for (const auto& row : rows) {
    const std::string value = attachment_disposition(row.name);
    EXPECT_EQ(value, row.value);
    EXPECT_TRUE(ValueRule::allows(value)) << row.name;
  }
}

}  // namespace
}  // namespace gatehouse::http
