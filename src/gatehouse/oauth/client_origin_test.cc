// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client_origin.h"

#include <gtest/gtest.h>

#include <string>

#include "gatehouse/oauth/configured_clients.h"
#include "gatehouse/oauth/server_bench.h"

namespace gatehouse::oauth {
namespace {

TEST(ClientOrigin, IsToldByTheId) {
  ServerBench bench;
  EXPECT_EQ(origin_of_client(bench.register_client()), ClientOrigin::registered);
  EXPECT_EQ(origin_of_client("https://app.example/client.json"), ClientOrigin::published);
  EXPECT_EQ(origin_of_client("acme-portal"), ClientOrigin::configured);
  EXPECT_EQ(origin_of_client(""), ClientOrigin::registered);
}

// Else somebody could register a name that passes for the operator's, or the other way round.
TEST(ClientOrigin, NoConfiguredClientHasAnIdOfAnotherOrigin) {
  for (const std::string id : {"gth_app_mine", "https://app.example/client.json", ""}) {
    const std::string text = R"([{"client_id":")" + id +
                             R"(","client_name":"x","redirect_uris":["https://x.example/cb"]}])";
    EXPECT_FALSE(parse_configured_clients(ServerBench::default_settings(), text)) << id;
  }
}

}  // namespace
}  // namespace gatehouse::oauth
