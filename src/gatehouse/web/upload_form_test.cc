// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/upload_form.h"

#include <gtest/gtest.h>

#include <vector>

namespace gatehouse::web {
namespace {

const std::string kType = "multipart/form-data; boundary=----cut1";

std::string part(const std::string& head, const std::string& bytes) {
  return "------cut1\r\n" + head + "\r\n\r\n" + bytes + "\r\n";
}
const std::string kForm = part("Content-Disposition: form-data; name=\"form\"", "sealed");
const std::string kFile = part(
    "Content-Disposition: form-data; name=\"file\"; filename=\"a %22b%22.csv\"\r\n"
    "Content-Type: text/csv",
    "1,2\r\n--cut\r\n");
const std::string kEnd = "------cut1--\r\n";

TEST(UploadForm, GivesTheFileAsItIs) {
  const std::string body = kForm + kFile + kEnd;
  const auto form = upload_form(kType, body);
  ASSERT_TRUE(form);
  EXPECT_EQ(form->form, "sealed");
  EXPECT_EQ(form->file_name, "a %22b%22.csv");
  EXPECT_EQ(form->mime, "text/csv");
  EXPECT_EQ(form->bytes, "1,2\r\n--cut\r\n");
}

TEST(UploadForm, TakesWhatBrowsersMayWriteOtherwise) {
  const std::string bare =
      part("content-type: x/y\r\ncontent-disposition: Form-Data; name=file; filename=\"\"", "");
  const std::string body = bare + kForm + "------cut1--";
  const auto form = upload_form("Multipart/Form-Data; charset=utf-8; boundary=\"----cut1\"", body);
  ASSERT_TRUE(form);
  EXPECT_EQ(form->form, "sealed");
  EXPECT_EQ(form->mime, "x/y");
  EXPECT_EQ(form->file_name, "");
  EXPECT_EQ(form->bytes, "");
}

TEST(UploadForm, TakesNothingElse) {
  const std::string whole = kForm + kFile + kEnd;
  const struct {
    const char* name;
    std::string type;
    std::string body;
  } rows[] = {
      {"another type", "application/x-www-form-urlencoded", whole},
      {"no boundary", "multipart/form-data", whole},
      {"empty boundary", "multipart/form-data; boundary=", whole},
      {"long boundary", "multipart/form-data; boundary=" + std::string(71, 'x'), whole},
      {"another boundary", "multipart/form-data; boundary=other", whole},
      {"nothing", kType, ""},
      {"no file", kType, kForm + kEnd},
      {"a file without a name of one", kType,
       part("Content-Disposition: form-data; name=\"file\"", "x") + kEnd},
      {"two files", kType, kForm + kFile + kFile + kEnd},
      {"two forms", kType, kForm + kForm + kFile + kEnd},
      {"a field of others", kType,
       part("Content-Disposition: form-data; name=\"x\"", "x") + kFile + kEnd},
      {"no end", kType, kForm + kFile},
      {"cut in a head", kType, kForm + kFile.substr(0, 30)},
      {"no disposition", kType, part("Content-Type: text/csv", "x") + kEnd},
      {"a head without end", kType,
       "------cut1\r\n" + std::string(5'000, 'h') + "\r\n\r\nx\r\n" + kEnd},
      {"text before", kType, "preamble\r\n" + whole},
      {"text behind a delimiter", kType, "------cut1 x" + whole.substr(10)},
      {"an open quote", kType,
       part("Content-Disposition: form-data; name=\"file\"; filename=\"a", "x") + kEnd},
  };
  for (const auto& row : rows) EXPECT_FALSE(upload_form(row.type, row.body)) << row.name;
  for (std::size_t size = 0; size + 4 < whole.size(); ++size)
    EXPECT_FALSE(upload_form(kType, whole.substr(0, size))) << size;
}

}  // namespace
}  // namespace gatehouse::web
