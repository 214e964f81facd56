// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/peer_seal.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using base::Errc;

constexpr const char* kHere = "10.0.0.1:7000";

class PeerSealTest : public ::testing::Test {
 protected:
  std::string seal(const std::string& text) { return sender.seal("stream", kHere, text); }
  Errc refusal(const std::string& sealed, const char* purpose = "stream",
               const char* address = kHere) {
    const auto opened = receiver.open(purpose, address, sealed);
    EXPECT_FALSE(opened);
    return opened ? Errc::internal : opened.error().code;
  }
  base::FixedClock clock{testing::kStart};
  base::SystemRandom random;
  TokenKeys keys{testing::keys_of(1, 'T')};
  PeerSeal sender{keys, clock, random};
  PeerSeal receiver{keys, clock, random};
};

TEST_F(PeerSealTest, GivesBackWhatItWasGiven) {
  const std::string texts[] = {"", "message", std::string("\0\xff", 2),
                               std::string(PeerSeal::kMessageBytesMax, 'x')};
  for (const std::string& text : texts) {
    const std::string sealed = seal(text);
    EXPECT_EQ(sealed.size(), text.size() + PeerSeal::kOverheadBytes);
    const auto opened = receiver.open("stream", kHere, sealed);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->message.reveal(), text);
    EXPECT_EQ(opened->mark, PeerSeal::mark_of(sealed));
  }
  EXPECT_EQ(seal(std::string(PeerSeal::kMessageBytesMax + 1, 'x')), "");
}

TEST_F(PeerSealTest, IsBoundToPurposeAndAddress) {
  const std::pair<const char*, const char*> others[] = {
      {"answer", kHere}, {"stream", "10.0.0.2:7000"}, {"stream", ""}, {"stream1", "0.0.0.1:7000"}};
  for (const auto& [purpose, address] : others)
    EXPECT_EQ(refusal(seal("x"), purpose, address), Errc::denied);
}

TEST_F(PeerSealTest, IsAcceptedOnce) {
  const std::string sealed = seal("x");
  EXPECT_TRUE(receiver.open("stream", kHere, sealed));
  EXPECT_EQ(refusal(sealed), Errc::denied);
  for (int second = 0; second < 120; ++second) {
    clock.advance(1s);
    EXPECT_EQ(refusal(sealed), Errc::denied) << second;
  }
}

// A message of a sender whose clock is ahead is remembered as long as it could come again.
TEST_F(PeerSealTest, IsAcceptedOnceFromAClockThatIsAhead) {
  base::FixedClock ahead{testing::kStart + 30s};
  PeerSeal early(keys, ahead, random);
  const std::string sealed = early.seal("stream", kHere, "x");
  EXPECT_TRUE(receiver.open("stream", kHere, sealed));
  for (int second = 0; second < 120; ++second) {
    clock.advance(1s);
    (void)receiver.open("stream", kHere, seal("y"));
    EXPECT_EQ(refusal(sealed), Errc::denied) << second;
  }
}

TEST_F(PeerSealTest, HoldsForThirtySecondsEitherWay) {
  const std::string sealed = seal("x");
  clock.advance(30s);
  EXPECT_TRUE(receiver.open("stream", kHere, sealed));
  const std::string late = seal("x");
  clock.advance(31s);
  EXPECT_EQ(refusal(late), Errc::denied);
  const std::string early = seal("x");
  clock.set(clock.now() - 31s);
  EXPECT_EQ(refusal(early), Errc::denied);
}

TEST_F(PeerSealTest, RefusesWhateverIsAltered) {
  const std::string sealed = seal("some message");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string altered = sealed;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_EQ(refusal(altered), Errc::denied) << i;
    EXPECT_EQ(refusal(sealed.substr(0, i)), Errc::denied) << i;
  }
  EXPECT_EQ(refusal(sealed + "x"), Errc::denied);
  EXPECT_TRUE(receiver.open("stream", kHere, sealed));
}

TEST_F(PeerSealTest, OtherDeploymentsAreStrangers) {
  const TokenKeys other_keys(testing::keys_of(1, 'U'));
  PeerSeal stranger(other_keys, clock, random);
  EXPECT_EQ(refusal(stranger.seal("stream", kHere, "x")), Errc::denied);
}

TEST_F(PeerSealTest, RemembersABoundedNumberAndRefusesBeyond) {
  for (std::size_t i = 0; i < PeerSeal::kRememberedMax; ++i)
    ASSERT_TRUE(receiver.open("stream", kHere, seal("")));
  EXPECT_EQ(refusal(seal("")), Errc::unavailable);
  clock.advance(61s);
  EXPECT_TRUE(receiver.open("stream", kHere, seal("")));
}

}  // namespace
}  // namespace gatehouse::vault
