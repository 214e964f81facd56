// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/ready_sockets.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/http/socket.h"

namespace gatehouse::http {
namespace {

// One end of a connection under test; the other is a plain descriptor.
class Owner final : public SocketOwner {
 public:
  explicit Owner(ReadySockets& ready) : socket_(ready, make_pair()) {}
  ~Owner() { hang_up(); }

  void on_ready(Readiness readiness) override {
    ++times_told;
    last = readiness;
    if (when_told) when_told();
  }

  Socket& socket() { return socket_; }
  void send(std::string_view bytes) {
    ASSERT_EQ(::write(peer_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void hang_up() {
    if (peer_ >= 0) ::close(peer_);
    peer_ = -1;
  }

  int times_told = 0;
  Readiness last;
  std::function<void()> when_told;

 private:
  int make_pair() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    peer_ = ends[1];
    return ends[0];
  }

  int peer_ = -1;
  Socket socket_;
};

class ReadySocketsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ready_->open()); }
  // Until nothing is left to do at this moment.
  void turn() {
    loop_.restart();
    while (loop_.poll() > 0) {
    }
  }

  boost::asio::io_context loop_{1};
  const std::shared_ptr<ReadySockets> ready_ = std::make_shared<ReadySockets>(loop_);
};

TEST_F(ReadySocketsTest, TellsOfWhatWasThereBefore) {
  Owner owner(*ready_);
  owner.send("early");
  ASSERT_TRUE(owner.socket().watch(owner));
  EXPECT_EQ(owner.times_told, 0) << "never within the call";

  turn();

  EXPECT_EQ(owner.times_told, 1);
  EXPECT_TRUE(owner.last.readable);
  EXPECT_FALSE(owner.last.hung_up);
}

TEST_F(ReadySocketsTest, TellsOncePerChange) {
  Owner owner(*ready_);
  ASSERT_TRUE(owner.socket().watch(owner));
  turn();
  EXPECT_FALSE(owner.last.readable);
  const int before = owner.times_told;

  owner.send("a");
  turn();
  turn();
  EXPECT_EQ(owner.times_told, before + 1) << "what was not read is not told again";

  owner.send("b");
  turn();
  EXPECT_EQ(owner.times_told, before + 2);
  owner.hang_up();
  turn();
  EXPECT_TRUE(owner.last.hung_up);
}

TEST_F(ReadySocketsTest, ToldIsWhoHoldsTheSocketNow) {
  Owner first(*ready_);
  Owner second(*ready_);
  ASSERT_TRUE(first.socket().watch(first));
  turn();
  const int before = first.times_told;

  first.send("for the second");
  ASSERT_TRUE(first.socket().watch(second));
  turn();

  EXPECT_EQ(first.times_told, before);
  EXPECT_EQ(second.times_told, 1);
  EXPECT_TRUE(second.last.readable) << "what came before the change of hands is not lost";
}

TEST_F(ReadySocketsTest, IsSilentAboutASocketClosedMeanwhile) {
  Owner a(*ready_);
  Owner b(*ready_);
  ASSERT_TRUE(a.socket().watch(a));
  ASSERT_TRUE(b.socket().watch(b));
  turn();
  const int before = a.times_told + b.times_told;
  a.when_told = [&] { b.socket().close(); };
  b.when_told = [&] { a.socket().close(); };

  a.send("x");
  b.send("x");
  turn();

  EXPECT_EQ(a.times_told + b.times_told, before + 1) << "both were ready in the same turn";
}

TEST_F(ReadySocketsTest, TellsOfMoreThanOneBatch) {
  std::vector<std::unique_ptr<Owner>> owners;
  for (int i = 0; i < 150; ++i) {
    owners.push_back(std::make_unique<Owner>(*ready_));
    ASSERT_TRUE(owners.back()->socket().watch(*owners.back()));
    owners.back()->send("x");
  }

  turn();

  for (const auto& owner : owners) EXPECT_TRUE(owner->last.readable);
}

TEST_F(ReadySocketsTest, LetsTheLoopEndWhenNothingIsWatched) {
  Owner owner(*ready_);
  ASSERT_TRUE(owner.socket().watch(owner));
  turn();
  ASSERT_FALSE(loop_.stopped()) << "it waits for news";

  owner.socket().close();
  loop_.run_for(std::chrono::seconds(10));

  EXPECT_TRUE(loop_.stopped());
}

TEST_F(ReadySocketsTest, ReadsAndWritesWithoutBlocking) {
  Owner owner(*ready_);
  std::array<char, 16> space;
  EXPECT_TRUE(owner.socket().read(space).would_block());
  EXPECT_TRUE(owner.socket().write("").moved()) << "nothing to write is no end";

  const std::string much(1024 * 1024, 'x');
  const Transfer first = owner.socket().write("head", much);
  EXPECT_TRUE(first.moved());
  EXPECT_LT(first.bytes, much.size());
  EXPECT_TRUE(owner.socket().write(much).would_block());

  owner.hang_up();
  EXPECT_TRUE(owner.socket().write("late").ended());
}

}  // namespace
}  // namespace gatehouse::http
