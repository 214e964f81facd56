// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/brand.h"

#include <gtest/gtest.h>

#include "gatehouse/web/logo.h"
#include "gatehouse/web/site_bench.h"

namespace gatehouse::web {
namespace {

using oauth::header_of;

const std::string kPng = std::string("\x89PNG\r\n\x1a\n") + std::string(20, 'x');
const std::string kSvg =
    "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script>"
    "</svg>";

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

SiteSettings branded() {
  SiteSettings settings = SiteBench::default_settings();
  settings.brand.name = "Acme <Gate>";
  settings.brand.contact = "it@acme.example";
  settings.brand.logo = std::make_shared<const Logo>(*judge_logo(kSvg));
  return settings;
}

TEST(Logo, IsToldByItsContent) {
  EXPECT_EQ(judge_logo(kPng)->media_type, "image/png");
  EXPECT_EQ(judge_logo(kSvg)->media_type, "image/svg+xml");
  EXPECT_EQ(judge_logo("RIFF\x10\x20\x20\x20WEBPVP8 ....")->media_type, "image/webp");
  EXPECT_FALSE(judge_logo(""));
  EXPECT_FALSE(judge_logo("<html><body>no picture</body></html>"));
  EXPECT_FALSE(judge_logo("\xff\xd8\xff jpeg"));
  EXPECT_FALSE(judge_logo("<\xff<svg"));
  EXPECT_TRUE(judge_logo(kPng + std::string(kLogoBytesMax - kPng.size(), 'x')));
  EXPECT_FALSE(judge_logo(kPng + std::string(kLogoBytesMax - kPng.size() + 1, 'x')));
}

TEST(Logo, IsServedInASandbox) {
  SiteBench bench(branded());
  Browser browser(bench);
  const http::Response logo = browser.get("/logo");
  EXPECT_EQ(logo.status, 200);
  EXPECT_EQ(logo.body, kSvg);
  EXPECT_EQ(header_of(logo, "Content-Type"), "image/svg+xml");
  EXPECT_EQ(header_of(logo, "X-Content-Type-Options"), "nosniff");
  const std::string policy(header_of(logo, "Content-Security-Policy"));
  EXPECT_TRUE(holds(policy, "default-src 'none'"));
  EXPECT_TRUE(policy.ends_with("sandbox"));
}

TEST(Logo, IsLoadedOnlyWhereThereIsOne) {
  SiteBench plain;
  Browser visitor(plain);
  EXPECT_EQ(visitor.get("/logo").status, 404);
  const http::Response without = visitor.get("/");
  EXPECT_FALSE(holds(without.body, "<img"));
  EXPECT_FALSE(holds(std::string(header_of(without, "Content-Security-Policy")), "img-src"));

  SiteBench bench(branded());
  Browser browser(bench);
  const http::Response with = browser.get("/");
  EXPECT_TRUE(holds(with.body, "<img src=\"/logo?v="));
  EXPECT_TRUE(
      holds(std::string(header_of(with, "Content-Security-Policy")), "img-src 'self'; base-uri"));
}

TEST(Brand, StandsOnEveryPage) {
  SiteBench bench(branded());
  Browser browser(bench);
  const std::string app = bench.register_client();
  for (const std::string& target :
       {std::string("/"), std::string("/account"), bench.authorize_target(app),
        bench.authorize_target("nobody"), std::string("/oauth/google/callback")}) {
    const std::string body = browser.get(target).body;
    EXPECT_TRUE(holds(body, "Acme &lt;Gate&gt;</title>")) << target;
    EXPECT_TRUE(holds(body, "href=\"mailto:it@acme.example\"")) << target;
    EXPECT_FALSE(holds(body, "Gatehouse")) << target;
  }
}

TEST(Brand, HasNoContactUnlessToldSo) {
  SiteBench bench;
  Browser browser(bench);
  EXPECT_FALSE(holds(browser.get("/").body, "<footer"));
}

TEST(Brand, LinksToAPageOrAMailbox) {
  Brand brand;
  EXPECT_TRUE(contact_link(brand).empty());
  brand.contact = "https://help.acme.example/gate/";
  EXPECT_EQ(contact_link(brand).str(),
            "<a href=\"https://help.acme.example/gate/\">help.acme.example/gate</a>");
}

TEST(Stylesheet, IsKeptForGoodUnderItsMarkOnly) {
  SiteBench bench;
  Browser browser(bench);
  const std::string body = browser.get("/").body;
  const std::size_t at = body.find("/style.css?v=");
  const std::string address = body.substr(at, body.find('"', at) - at);
  const std::string kept(header_of(browser.get(address), "Cache-Control"));
  EXPECT_TRUE(holds(kept, "immutable")) << address;
  const std::string other(header_of(browser.get("/style.css?v=0"), "Cache-Control"));
  EXPECT_FALSE(holds(other, "immutable"));
}

}  // namespace
}  // namespace gatehouse::web
