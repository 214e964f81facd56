// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/brand_settings.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "gatehouse/gateway/config.h"

namespace gatehouse::gateway {
namespace {

SettingValues complete_with(const std::string& name, const std::string& value) {
  return {{"GOOGLE_CLIENT_ID", "id"},
          {"GOOGLE_CLIENT_SECRET", "s3cret-value"},
          {"ALLOWED_DOMAINS", "acme.example"},
          {name, value}};
}

std::string written(const std::string& name, const std::string& bytes) {
  const std::string path = ::testing::TempDir() + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

TEST(BrandSettings, TakeNamesThatFit) {
  EXPECT_TRUE(is_brand_name("Acme Gate \xc3\xbc"));
  EXPECT_TRUE(is_brand_name(std::string(60, 'x')));
  EXPECT_FALSE(is_brand_name(std::string(61, 'x')));
  EXPECT_FALSE(is_brand_name(""));
  EXPECT_FALSE(is_brand_name("two\nlines"));
  EXPECT_FALSE(is_brand_name("turned \xe2\x80\xae"));
  EXPECT_FALSE(is_brand_name("broken \xff"));
}

TEST(BrandSettings, TakeAMailAddressOrAnHttpsUrl) {
  for (const char* good :
       {"it@acme.example", "it+gate@help.acme.example", "https://help.acme.example/gate"}) {
    EXPECT_TRUE(is_contact(good)) << good;
  }
  for (const char* bad :
       {"it", "@acme.example", "it@", "it@acme", "it@acme.example?bcc=x@y.example", "a@b@c.example",
        "http://help.acme.example", "javascript:alert(1)", "https://user:pw@help.acme.example",
        "it@acme.example, x@acme.example"}) {
    EXPECT_FALSE(is_contact(bad)) << bad;
  }
}

TEST(BrandSettings, ReachThePages) {
  const std::string path = written("brand_logo.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
  const auto config = make_config(complete_with("GATEHOUSE_BRAND_LOGO", path));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->brand.name, "Gatehouse");
  ASSERT_NE(config->brand.logo, nullptr);
  EXPECT_EQ(config->brand.logo->media_type, "image/svg+xml");
  EXPECT_EQ(make_config(complete_with("GATEHOUSE_CONTACT", "it@acme.example"))->brand.contact,
            "it@acme.example");
  std::remove(path.c_str());
}

TEST(BrandSettings, SayWhatIsWrongWithTheLogo) {
  const std::string large =
      written("brand_large.png", "\x89PNG\r\n\x1a\n" + std::string(65536, 'x'));
  const std::string text = written("brand_text.txt", "no picture");
  const struct {
    std::string path;
    const char* words;
  } cases[] = {{large, "larger than 65536 bytes"},
               {text, "neither PNG nor WebP nor SVG"},
               {"/nonexistent/logo.png", "cannot be read"},
               {::testing::TempDir(), "no regular file"}};
  for (const auto& c : cases) {
    const auto config = make_config(complete_with("GATEHOUSE_BRAND_LOGO", c.path));
    ASSERT_FALSE(config) << c.path;
    EXPECT_EQ(config.error().front().setting, "GATEHOUSE_BRAND_LOGO");
    EXPECT_NE(config.error().front().text.find(c.words), std::string::npos)
        << config.error().front().text;
  }
  std::remove(large.c_str());
  std::remove(text.c_str());
}

}  // namespace
}  // namespace gatehouse::gateway
