// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <set>
#include <string>

#include "gatehouse/vault/key_provider.h"
#include "gatehouse/vault/vault_fixture.h"

// What every key provider must do. To try an implementation, give a harness and one line:
//   struct MyHarness {
//     explicit MyHarness(boost::asio::io_context& loop);
//     KeyProvider& provider();
//     KeyProvider& stranger();  // the same kind under another key
//     const char* why_skipped() const;  // optional: null when there is something to test with
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(MyProvider, KeyProviderConformance, MyHarness);
namespace gatehouse::vault {

template <class Harness>
class KeyProviderConformance : public ::testing::Test {
 protected:
  void SetUp() override {
    if constexpr (requires { harness.why_skipped(); }) {
      if (harness.why_skipped() != nullptr) GTEST_SKIP() << harness.why_skipped();
    }
  }

  KeyProvider& provider() { return harness.provider(); }

  DataKey generate() {
    auto made = testing::run(loop, provider().generate(context));
    EXPECT_TRUE(made);
    return std::move(*made);
  }
  base::Result<base::Secret> unwrap(std::string_view wrapped, const KeyContext& with) {
    return testing::run(loop, provider().unwrap(wrapped, with));
  }

  boost::asio::io_context loop;
  Harness harness{loop};
  const KeyContext context{{"app", "gatehouse"}, {"env", "test"}, {"table", "t"}, {"v", "1"}};
};

TYPED_TEST_SUITE_P(KeyProviderConformance);

TYPED_TEST_P(KeyProviderConformance, UnwrapsWhatItMade) {
  const DataKey made = this->generate();
  auto opened = this->unwrap(made.wrapped, this->context);
  EXPECT_EQ(made.plaintext.size(), 32u);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->reveal(), made.plaintext.reveal());
  EXPECT_EQ(made.wrapped.find(made.plaintext.reveal()), std::string::npos);
}

TYPED_TEST_P(KeyProviderConformance, MakesAnotherKeyEachTime) {
  std::set<std::string> keys, wrapped;
  for (int i = 0; i < 20; ++i) {
    const DataKey made = this->generate();
    keys.emplace(made.plaintext.reveal());
    wrapped.insert(made.wrapped);
  }
  EXPECT_EQ(keys.size(), 20u);
  EXPECT_EQ(wrapped.size(), 20u);
}

// VA-13
TYPED_TEST_P(KeyProviderConformance, RefusesAnotherContext) {
  const DataKey made = this->generate();
  KeyContext other_table = this->context;
  other_table["table"] = "u";
  KeyContext more = this->context;
  more["x"] = "";
  KeyContext fewer = this->context;
  fewer.erase("v");
  for (const KeyContext& other : {other_table, more, fewer, KeyContext{}}) {
    auto opened = this->unwrap(made.wrapped, other);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, base::Errc::denied);
  }
}

TYPED_TEST_P(KeyProviderConformance, RefusesAlteredText) {
  const DataKey made = this->generate();
  for (std::size_t bit = 0; bit < made.wrapped.size() * 8; ++bit) {
    std::string altered = made.wrapped;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(this->unwrap(altered, this->context)) << bit;
  }
  EXPECT_FALSE(this->unwrap("", this->context));
  EXPECT_FALSE(this->unwrap(made.wrapped.substr(1), this->context));
  EXPECT_FALSE(this->unwrap(made.wrapped + "x", this->context));
  EXPECT_FALSE(this->unwrap(std::string(10'000, 'x'), this->context));
}

TYPED_TEST_P(KeyProviderConformance, RefusesWhatAnotherKeyWrapped) {
  auto foreign = testing::run(this->loop, this->harness.stranger().generate(this->context));
  ASSERT_TRUE(foreign);
  EXPECT_FALSE(this->unwrap(foreign->wrapped, this->context));
}

TYPED_TEST_P(KeyProviderConformance, ChecksItself) {
  EXPECT_TRUE(testing::run(this->loop, this->provider().check()));
}

REGISTER_TYPED_TEST_SUITE_P(KeyProviderConformance, UnwrapsWhatItMade, MakesAnotherKeyEachTime,
                            RefusesAnotherContext, RefusesAlteredText, RefusesWhatAnotherKeyWrapped,
                            ChecksItself);

}  // namespace gatehouse::vault
