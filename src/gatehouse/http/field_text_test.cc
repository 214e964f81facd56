// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/field_text.h"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::http {
namespace {

TEST(FieldText, FindsAControlWhereverItStands) {
  for (std::size_t size = 1; size <= 50; ++size) {
    const std::string clean(size, 'a');
    ASSERT_FALSE(has_control(clean)) << size;
    for (std::size_t place = 0; place < size; ++place) {
      std::string text = clean;
      text[place] = '\r';
      ASSERT_TRUE(has_control(text)) << size << " " << place;
    }
  }
  EXPECT_FALSE(has_control(""));
}

TEST(FieldText, KnowsEveryControlByte) {
  for (const std::size_t size : {1u, 40u}) {
    for (int each = 0; each < 256; ++each) {
      std::string text(size, 'a');
      text.back() = static_cast<char>(each);
      const bool control = (each < 0x20 && each != '\t') || each == 0x7f;
      EXPECT_EQ(has_control(text), control) << size << " " << each;
    }
  }
}

}  // namespace
}  // namespace gatehouse::http
