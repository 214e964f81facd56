// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/public_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

namespace gatehouse::http {
namespace {

bool is_public(const std::string& text) {
  std::array<std::uint8_t, 16> bytes{};
  const bool is_v6 = text.find(':') != std::string::npos;
  EXPECT_EQ(inet_pton(is_v6 ? AF_INET6 : AF_INET, text.c_str(), bytes.data()), 1) << text;
  return is_public_address(std::span(bytes).first(is_v6 ? 16 : 4));
}

TEST(PublicAddress, AcceptsAddressesOfThePublicInternet) {
  for (const auto* text :
       {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
        "126.0.0.1", "128.0.0.1", "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.0.1",
        "198.17.0.1", "223.255.255.255", "2606:4700::1111", "2001:200::1", "2a00:1450:4001::1",
        "2003::1", "3ffe::1"}) {
    EXPECT_TRUE(is_public(text)) << text;
  }
}

// CI-07
TEST(PublicAddress, RefusesSpecialPurposeAddresses) {
  for (const auto* text :
       {"0.0.0.0",         "0.1.2.3",         "10.0.0.1",        "100.64.0.1",    "100.127.255.255",
        "127.0.0.1",       "127.255.255.255", "169.254.169.254", "169.254.170.2", "172.16.0.1",
        "172.31.255.255",  "192.0.0.8",       "192.0.2.1",       "192.88.99.1",   "192.168.1.1",
        "198.18.0.1",      "198.19.255.255",  "198.51.100.1",    "203.0.113.9",   "224.0.0.1",
        "239.255.255.255", "240.0.0.1",       "255.255.255.255"}) {
    EXPECT_FALSE(is_public(text)) << text;
  }
}

// CI-07
TEST(PublicAddress, RefusesSpecialAndTranslatedIpv6) {
  for (const auto* text : {"::",
                           "::1",
                           "::ffff:8.8.8.8",
                           "::8.8.8.8",
                           "64:ff9b::808:808",
                           "64:ff9b:1::1",
                           "100::1",
                           "2001::1",
                           "2001:2::1",
                           "2001:10::1",
                           "2001:1ff::1",
                           "2001:db8::1",
                           "2002:808:808::1",
                           "3fff::1",
                           "3fff:fff::1",
                           "5f00::1",
                           "fc00::1",
                           "fd00:ec2::254",
                           "fe80::1",
                           "fec0::1",
                           "ff02::1",
                           "2a00:1450::5efe:808:808",
                           "2a00:1450::200:5efe:808:808"}) {
    EXPECT_FALSE(is_public(text)) << text;
  }
}

TEST(PublicAddress, RefusesOtherSizes) {
  const std::array<std::uint8_t, 16> bytes{8, 8, 8, 8};
  for (std::size_t size : {0, 3, 5, 15})
    EXPECT_FALSE(is_public_address(std::span(bytes).first(size))) << size;
}

}  // namespace
}  // namespace gatehouse::http
