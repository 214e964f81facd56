// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/grant_row.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "gatehouse/base/encoding.h"

namespace gatehouse::vault {
namespace {

TokenSlot slot(char fill) {
  TokenSlot slot;
  slot.tag.fill(static_cast<std::uint8_t>(fill));
  slot.wrap = std::string(60, fill);
  return slot;
}

GrantRow full_row() {
  GrantRow row;
  row.user = base::UserId("hash");
  row.client = base::ClientId("client");
  row.scope = "a b";
  row.declined = "c d";
  row.resource = "https://gate.example/mcp";
  row.epoch = 12;
  row.signed_in_at = base::from_epoch_seconds(1'800'000'000);
  row.expires = base::from_epoch_seconds(1'800'604'800);
  row.content_generation = 3;
  row.code.emplace();
  row.code->token = slot('c');
  row.code->expires = base::from_epoch_seconds(1'800'000'060);
  row.code->failures = 2;
  row.refresh.emplace();
  row.refresh->token = slot('r');
  row.refresh->generation = 4;
  row.refresh->key_id = 200;
  row.previous.emplace();
  row.previous->token = slot('p');
  row.previous->salt = std::string(32, 's');
  row.previous->rotated_at = base::from_epoch_seconds(1'800'000'100);
  for (const char fill : {'1', '2'}) {
    AccessSlot access;
    access.token = slot(fill);
    access.expires = base::from_epoch_seconds(1'800'003'600);
    if (fill == '2') access.scope = "a";
    row.access.push_back(access);
  }
  return row;
}

store::Record record_of(const GrantRow& row) {
  store::Record record;
  record.key = "GRANT#x";
  record.attributes = to_attributes(row);
  return record;
}

TEST(GrantRow, ReadsWhatItWrote) {
  const GrantRow full = full_row();
  GrantRow bare = full;
  bare.code.reset();
  bare.refresh.reset();
  bare.previous.reset();
  bare.access.clear();
  for (const GrantRow& row : {full, bare}) {
    const auto read = grant_row_of(record_of(row));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, row);
  }
}

TEST(GrantRow, RefusesWhatItWouldNotWrite) {
  using Change = std::function<void(store::Attributes&)>;
  const std::string tag = base::base64_encode(std::string(32, 't'));
  const std::string wrap = base::base64_encode(std::string(60, 'w'));
  const struct {
    const char* name;
    Change change;
  } cases[] = {
      {"no user", [](auto& a) { a.erase("sub"); }},
      {"user a number", [](auto& a) { a["sub"] = std::int64_t{1}; }},
      {"no end", [](auto& a) { a.erase("expires"); }},
      {"declined a number", [](auto& a) { a["declined"] = std::int64_t{1}; }},
      {"end a text", [](auto& a) { a["expires"] = std::string("1800604800"); }},
      {"end negative", [](auto& a) { a["expires"] = std::int64_t{-1}; }},
      {"end in milliseconds", [](auto& a) { a["expires"] = std::int64_t{1'800'604'800'000}; }},
      {"content generation 0", [](auto& a) { a["contentGen"] = std::int64_t{0}; }},
      {"code without wrap", [](auto& a) { a.erase("codeWrap"); }},
      {"code without end", [](auto& a) { a.erase("codeExpires"); }},
      {"failures negative", [](auto& a) { a["codeFailures"] = std::int64_t{-1}; }},
      {"refresh without generation", [](auto& a) { a.erase("rtGen"); }},
      {"refresh generation of 33 bits", [](auto& a) { a["rtGen"] = std::int64_t{1} << 32; }},
      {"key id 256", [](auto& a) { a["rtKid"] = std::int64_t{256}; }},
      {"tag of 31 bytes", [](auto& a) { a["rtTag"] = base::base64_encode(std::string(31, 't')); }},
      {"wrap of 59 bytes",
       [](auto& a) { a["rtWrap"] = base::base64_encode(std::string(59, 't')); }},
      {"previous without salt", [](auto& a) { a.erase("rtSalt"); }},
      {"previous without time", [](auto& a) { a.erase("rotatedAt"); }},
      {"access: words", [](auto& a) { a["at"] = std::string("one two three"); }},
      {"access: no time", [&](auto& a) { a["at"] = tag + " " + wrap; }},
      {"access: time with a sign", [&](auto& a) { a["at"] = tag + " " + wrap + " +5"; }},
      {"access: time beyond range",
       [&](auto& a) { a["at"] = tag + " " + wrap + " 99999999999999999999"; }},
      {"access: empty line", [](auto& a) { a["at"] = std::string("\n"); }},
      {"access: too many",
       [&](auto& a) {
         std::string lines;
         for (int i = 0; i < 100; ++i) lines += tag + " " + wrap + " 5\n";
         a["at"] = lines;
       }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    store::Record record = record_of(full_row());
    c.change(record.attributes);
    const auto read = grant_row_of(record);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, base::Errc::denied);
  }
}

TEST(GrantRow, SplitsAndJoinsScopes) {
  EXPECT_EQ(join_scopes({}), "");
  EXPECT_EQ(join_scopes({"a", "b"}), "a b");
  EXPECT_EQ(split_scopes(""), std::vector<std::string>{});
  EXPECT_EQ(split_scopes("a b"), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace gatehouse::vault
